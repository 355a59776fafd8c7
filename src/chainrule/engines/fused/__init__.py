"""The fused engine: the rules of ``equations`` and ``optimizers`` compiled, and a whole epoch around them."""
