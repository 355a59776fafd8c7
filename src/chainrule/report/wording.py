"""Plain text for people: tables, wrapped lines, sparklines, numbers that are as long as they must be.

Nothing here knows a terminal: every function returns lines of text without colours, so the same report can be
printed, piped, stored and tested. Text that comes from a stranger's file goes through `printable` first, so that no
name of a column can move the cursor or recolour a screen.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from rich.cells import cell_len, set_cell_size

BARS = "▁▂▃▄▅▆▇█"


def printable(text: object, most: int = 200) -> str:
    r"""Return text on one line, without control characters, not longer than ``most`` characters.

    Examples
    --------
    >>> printable("bill length"), printable("a\x1b[31mred\nline"), printable("long" * 100, most=9)
    ('bill length', 'a\\x1b[31mred line', 'longlong…')
    """
    line = " ".join(str(text).splitlines())
    line = line if len(line) <= most else f"{line[: most - 1]}…"
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with ``digits`` significant digits, without an exponent where that stays readable.

    Examples
    --------
    >>> [number(x) for x in (0.98765, 1.0, 12345.6, 3.2e-7, None, float("nan"))]
    ['0.9877', '1', '12,346', '3.2e-07', '-', 'nan']
    """
    if value is None:
        return "-"
    if not math.isfinite(value) or value == 0.0:
        return f"{value:g}"
    size = abs(value)
    if size >= 10.0**digits and size < 1e12:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def count(n: int, one: str, many: str = "") -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> count(1, "row"), count(1200, "row"), count(2, "class", "classes")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return a length of time in the unit that suits it.

    Examples
    --------
    >>> [duration(t) for t in (0.0123, 0.5, 12.34, 75.0, 7384.0)]
    ['12 ms', '0.50 s', '12.3 s', '1 min 15 s', '2 h 3 min']
    """
    if seconds < 0.1:
        return f"{1000.0 * seconds:.0f} ms"
    if seconds < 10.0:
        return f"{seconds:.2f} s"
    if seconds < 60.0:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size(n_bytes: int) -> str:
    """Return a number of bytes in the unit that suits it.

    Examples
    --------
    >>> size(812), size(51200), size(3_000_000)
    ('812 bytes', '51 kB', '3.0 MB')
    """
    if n_bytes < 1000:
        return count(n_bytes, "byte")
    if n_bytes < 1_000_000:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:.1f} MB"


def listed(items: Iterable[object], most: int = 8) -> str:
    """Return some items, separated by commas, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b"]), listed(range(12), most=3)
    ('a, b', '0, 1, 2 and 9 more')
    """
    parts = [printable(item, most=60) for item in items]
    rest = len(parts) - most
    return ", ".join(parts[:most]) + (f" and {rest} more" if rest > 0 else "")


def sparkline(values: Sequence[float | None], width: int = 40) -> str:
    """Draw a curve as one line of bars; longer curves are averaged into ``width`` pieces, gaps are left out.

    Examples
    --------
    >>> sparkline([8, 7, 6, 5, 4, 3, 2, 1])
    '█▇▆▅▄▃▂▁'
    >>> sparkline([1.0, 1.0]), sparkline([None])
    ('▁▁', '')
    """
    found = [v for v in values if v is not None and math.isfinite(v)]
    if not found:
        return ""
    n = len(found)
    pieces = min(width, n)
    edges = [i * n // pieces for i in range(pieces + 1)]
    means = [math.fsum(found[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    span = high - low
    if not span > 0.0 or not math.isfinite(span):
        return BARS[0] * pieces
    top = len(BARS) - 1
    return "".join(BARS[min(top, int((m - low) / span * top + 0.5))] for m in means)


def table(rows: Sequence[Sequence[str]], *, right: Collection[int] = (), gap: int = 2) -> list[str]:
    r"""Align columns; those in ``right`` to the right. Wide characters count double, as a terminal shows them.

    Examples
    --------
    >>> print("\n".join(table([["", "chainrule", "baseline"], ["accuracy", "0.99", "0.4"]], right=(1, 2))))
              chainrule  baseline
    accuracy       0.99       0.4
    """
    if not rows:
        return []
    n_columns = max(map(len, rows))
    padded = [[*row, *[""] * (n_columns - len(row))] for row in rows]
    widths = [max(cell_len(row[j]) for row in padded) for j in range(n_columns)]
    lines = []
    for row in padded:
        cells = []
        for j, cell in enumerate(row):
            blank = " " * (widths[j] - cell_len(cell))
            cells.append(blank + cell if j in right else cell + blank)
        lines.append((" " * gap).join(cells).rstrip())
    return lines


def shortened(text: str, width: int) -> str:
    """Cut text to ``width`` cells, with a sign that it was cut.

    Examples
    --------
    >>> shortened("chinstrap", 6), shortened("gentoo", 6)
    ('chins…', 'gentoo')
    """
    return text if cell_len(text) <= width else set_cell_size(text, max(width - 1, 0)) + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Break text into lines of at most ``width`` characters, at blanks; a longer word stays whole."""
    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False) or [
        ""
    ]


def confusion(
    matrix: Sequence[Sequence[int]], labels: Sequence[object], width: int = 80
) -> list[str]:
    r"""Draw a confusion matrix: a row for each true class, a column for each predicted one, what is right in brackets.

    Where that would be wider than ``width``, the most frequent mix-ups are listed instead.

    Examples
    --------
    >>> print("\n".join(confusion([[30, 1], [0, 24]], ["Adelie", "Gentoo"])))
    true \ predicted  Adelie  Gentoo
    Adelie              [30]      1
    Gentoo                0     [24]
    """
    names = [shortened(printable(label), 16) for label in labels]
    rows = [["true \\ predicted", *names]]
    for i, counts in enumerate(matrix):
        # a blank stands where the closing bracket would, so that the digits are below each other
        cells = [f"[{n:,}]" if i == j else f"{n:,} " for j, n in enumerate(counts)]
        rows.append([names[i], *cells])
    lines = table(rows, right=range(1, len(names) + 1))
    if max(map(cell_len, lines)) <= width:
        return lines
    mixed = sorted(
        ((n, i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) if n and i != j),
        key=lambda found: (-found[0], found[1:]),
    )
    rows = [["true", "predicted", "rows"]]
    rows += [[names[i], names[j], f"{n:,}"] for n, i, j in mixed[:15]]
    more = [f"and {len(mixed) - 15} more kinds of mistake"] if len(mixed) > 15 else []
    return [*table(rows, right=(2,)), *more] if mixed else ["no row is mistaken"]
