"""What a check of a gradient found: a verdict, the blocks, the worst entries, and what is no bug but worth a word."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any

from chainrule.errors import GradientError

OK, WRONG, UNDECIDABLE = "ok", "wrong", "undecidable"
_RANK = {OK: 0, UNDECIDABLE: 1, WRONG: 2}
SHOWN = 10  #: entries, kinks and blocks of one kind that are printed


def worst(verdicts: list[str]) -> str:
    """Return the gravest of some verdicts; ``"ok"`` if there are none."""
    return max(verdicts, key=_RANK.__getitem__, default=OK)


@dataclass(frozen=True)
class Entry:
    """One number of a gradient, compared.

    Attributes
    ----------
    block : str
        The array it is in: ``"W[2]"``.
    index : tuple of int
        Where in that array.
    given, expected, error_bar : float
        The gradient that is checked, its true value, and how far that may be off.
    verdict : str
        ``"ok"``, ``"wrong"`` or ``"undecidable"``.
    reason : str
        Why it cannot be decided, or what is odd about it.
    layer : int or None
        The layer, from 1, if the block belongs to one.
    """

    block: str
    index: tuple[int, ...]
    given: float
    expected: float
    error_bar: float
    verdict: str
    reason: str = ""
    layer: int | None = None

    @property
    def gap(self) -> float:
        """The difference; infinity if a number is not finite."""
        gap = abs(self.given - self.expected)
        return gap if math.isfinite(gap) else math.inf

    @property
    def name(self) -> str:
        """The entry's own name: ``"W[2][0, 3]"``."""
        return f"{self.block}[{', '.join(map(str, self.index))}]" if self.index else self.block


@dataclass(frozen=True)
class BlockReport:
    """One array of parameters.

    Attributes
    ----------
    name : str
        ``"W[2]"``, or what the user calls it.
    shape : tuple of int
        Its shape.
    norm : float
        The norm of the gradient that is checked.
    gap, allowed : float
        Along a random direction: the difference of the derivatives, and what rounding explains.
    verdict : str
        ``"ok"``, ``"wrong"`` or ``"undecidable"``.
    examined, n_wrong, n_undecidable : int
        Entries that were looked at one by one, because the direction did not agree.
    """

    name: str
    shape: tuple[int, ...]
    norm: float
    gap: float
    allowed: float
    verdict: str
    examined: int = 0
    n_wrong: int = 0
    n_undecidable: int = 0


@dataclass(frozen=True)
class Flag:
    """Something that is no bug but bears on the numbers; its kind is "float32", "kinks", "clipping" or the like."""

    kind: str
    text: str


@dataclass(frozen=True)
class GradientReport:
    """What a check found.

    Attributes
    ----------
    subject : str
        What was checked.
    method : str
        ``"complex step"`` or ``"central differences"``.
    blocks : list of BlockReport
        All arrays of parameters.
    entries : list of Entry
        The worst entries that were examined one by one, the worst first.
    flags : list of Flag
        What is worth a word.
    kinks : list of str
        Points without a derivative that were met, by sample, layer and unit.
    J : float
        The value of the function.
    seconds : float
        How long it took.

    Examples
    --------
    >>> from chainrule.gradients.check import check_function
    >>> report = check_function(lambda t: (t * t).sum(), lambda t: 2.0 * t, [1.0, -3.0])
    >>> report.verdict, report.method
    ('ok', 'complex step')
    """

    subject: str
    method: str
    blocks: list[BlockReport]
    entries: list[Entry] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    kinks: list[str] = field(default_factory=list)
    J: float = math.nan
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """``"wrong"`` if anything is wrong, else ``"undecidable"`` if anything is, else ``"ok"``."""
        return worst([block.verdict for block in self.blocks])

    @property
    def ok(self) -> bool:
        """Whether everything was found right."""
        return self.verdict == OK

    @property
    def n_parameters(self) -> int:
        """How many numbers the gradient has."""
        return sum(math.prod(block.shape) for block in self.blocks)

    def raise_if_wrong(self, *, undecidable: bool = False) -> GradientReport:
        """Raise GradientError with this report if the gradient is wrong; return the report otherwise.

        Parameters
        ----------
        undecidable : bool
            Raise also if something could not be decided.

        Raises
        ------
        GradientError
            Which is an AssertionError, so that a test shows it as a failure.
        """
        if self.verdict == WRONG or (undecidable and self.verdict == UNDECIDABLE):
            raise GradientError(f"\n{self}")
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; a number that is not finite is a text."""
        data = asdict(self)
        data["verdict"] = self.verdict
        for entry in data["entries"]:
            entry["index"] = list(entry["index"])
        for block in data["blocks"]:
            block["shape"] = list(block["shape"])
        plain: dict[str, Any] = _plain(data)
        return plain

    def to_json(self, *, indent: int | None = None) -> str:
        """Return ``to_dict`` as JSON."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __str__(self) -> str:
        return "\n".join([*self._head(), *self._blocks(), *self._entries(), *self._remarks()])

    # ---- the parts of the text ------------------------------------------------------------------

    def _head(self) -> list[str]:
        exact = "exact" if self.method == "complex step" else "with an error bar of each entry"
        numbers = f"{self.n_parameters} parameters in {len(self.blocks)} blocks"
        return [
            f"Gradient check: {self.verdict.upper()}",
            f"  {self.subject}: J = {self.J:.9g}",
            f"  {self.method}, {exact}; {numbers}; {self.seconds:.2g} s",
            "",
        ]

    def _blocks(self) -> list[str]:
        shown = [block for block in self.blocks if block.verdict != OK]
        hidden = 0
        if len(self.blocks) - len(shown) <= 2 * SHOWN:
            shown = self.blocks
        else:
            hidden = len(self.blocks) - len(shown)
        width = max([5, *(len(block.name) for block in shown)])
        lines = [
            f"  {'block':<{width}}  {'shape':<14} {'|gradient|':>11} {'gap':>9} {'allowed':>9}  verdict"
        ]
        for block in shown:
            verdict = block.verdict
            if block.n_wrong or block.n_undecidable:
                counts = [
                    f"{number} {word}"
                    for number, word in ((block.n_wrong, WRONG), (block.n_undecidable, UNDECIDABLE))
                    if number
                ]
                verdict += f" ({', '.join(counts)} of {block.examined} entries examined)"
            lines.append(
                f"  {block.name:<{width}}  {block.shape!s:<14} {block.norm:>11.4g}"
                f" {block.gap:>9.1e} {block.allowed:>9.1e}  {verdict}"
            )
        if hidden:
            lines.append(f"  and {hidden} blocks that are ok")
        return [*lines, ""]

    def _entries(self) -> list[str]:
        shown = [entry for entry in self.entries if entry.verdict != OK][:SHOWN]
        if not shown:
            return []
        width = max(len(entry.name) for entry in shown)
        lines = [
            f"  {'worst entries':<{max(width, 13)}} {'given':>15} {'expected':>15} {'error bar':>10}"
        ]
        for entry in shown:
            line = (
                f"  {entry.name:<{max(width, 13)}} {entry.given:>15.8g} {entry.expected:>15.8g}"
                f" {entry.error_bar:>10.1e}  {entry.verdict}"
            )
            lines.append(f"{line}: {entry.reason}" if entry.reason else line)
        return [*lines, ""]

    def _remarks(self) -> list[str]:
        lines = [f"  {flag.kind}: {flag.text}" for flag in self.flags]
        lines += [f"  kink: {kink}" for kink in self.kinks[:SHOWN]]
        if len(self.kinks) > SHOWN:
            lines.append(f"  and {len(self.kinks) - SHOWN} more kinks")
        return lines


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value
