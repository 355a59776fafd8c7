"""Checks of gradients: of our networks, of any function, of a user's own activation or loss.

``network``, ``functions`` and ``rules`` are the three kinds. What a gradient is compared with comes from
``numeric`` by way of ``probers``, what may keep it from agreeing from ``noise``, ``rounding`` and ``kinks``;
``report`` is what comes back.
"""
