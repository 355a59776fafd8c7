"""How well mistakes are named: the figures of ``diagnose``, each validated before it is reported.

    python -m benchmarks.diagnosis            # all figures, some minutes
    python -m benchmarks.diagnosis --quick    # the same on small samples

1. every kind in every layer it can stand in, on all families of probes together and on each family alone;
2. false alarms on random correct implementations, float64 and float32;
3. two mistakes at once in different layers;
4. kinds held out of the bank: unknown, or an explanation that is the same function, but never a wrong name;
5. functions in random forms, through ``diagnose`` itself, right and with a mistake.

Mistakes are planted by ``backward_with``, which is first checked against complex-step derivatives; the correct
implementations are written here, apart from the package.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.written_forms import function, random_style
from chainrule.diagnosis.calling.trying import tolerance
from chainrule.diagnosis.diagnose import diagnose
from chainrule.diagnosis.mistakes import BANK, CHAINRULE, WHOLE, Mistake
from chainrule.diagnosis.mistakes.variant import Gradients, WrongShape, backward_with
from chainrule.diagnosis.probes import FAMILIES, Probe, probe
from chainrule.diagnosis.searching.explanation import Explanation, explain
from chainrule.diagnosis.searching.findings import findings, invisible
from chainrule.diagnosis.searching.runs import Run, distance
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import equal_share, forward, objective
from chainrule.network.parameters import Parameters

LOSSES = ("squared_error", "binary_log_loss", "multiclass_log_loss")
VERBOSE = False
Planted = dict[tuple[str, int], Mistake]


def families_of(loss: str) -> list[Probe]:
    return [probe(family, loss=loss) for family in FAMILIES]


def places(loss: str) -> Iterator[tuple[Mistake, int]]:
    """Yield every kind with every layer that it can stand in and where it is not simply right."""
    architecture = probe("rectangular", loss=loss).architecture
    for kind in BANK:
        for l in range(1, architecture.n_layers + 1):
            if kind.where(architecture, l) and kind.name != "bias_penalty_missing":
                yield kind, l


def runs_with(planted: Planted, probes: list[Probe]) -> list[Run]:
    runs = []
    for p in probes:
        try:
            runs.append(Run(p.family, p.setting, backward_with(p.setting, planted), probe=p))
        except WrongShape:
            continue
    return runs


def named(explanation: Explanation) -> set[tuple[str, int]]:
    return {(finding.kind, l) for finding in findings(explanation) for l in finding.layers or (0,)}


def among_ties(explanation: Explanation, wanted: set[tuple[str, int]]) -> bool:
    return any(
        {(s.mistake.name, s.layer) for s in tie.slots if s.mistake} == wanted
        and all(s.mistake for s in tie.slots)
        for tie in explanation.ties
    )


# ---- validation ---------------------------------------------------------------------------------------------------


def validate() -> float:
    """Compare the reference of the planting with complex-step derivatives; return the largest relative difference."""
    worst = 0.0
    for loss in LOSSES:
        for p in families_of(loss):
            right = backward_with(p.setting, {})
            flat = np.concatenate(
                [np.ravel(x) for pair in zip(right.dW[1:], right.db[1:], strict=True) for x in pair]
            )
            share = equal_share(len(p.X), np.dtype(float))
            step = np.empty_like(flat)
            for i in range(flat.size):
                vector = p.theta.vector.astype(complex)
                vector[i] += 1e-30j
                theta = Parameters(p.architecture, vector)
                J = objective(theta, forward(theta, p.X.astype(complex)).scores, p.Y, share)
                step[i] = J.imag / 1e-30
            worst = max(worst, float(np.abs(flat - step).max() / np.abs(step).max()))
    assert worst < 1e-12, worst
    return worst


# ---- 1: every kind, layer and family ------------------------------------------------------------------------------


def every_kind(
    losses: tuple[str, ...] = LOSSES, stride: int = 1
) -> tuple[Counter[str], dict[str, Counter[str]]]:
    together: Counter[str] = Counter()
    alone: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES}
    for loss in losses:
        probes = families_of(loss)
        hidden = {
            p.family: {
                (i.kind, i.layer)
                for i in invisible([Run(p.family, p.setting, Gradients([], [], []))])
            }
            for p in probes
        }
        for kind, l in list(places(loss))[::stride]:
            planted, wanted = {(kind.term, l): kind}, {(kind.name, l)}
            together[_outcome(explain(runs_with(planted, probes)), wanted, set())] += 1
            for p in probes:
                if not kind.where(p.architecture, l):
                    continue
                runs = runs_with(planted, [p])
                alone[p.family][
                    _outcome(explain(runs), wanted, hidden[p.family]) if runs else "fails at once"
                ] += 1
    for whole in WHOLE:
        runs = [
            Run(p.family, p.setting, whole.apply(backward_with(p.setting, {}), p.setting))
            for p in families_of("squared_error")
        ]
        found = explain(runs)
        good = (
            found.whole is not None and found.whole.name == whole.name and not found.ties[0].slots
        )
        together["named" if good else "wrong"] += 1
    return together, alone


def _outcome(found: Explanation, wanted: set[tuple[str, int]], hidden: set[tuple[str, int]]) -> str:
    if wanted <= hidden:
        return "invisible, with the reason" if found.cost <= 0.01 else "wrong"
    if named(found) == wanted:
        return "named" if len(found.ties) == 1 else "named, with its twins"
    if among_ties(found, wanted):
        return "named, with its twins"
    if VERBOSE:
        print(
            sorted(wanted),
            "->",
            [
                sorted((s.mistake.name if s.mistake else "?", s.layer) for s in t.slots)
                for t in found.ties[:3]
            ],
            [r.name for r in found.runs],
        )
    return "unknown" if found.unknown else "wrong"


# ---- 2: correct implementations -----------------------------------------------------------------------------------

_VALUE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda z: z,
    "relu": lambda z: z * (z > 0),
    "leaky_relu(0.1)": lambda z: np.where(z > 0, z, z.dtype.type(0.1) * z),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "elu(1.0)": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
}
_SLOPE: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "identity": lambda z, a: np.ones_like(z),
    "relu": lambda z, a: (z > 0).astype(z.dtype),
    "leaky_relu(0.1)": lambda z, a: np.where(z > 0, z.dtype.type(1), z.dtype.type(0.1)),
    "tanh": lambda z, a: 1 - a**2,
    "sigmoid": lambda z, a: a * (1 - a),
    "softplus": lambda z, a: 1 / (1 + np.exp(-z)),
    "elu(1.0)": lambda z, a: np.where(z > 0, z.dtype.type(1), np.exp(np.minimum(z, 0))),
}


def correct(p: Probe, dtype: str, style: int) -> Gradients:
    """A backward pass written apart from the package, in one of six styles, in ``dtype`` throughout."""
    d = np.dtype(dtype).type
    W, b = [w.T.astype(d) for w in p.W], [x[:, None].astype(d) for x in p.b]
    x, y, n, l2 = p.X.T.astype(d), p.Y.T.astype(d), len(p.X), d(p.l2)
    L, names = len(W), p.activations
    z, a = [x], [x]
    for l in range(L):
        z.append(W[l] @ a[-1] + b[l])
        a.append(_VALUE[names[l]](z[-1]))
    out = a[-1]
    if p.loss == "squared_error":
        error = out - y
    elif p.loss == "binary_log_loss":
        error = 1 / (1 + np.exp(-out)) - y
    else:
        e = np.exp(out - out.max(axis=0))
        error = e / e.sum(axis=0) - y
    early = style % 2 == 0  # 1/n in delta, or in every dW and db
    delta = error * _SLOPE[names[-1]](z[-1], a[-1]) / d(n if early else 1)
    result = Gradients([None] * (L + 1), [None] * (L + 1), [None] * (L + 1))
    for l in range(L, 0, -1):
        if style // 2 == 0:
            dW = delta @ a[l - 1].T
        elif style // 2 == 1:
            dW = np.einsum("in,jn->ij", delta, a[l - 1])
        else:  # sample by sample
            dW = np.zeros_like(W[l - 1])
            for i in range(n):
                dW += np.outer(delta[:, i], a[l - 1][:, i])
        db = delta.sum(axis=1)
        if not early:
            dW, db = dW / d(n), db / d(n)
        result.dW[l], result.db[l] = (dW + l2 * W[l - 1]).T, db
        if l > 1:
            delta = (W[l - 1].T @ delta) * _SLOPE[names[l - 2]](z[l - 1], a[l - 1])
    return result


def random_probe(rng: np.random.Generator) -> Probe:
    depth = int(rng.integers(1, 6))
    loss = LOSSES[rng.integers(3)]
    outputs = int(rng.integers(2, 5)) if loss == "multiclass_log_loss" else int(rng.integers(1, 5))
    sizes = [*(int(k) for k in rng.integers(1, 9, depth)), outputs]
    names = [str(rng.choice(list(_VALUE))) for _ in range(depth - 1)]
    names.append(
        str(rng.choice(["identity", "tanh", "sigmoid"])) if loss == "squared_error" else "identity"
    )
    return probe(
        "yours",
        sizes=sizes,
        activations=names,
        loss=loss,
        l2=float(rng.choice([0.0, 0.01, 0.1, 1.0])),
        n_samples=int(rng.integers(1, 20)),
        seed=int(rng.integers(1 << 30)),
    )


def false_alarms(count: int, dtype: str) -> tuple[int, float]:
    """Return how many of ``count`` correct implementations are blamed, and the largest error relative to tolerance."""
    rng = np.random.default_rng(413)
    alarms, closest = 0, 0.0
    for i in range(count):
        p = random_probe(rng)
        user = correct(p, dtype, i % 6)
        run = Run("yours", p.setting, user, tolerance([*user.dW, *user.db]))
        found = explain([run])
        alarms += found.cost > 0.5
        if found.cost > 0.5 and VERBOSE:
            print("alarm", p, run.rtol, sorted(named(found)))
        right = backward_with(p.setting, {})
        for quantity, mine, theirs in (("dW", right.dW, user.dW), ("db", right.db, user.db)):
            for l in range(1, p.setting.L + 1):
                gap = distance(mine[l], theirs[l], floor=run.floor(quantity, l))
                closest = max(closest, gap / run.rtol)
    return alarms, closest


# ---- 3 and 4 ------------------------------------------------------------------------------------------------------


def pairs(count: int) -> tuple[int, int]:
    """Return how many of ``count`` random pairs in different layers are both named, and how many wrongly."""
    rng = np.random.default_rng(7)
    both = wrong = done = 0
    probes = {loss: families_of(loss) for loss in LOSSES}
    kinds = {loss: list(places(loss)) for loss in LOSSES}
    while done < count:
        loss = LOSSES[done % 3]
        (one, i), (two, j) = (kinds[loss][k] for k in rng.integers(len(kinds[loss]), size=2))
        if i == j:
            continue
        planted = {(one.term, i): one, (two.term, j): two}
        runs = runs_with(planted, probes[loss])
        if not runs:
            continue
        found = explain(runs)
        wanted = {(one.name, i), (two.name, j)}
        if named(found) == wanted or among_ties(found, wanted):
            both += 1
        elif not found.unknown:
            bad = not _same_function(found, planted, loss)
            wrong += bad
            if bad and VERBOSE:
                print("pair", loss, sorted(wanted), "->", sorted(named(found)))
        done += 1
    return both, wrong


def _same_function(found: Explanation, planted: Planted, loss: str) -> bool:
    """Tell whether an explanation computes the same as what was planted, on networks that were not used."""
    for seed in (1, 2):
        for family in FAMILIES:
            p = probe(family, loss=loss, seed=seed)
            try:
                one, two = (
                    backward_with(p.setting, planted),
                    backward_with(p.setting, found.planted),
                )
                if found.whole:
                    two = found.whole.apply(two, p.setting)
            except WrongShape:
                continue
            for a, b, shape in zip(
                (*one.dW[1:], *one.db[1:]),
                (*two.dW[1:], *two.db[1:]),
                [x.shape for x in (*p.W, *p.b)],
                strict=True,
            ):
                if distance(a, b, shape, floor=1e-6) > 1e-9:  # sums of p - y are 0 up to rounding
                    return False
    return True


def held_out(stride: int = 1) -> Counter[str]:
    """Return what is said of kinds that are not in the bank."""
    said: Counter[str] = Counter()
    for loss in LOSSES:
        probes = families_of(loss)
        for kind, l in list(places(loss))[::stride]:
            planted = {(kind.term, l): kind}
            runs = runs_with(planted, probes)
            found = explain(runs, tuple(k for k in BANK if k is not kind))
            if found.cost <= 0.01:
                said["changes nothing"] += 1
            elif found.unknown:
                said["unknown"] += 1
            elif _same_function(found, planted, loss):
                said["the same function under another name"] += 1
            else:
                said["WRONG NAME"] += 1
                if VERBOSE:
                    print("held out", loss, kind.name, l, "->", sorted(named(found)))
    return said


# ---- 5: from the function itself ----------------------------------------------------------------------------------


def in_forms(count: int) -> tuple[Counter[str], Counter[str]]:
    """Return what ``diagnose`` says of functions in random forms: right ones, and ones with a mistake."""
    rng = np.random.default_rng(11)
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for _ in range(count):
        style = random_style(rng)
        right["correct" if diagnose(function(style)).correct else "BLAMED"] += 1
        kind, l = BANK[rng.integers(len(BANK))], int(rng.integers(1, style.depth + 1))

        def plant(architecture: Architecture, kind: Mistake = kind, l: int = l) -> Planted:
            stands = l <= architecture.n_layers and kind.where(architecture, l)
            return {(kind.term, l): kind} if stands else {}

        activations = (*(style.hidden for _ in range(style.depth - 1)), "identity")
        architecture = Architecture((3,) * (style.depth + 1), activations, style.loss)
        if not plant(architecture):
            continue
        found = diagnose(function(style, plant), loss=style.loss, convention=CHAINRULE)
        named_ = {(f.kind, layer) for f in found.findings for layer in f.layers}
        if named_ == {(kind.name, l)}:
            wrong["named"] += 1
        elif any(kind.name in f.alternatives for f in found.findings) or any(
            f"layer {l}: {kind.name}" in note for note in found.notes
        ):
            wrong["named, with its twins"] += 1
        elif found.correct and kind.name in {item.kind for item in found.invisible}:
            wrong["invisible, with the reason"] += 1
        elif found.verdict in ("unknown", "failed"):
            wrong[found.verdict] += 1
        else:
            wrong["another name"] += 1
            if VERBOSE:
                print("form", style, kind.name, l, "->", sorted(named_), found.form)
    return right, wrong


@dataclass
class Sizes:
    stride: int
    correct: int
    pairs: int
    forms: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="show each case that is not named")
    global VERBOSE
    given = parser.parse_args()
    VERBOSE = given.verbose
    size = Sizes(25, 200, 30, 20) if given.quick else Sizes(1, 10_000, 1_000, 500)
    print(f"validated: planting agrees with complex step to {validate():.1e}")
    print(f"kinds in the bank: {len(BANK)} of one term, {len(WHOLE)} of the whole gradient")

    start = time.perf_counter()
    together, alone = every_kind(stride=size.stride)
    print(
        f"\nevery kind x layer, all families together ({together.total()} cases): {_told(together)}"
    )
    for family, outcomes in alone.items():
        print(f"  {family:12} alone: {_told(outcomes)}")
    print(f"  {time.perf_counter() - start:.0f} s")

    for dtype in ("float64", "float32"):
        start = time.perf_counter()
        alarms, closest = false_alarms(size.correct, dtype)
        print(
            f"\nfalse alarms on {size.correct} correct implementations in {dtype}: {alarms} "
            f"(largest error {closest:.2g} of the tolerance; {time.perf_counter() - start:.0f} s)"
        )

    start = time.perf_counter()
    both, wrong = pairs(size.pairs)
    print(
        f"\ntwo mistakes in different layers, both named: {both} of {size.pairs} ({both / size.pairs:.1%}), "
    )
    print(f"  a wrong name: {wrong} ({time.perf_counter() - start:.0f} s)")

    start = time.perf_counter()
    print(f"\nkinds held out of the bank: {_told(held_out(size.stride))}")
    print(f"  {time.perf_counter() - start:.0f} s")

    start = time.perf_counter()
    right, planted = in_forms(size.forms)
    print(
        f"\nfunctions in {size.forms} random forms, by diagnose() itself, right ones: {_told(right)}"
    )
    print(f"  with a mistake: {_told(planted)} ({time.perf_counter() - start:.0f} s)")


def _told(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in outcomes.most_common())


if __name__ == "__main__":
    main()
