"""What TableClassifier and TableRegressor share: from a table and its target to members, and to their mean."""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from chainrule.engines import make_scorer
from chainrule.errors import DataWarning, InputError
from chainrule.estimators.checked_parameters import thread_count
from chainrule.estimators.held_out import HeldOut
from chainrule.estimators.inputs import Rows, as_frame, read_rows
from chainrule.estimators.table.folds import Fold, folds_of
from chainrule.estimators.table.member import FLOAT, TableRows
from chainrule.estimators.table.members_progress import members_progress
from chainrule.estimators.table.table_input import array_checked, table_and_target, table_of
from chainrule.estimators.table.table_recipe import PRESETS, TableRecipe
from chainrule.estimators.table.table_training import Learned, TableTraining
from chainrule.network.architecture import Architecture


class TableEstimator(BaseEstimator, ABC):
    """Base of TableClassifier and TableRegressor."""

    _learns_quantities: ClassVar[bool]

    preset: str
    time_limit: float | None
    random_state: Any
    threads: int | None
    engine: str
    verbose: bool
    preparation: Any

    preparation_: Any
    network_: Architecture
    thetas_: np.ndarray
    left_out_: dict[str, str]
    n_features_in_: int
    feature_names_in_: np.ndarray
    feature_importances_: np.ndarray
    out_of_fold_predictions_: np.ndarray | None
    best_epochs_: list[int]
    n_refit_epochs_: int
    _target: Any

    # ---- what each estimator fills in ---------------------------------------------------------------

    @abstractmethod
    def _learn_target(self, rows: Rows) -> Any:
        """Learn how y and outputs belong together."""

    @abstractmethod
    def _strata(self, rows: Rows) -> np.ndarray | None:
        """Return the class of each row, of which each fold gets its share."""

    @abstractmethod
    def _truth(self, rows: Rows) -> np.ndarray:
        """Return what is to be told, (n, 1): positions of classes, or quantities."""

    @abstractmethod
    def _row_weights(self, rows: Rows) -> np.ndarray | None:
        """Return how many rows each row stands for, class weights included."""

    @abstractmethod
    def _learn_from_held_out(self, scores: np.ndarray, rows: Rows) -> None:
        """Learn from raw scores of rows that no net which gave them has learned from."""

    @abstractmethod
    def _combined(self, scores: list[np.ndarray]) -> np.ndarray:
        """Return the mean prediction of members from the raw scores of each, (n, classes) or as y."""

    # ---- training -----------------------------------------------------------------------------------

    def _fit(self, X: Any, y: Any, sample_weight: Any, given: HeldOut) -> Self:
        began = perf_counter()
        given.check_alone()
        plan = self.recipe()
        X, y = table_and_target(X, y)
        rows = self._read(X, y, sample_weight, reset=True)
        rows = replace(rows, key=given.key(rows.n))
        n_given = rows.n
        present = np.arange(n_given) if rows.weights is None else np.flatnonzero(rows.weights)
        rows = rows.present()  # a row of weight 0 is as good as absent
        seed = int.from_bytes(check_random_state(self.random_state).bytes(8), "little")
        self._target = self._learn_target(rows)
        rows = replace(rows, truth=self._truth(rows))
        aside, folds = None, []
        if given.X_val is None:
            keys = {"groups" if given.times is None else "times": rows.key}
            folds = folds_of(seed, rows.n, plan.folds, self._strata(rows), **keys)
        preparation = self.preparation_ = self._learn_preparation(rows, plan)
        table = self._table_rows(rows, preparation)
        if given.X_val is not None:
            aside, plan = self._aside(given), replace(plan, refit=0.0)
            table = table.followed_by(self._table_rows(aside, preparation))
            folds = [Fold(np.arange(rows.n), np.arange(rows.n, table.n))] * plan.folds
        deadline = None if self.time_limit is None else began + self.time_limit
        with members_progress(self.verbose) as told:
            learned = TableTraining(
                table,
                folds,
                plan,
                self._target.loss,
                not self._learns_quantities,
                seed,
                thread_count(self.threads),
                self.engine,
                deadline,
                told,
            ).run()
        self._keep(learned, preparation, in_time=given.times is not None)
        self.out_of_fold_predictions_ = None
        if aside is not None:
            self._learn_from_held_out(np.mean(learned.scores, axis=0), aside)
            return self
        held_out, scores = (
            np.concatenate([f.held_out for f in folds]),
            np.concatenate(learned.scores),
        )
        self._learn_from_held_out(scores, rows.take(held_out))
        found = self._combined([scores])
        self.out_of_fold_predictions_ = np.full((n_given, *found.shape[1:]), np.nan)
        self.out_of_fold_predictions_[present[held_out]] = found
        return self

    def recipe(self) -> TableRecipe:
        """Return the recipe that the parameters name, if they can be followed."""
        if self.preset not in PRESETS:
            raise InputError.of("preset", got=repr(self.preset), expected=" or ".join(PRESETS))
        limit = self.time_limit
        if limit is not None and not (isinstance(limit, int | float) and 0.0 < limit < math.inf):
            raise InputError.of("time_limit", got=repr(limit), expected="seconds > 0, or None")
        if self.threads is not None and not (isinstance(self.threads, int) and self.threads > 0):
            raise InputError.of("threads", got=repr(self.threads), expected="1 or more, or None")
        if not isinstance(self.preparation, Mapping) and self.preparation not in ("auto", True):
            got = repr(self.preparation)
            raise InputError.of("preparation", got=got, expected="'auto' or a mapping")
        return PRESETS[self.preset]

    def facts(self) -> dict[str, Any]:
        """Return what a model file keeps beside the members."""
        return {
            "n_features_in_": self.n_features_in_,
            "left_out_": self.left_out_,
            "feature_importances_": [
                None if np.isnan(r) else r for r in self.feature_importances_.tolist()
            ],
            "best_epochs_": self.best_epochs_,
            "n_refit_epochs_": self.n_refit_epochs_,
        }

    def take_facts(self, facts: Mapping[str, Any]) -> None:
        """Take over what a model file has kept; whatever does not fit is refused."""
        rises = stored(facts, "feature_importances_", list, (int, float, type(None)))
        if len(rises) != self.n_features_in_:
            raise InputError.of(
                "info feature_importances_", got=len(rises), expected=f"{self.n_features_in_}"
            )
        self.feature_importances_ = np.array([np.nan if r is None else r for r in rises], float)
        self.left_out_ = stored(facts, "left_out_", dict, (str,))
        self.best_epochs_ = stored(facts, "best_epochs_", list, (int,))
        self.n_refit_epochs_ = stored(facts, "n_refit_epochs_", int)
        self.out_of_fold_predictions_ = None

    def _read(self, X: Any, y: Any, weight: Any, reset: bool, **name: str) -> Rows:
        X = array_checked(self, X, reset)
        rows = read_rows(self, X, y, weight, reset=reset, prepared=True, **name)
        if rows.y.ndim > 1:
            raise InputError.of(
                "y",
                got=f"{rows.y.shape[1]} columns",
                expected="one target",
                remedy="fit an estimator for each, or sklearn.multioutput's",
            )
        return rows

    def _aside(self, given: HeldOut) -> Rows:
        """Return the rows to validate on."""
        X, y = table_and_target(given.X_val, given.y_val)
        name = {"weight_name": "sample_weight_val"}
        rows = self._read(X, y, given.sample_weight_val, reset=False, **name).present()
        return replace(rows, truth=self._truth(rows))

    def _learn_preparation(self, rows: Rows, plan: TableRecipe) -> Any:
        from chainrule.tables import Preparation
        from chainrule.tables.reading_options import Reading

        said = self.preparation
        reading = Reading.of(said) if isinstance(said, Mapping) else None
        bins = plan.bins_for(rows.n, rows.X.shape[1])
        preparation = Preparation.fit(rows.X, y=rows.y, bins=bins, reading=reading)
        for note in preparation.notes:
            warnings.warn(note, DataWarning, stacklevel=5)
        return preparation

    def _table_rows(self, rows: Rows, preparation: Any) -> TableRows:
        X, Y = preparation.transform(rows.X), self._target.encode(rows.truth, FLOAT)
        return TableRows(X, Y, self._row_weights(rows), preparation.widths)

    def _keep(self, learned: Learned, preparation: Any, in_time: bool) -> None:
        names = preparation.input_columns
        self.left_out_ = {
            name: _reason(rise, error)
            for name, keep, rise, error in zip(
                names, learned.kept, learned.importances, learned.errors, strict=True
            )
            if not keep
        }
        self.preparation_ = preparation.without(self.left_out_)
        self.network_, self.thetas_ = learned.architecture, learned.thetas
        if in_time:  # nets that have not seen the latest rows are for judging alone
            on_all = len(learned.thetas) - len(learned.best_epochs)
            self.thetas_ = learned.thetas[-max(on_all, 1) :]
        rises = dict(zip(names, learned.importances, strict=True))
        used = [str(name) for name in self.feature_names_in_]
        self.feature_importances_ = np.array([rises.get(name, 0.0) for name in used])
        self.best_epochs_, self.n_refit_epochs_ = learned.best_epochs, learned.epochs

    # ---- prediction ---------------------------------------------------------------------------------

    def _predicted(self, X: Any) -> np.ndarray:
        """Return the mean of the members' predictions."""
        check_is_fitted(self)
        X = array_checked(self, table_of(X), reset=False)
        X = self.preparation_.transform(as_frame(self, X))
        scorer, threads = make_scorer(self.engine, self.network_, FLOAT), thread_count(self.threads)
        return self._combined([scorer.scores(theta, X, threads) for theta in self.thetas_])

    def check_table(self, X: Any) -> None:
        """Refuse a table that could not be predicted from."""
        self.preparation_.transform(as_frame(self, X))

    # ---- one of the members -------------------------------------------------------------------------

    def member(self, t: int = 0) -> Any:
        """Return one of the members as the estimator of one network, to look into."""
        from chainrule.estimators.classifier import MLPClassifier
        from chainrule.estimators.regressor import MLPRegressor

        check_is_fitted(self)
        plan = self.recipe()
        kind: Any = MLPRegressor if self._learns_quantities else MLPClassifier
        one: Any = kind(
            plan.hidden,
            dropout=plan.dropout,
            solver="adamw",
            learning_rate="cosine",
            engine=self.engine,
        )
        shared = ("_target", "classes_", "preparation_", "network_", "n_features_in_")
        known = vars(self)
        one.__dict__.update({name: known[name] for name in shared if name in known})
        one.feature_names_in_, one.theta_ = self.feature_names_in_, self.thetas_[t]
        return one

    def as_network(self, X: Any, y: Any, sample_weight: Any = None) -> tuple[Any, ...]:
        """Return the first member's bare network, and rows as it receives them, for ``trace`` and the like."""
        return self.member().as_network(X, y, sample_weight)  # type: ignore[no-any-return]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "thetas_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = tags.input_tags.string = True
        return tags


def stored(facts: Mapping[str, Any], name: str, kind: type, of: tuple[type, ...] = ()) -> Any:
    """Return what a model file has kept under a name, if it is of a kind, and what is in it as well."""
    value = facts.get(name)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if type(value) is not kind or not all(type(item) in of for item in inside):
        raise InputError.of(
            f"info {name}", got=repr(value)[:60], expected=f"a sound {kind.__name__}"
        )
    return value


def _reason(rise: float, error: float) -> str:
    return (
        f"shuffled, it raises the loss of held-out rows by {rise:.2g} (standard error {error:.2g}), "
        "and without all such columns they are told better"
    )
