"""Planted mistakes are named, alone and two at once; what is not in the bank is called unknown."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.diagnosis.mistakes import BANK, WHOLE, named
from chainrule.diagnosis.mistakes.variant import WrongShape, backward_with
from chainrule.diagnosis.probes import FAMILIES, probe
from chainrule.diagnosis.searching.explanation import explain
from chainrule.diagnosis.searching.findings import findings, invisible
from chainrule.diagnosis.searching.runs import Run, distance

PROBES = {
    loss: [probe(family, loss=loss) for family in FAMILIES]
    for loss in ("squared_error", "multiclass_log_loss")
}


def runs_with(planted, loss="squared_error"):
    runs = []
    for p in PROBES[loss]:
        try:
            runs.append(Run(p.family, p.setting, backward_with(p.setting, planted), probe=p))
        except WrongShape:
            continue
    return runs


def found(planted, loss="squared_error", bank=BANK):
    return {
        (f.kind, l) for f in findings(explain(runs_with(planted, loss), bank)) for l in f.layers
    }


@pytest.mark.parametrize("kind", BANK, ids=lambda kind: kind.name)
def test_every_kind_is_named(kind) -> None:
    loss = (
        "multiclass_log_loss" if "softmax" in kind.name or "link" in kind.name else "squared_error"
    )
    architecture = PROBES[loss][0].architecture
    layers = [l for l in (2, 1, 3) if kind.where(architecture, l)]
    if not layers or kind.name == "bias_penalty_missing":
        pytest.skip("stands nowhere in these networks; the benchmark has the others")
    assert found({(kind.term, layers[0]): kind}, loss) == {(kind.name, layers[0])}


def test_the_right_gradient_has_no_finding() -> None:
    for loss in PROBES:
        assert found({}, loss) == set()


@pytest.mark.parametrize("whole", WHOLE, ids=lambda whole: whole.name)
def test_mistakes_of_the_whole_gradient_are_named_beside_others(whole) -> None:
    for planted in ({}, {("sum", 2): named("db_over_everything")}):
        if planted and whole.name == "gradient_normalised":
            continue  # the norm of a wrong gradient is not known
        runs = [
            Run(run.name, run.setting, whole.apply(run.user, run.setting))
            for run in runs_with(planted)
        ]
        kinds = [f.kind for f in findings(explain(runs))]
        assert kinds == [whole.name, *(m.name for m in planted.values())]


@pytest.mark.parametrize(
    "planted",
    [
        {("error", 3): "error_doubled", ("sum", 1): "db_last_sample"},
        {("prime", 1): "derivative_missing", ("penalty", 3): "l2_over_n"},
        {("up", 2): "weights_not_transposed", ("outer", 1): "dW_last_sample"},
        {("up", 2): "propagation_sign", ("prime", 2): "derivative_twice"},
        {("outer", 2): "dW_outer_of_sums", ("sum", 2): "db_over_units"},
        {
            ("outer", 3): "dW_mean_missing",
            ("penalty", 3): "l2_sign",
            ("prime", 2): "derivative_at_a",
        },
    ],
    ids=lambda planted: "+".join(planted.values()),
)
def test_several_mistakes_are_all_named(planted) -> None:
    kinds = {key: named(name) for key, name in planted.items()}
    assert found(kinds) == {(name, l) for (_, l), name in planted.items()}


def test_a_loop_repeats_its_mistake_and_it_is_one_finding() -> None:
    kind = named("derivative_at_next_z")
    planted = {(kind.term, l): kind for l in (1, 2)}
    (finding,) = findings(explain(runs_with(planted)))
    assert (finding.kind, finding.layers) == (kind.name, (1, 2))
    assert "layers 1 and 2" in finding.sentence


@pytest.mark.parametrize(
    ("name", "layer"),
    [("db_over_units", 2), ("derivative_twice", 1), ("l1_for_l2", 3), ("delta_missing", 2)],
)
def test_a_kind_that_is_not_known_is_called_unknown(name: str, layer: int) -> None:
    kind = named(name)
    bank = tuple(k for k in BANK if k is not kind)
    found_ = findings(explain(runs_with({(kind.term, layer): kind}), bank))
    assert {f.kind for f in found_} == {"unknown"}
    assert found_[0].layers == (layer,)
    assert found_[0].evidence


def test_below_an_unknown_delta_the_users_own_is_used() -> None:
    strange = named("derivative_twice")
    bank = tuple(k for k in BANK if k is not strange)
    planted = {("prime", 2): strange, ("sum", 1): named("db_sign")}
    kinds = [(f.kind, f.layers) for f in findings(explain(runs_with(planted), bank))]
    assert ("unknown", (2,)) in kinds
    assert all(kind != "unknown" or layers == (2,) or layers == (1,) for kind, layers in kinds)


def test_noise_far_above_rounding_is_never_named() -> None:
    rng = np.random.default_rng(3)
    runs = runs_with({})
    for run in runs:
        for l in range(1, 4):
            run.user.dW[l] = run.user.dW[l] + 1e-3 * rng.normal(size=run.user.dW[l].shape)
            run.user.db[l] = run.user.db[l] + 1e-3 * rng.normal(size=run.user.db[l].shape)
    assert {f.kind for f in findings(explain(runs))} == {"unknown"}


def test_what_a_single_sample_hides_is_listed_with_the_reason() -> None:
    single = [run for run in runs_with({}) if run.name == "single"]
    hidden = {item.kind: item.reason for item in invisible(single)}
    for name in ("mean_missing", "db_last_sample", "dW_outer_of_sums", "l2_over_n"):
        assert "sample" in hidden[name]
    everything = {item.kind for item in invisible(runs_with({}))}
    assert everything == {"bias_penalty_missing"}


def test_distance_is_relative_and_minds_shapes() -> None:
    assert distance(np.array(2.0), np.array([2.0, 2.0]), (2,)) == 0.0
    assert distance(np.ones(3), np.ones(2), (2,)) == np.inf
    assert distance(np.array([np.nan]), np.ones(1)) == np.inf
