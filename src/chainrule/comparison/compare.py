"""``compare``: several networks on one table, in a table of their own, with ranks and with what is only noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from chainrule.comparison.comparison_result import ComparisonResult
from chainrule.comparison.pool import train_all
from chainrule.comparison.progress_bar import ComparisonProgress
from chainrule.comparison.trials import Split, checked_seeds, splits
from chainrule.errors import InputError, InputTypeError
from chainrule.estimators import MLPClassifier, MLPRegressor
from chainrule.estimators.inputs import as_table

#: The four of the circle homework.
HIDDEN = ((64,), (128,), (64, 32), (128, 64))


def compare(
    X: Any,
    y: Any,
    *,
    hidden: Iterable[int | Sequence[int]] = HIDDEN,
    activations: Any = None,
    solvers: Any = None,
    learning_rates: Any = None,
    seeds: int | Sequence[int] = 3,
    folds: int | None = None,
    X_val: Any = None,
    y_val: Any = None,
    validation_fraction: float = 0.2,
    split_seed: int = 0,
    task: str | None = None,
    estimator: Any = None,
    n_jobs: int | None = None,
    progress: bool = True,
    **settings: Any,
) -> ComparisonResult:
    """Train every combination on the same rows and rank them.

    The weights of each training are those with the lowest loss on the validation rows, and the scores are those on the
    same rows: they flatter all candidates alike. Test the one you choose on rows that took no part.

    Parameters
    ----------
    X : array, data frame or path of a table
        Columns to learn from; mixed data frames are prepared, as by the estimators.
    y : array of shape (n,) or str
        Labels or quantities; or, of a data frame or path, the name of the target column.
    hidden : iterable of sequences of int
        The units of the hidden layers of each candidate.
    activations, solvers, learning_rates : value or list of values, optional
        Combined with ``hidden``; those of ``estimator`` if not given. A tuple is an activation for each layer.
    seeds : int or sequence of int
        Trainings of each candidate on each split; a number is so many.
    folds : int, optional
        Cross-validate instead of one split.
    X_val, y_val : optional
        Your own validation rows.
    validation_fraction : float
    split_seed : int
        Decides the rows of each split.
    task : {"classification", "regression"}, optional
        Told from ``y`` if not given.
    estimator : MLPClassifier or MLPRegressor, optional
        What all candidates have in common.
    n_jobs : int, optional
        Trainings at a time, each on one thread. None is one a processor.
    progress : bool
        Show a bar, on a terminal.
    **settings
        Further parameters of all candidates: ``max_iter=300``, ``dropout=0.1``, ...

    Returns
    -------
    ComparisonResult
        ``print`` it; ``.frame`` is a data frame; ``.plot_losses()``, ``.plot_scores()``, ``.plot_boundaries()``.

    Raises
    ------
    InputError
        If anything given cannot be used.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(300, 2))
    >>> y = (X**2).sum(axis=1) < 0.6
    >>> result = compare(X, y, hidden=[(2,), (16,)], solvers="lbfgs", seeds=2, max_iter=60)
    >>> list(result.frame["parameters"]), list(result.frame["rank"])
    ([65, 9], [1, 2])
    """
    X, y = _rows(X, y)
    base = _template(y, task, estimator).set_params(**settings)
    classifies = is_classifier(base)
    listed_seeds = checked_seeds(seeds)
    if (X_val is None) != (y_val is None) or (X_val is not None and folds is not None):
        raise InputError.of(
            "X_val", got="half of a choice", expected="both X_val and y_val, and no folds"
        )
    if X_val is not None:
        parts = [Split(X, y, *_rows(X_val, y_val))]
    else:
        parts = splits(
            X,
            y,
            stratified=classifies,
            validation_fraction=validation_fraction,
            folds=folds,
            split_seed=split_seed,
        )
    sizes = [_sizes(h) for h in hidden]
    if not sizes:
        raise InputError.of(
            "hidden", got="none", expected="at least one candidate: [(64,), (128,)]"
        )
    candidates, factors = combinations(
        base,
        hidden_layer_sizes=sizes,
        activation=_several(activations),
        solver=_several(solvers),
        learning_rate_init=_several(learning_rates),
    )
    return compare_estimators(
        candidates, parts, listed_seeds, factors=factors, n_jobs=n_jobs, progress=progress
    )


def compare_estimators(
    candidates: Mapping[str, Any],
    parts: Sequence[Split],
    seeds: Sequence[int],
    *,
    factors: Mapping[str, Mapping[str, Any]] | None = None,
    n_jobs: int | None = None,
    progress: Any = True,
) -> ComparisonResult:
    """Train estimators that were made already; see ``compare``.

    Parameters
    ----------
    candidates : mapping of str to estimator
    parts : sequence of Split
    seeds : sequence of int
    factors : mapping, optional
        For each candidate the parameters in which they differ.
    n_jobs : int, optional
    progress : bool or callable
        A bar, none, or what is told of every ``TrialEvent``.
    """
    listener = ComparisonProgress() if progress is True else progress or None
    done = train_all(candidates, parts, seeds, n_jobs=n_jobs, progress=listener)
    first = next(iter(candidates.values()))
    return ComparisonResult(done, factors or {name: {} for name in candidates}, score_of(first))


def combinations(
    base: Any, **values: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return an estimator for each combination of parameters, and the parameters of each.

    Parameters
    ----------
    base : estimator
    **values : sequence
        For each parameter the values it takes; an empty one leaves it as it is.

    Raises
    ------
    InputError
        If two combinations are the same.

    Examples
    --------
    >>> made, factors = combinations(MLPClassifier(), hidden_layer_sizes=[(8,), (4, 4)], solver=["adam", "sgd"])
    >>> list(made)
    ['8, adam', '8, sgd', '4-4, adam', '4-4, sgd']
    """
    used = {name: list(options) for name, options in values.items() if options}
    varied = [name for name, options in used.items() if len(options) > 1]
    made: dict[str, Any] = {}
    factors: dict[str, dict[str, Any]] = {}
    for combination in product(*used.values()):
        chosen = dict(zip(used, combination, strict=True))
        # the units are always named; of the rest, what tells the candidates apart
        parts = [written(chosen[n]) for n in used if n in varied or n == "hidden_layer_sizes"]
        name = ", ".join(parts)
        if name in made:
            raise InputError.of("candidates", got=f"{name} twice", expected="different ones")
        made[name] = clone(base).set_params(**chosen)
        factors[name] = {n: chosen[n] for n in varied}
    return made, factors


def written(value: Any) -> str:
    """Return a parameter's value in short.

    Examples
    --------
    >>> written((64, 32)), written(()), written(0.001), written("relu")
    ('64-32', 'none', '0.001', 'relu')
    """
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def score_of(estimator: Any) -> str:
    """Return the name of what an estimator is scored by."""
    if isinstance(estimator.scoring, str):
        return estimator.scoring
    if estimator.scoring is not None:
        return "score"
    return "accuracy" if is_classifier(estimator) else "R²"


def _rows(X: Any, y: Any) -> tuple[Any, np.ndarray]:
    if isinstance(y, str):
        from chainrule.tables import read_table, separate

        X, y = separate(read_table(X), y)
    elif isinstance(X, str):
        raise InputTypeError.of("y", got=type(y).__name__, expected="the target column's name")
    X, y = as_table(X), np.asarray(y)
    if y.ndim != 1 or len(y) != X.shape[0]:
        raise InputError.of(
            "y", got=f"shape {y.shape}", expected=f"({X.shape[0]},): one value for each row"
        )
    return X, y


def _template(y: np.ndarray, task: str | None, estimator: Any) -> Any:
    if estimator is not None:
        if not isinstance(estimator, MLPClassifier | MLPRegressor):
            expected = "an MLPClassifier or MLPRegressor of chainrule"
            raise InputTypeError.of("estimator", got=type(estimator).__name__, expected=expected)
        return clone(estimator)
    import pandas as pd

    from chainrule.tables import recognise_task

    chosen = recognise_task(pd.Series(y, name="y"), task).task
    return MLPClassifier() if chosen == "classification" else MLPRegressor()


def _sizes(hidden: Any) -> tuple[int, ...]:
    return (int(hidden),) if isinstance(hidden, int | np.integer) else tuple(hidden)


def _several(values: Any) -> list[Any]:
    if values is None:
        return []
    return list(values) if isinstance(values, list) else [values]
