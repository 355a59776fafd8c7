"""Options that several commands have, and how the text of an option becomes numbers and names."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from chainrule.errors import InputError

Table = Annotated[
    str,
    typer.Argument(
        metavar="TABLE",
        help="CSV, TSV, TXT or JSON file (also .gz .bz2 .xz .zst .zip), Parquet, Arrow, Feather or Excel (.xlsx .ods) "
        "file; - is standard input.",
        show_default=False,
    ),
]
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="Model file that 'chainrule fit' wrote.", show_default=False
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="csv, tsv, txt, parquet, arrow, excel or json, where the name does not tell.",
        show_default=False,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of text, such as cp1252; by default UTF-8, or guessed and said.",
        show_default=False,
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        metavar="NAME",
        help="Sheet of a workbook; by default the first that holds anything.",
        show_default=False,
    ),
]
SkipMissing = Annotated[
    bool, typer.Option("--skip-missing", help="Leave out the rows whose target is missing.")
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Refuse a table that is otherwise than in training, instead of noting it."
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead of text for people.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite the output even if it is not a chainrule model.")
]

Report = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Also write a page about the model, one HTML file: scores, figures, health.",
        show_default=False,
    ),
]


def items(text: str) -> list[str]:
    """Cut text at commas, but not inside brackets.

    Examples
    --------
    >>> items("relu, leaky_relu(0.2)"), items("step(0.5, 20)"), items(" ")
    (['relu', 'leaky_relu(0.2)'], ['step(0.5, 20)'], [])
    """
    found, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            found.append(text[start:i])
            start = i + 1
    found.append(text[start:])
    found = [item.strip() for item in found]
    return [] if found == [""] else found


def hidden_sizes(text: str) -> tuple[int, ...]:
    """Read the units of each hidden layer.

    Raises
    ------
    InputError
        If it is anything but whole numbers > 0.

    Examples
    --------
    >>> hidden_sizes("64,32"), hidden_sizes("none")
    ((64, 32), ())
    """
    if text.strip().lower() in ("", "none", "0"):
        return ()
    parts = items(text)
    if not all(part.isascii() and part.isdigit() and int(part[:9]) > 0 for part in parts):
        raise InputError.of(
            "--hidden",
            got=repr(text),
            expected="whole numbers > 0 separated by commas",
            remedy="64,32 makes two hidden layers, none makes none",
        )
    return tuple(map(int, parts))


def one_or_each(text: str) -> str | tuple[str, ...]:
    """Read one name for all layers, or one for each.

    Examples
    --------
    >>> one_or_each("relu"), one_or_each("relu,tanh")
    ('relu', ('relu', 'tanh'))
    """
    parts = tuple(items(text))
    return parts[0] if len(parts) == 1 else parts


def rates(text: str) -> float | tuple[float, ...]:
    """Read one number for all layers, or one for each.

    Raises
    ------
    InputError
        If it is not numbers.

    Examples
    --------
    >>> rates("0.1"), rates("0.2,0.1")
    (0.1, (0.2, 0.1))
    """
    try:
        parts = tuple(float(part) for part in items(text))
    except ValueError:
        parts = ()
    if not parts:
        raise InputError.of(
            "--dropout",
            got=repr(text),
            expected="a number from 0 to below 1, or one for each layer",
        )
    return parts[0] if len(parts) == 1 else parts


def patience(epochs: int) -> float:
    """Read how long to wait for an improvement; 0 is for ever."""
    return epochs or math.inf


def batch_size(text: str) -> Any:
    """Read a number of rows, or "auto".

    Raises
    ------
    InputError
        If it is neither.
    """
    if text == "auto":
        return text
    if not (text.isascii() and text.isdigit() and int(text[:18]) > 0):
        raise InputError.of("--batch-size", got=repr(text), expected="a whole number > 0, or auto")
    return int(text[:18])
