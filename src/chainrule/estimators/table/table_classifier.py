"""TableClassifier: classes from a table, right by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.base import ClassifierMixin

from chainrule.equations.elementary import Array
from chainrule.errors import InputError
from chainrule.estimators import weights
from chainrule.estimators.class_target import ClassTarget, class_target
from chainrule.estimators.held_out import HeldOut
from chainrule.estimators.inputs import Rows
from chainrule.estimators.saving import save_estimator
from chainrule.estimators.table.table_estimator import TableEstimator, stored
from chainrule.estimators.target_input import learn_classes

_LEAST = 1e-7  # of a probability, so that its logarithm is finite


class TableClassifier(ClassifierMixin, TableEstimator):
    """Perceptrons that tell classes from a table as it is: numbers, categories, dates, missing values.

    Nothing needs to be chosen. Five nets learn from four fifths of the rows each; rows held out say when to stop, which
    columns are of no use and are left out, and how sure the model may be. Five more learn from all rows, and the mean
    of all is the prediction.

    Parameters
    ----------
    preset : {"default", "fast"}, default="default"
        ``"fast"``: only the five nets on folds, with all columns; about a third of the time.
    time_limit : float or None, default=None
        Seconds for ``fit``. The training is planned for them: there are fewer epochs and rounds, and every schedule is
        laid out to its end. With a limit the model depends on how fast the machine is.
    random_state : int, RandomState or None, default=None
        Decides folds, initial weights, the order of the rows and dropout.
    class_weight : dict, "balanced" or None, default=None
        Weights of classes.
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
    classes_ : ndarray of shape (classes,)
    out_of_fold_predictions_ : ndarray of shape (n, classes), or None
        What nets that did not learn from a row say of it, as probabilities; NaN where a row was held out from none, and
        None with ``X_val``.
    feature_importances_ : ndarray of shape (m,)
        By how much the log-loss of held-out rows rises when a column is shuffled; NaN with ``preset="fast"``.
    left_out_ : dict
        The columns that were left out, and why.
    temperature_ : float
        Probabilities are raised to 1 / temperature_ and normalised; learned from rows held out.
    preparation_ : Preparation
    network_ : Architecture
        Of every member.
    thetas_ : ndarray of shape (members, P)
    best_epochs_, n_refit_epochs_ : list of int, int
        Of the nets on folds, and of those on all rows.
    n_features_in_, feature_names_in_ : int, ndarray

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = TableClassifier(random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    """

    _learns_quantities = False
    _target: ClassTarget
    classes_: np.ndarray
    temperature_: float

    def __init__(
        self,
        preset: str = "default",
        *,
        time_limit: float | None = None,
        random_state: Any = None,
        class_weight: Any = None,
        threads: int | None = None,
        engine: str = "auto",
        verbose: bool = False,
        preparation: Any = "auto",
    ) -> None:
        self.preset = preset
        self.time_limit = time_limit
        self.random_state = random_state
        self.class_weight = class_weight
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
            Labels, or the column of ``X`` that holds them.
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
        """Return the likeliest labels, (n,)."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        labels: np.ndarray = self.classes_[likeliest]
        return labels

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities, (n, classes)."""
        probabilities: np.ndarray = self._predicted(X)
        return probabilities

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of ``predict_proba``."""
        logarithms: np.ndarray = np.log(np.maximum(self.predict_proba(X), _LEAST))
        return logarithms

    def save(self, path: Any) -> None:
        """Write the model with all its members to one file that holds data only; ``chainrule.load`` reads it."""
        save_estimator(self, path)

    def facts(self) -> dict[str, Any]:
        """Return what a model file keeps beside the members."""
        return {**super().facts(), "temperature_": self.temperature_}

    def take_facts(self, facts: Mapping[str, Any]) -> None:
        """Take over what a model file has kept."""
        super().take_facts(facts)
        self.temperature_ = stored(facts, "temperature_", float)
        if not 0.0 < self.temperature_ < np.inf:
            raise InputError.of("info temperature_", got=self.temperature_, expected="a number > 0")

    def _raw_scores(self, X: Any) -> np.ndarray:
        """Return scores that the target turns into the very probabilities."""
        log_p = self.predict_log_proba(X)
        if self._target.n_outputs == len(self.classes_):
            return log_p
        return np.asarray((log_p[:, 1] - log_p[:, 0])[:, None])

    # ---- what the base class asks for ---------------------------------------------------------------

    def _learn_target(self, rows: Rows) -> ClassTarget:
        self.temperature_ = 1.0
        target = class_target("single", learn_classes(rows.y, None)[1], "auto")
        self.classes_ = target.public_classes
        return target

    def _strata(self, rows: Rows) -> np.ndarray:
        codes: np.ndarray = rows.truth[:, 0]
        return codes

    def _truth(self, rows: Rows) -> np.ndarray:
        return self._target.codes(rows.y)

    def _row_weights(self, rows: Rows) -> np.ndarray | None:
        of_classes = weights.class_weights(
            self.class_weight, self._target, rows.truth, rows.weights
        )
        return weights.product(rows.weights, of_classes)

    def _learn_from_held_out(self, scores: np.ndarray, rows: Rows) -> None:
        """Learn the temperature with which the log-loss of held-out rows is least (Guo et al. 2017)."""
        if len(self.classes_) < 2:
            return
        p, right = self._combined([scores]), rows.truth[:, 0]
        row_weights, at = self._row_weights(rows), np.arange(rows.n)

        def log_loss(log_temperature: float) -> float:
            told = tempered(p, float(np.exp(log_temperature)))[at, right]
            return float(np.average(-np.log(np.maximum(told, _LEAST)), weights=row_weights))

        self.temperature_ = float(np.exp(minimize_scalar(log_loss, bounds=(-1.0, 1.0)).x))

    def _combined(self, scores: list[np.ndarray]) -> np.ndarray:
        """Return the mean of the members' probabilities, at the temperature."""
        p = np.mean([self._target.probabilities(s.astype(np.float64)) for s in scores], axis=0)
        return tempered(p, self.temperature_)


def tempered(p: Array, temperature: float) -> np.ndarray:
    """Return p^(1 / temperature), each row normalised.

    Examples
    --------
    >>> tempered(np.array([[0.2, 0.8]]), 0.5).round(4).tolist()
    [[0.0588, 0.9412]]
    """
    q = (p / p.max(axis=1, keepdims=True)) ** (1.0 / temperature)
    return np.asarray(q / q.sum(axis=1, keepdims=True))
