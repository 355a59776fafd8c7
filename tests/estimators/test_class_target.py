"""Labels to outputs and scores to probabilities, for every kind of y."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.special import expit, log_softmax

from chainrule.equations.activations import sigmoid
from chainrule.equations.links import softmax
from chainrule.errors import InputError
from chainrule.estimators.class_target import ClassTarget, class_target, positions

ABC = np.array(["a", "b", "c"])
NO_YES = np.array([False, True])


def single(classes: np.ndarray, loss: str = "auto") -> ClassTarget:
    return class_target("single", [classes], loss)


def test_two_classes_are_one_score() -> None:
    target = single(NO_YES)
    y = np.array([True, False])
    assert target.encode(target.codes(y), np.dtype("f4")).tolist() == [[1.0], [0.0]]
    z = np.array([[2.0], [-1.0], [0.0]])
    assert target.predictions(z).tolist() == [True, False, False]
    assert np.allclose(target.probabilities(z), np.c_[1 - expit(z), expit(z)])
    assert target.decision(z).tolist() == [2.0, -1.0, 0.0]
    assert target.link_name == "logistic"


def test_three_classes_are_coupled_by_softmax(rng: np.random.Generator) -> None:
    target = single(ABC)
    assert target.encode(target.codes(np.array(["c", "a"])), np.dtype("f4")).tolist() == [
        [0.0, 0.0, 1.0],
        [1.0, 0.0, 0.0],
    ]
    z = rng.normal(size=(5, 3))
    assert np.allclose(target.log_probabilities(z), log_softmax(z, axis=1))
    assert np.allclose(target.probabilities(z).sum(axis=1), 1.0)
    assert target.predictions(z).tolist() == ABC[z.argmax(axis=1)].tolist()
    assert np.array_equal(target.decision(z), z)
    assert target.link_name == "softmax"


def test_two_classes_with_softmax_are_two_scores() -> None:
    target = single(NO_YES, "multiclass_log_loss")
    z = np.array([[1.0, 3.0], [2.0, -1.0]])
    assert target.n_outputs == 2
    assert target.decision(z).tolist() == [2.0, -3.0]
    assert target.predictions(z).tolist() == [True, False]


def test_one_versus_rest_probabilities_are_divided_by_their_sum(rng: np.random.Generator) -> None:
    target = single(ABC, "focal")
    z = rng.normal(size=(5, 3))
    p = expit(z)
    assert np.allclose(target.probabilities(z), p / p.sum(axis=1, keepdims=True))
    assert np.allclose(target.log_probabilities(z), np.log(target.probabilities(z)))


def test_several_columns_are_blocks(rng: np.random.Generator) -> None:
    target = class_target("multioutput", [ABC, NO_YES.astype(object)], "auto")
    y = np.array([["b", True], ["c", False]], dtype=object)
    assert target.encode(target.codes(y), np.dtype("f4")).tolist() == [[0, 1, 0, 1], [0, 0, 1, 0]]
    z = rng.normal(size=(6, 4))
    first, second = target.probabilities(z)
    assert (first.shape, second.shape) == ((6, 3), (6, 2))
    assert np.allclose(first.sum(axis=1), 1.0)
    assert np.allclose(second.sum(axis=1), 1.0)
    assert [part.shape for part in target.decision(z)] == [(6, 3), (6,)]
    assert target.predictions(z).shape == (6, 2)
    assert [len(classes) for classes in target.public_classes] == [3, 2]


def test_an_indicator_matrix_has_the_probability_of_each_one() -> None:
    target = class_target("multilabel", [np.array([0, 1])] * 3, "auto")
    z = np.array([[1.0, -1.0, 0.0]])
    assert np.allclose(target.probabilities(z), expit(z))
    assert np.allclose(target.log_probabilities(z), np.log(expit(z)))
    assert target.predictions(z).tolist() == [[1, 0, 0]]
    assert target.public_classes.tolist() == [0, 1, 2]


def test_one_class_is_always_predicted() -> None:
    target = single(np.array([7]))
    z = np.array([[5.0], [-5.0]])
    assert target.predictions(z).tolist() == [7, 7]
    assert target.probabilities(z).tolist() == [[1.0], [1.0]]
    assert target.log_probabilities(z).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("target", [single(NO_YES), single(ABC), single(ABC, "focal")])
def test_no_score_is_too_large(target: ClassTarget, dtype: str) -> None:
    z = np.eye(3, target.n_outputs, dtype=dtype) * 1e30 - 1e29
    log_p, p = target.log_probabilities(z), target.probabilities(z)
    assert np.isfinite(log_p).all()
    assert np.allclose(p.sum(axis=1), 1.0)
    assert log_p.dtype == p.dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_probabilities_are_sigmoid_and_softmax_to_the_last_bit(
    rng: np.random.Generator, dtype: str
) -> None:
    spread = np.exp(rng.uniform(-30.0, 30.0, size=(4000, 1)))
    z = (rng.normal(size=(4000, 3)) * spread).astype(dtype)
    z[:4, 0] = 0.0, -0.0, np.inf, -np.inf
    z[4] = np.nan
    one = z[:, :1]
    p = single(NO_YES).probabilities(one)
    np.testing.assert_array_equal(p, np.hstack([sigmoid(-one), sigmoid(one)]))
    finite = z[5:]
    np.testing.assert_array_equal(single(ABC).probabilities(finite), softmax(finite))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    "target",
    [
        single(NO_YES),
        single(ABC),
        single(ABC, "focal"),
        single(np.arange(20)),
        class_target("multilabel", [np.array([0, 1])] * 3, "auto"),
        class_target("multioutput", [NO_YES, np.arange(3)], "auto"),
    ],
)
def test_what_a_row_is_taken_for_does_not_depend_on_the_rows_beside_it(
    rng: np.random.Generator, target: ClassTarget, dtype: str
) -> None:
    z = (3.0 * rng.normal(size=(300, target.n_outputs))).astype(dtype)
    for method in (target.predictions, target.probabilities, target.log_probabilities):
        together = method(z)
        parts = [method(z[i : i + 1]) for i in range(300)]
        if isinstance(together, list):
            for j, column in enumerate(together):
                np.testing.assert_array_equal(column, np.vstack([part[j] for part in parts]))
        else:
            np.testing.assert_array_equal(together, np.concatenate(parts))


def test_scores_are_left_alone(rng: np.random.Generator) -> None:
    for target in (single(NO_YES), single(ABC)):
        z = rng.normal(size=(5, target.n_outputs))
        kept = z.copy()
        for method in (target.predictions, target.probabilities, target.log_probabilities):
            assert not np.shares_memory(method(z), z)
        np.testing.assert_array_equal(z, kept)


def test_labels_that_are_returned_are_the_callers() -> None:
    target = single(np.array([3, 5]))
    target.predictions(np.array([[-1.0]]))[:] = 0
    assert target.classes[0].tolist() == [3, 5]


def test_a_copy_holds_what_was_learned_and_nothing_that_follows_from_it() -> None:
    target = single(ABC)
    target.probabilities(np.zeros((1, 3)))
    copy = pickle.loads(pickle.dumps(target))
    assert set(vars(copy)) == {"kind", "classes", "loss"} < set(vars(target))
    assert copy.predictions(np.eye(3)).tolist() == ABC.tolist()


@pytest.mark.parametrize(
    ("loss", "classes", "expected"),
    [
        ("auto", NO_YES, "binary_log_loss(0.0)"),
        ("log_loss", ABC, "multiclass_log_loss(0.0)"),
        ("log_loss(0.2)", ABC, "multiclass_log_loss(0.2)"),
        ("binary_log_loss", ABC, "binary_log_loss(0.0)"),
    ],
)
def test_the_loss(loss: str, classes: np.ndarray, expected: str) -> None:
    assert single(classes, loss).loss == expected


@pytest.mark.parametrize("labels", [["a", "z"], [1, 2], [None, "a"]])
def test_a_label_that_is_not_known_is_named(labels: list[object]) -> None:
    with pytest.raises(InputError, match="only known classes: 'a', 'b', 'c'"):
        positions(np.array(labels), ABC)


def test_another_number_of_columns_is_refused() -> None:
    with pytest.raises(InputError, match="2 columns"):
        single(ABC).codes(np.array([["a", "b"]]))
