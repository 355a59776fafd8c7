"""The recipe's plan for a time limit, its bins for large tables, its rule for dropping columns."""

from __future__ import annotations

import pytest

from chainrule.estimators.table.table_recipe import PRESETS, batch_rows

DEFAULT = PRESETS["default"]


def test_time_that_suffices_changes_nothing() -> None:
    assert DEFAULT.within(1e6, 0.1, 2) == DEFAULT


@pytest.mark.parametrize("seconds", [400.0, 60.0, 20.0, 5.0, 0.1])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_what_is_planned_fits_even_if_no_net_stops_early(seconds: float, threads: int) -> None:
    an_epoch = 0.2
    plan = DEFAULT.within(seconds, an_epoch, threads)
    waves = -(-plan.folds // threads)
    rounds = 1 + plan.removal + plan.refit * 5 / 4
    needed = rounds * waves * an_epoch * plan.epochs
    assert needed <= seconds or plan.epochs == 1
    if plan.epochs < 25:
        assert not plan.removal
        assert not plan.refit


def test_columns_are_dropped_by_their_number_and_only_for_classes() -> None:
    many = DEFAULT.architecture((1,) * 20, 2, "multiclass_log_loss(0.0)", True)
    assert many.column_dropout == pytest.approx(0.125)
    assert many.sizes == (20, 128, 64, 2)
    assert DEFAULT.architecture((3, 4), 1, "squared_error", False).column_dropout == 0.0


def test_large_tables_get_fewer_bins() -> None:
    assert DEFAULT.bins_for(5000, 20) == 16
    assert DEFAULT.bins_for(1_000_000, 30) == 4


def test_rows_of_a_step() -> None:
    assert [batch_rows(n) for n in (20, 247, 5000, 10**6)] == [20, 32, 128, 256]
