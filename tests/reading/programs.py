"""Small training programs of many forms, right as they stand, and the mistakes that are planted in them.

``Mistake(old, new, line)``: replace a text, and the line with that text is the wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass

DATA = """import numpy as np
rng = np.random.default_rng(7)
X = rng.normal(size=(8, 3))
T = rng.normal(size=(8, 2))
hot = np.eye(3)[np.arange(8) % 3]
"""

ROWS = (
    DATA
    + """
W1, b1 = rng.normal(size=(3, 4)), np.zeros(4)
W2, b2 = rng.normal(size=(4, 2)), np.zeros(2)
for step in range(4):
    h = np.tanh(X @ W1 + b1)
    out = h @ W2 + b2
    J = ((out - T) ** 2).sum() / (2 * len(X))
    d2 = (out - T) / len(X)
    d1 = d2 @ W2.T * (1 - h ** 2)
    W2 -= 0.1 * h.T @ d2
    b2 -= 0.1 * d2.sum(axis=0)
    W1 -= 0.1 * X.T @ d1
    b1 -= 0.1 * d1.sum(axis=0)
"""
)

CLASS = (
    DATA
    + """
class Net:
    def __init__(self):
        self.W = [rng.normal(size=s) for s in ((3, 5), (5, 4), (4, 3))]
        self.b = [np.zeros((1, k)) for k in (5, 4, 3)]

    def forward(self, x):
        self.a = [x]
        for W, b in zip(self.W[:-1], self.b[:-1]):
            self.a.append(np.maximum(0, self.a[-1] @ W + b))
        z = self.a[-1] @ self.W[-1] + self.b[-1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def fit(self, x, y):
        p = self.forward(x)
        delta = (p - y) / len(x)
        for l in (2, 1, 0):
            dW = self.a[l].T @ delta
            db = delta.sum(axis=0, keepdims=True)
            delta = (delta @ self.W[l].T) * (self.a[l] > 0)
            self.W[l] = self.W[l] - 0.2 * dW
            self.b[l] = self.b[l] - 0.2 * db
        return -np.mean(np.sum(y * np.log(p), axis=1))

net = Net()
for step in range(4):
    print(net.fit(X, hot))
"""
)

LISTS = """import math
import random

random.seed(1)
rows = [[0.2, -0.7], [0.9, 0.4], [-0.3, 0.8]]
wanted = [0.1, 0.8, 0.6]
w = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(3)]
c = [0.0, 0.0, 0.0]
v = [random.uniform(-1, 1) for _ in range(3)]
bias = 0.0

def f(x):
    return 1 / (1 + math.exp(-x))

for step in range(3):
    for x, y in zip(rows, wanted):
        h = [f(w[i][0] * x[0] + w[i][1] * x[1] + c[i]) for i in range(3)]
        out = f(sum(v[i] * h[i] for i in range(3)) + bias)
        d = (out - y) * out * (1 - out)
        g = [d * v[i] * h[i] * (1 - h[i]) for i in range(3)]
        for i in range(3):
            v[i] -= 0.5 * d * h[i]
            for k in range(2):
                w[i][k] -= 0.5 * g[i] * x[k]
            c[i] -= 0.5 * g[i]
        bias -= 0.5 * d
"""

COLUMNS = (
    DATA
    + """
def forward(x, P):
    A = np.tanh(np.dot(P["W1"], x) + P["b1"])
    return A, 1 / (1 + np.exp(-(np.dot(P["W2"], A) + P["b2"])))

def backward(x, y, A, p, P):
    m = x.shape[1]
    dZ = p - y
    g = {"W2": np.dot(dZ, A.T) / m, "b2": np.sum(dZ, axis=1, keepdims=True) / m}
    dZ = np.multiply(np.dot(P["W2"].T, dZ), 1 - np.power(A, 2))
    g["W1"] = np.dot(dZ, x.T) / m
    g["b1"] = np.sum(dZ, axis=1, keepdims=True) / m
    return g

y = (T.T > 0) * 1.0
P = {"W1": rng.normal(size=(4, 3)), "b1": np.zeros((4, 1)), "W2": rng.normal(size=(2, 4)), "b2": np.zeros((2, 1))}
for step in range(4):
    A, p = forward(X.T, P)
    cost = -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / 8
    grads = backward(X.T, y, A, p, P)
    for name in P:
        P[name] = P[name] - 0.3 * grads[name]
"""
)


@dataclass(frozen=True)
class Mistake:
    """A text of a program and what stands there instead; `line` is part of the line that is to be named."""

    program: str
    old: str
    new: str
    line: str | None = None


PROGRAMS = {"rows": ROWS, "class": CLASS, "lists": LISTS, "columns": COLUMNS}
MISTAKES = {
    "slope missing": Mistake("rows", "@ W2.T * (1 - h ** 2)", "@ W2.T"),
    "slope of the wrong value": Mistake("rows", "(1 - h ** 2)", "(1 - (X @ W1) ** 2)"),
    "bias over everything": Mistake("rows", "b1 -= 0.1 * d1.sum(axis=0)", "b1 -= 0.1 * d1.sum()"),
    "one layer doubled": Mistake("rows", "W1 -= 0.1 *", "W1 -= 0.2 *"),
    "ascent": Mistake("rows", "W2 -= 0.1", "W2 += 0.1"),
    "half of the sum": Mistake(
        "class", "delta = (p - y) / len(x)", "delta = (p - y * y.sum()) / len(x)"
    ),
    "stale weights": Mistake(
        "class",
        "            delta = (delta @ self.W[l].T) * (self.a[l] > 0)\n"
        "            self.W[l] = self.W[l] - 0.2 * dW\n",
        "            self.W[l] = self.W[l] - 0.2 * dW\n"
        "            delta = (delta @ self.W[l].T) * (self.a[l] > 0)\n",
        "delta = (delta @ self.W[l].T)",
    ),
    "relu turned": Mistake("class", "(self.a[l] > 0)", "(self.a[l] < 0)"),
    "hidden slope in a list": Mistake("lists", "* h[i] * (1 - h[i]) for", "* h[i] for", "g = [d"),
    "input for hidden": Mistake("lists", "v[i] -= 0.5 * d * h[i]", "v[i] -= 0.5 * d * x[0]"),
    "sum over units": Mistake(
        "columns", 'g["b1"] = np.sum(dZ, axis=1', 'g["b1"] = np.sum(dZ, axis=0'
    ),
    "undivided": Mistake("columns", 'g["W1"] = np.dot(dZ, x.T) / m', 'g["W1"] = np.dot(dZ, x.T)'),
    "forgotten power": Mistake("columns", "1 - np.power(A, 2)", "1 - A"),
}


def planted(name: str) -> tuple[str, int]:
    """Return a program with a mistake, and the number of the wrong line."""
    mistake = MISTAKES[name]
    program = PROGRAMS[mistake.program]
    assert program.count(mistake.old) == 1, name
    text = program.replace(mistake.old, mistake.new)
    wanted = mistake.line or mistake.new.strip().splitlines()[0]
    lines = [k for k, line in enumerate(text.splitlines(), 1) if wanted in line]
    assert len(lines) == 1, name
    return text, lines[0]
