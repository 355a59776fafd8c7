"""What a trained estimator knows: one vector of weights, how it came about, and views of both.

Only ``theta_`` and the record of the training are kept; ``coefs_``, ``loss_curve_`` and the like are
views, so a pickle holds each number once. What the training needs to go on (moments, the weights
after the last epoch) stays in memory and is left out of pickles unless ``warm_start`` asks to go on.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.training import History, TrainingState


class Fitted:
    """The fitted attributes of both estimators."""

    warm_start: bool

    theta_: np.ndarray
    network_: Architecture
    preparation_: Any
    stop_reason_: str
    best_epoch_: int
    n_iter_: int
    t_: int
    n_features_in_: int
    feature_names_in_: np.ndarray

    _target: Any
    _history: History
    _seed: int
    _training: tuple[str, TrainingState]  # the solver, and what it needs to go on
    _known_scores: tuple[Any, np.ndarray]

    # ---- weights ------------------------------------------------------------------------------------

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights W[l] of each layer, (fan_in, fan_out): writable views of ``theta_``."""
        return Parameters(self.network_, self.theta_).W[1:]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases b[l] of each layer, (fan_out,): writable views of ``theta_``."""
        return Parameters(self.network_, self.theta_).b[1:]

    @property
    def n_layers_(self) -> int:
        """The number of layers, the input counted as one, as in scikit-learn."""
        return len(self._trained().sizes)

    @property
    def n_outputs_(self) -> int:
        """The units of the last layer."""
        return self._trained().sizes[-1]

    @property
    def out_activation_(self) -> str:
        """From raw scores to predictions: identity, logistic, softmax or exp."""
        self._trained()
        return str(self._target.link_name)

    # ---- the training -------------------------------------------------------------------------------

    @property
    def history_(self) -> dict[str, list[float | None]]:
        """One entry an epoch: loss, validation_loss, validation_score, learning_rate, gradient_norm, seconds."""
        return self._history.to_dict()

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch, over all calls that went on from each other."""
        return self._history.loss

    @property
    def loss_(self) -> float | None:
        """The training loss of the last epoch; None if there was none."""
        return self.loss_curve_[-1] if self.loss_curve_ else None

    @property
    def best_loss_(self) -> float | None:
        """The lowest training loss; None where validation rows decide, as in scikit-learn."""
        if self._validated():
            return None
        return min(self.loss_curve_, default=None)

    @property
    def validation_scores_(self) -> list[float | None] | None:
        """The score on the validation rows after each epoch; None without any."""
        return self._history.validation_score if self._validated() else None

    @property
    def best_validation_score_(self) -> float | None:
        """The highest of ``validation_scores_``; None without validation rows."""
        found = [s for s in self._history.validation_score if s is not None and s == s]
        return max(found, default=None)

    def _validated(self) -> bool:
        return any(loss is not None for loss in self._history.validation_loss)

    def _trained(self) -> Architecture:
        """Return the architecture, or raise AttributeError before training."""
        _ = self.theta_
        return self.network_

    # ---- copies -------------------------------------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "theta_")

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]
        state.pop("_known_scores", None)
        if not self.warm_start:
            state.pop("_training", None)
        return state

    def _as_of(self, theta: np.ndarray, X: Any, raw_scores: np.ndarray) -> Self:
        """Return this estimator with other weights, whose scores for this very ``X`` are known already."""
        present = object.__new__(type(self))
        present.__dict__.update(self.__dict__, theta_=theta, _known_scores=(X, raw_scores))
        return present

    def _forget(self) -> None:
        """Drop what an earlier training has left, so that a failing one does not leave half of each."""
        for name in ("theta_", "network_", "preparation_", "feature_names_in_", "_training"):
            self.__dict__.pop(name, None)
