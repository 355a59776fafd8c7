"""Write docs/derivation.md: backpropagation from the chain rule to matrices, with the numbers of a small network.

Every number on the page is computed here, and every formula is checked here against complex-step differentiation
before the page is written. Run: .venv/bin/python docs/make_derivation.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from chainrule import Network
from chainrule.equations.links import softmax
from chainrule.equations.losses import losses
from chainrule.network.backprop import equal_share, forward, objective
from chainrule.network.parameters import Parameters
from chainrule.network.random import dropout_mask
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.optimizer import apply

PAGE = Path(__file__).with_name("derivation.md")
STEP = 1e-30


def small_network() -> tuple[Network, np.ndarray, np.ndarray]:
    """Return a network of two layers whose numbers fit on a page, and two samples."""
    W1, b1 = np.array([[0.1, 0.4], [-0.3, 0.2]]), np.array([0.05, -0.1])
    W2, b2 = np.array([[0.7], [-0.5]]), np.array([0.2])
    network = Network(
        [2, 2, 1], activations="tanh", loss="binary_log_loss", l2=0.1, initializer=[W1, b1, W2, b2]
    )
    return network, np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0], [0.0]])


def complex_step(network: Network, X: np.ndarray, Y: np.ndarray, masks=None) -> np.ndarray:
    """Return dJ/dtheta without any formula for it: the imaginary part of J(theta + i h) over h."""
    share, gradient = equal_share(len(X), X.dtype), np.empty(network.parameters.vector.size)
    for i in range(gradient.size):
        theta = network.parameters.vector.astype(complex)
        theta[i] += 1j * STEP
        parameters = Parameters(network.architecture, theta)
        scores = forward(parameters, X, masks).scores
        gradient[i] = objective(parameters, scores, Y, share).imag / STEP
    return gradient


def same(name: str, given: np.ndarray, expected: np.ndarray) -> None:
    """Stop if a formula on the page is not the derivative that it says it is."""
    if not np.allclose(given, expected, rtol=1e-12, atol=1e-14):
        raise AssertionError(f"{name}: the page would say {given}, complex step says {expected}")


def tex(array: np.ndarray, digits: int = 4) -> str:
    """Write a matrix, or a vector as a row."""
    rows = np.atleast_2d(array)
    body = r" \\ ".join(" & ".join(f"{x:.{digits}f}" for x in row) for row in rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def loss_rows() -> str:
    """Return one line a registered loss, after checking value against derivative."""
    rng = np.random.default_rng(0)
    lines = []
    for loss in losses:
        z, y = rng.normal(size=(4, 3)), rng.uniform(0.1, 0.9, size=(4, 3))
        y /= y.sum(axis=1, keepdims=True)
        for j in range(3):
            shifted = z.astype(complex)
            shifted[:, j] += 1j * STEP
            same(loss.name, loss.gradient(z, y)[:, j], loss.rows(shifted, y).imag / STEP)
        left_out = f"; without {loss.dropped}" if loss.dropped else ""
        formula, derivative = (
            text.replace("|", r"\|") for text in (loss.formula, loss.derivative_formula)
        )
        lines.append(
            f"| `{loss.name}` | {loss.link.name} | {formula}{left_out} | {derivative} | {loss.source} |"
        )
    return "\n".join(lines)


def softmax_jacobian() -> dict[str, str]:
    """Return the numbers of the section on softmax."""
    z = np.array([[1.0, 0.0, -1.0]])
    S = softmax(z)[0]
    jacobian = np.diag(S) - np.outer(S, S)
    for j in range(3):
        shifted = z.astype(complex)
        shifted[0, j] += 1j * STEP
        same("softmax", jacobian[:, j], softmax(shifted)[0].imag / STEP)
    y = np.array([1.0, 0.0, 0.0])
    same("log-loss through softmax", jacobian.T @ (-y / S), S - y)
    return {"S": tex(S), "jacobian": tex(jacobian), "p_minus_y": tex(S - y)}


def descended(
    network: Network, X: np.ndarray, Y: np.ndarray, steps: int, rate: float = 0.5
) -> None:
    """Take a few steps down the exact gradient of complex differentiation."""
    for _ in range(steps):
        network.parameters.vector[...] -= rate * complex_step(network, X, Y)


def columns_alike(W: np.ndarray) -> bool:
    """Tell whether all columns of W are one."""
    return bool(np.allclose(W, W[:, :1], rtol=1e-12, atol=0.0))


def starts_from_zero() -> dict[str, str]:
    """Check what the page says of W = 0, and return its numbers."""
    X, Y = np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, -1.0]]), np.array([[1.0], [0.0], [1.0]])
    for activation in ("tanh", "relu"):  # f(0) = 0
        net = Network([2, 3, 3, 1], activation, "binary_log_loss", initializer="zeros")
        descended(net, X, Y, 5)
        moved = np.flatnonzero(net.parameters.vector)
        if list(moved) != [net.parameters.vector.size - 1]:
            raise AssertionError(f"{activation}: more than the last bias moves")
    net = Network([2, 3, 3, 1], "sigmoid", "binary_log_loss", initializer="zeros")  # f(0) = 1/2
    moving = []
    for _ in range(3):
        moving.append("".join(str(l) for l in (1, 2, 3) if np.any(net.W[l])))
        descended(net, X, Y, 1)
    moving.append("".join(str(l) for l in (1, 2, 3) if np.any(net.W[l])))
    if moving != ["", "3", "23", "123"]:
        raise AssertionError(f"layers move in the order {moving}")
    descended(net, X, Y, 20)
    if not (columns_alike(net.W[1]) and columns_alike(net.W[2]) and columns_alike(net.W[3].T)):
        raise AssertionError("units of a layer that started at zero differ")
    logistic = Network([2, 1], loss="binary_log_loss", initializer="zeros", l2=0.1)
    other = Network([2, 1], loss="binary_log_loss", random_state=1, l2=0.1)
    descended(logistic, X, Y, 1500)
    descended(other, X, Y, 1500)
    same("logistic regression from two starts", logistic.parameters.vector, other.parameters.vector)
    return {"logistic_w": tex(logistic.W[1].T)}


def starts_alike() -> dict[str, str]:
    """Check that units alike in all their weights stay alike, and that different outgoing weights part them."""
    X, Y = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0], [0.0]])
    W1, b1 = np.array([[0.3, 0.3], [-0.2, -0.2]]), np.array([0.1, 0.1])
    for W2, alike in ((np.array([[0.7], [0.7]]), True), (np.array([[0.7], [-0.5]]), False)):
        net = Network([2, 2, 1], "tanh", "binary_log_loss", initializer=[W1, b1, W2, np.zeros(1)])
        descended(net, X, Y, 10)
        if columns_alike(net.W[1]) is not alike:
            raise AssertionError("units that start alike")
    return {"parted": tex(net.W[1])}


def spreads(width: int = 400, depth: int = 10) -> dict[str, str]:
    """Return the mean square of the last of many layers, and of the first delta, over those where they started."""
    rng = np.random.default_rng(0)
    X, up = rng.normal(size=(width, width)), rng.normal(size=(width, width))
    found = {}
    for name, f, gain in (
        ("he_relu", "relu", 2.0), ("glorot_relu", "relu", 1.0), ("glorot_linear", "identity", 1.0),
    ):  # fmt: skip
        a, slopes, Ws = X, [], []
        for _ in range(depth):
            W = rng.normal(scale=np.sqrt(gain / width), size=(width, width))
            z = a @ W
            a = np.maximum(z, 0.0) if f == "relu" else z
            slopes.append(z > 0.0 if f == "relu" else 1.0)
            Ws.append(W)
        delta = up
        for W, slope in zip(Ws[::-1], slopes[::-1], strict=True):
            delta = (delta * slope) @ W.T
        expected = (gain / 2.0 if f == "relu" else gain) ** depth
        forward_ratio = float((z**2).mean() / (X**2).mean()) * (0.5 if f == "relu" else 1.0)
        back_ratio = float((delta**2).mean() / (up**2).mean())
        for ratio in (forward_ratio, back_ratio):
            if not 0.5 < ratio / expected < 2.0:
                raise AssertionError(f"{name}: {ratio} where the page derives {expected}")
        found[f"{name}_back"] = f"{back_ratio:.1g}"
    return found


def page() -> str:
    """Return the page."""
    network, X, Y = small_network()
    P = network.forward(X)
    J, gradient = network.gradient(X, Y)
    same("gradient", gradient, complex_step(network, X, Y))
    G = Parameters(network.architecture, gradient)
    W, b, n = network.W, network.b, len(X)
    p = 1.0 / (1.0 + np.exp(-P.z[2]))
    delta_2 = (p - Y) / n
    da = delta_2 @ W[2].T
    delta_1 = da * (1.0 - P.a[1] ** 2)
    same("dW[2]", P.a[1].T @ delta_2 + 0.1 * W[2], G.W[2])
    same("dW[1]", X.T @ delta_1 + 0.1 * W[1], G.W[1])
    same("db[1]", delta_1.sum(axis=0), G.b[1])

    mask = dropout_mask(8, 1, np.arange(n), 2, 0.5, "float64")
    if not (mask.any(axis=0).all() and (mask == 0.0).any(axis=0).all()):
        raise AssertionError("a mask that keeps or drops a unit for all samples shows nothing")
    masks = [1.0, mask, 1.0]
    dropped = network.gradient(X, Y, masks=masks)[1]
    exact = complex_step(network, X, Y, masks)
    same("dropout", dropped, exact)
    h = P.a[1] * mask
    delta_2_dropped = (1.0 / (1.0 + np.exp(-(h @ W[2] + b[2]))) - Y) / n
    delta_1_dropped = (delta_2_dropped @ W[2].T) * mask * (1.0 - P.a[1] ** 2)
    by_hand = [X.T @ delta_1_dropped + 0.1 * W[1], delta_1_dropped.sum(axis=0)]
    by_hand += [h.T @ delta_2_dropped + 0.1 * W[2], delta_2_dropped.sum(axis=0)]
    same("dropout by the page's formulas", np.concatenate([x.ravel() for x in by_hand]), exact)

    adam, theta = Adam(0.001), network.parameters.vector.copy()
    apply(adam, theta, gradient, state := adam.start(theta.size, "float64"))
    same(
        "Adam's first step",
        theta,
        network.parameters.vector - 0.001 * gradient / (np.abs(gradient) + 1e-8),
    )
    text = PAGE.with_name("derivation.md.in").read_text(encoding="utf-8")
    numbers = {
        "X": tex(X, 1),
        "Y": tex(Y, 0),
        "W1": tex(W[1], 1),
        "b1": tex(b[1], 2),
        "W2": tex(W[2], 1),
        "b2": tex(b[2], 1),
        "z1": tex(P.z[1]),
        "a1": tex(P.a[1]),
        "z2": tex(P.z[2]),
        "p": tex(p),
        "J": f"{J:.6f}",
        "delta2": tex(delta_2),
        "dW2": tex(G.W[2]),
        "db2": tex(G.b[2]),
        "da1": tex(da),
        "prime1": tex(1.0 - P.a[1] ** 2),
        "delta1": tex(delta_1),
        "dW1": tex(G.W[1]),
        "db1": tex(G.b[1]),
        "entry": f"{X[0, 0]:.0f} \\cdot ({delta_1[0, 0]:.6f}) + ({X[1, 0]:.0f}) \\cdot {delta_1[1, 0]:.6f}"
        f" + 0.1 \\cdot {W[1][0, 0]:.1f} = {G.W[1][0, 0]:.6f}",
        "mask": tex(mask, 0),
        "dropped_delta1": tex(delta_1_dropped),
        "dropped_db1": tex(Parameters(network.architecture, dropped).b[1]),
        "m": tex(state.moments[0][-3:], 6),
        "v": tex(state.moments[1][-3:], 10),
        "losses": loss_rows(),
        **softmax_jacobian(),
        **starts_from_zero(),
        **starts_alike(),
        **spreads(),
    }
    for name, number in numbers.items():
        text = text.replace(f"«{name}»", number)
    if "«" in text:
        raise AssertionError(f"a number is missing: {text[text.index('«') :][:30]}")
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"every formula checked; wrote {PAGE.name}")
