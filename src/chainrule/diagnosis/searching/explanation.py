"""The simplest explanation of a set of gradients.

It is what ``search`` finds in them as they are, or after a mistake in the whole gradient has been undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chainrule.diagnosis.mistakes import BANK, WHOLE, Mistake, Setting, WholeMistake
from chainrule.diagnosis.mistakes.variant import Gradients, backward_with
from chainrule.diagnosis.searching.runs import COST, Run, Slot, State, distance
from chainrule.diagnosis.searching.search import search


@dataclass
class Explanation:
    """What explains a set of runs.

    Attributes
    ----------
    runs : list of Run
        As they came.
    judged : list of Run
        The same with ``whole`` undone.
    ties : list of State
        Explanations that the runs do not tell apart; the first is reported.
    whole : WholeMistake or None
        What was done to the whole gradient.
    """

    runs: list[Run]
    judged: list[Run]
    ties: list[State]
    whole: WholeMistake | None = None
    cost: float = field(init=False)

    def __post_init__(self) -> None:
        self.cost = self.ties[0].cost + (COST if self.whole else 0.0)

    @property
    def unknown(self) -> bool:
        """Whether something remains unexplained."""
        return any(slot.mistake is None for slot in self.ties[0].slots) or bool(
            self.ties[0].stopped
        )

    @property
    def planted(self) -> dict[tuple[str, int], Mistake]:
        """The named mistakes, as ``backward_with`` takes them."""
        return planted(self.ties[0].slots)


def planted(slots: Sequence[Slot]) -> dict[tuple[str, int], Mistake]:
    """Return named slots as ``backward_with`` takes them."""
    return {(t.mistake.term, t.layer): t.mistake for t in slots if t.mistake}


def explain(
    runs: list[Run],
    bank: tuple[Mistake, ...] = BANK,
    whole: tuple[WholeMistake, ...] = WHOLE,
) -> Explanation:
    """Return the cheapest explanation of ``runs``."""
    best = Explanation(runs, runs, search(runs, bank))
    if best.cost <= COST:
        return best
    for mistake in whole:
        judged = [
            Run(run.name, run.setting, mistake.undo(run.user, run.setting), run.rtol, run.probe)
            for run in runs
        ]
        helps = _right(judged) > _right(runs)
        if not helps and not best.unknown:
            continue
        other = Explanation(
            runs, judged, search(judged, bank, limit=best.cost, pairs=helps), mistake
        )
        if other.cost < best.cost - 1e-9:
            best = other
    return best


def _right(runs: list[Run]) -> int:
    """Count the dW and db that are as they should be."""
    count = 0
    for run in runs:
        should = backward_with(run.setting, {})
        given = sum(array is not None for array in (*run.user.dW, *run.user.db))
        count += given - len(differences([(run.setting, run.user, should, run.rtol)]))
    return count


def differences(
    pairs: Sequence[tuple[Setting, Gradients, Gradients, float]],
) -> list[tuple[int, str, int]]:
    """List (index of the run, quantity, layer) where two gradients differ by more than rounding."""
    found = []
    for i, (setting, left, right, rtol) in enumerate(pairs):
        for l in range(1, setting.L + 1):
            for quantity, a, b, shape in (
                ("dW", left.dW[l], right.dW[l], setting.W[l].shape),
                ("db", left.db[l], right.db[l], setting.b[l].shape),
            ):
                if a is not None and b is not None and distance(a, b, shape) > rtol:
                    found.append((i, quantity, l))
    return found


def equivalents(ties: list[State]) -> list[str]:
    """Describe the explanations that put the same numbers down to other places than the first does."""
    primary = {(s.layer, s.quantity) for s in ties[0].slots}
    texts = []
    for tie in ties[1:]:
        if {(s.layer, s.quantity) for s in tie.slots} != primary:
            parts = [
                f"layer {s.layer}: {s.mistake.name if s.mistake else 'unknown'}" for s in tie.slots
            ]
            texts.append("; ".join(parts))
    return texts
