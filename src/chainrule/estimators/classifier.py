"""MLPClassifier: scikit-learn's interface, with all that this package adds.

The file is over 300 lines because every parameter is documented where users look for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from chainrule.equations.losses import Loss
from chainrule.errors import InputError
from chainrule.estimators import weights
from chainrule.estimators.accepted import Activations, EngineName, Solver, Units
from chainrule.estimators.base import BasePerceptron, has_first_order_solver
from chainrule.estimators.class_target import ClassTarget, class_target
from chainrule.estimators.held_out import HeldOut
from chainrule.estimators.inputs import Rows
from chainrule.estimators.parameter_checks import store
from chainrule.estimators.saving import save_estimator
from chainrule.estimators.scoring import Score, accuracy
from chainrule.estimators.target_input import (
    GivenClasses,
    check_known,
    check_same,
    learn_classes,
    read_target,
)
from chainrule.optimizers.schedule import Schedule


class MLPClassifier(ClassifierMixin, BasePerceptron):
    """Multilayer perceptron that predicts classes.

    A drop-in replacement for scikit-learn's ``MLPClassifier``. y may be labels of any type, a 0/1 matrix (multilabel),
    or several columns of labels (multiclass-multioutput: one-versus-rest outputs for each column, in one network).

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        The units of each hidden layer. ``()`` is logistic regression.
    activation : str, Activation or sequence of them, default="relu"
        One for all hidden layers, or one for each: identity, logistic (sigmoid), tanh, relu, leaky_relu, elu, selu,
        softplus, gelu, gelu_tanh, silu, mish, or one of your own (``register_activation``). Numbers go in brackets:
        ``"leaky_relu(0.2)"``.
    solver : {"adam", "sgd", "lbfgs", "adamw", "rmsprop"} or Optimizer, default="adam"
        L-BFGS uses all rows at every step, in float64; the others use batches. Numbers go in brackets,
        ``"rmsprop(rho=0.9)"``, and those left open come from the parameters below; a record, ``RMSprop(rho=0.9)``,
        brings all of its own. One of your own is registered with ``chainrule.optimizers.optimizers.register``.
    alpha : float, default=0.0001
        Strength of the L2 penalty, divided by the number of rows (the sum of weights), whatever the batch size.
    batch_size : int or "auto", default="auto"
        Rows a step; "auto" is ``min(200, n_samples)``.
    learning_rate : str or Schedule, default="constant"
        The schedule, with every solver but lbfgs: constant, invscaling, adaptive, step, exponential, cosine, one_cycle,
        flat_cosine, coslog.
        Numbers go in brackets: ``"step(0.5, 20)"``.
    learning_rate_init : float, default=0.001
        The base rate.
    power_t : float, default=0.5
        The exponent of "invscaling".
    max_iter : int, default=200
        The most epochs; iterations of lbfgs.
    shuffle : bool, default=True
        Take the rows in a new order each epoch.
    random_state : int, RandomState or None, default=None
        Decides the initial weights, the order of the rows, dropout and the split for validation.
    tol : float, default=1e-4
        The least that counts as an improvement of what is monitored; the gradient tolerance of lbfgs.
    verbose : bool or int, default=False
        Show a progress bar on a terminal; elsewhere print a line for each epoch.
    warm_start : bool, default=False
        Let ``fit`` go on from where the last one stopped: 2 x 50 epochs equal 100, bit for bit.
    momentum : float, default=0.9
        Momentum of sgd.
    nesterovs_momentum : bool, default=True
        Whether it is Nesterov's.
    early_stopping : bool, default=False
        Set rows aside and stop when their loss (or ``scoring``) no longer improves.
    validation_fraction : float, default=0.1
        The share of rows set aside, of every class alike; unused if ``X_val`` is given.
    beta_1, beta_2 : float, default=0.9, 0.999
        Memory of the moments of adam and adamw.
    epsilon : float, default=1e-8
        Keeps adam, adamw and rmsprop from dividing by zero.
    n_iter_no_change : int or inf, default=10
        Training stops after more than so many epochs in a row without improvement: of ``scoring`` if given, else of
        the loss on validation rows if there are any, else of the training loss.
    max_fun : int, default=15000
        The most evaluations of lbfgs.
    loss : str or Loss, default="auto"
        "auto" or "log_loss": log-loss, that is multiclass_log_loss for several classes and binary_log_loss else;
        ``"log_loss(0.1)"`` with label smoothing. "focal" or a loss of your own (``register_loss``) with a sigmoid link
        is used one class versus the rest.
    dropout : float or sequence of float, default=0.0
        The probability of dropping a unit while training, for all hidden layers or for each.
    class_weight : dict, "balanced", list of dicts or None, default=None
        Multiplies the sample weights, class by class; a list has one entry for each column of y.
    l1 : float, default=0.0
        Strength of the L1 penalty, divided by the number of rows like ``alpha``.
    weight_decay : float or None, default=None
        Decoupled decay of adamw; None is its default, 0.01.
    clip_norm : float or None, default=None
        Longer gradients are shortened to this norm.
    warmup : int or float, default=0
        Steps, or a fraction of the training, over which the rate rises from near 0.
    initializer : str, Initializer or list of ndarray, default="auto"
        Initial weights: he_normal, he_uniform, glorot_normal, glorot_uniform, lecun_normal, lecun_uniform, normal,
        uniform, positive_uniform, zeros; or W1, b1, W2, b2, ... themselves. "auto" is glorot_uniform, and lecun_normal
        for selu.
    scoring : str, callable or None, default=None
        A scikit-learn scorer that is measured on the validation rows; stopping and the best weights follow it.
    callbacks : callable or sequence of callable, default=None
        Called with every event of ``chainrule.training``; one that returns True stops the training.
    engine : {"auto", "fused", "reference"}, default="auto"
        Compiled epochs, or NumPy.
    dtype : {"auto", "float32", "float64"}, default="auto"
        Of weights and arithmetic. "auto" is float64 where X is and every step sees all rows (lbfgs, or a batch that
        holds the whole table), since rounding is the only noise there; else float32.
    threads : int or None, default=None
        None is one a processor. No result depends on it.
    max_time : float or None, default=None
        Seconds after which training stops.
    preparation : "auto", bool or mapping, default="auto"
        A mapping says how text is read: decimal, day_first, missing, kinds of columns
        (`tables.reading_options.Reading`).
        "auto": a data frame (pandas, polars, pyarrow, ...) is prepared (categories, dates, missing values, scaling) as
        learned from the training rows, and its columns found by name; an array is numbers. True prepares arrays too,
        False takes frames as numbers.

    Attributes
    ----------
    classes_ : ndarray, or list of ndarray for several columns
        The labels, sorted.
    theta_ : ndarray of shape (P,)
        All weights and biases: those with the best value on the validation rows, or else the last.
    coefs_, intercepts_ : list of ndarray
        Views of ``theta_``, one for each layer: (fan_in, fan_out) and (fan_out,).
    loss_curve_, loss_, best_loss_ : list of float, float, float or None
        The training loss J of each epoch, penalties included; the last; the lowest (None with validation).
    validation_scores_, best_validation_score_ : list of float or None, float or None
        The score (accuracy or ``scoring``) on the validation rows after each epoch, and the highest.
    history_ : dict of lists
        loss, validation_loss, validation_score, learning_rate, gradient_norm and seconds of each epoch.
    best_epoch_, stop_reason_ : int, str
        The epoch (from 1) with the best value, and why training ended.
    n_iter_, t_ : int
        Epochs of the last call, and rows seen since the weights were drawn.
    n_layers_, n_outputs_, out_activation_ : int, int, str
        As in scikit-learn.
    n_features_in_, feature_names_in_ : int, ndarray
        Columns of X, and their names if it was a data frame.
    network_ : Architecture
        The network as plain data.
    preparation_ : Preparation or None
        How data frames are prepared.

    Notes
    -----
    Where scikit-learn's differs: the penalty does not depend on the batch size, sample weights equal repetition, the
    schedule in ``learning_rate`` acts on every first-order solver, early stopping follows the loss on the rows set
    aside, and a diverging training raises TrainingError.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16,), learning_rate_init=0.01, max_iter=500, tol=1e-3, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.95
    True
    """

    _learns_quantities = False
    _target: ClassTarget
    classes_: np.ndarray  # a list of them for several columns
    class_weight: Any
    loss: str | Loss

    def __init__(
        self,
        hidden_layer_sizes: Units = (100,),
        activation: Activations = "relu",
        *,
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: str | Schedule = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str | Loss = "auto",
        dropout: float | Sequence[float] = 0.0,
        class_weight: Any = None,
        l1: float = 0.0,
        weight_decay: float | None = None,
        clip_norm: float | None = None,
        warmup: float = 0,
        initializer: Any = "auto",
        scoring: Any = None,
        callbacks: Any = None,
        engine: EngineName = "auto",
        dtype: Any = "auto",
        threads: int | None = None,
        max_time: float | None = None,
        preparation: bool | Mapping[str, Any] | Literal["auto"] = "auto",
    ) -> None:
        store(self, locals())

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
        X : array-like, sparse matrix or data frame of shape (n, m)
        y : array-like of shape (n,) or (n, k)
            Labels.
        sample_weight : array-like of shape (n,), optional
            How many such rows there are; a row of weight 0 is as good as absent.
        X_val, y_val, sample_weight_val : optional
            Rows to validate on. Patience and the best weights follow the loss on them, or ``scoring``.
        groups, times : array-like of shape (n,), optional
            With ``early_stopping``, which rows are set aside: whole groups, so that no patient or customer has rows on
            both sides; or the latest. At most one of them.

        Returns
        -------
        self

        Raises
        ------
        InputError
            If anything given cannot be used.
        TrainingError
            If a number that is not finite turns up; names epoch and layer. The last finite weights are kept.
        """
        given = HeldOut(X_val, y_val, sample_weight_val, groups, times)
        return self._train(X, y, sample_weight, given)

    @available_if(has_first_order_solver)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one epoch on the rows given, going on from the last call.

        k calls with the same rows equal ``fit`` with ``max_iter=k`` and no patience.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.
        classes : array-like, or a list of them for several columns of y
            All labels that will ever come; needed at the first call, except for a 0/1 matrix.

        Returns
        -------
        self
        """
        if isinstance(self.class_weight, str):
            raise InputError.of(
                "class_weight",
                got=repr(self.class_weight),
                expected="a dict for partial_fit",
                remedy="one chunk of rows does not know the balance of all",
            )
        return self._train(X, y, sample_weight, partial=True, classes=GivenClasses(classes))

    def predict(self, X: Any, *, threshold: float = 0.5) -> np.ndarray:
        """Return the likeliest labels, (n,) or (n, k).

        With two classes that is ``classes_[1]`` where its probability is above ``threshold``; a probability of just
        that, the tie, is ``classes_[0]``. InputError for another threshold than .5 with more classes or columns.
        """
        if threshold == 0.5:
            scores = self._raw_scores(X)  # first: it also checks that the model is fitted
            return self._target.predictions(scores)
        if not isinstance(threshold, int | float | np.number) or not 0.0 <= threshold <= 1.0:
            raise InputError.of("threshold", got=threshold, expected="a probability, 0 to 1")
        p = self.predict_proba(X)  # first: it also checks that the model is fitted
        if self._target.kind != "single" or len(self.classes_) != 2:
            raise InputError.of("threshold", got=threshold, expected="two classes of one column")
        return np.asarray(self.classes_)[(p[:, 1] > threshold).astype(np.intp)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities: (n, classes); multilabel (n, k); several columns a list of (n, classes)."""
        scores = self._scores_for(X)
        result: np.ndarray = self._target.probabilities(scores)
        return result

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of ``predict_proba``, computed from raw scores and finite always."""
        scores = self._scores_for(X)
        result: np.ndarray = self._target.log_probabilities(scores)
        return result

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the raw scores: log-odds (n,) for two classes, else (n, classes); a list for several columns."""
        scores = self._scores_for(X)
        result: np.ndarray = self._target.decision(scores)
        return result

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows that are right in every column; InputError if no label of y was ever learned."""
        predicted = self.predict(X)
        labels = read_target(y, len(predicted), quantities=False).reshape(len(predicted), -1)
        check_known(labels, self._target.classes)
        right = (labels == predicted.reshape(len(predicted), -1)).all(axis=1)
        return float(np.average(right, weights=weights.checked(sample_weight, len(right))))

    def save(self, path: Any) -> None:
        """Write the model to one file that holds data only; ``chainrule.load`` reads it."""
        save_estimator(self, path)

    # ---- what the base class asks for ---------------------------------------------------------------

    def _understand(self, rows: Rows, classes: Any, go_on: bool) -> np.ndarray:
        if go_on:
            if classes is None or classes.labels is not None:
                check_same(rows.y, classes, self._target.classes)
            return self._target.codes(rows.y)
        kind, labels, codes = learn_classes(rows.y, classes)
        self._target = class_target(kind, labels, self.loss)
        self.classes_ = self._target.public_classes
        return self._target.codes(rows.y) if codes is None else codes

    def _learn_target(self, training: Rows) -> ClassTarget:
        return self._target

    def _strata(self, rows: Rows) -> np.ndarray | None:
        # A row with several labels belongs to no single stratum.
        return rows.truth[:, 0] if rows.truth.shape[1] == 1 else None

    def _row_weights(self, rows: Rows) -> np.ndarray | None:
        of_class = weights.class_weights(self.class_weight, self._target, rows.truth, rows.weights)
        return weights.product(rows.weights, of_class)

    def _default_score(self, rows: Rows) -> Score:
        return accuracy(self._target, rows.truth, rows.weights)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
