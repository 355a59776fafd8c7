"""A diagnosis as text for a terminal, and as plain data."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.diagnosis.calling.adapter import Adapter
    from chainrule.diagnosis.calling.known import Known, Network
    from chainrule.diagnosis.calling.trying import Recognised
    from chainrule.diagnosis.result import Diagnosis
    from chainrule.diagnosis.searching.findings import Finding

WIDTH = 100


def text(diagnosis: Diagnosis) -> str:
    """Return the report that ``print`` shows."""
    lines = [_headline(diagnosis)]
    if diagnosis.form:
        lines += _wrapped("form   ", diagnosis.form)
    for i, tried in enumerate(diagnosis.tried):
        lines.append(f"{'tried  ' if i == 0 else '       '}{tried}")
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
        return f"{diagnosis.name}: correct, all of dW and db agree with the reference"
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


def form_text(recognised: Recognised, network: Network, known: Known, adapter: Adapter) -> str:
    """Say in which form the function was called and what it was taken to compute."""
    parts = [
        "by your call=" if adapter.custom else str(recognised.form),
        f"returns {recognised.container}",
    ]
    if not recognised.biases:
        parts.append("no biases")
    if not adapter.takes_activations:
        names = known.activations or network.activations() or ()
        if names:
            parts.append(
                f"activations {', '.join(names)}"
                + ("" if known.activations or known.hidden else " (guessed)")
            )
    else:
        parts.append("activations as given")
    parts.append(f"loss {network.loss}" + ("" if known.loss else " (guessed)"))
    if not adapter.has("l2") and known.l2 is None:
        parts.append("no penalty")
    return "; ".join(parts)


def as_dict(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as plain data for JSON."""
    return {
        "function": diagnosis.name,
        "verdict": diagnosis.verdict,
        "findings": [asdict(finding) for finding in diagnosis.findings],
        "form": diagnosis.form,
        "tried": diagnosis.tried,
        "notes": diagnosis.notes,
        "invisible": [asdict(item) for item in diagnosis.invisible] if diagnosis.fixed else [],
    }
