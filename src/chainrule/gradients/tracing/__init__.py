"""What a trace is made of: formulas, how they are written, the plan of a pass, its steps, the views of it all."""
