"""TableClassifier and TableRegressor: a recipe for tables, of nets trained on folds and on all rows, averaged."""
