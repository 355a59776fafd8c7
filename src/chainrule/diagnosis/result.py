"""What ``diagnose`` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chainrule.diagnosis import sentences
from chainrule.diagnosis.searching.findings import Finding, Invisible, invisible
from chainrule.diagnosis.searching.runs import Run


@dataclass
class Diagnosis:
    """What is wrong with a backward function.

    Attributes
    ----------
    verdict : str
        ``"correct"``, ``"mistakes"`` (all named), ``"unknown"`` (something that nothing explains) or ``"failed"`` (no
        gradient came back).
    findings : list of Finding
        From the output to the input.
    form : str
        How the function was called, as it was recognised.
    tried : list of str
        The networks.
    notes : list of str
        What else was seen: float32, networks on which the function fails, signs of intermediate deltas.
    """

    name: str
    verdict: str
    findings: list[Finding] = field(default_factory=list)
    form: str = ""
    tried: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list, repr=False)
    fixed: bool = False

    @property
    def correct(self) -> bool:
        """Whether no mistake was found."""
        return self.verdict == "correct"

    @property
    def kinds(self) -> list[str]:
        """The kinds found, without repetition."""
        return list(dict.fromkeys(finding.kind for finding in self.findings))

    @property
    def invisible(self) -> list[Invisible]:
        """Mistakes that could be there and change no number on the networks that were tried."""
        return invisible(self.runs) if self.runs else []

    def assert_correct(self) -> None:
        """Raise AssertionError with the whole report unless the function is correct; for tests."""
        if not self.correct:
            raise AssertionError(f"\n{self}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return sentences.as_dict(self)

    def __str__(self) -> str:
        return sentences.text(self)
