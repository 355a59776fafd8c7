"""Each schedule by hand figures and against what it is said to equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

from chainrule.errors import InputError
from chainrule.optimizers.schedule import Horizon, Schedule
from chainrule.optimizers.schedules import (
    Constant,
    Cosine,
    Exponential,
    FlatCosine,
    InverseScaling,
    Step,
    WarmUp,
    make_schedule,
    schedules,
)


def test_names() -> None:
    expected = ["constant", "invscaling", "adaptive", "step", "exponential", "cosine", "one_cycle"]
    assert schedules.names() == [*expected, "flat_cosine", "coslog"]


@pytest.mark.parametrize(("n_samples", "batch_size"), [(100, 30), (1000, 200), (7, 200)])
@pytest.mark.parametrize("power_t", [0.0, 0.5, 1.3])
def test_inverse_scaling_is_scikit_learns(n_samples: int, batch_size: int, power_t: float) -> None:
    """Theirs changes its rate after each epoch, told the rows seen so far; the last batch is short."""
    peer = SGDOptimizer([], 0.1, lr_schedule="invscaling", power_t=power_t)
    horizon = Horizon.of(n_samples, batch_size, epochs=5)
    theirs: list[float] = []
    for epoch in range(5):
        theirs += [peer.learning_rate] * horizon.steps_per_epoch
        peer.iteration_ends((epoch + 1) * n_samples)
    ours = InverseScaling(power_t).multipliers(np.arange(horizon.total_steps), horizon)
    np.testing.assert_allclose(0.1 * ours, theirs, rtol=1e-14)


def test_step_by_hand() -> None:
    multipliers = Step(0.1, every=2).multipliers([0, 3, 7, 8, 15, 16], Horizon(100, 4, 1))
    np.testing.assert_allclose(multipliers, [1, 1, 1, 0.1, 0.1, 0.01], rtol=1e-14)


def test_exponential_by_hand() -> None:
    horizon = Horizon(100, 4, 1)
    multipliers = Exponential(0.81).multipliers([0, 2, 4, 8, 10], horizon)
    np.testing.assert_allclose(multipliers, [1, 0.9, 0.81, 0.6561, 0.59049], rtol=1e-14)


@pytest.mark.parametrize(
    "schedule",
    [
        Constant(),
        InverseScaling(),
        Step(0.5, 3),
        Exponential(),
        Cosine(),
        Cosine(0.3),
        FlatCosine(),
    ],
    ids=lambda s: s.spec,
)
@given(
    total=st.integers(1, 400), steps_per_epoch=st.integers(1, 30), batch_size=st.integers(1, 300)
)
def test_never_rising(
    schedule: Schedule, total: int, steps_per_epoch: int, batch_size: int
) -> None:
    steps = np.arange(total + 10)
    multipliers = schedule.multipliers(steps, Horizon(total, steps_per_epoch, batch_size))
    assert multipliers[0] == 1.0
    assert (np.diff(multipliers) <= 0.0).all()


def test_make_schedule() -> None:
    assert make_schedule("step(0.5, 20)") == Step(0.5, 20)
    assert make_schedule(Cosine(0.1)) == Cosine(0.1)
    assert make_schedule("cosine", warmup=0.5) == WarmUp(Cosine(), 0.5)
    with pytest.raises(InputError, match="did you mean 'cosine'"):
        make_schedule("cosin")
    with pytest.raises(InputError, match=r"every: got 1\.5, expected a whole number"):
        make_schedule("step(0.5, 1.5)")
    with pytest.raises(InputError, match="epochs: got -1,"):
        make_schedule("constant", warmup=-1)
