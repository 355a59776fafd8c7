"""Document 001, working: two relu layers and a linear one, a gradient check, and gradient descent.

The document compares its gradient with difference quotients and prints two kinds of differences. Those of the hidden
biases, 2.36 and 4.21, are its mistake: they are summed over everything. Those of the weights, 2e-4 to 4e-3, are none:
its weights are float32 and W + h is rounded, but the difference is divided by 2h and not by the step that was really
taken. Both are shown here, and the losses that it prints, which are those of training with the mistake.

    python examples/document_001_check.py
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from chainrule import Network, diagnose
from chainrule.gradients.check import check_gradients
from chainrule.network.parameters import Parameters

sys.path.insert(0, str(Path(__file__).parent))
import document_001_backward as theirs

SIZES = (10, 50, 50, 1)
NAMES = ("W0", "W1", "W2", "b0", "b1", "b2")

#: What the document prints: differences in the order of NAMES, and losses by epoch.
PRINTED_DIFFERENCES = (2.29e-4, 8.20e-4, 3.59e-3, 2.364646833952431, 4.209797581946187, 2.39e-11)
PRINTED_LOSSES = {
    0: 7.210390505635944, 1: 5.435168663617605, 2: 4.33535680069788, 5: 2.0783099914825405,
    10: 0.299973992373061, 15: 0.18081173795624347, 99: 0.08490338145455646,
}  # fmt: skip
PRINTED_TEST_LOSS = 0.11023422312610816


def data(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n points and targets.

    The document does not say what x and y are, only that there are 500 rows. Handouts of this exercise have ten normal
    inputs and their Euclidean norm; with those its first loss and its curve come out.
    """
    X = np.random.default_rng(seed).normal(size=(n, SIZES[0]))
    return X, np.linalg.norm(X, axis=1, keepdims=True)


def weights() -> list[np.ndarray]:
    """Return W0, W1, W2 in float32 and b0, b1, b2 in float64, as its differences tell.

    N(0, 1/fan_in), of NumPy's legacy seed 42, which the handouts have; the first loss depends on them most of all.
    """
    legacy = np.random.RandomState(42)
    W = [legacy.randn(m, k).astype(np.float32) / np.float32(np.sqrt(m)) for m, k in pairwise(SIZES)]
    return [*W, *(np.zeros(k) for k in SIZES[1:])]


def forward(x: np.ndarray, theta: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    W0, W1, W2, b0, b1, b2 = theta
    a1 = np.maximum(x @ W0 + b0, 0)
    a2 = np.maximum(a1 @ W1 + b1, 0)
    return a1, a2, a2 @ W2 + b2


def loss(x: np.ndarray, y: np.ndarray, theta: list[np.ndarray]) -> float:
    return float(np.mean((forward(x, theta)[2] - y) ** 2) / 2)


def their_gradient(x: np.ndarray, y: np.ndarray, theta: list[np.ndarray]) -> list[np.ndarray]:
    """Return the document's gradient, its mistake included."""
    a1, a2, _ = forward(x, theta)
    return theirs.compute_gradient(x, y, *theta, a1, a2)


def right_gradient(x: np.ndarray, y: np.ndarray, theta: list[np.ndarray]) -> list[np.ndarray]:
    """Return chainrule's, at the same numbers."""
    layers = [array for l in range(3) for array in (theta[l], theta[3 + l])]
    net = Network(SIZES, "relu", initializer=[np.asarray(a, dtype=float) for a in layers])
    G = Parameters(net.architecture, net.gradient(x, y)[1])
    return [*(G.W[l] for l in (1, 2, 3)), *(G.b[l] for l in (1, 2, 3))]


def quotients(
    x: np.ndarray, y: np.ndarray, theta: list[np.ndarray], h: float = 1e-5
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return (J(theta + h) - J(theta - h)) / 2h as the document has it, and the steps really taken, over 2h."""
    theta = [array.copy() for array in theta]
    found, taken = [], []
    for array in theta:
        quotient, step = np.zeros(array.shape), np.ones(array.shape)
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h  # rounded to the array's dtype
            up, J_up = float(array[i]), loss(x, y, theta)
            array[i] = kept - h
            down, J_down = float(array[i]), loss(x, y, theta)
            array[i] = kept
            quotient[i] = (J_up - J_down) / (2 * h)
            step[i] = (up - down) / (2 * h)
        found.append(quotient)
        taken.append(step)
    return found, taken


def differences(n: int = 500, seed: int = 0) -> dict[str, list[float]]:
    """Return the largest difference for each of NAMES, in four ways."""
    x, y = data(n, seed)
    theta = weights()
    right, wrong = right_gradient(x, y, theta), their_gradient(x, y, theta)
    quotient, taken = quotients(x, y, theta)
    by_step = [q / s for q, s in zip(quotient, taken, strict=True)]
    rounded = [g * s for g, s in zip(right, taken, strict=True)]  # what rounding W + h makes of it

    def largest(a: list[np.ndarray], b: list[np.ndarray]) -> list[float]:
        return [float(np.abs(u - v).max()) for u, v in zip(a, b, strict=True)]

    return {
        "as the document": largest(quotient, wrong),
        "of the right gradient": largest(quotient, right),
        "over the step really taken": largest(by_step, right),
        "left by the rounding of W + h": largest(quotient, rounded),
    }


def descend(
    gradient, seed: int, epochs: int = 100, rate: float = 0.01
) -> tuple[list[float], float]:
    """Gradient descent on all rows as in the document; return the loss before each step, and the test loss."""
    x, y = data(500, seed)
    theta = weights()
    losses = []
    for _ in range(epochs):
        losses.append(loss(x, y, theta))
        step = gradient(x, y, theta)
        theta = [array - rate * g for array, g in zip(theta, step, strict=True)]
    return losses, loss(*data(100, seed + 1000), theta)


def curves(seeds: int = 10) -> dict[str, dict[int, tuple[float, float]]]:
    """Return mean and spread of the losses over seeds, at the epochs that the document prints."""
    found = {}
    for name, gradient in (("with its mistake", their_gradient), ("right", right_gradient)):
        runs = np.array([descend(gradient, seed)[0] for seed in range(seeds)])
        found[name] = {
            epoch: (float(runs[:, epoch].mean()), float(runs[:, epoch].std()))
            for epoch in PRINTED_LOSSES
        }
    return found


def main() -> None:
    x, y = data(100, 0)
    print(check_gradients(Network(SIZES, "relu", random_state=1), x, y))

    print("\nLargest difference to difference quotients (step 1e-5, weights float32)")
    print(" " * 32 + "".join(f"{name:>10}" for name in NAMES))
    rows = {"printed by the document": list(PRINTED_DIFFERENCES), **differences()}
    for how, numbers in rows.items():
        print(f"{how:<32}" + "".join(f"{number:>10.1e}" for number in numbers))

    print("\nLoss by epoch, mean and standard deviation of ten draws")
    found = curves()
    print("epoch   printed   with its mistake            right")
    for epoch, printed in PRINTED_LOSSES.items():
        cells = "   ".join(f"{m:8.4f} +- {s:.4f}" for m, s in (f[epoch] for f in found.values()))
        print(f"{epoch:>5}  {printed:8.4f}  {cells}")
    tests = [descend(their_gradient, seed)[1] for seed in range(10)]
    print(f"test   {PRINTED_TEST_LOSS:8.4f}  {np.mean(tests):8.4f} +- {np.std(tests):.4f}")

    print("\n--- its backward pass ---")
    print(diagnose(theirs.compute_gradient))


if __name__ == "__main__":
    main()
