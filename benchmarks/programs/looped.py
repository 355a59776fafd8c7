"""Layers in a loop, as objects, one sample at a time, in nested Python lists."""

from __future__ import annotations

import numpy as np

from benchmarks.programs.equations import Choose, cost, dot, names_of, output_delta, value
from benchmarks.programs.program import ACTIVATIONS, Program


def in_lists(program: Program, choose: Choose, rng: np.random.Generator) -> None:
    """Weights and biases in lists inside one training function; all hidden layers are alike."""
    form, L = program.form, len(program.form.sizes) - 1
    form.hidden = [form.hidden[0]] * len(form.hidden)
    formula, slopes = ACTIVATIONS[form.hidden[0]]
    program.add(f"sizes = {form.sizes}\n\ndef train(X, Y, sizes, lr, steps):")
    program.add(
        "W = [0.5 * rng.randn(i, o) for i, o in zip(sizes[:-1], sizes[1:])]\nb = [np.zeros(o) for o in sizes[1:]]",
        1,
    )
    if form.optimizer == "momentum":
        program.add("v = [np.zeros_like(w) for w in W]", 1)
    program.add("data, target = X, Y\nn = len(data)" if form.batches else "n = len(X)", 1)
    program.add("for i in range(steps):", 1)
    indent = 2
    if form.batches:
        program.add(
            "order = rng.permutation(n)\nfor start in range(0, n, 5):\n"
            "    rows = order[start:start + 5]\n    X, Y = data[rows], target[rows]",
            2,
        )
        indent = 3
    bias = " + b[l]" if form.bias else ""
    program.add(
        f"a = [X]\nz = []\nfor l in range(len(W)):\n    z.append(a[l] @ W[l]{bias})\n    if l < len(W) - 1:",
        indent,
    )
    program.add(f"a.append({formula.format(z='z[l]')})", indent + 2)
    program.add("else:", indent + 1)
    if form.loss == "multiclass_log_loss":
        program.add("e = np.exp(z[l])\na.append(e / e.sum(axis=1, keepdims=True))", indent + 2)
    else:
        program.add(
            "a.append(sigmoid(z[l]))" if form.loss == "binary_log_loss" else "a.append(z[l])",
            indent + 2,
        )
    delta = output_delta(form, "a[-1]", choose)
    program.add(
        f"delta = ({delta}) / len(X)" if form.mean else f"delta = {delta}", indent, backward=True
    )
    program.add(
        choose("for l in reversed(range(len(W))):", "for l in range(len(W) - 1, -1, -1):"), indent
    )
    program.add("dW = a[l].T @ delta", indent + 1, backward=True)
    program.add("db = delta.sum(axis=0)", indent + 1, backward=True)
    program.add("if l > 0:", indent + 1)
    slope = choose(*slopes).format(z="z[l - 1]", a="a[l]")
    program.add(f"delta = (delta @ W[l].T) * ({slope})", indent + 2, backward=True)
    if form.optimizer == "momentum":
        program.add("v[l] = 0.8 * v[l] + dW\nW[l] -= lr * v[l]", indent + 1)
    elif form.optimizer == "decay":
        program.add("W[l] -= lr * (dW + 0.01 * W[l])", indent + 1)
    else:
        program.form.optimizer = "plain"
        program.add("W[l] -= lr * dW", indent + 1)
    if form.bias:
        program.add("b[l] -= lr * db", indent + 1)
    if form.prints:
        program.add(f"print(i, {cost(form, 'a[-1]', 'len(X)', choose)})", indent)
    program.add("return W, b", 1)
    program.add("\nW, b = train(X, Y, sizes, lr, steps)")
    found = [f"{w}[{l}]" for l in range(L) for w in ("W", "b")]
    program.weights = found if form.bias else found[::2]


def as_layers(program: Program, choose: Choose, rng: np.random.Generator) -> None:
    """Layer objects with forward, backward and step; activations are layers too."""
    form, L = program.form, len(program.form.sizes) - 1
    form.bias = True
    program.add(
        "\nclass Dense:\n    def __init__(self, i, o):\n"
        "        self.W = 0.5 * rng.randn(i, o)\n        self.b = np.zeros((1, o))\n"
    )
    program.add(
        "    def forward(self, x):\n        self.x = x\n        return np.dot(x, self.W) + self.b\n"
        "\n    def backward(self, grad):"
    )
    program.add(
        choose("self.dW = self.x.T @ grad", "self.dW = np.dot(self.x.T, grad)"), 2, backward=True
    )
    program.add("self.db = np.sum(grad, axis=0, keepdims=True)", 2, backward=True)
    program.add("return grad @ self.W.T", 2, backward=True)
    program.add(
        "\n    def step(self, lr):\n        self.W -= lr * self.dW\n        self.b -= lr * self.db\n"
    )
    for name in dict.fromkeys(form.hidden):
        formula, slopes = ACTIVATIONS[name]
        program.add(
            f"\nclass {name.title().replace('_', '')}:\n    def forward(self, x):\n        self.x = x"
        )
        program.add(
            f"        self.out = {formula.format(z='x')}\n        return self.out\n\n    def backward(self, grad):"
        )
        program.add(
            f"return grad * ({choose(*slopes).format(z='self.x', a='self.out')})", 2, backward=True
        )
    stack = []
    for l in range(1, L + 1):
        stack.append(f"Dense({form.sizes[l - 1]}, {form.sizes[l]})")
        if l < L:
            stack.append(f"{form.hidden[l - 1].title().replace('_', '')}()")
    program.add(f"\nlayers = [{', '.join(stack)}]")
    indent = 1
    if form.batches:
        program.add(
            "data, target = X, Y\nfor i in range(steps):\n    for start in range(0, len(data), 8):\n"
            "        X, Y = data[start:start + 8], target[start:start + 8]"
        )
        indent = 2
    else:
        program.add("for i in range(steps):")
    program.add("out = X\nfor layer in layers:\n    out = layer.forward(out)", indent)
    if form.loss == "multiclass_log_loss":
        program.add(
            "e = np.exp(out - out.max(axis=1, keepdims=True))\nout = e / e.sum(axis=1, keepdims=True)",
            indent,
        )
    elif form.loss == "binary_log_loss":
        program.add("out = sigmoid(out)", indent)
    delta = output_delta(form, "out", choose)
    program.add(
        f"grad = ({delta}) / len(X)" if form.mean else f"grad = {delta}", indent, backward=True
    )
    program.add("for layer in reversed(layers):\n    grad = layer.backward(grad)", indent)
    program.add("for layer in layers:\n    if hasattr(layer, 'W'):\n        layer.step(lr)", indent)
    if form.prints:
        program.add(f"print(i, {cost(form, 'out', 'len(X)', choose)})", indent)
    program.weights = [f"layers[{2 * l}].{w}" for l in range(L) for w in ("W", "b")]


def online(program: Program, choose: Choose, rng: np.random.Generator) -> None:
    """One sample a step, vectors of one dimension, W as (fan_out, fan_in)."""
    form, L = program.form, len(program.form.sizes) - 1
    program.turned, words = True, names_of(choose)
    for l in range(1, L + 1):
        i, o = form.sizes[l - 1], form.sizes[l]
        program.add(
            f"{words.W(l)} = 0.5 * rng.randn({o}, {i})"
            + (f"\n{words.b(l)} = 0.1 * rng.randn({o})" if form.bias else "")
        )
    loop = choose(
        "count = 0\nwhile count < 5 * steps:\n    i = rng.randint(len(X))\n    count += 1",
        "for epoch in range(steps):\n    for i in range(len(X)):",
    )
    program.add(loop)
    indent = 1 if loop.startswith("count") else 2
    program.add("x, y = X[i], Y[i]", indent)
    for l in range(1, L + 1):
        a = "x" if l == 1 else words.a(l - 1)
        program.add(
            f"{words.z(l)} = {dot(words.W(l), a, choose)}"
            + (f" + {words.b(l)}" if form.bias else ""),
            indent,
        )
        if l == L and form.loss == "multiclass_log_loss":
            program.add(
                f"{words.a(l)} = np.exp({words.z(l)}) / np.sum(np.exp({words.z(l)}))", indent
            )
        else:
            program.add(f"{words.a(l)} = {value(form, l, words.z(l), choose)}", indent)
    program.add(
        f"{words.delta(L)} = {output_delta(form, words.a(L), choose).replace('Y', 'y')}",
        indent,
        backward=True,
    )
    for l in range(L - 1, 0, -1):
        slope = choose(*ACTIVATIONS[form.hidden[l - 1]][1]).format(z=words.z(l), a=words.a(l))
        program.add(
            f"{words.delta(l)} = {dot(words.W(l + 1) + '.T', words.delta(l + 1), choose)} * ({slope})",
            indent,
            backward=True,
        )
    for l in range(1, L + 1):
        a = "x" if l == 1 else words.a(l - 1)
        program.add(f"{words.W(l)} -= lr * np.outer({words.delta(l)}, {a})", indent)
        if form.bias:
            program.add(f"{words.b(l)} -= lr * {words.delta(l)}", indent)
    found = [w(l) for l in range(1, L + 1) for w in (words.W, words.b)]
    program.weights = found if form.bias else found[::2]


def pure(program: Program, choose: Choose, rng: np.random.Generator, steps: int) -> None:
    """Nested Python lists and ``math.exp``; squared error of sigmoid units, one row at a time."""
    form = program.form
    d, h, k = form.sizes
    form.loss, form.bias, program.turned = "sigmoid_squared_error", True, True
    program.add(
        f"import random\nfrom math import exp\n\nrandom.seed({int(rng.integers(10_000))})\nlr = 0.3\nsteps = {steps}"
    )
    program.add(f"X = [[random.uniform(-1, 1) for _ in range({d})] for _ in range(8)]")
    program.add("Y = [[float(x[0] * x[1] > 0), float(x[2] > 0)] for x in X]")
    program.add(
        f"W1 = [[random.uniform(-1, 1) for _ in range({d})] for _ in range({h})]\nb1 = [0.0] * {h}"
    )
    program.add(
        f"W2 = [[random.uniform(-1, 1) for _ in range({h})] for _ in range({k})]\nb2 = [0.0] * {k}"
    )
    program.add("\ndef sigmoid(x):\n    return 1.0 / (1.0 + exp(-x))\n")
    program.add(
        "for epoch in range(steps):\n    for x, y in zip(X, Y):\n"
        f"        a1 = [sigmoid(sum(W1[j][i] * x[i] for i in range({d})) + b1[j]) for j in range({h})]"
    )
    program.add(
        f"a2 = [sigmoid(sum(W2[j][i] * a1[i] for i in range({h})) + b2[j]) for j in range({k})]", 2
    )
    program.add(
        f"delta2 = [(a2[j] - y[j]) * a2[j] * (1 - a2[j]) for j in range({k})]", 2, backward=True
    )
    program.add("delta1 = []", 2)
    program.add(f"for i in range({h}):\n    error = 0.0\n    for j in range({k}):", 2)
    program.add("error += delta2[j] * W2[j][i]", 4, backward=True)
    program.add("delta1.append(error * a1[i] * (1 - a1[i]))", 3, backward=True)
    for l, (a, i, o) in enumerate((("x", d, h), ("a1", h, k)), 1):
        program.add(
            f"for j in range({o}):\n    for i in range({i}):\n"
            f"        W{l}[j][i] -= lr * delta{l}[j] * {a}[i]\n    b{l}[j] -= lr * delta{l}[j]",
            2,
        )
    program.weights = ["W1", "b1", "W2", "b2"]
