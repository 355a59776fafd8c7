"""What both estimators share: from checked rows to trained weights, and from new rows to raw scores.

``fit`` and ``partial_fit`` are one method, ``_train``: read the rows, set validation rows aside, learn
how targets and outputs belong together and how columns are prepared, build the network, train it,
keep the result. What differs between labels and quantities is in a few methods that each estimator
fills in. Nothing here depends on an engine's insides: ``training`` is told what to do.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from chainrule.engines import Data, Scorer, make_engine, make_scorer
from chainrule.errors import DataWarning, TrainingError
from chainrule.estimators import weights
from chainrule.estimators.checked_parameters import CheckedParameters, thread_count
from chainrule.estimators.fitting import Trainable
from chainrule.estimators.held_out import NOTHING_GIVEN, HeldOut
from chainrule.estimators.inputs import (
    Rows,
    as_frame,
    engine_input,
    numbers_of,
    plain_input,
    read_rows,
    wants_preparation,
)
from chainrule.estimators.network_view import as_network
from chainrule.estimators.scoring import Score, validation_score
from chainrule.estimators.target_input import GivenClasses
from chainrule.network.inference import LEAST_ROWS
from chainrule.network.parameters import Parameters
from chainrule.optimizers.catalogue import optimizers
from chainrule.training import TrainingResult, Validation
from chainrule.training.failure import check_scores


def has_first_order_solver(estimator: Any) -> bool:
    """Tell whether ``partial_fit`` makes sense; raise AttributeError if not."""
    if optimizers.get(estimator.solver).second_order:
        given = estimator.solver
        raise AttributeError(
            f"partial_fit is there for first-order solvers, and solver is {given!r}"
        )
    return True


#: What each fitted estimator predicts with, and for which parameters. Not an attribute: it can be neither copied nor
#: pickled, and scikit-learn wants that ``predict`` adds none.
_SCORERS: WeakKeyDictionary[Any, tuple[Any, Any, str, Scorer]] = WeakKeyDictionary()


class BasePerceptron(Trainable, BaseEstimator, ABC):
    """Base of MLPClassifier and MLPRegressor."""

    _learns_quantities: ClassVar[bool]

    random_state: Any
    engine: str
    threads: int | None

    # ---- what each estimator fills in ---------------------------------------------------------------

    @abstractmethod
    def _understand(self, rows: Rows, classes: Any, go_on: bool) -> np.ndarray:
        """Return the truth of rows, learning the classes unless training goes on; refuse a y that does not fit."""

    @abstractmethod
    def _learn_target(self, training: Rows) -> Any:
        """Learn how truth and outputs belong together, from the rows to train on."""

    @abstractmethod
    def _strata(self, rows: Rows) -> np.ndarray | None:
        """Return the class of each row, to set aside a share of each."""

    @abstractmethod
    def _row_weights(self, rows: Rows) -> np.ndarray | None:
        """Return how many rows each row stands for, class weights included."""

    @abstractmethod
    def _default_score(self, rows: Rows) -> Score:
        """Return what ``score`` returns, as a function of raw scores."""

    # ---- training -----------------------------------------------------------------------------------

    def _train(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        given: HeldOut = NOTHING_GIVEN,
        *,
        partial: bool = False,
        classes: Any = None,
    ) -> Self:
        p = CheckedParameters.of(self)
        given.check(p, partial)
        go_on = hasattr(self, "theta_") and (partial or p.warm_start)
        if not go_on:
            self._forget()
            # The same draw as any scikit-learn estimator's: a number repeats, a RandomState moves on.
            self._seed = int.from_bytes(check_random_state(self.random_state).bytes(8), "little")
        prepared = self.preparation_ is not None if go_on else wants_preparation(self, X)
        rows = read_rows(self, X, y, sample_weight, prepared=prepared, reset=not go_on)
        rows = replace(rows, key=given.key(rows.n)).present()
        rows = replace(rows, truth=self._understand(rows, classes, go_on))
        training: Rows = rows
        held_out: Rows | None = None
        if given.X_val is None and p.early_stopping and not partial:
            chosen = given.rows(self._seed, p.validation_fraction, rows, self._strata(rows))
            training, held_out = map(rows.take, chosen)
        if not go_on:
            self._target = self._learn_target(training)
            self.preparation_ = _learn_preparation(training, self.preparation) if prepared else None
        if given.X_val is not None:
            val = given.X_val, given.y_val, given.sample_weight_val
            held_out = self._known_rows(*val, "sample_weight_val").present()

        input_dtype = np.dtype("float32") if prepared else training.X.dtype
        dtype = self.theta_.dtype if go_on else p.arithmetic(input_dtype, training.n)
        working = np.dtype("float64") if p.optimizer.second_order else dtype
        row_weights = self._row_weights(training)
        data = self._data(training, working, row_weights)
        self._build(p, data.X.shape[1], weights.total(row_weights, training.n), go_on)

        threads = thread_count(p.threads)
        engine = make_engine(p.engine, self.network_, p.optimizer, working, threads)
        validation = None
        if held_out is not None:
            score = validation_score(self, held_out, self._default_score(held_out))
            held_out_data = self._data(held_out, working, self._row_weights(held_out))
            validation = Validation(held_out_data, score)
        state = self._state(p, working, go_on, partial)
        epochs_before = state.epoch
        try:
            result = self._run(p, engine, state, data, validation, partial)
            check_scores(engine, result.theta, data, state.epoch)
        except TrainingError:
            # The state is as it was before the epoch that failed: finite, and worth keeping.
            self._keep(p, TrainingResult.of(state, "diverged"), dtype, epochs_before, data.n)
            raise
        self._keep(p, result, dtype, epochs_before, data.n)
        if not partial:
            self._warn(p, data)
        return self

    def _known_rows(self, X: Any, y: Any, sample_weight: Any, name: str = "sample_weight") -> Rows:
        """Check rows of a kind that was learned before."""
        prepared = self.preparation_ is not None
        rows = read_rows(
            self, X, y, sample_weight, prepared=prepared, reset=False, weight_name=name
        )
        return replace(rows, truth=self._understand(rows, GivenClasses(None), True))

    def _data(self, rows: Rows, dtype: np.dtype[Any], row_weights: np.ndarray | None) -> Data:
        """Return rows as an engine takes them: this is what the network sees, in training and ever after."""
        X = rows.X if self.preparation_ is None else self.preparation_.transform(rows.X)
        Y = self._target.encode(rows.truth, dtype)
        return Data(engine_input(X, dtype), Y, weights.normalised(row_weights, dtype))

    def _network_rows(self, X: Any, y: Any, sample_weight: Any, dtype: Any) -> Data:
        """Return rows with a known truth as the first layer and the loss see them."""
        check_is_fitted(self)
        rows = self._known_rows(X, y, sample_weight)
        return self._data(rows, np.dtype(dtype), self._row_weights(rows))

    # ---- prediction ---------------------------------------------------------------------------------

    def _raw_scores(self, X: Any) -> np.ndarray:
        """Return the raw scores a[L] for new rows."""
        known = vars(self).get("_known_scores")
        if known is not None and known[0] is X:
            return np.asarray(known[1])
        rows = plain_input(self, X)
        return self._scores(self._network_inputs(X) if rows is None else rows)

    def _scores_for(self, X: Any) -> np.ndarray:
        """Return the raw scores in X's floating type, in which predictions are given."""
        single = getattr(X, "dtype", None) == np.float32
        return self._raw_scores(X).astype(np.float32 if single else np.float64, copy=False)

    def _network_inputs(self, X: Any, dtype: Any = None) -> Any:
        """Return rows as the first layer sees them, in ``dtype`` (that of the weights): the one way there."""
        check_is_fitted(self)
        if self.preparation_ is not None:
            X = self.preparation_.transform(as_frame(self, X))
        else:
            X = numbers_of(self, X)
        return engine_input(X, self.theta_.dtype if dtype is None else np.dtype(dtype))

    def _scores(self, X: Any) -> np.ndarray:
        """Return the raw scores of rows as an engine takes them: the one place where predictions get theirs."""
        threads = thread_count(self.threads) if X.shape[0] > LEAST_ROWS else 1
        return self._scorer().scores(self.theta_, X, threads)

    def _scorer(self) -> Scorer:
        known = _SCORERS.get(self)
        if (
            known is None
            or known[0] is not self.theta_
            or known[1] is not self.network_
            or known[2] != self.engine
        ):
            Parameters(self.network_, self.theta_)  # refuses what is not a vector for this network
            scorer = make_scorer(self.engine, self.network_, self.theta_.dtype)
            known = _SCORERS[self] = (self.theta_, self.network_, self.engine, scorer)
        return known[3]

    def as_network(self, X: Any, y: Any, sample_weight: Any = None) -> tuple[Any, ...]:
        """Return the bare network, and X, y and weights as it receives them, for ``trace`` and ``check_gradients``."""
        return as_network(self, X, y, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        return tags


def _learn_preparation(training: Rows, said: Any) -> Any:
    """Learn a preparation from the training rows alone, and pass on what it has to say."""
    from chainrule.tables import Preparation
    from chainrule.tables.reading_options import Reading

    reading = Reading.of(said) if isinstance(said, Mapping) else None
    preparation = Preparation.fit(training.X, y=training.y, reading=reading)
    for note in preparation.notes:
        warnings.warn(note, DataWarning, stacklevel=4)
    return preparation
