"""Ways to see a trace: text, one entry, pandas, LaTeX, HTML with MathML, plain data."""
