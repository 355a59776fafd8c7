"""From an explanation to findings: each mistake with its layers, its formulas and the numbers that prove it."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.diagnosis.mistakes import BANK, Mistake
from chainrule.diagnosis.mistakes.variant import (
    Gradients,
    Planted,
    WrongShape,
    backward_with,
)
from chainrule.diagnosis.searching import evidence
from chainrule.diagnosis.searching.explanation import Explanation, differences
from chainrule.diagnosis.searching.runs import Run, Slot, State


@dataclass(frozen=True)
class Finding:
    """One mistake, or one place that no known mistake explains.

    Attributes
    ----------
    kind : str
        The name of the mistake in the bank, ``"unknown"``, or what the function did (``"fails"``, ...).
    layers : tuple of int
        Where it was made.
    quantity : str
        ``"delta"``, ``"dW"``, ``"db"`` or ``"all"``.
    sentence : str
        What is wrong, with the layer.
    wrong, right : str
        The formula that the code computes, and the one that it should.
    change : str
        What to change.
    evidence : tuple of str
        The numbers that prove it.
    alternatives : tuple of str
        Kinds that no network here can tell from this one.
    """

    kind: str
    layers: tuple[int, ...]
    quantity: str
    sentence: str
    wrong: str = ""
    right: str = ""
    change: str = ""
    evidence: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Invisible:
    """A mistake that could be there without changing a number on the networks that were tried."""

    kind: str
    layer: int
    reason: str


# ---- findings -----------------------------------------------------------------------------------------------------


def findings(explanation: Explanation, activations_known: bool = True) -> list[Finding]:
    """Return the findings of an explanation, from the output to the input.

    Parameters
    ----------
    explanation : Explanation
        What ``explain`` found.
    activations_known : bool
        Whether the activations are the user's own, so that their names may stand in the sentences.
    """
    found = []
    if explanation.whole:
        whole = explanation.whole
        found.append(
            Finding(
                whole.name,
                tuple(range(1, explanation.runs[0].setting.L + 1)),
                "all",
                whole.sentence,
                whole.wrong,
                whole.right,
                whole.remedy,
                evidence.of_whole(explanation.runs),
            )
        )
    state = explanation.ties[0]
    for kind in dict.fromkeys(slot.mistake for slot in state.slots if slot.mistake):
        slots = [slot for slot in state.slots if slot.mistake is kind]
        found.append(_named(explanation, kind, slots, activations_known))
    for slot in state.slots:
        if slot.mistake is None:
            found.append(_unknown(explanation, slot))
    return found


def _named(
    explanation: Explanation, kind: Mistake, slots: list[Slot], activations_known: bool
) -> Finding:
    layers = tuple(sorted(slot.layer for slot in slots))
    architecture = explanation.runs[0].setting.architecture
    words = evidence.words(architecture, layers, activations_known)
    networks = [run.setting.architecture for run in explanation.runs]
    every = range(1, architecture.n_layers + 1)
    possible = [l for l in every if any(kind.where(network, l) for network in networks)]
    return Finding(
        kind.name,
        layers,
        kind.quantity,
        f"{evidence.layers_text(layers, possible)}: {kind.sentence.format(**words)}",
        kind.wrong.format(**words),
        kind.right.format(**words),
        kind.remedy.format(**words),
        evidence.of_mistake(explanation.judged, explanation.planted, kind, layers),
        _alternatives(explanation.ties, slots),
    )


def _alternatives(ties: list[State], slots: list[Slot]) -> tuple[str, ...]:
    """Return the kinds that stand, in an equally good explanation, where these slots stand."""
    names: dict[str, None] = {}
    primary = ties[0].slots
    for tie in ties[1:]:
        others = [slot for slot in tie.slots if slot not in primary]
        missing = [slot for slot in primary if slot not in tie.slots]
        if {(s.layer, s.quantity) for s in others} != {(s.layer, s.quantity) for s in missing}:
            continue
        for other in others:
            for slot in slots:
                same_place = (other.layer, other.quantity) == (slot.layer, slot.quantity)
                if same_place and slot in missing and other.mistake:
                    names[other.mistake.name] = None
    return tuple(names)


def _unknown(explanation: Explanation, slot: Slot) -> Finding:
    state = explanation.ties[0]
    lower = ""
    if state.stopped and slot.quantity == "delta" and slot.layer > 1:
        lower = "; the layers below cannot be judged without it"
    L = explanation.runs[0].setting.L
    unknown_above = any(s.mistake is None and s.layer > slot.layer for s in state.slots)
    above = "" if slot.layer == L or unknown_above else ", all above it is explained"
    return Finding(
        "unknown",
        (slot.layer,),
        slot.quantity,
        f"layer {slot.layer}: {slot.quantity} is wrong in a way that is not in the bank{above}{lower}",
        "unknown",
        evidence.right_formula(slot.quantity, slot.layer, L),
        f"compare your {slot.quantity}[{slot.layer}] with the right formula, number by number",
        evidence.of_unknown(explanation.judged, explanation.planted, slot),
    )


# ---- what cannot be seen ------------------------------------------------------------------------------------------


def invisible(runs: list[Run], bank: tuple[Mistake, ...] = BANK) -> list[Invisible]:
    """List the mistakes that would leave every number of these runs as it is."""
    architecture = runs[0].setting.architecture
    right = [backward_with(run.setting, {}) for run in runs]
    found = []
    for kind in bank:
        for l in range(1, architecture.n_layers + 1):
            if kind.where(architecture, l) and not _seen(runs, right, {(kind.term, l): kind}):
                found.append(Invisible(kind.name, l, _reason(kind, runs)))
    return found


def _seen(runs: list[Run], right: list[Gradients], mistake: Planted) -> bool:
    for run, good in zip(runs, right, strict=True):
        try:
            bad = backward_with(run.setting, mistake)
        except WrongShape:
            return True  # the code would have failed
        if differences([(run.setting, good, bad, run.rtol)]):
            return True
    return False


def _reason(kind: Mistake, runs: list[Run]) -> str:
    setting = runs[0].setting
    if kind.needs:
        return f"it shows only with {kind.needs}"
    if kind.name == "bias_penalty_missing":
        return "J has no penalty on the biases"
    if setting.l2 == 0.0 and kind.term == "penalty":
        return "there is no penalty"
    return "both formulas give the same numbers on this network"
