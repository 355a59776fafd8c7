"""Every parameter is refused with its own name in the message, and a type of error that callers expect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.estimators.cases import classes, classifier, quantities, regressor

from chainrule import MLPClassifier, MLPRegressor
from chainrule.errors import InputError, InputTypeError
from chainrule.estimators.checked_parameters import CheckedParameters
from chainrule.estimators.parameter_checks import (
    CONSTRAINTS,
    activation_names,
    dropout_rates,
    hidden_sizes,
)

OR_NONE = ("weight_decay", "clip_norm", "max_time", "threads")
NUMBERS = [
    name
    for name, rule in CONSTRAINTS.items()
    if rule.__qualname__.startswith("number.") and name != "batch_size"
]
WRONG: list[tuple[str, Any]] = [
    ("hidden_layer_sizes", (3, 0)),
    ("hidden_layer_sizes", -1),
    ("hidden_layer_sizes", (2.5,)),
    ("hidden_layer_sizes", "12"),
    ("hidden_layer_sizes", True and (True,)),
    ("hidden_layer_sizes", None),
    ("activation", "rellu"),
    ("activation", ("relu", "tanh", "relu")),
    ("activation", 3),
    ("solver", "newton"),
    ("batch_size", 0),
    ("batch_size", "all"),
    ("batch_size", 2.0),
    ("learning_rate", "falling"),
    ("learning_rate", "step(2.0)"),
    ("max_iter", 10.0),
    ("n_iter_no_change", 2.5),
    ("verbose", "yes"),
    ("verbose", -1),
    ("loss", "no_such_loss"),
    ("dropout", 1.0),
    ("dropout", (0.1, 0.2)),
    ("dropout", "half"),
    ("dropout", None),
    ("warmup", -1),
    ("warmup", 1.5),
    ("warmup", None),
    ("initializer", "no_such_start"),
    ("initializer", 3),
    ("initializer", [np.zeros((1, 1))]),
    ("scoring", 3),
    ("scoring", "accuracy"),  # no rows to score on
    ("callbacks", 3),
    ("callbacks", [3]),
    ("engine", "steam"),
    ("dtype", "float16"),
    ("dtype", None),
    ("dtype", "no_such_type"),
    ("preparation", "maybe"),
    ("weight_decay", 0.1),  # with adam
    ("random_state", "seed"),
    *((name, -1.0) for name in NUMBERS),
    *((name, "1") for name in NUMBERS),
    *((name, True) for name in NUMBERS),
    *((name, float("nan")) for name in NUMBERS),
    *((name, None) for name in NUMBERS if name not in OR_NONE),
    *((name, 1) for name in ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping")),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda part: str(part)[:20])
def test_a_wrong_parameter_is_named(name: str, value: Any) -> None:
    X, y = classes()
    with pytest.raises((ValueError, TypeError), match=name.split("_")[0]):
        classifier(**{name: value}).fit(X, y)


@pytest.mark.parametrize(
    ("name", "value"), [("scale_target", 1), ("loss", "multiclass_log_loss"), ("loss", "l2")]
)
def test_a_wrong_parameter_of_the_regressor_is_named(name: str, value: Any) -> None:
    X, y = quantities()
    with pytest.raises((InputError, InputTypeError), match=r"scale_target|loss"):
        regressor(**{name: value}).fit(X, y)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_a_loss_of_quantities_is_refused_for_classes(loss: str) -> None:
    X, y = classes()
    with pytest.raises(InputError, match="a loss of probabilities"):
        classifier(loss=loss).fit(X, y)


def test_softmax_is_refused_for_several_columns() -> None:
    X, y = classes()
    with pytest.raises(InputError, match="several columns"):
        classifier(loss="multiclass_log_loss").fit(X, np.stack([y, y], axis=1))


@pytest.mark.parametrize("name", ["dropout", "clip_norm", "warmup"])
def test_what_lbfgs_cannot_do_is_refused(name: str) -> None:
    X, y = classes()
    with pytest.raises(InputError, match=f"{name}.*lbfgs"):
        classifier(solver="lbfgs", **{name: 0.5}).fit(X, y)


@pytest.mark.parametrize("model", [MLPClassifier(), MLPRegressor()])
def test_what_a_parameter_may_be_stands_in_the_table(model: Any) -> None:
    others = {"activation", "dropout", "solver", "learning_rate"}  # they depend on others
    checked_elsewhere = {"random_state", "class_weight"}  # by scikit-learn; with the labels
    assert set(model.get_params()) - set(CONSTRAINTS) - checked_elsewhere == others


@pytest.mark.parametrize("model", [MLPClassifier(), MLPRegressor()])
def test_the_defaults_are_accepted(model: Any) -> None:
    CheckedParameters.of(model)


def test_numpy_numbers_are_accepted() -> None:
    CheckedParameters.of(
        MLPClassifier(
            hidden_layer_sizes=np.array([3, 2]),
            alpha=np.float32(0.1),
            max_iter=np.int64(3),
            dropout=np.float64(0.1),
            shuffle=np.bool_(True),
            n_iter_no_change=np.inf,
            batch_size=np.int32(7),
        )
    )


def test_one_value_serves_all_layers_or_each_has_its_own() -> None:
    assert activation_names("logistic", 2) == ("sigmoid", "sigmoid")
    assert dropout_rates(0.5, 2) == (0.5, 0.5)
    assert activation_names(["relu", "leaky_relu(0.2)"], 2) == ("relu", "leaky_relu(0.2)")
    assert dropout_rates([0.0, 0.1], 2) == (0.0, 0.1)
    assert [hidden_sizes(sizes) for sizes in (7, [7], ())] == [(7,), (7,), ()]


def test_layers_in_the_place_of_the_loss_are_told_by_their_name() -> None:
    X, y = quantities()
    with pytest.raises(InputTypeError, match=r"loss: got \(32,\).*hidden_layer_sizes=\(32,\)"):
        MLPRegressor((32,)).fit(X, y)  # type: ignore[arg-type]


def test_the_constructor_stores_what_it_is_given_untouched() -> None:
    sizes, weights = [3, 2], {0: 1.0}
    model = MLPClassifier(sizes, class_weight=weights)
    assert model.hidden_layer_sizes is sizes
    assert model.class_weight is weights
    assert set(vars(model)) == set(model.get_params())
