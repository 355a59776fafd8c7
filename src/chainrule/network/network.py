"""Network: a bare multilayer perceptron for those who want the equations and nothing around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.backprop import (
    Masks,
    Pass,
    backward,
    equal_share,
    forward,
    input_gradient,
    objective,
)
from chainrule.network.initializers import initial_parameters


class Network:
    """A multilayer perceptron with its parameters: forward, objective and gradient.

    Parameters
    ----------
    sizes : sequence of int
        Features, units of each hidden layer, outputs.
    activations : str or sequence of str
        One for all hidden layers, one for each hidden layer, or one for each layer including the last.
        A last layer that is not named is linear.
    loss : str
        The loss, fused with its output link.
    l2, l1 : float
        Penalties on the weights.
    penalize_biases : bool
        Whether they cover the biases too.
    dropout : float or sequence of float
        The rate after each hidden layer, used only where masks are asked for.
    initializer : str or sequence of ndarray
        A registered name, ``"auto"``, one of these for each layer, or the arrays W1, b1, W2, b2, ...
    random_state : int
        The seed of the initial weights.
    dtype : dtype
        Of the parameters and of all arithmetic: float32 or float64.

    Attributes
    ----------
    architecture : Architecture
    parameters : Parameters
        ``parameters.W[l]``, ``parameters.b[l]`` are views into ``parameters.vector``.

    Raises
    ------
    InputError
        If anything does not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> net = Network([2, 3, 1], activations="tanh", loss="binary_log_loss", l2=0.1)
    >>> X, Y = np.array([[0.5, -1.0], [2.0, 1.0]]), np.array([[1.0], [0.0]])
    >>> J, gradient = net.gradient(X, Y)
    >>> gradient.shape == (net.architecture.n_parameters,)
    True
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activations: str | Sequence[str] = "relu",
        loss: str = "squared_error",
        *,
        l2: float = 0.0,
        l1: float = 0.0,
        penalize_biases: bool = False,
        dropout: float | Sequence[float] = 0.0,
        initializer: str | Sequence[str] | Sequence[np.ndarray] = "auto",
        random_state: int = 0,
        dtype: Any = "float64",
    ) -> None:
        n_hidden = len(sizes) - 2
        names = [activations] * n_hidden if isinstance(activations, str) else list(activations)
        if len(names) == n_hidden:
            names.append("identity")
        rates = (
            [dropout] * n_hidden
            if isinstance(dropout, int | float | np.floating)
            else list(dropout)
        )
        self.architecture = Architecture(
            tuple(sizes), tuple(names), loss, l2, l1, tuple(rates), penalize_biases=penalize_biases
        )
        self.parameters = initial_parameters(self.architecture, initializer, random_state, dtype)

    @property
    def W(self) -> list[np.ndarray]:
        """``W[l]`` (fan_in, fan_out) for l = 1..L; writable views."""
        return self.parameters.W

    @property
    def b(self) -> list[np.ndarray]:
        """``b[l]`` (fan_out,) for l = 1..L; writable views."""
        return self.parameters.b

    def forward(self, X: Any, masks: Masks | None = None) -> Pass:
        """Return every z, a and h for the rows of ``X`` (n, features)."""
        return forward(self.parameters, self._inputs(X), masks)

    def scores(self, X: Any) -> np.ndarray:
        """Return the raw scores that the loss receives, (n, outputs)."""
        scores: np.ndarray = self.forward(X).scores
        return scores

    def predict(self, X: Any) -> np.ndarray:
        """Return the scores through the loss's output link, (n, outputs): means or probabilities."""
        predictions: np.ndarray = self.architecture.loss_function.link(self.scores(X))
        return predictions

    def objective(self, X: Any, Y: Any, sample_weight: Any = None) -> float:
        """Return J: the weighted mean of the losses plus the penalties."""
        X, Y, share = self._data(X, Y, sample_weight)
        return float(objective(self.parameters, forward(self.parameters, X).scores, Y, share))

    def gradient(
        self, X: Any, Y: Any, sample_weight: Any = None, masks: Masks | None = None
    ) -> tuple[float, np.ndarray]:
        """Return J and its gradient, a vector of the layout of ``parameters.vector``."""
        X, Y, share = self._data(X, Y, sample_weight)
        P = forward(self.parameters, X, masks)
        J = float(objective(self.parameters, P.scores, Y, share))
        return J, backward(self.parameters, P, Y, share, np.empty_like(self.parameters.vector))

    def data_gradients(
        self, X: Any, Y: Any, sample_weight: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return dJ/dX (n, features) and dJ/dY (n, outputs): what the data themselves would change.

        dJ/dX is delta[1] @ W[1].T. dJ/dY is taken by complex step on the loss, which is exact.

        Examples
        --------
        >>> net = Network([2, 1], initializer=[[[2.0], [-1.0]], [0.5]])
        >>> dX, dY = net.data_gradients([[1.0, 0.0]], [[1.0]])
        >>> dX.tolist(), dY.tolist()
        ([[3.0, -1.5]], [[-1.5]])
        """
        X, Y, share = self._data(X, Y, sample_weight)
        a, loss = self.architecture, self.architecture.loss_function
        P = forward(self.parameters, X)
        dX = input_gradient(self.parameters, P, Y, share)
        step, dY = 1e-30, np.empty_like(P.scores, dtype=np.float64)
        for j in range(a.sizes[-1]):
            shifted = Y.astype(complex)
            shifted[:, j] += 1j * step
            dY[:, j] = share[:, 0] * loss.rows(P.scores.astype(complex), shifted).imag / step
        return dX, dY.astype(X.dtype)

    def _inputs(self, X: Any) -> np.ndarray:
        own = self.parameters.vector.dtype
        # complex inputs stay complex, for complex-step differentiation with respect to them
        x = _finite("X", X, np.result_type(own, "c8") if np.iscomplexobj(X) else own)
        if x.ndim != 2 or x.shape[1] != self.architecture.sizes[0]:
            raise InputError.of(
                "X",
                got=f"shape {x.shape}",
                expected=f"(n, {self.architecture.sizes[0]}): rows are samples",
                remedy="a single sample is X.reshape(1, -1)",
            )
        return x

    def _data(
        self, X: Any, Y: Any, sample_weight: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        X = self._inputs(X)
        Y = _finite("Y", Y, self.parameters.vector.real.dtype)
        expected = (len(X), self.architecture.sizes[-1])
        if Y.shape != expected:
            raise InputError.of(
                "Y",
                got=f"shape {Y.shape}",
                expected=f"{expected}",
                remedy="one column is Y.reshape(-1, 1); nothing is broadcast",
            )
        self.architecture.loss_function.check_targets(Y)
        if sample_weight is None:
            return X, Y, equal_share(len(X), Y.dtype)
        w = _finite("sample_weight", sample_weight, np.float64)
        if w.shape != (len(X),) or np.any(w < 0.0) or not np.any(w):
            raise InputError.of(
                "sample_weight",
                got=f"shape {w.shape}",
                expected=f"{len(X)} weights >= 0, not all 0",
            )
        w = w / w.max()  # the sum cannot overflow
        return X, Y, (w / w.sum())[:, None].astype(Y.dtype)


def _finite(name: str, values: Any, dtype: Any) -> np.ndarray:
    """Return ``values`` as an array of ``dtype``; InputError if they are not finite numbers."""
    try:
        with np.errstate(over="ignore"):
            array: np.ndarray = np.asarray(values).astype(dtype)
    except (TypeError, ValueError) as error:
        raise InputError.of(name, got=str(error), expected="an array of numbers") from error
    if not np.all(np.isfinite(array)):
        raise InputError.of(
            name, got="NaN or infinity", expected=f"finite numbers in {array.dtype}"
        )
    return array
