"""``diagnose`` on functions written as people write them: the form is recognised, the mistake named, or none found."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule
from chainrule.diagnosis.diagnose import Convention, diagnose, diagnose_values
from chainrule.errors import InputError
from chainrule.network.network import Network
from chainrule.network.parameters import Parameters


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# ---- right ones, in many forms -----------------------------------------------------------------------------------


def rows_names(X, y, W1, b1, W2, b2):
    a1 = np.tanh(X @ W1 + b1)
    d2 = (a1 @ W2 + b2 - y) / len(X)
    d1 = d2 @ W2.T * (1 - a1**2)
    return {"dW1": X.T @ d1, "db1": d1.sum(0), "dW2": a1.T @ d2, "db2": d2.sum(0)}


def rows_lists(X, Y, weights, biases, lam):
    a = [X]
    for l, (W, b) in enumerate(zip(weights, biases, strict=True)):
        z = a[-1] @ W + b
        a.append(z if l == len(weights) - 1 else np.maximum(z, 0))
    delta = (a[-1] - Y) / len(X)
    dW, db = [], []
    for l in reversed(range(len(weights))):
        dW.insert(0, a[l].T @ delta + lam * weights[l])
        db.insert(0, delta.sum(axis=0, keepdims=True))
        delta = delta @ weights[l].T * (a[l] > 0)
    return dW, db


def columns_dict(params, x, y, lambd=0.0):
    L = len(params) // 2
    a = {0: x}
    for l in range(1, L + 1):
        z = params[f"W{l}"] @ a[l - 1] + params[f"b{l}"]
        assert z.shape[1] == x.shape[1]
        a[l] = sigmoid(z) if l == L else np.tanh(z)
    n, grads, delta = x.shape[1], {}, a[L] - y
    for l in range(L, 0, -1):
        grads[f"dW{l}"] = delta @ a[l - 1].T / n + lambd * params[f"W{l}"]
        grads[f"db{l}"] = delta.sum(axis=1, keepdims=True) / n
        assert grads[f"db{l}"].shape == params[f"b{l}"].shape
        delta = params[f"W{l}"].T @ delta * (1 - a[l - 1] ** 2)
    return grads


def one_vector(theta, X, Y):
    m, k = X.shape[1], Y.shape[1]
    h = (theta.size - k) // (m + 1 + k)
    assert theta.size == (m + 1) * h + (h + 1) * k
    W1, b1 = theta[: m * h].reshape(m, h), theta[m * h : (m + 1) * h]
    W2 = theta[(m + 1) * h : -k].reshape(h, k)
    a1 = sigmoid(X @ W1 + b1)
    d2 = (a1 @ W2 + theta[-k:] - Y) / len(X)
    d1 = d2 @ W2.T * a1 * (1 - a1)
    J = 0.5 * ((a1 @ W2 + theta[-k:] - Y) ** 2).sum() / len(X)
    return J, np.concatenate([(X.T @ d1).ravel(), d1.sum(0), (a1.T @ d2).ravel(), d2.sum(0)])


def labels_softmax(X, y, W1, b1, W2, b2):
    h = np.maximum(0, X @ W1 + b1)
    e = np.exp(h @ W2 + b2)
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    dh = p @ W2.T
    dh[h <= 0] = 0
    return X.T @ dh, dh.sum(axis=0), h.T @ p, p.sum(axis=0)


def one_sample(x, y, W1, b1, W2, b2):
    a1 = np.tanh(W1 @ x + b1)
    d2 = W2 @ a1 + b2 - y
    d1 = W2.T @ d2 * (1 - a1**2)
    return np.outer(d1, x), d1, np.outer(d2, a1), d2


def without_biases(X, y, W1, W2):
    a1 = np.tanh(X @ W1)
    d2 = (a1 @ W2 - y) / len(X)
    return [X.T @ (d2 @ W2.T * (1 - a1**2)), a1.T @ d2]


def torch_layout(x, y, W, b):
    h = [x]
    for w, c in zip(W, b, strict=True):
        h.append(np.tanh(h[-1] @ w.T + c))
    delta = (h[-1] - y) * (1 - h[-1] ** 2) / len(x)
    grads = []
    for l in range(len(W) - 1, -1, -1):
        grads.append((delta.T @ h[l], delta.sum(axis=0)))
        delta = delta @ W[l] * (1 - h[l] ** 2)
    return grads[::-1]


def word_activations(X, Y, W, b, activations):
    f = {"relu": lambda z: np.maximum(z, 0), "sigmoid": sigmoid, "tanh": np.tanh}
    g = {
        "relu": lambda a: (a > 0) * 1.0,
        "sigmoid": lambda a: a * (1 - a),
        "tanh": lambda a: 1 - a * a,
    }
    a = [X]
    for l in range(len(W)):
        a.append(f[activations[l]](a[-1] @ W[l] + b[l]))
    delta = (a[-1] - Y) * g[activations[-1]](a[-1]) / len(X)
    dW, db = [0] * len(W), [0] * len(W)
    for l in range(len(W) - 1, -1, -1):
        dW[l], db[l] = a[l].T @ delta, delta.sum(0)
        if l:
            delta = delta @ W[l].T * g[activations[l - 1]](a[l])
    return {"W": dW, "b": db}


def tuples_cached(AL, Y, caches):
    """Caches of ((A_prev, W, b), Z), as a well-known course has them."""
    L, m, grads = len(caches), AL.shape[1], {}
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in reversed(range(L)):
        (A_prev, W, b), Z = caches[l]
        if l == L - 1:
            s = sigmoid(Z)
            dZ = dA * s * (1 - s)
        else:
            dZ = np.array(dA, copy=True)
            dZ[Z <= 0] = 0
        grads[f"dW{l + 1}"] = 1 / m * dZ @ A_prev.T
        grads[f"db{l + 1}"] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        assert grads[f"db{l + 1}"].shape == b.shape
        dA = W.T @ dZ
        grads[f"dA{l}"] = dA
    return grads


FORMS = {
    tuples_cached: "activations relu, relu, identity (guessed); loss binary_log_loss",
    rows_names: "rows are samples; W (fan_in, fan_out), b (k,)",
    rows_lists: "two lists, dW and db",
    columns_dict: "columns are samples; W (fan_out, fan_in), b (k, 1)",
    one_vector: "one flat vector",
    labels_softmax: "multiclass_log_loss",
    without_biases: "no biases",
    torch_layout: "rows are samples; W (fan_out, fan_in)",
    word_activations: "activations as given",
}


@pytest.mark.parametrize(
    ("function", "form"), FORMS.items(), ids=lambda x: getattr(x, "__name__", "")
)
def test_right_functions_are_found_right_in_any_form(function, form: str) -> None:
    diagnosis = diagnose(function)
    diagnosis.assert_correct()
    assert form in diagnosis.form
    assert "correct" in str(diagnosis)


@pytest.mark.parametrize("function", [rows_names, rows_lists, labels_softmax])
def test_float32_is_no_mistake(function) -> None:
    def single(*args, **named):
        def cast(x):
            if isinstance(x, list):
                return [cast(item) for item in x]
            return x.astype(np.float32) if getattr(x, "dtype", None) == np.float64 else x

        return function(*map(cast, args), **{key: cast(x) for key, x in named.items()})

    single.__signature__ = __import__("inspect").signature(function)
    diagnosis = diagnose(single)
    assert diagnosis.correct, str(diagnosis)
    assert any("float32" in note for note in diagnosis.notes)


# ---- wrong ones --------------------------------------------------------------------------------------------------


def test_a_mistake_is_told_with_both_formulas_numbers_and_remedy() -> None:
    def backward(X, y, W1, b1, W2, b2):
        a1 = np.tanh(X @ W1 + b1)
        d2 = (a1 @ W2 + b2 - y) / len(X)
        d1 = d2 @ W2.T
        return X.T @ d1, d1.sum(axis=0), a1.T @ d2, d2.sum(axis=0)

    diagnosis = diagnose(backward, activations="tanh")
    (finding,) = diagnosis.findings
    assert (finding.kind, finding.layers) == ("derivative_missing", (1,))
    with pytest.raises(AssertionError, match="derivative of the activation"):
        diagnosis.assert_correct()
    text = str(diagnosis)
    for part in (
        "layer 1: the derivative of the activation (tanh) is missing",
        "yours  delta[1] = dJ/da[1]",
        "right  delta[1] = dJ/da[1] * f'(z[1])",
        "should be",
        "change multiply by f'(z[1])",
    ):
        assert part in text
    assert diagnosis.to_dict()["findings"][0]["kind"] == "derivative_missing"


def test_code_that_runs_on_square_networks_only_is_still_understood() -> None:
    def backward(X, y, W1, b1, W2, b2):
        a1 = np.tanh(X @ W1 + b1)
        d2 = (a1 @ W2 + b2 - y) / len(X)
        d1 = d2 @ W2 * (1 - a1**2)
        return X.T @ d1, d1.sum(axis=0), a1.T @ d2, d2.sum(axis=0)

    diagnosis = diagnose(backward)
    assert diagnosis.kinds == ["weights_not_transposed"]
    assert any("rectangular network it fails" in note for note in diagnosis.notes)


def test_gradients_from_the_last_layer_to_the_first_are_noticed() -> None:
    def backward(X, Y, W, b):
        a = [X]
        for w, c in zip(W, b, strict=True):
            a.append(np.tanh(a[-1] @ w + c))
        delta = (a[-1] - Y) * (1 - a[-1] ** 2) / len(X)
        dW, db = [], []
        for l in range(len(W) - 1, -1, -1):
            dW.append(a[l].T @ delta)
            db.append(delta.sum(axis=0))
            delta = delta @ W[l].T * (1 - a[l] ** 2)
        return dW, db

    assert diagnose(backward).kinds == ["layers_reversed"]


def test_on_a_users_own_network_hidden_mistakes_are_listed() -> None:
    diagnosis = diagnose(
        rows_names, sizes=[2, 3, 1], activations="tanh", loss="squared_error", n_samples=1
    )
    assert diagnosis.correct
    hidden = {item.kind: item.reason for item in diagnosis.invisible}
    assert "sample" in hidden["mean_missing"]
    assert "penalty" in hidden["l2_sign"]
    assert "would change no number" in str(diagnosis)


def test_side_effects_are_findings() -> None:
    def steps(X, y, W1, b1):
        d = (X @ W1 + b1 - y) / len(X)
        dW, db = X.T @ d, d.sum(0)
        W1 -= 0.1 * dW
        return dW, db

    assert "arguments_changed" in diagnose(steps).kinds
    total = {}

    def sums(X, y, W1, b1):
        d = (X @ W1 + b1 - y) / len(X)
        key = X.shape
        total[key] = total.get(key, 0) + X.T @ d
        return total[key], d.sum(0)

    assert "not_repeatable" in diagnose(sums, loss="squared_error").kinds


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (lambda X, y, W, b: None, "None"),
        (lambda X, y, W, b: 1 / 0, "ZeroDivisionError"),
        (lambda X, y, W, b: undefined_name, "NameError"),  # noqa: F821
    ],
)
def test_what_gives_no_gradient_is_a_finding(body, text: str) -> None:
    diagnosis = diagnose(body)
    assert diagnosis.verdict == "failed"
    assert text in str(diagnosis)


def test_numbers_that_are_not_finite_are_a_finding() -> None:
    def backward(X, y, W1, b1):
        d = (X @ W1 + b1 - y) / len(X)
        return X.T @ d * np.nan, d.sum(0)

    diagnosis = diagnose(backward, loss="squared_error")
    assert diagnosis.kinds == ["not_finite"]


def test_an_explicit_call_bridges_any_signature() -> None:
    def odd(qq, zz, stuff):
        return rows_names(qq, zz, *stuff)

    with pytest.raises(InputError, match="qq, zz, stuff"):
        diagnose(odd)
    diagnosis = diagnose(
        odd,
        n_layers=2,
        call=lambda f, p: f(p.X, p.Y, [p.W[0], p.b[0], p.W[1], p.b[1]]),
    )
    assert diagnosis.correct, str(diagnosis)


# ---- objectives and values ---------------------------------------------------------------------------------------


def linear(X, y, W1, b1, lam):
    d = X @ W1 + b1 - y
    return X.T @ d / len(X) + lam / len(X) * W1, d.sum(0) / len(X)


def test_gradients_are_judged_against_the_users_own_objective() -> None:
    def J(X, y, W1, b1, lam):
        n = len(X)
        return ((X @ W1 + b1 - y) ** 2).sum() / (2 * n) + lam / (2 * n) * (W1**2).sum()

    assert diagnose(linear, convention=Convention()).kinds == ["l2_over_n"]
    assert diagnose(linear, objective=J).correct
    assert diagnose(linear, convention=Convention(penalty_over_n=True)).correct


def test_an_objective_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="objective"):
        diagnose(linear, objective=lambda X, y, W1: float(np.abs(X).max() * y.min()))


def test_an_objective_that_takes_parameters_for_predictions_is_told() -> None:
    with pytest.raises(InputError, match=r"objective: got .* y_pred is the pred"):
        diagnose(linear, objective=lambda y, p: -(y * np.log(p)).mean())


def test_an_overflowing_loss_is_found() -> None:
    def backward(x, y, w, b):
        a = sigmoid(w.T @ x + b)
        return x @ (a - y).T / x.shape[1], np.mean(a - y, axis=1)

    def cost(y, y_pred):
        n = y.shape[1]
        return -np.sum(y * np.log(y_pred) + (1 - y) * np.log(1 - y_pred)) / n

    diagnosis = diagnose(backward, objective=cost)
    assert diagnosis.kinds == ["loss_overflows"]


def test_values_alone_can_be_diagnosed() -> None:
    net = Network([3, 4, 2], activations="sigmoid", l2=0.3, random_state=1)
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    G = Parameters(net.architecture, net.gradient(X, Y)[1])
    assert diagnose_values({"dW1": G.W[1], "db2": G.b[2]}, net.parameters, X, Y).correct
    wrong = diagnose_values({"db2": G.b[2] * 6, "dW2": G.W[2]}, net.parameters, X, Y)
    assert wrong.kinds == ["db_mean_missing"]
    with pytest.raises(InputError, match="dW9"):
        diagnose_values({"dW9": G.W[1]}, net.parameters, X, Y)


def test_it_is_public() -> None:
    assert chainrule.diagnose is diagnose


def test_a_small_mistake_is_not_taken_for_float32() -> None:
    def backward(X, y, W1, b1):
        d = (X @ W1 + b1 - y) / len(X)
        return X.T @ d, d.sum(axis=0)

    diagnosis = diagnose(backward, loss="squared_error", l2=1e-4)
    assert diagnosis.kinds == ["l2_missing"]


def test_deltas_that_came_back_carry_on_below_an_unknown_one() -> None:
    def backward(X, y, W1, b1, W2, b2, W3, b3):
        a1 = np.tanh(X @ W1 + b1)
        a2 = np.tanh(a1 @ W2 + b2)
        d3 = -(a2 @ W3 + b3 - y)  # no 1/n, and upwards
        d2 = d3 @ W3.T * (1 - a2**2) * (1 + 0.3 * np.sin(7 * a2))  # nobody's mistake
        d1 = d2 @ W2.T
        n = len(X)
        grads = {f"dW{l}": -a.T @ d / n for l, a, d in ((1, X, d1), (2, a1, d2), (3, a2, d3))}
        grads |= {f"db{l}": -d.sum(0) / n for l, d in ((1, d1), (2, d2), (3, d3))}
        return grads | {"dz1": d1, "dz2": d2, "dz3": d3}

    diagnosis = diagnose(backward, activations="tanh", loss="squared_error")
    found = {(f.kind, f.layers) for f in diagnosis.findings}
    assert found == {("unknown", (2,)), ("derivative_missing", (1,))}


class Perceptron:
    """A class with state, as document 003 has one: samples are rows, layers keep columns."""

    def __init__(self, sizes):
        self.L = len(sizes) - 1
        self.W, self.b, self.cache = {}, {}, {}

    def forward(self, X):
        s, h = {}, {0: X.T}
        for l in range(1, self.L + 1):
            s[l] = self.W[l] @ h[l - 1] + self.b[l][:, None]
            h[l] = np.maximum(0, s[l]) if l < self.L else sigmoid(s[l])
        self.cache = {"s": s, "h": h, "n": X.shape[0]}
        return h[self.L].flatten()

    def backward(self, y):
        s, h, n = self.cache["s"], self.cache["h"], self.cache["n"]
        delta = (h[self.L].flatten() - y)[None, :]
        found = {}
        for l in range(self.L, 0, -1):
            found[l] = {"W": delta @ h[l - 1].T / n, "b": delta.mean(axis=1)}
            if l > 1:
                delta = self.W[l].T @ delta * (s[l - 1] > 0)
        return found


def test_a_class_with_state_is_bridged_by_call() -> None:
    def call(backward, p):
        model = Perceptron(p.sizes)
        model.W = {l: W.T for l, W in enumerate(p.W, start=1)}
        model.b = dict(enumerate(p.b, start=1))
        model.forward(p.X)
        return backward(model, p.Y.ravel())

    diagnosis = diagnose(Perceptron.backward, call=call)
    diagnosis.assert_correct()
    assert "binary_log_loss" in diagnosis.form


def test_other_losses_can_be_named() -> None:
    def poisson(X, y, W1, b1, W2, b2):
        a = np.tanh(X @ W1 + b1)
        d2 = (np.exp(a @ W2 + b2) - y) / len(X)
        d1 = d2 @ W2.T * (1 - a**2)
        return X.T @ d1, d1.sum(0), a.T @ d2, d2.sum(0)

    diagnose(poisson, loss="poisson", activations="tanh").assert_correct()

    def huber(X, y, W1, b1):
        r = X @ W1 + b1 - y
        d = np.where(np.abs(r) <= 0.5, r, 0.5 * np.sign(r)) / len(X)
        return X.T @ d, d.sum()

    assert diagnose(huber, loss="huber(0.5)").kinds == ["db_over_everything"]


def test_four_mistakes_of_one_homework_are_all_named() -> None:
    def backward(X, Y, W1, W2, b1, b2, reg):
        m = X.shape[0]
        Z1 = X.dot(W1) + b1
        A1 = sigmoid(Z1)
        e = np.exp(A1.dot(W2) + b2)
        dZ2 = e / np.sum(e, axis=1, keepdims=True) - Y
        dW2 = A1.T.dot(dZ2) / m + reg * W2
        db2 = np.sum(dZ2) / m
        dZ1 = dZ2.dot(W2.T) * Z1 * (1 - Z1)
        dW1 = X.T.dot(dZ1) / m + reg * W1**2
        db1 = np.sum(dZ1, axis=0)
        return dW1, dW2, db1, db2

    found = {(f.kind, f.layers) for f in diagnose(backward).findings}
    assert found == {
        ("db_over_everything", (2,)),
        ("derivative_formula_at_z", (1,)),
        ("l2_of_squares", (1,)),
        ("db_mean_missing", (1,)),
    }


def test_code_for_one_output_is_right_if_told_so_or_if_it_takes_one_w() -> None:
    def regression(X, y, W1, b1):
        d = (X @ W1 + b1 - y) / len(X)
        return X.T @ d, d.sum()

    several = diagnose(regression, loss="squared_error")
    assert several.kinds == ["db_over_everything"]
    assert "only for a single unit is it the same" in str(several)
    diagnose(regression, loss="squared_error", n_outputs=1).assert_correct()

    def logistic(X, y, w, b, lam):
        p = sigmoid(X @ w + b)
        return X.T @ (p - y) / len(y) + lam * w, np.mean(p - y)

    diagnose(logistic).assert_correct()


@pytest.mark.parametrize(
    ("name", "wrong", "kind"),
    [
        ("sigmoid", lambda a: a * (1 + a), "sigmoid_derivative_sign"),
        ("relu", lambda a: (a <= 0) * 1.0, "rectifier_reversed"),
    ],
)
def test_a_wrong_table_of_derivatives_is_found_wherever_it_is_used(name, wrong, kind) -> None:
    f = {"relu": lambda z: np.maximum(z, 0), "sigmoid": sigmoid}
    g = {"relu": lambda a: (a > 0) * 1.0, "sigmoid": lambda a: a * (1 - a)} | {name: wrong}

    def backward(X, Y, W, b, activations):
        a = [X]
        for l in range(len(W)):
            a.append(f[activations[l]](a[-1] @ W[l] + b[l]))
        delta = (a[-1] - Y) * g[activations[-1]](a[-1]) / len(X)
        dW, db = [0] * len(W), [0] * len(W)
        for l in range(len(W) - 1, -1, -1):
            dW[l], db[l] = a[l].T @ delta, delta.sum(0)
            if l:
                delta = delta @ W[l].T * g[activations[l - 1]](a[l])
        return dW, db

    assert diagnose(backward, loss="squared_error").kinds == [kind]
