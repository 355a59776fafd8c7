"""Folds: each row held out once, each class in each fold, groups whole, learning never later than what is held out."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.errors import InputError
from chainrule.estimators.table.folds import folds_of


@pytest.mark.parametrize("strata", [None, np.repeat([0, 1, 2], [70, 25, 5])])
def test_each_row_is_held_out_once_and_each_class_everywhere(strata: np.ndarray | None) -> None:
    folds = folds_of(1, 100, 5, strata)
    assert np.sort(np.concatenate([f.held_out for f in folds])).tolist() == list(range(100))
    for fold in folds:
        assert np.sort(np.concatenate(fold)).tolist() == list(range(100))
        assert len(fold.held_out) == 20
        if strata is not None:
            assert np.bincount(strata[fold.held_out]).tolist() == [14, 5, 1]
    assert folds_of(1, 100, 5, strata)[2].held_out.tolist() == folds[2].held_out.tolist()
    assert folds_of(2, 100, 5, strata)[2].held_out.tolist() != folds[2].held_out.tolist()


def test_groups_are_whole_and_folds_about_equal() -> None:
    groups = np.random.default_rng(0).integers(0, 40, size=400)
    folds = folds_of(0, 400, 5, groups=groups)
    assert np.sort(np.concatenate([f.held_out for f in folds])).tolist() == list(range(400))
    for fold in folds:
        assert not set(groups[fold.learning]) & set(groups[fold.held_out])
        assert 70 <= len(fold.held_out) <= 90


def test_what_is_held_out_is_later() -> None:
    times = np.random.default_rng(0).integers(0, 50, size=200)
    folds = folds_of(0, 200, 5, times=times)
    assert len(folds) == 5
    for fold in folds:
        assert times[fold.learning].max() < times[fold.held_out].min()
    assert len(np.concatenate([f.held_out for f in folds])) == len(folds[-1].learning) + len(
        folds[-1].held_out
    ) - len(folds[0].learning)


@pytest.mark.parametrize(
    "options", [{"n": 1}, {"n": 3, "groups": np.zeros(3)}, {"n": 3, "times": np.zeros(3)}]
)
def test_too_little_to_hold_out_is_refused(options: dict) -> None:
    n = options.pop("n")
    with pytest.raises(InputError, match="at least 2"):
        folds_of(0, n, 5, **options)


def test_few_rows_make_few_folds() -> None:
    assert [len(f.held_out) for f in folds_of(0, 3, 5)] == [1, 1, 1]
