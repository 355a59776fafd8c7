"""The check of any function: exact where it can be, honest where it cannot."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chainrule.errors import GradientError, InputError, InputTypeError
from chainrule.gradients.check import check_function


def quadratic(rng: np.random.Generator, size: int = 6) -> tuple:
    A = rng.standard_normal((size, size))
    A = A + A.T
    return (lambda t: 0.5 * (t @ A @ t)), (lambda t: A @ t), rng.standard_normal(size)


def test_a_right_gradient_is_ok_and_exact(rng: np.random.Generator) -> None:
    f, gradient, theta = quadratic(rng)
    report = check_function(f, gradient, theta)
    assert (report.verdict, report.method) == ("ok", "complex step")
    assert report.blocks[0].allowed < 2e-11
    assert report.n_parameters == 6


def test_a_planted_error_of_one_part_in_1e10_is_found(rng: np.random.Generator) -> None:
    f, gradient, theta = quadratic(rng)
    wrong = gradient(theta)
    wrong[4] *= 1.0 + 1e-10
    report = check_function(f, wrong, theta)
    assert [entry.index for entry in report.entries if entry.verdict == "wrong"] == [(4,)]


def test_lists_and_dicts_of_arrays_keep_their_names(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((7, 3)), rng.standard_normal((7, 2))

    def f(p: dict) -> float:
        return ((x @ p["W"] + p["b"] - y) ** 2).sum() / 7

    def gradient(p: dict) -> dict:
        r = 2 * (x @ p["W"] + p["b"] - y) / 7
        return {"W": x.T @ r, "b": r.sum()}  # collapsed to a scalar

    theta = {"W": rng.standard_normal((3, 2)), "b": np.zeros(2)}
    with pytest.raises(InputError, match=r"gradient of b: got shape \(\), expected \(2,\)"):
        check_function(f, gradient, theta)

    def broadcast(p: dict) -> dict:
        return {**gradient(p), "b": np.full(2, gradient(p)["b"])}

    report = check_function(f, broadcast, theta)
    assert {block.name: block.verdict for block in report.blocks} == {"W": "ok", "b": "wrong"}
    assert report.entries[0].name.startswith("b[")

    as_list = check_function(
        lambda t: f({"W": t[0], "b": t[1]}),
        lambda t: list(broadcast({"W": t[0], "b": t[1]}).values()),
        [theta["W"], theta["b"]],
    )
    assert [block.name for block in as_list.blocks] == ["theta[0]", "theta[1]"]


def test_a_function_cannot_disturb_the_check_by_changing_its_argument() -> None:
    def f(t: np.ndarray) -> float:
        t *= t
        return t.sum()

    assert check_function(f, lambda t: 2 * t, [1.0, 2.0]).ok


@pytest.mark.parametrize(
    "f",
    [
        lambda t: float(sum(math.sin(v) for v in t)),  # TypeError for complex numbers
        lambda t: float(np.sin(t.real).sum()),  # loses the imaginary part
        lambda t: np.sin(np.real(t)).sum(),
        lambda t: np.sin(t).sum() + 0.0 * np.abs(t).sum() if t.dtype == float else "no number",
    ],
)
def test_functions_without_complex_numbers_are_checked_by_differences(f: object) -> None:
    theta = np.array([0.1, -2.0, 3.0])
    report = check_function(f, np.cos, theta)
    assert (report.verdict, report.method) == ("ok", "central differences")
    assert "method" in [flag.kind for flag in report.flags]
    wrong = np.cos(theta) * np.array([1.0, 1.0, 1.0 + 1e-6])
    report = check_function(f, wrong, theta)
    assert [entry.index for entry in report.entries if entry.verdict == "wrong"] == [(2,)]
    entry = report.entries[0]
    assert abs(entry.expected - np.cos(3.0)) <= entry.error_bar < 1e-8


def test_a_function_that_is_not_analytic_is_not_believed() -> None:
    theta = np.array([1.5, -0.5, 2.0])
    report = check_function(lambda t: (np.abs(t) ** 3).sum(), lambda t: 3 * t * np.abs(t), theta)
    assert report.ok, str(report)
    assert report.method == "central differences"


def test_float32_inside_is_flagged_and_not_called_wrong(rng: np.random.Generator) -> None:
    """Document 001: float32 storage made differences of 2e-4 to 4e-3 that were no bug."""
    x = rng.standard_normal((50, 4)).astype(np.float32)
    y = rng.standard_normal(50).astype(np.float32)

    def f(w: np.ndarray) -> float:
        return float(np.mean((x @ w.astype(np.float32) - y) ** 2) / 2)

    def gradient(w: np.ndarray) -> np.ndarray:
        return x.T @ (x @ w - y) / 50

    theta = rng.standard_normal(4)
    report = check_function(f, gradient, theta)
    assert report.verdict != "wrong", str(report)
    assert "float32" in [flag.kind for flag in report.flags]
    # the mistake of the same document is far outside the bars
    report = check_function(f, lambda w: gradient(w) * 50, theta)
    assert report.verdict == "wrong"
    with pytest.raises(GradientError):
        report.raise_if_wrong()


def test_a_gradient_in_float32_gets_its_rounding(rng: np.random.Generator) -> None:
    f, gradient, theta = quadratic(rng)
    report = check_function(f, lambda t: gradient(t).astype(np.float32), theta)
    assert report.ok
    assert "float32" in [flag.kind for flag in report.flags]


def test_a_clipped_loss_is_told_apart_from_a_wrong_gradient() -> None:
    """Document 003: at s = 40, y = 0 the clipped loss is 34.54 and stands still, the gradient is 1."""

    def loss(s: np.ndarray) -> float:
        p = np.clip(1.0 / (1.0 + np.exp(-s)), 1e-15, 1.0 - 1e-15)
        return -np.log(1.0 - p).sum()

    report = check_function(loss, lambda s: 1.0 / (1.0 + np.exp(-s)), np.array([40.0]))
    assert abs(report.J - 34.54) < 0.01
    assert report.verdict == "undecidable"
    assert [flag.kind for flag in report.flags if flag.kind != "method"] == ["clipping"]
    report.raise_if_wrong()
    with pytest.raises(GradientError):
        report.raise_if_wrong(undecidable=True)


def relu_network(rng: np.random.Generator) -> tuple:
    x, y = rng.standard_normal((5, 3)), rng.standard_normal(5)
    theta = {"W": rng.standard_normal((3, 4)), "v": rng.standard_normal(4)}
    theta["W"][:, 2] -= (
        x[1] * (x[1] @ theta["W"][:, 2]) / (x[1] @ x[1])
    )  # z of sample 1, unit 2 is 0

    def hidden(p: dict) -> list:
        return [x @ p["W"]]

    def f(p: dict) -> float:
        h = np.maximum((x @ p["W"]).real, 0.0)
        return float(((h @ p["v"].real - y) ** 2).sum())

    def gradient(p: dict, at_zero: float = 0.0) -> dict:
        z = x @ p["W"]
        slope = np.where(np.abs(z) < 1e-12, at_zero, (z > 0).astype(float))
        r = 2 * (np.maximum(z, 0.0) @ p["v"] - y)
        return {"W": x.T @ (r[:, None] * p["v"] * slope), "v": np.maximum(z, 0.0).T @ r}

    return f, gradient, theta, hidden


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_at_a_kink_either_slope_may_be_claimed(rng: np.random.Generator, at_zero: float) -> None:
    f, gradient, theta, hidden = relu_network(rng)
    report = check_function(f, gradient(theta, at_zero), theta, hidden=hidden)
    assert report.verdict == "undecidable", str(report)
    (kink,) = set(report.kinks)
    assert kink.startswith("sample 1, layer 1, unit 2")
    undecided = {entry.index[1] for entry in report.entries if entry.verdict == "undecidable"}
    assert undecided == {2}


def test_a_slope_beyond_both_sides_of_a_kink_is_wrong(rng: np.random.Generator) -> None:
    f, gradient, theta, _ = relu_network(rng)
    report = check_function(f, gradient(theta, 3.0), theta)
    assert report.verdict == "wrong"


def test_what_lies_below_rounding_is_undecidable() -> None:
    def f(t: np.ndarray) -> float:
        return 1e6 + float(np.tanh(t.real[0]))

    report = check_function(f, lambda t: 1.0 - np.tanh(t) ** 2, np.array([9.0]))
    assert report.verdict != "wrong"


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(InputError, match=r"^f: got inf"):
        check_function(lambda t: np.inf, lambda t: t, [1.0])
    with pytest.raises(InputError, match=r"^method"):
        check_function(np.sum, np.ones_like, [1.0], method="guess")
    with pytest.raises(InputError, match=r"^theta: got no parameter"):
        check_function(np.sum, np.ones_like, [])
    with pytest.raises(InputError, match="NaN or infinity"):
        check_function(np.sum, np.ones_like, [np.nan])
    with pytest.raises(InputTypeError, match=r"^theta"):
        check_function(np.sum, np.ones_like, ["one"])
    with pytest.raises(InputError, match="expected a dict with the keys W"):
        check_function(lambda p: p["W"].sum(), {"V": [1.0]}, {"W": [1.0]})
    with pytest.raises(InputError, match="expected 2 arrays"):
        check_function(lambda p: p[0].sum(), [[1.0]], [np.ones(1), np.ones(2)])


def user_network(case: int, rng: np.random.Generator) -> tuple:
    """A user's own network, in one of the forms that are hard to check."""
    form = ("analytic", "real", "float32", "real")[case % 4]
    n, d, h = int(rng.choice([1, 10, 300])), int(rng.integers(1, 6)), int(rng.integers(1, 8))
    x = rng.standard_normal((n, d)) * float(rng.choice([1e-2, 1.0, 1e2]))
    y, scale = rng.standard_normal((n, 1)), float(rng.choice([1e-6, 1.0, 1e6]))
    relu = bool(rng.integers(2))
    theta = {"W": (d, h), "b": (h,), "V": (h, 1)}
    theta = {name: rng.standard_normal(shape) for name, shape in theta.items()}

    def f(p: dict) -> object:
        dtype = np.float32 if form == "float32" else None
        q = p if form == "analytic" else {name: part.real.astype(dtype) for name, part in p.items()}
        z = x.astype(dtype) @ q["W"] + q["b"] if dtype else x @ q["W"] + q["b"]
        r = (np.maximum(z, 0) if relu else np.tanh(z)) @ q["V"] - (y.astype(dtype) if dtype else y)
        J = scale * (r * r).sum() / (2 * n)
        return J if form == "analytic" else float(J)

    def gradient(p: dict) -> dict:
        z = x @ p["W"] + p["b"]
        a = np.maximum(z, 0) if relu else np.tanh(z)
        r = scale * (a @ p["V"] - y) / n
        dz = (r @ p["V"].T) * ((z > 0) if relu else 1 - a * a)
        return {"W": x.T @ dz, "b": dz.sum(axis=0), "V": a.T @ r}

    return form, f, gradient, theta


def test_no_false_alarm_and_few_misses_over_many_functions(rng: np.random.Generator) -> None:
    """Kinks crossed by many samples, tiny and huge values, float32 inside: never a wrong verdict."""
    found = 0
    for case in range(120):
        form, f, gradient, theta = user_network(case, rng)
        report = check_function(f, gradient, theta)
        assert report.verdict != "wrong", f"case {case}, {form}\n{report}"
        assert report.verdict == "ok" or form == "float32", f"case {case}, {form}\n{report}"
        bad = gradient(theta)
        name = str(rng.choice(list(bad)))
        place = tuple(rng.integers(0, k) for k in bad[name].shape)
        bad[name][place] += 0.5 * max(np.abs(bad[name]).max(), np.abs(f(theta)))
        report = check_function(f, bad, theta)
        if report.verdict == "wrong":
            found += 1
            assert report.entries[0].block == name
            assert report.entries[0].index == place
    assert found >= 114  # what is left is flat (all units dead) or below the noise of float32


@pytest.mark.parametrize("s", [30.0, 33.0, 35.5])
def test_a_value_that_has_lost_its_digits_calls_nothing_wrong(s: float) -> None:
    """Document 003's loss without clipping: 1 - p is all rounding, even for a complex step."""

    def loss(t: np.ndarray) -> object:
        return -np.log(1.0 - 1.0 / (1.0 + np.exp(-t))).sum()

    report = check_function(loss, lambda t: 1.0 / (1.0 + np.exp(-t)), np.array([s]))
    assert report.verdict != "wrong", str(report)
