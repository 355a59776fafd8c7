"""The trainings that are timed: the same for everyone, the right work counted, and a comparison that has teeth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils import shuffle

from benchmarks import agreement, problems
from benchmarks.peers.chainrule_engine import Peer
from benchmarks.problems import PROBLEMS, Problem

SMALL = Problem((3, 4, 2), n=24, batch_size=8, epochs=2)


class ReferencePeer(Peer):
    engine_name, dtype = "reference", np.float64


def test_the_nine_networks_and_batches_are_those_that_were_announced() -> None:
    assert {name: problem.batch_size for name, problem in PROBLEMS.items()} == {
        "2-64-32-1": 5000,
        "2-128-64-1": 5000,
        "10-32-32-1": 32,
        "20-100-1": 200,
        "784-256-128-10": 128,
        "100-512-512-10": 256,
        "54-128-64-7": 256,
        "30-64-64-1": 64,
        "50-256-256-256-3": 512,
    }


@pytest.mark.parametrize("variant", ["full", "validation", "quick"])
@pytest.mark.parametrize("network", PROBLEMS)
def test_every_batch_is_whole(network: str, variant: str) -> None:
    problem = problems.get(network, variant)
    assert problem.n == problem.n_batches * problem.batch_size
    assert problem.full_batch == PROBLEMS[network].full_batch


@pytest.mark.parametrize("network", PROBLEMS)
def test_data_and_weights_have_their_shapes_and_dtypes(network: str) -> None:
    problem = problems.get(network, "quick")
    assert problem.X.shape == (problem.n, problem.sizes[0])
    assert problem.Y.shape == (problem.n, problem.n_outputs)
    assert problem.classes.shape == (problem.n,)
    assert set(problem.classes) == set(range(max(2, problem.n_outputs)))  # none is missing
    arrays = [problem.X, problem.Y, *(a for layer in problem.weights for a in layer)]
    assert {array.dtype for array in arrays} == {np.dtype("float32")}
    shapes = [(W.shape, b.shape) for W, b in problem.weights]
    assert shapes == [
        ((m, k), (k,)) for m, k in zip(problem.sizes, problem.sizes[1:], strict=False)
    ]


def test_targets_are_the_classes() -> None:
    assert np.array_equal(SMALL.Y.argmax(axis=1), SMALL.classes)
    assert np.array_equal(SMALL.Y.sum(axis=1), np.ones(SMALL.n))
    binary = problems.get("20-100-1", "quick")
    assert np.array_equal(binary.Y[:, 0], binary.classes)


def test_the_circle_is_that_of_the_homework() -> None:
    problem = PROBLEMS["2-64-32-1"]
    assert problem.X.min() >= 0.0
    assert problem.X.max() <= 1.0
    # A quarter of the unit circle in the unit square: pi / 4 of the rows, give or take 4 standard errors.
    assert abs(problem.classes.mean() - np.pi / 4) < 4 * np.sqrt(np.pi / 4 * (1 - np.pi / 4) / 5000)


def test_orders_are_those_that_scikit_learn_shuffles() -> None:
    random, order = np.random.RandomState(SMALL.seed), np.arange(SMALL.n)
    for taken in SMALL.orders(3):
        order = shuffle(order, random_state=random)
        assert np.array_equal(taken, order)


def test_full_batches_keep_their_order() -> None:
    problem = problems.get("2-64-32-1", "quick")
    assert np.array_equal(problem.orders(2), [np.arange(problem.n)] * 2)


def test_a_digest_sees_data_weights_and_orders_and_nothing_else() -> None:
    assert SMALL.digest() == Problem((3, 4, 2), n=24, batch_size=8, epochs=9).digest()
    others = [
        Problem((3, 4, 2), n=24, batch_size=8, epochs=2, seed=1),
        Problem((3, 4, 2), n=32, batch_size=8, epochs=2),
        Problem((3, 4, 2), n=24, batch_size=24, epochs=2),  # order
        Problem((3, 4, 2), n=24, batch_size=8, epochs=2, activation="tanh"),  # weights
    ]
    assert len({SMALL.digest(), *(other.digest() for other in others)}) == 1 + len(others)


def test_operations_are_counted_by_hand() -> None:
    # 3-4-2: forward 2*12 + 2*8, dW the same, dX of the second layer 2*8.
    assert SMALL.flops == 24 * (24 + 16 + 24 + 16 + 16)
    assert Problem((5, 7), n=10, batch_size=5, epochs=1).flops == 10 * (2 * 35 + 2 * 35)


@pytest.mark.parametrize("network", ["2-64-32-1", "10-32-32-1"])
def test_a_learning_rate_one_percent_off_is_noticed(
    network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = ReferencePeer(), ReferencePeer()
    variant = "quick" if network == "2-64-32-1" else "validation"
    right.load(network, variant)
    wrong.load(network, variant)
    truth = right.run()["losses"]
    assert agreement.check_curve("the same", right.run()["losses"], truth) == 0.0
    monkeypatch.setattr("benchmarks.peers.chainrule_engine.LEARNING_RATE", 1.01e-3)
    with pytest.raises(agreement.DisagreementError, match="wrong"):
        agreement.check_curve("wrong", wrong.run()["losses"], truth)


def test_another_order_of_rows_is_noticed() -> None:
    right, wrong = ReferencePeer(), ReferencePeer()
    for peer in (right, wrong):
        peer.load("10-32-32-1", "validation")
    truth = right.run()["losses"]
    wrong.orders = lambda epochs: right.problem.orders(epochs)[:, ::-1]  # type: ignore[method-assign]
    with pytest.raises(agreement.DisagreementError):
        agreement.check_curve("wrong", wrong.run()["losses"], truth)


@pytest.mark.parametrize("losses", [[1.0], [1.0, float("nan")], [1.0, 0.5001]])
def test_curves_that_differ_in_length_or_value_disagree(losses: list[float]) -> None:
    with pytest.raises(agreement.DisagreementError, match="peer"):
        agreement.check_curve("peer", losses, [1.0, 0.5])


def test_noise_is_measured_in_our_own_deviations() -> None:
    ours = [0.50, 0.51, 0.49, 0.50]
    difference, allowed = agreement.check_noise("peer", 0.52, ours)
    assert difference == pytest.approx(0.04)
    assert allowed == pytest.approx(5.0 * np.std(ours, ddof=1) / 0.5)
    with pytest.raises(agreement.DisagreementError):
        agreement.check_noise("peer", 0.56, ours)
