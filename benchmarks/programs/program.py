"""One program and what was drawn for it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FORMS = ("script", "functions", "class", "lists", "layers", "online", "pure")


@dataclass
class Form:
    """What was drawn for one program."""

    form: str
    sizes: list[int]
    hidden: list[str]
    loss: str  # squared_error, binary_log_loss, multiclass_log_loss
    mean: bool  # J is the mean over samples, else their sum
    columns: bool
    bias: bool
    optimizer: str  # plain, momentum, adam, decay
    batches: bool
    prints: bool


@dataclass
class Program:
    """A program, which of its lines make the gradient, and where its weights stand."""

    form: Form
    lines: list[str] = field(default_factory=list)
    backward: set[int] = field(default_factory=set)  # line numbers, from 1
    weights: list[str] = field(
        default_factory=list
    )  # expressions: W1, b1, W2, ... as (fan_in, fan_out) by ``turned``
    turned: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def add(self, text: str, indent: int = 0, backward: bool = False) -> None:
        for line in text.split("\n"):
            self.lines.append("    " * indent + line)
            if backward:
                self.backward.add(len(self.lines))


#: value of z, and the slope from z and a, in the spellings that are drawn from
ACTIVATIONS = {
    "tanh": (
        "np.tanh({z})",
        ["1 - {a} ** 2", "1 - np.square({a})", "1 - np.tanh({z}) ** 2", "1 - np.power({a}, 2)"],
    ),
    "sigmoid": ("1 / (1 + np.exp(-{z}))", ["{a} * (1 - {a})", "sigmoid({z}) * (1 - sigmoid({z}))"]),
    "relu": (
        "np.maximum(0, {z})",
        ["({z} > 0)", "({a} > 0).astype(float)", "np.where({z} > 0, 1.0, 0.0)"],
    ),
    "leaky_relu": ("np.where({z} > 0, {z}, 0.01 * {z})", ["np.where({z} > 0, 1.0, 0.01)"]),
}


def random_form(rng: np.random.Generator, form: str | None = None) -> Form:
    """Draw a form; what a form cannot have it does not get."""
    form = form or str(rng.choice(FORMS))
    depth = 1 if form == "pure" else int(rng.integers(1, 4))
    loss = str(rng.choice(["squared_error", "binary_log_loss", "multiclass_log_loss"]))
    outputs = {
        "squared_error": int(rng.integers(1, 3)),
        "binary_log_loss": 1,
        "multiclass_log_loss": 3,
    }[loss]
    if form == "pure":
        loss, outputs = "squared_error", 2
    one_by_one = form in ("online", "pure")
    return Form(
        form,
        [int(rng.integers(3, 6)), *(int(rng.integers(3, 7)) for _ in range(depth)), outputs],
        ["sigmoid" if form == "pure" else str(rng.choice(list(ACTIVATIONS))) for _ in range(depth)],
        loss,
        mean=bool(rng.integers(2)) and not one_by_one,
        columns=bool(rng.integers(2)) and form in ("script", "functions", "class"),
        bias=bool(rng.integers(4)),
        optimizer=str(rng.choice(["plain", "plain", "momentum", "adam", "decay"]))
        if form in ("script", "lists")
        else "plain",
        batches=bool(rng.integers(2)) and form in ("script", "lists", "layers"),
        prints=bool(rng.integers(2)),
    )
