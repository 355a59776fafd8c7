"""How accurate models of tables are: the same rows for all, real tables inside packages, nothing chosen per table."""
