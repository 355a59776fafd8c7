"""Every layer written out: a script, functions with a dictionary, a class."""

from __future__ import annotations

import numpy as np

from benchmarks.programs.equations import (
    Choose,
    Words,
    backward_lines,
    cost,
    forward_lines,
    names_of,
    start_lines,
    update_lines,
)
from benchmarks.programs.program import Program


def flat(program: Program, choose: Choose, rng: np.random.Generator) -> None:
    """A script, functions with a dictionary, or a class: every layer written out."""
    form, L = program.form, len(program.form.sizes) - 1
    program.turned = form.columns
    size = choose("0.5", "0.3", "0.7")
    if form.form == "class":
        plain = names_of(choose, "self.{}")
        inner = Words(
            *[lambda l, f=f: "self." + f(l) for f in (plain.z, plain.a)],
            plain.delta,
            plain.dW,
            plain.db,
            plain.W,
            plain.b,
        )
        program.add("\nclass Network:\n    def __init__(self):")
        start_lines(program, inner, choose, 2, size)
        program.add("\n    def forward(self, X):")
        forward_lines(program, inner, choose, 2)
        program.add(f"return {inner.a(L)}", 2)
        program.add("\n    def backward(self, X, Y):")
        backward_lines(program, inner, choose, 2)
        update_lines(program, inner, choose, 2)
        program.add(
            "\nnet = Network()\nfor i in range(steps):\n    out = net.forward(X)\n    net.backward(X, Y)"
        )
        out, indent = "out", 1
        names = [inner.W, inner.b]
        found = [name(l).replace("self.", "net.") for l in range(1, L + 1) for name in names]
    elif form.form == "functions":
        words = names_of(choose, "params['{}']")
        program.add("params = {}")
        start_lines(program, words, choose, 0, size)
        kept = ", ".join(f"{words.z(l)}, {words.a(l)}" for l in range(1, L + 1))
        program.add("\ndef forward(X, params):")
        forward_lines(program, words, choose, 1)
        program.add(f"return {kept}", 1)
        program.add("\ndef backward(X, Y, params, cache):")
        program.add(f"{kept} = cache", 1)
        backward_lines(program, words, choose, 1)
        grads = [
            g(l)
            for l in range(1, L + 1)
            for g in ((words.dW, words.db) if form.bias else (words.dW,))
        ]
        keys = [
            w(l) for l in range(1, L + 1) for w in ((words.W, words.b) if form.bias else (words.W,))
        ]
        pairs = ", ".join(
            f"{k[len('params[') : -1]}: {g}" for k, g in zip(keys, grads, strict=True)
        )
        program.add(f"return {{{pairs}}}", 1)
        program.add(
            "\nfor i in range(steps):\n    cache = forward(X, params)\n    grads = backward(X, Y, params, cache)"
        )
        program.add(
            "for key in params:\n    "
            + choose(
                "params[key] -= lr * grads[key]", "params[key] = params[key] - lr * grads[key]"
            ),
            1,
        )
        out, indent = "cache[-1]", 1
        found = [w(l) for l in range(1, L + 1) for w in (words.W, words.b)]
    else:
        words = names_of(choose)
        start_lines(program, words, choose, 0, size)
        state = {
            "momentum": "v_{w} = np.zeros_like({w})",
            "adam": "m_{w} = np.zeros_like({w})\ns_{w} = np.zeros_like({w})",
        }
        for l in range(1, L + 1):
            for w in (words.W(l), *([words.b(l)] if form.bias else [])):
                program.add(state.get(form.optimizer, "").format(w=w))
        x, y, indent = ("X", "Y", 1)
        program.add("t = 0")
        if form.batches:
            rows = "[:, rows]" if form.columns else "[rows]"
            n = f"all_X.shape[{1 if form.columns else 0}]"
            program.add(
                f"all_X, all_Y = X, Y\nfor i in range(steps):\n    order = rng.permutation({n})\n"
                f"    for start in range(0, {n}, 6):"
            )
            program.add(f"rows = order[start:start + 6]\n{x}, {y} = all_X{rows}, all_Y{rows}", 2)
            indent = 2
        else:
            program.add("for i in range(steps):")
        program.add("t += 1", indent)
        forward_lines(program, words, choose, indent)
        backward_lines(program, words, choose, indent)
        update_lines(program, words, choose, indent)
        out = words.a(L)
        found = [w(l) for l in range(1, L + 1) for w in (words.W, words.b)]
    if form.prints:
        program.add(
            f"print(i, {cost(form, out, f'X.shape[{1 if form.columns else 0}]', choose)})", indent
        )
    program.weights = found if form.bias else found[::2]
