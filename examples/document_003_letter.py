"""Document 003 to the letter: its random stream, its weights, float64, its Adam; and chainrule from the same start.

The document prints no results. Its program draws the 5000 and 2000 points and then, from the same stream, the weights
of the four networks one after another: He's for relu layers, sqrt(1/fan_in) for the top one. Here the same numbers are
drawn and trained twice, by the document's own gradient with Adam written out, and by chainrule.

    python examples/document_003_letter.py                 some minutes
    python examples/document_003_letter.py --epochs 50     a glance
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from chainrule import Network
from chainrule.optimizers.adam import Adam
from chainrule.optimizers.optimizer import apply

sys.path.insert(0, str(Path(__file__).parent))
import document_003_backward as theirs

ARCHITECTURES = ((2, 64, 1), (2, 128, 1), (2, 64, 32, 1), (2, 128, 64, 1))


def drawn():
    """Return the data and the first weights of each network, in the order in which the document draws them."""
    legacy = np.random.RandomState(2024)
    data = []
    for n in (5000, 2000):
        X = legacy.uniform(0, 1, size=(n, 2))
        data += [X, (X[:, 0] ** 2 + X[:, 1] ** 2 < 1).astype(int)]
    starts = []
    for sizes in ARCHITECTURES:
        top = len(sizes) - 2
        gains = [1.0 if l == top else 2.0 for l in range(len(sizes) - 1)]
        starts.append(
            [
                legacy.randn(k, m) * np.sqrt(gain / m)
                for gain, (m, k) in zip(gains, pairwise(sizes), strict=True)
            ]
        )
    return data, starts


def by_the_document(data, start, epochs):
    """Train as the document does; return its history: losses, and accuracies of training and validation."""
    X, y, X_val, y_val = data
    W, b = [w.copy() for w in start], [np.zeros(len(w)) for w in start]
    W, b = dict(enumerate(W, 1)), dict(enumerate(b, 1))
    moments = {(kind, l): [0.0, 0.0] for kind in "Wb" for l in W}
    history = []
    for t in range(1, epochs + 1):
        p = probabilities(X, W, b)
        for l, gradient in theirs.backward(X, y, W, b).items():
            for kind, array in (("W", W[l]), ("b", b[l])):
                g, mv = gradient[kind], moments[kind, l]
                mv[0] = 0.9 * mv[0] + 0.1 * g
                mv[1] = 0.999 * mv[1] + 0.001 * g**2
                m_hat, v_hat = mv[0] / (1 - 0.9**t), mv[1] / (1 - 0.999**t)
                array -= 0.001 * m_hat / (np.sqrt(v_hat) + 1e-8)
        p_val = probabilities(X_val, W, b)  # after the step; the training loss is from before it
        history.append(
            (theirs.loss(y, p), theirs.loss(y_val, p_val), accuracy(p, y), accuracy(p_val, y_val))
        )
    return history


def probabilities(X, W, b):
    return theirs.forward(X, W, b)[1][len(W)].ravel()


def accuracy(p, y):
    return float(np.mean((p > 0.5) == y))


def by_chainrule(data, start, epochs):
    """Train the same network from the same weights by chainrule's gradient and Adam, float64."""
    X, y, X_val, y_val = data
    sizes = [2, *(len(w) for w in start)]
    layers = [array for w in start for array in (w.T, np.zeros(len(w)))]
    net = Network(sizes, "relu", "binary_log_loss", initializer=layers)
    Y, Y_val = y[:, None].astype(float), y_val[:, None].astype(float)
    adam, theta = Adam(0.001), net.parameters.vector
    state, history = adam.start(theta.size, "float64"), []
    for _ in range(epochs):
        J, gradient = net.gradient(X, Y)
        p = net.predict(X).ravel()
        apply(adam, theta, gradient, state)
        scores = net.forward(X_val).scores
        J_val = float(net.architecture.loss_function.rows(scores, Y_val).mean())
        history.append((J, J_val, accuracy(p, y), accuracy(net.predict(X_val).ravel(), y_val)))
    return history


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=1000)
    epochs = parser.parse_args().epochs
    data, starts = drawn()
    print(f"Positive ratio {data[1].mean():.2%}, validation {data[3].mean():.2%}")
    shown = dict.fromkeys([0, *(epochs * q // 4 for q in (1, 2, 3)), epochs - 1])
    for sizes, start in zip(ARCHITECTURES, starts, strict=True):
        count = sum(w.size + len(w) for w in start)
        print(f"\n{'→'.join(map(str, sizes))}, {count} parameters")
        print("epoch        train loss  val loss  train acc  val acc")
        for name, train in (("document", by_the_document), ("chainrule", by_chainrule)):
            history = train(data, start, epochs)
            for epoch in shown:
                loss, val, acc, acc_val = history[epoch]
                print(
                    f"{epoch:>4}  {name:<10} {loss:>9.5f} {val:>9.5f} {acc:>10.4f} {acc_val:>8.4f}"
                )


if __name__ == "__main__":
    main()
