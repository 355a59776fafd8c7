"""A model in plain text: its network as a diagram and as a table, its columns, and how its training went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

from chainrule.network.architecture import Architecture
from chainrule.report.wording import count, duration, listed, number, printable, sparkline, table

#: What each reason to stop means to the person who waits.
REASONS = {
    "max_epochs": "all epochs done",
    "no_improvement": "no improvement for a while",
    "learning_rate": "the learning rate became too small to matter",
    "converged": "converged",
    "max_fun": "the limit of evaluations was reached",
    "line_search": "no better point was found",
    "max_time": "the time was up",
    "interrupted": "interrupted",
    "callback": "a callback ended it",
    "diverged": "it diverged",
}


class Summary(Protocol):
    """What is shown of a column, as `chainrule.tables.ColumnSummary` has it."""

    @property
    def column(self) -> str:
        """The column's name."""

    @property
    def kind(self) -> str:
        """Number, boolean, category or date, with "(dropped)" after it where it is not used."""

    @property
    def missing(self) -> int:
        """Training rows without a value."""

    @property
    def distinct(self) -> int:
        """Different values."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The inputs of the network that it becomes."""


def one_line(architecture: Architecture) -> str:
    """Describe a network in one line.

    Examples
    --------
    >>> one_line(Architecture((4, 8, 3), ("relu", "identity"), "multiclass_log_loss"))
    '4 inputs → 8 relu → 3 softmax, 67 parameters'
    """
    parts = [count(architecture.sizes[0], "input")]
    parts += [
        f"{units} {activation}"
        for units, activation in zip(
            architecture.sizes[1:-1], architecture.activations[:-1], strict=True
        )
    ]
    parts.append(f"{architecture.sizes[-1]} {_output(architecture)}")
    return f"{' → '.join(parts)}, {count(architecture.n_parameters, 'parameter')}"


def _output(architecture: Architecture) -> str:
    """Name what happens to the scores: the last activation, if any, and the loss's output link."""
    link, last = architecture.loss_function.link, architecture.f[-1]
    steps = [*([] if last.is_identity else [last.spec]), *([] if link.is_identity else [link.name])]
    return ", ".join(steps) or "linear"


def diagram(architecture: Architecture) -> list[str]:
    r"""Draw a network, a line for each layer and each weight matrix.

    Examples
    --------
    >>> print("\n".join(diagram(Architecture((4, 8, 3), ("relu", "identity"), "multiclass_log_loss"))))
    x               4 inputs
    │ W1 4 × 8      32 weights, 8 biases
    ▼
    a1 = relu       8 units
    │ W2 8 × 3      24 weights, 3 biases
    ▼
    a2 = softmax    3 outputs, loss multiclass_log_loss(0.0)
    """
    sizes, last = architecture.sizes, architecture.n_layers
    rows: list[list[str]] = [["x", count(sizes[0], "input")]]
    for l, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        weights = f"{count(fan_in * fan_out, 'weight')}, {count(fan_out, 'bias', 'biases')}"
        rows += [[f"│ W{l} {fan_in} × {fan_out}", weights], ["▼"]]
        if l == last:
            units = f"{count(fan_out, 'output')}, loss {architecture.loss}"
            rows.append([f"a{l} = {_output(architecture)}", units])
        else:
            rate = architecture.dropout[l - 1]
            dropped = f", dropout {number(rate)}" if rate else ""
            rows.append(
                [f"a{l} = {architecture.activations[l - 1]}", f"{count(fan_out, 'unit')}{dropped}"]
            )
    return table(rows, gap=4)


def columns(summaries: Sequence[Summary], most: int = 20) -> list[str]:
    """Describe input columns, one a line; the last of many are counted.

    Parameters
    ----------
    summaries : sequence of Summary
    most : int
        Columns to describe.
    """
    rows = []
    for c in summaries[:most]:
        if c.kind.startswith(("category", "boolean")):
            held = count(c.distinct, "value")
        else:
            held = ""
        missing = f"{c.missing:,} missing" if c.missing else ""
        becomes = "" if not c.outputs else f"→ {count(len(c.outputs), 'input')}"
        rows.append([printable(c.column, most=30), c.kind, held, missing, becomes])
    lines = table(rows)
    rest = len(summaries) - most
    return [*lines, f"and {rest} more columns"] if rest > 0 else lines


def curves(history: Mapping[str, Sequence[float | None]], width: int = 40) -> list[str]:
    r"""Draw the recorded curves: from where, to where, and the way between.

    A curve that falls by more than a factor of ten is drawn on a logarithmic scale, and says so.

    Examples
    --------
    >>> print("\n".join(curves({"loss": [1.0, 0.5, 0.25], "validation_loss": [None] * 3})))
    loss  █▃▁  1 → 0.25
    >>> print("\n".join(curves({"loss": [1.0, 0.1, 0.01]})))
    loss  █▅▁  1 → 0.01, log scale
    """
    rows = []
    for name in ("loss", "validation_loss", "validation_score", "learning_rate", "gradient_norm"):
        values = [v for v in history.get(name, ()) if v is not None and math.isfinite(v)]
        if not values:
            continue
        course = f"{number(values[0])} → {number(values[-1])}"
        if 0.0 < 10.0 * min(values) < max(values):
            bars = sparkline([math.log(v) for v in values], width)
            course += ", log scale"
        else:
            bars = sparkline(values, width)
        rows.append([name.replace("_", " "), bars, course])
    return table(rows)


def training(
    reason: str,
    history: Mapping[str, Sequence[float | None]],
    best_epoch: int,
    seconds: float | None,
) -> str:
    """Say how a training ended.

    Examples
    --------
    >>> training("no_improvement", {"loss": [0.5] * 60, "validation_loss": [0.4] * 60}, 40, 1.5)
    '60 epochs in 1.50 s: no improvement for a while; the weights are those of epoch 40'
    """
    took = "" if seconds is None else f" in {duration(seconds)}"
    epochs = count(len(history["loss"]), "epoch")
    text = f"{epochs}{took}: {REASONS.get(reason, printable(reason))}"
    # Without validation rows the last weights are kept, whatever the training loss has said.
    validated = any(loss is not None for loss in history.get("validation_loss", ()))
    kept = f"; the weights are those of epoch {best_epoch}" if validated and best_epoch else ""
    return text + kept


def classes_line(classes: Sequence[Any], shares: Sequence[float] | None = None) -> str:
    """List classes, with their shares where these are known.

    Examples
    --------
    >>> classes_line(["a", "b"], [0.25, 0.75])
    'a (25 %), b (75 %)'
    """
    if shares is None or len(shares) != len(classes):
        return listed(classes, most=12)
    return listed(
        (
            f"{printable(c, most=40)} ({100.0 * s:.0f} %)"
            for c, s in zip(classes, shares, strict=True)
        ),
        most=12,
    )
