"""Which differences are noise: known cases, and how often the tests cry wolf when nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from chainrule.comparison.significance import against_the_best, difference, holm
from chainrule.comparison.trials import Comparison, Split, Trial


def trials(name: str, scores: np.ndarray, rows: np.ndarray | None = None) -> list[Trial]:
    return [
        Trial(
            name,
            s,
            0,
            1.0,
            1,
            1,
            float(score),
            0.0,
            None if rows is None else rows[s],
            {},
            "converged",
        )
        for s, score in enumerate(scores)
    ]


def test_over_seeds_alone_it_is_the_paired_t_test(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=(2, 6))
    found = difference(trials("a", a), trials("b", b))
    expected = stats.ttest_rel(a, b)
    assert found.mean == pytest.approx((a - b).mean())
    assert found.p == pytest.approx(expected.pvalue)


def test_over_rows_alone_it_is_the_paired_t_test_of_rows(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(2, 1, 50))
    found = difference(
        trials("a", rows[0].mean(axis=1), rows[0]), trials("b", rows[1].mean(axis=1), rows[1])
    )
    assert found.p == pytest.approx(stats.ttest_rel(rows[0, 0], rows[1, 0]).pvalue)


def test_over_folds_it_is_nadeau_and_bengios_corrected_test() -> None:
    d = np.array([0.01, 0.03, 0.02, 0.00, 0.04])
    found = difference(trials("a", 0.8 + d), trials("b", 0.8 + 0.0 * d), share=0.25)
    t = d.mean() / np.sqrt((1 / 5 + 0.25) * d.var(ddof=1))
    assert found.p == pytest.approx(2 * stats.t.sf(t, 4))


def test_equal_candidates_and_unknown_noise() -> None:
    same = np.array([0.9, 0.8])
    assert difference(trials("a", same), trials("b", same)).p == 1.0
    assert difference(trials("a", same), trials("b", same - 0.125)).p == 0.0
    assert np.isnan(difference(trials("a", same[:1]), trials("b", same[1:])).p)
    assert np.isnan(difference(trials("a", same * np.nan), trials("b", same)).mean)


def test_nothing_is_called_a_difference_where_there_is_none() -> None:
    """Scores of two equal candidates, with noise from seeds, rows and both: at most about 5 % are called different."""
    rng = np.random.default_rng(5)
    n_seeds, n_rows, wrong, runs = 4, 60, 0, 400
    for _ in range(runs):
        rows = [
            rng.normal(size=(n_seeds, 1)) * 0.1  # this seed is a lucky one for this candidate
            + rng.normal(size=(1, n_rows)) * 0.5  # this row suits this candidate
            + rng.normal(size=(n_seeds, n_rows)) * 0.3
            for _ in range(2)
        ]
        a, b = (trials("x", r.mean(axis=1), r) for r in rows)
        wrong += difference(a, b).p < 0.05
    assert wrong / runs <= 0.06


def test_holm_is_the_known_procedure() -> None:
    # statsmodels.stats.multitest.multipletests([.01, .02, .03, .5], method="holm")[1]
    assert holm(np.array([0.01, 0.02, 0.03, 0.5])) == pytest.approx([0.04, 0.06, 0.06, 0.5])
    found = holm(np.array([0.4, np.nan, 0.01]))
    assert found[[0, 2]] == pytest.approx([0.4, 0.02])
    assert np.isnan(found[1])


def test_all_are_held_against_the_first() -> None:
    rng = np.random.default_rng(0)
    scores = {"best": 0.9, "near": 0.899, "far": 0.5}
    noise = rng.normal(size=(3, 5)) * 0.003
    listed = [t for (n, s), e in zip(scores.items(), noise, strict=True) for t in trials(n, s + e)]
    part = Split(None, np.zeros(8), None, np.zeros(2))
    done = Comparison(listed, {}, part, 8, 2, 0, 1.0)
    first, near, far = against_the_best(done, ["best", "near", "far"])
    assert first == (0.0, 0.0, 1.0)
    assert near.p > 0.05
    assert far.p < 1e-4
    assert far.mean == pytest.approx(-0.4, abs=0.01)
