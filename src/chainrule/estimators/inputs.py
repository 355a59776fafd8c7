"""What is handed to ``fit`` and ``predict`` becomes rows: checked once here, trusted everywhere below.

Whether a table is prepared depends on what it is, never on what it holds. A data frame (pandas, polars, pyarrow, or any
other that narwhals knows) goes through a ``tables.Preparation`` that is learned from the training rows, and its columns
are found by their names. Arrays and sparse matrices are numbers, and go through scikit-learn's own validation.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import validate_data

from chainrule.errors import InputError, InputTypeError
from chainrule.estimators import weights
from chainrule.estimators.target_input import read_target

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
#: Numbers up to which rows are few; with more, scikit-learn's checks are a small part of the whole.
_FEW = 2**20
#: Numbers up to which a scalar product is the fastest check; OpenBLAS wakes its threads for more than 10,000.
_VERY_FEW = 2**13
#: A sum of squares below this says that every number is finite and fits into float32, whose largest is 3.4e38.
_BOUND = 1e76


@dataclass(frozen=True)
class Rows:
    """Rows that were checked; y is read once and is a truth from then on.

    Attributes
    ----------
    X : ndarray, CSR array, or pandas frame that is still to be prepared
    y : ndarray of shape (n,) or (n, k)
        Labels or quantities, for whoever asks for them as they are.
    weights : ndarray of float64, shape (n,), or None
    key : ndarray of shape (n,), or None
        The group or the time of each row, where rows are set aside by it.
    truth : ndarray of shape (n, k)
        The position of each label among its column's classes; quantities in float64.
    """

    X: Any
    y: np.ndarray
    weights: np.ndarray | None
    key: np.ndarray | None = None
    truth: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.y)

    def take(self, rows: np.ndarray) -> Rows:
        """Return some of the rows."""
        kept = None if self.weights is None else self.weights[rows]
        key = None if self.key is None else self.key[rows]
        truth = self.truth[rows] if len(self.truth) else self.truth
        return Rows(take_rows(self.X, rows), self.y[rows], kept, key, truth)

    def present(self) -> Rows:
        """Return the rows whose weight is not 0: a row of weight 0 is as good as absent."""
        if self.weights is None or self.weights.all():
            return self
        return self.take(np.flatnonzero(self.weights))


def is_frame(X: Any) -> bool:
    """Tell a data frame of any library that narwhals knows; of what is no frame at first sight, at once."""
    if isinstance(X, np.ndarray | list | tuple) or scipy.sparse.issparse(X):
        return False
    from chainrule.tables import frames

    return frames.is_frame(X)


def as_table(X: Any) -> Any:
    """Return ``X`` as what has rows: a pandas frame for any data frame, a CSR array, or an array.

    Whether a table is prepared depends on what it is, never on what it holds; this is where that is told.
    """
    if is_frame(X):
        from chainrule.tables.frames import as_pandas

        return as_pandas(X)
    return scipy.sparse.csr_array(X) if scipy.sparse.issparse(X) else np.asarray(X)


def take_rows(X: Any, rows: Any) -> Any:
    """Return some rows of what ``as_table`` has returned."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def wants_preparation(estimator: Any, X: Any) -> bool:
    """Tell whether ``X`` goes through a preparation: a frame does, unless the estimator's ``preparation`` decides."""
    if isinstance(estimator.preparation, Mapping):
        return True
    return is_frame(X) if estimator.preparation == "auto" else bool(estimator.preparation)


def numbers_of(estimator: Any, X: Any, *, reset: bool = False) -> Any:
    """Check a table that is taken as numbers: an array, or CSR, of finite floats.

    Raises
    ------
    InputError
        A number is missing or infinite.
    ValueError, TypeError
        What scikit-learn says of shapes, types and names.
    """
    if is_frame(X) and not hasattr(X, "iloc"):
        X = as_table(X)
    X = validate_data(
        estimator,
        X,
        accept_sparse="csr",
        dtype=(np.float64, np.float32),
        ensure_all_finite=False,
        reset=reset,
    )
    values = X.data if scipy.sparse.issparse(X) else X
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):  # one number that is not would show
            return X
    wrong = ~np.isfinite(values)
    if not wrong.any():
        return X
    first = tuple(int(i[0]) for i in np.nonzero(wrong))
    place = f"row {first[0] + 1}, column {first[1] + 1}" if len(first) == 2 else "a sparse matrix"
    found = values[first]
    raise InputError.of(
        "X",
        got=f"{'NaN' if np.isnan(found) else found} in {place} ({int(wrong.sum())} such in all)",
        expected="finite numbers in an array",
        remedy="missing values are prepared in a data frame, or with preparation=True",
    )


def read_rows(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    reset: bool,
    prepared: bool,
    weight_name: str = "sample_weight",
) -> Rows:
    """Check rows to learn from or to validate on.

    Parameters
    ----------
    estimator : estimator
        ``n_features_in_`` and ``feature_names_in_`` are set if ``reset``, else compared.
    X, y, sample_weight
        As given by the user.
    reset : bool
        Whether these are the first rows.
    prepared : bool
        Whether ``X`` goes through a preparation.
    weight_name : str
        The argument's name, for messages.

    Raises
    ------
    ValueError, TypeError
        scikit-learn's, or ours, which derive from them.
    """
    if prepared:
        X = as_frame(estimator, X)
        if reset:
            estimator.n_features_in_ = X.shape[1]
            estimator.feature_names_in_ = np.asarray(X.columns.map(str), dtype=object)
    else:
        X = numbers_of(estimator, X, reset=reset)
    n = X.shape[0]
    y = read_target(y, n, estimator._learns_quantities, type(estimator).__name__)
    return Rows(X, y, weights.checked(sample_weight, n, weight_name))


def as_frame(estimator: Any, X: Any) -> Any:
    """Return ``X`` as a pandas frame; an array gets the names of the columns in ``fit``, or x0, x1, ..."""
    X = as_table(X)
    if hasattr(X, "iloc"):
        return X
    if scipy.sparse.issparse(X):
        raise InputTypeError.of(
            "X",
            got="a sparse matrix",
            expected="a data frame or an array to prepare",
            remedy="set preparation=False",
        )
    import pandas as pd

    if X.ndim != 2:
        raise InputError.of("X", got=f"shape {X.shape}", expected="(n, m): rows are samples")
    nameless = [f"x{i}" for i in range(X.shape[1])]
    names = getattr(estimator, "feature_names_in_", nameless)
    if len(names) != X.shape[1]:
        raise InputError.of(
            "X",
            got=f"an array of {X.shape[1]} columns",
            expected=f"{len(names)}, as in fit",
            remedy="in a data frame columns are found by their names",
        )
    if list(names) != nameless:
        kind = type(estimator).__name__
        warnings.warn(  # in the words that users of scikit-learn may have filtered
            f"X does not have valid feature names, but {kind} was fitted with feature names",
            UserWarning,
            stacklevel=2,
        )
    return pd.DataFrame(X, columns=names)


def plain_input(estimator: Any, X: Any) -> np.ndarray | None:
    """Return few plain rows as ``engine_input`` would after scikit-learn's validation; None if that has to decide.

    The validation takes 60 µs, many times what a small network takes for a row. Nothing in it can refuse, change or
    warn of a two-dimensional array of finite floats with as many columns as there were in ``fit``, where no names were.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    X : object
        As given by the user.
    """
    facts = vars(estimator)
    if (
        type(X) is not np.ndarray
        or X.dtype not in _FLOATS
        or X.ndim != 2
        or not 0 < X.size <= _FEW
        or X.shape[1] != facts.get("n_features_in_")
        or "feature_names_in_" in facts
        or "theta_" not in facts
        or facts.get("preparation_", X) is not None
    ):
        return None
    dtype = facts["theta_"].dtype
    if X.size > _VERY_FEW:
        return engine_input(X, dtype) if np.isfinite(X).all() else None
    if not float(np.vdot(X, X)) < _BOUND:  # NaN is not below anything; unlike dot, vdot never warns
        return None
    if X.dtype == dtype and X.flags.carray:  # aligned, C-contiguous, writeable
        return X
    return np.array(X, dtype=dtype, order="C")


def engine_input(X: Any, dtype: np.dtype[Any]) -> Any:
    """Return ``X`` as the engines take it: C-contiguous or CSR, in ``dtype``.

    Raises
    ------
    InputError
        If a number is too large for ``dtype``.
    """
    try:
        with np.errstate(over="raise"):
            if scipy.sparse.issparse(X):
                X = scipy.sparse.csr_array(X).astype(dtype, copy=False)
                parts = (X.data, X.indices, X.indptr)
                return X if all(part.flags.writeable for part in parts) else X.copy()
            X = np.ascontiguousarray(X, dtype=dtype)
            # To a compiler an array that must not be written to is another type: one more compilation.
            return X if X.flags.writeable else X.copy()
    except FloatingPointError as error:
        raise InputError.of(
            "X",
            got="numbers beyond those of float32",
            expected=f"|x| <= {np.finfo(dtype).max:.3g}",
            remedy="scale the columns, or use dtype='float64'",
        ) from error
