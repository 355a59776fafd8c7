"""The equations of one layer, in the words of a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.programs.program import ACTIVATIONS, Form, Program

Choose = Callable[..., str]


#: names of z, a, delta, dW, db, W, b of layer l
NAMES = [
    ("z{l}", "a{l}", "dz{l}", "dW{l}", "db{l}", "W{l}", "b{l}"),
    ("Z{l}", "A{l}", "dZ{l}", "dW{l}", "db{l}", "W{l}", "b{l}"),
    ("net_{l}", "out_{l}", "delta_{l}", "grad_w{l}", "grad_b{l}", "weights_{l}", "bias_{l}"),
    ("h{l}", "layer{l}", "layer{l}_delta", "step{l}", "shift{l}", "syn{l}", "theta{l}"),
]


@dataclass
class Words:
    """The names of a program, and where a class or a dictionary keeps them."""

    z: Callable[[int], str]
    a: Callable[[int], str]
    delta: Callable[[int], str]
    dW: Callable[[int], str]
    db: Callable[[int], str]
    W: Callable[[int], str]
    b: Callable[[int], str]


def names_of(choose: Choose, held: str = "") -> Words:
    names = NAMES[int(choose("0", "1", "2", "3"))]
    kinds = [lambda l, text=text: text.format(l=l) for text in names]
    if held:
        kinds[5:] = [lambda l, text=text: held.format(text.format(l=l)) for text in names[5:]]
    return Words(*kinds)


def value(form: Form, l: int, z: str, choose: Choose) -> str:
    """The activation of layer l, the output's included."""
    if l <= len(form.hidden):
        text = ACTIVATIONS[form.hidden[l - 1]][0]
        return (
            f"sigmoid({z})"
            if form.hidden[l - 1] == "sigmoid" and choose("y", "n") == "y"
            else text.format(z=z)
        )
    if form.loss == "squared_error":
        return z
    return f"sigmoid({z})"


def cost(form: Form, a: str, n: str, choose: Choose) -> str:
    share = f" / {n}" if form.mean else ""
    if form.loss == "squared_error":
        return f"np.sum(({a} - Y) ** 2){share}"
    if form.loss == "binary_log_loss":
        return f"-np.sum(Y * np.log({a}) + (1 - Y) * np.log(1 - {a})){share}"
    return f"-np.sum(Y * np.log({a})){share}"


def output_delta(form: Form, a: str, choose: Choose) -> str:
    """dJ/dz[L] of a sum over samples."""
    if form.loss == "squared_error":
        return choose(f"2 * ({a} - Y)", f"2.0 * ({a} - Y)", f"-2 * (Y - {a})")
    if form.loss == "binary_log_loss":
        long = f"(-(Y / {a}) + (1 - Y) / (1 - {a})) * {a} * (1 - {a})"
        return choose(f"{a} - Y", f"{a} - Y", f"-(Y - {a})", long)
    return choose(f"{a} - Y", f"-(Y - {a})")


def dot(x: str, y: str, choose: Choose) -> str:
    return choose(f"{x} @ {y}", f"np.dot({x}, {y})", f"{x}.dot({y})")


def start_lines(program: Program, words: Words, choose: Choose, indent: int, size: str) -> None:
    form = program.form
    for l in range(1, len(form.sizes)):
        i, o = form.sizes[l - 1], form.sizes[l]
        shape = f"{o}, {i}" if form.columns else f"{i}, {o}"
        program.add(f"{words.W(l)} = rng.randn({shape}) * {size}", indent)
        if form.bias:
            shape = f"({o}, 1)" if form.columns else f"(1, {o})"
            program.add(
                f"{words.b(l)} = " + choose(f"np.zeros({shape})", f"0.1 * rng.randn(*{shape})"),
                indent,
            )


def forward_lines(
    program: Program, words: Words, choose: Choose, indent: int, target: str = ""
) -> None:
    form, L = program.form, len(program.form.sizes) - 1
    for l in range(1, L + 1):
        a = target or "X" if l == 1 else words.a(l - 1)
        product = dot(words.W(l), a, choose) if form.columns else dot(a, words.W(l), choose)
        program.add(f"{words.z(l)} = {product}" + (f" + {words.b(l)}" if form.bias else ""), indent)
        if l == L and form.loss == "multiclass_log_loss":
            axis = 0 if form.columns else 1
            program.add(
                f"e = np.exp({words.z(l)} - np.max({words.z(l)}, axis={axis}, keepdims=True))",
                indent,
            )
            program.add(f"{words.a(l)} = e / np.sum(e, axis={axis}, keepdims=True)", indent)
        else:
            program.add(f"{words.a(l)} = {value(form, l, words.z(l), choose)}", indent)


def backward_lines(program: Program, words: Words, choose: Choose, indent: int) -> None:
    form, L = program.form, len(program.form.sizes) - 1
    in_delta = form.mean and choose("y", "n") == "y"
    n = "m"
    program.add(f"m = X.shape[{1 if form.columns else 0}]", indent)
    share = f" / {n}" if form.mean and not in_delta else ""
    for l in range(L, 0, -1):
        a = "X" if l == 1 else words.a(l - 1)
        if l == L:
            delta = output_delta(form, words.a(L), choose)
            delta = f"({delta}) / {n}" if in_delta else delta
        else:
            slope = choose(*ACTIVATIONS[form.hidden[l - 1]][1]).format(z=words.z(l), a=words.a(l))
            W = words.W(l + 1)
            back = (
                dot(f"{W}.T", words.delta(l + 1), choose)
                if form.columns
                else dot(words.delta(l + 1), f"{W}.T", choose)
            )
            if choose("y", "n") == "y":
                program.add(f"d_a = {back}", indent, backward=True)
                back = "d_a"
            else:
                back = f"({back})"
            delta = choose(f"{back} * ({slope})", f"np.multiply({back}, {slope})")
        program.add(f"{words.delta(l)} = {delta}", indent, backward=True)
        dW = (
            dot(words.delta(l), f"{a}.T", choose)
            if form.columns
            else dot(f"{a}.T", words.delta(l), choose)
        )
        program.add(
            f"{words.dW(l)} = " + (f"({dW}){share}" if share else dW), indent, backward=True
        )
        if form.bias:
            axis = 1 if form.columns else 0
            total = choose(
                f"np.sum({words.delta(l)}, axis={axis}, keepdims=True)",
                f"{words.delta(l)}.sum(axis={axis}, keepdims=True)",
            )
            program.add(f"{words.db(l)} = {total}{share}", indent, backward=True)


def update_lines(program: Program, words: Words, choose: Choose, indent: int) -> None:
    form = program.form
    style = choose("{w} -= lr * {g}", "{w} = {w} - lr * {g}", "{w} += -lr * {g}")
    for l in range(1, len(form.sizes)):
        pairs = [(words.W(l), words.dW(l))] + ([(words.b(l), words.db(l))] if form.bias else [])
        for w, g in pairs:
            if form.optimizer == "momentum":
                program.add(f"v_{w} = 0.9 * v_{w} + {g}", indent)
                g = f"v_{w}"
            elif form.optimizer == "adam":
                program.add(
                    f"m_{w} = 0.9 * m_{w} + 0.1 * {g}\ns_{w} = 0.99 * s_{w} + 0.01 * {g} ** 2",
                    indent,
                )
                g = f"(m_{w} / (1 - 0.9 ** t)) / (np.sqrt(s_{w} / (1 - 0.99 ** t)) + 1e-8)"
            elif form.optimizer == "decay" and w == words.W(l):
                program.add(f"{g} = {g} + 0.01 * {w}", indent)
            program.add(style.format(w=w, g=g), indent)
