"""Right programs that train a perceptron by hand, in random forms: for ``benchmarks.judging``.

A form is how people write: a script, functions with a dictionary, a class, lists in one training function, layer
objects, one sample at a time, nested Python lists. Names, orientation, depth, activations, objective, bias, spelling of
slopes and update, batches and optimizer are drawn. ``tests/benchmarks/test_programs.py`` holds the first step of each
against ``network/backprop.py``.
"""
