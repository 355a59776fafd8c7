"""What a comparison consists of: rows, seeds, trials, and what each validation row adds to a score."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import KFold, StratifiedKFold

from chainrule.errors import InputError, InputTypeError
from chainrule.estimators.inputs import take_rows
from chainrule.estimators.splitting import split


@dataclass(frozen=True)
class TrialEvent:
    """What a comparison tells while it runs.

    Attributes
    ----------
    kind : {"start", "epoch", "trial", "end"}
    trials, finished : int
        How many trainings there are, and how many are over.
    epochs : int
        The most epochs of one training.
    candidate : str
    epoch : int
        In this training.
    score : float or None
        Of the training that has ended.
    """

    kind: str
    trials: int
    finished: int
    epochs: int
    candidate: str = ""
    epoch: int = 0
    score: float | None = None


@dataclass(frozen=True)
class Split:
    """Rows to train on and rows to validate on."""

    X: Any
    y: np.ndarray
    X_val: Any
    y_val: np.ndarray


@dataclass(frozen=True)
class Trial:
    """One training.

    Attributes
    ----------
    candidate : str
    seed, fold : int
    seconds : float
        Of processor time that ``fit`` took on its one thread, so that what else runs does not count.
    epochs, best_epoch : int
    score, loss : float
        On the validation rows, by the weights that were kept; NaN if training failed.
    row_scores : ndarray of shape (n_val,) or None
        What each validation row adds to the score, so that their mean is the score.
    history : dict
    stop_reason : str
    notes : tuple of str
        What the training warned of; why it failed.
    """

    candidate: str
    seed: int
    fold: int
    seconds: float
    epochs: int
    best_epoch: int
    score: float
    loss: float
    row_scores: np.ndarray | None
    history: dict[str, list[float | None]]
    stop_reason: str
    notes: tuple[str, ...] = ()


@dataclass
class Comparison:
    """All trainings, with one fitted estimator a candidate.

    Attributes
    ----------
    trials : list of Trial
        By candidate, then fold, then seed.
    fitted : dict
        For each candidate the estimator of its first training that ended well.
    first : Split
        The rows that ``fitted`` was trained and validated on.
    n_train, n_validation : int
    n_folds : int
        0 without folds.
    seconds : float
        From beginning to end.
    """

    trials: list[Trial]
    fitted: dict[str, Any]
    first: Split
    n_train: int
    n_validation: int
    n_folds: int
    seconds: float
    _by_name: dict[str, list[Trial]] = field(default_factory=dict)

    def of(self, candidate: str) -> list[Trial]:
        """Return the trials of one candidate."""
        if not self._by_name:
            for trial in self.trials:
                self._by_name.setdefault(trial.candidate, []).append(trial)
        return self._by_name[candidate]


Progress = Callable[[TrialEvent], object]


def splits(
    X: Any,
    y: np.ndarray,
    *,
    stratified: bool,
    validation_fraction: float,
    folds: int | None,
    split_seed: int,
) -> list[Split]:
    """Return the rows to train and to validate on: one split, or one a fold.

    Raises
    ------
    InputError
        If there are too few rows.
    """
    n = len(y)
    if folds is None:
        strata = np.unique(y.astype(str), return_inverse=True)[1] if stratified else None
        found = [split(split_seed, n, validation_fraction, strata)]
    else:
        if isinstance(folds, bool) or not 2 <= folds <= n // 2:
            raise InputError.of("folds", got=folds, expected=f"2 to {n // 2} for {n} rows")
        cutter = (StratifiedKFold if stratified else KFold)(
            folds, shuffle=True, random_state=split_seed
        )
        with (
            warnings.catch_warnings()
        ):  # a class with fewer rows than folds is in some of them only
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            found = list(cutter.split(np.zeros((n, 1)), y.astype(str) if stratified else y))
    return [
        Split(take_rows(X, training), y[training], take_rows(X, held_out), y[held_out])
        for training, held_out in found
    ]


def trial_of(
    name: str,
    fold: int,
    seed: int,
    seconds: float,
    estimator: Any,
    part: Split,
    notes: tuple[str, ...],
) -> Trial:
    """Return what a fitted estimator has come to, by the weights that were kept."""
    history = estimator.history_
    best, reason = estimator.best_epoch_, estimator.stop_reason_
    failed = reason == "diverged" or not best
    score = np.nan if failed else history["validation_score"][best - 1]
    loss = np.nan if failed else history["validation_loss"][best - 1]
    return Trial(
        name,
        seed,
        fold,
        seconds,
        estimator.n_iter_,
        best,
        np.nan if score is None else float(score),
        np.nan if loss is None else float(loss),
        None if failed else row_scores(estimator, part.X_val, part.y_val),
        history,
        reason,
        notes,
    )


def row_scores(estimator: Any, X: Any, y: np.ndarray) -> np.ndarray | None:
    """Return what each row adds to accuracy or R², so that their mean is the score; None for other scores.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X, y
        Rows with one target column.

    Returns
    -------
    ndarray of shape (n,), or None
    """
    if estimator.scoring is not None or y.ndim != 1:
        return None
    predicted = estimator.predict(X)
    if is_classifier(estimator):
        return np.asarray(predicted == y, dtype=np.float64)
    spread = float(np.var(y.astype(np.float64)))
    if predicted.ndim != 1 or not spread > 0.0:
        return None
    return np.asarray(1.0 - (y - predicted) ** 2 / spread)


def checked_seeds(seeds: Any) -> list[int]:
    """Return the seeds; a number is so many, from 0.

    Examples
    --------
    >>> checked_seeds(3), checked_seeds([7, 9])
    ([0, 1, 2], [7, 9])
    """
    if isinstance(seeds, int | np.integer) and not isinstance(seeds, bool):
        listed = list(range(int(seeds)))
    elif isinstance(seeds, Sequence | range | np.ndarray) and not isinstance(seeds, str):
        listed = [int(seed) for seed in seeds]
    else:
        raise InputTypeError.of("seeds", got=repr(seeds), expected="a number, or a list of numbers")
    if not listed or len(set(listed)) < len(listed) or min(listed) < 0:
        raise InputError.of("seeds", got=repr(seeds), expected="different whole numbers >= 0")
    return listed
