"""Call a function in the form in which it was written.

``spelling`` knows what a name means, ``returned`` what comes back, ``forms`` how the arguments may look; ``adapter``
makes one call, and ``trying`` finds the form, from what is ``known`` of the network.
"""
