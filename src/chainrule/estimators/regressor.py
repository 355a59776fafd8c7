"""MLPRegressor: scikit-learn's interface, with all that this package adds.

The file is over 300 lines because every parameter is documented where users look for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from chainrule.equations.losses import Loss
from chainrule.errors import InputError
from chainrule.estimators import weights
from chainrule.estimators.accepted import Activations, EngineName, Solver, Units
from chainrule.estimators.base import BasePerceptron, has_first_order_solver
from chainrule.estimators.held_out import HeldOut
from chainrule.estimators.inputs import Rows
from chainrule.estimators.number_target import NumberTarget, number_target
from chainrule.estimators.parameter_checks import store
from chainrule.estimators.saving import save_estimator
from chainrule.estimators.scoring import Score, determination, pinball
from chainrule.estimators.target_input import read_target
from chainrule.optimizers.schedule import Schedule


class MLPRegressor(RegressorMixin, BasePerceptron):
    """Multilayer perceptron that predicts quantities.

    A drop-in replacement for scikit-learn's ``MLPRegressor``. y may have several columns; the loss of a row is the sum
    over them, and so is its gradient.

    Parameters
    ----------
    loss : str or Loss, default="squared_error"
        squared_error, absolute_error, huber, quantile, poisson, gamma, or one of your own (``register_loss``). Numbers
        go in brackets: ``"quantile(0.1, 0.5, 0.9)"`` predicts three columns for each target.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        The units of each hidden layer. ``()`` is linear regression.
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
        The share of rows set aside; unused if ``X_val`` is given.
    beta_1, beta_2 : float, default=0.9, 0.999
        Memory of the moments of adam and adamw.
    epsilon : float, default=1e-8
        Keeps adam, adamw and rmsprop from dividing by zero.
    n_iter_no_change : int or inf, default=10
        Training stops after more than so many epochs in a row without improvement: of ``scoring`` if given, else of
        the loss on validation rows if there are any, else of the training loss.
    max_fun : int, default=15000
        The most evaluations of lbfgs.
    dropout : float or sequence of float, default=0.0
        The probability of dropping a unit while training, for all hidden layers or for each.
    scale_target : bool, default=True
        Standardise y inside, so that no setting depends on its unit: weights, losses and penalties refer to y in units
        of its deviation (poisson and gamma: of its mean), predictions to y as given.
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
    theta_ : ndarray of shape (P,)
        All weights and biases: those with the best value on the validation rows, or else the last.
    coefs_, intercepts_ : list of ndarray
        Views of ``theta_``, one for each layer: (fan_in, fan_out) and (fan_out,). They refer to the
        scaled target.
    loss_curve_, loss_, best_loss_ : list of float, float, float or None
        The training loss J of each epoch, penalties included; the last; the lowest (None with validation).
    validation_scores_, best_validation_score_ : list of float or None, float or None
        The score (R² or ``scoring``) on the validation rows after each epoch, and the highest.
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
    Where scikit-learn's differs: y is scaled inside (``scale_target``), the penalty does not depend on the batch size,
    loss and gradient of several outputs are on one scale, sample weights equal repetition, the schedule in
    ``learning_rate`` acts on every first-order solver, early stopping follows the loss on the rows set aside, and a
    diverging training raises TrainingError.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-3.0, 3.0, 300)[:, None]
    >>> y = 1e6 * np.sin(X[:, 0])
    >>> model = MLPRegressor("squared_error", (32,), activation="tanh", solver="lbfgs", random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.99
    True
    """

    _learns_quantities = True
    _target: NumberTarget
    scale_target: bool
    loss: str | Loss

    def __init__(
        self,
        loss: str | Loss = "squared_error",
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
        dropout: float | Sequence[float] = 0.0,
        scale_target: bool = True,
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
            Quantities.
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on the rows given, going on from the last call.

        k calls with the same rows equal ``fit`` with ``max_iter=k`` and no patience. The scale of y is that of the
        first call's rows.

        Parameters
        ----------
        X, y, sample_weight
            As in ``fit``.

        Returns
        -------
        self
        """
        return self._train(X, y, sample_weight, partial=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return quantities, (n,) or (n, k); with q quantile levels q columns for each of y."""
        scores = self._scores_for(X)
        return self._target.predictions(scores).astype(scores.dtype, copy=False)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R²; with several quantile levels the mean over them of D², its like for the pinball loss."""
        scores = self._raw_scores(X)
        quantities = read_target(y, len(scores), quantities=True)
        if self._target.n_levels == 1:
            predicted = self._target.predictions(scores)
            return float(r2_score(quantities, predicted, sample_weight=sample_weight))
        row_weights = weights.checked(sample_weight, len(scores))
        return pinball(self._target, quantities.astype(np.float64), row_weights)(scores)

    def save(self, path: Any) -> None:
        """Write the model to one file that holds data only; ``chainrule.load`` reads it."""
        save_estimator(self, path)

    # ---- what the base class asks for ---------------------------------------------------------------

    def _understand(self, rows: Rows, classes: Any, go_on: bool) -> np.ndarray:
        columns = rows.y.reshape(rows.n, -1)
        if go_on and columns.shape[1] != self._target.n_columns:
            raise InputError.of(
                "y",
                got=f"{columns.shape[1]} columns",
                expected=f"{self._target.n_columns}, as at first",
            )
        return columns.astype(np.float64, copy=False)

    def _learn_target(self, training: Rows) -> NumberTarget:
        flat, dtype = training.y.ndim == 1, training.y.dtype
        return number_target(
            self.loss, training.truth, training.weights, bool(self.scale_target), flat, dtype
        )

    def _strata(self, rows: Rows) -> np.ndarray | None:
        return None

    def _row_weights(self, rows: Rows) -> np.ndarray | None:
        return rows.weights

    def _default_score(self, rows: Rows) -> Score:
        rule = determination if self._target.n_levels == 1 else pinball
        return rule(self._target, rows.truth, rows.weights)
