"""Robust scale and smooth clip of one column of numbers.

A number is centred and scaled by quantiles that outliers do not move, then bent smoothly so that no value leaves
(-3, 3): ``y = (x - median) * scale``, ``y / sqrt(1 + (y / 3)**2)`` with ``scale = 1 / (q75 - q25)``, or
``2 / (max - min)`` where the quartiles agree (RealMLP, arXiv 2407.04491, appendix A).
"""

from __future__ import annotations

import numpy as np

from chainrule.tables.text import Floats

BOUND = 3.0
"""Scaled numbers stay within (-BOUND, BOUND)."""


def robust_scale(x: Floats) -> tuple[float, float]:
    """Learn (median, scale) of the finite values of one column; scale 0 means that they do not vary.

    Examples
    --------
    >>> robust_scale(np.array([0.0, 1.0, 2.0, 3.0, 4.0]))
    (2.0, 0.5)
    """
    known = x[np.isfinite(x)]
    if not len(known):
        return 0.0, 0.0
    # Quarters and halves, exact but for subnormal numbers, because the difference of two finite numbers can overflow.
    low, median, high = np.percentile(known * 0.25, [25.0, 50.0, 75.0]).tolist()
    for half in (2.0 * high - 2.0 * low, float(known.max() * 0.25 - known.min() * 0.25)):
        if half > 0.0 and np.isfinite(0.5 / half):
            return 4.0 * median, 0.5 / half
    return 4.0 * median, 0.0


def scaled(x: Floats, median: float, scale: float) -> Floats:
    """Apply the robust scale and the smooth clip; what is not finite becomes 0. Shape (n,) to (n,)."""
    with np.errstate(over="ignore"):
        y = (x - median) * scale
    # Beyond 1e6 the result is 3 to all digits of float32, and squaring could overflow.
    np.clip(y, -1e6, 1e6, out=y)
    y /= np.sqrt(1.0 + (y / BOUND) ** 2)
    y[~np.isfinite(x)] = 0.0
    return y
