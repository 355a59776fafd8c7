"""A verdict as JSON and as text: the source with the line marked, what it holds, what is needed."""

from __future__ import annotations

from typing import Any

from chainrule.reading.verdict import Verdict
from chainrule.recording.running import Recording

_AROUND = 2  # lines shown before and after a marked one
HEADS = {
    "correct": "correct: every step is the gradient of {objective}",
    "exact": "the exact gradient of {objective}",
    "wrong": "wrong, judged as the gradient of {objective}",
    "not judged": "not judged: {reason}",
}


def as_dict(recording: Recording, verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON can hold it.

    ``line`` and ``text`` are those of the first wrong statement, or None; ``findings`` has all.
    """
    findings = [
        {
            "line": f.line,
            "text": recording.text(f.line, f.file or None),
            "file": f.file or recording.path,
            "kind": f.kind,
            "sentence": f.sentence,
            "called_from": list(f.calls),
            "around": _around(recording, f.line, f.file or recording.path),
        }
        for f in verdict.findings
    ]
    first = findings[0] if findings else {"line": None, "text": None}
    return {
        "file": recording.path,
        "verdict": verdict.verdict,
        "line": first["line"],
        "text": first["text"],
        "objective": verdict.objective or None,
        "findings": findings,
        "notes": verdict.notes,
        "reason": verdict.reason or None,
        "remedy": verdict.remedy or None,
        "weights": [list(shape) for shape in verdict.weights],
        "operations": len(recording.tape.nodes),
    }


def _around(recording: Recording, line: int, file: str) -> list[tuple[int, str]]:
    lines = recording.sources.get(file, [])
    first, last = max(1, line - _AROUND), min(len(lines), line + _AROUND)
    return [(k, lines[k - 1]) for k in range(first, last + 1)]


def as_lines(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is said to a person: (style, line), where style is "", "marked", "good" or "bad"."""
    head = HEADS[told["verdict"]].format(objective=told["objective"], reason=told["reason"])
    style = {"wrong": "bad", "not judged": ""}.get(told["verdict"], "good")
    lines = [(style, f"{told['file']}: {head}")]
    for f in told["findings"]:
        lines.append(("", ""))
        for number, text in f["around"]:
            here = number == f["line"]
            lines.append(("marked" if here else "", f"{'>' if here else ' '} {number:4d} | {text}"))
        where = f"line {f['line']}"
        if "cell" in f:
            where = f"cell {f['cell']}, line {f['line_in_cell']},"
        lines.append(("", f"  {f['kind']}: {where} {f['sentence']}"))
    if told["notes"]:
        lines.append(("", ""))
    lines += [("", f"note: {note}") for note in told["notes"]]
    if told["remedy"]:
        lines += [("", line) for line in f"What to add: {told['remedy']}".splitlines()]
    return lines
