"""No false verdict: what is called correct was tried with several samples and hidden layers, and J is told.

Each function makes one mistake that hides on a single sample, without hidden layers, behind rounding or behind a factor
of J; beside it stands what must not be blamed.
"""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.diagnosis import scope
from chainrule.diagnosis.diagnose import Convention, diagnose


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def two_layers(X, Y, W1, b1, W2, b2):
    """A right backward pass, without 1/n."""
    a1 = np.tanh(X @ W1 + b1)
    d2 = a1 @ W2 + b2 - Y
    return a1, d2, (d2 @ W2.T) * (1 - a1**2)


def found(diagnosis) -> dict:
    return {finding.kind: finding.layers for finding in diagnosis.findings}


# ---- a sum for a mean, a factor for all: a choice of J, told and not blamed ------------------------------------------


def of_a_sum(X, Y, W1, b1, W2, b2):
    a1, d2, d1 = two_layers(X, Y, W1, b1, W2, b2)
    return X.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0)


def of_squares_without_half(X, Y, W1, b1, W2, b2, reg):
    a1, d2, d1 = two_layers(X, Y, W1, b1, W2, b2)
    d1, d2 = 2 * d1, 2 * d2
    return X.T @ d1 + 2 * reg * W1, d1.sum(0), a1.T @ d2 + 2 * reg * W2, d2.sum(0)


def of_a_mean_over_all_entries(X, Y, W1, b1, W2, b2):
    a1, d2, d1 = two_layers(X, Y, W1, b1, W2, b2)
    d1, d2 = 2 * d1 / Y.size, 2 * d2 / Y.size
    return X.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0)


@pytest.mark.parametrize(
    ("function", "J"),
    [
        (of_a_sum, "the sum of the losses"),
        (of_squares_without_half, "2 times the sum of the losses + 1 l2 sum(W²)"),
        (of_a_mean_over_all_entries, "2 times the mean of the losses over samples and outputs"),
    ],
)
def test_an_inferred_objective_is_told_and_is_no_mistake(function, J: str) -> None:
    diagnosis = diagnose(function)
    assert diagnosis.correct, str(diagnosis)
    assert diagnosis.objective == J
    assert f"the exact gradient of {J}" in str(diagnosis)


def mean_of_squares(y, y_pred):
    return np.mean((y - y_pred) ** 2)


def test_a_given_objective_is_read_on_networks_of_two_shapes() -> None:
    """On two outputs alone 2/k is 1, and the mean over all entries looks like the mean over samples."""
    diagnosis = diagnose(of_a_mean_over_all_entries, objective=mean_of_squares)
    assert diagnosis.correct, str(diagnosis)
    assert diagnose(of_a_sum, objective=mean_of_squares).kinds == ["another_objective"]
    assert diagnose(of_a_sum, convention=Convention()).kinds == ["mean_missing"]


def returning_its_own(X, Y, W1, b1, W2, b2, reg):
    a1, d2, d1 = two_layers(X, Y, W1, b1, W2, b2)
    J = 0.5 * np.mean((d2**2).sum(axis=1)) + reg * ((W1**2).sum() + (W2**2).sum())
    dW1, dW2 = X.T @ d1 + 2 * reg * W1, a1.T @ d2 + 2 * reg * W2
    return J, {"dW1": dW1, "db1": d1.sum(0), "dW2": dW2, "db2": d2.sum(0)}


def test_a_returned_objective_is_what_the_gradient_is_judged_by() -> None:
    assert diagnose(returning_its_own).kinds == ["mean_missing"]


def test_an_objective_may_take_its_parameters_in_another_container() -> None:
    def backward(X, Y, W_list, b_list, lam):
        return of_squares_without_half(X, Y, W_list[0], b_list[0], W_list[1], b_list[1], lam)

    def J(y, y_pred, params, lam):
        squares = sum((params[k] ** 2).sum() for k in ("W1", "W2", "W3") if k in params)
        return ((y - y_pred) ** 2).sum() + lam * squares

    call = lambda f, p: f(p.X, p.Y, p.W, p.b, p.l2)  # noqa: E731
    assert diagnose(backward, call=call, objective=J, n_layers=2).correct


# ---- what hides on a single sample ----------------------------------------------------------------------------------


def never_summed(X, Y, W1, b1, W2, b2):
    A1 = np.tanh(W1 @ X + b1)
    d2 = W2 @ A1 + b2 - Y
    d1 = W2.T @ d2 * (1 - A1**2)
    return d1 @ X.T, d1, d2 @ A1.T, d2


def of_the_last_sample(X, Y, W1, b1, W2, b2):
    a1, d2, d1 = two_layers(X, Y, W1, b1, W2, b2)
    for i in range(len(X)):
        db1, db2 = d1[i], d2[i]
    return X.T @ d1, db1, a1.T @ d2, db2


def divided_twice(theta, X, Y, sizes):
    m, h, k = sizes
    W1, b1, W2, b2 = np.split(theta, np.cumsum([m * h, h, h * k]))
    a1, d2, d1 = two_layers(X, Y, W1.reshape(m, h), b1, W2.reshape(h, k), b2)
    n = len(X)
    d1, d2 = d1 / n, d2 / n
    return np.concatenate([(X.T @ d1 / n).ravel(), d1.mean(0), (a1.T @ d2 / n).ravel(), d2.mean(0)])


@pytest.mark.parametrize(
    ("function", "mistakes"),
    [
        (never_summed, {"db_not_summed": (1, 2)}),
        (of_the_last_sample, {"db_last_sample": (1, 2)}),
        (divided_twice, {"mean_twice": (2,)}),
    ],
)
def test_what_one_sample_hides_is_found(function, mistakes: dict) -> None:
    assert found(diagnose(function)) == mistakes


def of_one(x, y, weights, biases, back):
    """One sample as a column, layers in lists; ``back`` goes from layer l + 1 to layer l."""
    a = [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(sigmoid(W @ a[-1] + b))
    delta = (a[-1] - y) * a[-1] * (1 - a[-1])
    dW, db = [delta @ a[-2].T], [delta]
    for l in range(2, len(weights) + 1):
        delta = back(weights, l) @ delta * a[-l] * (1 - a[-l])
        dW.insert(0, delta @ a[-l - 1].T)
        db.insert(0, delta)
    return db, dW


def one_right(x, y, weights, biases):
    return of_one(x, y, weights, biases, lambda W, l: W[-l + 1].T)


def one_of_this_layer(x, y, weights, biases):
    return of_one(x, y, weights, biases, lambda W, l: W[-l].T)


def one_not_transposed(x, y, weights, biases):
    return of_one(x, y, weights, biases, lambda W, l: W[-l + 1])


def test_code_for_one_sample_is_judged_as_far_as_it_goes() -> None:
    right = diagnose(one_right)
    assert (right.verdict, right.reasons) == ("not judged", [scope.ONE_SAMPLE])
    assert found(diagnose(one_of_this_layer)) == {"weights_of_this_layer": (1, 2)}
    assert found(diagnose(one_not_transposed)) == {"weights_not_transposed": (1, 2)}

    def mean(backward, p):
        pairs = [
            backward(x[:, None], y[:, None], [W.T for W in p.W], [b[:, None] for b in p.b])
            for x, y in zip(p.X, p.Y, strict=True)
        ]
        L, n = len(p.W), len(p.X)
        dW = [sum(w[l] for _, w in pairs).T / n for l in range(L)]
        return dW, [sum(b[l] for b, _ in pairs) / n for l in range(L)]

    assert diagnose(one_right, call=mean).correct


def test_code_that_refuses_several_samples_is_not_called_correct() -> None:
    def backward(X, Y, W1, b1, W2, b2):
        if len(X) > 1:
            raise ValueError("one row at a time")
        return of_a_sum(X, Y, W1, b1, W2, b2)

    diagnosis = diagnose(backward)
    assert diagnosis.verdict == "not judged"
    assert "one row at a time" in str(diagnosis)


# ---- what hides without hidden layers ---------------------------------------------


def index_error(X, Y, W, b):
    a = [X]
    for w, c in zip(W, b, strict=True):
        a.append(sigmoid(a[-1] @ w + c))
    L = len(W)
    delta = (a[-1] - Y) * a[-1] * (1 - a[-1]) / len(X)
    dW, db = [None] * L, [None] * L
    dW[-1], db[-1] = a[-2].T @ delta, delta.sum(0)
    for l in range(L - 1, 0, -1):
        delta = delta @ W[l + 1].T * a[l] * (1 - a[l])
        dW[l - 1], db[l - 1] = a[l - 1].T @ delta, delta.sum(0)
    return dW, db


def test_the_exception_of_the_deeper_network_is_shown() -> None:
    diagnosis = diagnose(index_error)
    assert diagnosis.kinds == ["fails_with_hidden_layers"]
    assert "IndexError" in str(diagnosis)
    assert "W[l + 1]" in str(diagnosis)


def test_delta_that_is_never_carried_down_is_one_mistake() -> None:
    def backward(X, Y, W, b):
        a = [X]
        for w, c in zip(W, b, strict=True):
            a.append(sigmoid(a[-1] @ w + c))
        delta = (a[-1] - Y) / len(X)
        return [x.T @ delta for x in a[:-1]], [delta.sum(0) for _ in W]

    assert found(diagnose(backward)) == {"delta_not_propagated": (1, 2)}


def test_fan_in_for_samples_has_a_name() -> None:
    def backward(X, Y, W, b):
        a = [X]
        for w, c in zip(W, b, strict=True):
            a.append(sigmoid(a[-1] @ w + c))
        delta, dW, db = (a[-1] - Y) * a[-1] * (1 - a[-1]), [], []
        for l in range(len(W), 0, -1):
            m = W[l - 1].shape[0]
            dW.insert(0, a[l - 1].T @ delta / m)
            db.insert(0, delta.sum(0) / m)
            delta = delta @ W[l - 1].T * a[l - 1] * (1 - a[l - 1])
        return dW, db

    every = (1, 2, 3)
    assert found(diagnose(backward)) == {
        "dW_fan_in_for_samples": every,
        "db_fan_in_for_samples": every,
    }


def test_a_network_of_fewer_layers_than_the_probes_is_not_blamed_for_the_rest() -> None:
    def backward(A, Y, W, b, X):  # updates what it knows, two layers
        d2 = A[1] - Y
        dW2, db2 = A[0].T @ d2 / len(X), d2.sum() / len(X)
        d1 = d2 @ W[1].T * A[0] * (1 - A[0])
        W[0] -= X.T @ d1 / len(X)
        W[1] -= dW2
        b[0] -= d1.sum() / len(X)
        b[1] -= db2

    def call(f, p):
        W, b = [w.copy() for w in p.W], [c.copy() for c in p.b]
        f([sigmoid(p.z[1]), p.a[2]], p.Y, W, b, p.X)
        return [u - v for u, v in zip(p.W, W, strict=True)], [
            u - v for u, v in zip(p.b, b, strict=True)
        ]

    assert found(diagnose(backward, call=call)) == {"db_over_everything": (1, 2)}


# ---- rounding, labels, targets, steps ----------------------------------------------


def softmax_totals(X, Y, W1, b1, W2, b2):
    a1 = np.tanh(X @ W1 + b1)
    e = np.exp(a1 @ W2 + b2)
    d2 = (e / e.sum(axis=1, keepdims=True) - Y) / len(Y)
    d1 = d2 @ W2.T * (1 - a1**2)
    # the sum over everything of p - y is 0 up to rounding
    return X.T @ d1, d1.sum() * np.ones_like(b1), a1.T @ d2, d2.sum() * np.ones_like(b2)


def test_a_total_that_is_zero_by_rounding_has_the_name_of_the_other_layers() -> None:
    assert found(diagnose(softmax_totals)) == {"db_over_everything": (1, 2)}


def by_labels(params, X, y):
    def one_hot(y):
        table = np.zeros((y.size, y.max() + 1))
        table[np.arange(y.size), y] = 1
        return table.T

    A1 = np.tanh(params["W1"] @ X + params["b1"])
    e = np.exp(params["W2"] @ A1 + params["b2"])
    d2 = (e / e.sum(axis=0) - one_hot(y)) / y.size
    d1 = params["W2"].T @ d2 * (1 - A1**2)
    return {"dW1": d1 @ X.T, "db1": d1.sum(1), "dW2": d2 @ A1.T, "db2": d2.sum(1)}


def test_class_numbers_are_tried_though_arrays_raise_type_errors() -> None:
    diagnosis = diagnose(by_labels)
    assert diagnosis.correct, str(diagnosis)
    assert "targets labels" in diagnosis.form


def test_flat_targets_that_broadcast_are_told() -> None:
    def backward(X, y, w, b):
        d = (X @ w + b - y) / len(X)
        return X.T @ d, d.sum()

    diagnosis = diagnose(backward, loss="squared_error")
    assert diagnosis.scope == "for targets of shape (n, 1)"
    assert any("(n, 1) - (n,) is (n, n)" in note for note in diagnosis.notes)


@pytest.mark.parametrize("in_place", [True, False])
def test_weights_that_come_back_are_read_as_a_step(in_place: bool) -> None:
    def step(X, Y, W1, b1, W2, b2, summed=False):
        a1, d2, d1 = two_layers(X, Y, W1, b1, W2, b2)
        n = len(X)
        steps = X.T @ d1 / n, d1.sum(0) / n, a1.T @ d2 / n, d2.sum(0) / n
        theta = W1, b1, W2, b2
        if in_place:
            for array, change in zip(theta, steps, strict=True):
                array -= 0.1 * change
            return theta
        return tuple(array - 0.1 * change for array, change in zip(theta, steps, strict=True))

    diagnosis = diagnose(step)
    assert diagnosis.correct, str(diagnosis)
    assert "after a step" in diagnosis.form


def test_a_mistake_in_a_step_is_named() -> None:
    def step(X, Y, params, learning_rate):
        W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
        a1, d2, _ = two_layers(X, Y, W1, b1, W2, b2)
        d1 = d2 @ W2.T  # the slope is lost
        n = len(X)
        return {
            "W1": W1 - learning_rate * X.T @ d1 / n,
            "b1": b1 - learning_rate * d1.mean(0),
            "W2": W2 - learning_rate * a1.T @ d2 / n,
            "b2": b2 - learning_rate * d2.mean(0),
        }

    assert found(diagnose(step, activations="tanh", loss="squared_error")) == {
        "derivative_missing": (1,)
    }


def test_an_output_that_only_seems_linear_is_understood() -> None:
    """A relu at the output, its slope missing: where all scores are positive, a linear output fits as well."""

    def backward(X, y, W1, W2):
        a1 = np.maximum(X @ W1, 0)
        d2 = np.maximum(a1 @ W2, 0) - y
        return X.T @ (d2 @ W2.T), a1.T @ d2

    diagnosis = diagnose(backward, n_outputs=1)
    assert found(diagnosis) == {"derivative_missing": (1, 2)}
    assert diagnosis.objective == "the sum of the losses"
