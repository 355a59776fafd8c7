"""The verdict on a recorded run: proved or withheld.

"correct" is said where the program states its J, a hidden layer ran and more than one sample was there; "exact" where
the gradient is that of a J which had to be inferred, or where less ran; "wrong" with the lines; else "not judged" with
the reason and what to add.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from chainrule.reading.explained import Explained
from chainrule.reading.forward import is_deep, softmax_axes
from chainrule.reading.judgement import Judgement, judgements
from chainrule.reading.locating import Locator, WrongLine, line_of
from chainrule.reading.points import faithful, on_a_kink, replays, saturated
from chainrule.reading.proportion import alike
from chainrule.reading.repairing import UNNAMED, UNSTATED
from chainrule.reading.roles import TrainingRun
from chainrule.reading.unequal import is_gradient_before
from chainrule.recording.running import Recording

POINTS = (
    (0, False),
    (1, True),
    (2, False),
    (3, False),
    (4, False),
    (5, True),
)  # seed, all weights positive
_ENOUGH = 3  # of them, where none is on a kink


@dataclass
class Verdict:
    """What is said of a program.

    Attributes
    ----------
    verdict : str
        ``correct``, ``exact``, ``wrong`` or ``not judged``.
    objective : str
        The J that it was judged against.
    findings : list of WrongLine
        The wrong statements.
    notes : list of str
        What is no mistake but worth knowing: a common factor, weight decay outside J, another reading.
    reason, remedy : str
        Why nothing was judged, and what to add.
    """

    verdict: str
    objective: str = ""
    findings: list[WrongLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reason: str = ""
    remedy: str = ""
    weights: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def lines(self) -> list[int]:
        """The wrong lines."""
        return [f.line for f in self.findings]


STEP_NEEDED = (
    "let the file take some steps:\n"
    "    for step in range(3):\n"
    "        gradient = my_backward(X, y, W)\n"
    "        W = W - 0.1 * gradient"
)
LOSS_NEEDED = "compute J in the loop, before the step:\n    J = my_loss(y, output)\n    print(J)"


def read(recording: Recording) -> Verdict:
    """Judge a recorded run."""
    training = TrainingRun(recording.tape.nodes)
    if not training.weights:
        return _nothing_moves(recording)
    shapes = [training.nodes[w.node].value.shape for w in training.weights]
    if not faithful(training):
        reason = (
            "the run depends on something that was not seen: computed again, its steps are others"
        )
        return Verdict(
            "not judged",
            reason=reason,
            remedy="fix the seeds, and keep the data in arrays",
            weights=shapes,
        )
    strangers = training.strangers()
    if strangers:
        line = training.nodes[strangers[0]].line
        reason = f"line {line}, `{recording.text(line)}`, uses an array that is never updated"
        return Verdict(
            "not judged",
            reason=reason,
            remedy="update every weight that the forward pass uses",
            weights=shapes,
        )
    axes = softmax_axes(training)
    if axes is not None:
        i, axis, classes = axes
        sentence = f"is a softmax over axis {axis}; the classes are axis {classes}"
        found = line_of(training.nodes[i], "axis of the softmax", sentence)
        return Verdict("wrong", "cross-entropy", [found], weights=shapes)
    verdict = _at_points(training)
    verdict.weights = shapes
    if verdict.verdict == "correct" and not is_deep(training):
        verdict.verdict = "exact"
        verdict.notes.append("no hidden layer ran: what is said holds for this one layer only")
    return verdict


def _nothing_moves(recording: Recording) -> Verdict:
    if recording.failure is not None:
        return Verdict(
            "not judged",
            reason=f"the program stops: {recording.failure}",
            remedy="the file must run before it can be judged",
        )
    return Verdict("not judged", reason="no weight was seen to be updated", remedy=STEP_NEEDED)


def _best(training: TrainingRun, values: list[np.ndarray]) -> Judgement | None:
    """Return the judgement of the J that is meant: stated before inferred, then the fewest wrong steps."""
    best: tuple[float, Judgement] | None = None
    for judgement in judgements(training, values):
        rows = judgement.rows
        stated = judgement.objective.stated is not None
        full = all(r.gradient is not None and np.abs(r.gradient).max() > 0 for r in rows)
        good = sum(r.factor is not None for r in rows)
        if judgement.holds() and stated and full and (rows[0].factor or 0) > 0:
            return judgement
        explained = 1.0 if judgement.holds() else Explained(judgement).share()
        last = max(rows, key=lambda r: r.weight.node * 0 + _first_reader(training, r.weight.node))
        score = (
            2.0 * (stated and full)
            + good / len(rows)
            + 0.5 * explained
            + 0.6 * (last.factor is not None)
        )
        score += 0.3 * judgement.holds()
        if best is None or score > best[0] + 1e-9:
            best = score, judgement
    return best[1] if best else None


def _first_reader(training: TrainingRun, i: int) -> int:
    return next((n.index for n in training.nodes if i in n.inputs), 0)


def _points(training: TrainingRun) -> Iterator[list[np.ndarray]]:
    """Yield generic points, rather such as are on no kink and where nothing saturates."""
    on_kinks = []
    count = 0
    for seed, positive in POINTS:
        for values in replays(training, seed, positive):
            if on_a_kink(training, values) or saturated(training, values):
                on_kinks.append(values)
            elif count < _ENOUGH:
                count += 1
                yield values
    if not count:
        yield from on_kinks[:_ENOUGH]


def _at_points(training: TrainingRun) -> Verdict:
    held: Judgement | None = None
    notes: list[str] = []
    for values in _points(training):
        judgement = _best(training, values)
        if judgement is None:
            continue
        if judgement.holds() or _decays(judgement, notes):
            factors = [
                r.factor for r in judgement.live if r.factor is not None and r.factor == r.factor
            ]
            usual = _usual_loss(training, values)  # 100 * (1 - error) is no J
            if usual is not None:
                if (usual.live[0].factor or 0.0) < 0:
                    return _ascends(training, usual)
                judgement = judgement if factors and factors[0] > 0 else usual
            elif factors and all(c < 0 for c in factors):
                return _ascends(training, judgement)
            held = judgement
            continue
        return _wrong(training, judgement)
    if held is None:
        return Verdict(
            "not judged",
            reason="no J was found that the steps could be the gradient of",
            remedy=LOSS_NEEDED,
        )
    kind = "correct" if held.objective.stated is not None else "exact"
    verdict = Verdict(kind, held.objective.name, notes=list(dict.fromkeys(notes)))
    return verdict


def _decays(judgement: Judgement, notes: list[str]) -> bool:
    """Tell whether all steps are gradients and weight decay that J does not hold."""
    rows = judgement.live
    if any(r.factor is None for r in judgement.rows):
        return False
    decays = [r.decay / abs(r.factor) for r in rows if r.decay and r.factor]
    factors = [r.factor for r in rows if r.factor is not None and r.factor == r.factor]
    if not decays or not alike(decays) or decays[0] < 0 or not alike(factors):
        return False
    if judgement.objective.stated is not None:
        explained = Explained(judgement)
        if not all(is_gradient_before(explained, r) for r in rows if r.decay):
            return False
    notes.append(
        f"the steps also shrink the weights ({decays[0]:.4g} W): a penalty that J does not hold"
    )
    return True


def _usual_loss(training: TrainingRun, values: list[np.ndarray]) -> Judgement | None:
    """Return the judgement of a usual loss of the output that all steps go up or down on, if there is one."""
    for other in judgements(training, values):
        if other.objective.stated is None and other.holds():
            return other
    return None


def _ascends(training: TrainingRun, judgement: Judgement) -> Verdict:
    """Where the update subtracts what it is given, the sign was lost before; where it adds, there."""
    last = max(judgement.live, key=lambda r: _first_reader(training, r.weight.node))
    locator = Locator(judgement)
    i = locator.scales.where_it_turns(last)
    sentence = "goes up: with this sign the step adds the gradient of J"
    return Verdict(
        "wrong", judgement.objective.name, [line_of(training.nodes[i], "sign", sentence)]
    )


def _readings(training: TrainingRun, judgement: Judgement) -> Iterator[Judgement]:
    """Yield the judgement, and where its J was inferred those of the other losses that the output allows."""
    yield judgement
    if judgement.objective.stated is None:
        for other in judgements(training, judgement.values):
            if other.objective.stated is None and other.objective.name != judgement.objective.name:
                yield other


def _order(reading: tuple[list[WrongLine], Judgement]) -> tuple[int, int, int]:
    findings, judgement = reading
    right = sum(r.factor is not None for r in judgement.rows)
    # a slope that stands there is meant: rather the loss that needs it
    doubtful = sum(f.kind in (UNNAMED, UNSTATED, "slope twice") for f in findings)
    return -right, len(findings), doubtful


def _wrong(training: TrainingRun, judgement: Judgement) -> Verdict:
    notes = []
    if judgement.objective.stated is not None:
        for other in judgements(training, judgement.values):
            if other.objective.stated is None and other.holds():
                notes.append(
                    f"the steps are exact for the {other.objective.name}, which is not {judgement.objective.name}"
                )
    readings = [(Locator(j).findings(), j) for j in _readings(training, judgement)]
    readings = [r for r in readings if r[0]] or readings[:1]
    findings, chosen = min(readings, key=_order)
    own = [f for f in findings if f.kind == UNSTATED]
    findings = [f for f in findings if f.kind != UNSTATED]
    if own and not findings:  # Huber, a weighted loss, a margin: right for a J of its own
        return Verdict(
            "not judged",
            reason=f"J is not stated, and line {own[0].line} {own[0].sentence}",
            remedy=LOSS_NEEDED,
        )
    for others, j in readings:
        if j is not chosen and others:
            lines = ", ".join(str(f.line) for f in others)
            notes.append(f"read as the gradient of {j.objective.name}, line {lines} would be wrong")
    if not findings:
        return Verdict(
            "not judged",
            chosen.objective.name,
            reason="a step is not the gradient, but no statement was found where it goes wrong",
            remedy=LOSS_NEEDED,
            notes=notes,
        )
    return Verdict("wrong", chosen.objective.name, findings, notes)
