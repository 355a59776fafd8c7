"""The bank: every kind is well formed, and planted with nothing it is the reference itself."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from tests.oracles import complex_step, relative_error

from chainrule.diagnosis.mistakes import BANK, TERMS, WHOLE, Convention, named
from chainrule.diagnosis.mistakes.variant import WrongShape, backward_with
from chainrule.diagnosis.probes import FAMILIES, probe
from chainrule.network.backprop import forward, objective, penalty
from chainrule.network.parameters import Parameters

LOSSES = ("squared_error", "binary_log_loss", "multiclass_log_loss", "poisson")


def flat(gradients) -> np.ndarray:
    pairs = zip(gradients.dW[1:], gradients.db[1:], strict=True)
    return np.concatenate([np.ravel(x) for pair in pairs for x in pair])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_mistake_it_is_the_derivative(loss: str, family: str) -> None:
    p = probe(family, loss=loss)
    share = np.full((len(p.X), 1), 1.0 / len(p.X))

    def J(vector):
        theta = Parameters(p.architecture, vector)
        return objective(theta, forward(theta, p.X.astype(complex)).scores, p.Y, share)

    exact = complex_step(J, p.theta.vector)
    assert relative_error(flat(backward_with(p.setting, {})), exact) < 1e-12


def test_other_conventions_are_the_derivatives_of_their_own_objectives() -> None:
    convention = Convention(2.0, mean=False, penalty_factor=2.0, biases_penalised=True)
    p = probe("rectangular", convention=convention)

    def J(vector):  # 2 sum of losses + l2 (sum W² + sum b²)
        theta = Parameters(p.architecture, vector)
        scores = forward(theta, p.X.astype(complex)).scores
        losses = p.architecture.loss_function.rows(scores, p.Y).sum()
        return 2.0 * losses + p.l2 * (vector**2).sum()

    exact = complex_step(J, p.theta.vector)
    assert relative_error(flat(backward_with(p.setting, {})), exact) < 1e-12
    assert penalty(p.theta) > 0


def test_there_are_enough_kinds_and_each_has_its_own_name() -> None:
    names = Counter(kind.name for kind in (*BANK, *WHOLE))
    assert len(names) >= 60
    assert max(names.values()) == 1
    assert {kind.term for kind in BANK} == set(TERMS)


@pytest.mark.parametrize("kind", BANK, ids=lambda kind: kind.name)
def test_every_kind_says_all_that_is_needed_and_changes_something(kind) -> None:
    words = dict.fromkeys(("l", "up", "down", "f", "f_up", "f_down"), "1")
    for text in (kind.wrong, kind.right, kind.sentence, kind.remedy):
        assert text.format(**words).strip()
    assert named(kind.name) is kind
    changed = False
    for loss in LOSSES:
        for family in FAMILIES:
            bias = kind.name == "bias_penalty_missing"
            p = probe(family, loss=loss, convention=Convention(biases_penalised=bias))
            for l in range(1, 4):
                if kind.where(p.architecture, l):
                    try:
                        bad = flat(backward_with(p.setting, {(kind.term, l): kind}))
                    except WrongShape:
                        continue
                    good = flat(backward_with(p.setting, {}))
                    changed |= bad.shape != good.shape or not np.allclose(bad, good, rtol=1e-4)
    assert changed


def test_the_mistakes_of_the_research_are_in_the_bank() -> None:
    # one of the names for each line of the table
    table = """mean_missing features_for_samples mean_twice error_sign error_doubled derivative_missing derivative_at_a
        derivative_of_next_layer value_for_derivative derivative_twice derivative_lost_above weights_not_transposed
        weights_of_this_layer dW_own_activation dW_earlier_activation dW_z_for_a dW_x_for_a dW_outer_of_sums
        db_over_everything db_over_units db_last_sample db_mean_missing l2_missing l2_doubled l2_halved l2_over_n
        l2_sign bias_penalised l1_for_l2 softmax_jacobian_sign leaky_slope_zero dW_transposed delta_of_output"""
    for name in table.split():
        assert named(name)
