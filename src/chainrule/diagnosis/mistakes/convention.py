"""What a user's J is, where people differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Convention:
    """What the user's J is, where people differ; the defaults are chainrule's.

    Parameters
    ----------
    loss_factor : float
        J holds ``loss_factor`` times the loss; 2 where the squared error is written without its half.
    mean : bool
        Whether J is the mean over samples; otherwise the sum.
    over_outputs : bool
        Whether the mean is also over the outputs of a sample.
    penalty_factor : float
        The gradient of the penalty is ``penalty_factor * l2 * W``; 2 where J holds ``l2 * sum W²``.
    penalty_over_n : bool
        Whether the penalty is divided by the number of samples.
    biases_penalised : bool
        Whether the penalty also covers the biases.
    """

    loss_factor: float = 1.0
    mean: bool = True
    penalty_factor: float = 1.0
    penalty_over_n: bool = False
    biases_penalised: bool = False
    over_outputs: bool = False


CHAINRULE = Convention()
