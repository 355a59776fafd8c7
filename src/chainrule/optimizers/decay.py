"""Decoupled weight decay: weights shrink by a share of themselves, beside the gradient's step.

theta <- theta - rate weight_decay theta                  Loshchilov & Hutter 2019, Algorithm 2

It stands by itself, since every step goes through it; ``adamw`` is the optimizer that has it as a
setting and says how it relates to the paper. Weights only: biases do not decay.
"""

from __future__ import annotations

from typing import Any


def decay(theta: Any, rate: Any, weight_decay: Any) -> Any:
    """Take the share ``rate * weight_decay`` off; elementwise.

    Not ``theta * (1 - rate * weight_decay)``: in float32 that factor is itself rounded, which
    near 1 - 1e-5 makes every decay wrong by up to 0.3 %, always to the same side.

    Examples
    --------
    >>> decay(2.0, rate=0.1, weight_decay=0.5)
    1.9
    """
    return theta - (rate * weight_decay) * theta
