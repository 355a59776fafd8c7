"""Document 002, working: logistic regression, one hidden layer, a deep network, by gradient descent on real data.

The document's code stops at a name without a value, divides by features instead of samples and takes the next layer's
activation. Here the three classifiers learn whether a tumour is malignant, print their costs every 100 and 1000
iterations as the document does, and show why zero is no place to start. Its backward passes are diagnosed.

    python examples/document_002_classifiers.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, make_circles
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from chainrule import Network, diagnose
from chainrule.network.parameters import Parameters

sys.path.insert(0, str(Path(__file__).parent))
import document_002_backward as theirs

NETWORKS = {
    "logistic regression": ((30, 1), ()),
    "one hidden layer": ((30, 8, 1), ("tanh",)),
    "deep network": ((30, 16, 8, 1), ("relu", "relu")),
}


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return standardised measurements of tumours, and whether they are benign (1)."""
    X, y = load_breast_cancer(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y.astype(float), random_state=0, stratify=y)
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), y.reshape(-1, 1), scaler.transform(X_test), y_test.reshape(-1, 1)


def network(name: str, initializer: str = "auto") -> Network:
    sizes, activations = NETWORKS[name]
    return Network(sizes, activations, "binary_log_loss", initializer=initializer, random_state=0)


def descend(
    net: Network, X: np.ndarray, Y: np.ndarray, iterations: int, every: int, rate: float = 0.1
) -> list[float]:
    """Gradient descent on all rows; return the cost every ``every`` iterations."""
    costs = []
    for i in range(iterations):
        J, gradient = net.gradient(X, Y)
        if i % every == 0:
            costs.append(J)
        net.parameters.vector[...] -= rate * gradient
    return costs


def accuracy(net: Network, X: np.ndarray, Y: np.ndarray) -> float:
    return float(np.mean((net.predict(X) > 0.5) == (Y > 0.5)))


def started_at_zero(iterations: int = 200) -> dict[str, float]:
    """Start the hidden layer's network at 0: what moves, and what never does."""
    X, Y, _, _ = data()
    net = network("one hidden layer", "zeros")
    descend(net, X, Y, iterations, iterations)
    _, gradient = net.gradient(X, Y)
    G = Parameters(net.architecture, gradient)
    return {
        "largest weight of layer 1": float(np.abs(net.W[1]).max()),
        "largest weight of layer 2": float(np.abs(net.W[2]).max()),
        "largest gradient of W1": float(np.abs(G.W[1]).max()),
        "largest gradient of W2": float(np.abs(G.W[2]).max()),
        "bias of the output": float(net.b[2][0]),
    }


def rings() -> dict[str, float]:
    """Return the accuracy on two rings of logistic regression, which must fail, and of one hidden layer."""
    X, y = make_circles(1000, noise=0.05, factor=0.5, random_state=0)
    Y = y.reshape(-1, 1).astype(float)
    found = {}
    for name, sizes in (("logistic regression", (2, 1)), ("one hidden layer", (2, 8, 1))):
        net = Network(sizes, "tanh", "binary_log_loss", random_state=0)
        descend(net, X, Y, 2000, 2000, rate=1.0)
        found[name] = accuracy(net, X, Y)
    return found


def started_small(iterations: int = 1000) -> dict[str, tuple[float, float]]:
    """Return first and last cost of three hidden relu layers, started as in the document and by He's rule."""
    X, Y, _, _ = data()
    sizes, found = (30, 16, 8, 4, 1), {}
    for name in ("he_normal", "document"):
        net = Network(sizes, "relu", "binary_log_loss", initializer="he_normal", random_state=0)
        if name == "document":
            for l, W in enumerate(net.W[1:], start=1):  # from N(0, 2/fan_in) to N(0, .01²)
                W *= 0.01 / np.sqrt(2.0 / sizes[l - 1])
        costs = descend(net, X, Y, iterations, iterations - 1)
        found[name] = costs[0], costs[-1]
    return found


def diagnoses() -> dict[str, object]:
    """Diagnose every backward pass of the document."""
    return {
        "logistic regression": diagnose(theirs.logistic_cost),
        "one hidden layer": diagnose(theirs.shallow_backward),
        "deep network": diagnose(theirs.deep_backward, loss="binary_log_loss"),
        "deep network, output not matched": diagnose(theirs.deep_backward, loss="squared_error"),
        "its leaky relu": diagnose(theirs.deep_backward_leaky, activations="leaky_relu(0.1)"),
        "its softmax Jacobian": diagnose(theirs.softmax_backward),
    }


def main() -> None:
    X, Y, X_test, Y_test = data()
    for name, every in zip(NETWORKS, (100, 1000, 1000), strict=True):
        net = network(name)
        costs = descend(net, X, Y, 500 if every == 100 else 3000, every)
        for i, cost in enumerate(costs):
            print(f"{name}: cost after iteration {every * i}: {cost:.6f}")
        print(f"{name}: test accuracy {accuracy(net, X_test, Y_test):.3f}")

    print("\nStarted at zero, tanh, 200 iterations: only the output's bias ever moves")
    for what, size in started_at_zero().items():
        print(f"  {what:28} {size:.3g}")

    print("\nWhy hidden layers: accuracy on two rings")
    for what, share in rings().items():
        print(f"  {what:28} {share:.3f}")
    print("\nThree hidden relu layers, cost at the start and after 1000 iterations")
    for what, (first, last) in started_small().items():
        print(f"  {what:28} {first:.4f}  {last:.4f}")

    for name, diagnosis in diagnoses().items():
        print(f"\n--- {name} ---\n{diagnosis}")


if __name__ == "__main__":
    main()
