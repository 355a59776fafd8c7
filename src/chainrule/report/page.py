"""One self-contained page on a model: open it anywhere, mail it, print it.

It holds no script and asks nothing of the network (its Content-Security-Policy forbids both), so a stranger's column
names can do no more than be read. Everything in it goes through Jinja2 with escaping on.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError, InputTypeError
from chainrule.estimators.inputs import as_table
from chainrule.report import sections
from chainrule.report.figures.style import PALETTES
from chainrule.report.judging import baseline_of, judge
from chainrule.report.reproduction import Background
from chainrule.report.wording import number, printable
from chainrule.storage.atomic import write_atomically
from chainrule.storage.files import StrPath
from chainrule.tables.drift import drift_notes

#: Every report begins so, and by it a command knows what it may overwrite.
START = '<!DOCTYPE html>\n<html lang="en" data-made-by="chainrule">'
_LONGEST_NAME = 80


def write_report(
    model: Any, X: Any, y: Any, path: StrPath, *, background: Background | None = None
) -> int:
    """Judge a fitted estimator on rows and write a page about it.

    Parameters
    ----------
    model : MLPClassifier or MLPRegressor
        Fitted, with one target column.
    X : data frame or array, shape (n, m)
        Rows that it was not trained on.
    y : array-like, shape (n,)
        Their true labels or quantities.
    path : str or path
        The HTML file; written whole or not at all.
    background : Background, optional
        What is known of how the model came about.

    Returns
    -------
    int
        The bytes of the page.

    Raises
    ------
    InputError, InputTypeError
        Rows and targets do not belong together, or the model has several target columns.
    FileError
        The file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from chainrule import MLPRegressor
    >>> x = np.linspace(-1.0, 1.0, 60)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", engine="reference", random_state=0)
    >>> model = model.fit(x, x[:, 0] ** 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "report.html")
    ...     size = write_report(model, x, x[:, 0] ** 2, path)
    ...     size == path.stat().st_size, path.read_text(encoding="utf-8")[:15]
    (True, '<!DOCTYPE html>')
    """
    page = report_html(model, X, y, background=background).encode()
    write_atomically(path, [page])
    return len(page)


def report_html(model: Any, X: Any, y: Any, *, background: Background | None = None) -> str:
    """Return the page that `write_report` writes."""
    X = as_table(X)
    y, known = _checked(model, X, y), background or Background()
    drift = drift_notes(model.preparation_, X)
    known = replace(known, notes=[*known.notes, *(n for n in drift if n not in known.notes)])
    classes = model.classes_.tolist() if hasattr(model, "classes_") else []
    baseline = baseline_of(classes, y) if known.baseline is None else known.baseline
    judged = judge(model, X, y, baseline)
    with warnings.catch_warnings():
        # What scikit-learn and NumPy say of tiny or one-sided tables is said on the page in other words.
        warnings.simplefilter("ignore")
        context = sections.everything(model, X, judged, known, baseline)
    page: str = _template().render(
        **context,
        start=Markup(START),  # ours, not a stranger's
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        colours=PALETTES,
    )
    return page


def _checked(model: Any, X: Any, y: Any) -> np.ndarray:
    check_is_fitted(model)
    target = getattr(model, "_target", None)
    if target is None:
        raise InputTypeError.of(
            "model", got=type(model).__name__, expected="a fitted estimator of chainrule"
        )
    if target.n_columns != 1:
        raise InputError.of(
            "model",
            got=f"one that predicts {target.n_columns} columns",
            expected="one target column",
        )
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != n or n == 0:
        raise InputError.of(
            "y",
            got=f"shape {labels.shape} for {n} rows",
            expected="a value for each of one row or more",
        )
    if not hasattr(model, "classes_"):
        try:
            labels = labels.astype(np.float64)
        except (TypeError, ValueError):
            raise InputTypeError.of("y", got=f"dtype {labels.dtype}", expected="numbers") from None
        if not np.isfinite(labels).all():
            raise InputError.of("y", got="NaN or infinity", expected="finite numbers")
    return labels


def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("chainrule.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, isolated=_isolated, line=printable)
    return environment.get_template("report.html")


def _isolated(name: object) -> Markup:
    """Return a stranger's name for the page: escaped, of one line, and unable to turn the text around it."""
    return Markup("<bdi>{}</bdi>").format(escape(printable(name, most=_LONGEST_NAME)))
