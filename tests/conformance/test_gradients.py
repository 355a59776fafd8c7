"""Is the gradient the derivative, for every activation, loss, depth, weighting, penalty, dropout and precision?

float64 against the complex step, which is exact; float32 against float64. What is registered is in here by itself.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conformance.cases import TOLERANCE, Case, activation_specs, loss_specs, settings

Record = Callable[[str, object], None]


@pytest.mark.parametrize("n_layers", [1, 2, 3])
@pytest.mark.parametrize("loss", loss_specs())
@pytest.mark.parametrize("activation", activation_specs())
def test_the_gradient_is_the_derivative(
    activation: str, loss: str, n_layers: int, record_property: Record
) -> None:
    exact, single = [], []
    for case in settings(activation, loss, n_layers):
        problem = case.build()
        exact.append(problem.error())
        assert exact[-1] <= TOLERANCE, case
        error, bound = problem.float32_error()
        assert error <= bound, case
        single.append(error)
    record_property("gradient_checks_float64", (len(exact), max(exact)))
    record_property("gradient_checks_float32", (len(single), max(single)))


@pytest.mark.parametrize("loss", loss_specs())
@pytest.mark.parametrize("activation", activation_specs())
def test_the_gradient_is_the_derivative_at_the_zero_start(
    activation: str, loss: str, record_property: Record
) -> None:
    """Every score is exactly 0 there: the point where max(z, 0) and |z|, which smooth rules are made of, have kinks."""
    errors = [
        Case(activation, loss, n_layers, zeros=True).build().error() for n_layers in (1, 2, 3)
    ]
    assert max(errors) <= TOLERANCE
    record_property("gradient_checks_float64", (len(errors), max(errors)))
