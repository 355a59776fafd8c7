"""What ``diagnose`` returns, as text for a terminal and as plain data."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from chainrule.diagnosis.searching.findings import Finding, Invisible, invisible
from chainrule.diagnosis.searching.runs import Run

WIDTH = 100


@dataclass
class Diagnosis:
    """What is wrong with a backward function.

    Attributes
    ----------
    verdict : str
        ``"correct"``, ``"mistakes"`` (all named), ``"unknown"`` (something that nothing explains), ``"failed"`` (no
        gradient came back) or ``"not judged"`` (nothing wrong was seen, on too little).
    findings : list of Finding
        From the output to the input.
    form : str
        How the function was called, as it was recognised.
    tried : list of str
        The networks.
    notes : list of str
        What else was seen: float32, networks on which the function fails, signs of intermediate deltas.
    objective : str
        The J whose gradient was asked for; inferred where it was neither given nor returned.
    scope : str
        For what it is correct, where that is less than everything.
    reasons : list of str
        Why it could not be judged, and what to add.
    """

    name: str
    verdict: str
    findings: list[Finding] = field(default_factory=list)
    form: str = ""
    tried: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list, repr=False)
    fixed: bool = False
    objective: str = ""
    scope: str = ""
    reasons: list[str] = field(default_factory=list)

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
        return {
            "function": self.name,
            "verdict": self.verdict,
            "objective": self.objective,
            "scope": self.scope,
            "reasons": self.reasons,
            "findings": [asdict(finding) for finding in self.findings],
            "form": self.form,
            "tried": self.tried,
            "notes": self.notes,
            "invisible": [asdict(item) for item in self.invisible] if self.fixed else [],
        }

    def __str__(self) -> str:
        return _text(self)


def _text(diagnosis: Diagnosis) -> str:
    """Return the report that ``print`` shows."""
    lines = [_headline(diagnosis)]
    if diagnosis.form:
        lines += _wrapped("form   ", diagnosis.form)
    for i, tried in enumerate(diagnosis.tried):
        lines.append(f"{'tried  ' if i == 0 else '       '}{tried}")
    for reason in diagnosis.reasons:
        lines += _wrapped("because", " " + reason)
    for i, finding in enumerate(diagnosis.findings, start=1):
        lines += ["", *_finding(i, finding)]
    if diagnosis.notes:
        lines.append("")
        for note in diagnosis.notes:
            lines += _wrapped("note   ", note)
    if diagnosis.fixed:
        hidden = _hidden(diagnosis)
        if hidden:
            lines += ["", *hidden]
    return "\n".join(lines)


def _headline(diagnosis: Diagnosis) -> str:
    count = len(diagnosis.findings)
    if diagnosis.verdict == "correct":
        what = f"correct {diagnosis.scope}".strip()
        of = diagnosis.objective
        return f"{diagnosis.name}: {what}, " + (
            f"the exact gradient of {of}" if of else "all of it agrees"
        )
    if diagnosis.verdict == "not judged":
        return f"{diagnosis.name}: not judged"
    if diagnosis.verdict == "failed":
        return f"{diagnosis.name}: no gradient to judge"
    what = "1 finding" if count == 1 else f"{count} findings"
    rest = ", not all of it explained" if diagnosis.verdict == "unknown" else ""
    return f"{diagnosis.name}: {what}{rest}"


def _finding(number: int, finding: Finding) -> list[str]:
    lines = _wrapped(f"{number}. ", finding.sentence)
    for label, content in (
        ("yours  ", finding.wrong),
        ("right  ", finding.right),
        *(("proof  " if i == 0 else "       ", line) for i, line in enumerate(finding.evidence)),
        ("change ", finding.change),
    ):
        if content:
            lines += [f"   {line}" for line in _wrapped(label, content)]
    if finding.alternatives:
        names = ", ".join(finding.alternatives)
        lines += [
            f"   {line}"
            for line in _wrapped("or     ", f"{names}: the same numbers on these networks")
        ]
    return lines


def _wrapped(label: str, content: str) -> list[str]:
    if "  " in content.strip():  # aligned numbers
        return [label + content]
    return textwrap.wrap(
        content,
        WIDTH - 3,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
    )


def _hidden(diagnosis: Diagnosis) -> list[str]:
    found = diagnosis.invisible
    if not found:
        return []
    reasons = Counter(item.reason for item in found)
    lines = [
        f"On this network alone {len({item.kind for item in found})} kinds of mistakes would change no number:"
    ]
    for reason, _ in reasons.most_common():
        kinds = dict.fromkeys(item.kind for item in found if item.reason == reason)
        lines += _wrapped("   ", f"{reason}: {', '.join(kinds)}")
    return lines
