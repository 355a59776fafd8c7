"""Document 001, working: a three-layer relu network learns the norm of x, with a gradient that was checked first.

The document trains with a bias gradient that is summed over everything, and its own check says so (differences 2.36 and
4.21) without saying why. Its other differences, 2e-4 to 4e-3, are no mistakes: its numbers are stored as float32, and a
difference quotient of float32 numbers is that coarse. Both are shown here.

    python examples/document_001_norm.py
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule import MLPRegressor, Network, diagnose
from chainrule.gradients.check import check_gradients
from chainrule.network.parameters import Parameters

sys.path.insert(0, str(Path(__file__).parent))
import document_001_backward as theirs

SIZES = (5, 20, 20, 1)


def data(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n points and their norms."""
    X = np.random.default_rng(seed).normal(size=(n, SIZES[0]))
    return X, np.linalg.norm(X, axis=1, keepdims=True)


def network() -> Network:
    return Network(SIZES, "relu", random_state=1)


def quotients(net: Network, X: np.ndarray, Y: np.ndarray, dtype: str, h: float) -> np.ndarray:
    """Return the gradient by central differences, as the document does it, with everything stored in ``dtype``."""
    X, Y, theta = X.astype(dtype), Y.astype(dtype), net.parameters.vector.astype(dtype)
    step = np.dtype(dtype).type(h)

    def J(vector: np.ndarray) -> float:
        p = Parameters(net.architecture, vector)
        a = X
        for l in range(1, 4):
            a = a @ p.W[l] + p.b[l]
            a = np.maximum(a, 0) if l < 3 else a
        return ((a - Y) ** 2).sum() / (2 * len(X))

    result = np.empty(theta.size)
    for i in range(theta.size):
        up, down = theta.copy(), theta.copy()
        up[i] += step
        down[i] -= step
        result[i] = float(J(up) - J(down)) / float(up[i] - down[i])
    return result


def differences() -> dict[str, dict[str, float]]:
    """Return, for each weight matrix, the norm of the difference between quotients and the right gradient."""
    net = network()
    X, Y = data(100, 0)
    right = Parameters(net.architecture, net.gradient(X, Y)[1])
    found: dict[str, dict[str, float]] = {}
    for dtype, h in (("float32", 1e-4), ("float64", 1e-3), ("float64", 1e-4)):
        quotient = Parameters(net.architecture, quotients(net, X, Y, dtype, h))
        found[f"{dtype}, step {h:g}"] = {
            f"W{l}": float(np.linalg.norm(quotient.W[l] - right.W[l])) for l in range(1, 4)
        }
    return found


def train(epochs: int = 100) -> tuple[MLPRegressor, float]:
    """Train by minibatches; return the model and its test loss, half the mean squared error as in the document."""
    X, Y = data(500, 0)
    X_test, Y_test = data(500, 1)
    model = MLPRegressor(
        hidden_layer_sizes=SIZES[1:-1],
        batch_size=50,
        learning_rate_init=0.01,
        max_iter=epochs,
        n_iter_no_change=np.inf,
        scale_target=False,
        random_state=0,
    )
    with warnings.catch_warnings():  # a fixed number of epochs is meant
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, Y.ravel())
    return model, float(0.5 * np.mean((model.predict(X_test) - Y_test.ravel()) ** 2))


def main() -> None:
    net = network()
    X, Y = data(100, 0)
    print(check_gradients(net, X, Y))
    print("\nDifference of the same, right gradient to difference quotients:")
    for how, norms in differences().items():
        print(f"  {how:20}", "  ".join(f"{name} {norm:.1e}" for name, norm in norms.items()))
    print(
        "Stored as float32, a right gradient looks as wrong as the document's weights do. In float64 a step"
    )
    print("of 1e-3 crosses kinks of relu, which is no mistake either; one of 1e-4 crosses none.\n")

    model, test = train()
    losses = model.history_["loss"]
    for epoch in (0, 1, 2, 3, 10, 50, len(losses) - 1):
        print(f"{epoch}: loss is {losses[epoch]:.6f}")
    print(f"Test loss is {test:.6f}")

    print("\n--- its backward pass ---")
    print(diagnose(theirs.compute_gradient))


if __name__ == "__main__":
    main()
