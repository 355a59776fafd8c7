"""chainrule: multilayer perceptrons for tables, every gradient derived by hand."""
