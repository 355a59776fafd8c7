"""From parameters to optimizers, schedules, precision and threads."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import MLPClassifier
from chainrule.errors import InputError
from chainrule.estimators.checked_parameters import CheckedParameters, thread_count
from chainrule.estimators.solver_parameter import optimizer_of
from chainrule.optimizers import (
    LBFGS,
    SGD,
    Adam,
    AdamW,
    Adaptive,
    Constant,
    Cosine,
    InverseScaling,
    RMSprop,
    WarmUp,
)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Adam(0.001)),
        ({"beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-3}, Adam(0.001, 0.5, 0.7, 1e-3)),
        ({"solver": "adamw"}, AdamW(0.001)),
        ({"solver": "adamw", "weight_decay": 0.3}, AdamW(0.001, weight_decay=0.3)),
        ({"solver": "sgd", "momentum": 0.5, "learning_rate_init": 0.1}, SGD(0.1, 0.5)),
        ({"solver": "sgd", "nesterovs_momentum": False}, SGD(0.001, 0.9, nesterov=False)),
        ({"solver": "rmsprop", "epsilon": 1e-4}, RMSprop(0.001, epsilon=1e-4)),
        ({"solver": "lbfgs"}, LBFGS()),
        ({"solver": RMSprop(0.5, rho=0.9)}, RMSprop(0.5, rho=0.9)),
        ({"solver": SGD(0.5), "learning_rate_init": 0.5}, SGD(0.5)),
        ({"solver": "sgd(nesterov=False)", "momentum": 0.5}, SGD(0.001, 0.5, nesterov=False)),
        ({"solver": "rmsprop(momentum=0.5)", "epsilon": 1e-4}, RMSprop(0.001, 0.99, 1e-4, 0.5)),
    ],
)
def test_the_optimizer(settings: dict[str, object], expected: object) -> None:
    assert optimizer_of(MLPClassifier(**settings)) == expected  # type: ignore[arg-type]


def test_a_number_beside_a_record_that_has_its_own_is_refused() -> None:
    model = MLPClassifier(solver=SGD(0.5, momentum=0.3), momentum=0.7)
    with pytest.raises(
        InputError, match=r"momentum: got 0.7 beside solver=SGD\(.*write solver=SGD\(momentum=0.7\)"
    ):
        optimizer_of(model)
    with pytest.raises(InputError, match=r"learning_rate_init: got 0\.01 beside"):
        optimizer_of(MLPClassifier(solver=Adam(), learning_rate_init=0.01))


def test_weight_decay_is_refused_where_there_is_none() -> None:
    with pytest.raises(InputError, match="a solver that decays weights: 'adamw'"):
        optimizer_of(MLPClassifier(solver="rmsprop", weight_decay=0.1))


def test_the_schedule_takes_its_numbers_from_the_other_parameters() -> None:
    model = MLPClassifier(learning_rate="invscaling", power_t=0.3)
    assert CheckedParameters.of(model).schedule_of(4) == InverseScaling(0.3)
    model = MLPClassifier(learning_rate="adaptive", tol=0.01, n_iter_no_change=3)
    assert CheckedParameters.of(model).schedule_of(4) == Adaptive(0.01, 3)
    assert CheckedParameters.of(MLPClassifier(learning_rate="cosine(0.5)")).schedule_of(
        4
    ) == Cosine(0.5)


def test_warm_up_is_steps_or_a_fraction_of_the_training() -> None:
    model = MLPClassifier(warmup=10, max_iter=50)
    assert CheckedParameters.of(model).schedule_of(4) == WarmUp(Constant(), epochs=2.5)
    assert CheckedParameters.of(model.set_params(warmup=0.1)).schedule_of(4) == WarmUp(
        Constant(), epochs=5.0
    )


def test_only_schedules_with_an_end_have_one() -> None:
    ends = [MLPClassifier(learning_rate=name) for name in ("cosine", "one_cycle", "constant")]
    assert [CheckedParameters.of(model).schedule.ends for model in ends] == [True, True, False]


@pytest.mark.parametrize(
    ("settings", "n", "given", "expected"),
    [
        ({}, 200, "float64", "float64"),  # one batch holds all rows
        ({}, 201, "float64", "float32"),
        ({}, 200, "float32", "float32"),
        ({"batch_size": 50}, 200, "float64", "float32"),
        ({"solver": "lbfgs"}, 10_000, "float64", "float64"),
        ({"solver": "lbfgs"}, 10_000, "float32", "float32"),
        ({"dtype": "float64"}, 10_000, "float32", "float64"),
        ({"dtype": np.float32}, 10, "float64", "float32"),
    ],
)
def test_the_precision(settings: dict[str, object], n: int, given: str, expected: str) -> None:
    model = MLPClassifier(**settings)  # type: ignore[arg-type]
    assert CheckedParameters.of(model).arithmetic(np.dtype(given), n) == expected


def test_the_start_is_glorots_unless_selu_needs_another() -> None:
    assert CheckedParameters.of(MLPClassifier(activation="relu")).start == "glorot_uniform"
    assert CheckedParameters.of(MLPClassifier(activation="selu")).start == "auto"
    assert CheckedParameters.of(MLPClassifier(initializer="he_normal")).start == "he_normal"
    arrays = [np.zeros(2)]
    assert CheckedParameters.of(MLPClassifier(initializer=arrays)).start is arrays


def test_the_rows_of_a_step() -> None:
    assert [CheckedParameters.of(MLPClassifier()).batch_rows(n) for n in (50, 500)] == [50, 200]
    assert [
        CheckedParameters.of(MLPClassifier(batch_size=300)).batch_rows(n) for n in (50, 500)
    ] == [50, 300]


def test_threads_are_those_asked_for_or_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    available = thread_count(None)
    assert available >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # what joblib sets in its workers
    assert thread_count(None) == 1
    assert thread_count(3) == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert thread_count(None) == available


def test_the_record_is_frozen_and_holds_plain_numbers() -> None:
    checked = CheckedParameters.of(MLPClassifier(alpha=np.float32(0.5), max_iter=np.int64(3)))
    assert (type(checked.alpha), type(checked.max_iter)) == (float, int)
    with pytest.raises(AttributeError):
        checked.alpha = 1.0  # type: ignore[misc]
