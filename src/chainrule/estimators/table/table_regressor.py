"""TableRegressor: quantities from a table, right by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from chainrule.errors import InputError
from chainrule.estimators.held_out import HeldOut
from chainrule.estimators.inputs import Rows
from chainrule.estimators.number_target import NumberTarget, number_target
from chainrule.estimators.saving import save_estimator
from chainrule.estimators.table.table_estimator import TableEstimator, stored


class TableRegressor(RegressorMixin, TableEstimator):
    """Perceptrons that tell quantities from a table as it is: numbers, categories, dates, missing values.

    Nothing needs to be chosen. Five nets learn from four fifths of the rows each; rows held out say when to stop, and
    which columns are of no use and are left out. Five more learn from all rows, and the mean of all is the prediction.
    It never leaves the range of the targets it has seen.

    Parameters
    ----------
    preset : {"default", "fast"}, default="default"
        ``"fast"``: only the five nets on folds, with all columns; about a third of the time.
    time_limit : float or None, default=None
        Seconds for ``fit``. The training is planned for them: there are fewer epochs and rounds, and every schedule is
        laid out to its end. With a limit the model depends on how fast the machine is.
    random_state : int, RandomState or None, default=None
        Decides folds, initial weights, the order of the rows and dropout.
    threads : int or None, default=None
        Nets that train at the same time, each on one processor; None is one a processor. No result depends on it.
    engine : {"auto", "fused", "reference"}, default="auto"
        Compiled epochs, or NumPy.
    verbose : bool, default=False
        Show a progress bar.
    preparation : "auto", True or mapping, default="auto"
        Tables are always prepared. A mapping says how their text is read, any of ``{"decimal": ",", "day_first": True,
        "missing": ["k. A."], "kinds": {"zip": "category"}}`` (`tables.reading_options.Reading`).

    Attributes
    ----------
    out_of_fold_predictions_ : ndarray of shape (n,), or None
        What nets that did not learn from a row say of it; NaN where a row was held out from none, and None with
        ``X_val``.
    feature_importances_ : ndarray of shape (m,)
        By how much the squared error of held-out rows rises when a column is shuffled, in units of the target's
        variance; NaN with ``preset="fast"``.
    left_out_ : dict
        The columns that were left out, and why.
    range_ : tuple of float
        The least and the largest target, which predictions stay within.
    preparation_ : Preparation
    network_ : Architecture
        Of every member.
    thetas_ : ndarray of shape (members, P)
    best_epochs_, n_refit_epochs_ : list of int, int
        Of the nets on folds, and of those on all rows.
    n_features_in_, feature_names_in_ : int, ndarray

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = TableRegressor(random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.4
    True
    """

    _learns_quantities = True
    _target: NumberTarget
    range_: tuple[float, float]

    def __init__(
        self,
        preset: str = "default",
        *,
        time_limit: float | None = None,
        random_state: Any = None,
        threads: int | None = None,
        engine: str = "auto",
        verbose: bool = False,
        preparation: Any = "auto",
    ) -> None:
        self.preset = preset
        self.time_limit = time_limit
        self.random_state = random_state
        self.threads = threads
        self.engine = engine
        self.verbose = verbose
        self.preparation = preparation

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        groups: Any = None,
        times: Any = None,
    ) -> Self:
        """Train on a table.

        Parameters
        ----------
        X : data frame, array or path, of shape (n, m)
            Any frame that narwhals knows, an array (its columns are taken as numbers where they are), or the path of a
            table.
        y : array-like of shape (n,), or str
            Quantities, or the column of ``X`` that holds them.
        sample_weight : array-like of shape (n,), optional
            How many such rows there are; a row of weight 0 is as good as absent.
        X_val, y_val, sample_weight_val : optional
            Rows to hold out instead of folds: five nets learn from all of ``X``.
        groups, times : array-like of shape (n,), optional
            Folds are whole groups, or later in time than what their nets learn from. At most one of them.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If anything given cannot be used.
        """
        given = HeldOut(X_val, y_val, sample_weight_val, groups, times)
        return self._fit(X, y, sample_weight, given)

    def predict(self, X: Any) -> np.ndarray:
        """Return quantities, (n,)."""
        return self._predicted(X)

    def save(self, path: Any) -> None:
        """Write the model with all its members to one file that holds data only; ``chainrule.load`` reads it."""
        save_estimator(self, path)

    def facts(self) -> dict[str, Any]:
        """Return what a model file keeps beside the members."""
        return {**super().facts(), "range_": list(self.range_)}

    def take_facts(self, facts: Mapping[str, Any]) -> None:
        """Take over what a model file has kept."""
        super().take_facts(facts)
        low, high = [*stored(facts, "range_", list, (float,)), np.nan, np.nan][:2]
        if not low <= high:
            raise InputError.of(
                "info range_", got=(low, high), expected="the least and the largest"
            )
        self.range_ = low, high

    def _raw_scores(self, X: Any) -> np.ndarray:
        """Return scores that the target turns into the very predictions."""
        scores: np.ndarray = (self.predict(X)[:, None] - self._target.center) / self._target.scale
        return scores

    # ---- what the base class asks for ---------------------------------------------------------------

    def _learn_target(self, rows: Rows) -> NumberTarget:
        self.range_ = float(rows.y.min()), float(rows.y.max())
        return number_target(
            "squared_error", self._truth(rows), rows.weights, True, True, rows.y.dtype
        )

    def _strata(self, rows: Rows) -> None:
        return None

    def _truth(self, rows: Rows) -> np.ndarray:
        return rows.y.astype(np.float64)[:, None]

    def _row_weights(self, rows: Rows) -> np.ndarray | None:
        return rows.weights

    def _learn_from_held_out(self, scores: np.ndarray, rows: Rows) -> None:
        """There is nothing more to learn."""

    def _combined(self, scores: list[np.ndarray]) -> np.ndarray:
        """Return the mean of the members' predictions, within the range of the targets."""
        mean: np.ndarray = np.mean([self._target.predictions(s) for s in scores], axis=0)
        clipped: np.ndarray = np.clip(mean, *self.range_)
        return clipped
