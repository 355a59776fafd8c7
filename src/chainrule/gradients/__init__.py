"""See every gradient, check every gradient.

The files here are what people import: ``trace`` shows a pass step by step, ``check`` compares gradients
with numbers found without calculus, ``flow`` follows what arrives in each layer. The folders are what the
first two are made of: ``tracing``, ``checking``. ``problem`` is what is traced, checked or followed.
"""
