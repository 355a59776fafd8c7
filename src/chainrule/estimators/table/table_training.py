"""The whole of a recipe on rows of numbers: folds, columns left out by proof, nets on all rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

import numpy as np

from chainrule.engines import make_scorer
from chainrule.estimators.table.column_importance import loss_rises
from chainrule.estimators.table.folds import Fold
from chainrule.estimators.table.member import FLOAT, Member, TableRows, train_member
from chainrule.estimators.table.table_recipe import TableRecipe
from chainrule.network import random
from chainrule.network.architecture import Architecture

T = TypeVar("T")
_ERRORS = 2.0  # standard errors that a column's rise must be above
_FOLDS, _FEWER_COLUMNS, _ALL_ROWS, _PROBE = range(
    4
)  # what nets are for: each draws its own numbers


@dataclass(frozen=True, eq=False)
class Round:
    """Nets on folds, and what they say of the rows held out from them.

    Attributes
    ----------
    rows : TableRows
    architecture : Architecture
        Of training, with columns.
    members : list of Member
        One a fold.
    scores : list of ndarray
        The raw scores of each fold's held-out rows.
    loss : ndarray of shape (held-out rows,)
        Of each held-out row, fold by fold.
    """

    rows: TableRows
    architecture: Architecture
    members: list[Member]
    scores: list[np.ndarray]
    loss: np.ndarray


@dataclass(frozen=True, eq=False)
class Learned:
    """What a recipe leaves.

    Attributes
    ----------
    architecture : Architecture
        Of every member, without scales.
    thetas : ndarray of float32, shape (members, P)
    kept : ndarray of bool, shape (columns,)
    importances, errors : ndarray of shape (columns,)
        The mean rise of the held-out rows' loss when a column is shuffled, with its standard error; NaN where it was
        not measured.
    scores : list of ndarray
        The raw scores of each fold's held-out rows.
    best_epochs : list of int
        Of the nets on folds.
    epochs : int
        Of the nets on all rows; 0 where there are none.
    """

    architecture: Architecture
    thetas: np.ndarray
    kept: np.ndarray
    importances: np.ndarray
    errors: np.ndarray
    scores: list[np.ndarray]
    best_epochs: list[int]
    epochs: int


@dataclass
class TableTraining:
    """One run of a recipe.

    Parameters
    ----------
    rows : TableRows
    folds : sequence of Fold
    recipe : TableRecipe
    loss : str
    classifies : bool
    seed : int
    threads : int
        So many nets train at the same time, each on one; no bit of the result depends on it.
    engine : str
    deadline : float or None
        When to be done, in ``perf_counter``'s seconds.
    told : callable
        Is told, in words, what is trained now and how many nets of it are ready.
    """

    rows: TableRows
    folds: Sequence[Fold]
    recipe: TableRecipe
    loss: str
    classifies: bool
    seed: int
    threads: int
    engine: str = "auto"
    deadline: float | None = None
    told: Callable[[str, int, int], None] = lambda what, done, of: None
    _stopped: bool = field(default=False, init=False)

    def run(self) -> Learned:
        """Train everything."""
        widths = self.rows.widths
        importances = errors = np.full(len(widths), np.nan)
        kept = np.ones(len(widths), dtype=bool)
        if self.deadline is not None:
            self.recipe = self._plan(self.deadline - perf_counter())
        found = self._round(self.rows, _FOLDS)
        if self.recipe.removal:
            importances, errors = self._importances(found)
            needed = importances > _ERRORS * errors
            if 0 < needed.sum() < len(widths) and self._has_time(found, 1.0):
                fewer = self._round(self.rows.with_columns(needed), _FEWER_COLUMNS)
                if self._mean(fewer.loss - found.loss) < 0.0:
                    found, kept = fewer, needed
        best = [member.best_epoch for member in found.members]
        epochs = self._refit_epochs(found, best)
        members = [*found.members, *self._on_all_rows(found, epochs)]
        return Learned(
            found.architecture.without_columns(),
            np.stack([member.theta for member in members]),
            kept,
            importances,
            errors,
            found.scores,
            best,
            epochs,
        )

    # ---- rounds -------------------------------------------------------------------------------------

    def _round(self, rows: TableRows, purpose: int) -> Round:
        """Train a net on each fold and let it tell the rows held out from it."""
        architecture = self._architecture(rows)

        def on_fold(t: int) -> tuple[Member, np.ndarray]:
            fold = self.folds[t]
            member = self._member(architecture, rows, fold, self.recipe.epochs, purpose, t)
            plain = architecture.without_columns()
            scorer = make_scorer(self.engine, plain, FLOAT)
            return member, scorer.scores(member.theta, rows.X[fold.held_out])

        what = "folds" if purpose == _FOLDS else "folds with fewer columns"
        members, scores = zip(*self._each(on_fold, len(self.folds), what), strict=True)
        rule = architecture.loss_function
        losses = [
            rule.rows(score, rows.Y[fold.held_out]).astype(np.float64)
            for fold, score in zip(self.folds, scores, strict=True)
        ]
        return Round(rows, architecture, list(members), list(scores), np.concatenate(losses))

    def _on_all_rows(self, found: Round, epochs: int) -> list[Member]:
        """Train nets on all rows, for a number of epochs that the folds have found."""

        def on_all(t: int) -> Member:
            return self._member(found.architecture, found.rows, None, epochs, _ALL_ROWS, t)

        return self._each(on_all, self.recipe.folds, "all rows") if epochs else []

    def _importances(self, found: Round) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean rise of held-out loss for each column, and its standard error."""
        plain = found.architecture.without_columns()

        def on_fold(t: int) -> np.ndarray:
            seed = random.key(self.seed, "shuffle", t)
            return loss_rises(plain, found.members[t].theta, found.rows, self.folds[t], seed)

        rises = np.concatenate(self._each(on_fold, len(self.folds), "importance of columns"))
        different = len(np.unique(np.concatenate([fold.held_out for fold in self.folds])))
        return rises.mean(axis=0), rises.std(axis=0) / np.sqrt(min(different, len(rises)))

    # ---- time ---------------------------------------------------------------------------------------

    def _plan(self, seconds: float) -> TableRecipe:
        """Return the recipe that can be done in so many seconds, by the time of an epoch or two."""
        began = perf_counter()
        architecture = self._architecture(self.rows)
        for epochs in (1, 2):  # the first may compile
            probe = self._member(architecture, self.rows, self.folds[-1], epochs, _PROBE, 0)
        left = seconds - (perf_counter() - began)
        return self.recipe.within(max(left, 0.0), probe.seconds_an_epoch, self.threads)

    def _has_time(self, found: Round, rounds: float) -> bool:
        return self.deadline is None or self._affordable(found, rounds) >= self.recipe.epochs

    def _affordable(self, found: Round, rounds: float) -> float:
        """Return the epochs for which there is time in so many rounds of nets on folds."""
        assert self.deadline is not None
        slowest = max(member.seconds_an_epoch for member in found.members)
        waves = -(-len(self.folds) // self.threads)
        return (self.deadline - perf_counter()) / (rounds * waves * slowest)

    def _refit_epochs(self, found: Round, best: list[int]) -> int:
        recipe = self.recipe
        if not recipe.refit:
            return 0
        epochs = max(3, round(float(np.mean(best)) * recipe.refit))
        if self.deadline is not None:
            larger = len(self.folds) / max(len(self.folds) - 1, 1)
            epochs = min(epochs, int(0.95 * self._affordable(found, larger)))
        return epochs if epochs >= 3 else 0

    # ---- nets ---------------------------------------------------------------------------------------

    def _architecture(self, rows: TableRows) -> Architecture:
        return self.recipe.architecture(rows.widths, rows.Y.shape[1], self.loss, self.classifies)

    def _member(
        self,
        architecture: Architecture,
        rows: TableRows,
        fold: Fold | None,
        epochs: int,
        purpose: int,
        t: int,
    ) -> Member:
        learning, held_out = (None, None) if fold is None else fold
        seed = random.key(self.seed, "member", purpose, t)
        stop = lambda: self._stopped  # noqa: E731
        return train_member(
            architecture, rows, learning, held_out, self.recipe, epochs, seed, self.engine, stop
        )

    def _each(self, task: Callable[[int], T], count: int, what: str) -> list[T]:
        """Do a task for 0, 1, ..., several at the same time; Ctrl-C lets none go on."""
        self.told(what, 0, count)
        results: list[T] = []
        with ThreadPoolExecutor(min(self.threads, count)) as pool:
            try:
                for result in pool.map(task, range(count)):
                    results.append(result)
                    self.told(what, len(results), count)
            except BaseException:
                self._stopped = True
                pool.shutdown(cancel_futures=True)
                raise
        return results

    def _mean(self, values: np.ndarray) -> float:
        """Return the mean over held-out rows, each with its weight."""
        if self.rows.weights is None:
            return float(values.mean())
        held_out = np.concatenate([fold.held_out for fold in self.folds])
        return float(np.average(values, weights=self.rows.weights[held_out]))
