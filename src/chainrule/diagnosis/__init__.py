"""Name the mistake in somebody's own backward pass: from a function to its mistakes, named and proved.

In the order of reading, in which nothing needs what comes after it:

- ``mistakes``: the bank, what people write in place of each term of the backward pass.
- ``probes``: the networks on which a function is tried.
- ``searching``: from gradients, as numbers, to the fewest mistakes that explain them.
- ``calling``: from a function to its gradients, in whatever form it was written.
- ``explaining``, ``objective``, ``behaviour``: both together, for its gradients, its own J, and all else it does.
- ``result``: what is told of it.
- ``diagnose``: what people import.
- ``separate``: all of it for a file, in a process of its own.
"""
