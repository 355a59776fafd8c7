"""See every gradient, check every gradient, name the mistake.

The files here are what people import: ``trace`` shows a pass step by step, ``check`` compares gradients
with numbers found without calculus, ``diagnose`` names the mistake in somebody's own backward pass,
``flow`` follows what arrives in each layer. The folders are what the first three are made of:
``tracing``, ``checking``, ``diagnosis``. ``problem`` is what is traced, checked or followed.
"""
