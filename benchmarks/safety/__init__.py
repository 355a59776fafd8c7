"""What must hold whatever happens, in large counts; each script prints what came and fails if anything else did."""
