"""How well classes are told apart: confusion, ROC, precision and recall, reliability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from sklearn import metrics
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError
from chainrule.report.figures.display import Display, legend_below, plain
from chainrule.report.figures.style import DASHES, Palette, sequential
from chainrule.report.wording import listed


class ConfusionDisplay(Display):
    """The confusion matrix: counts, shaded by their share of the true class.

    Drawn by scikit-learn's ``ConfusionMatrixDisplay``.

    Parameters
    ----------
    matrix : ndarray of int, shape (k, k)
        Rows by true class.
    classes : sequence
    title : str
    """

    panel = (4.8, 4.2)

    def __init__(self, matrix: np.ndarray, classes: Sequence[Any], *, title: str = "") -> None:
        self.matrix = np.asarray(matrix)
        self.classes = list(classes)
        self.title = title
        if self.matrix.shape != (len(self.classes), len(self.classes)):
            expected = f"({len(self.classes)}, {len(self.classes)}), one row a class"
            raise InputError.of("matrix", got=f"shape {self.matrix.shape}", expected=expected)

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, title: str = "", ax: Any = None
    ) -> Self:
        """Draw what a fitted classifier makes of rows whose classes are known."""
        check_is_fitted(estimator)
        return cls.from_predictions(
            y, estimator.predict(X), classes=_classes(estimator, y), title=title, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        classes: Sequence[Any] | None = None,
        title: str = "",
        ax: Any = None,
    ) -> Self:
        """Draw true against predicted labels."""
        if classes is None:
            classes = list(np.unique(np.concatenate([np.asarray(y_true), np.asarray(y_pred)])))
        matrix = metrics.confusion_matrix(y_true, y_pred, labels=classes)
        return cls(matrix, classes, title=title).plot(ax)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        n, right = int(self.matrix.sum()), int(np.trace(self.matrix))
        text = (
            f"Confusion matrix of {n:,} rows: {right:,} on the diagonal ({right / max(n, 1):.1%})"
        )
        wrong = self.matrix - np.diag(np.diag(self.matrix))
        if wrong.any():
            i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
            text += (
                f"; most often {self.classes[i]} is taken for {self.classes[j]} ({wrong[i, j]:,})"
            )
        return f"{text}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax, k = axes[0], len(self.classes)
        rows = self.matrix.sum(axis=1, keepdims=True)
        shares = self.matrix / np.maximum(rows, 1)
        names = [plain(c, most=18) for c in self.classes]
        shown = metrics.ConfusionMatrixDisplay(shares, display_labels=names)
        turned = 45.0 if k > 3 or max(map(len, names)) > 8 else "horizontal"
        shown.plot(
            ax=ax,
            cmap=sequential(),
            colorbar=False,
            include_values=k <= 12,
            xticks_rotation=turned,
            im_kw={"vmin": 0.0, "vmax": 1.0},
        )
        ax.grid(visible=False)
        if turned != "horizontal":
            for label in ax.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
        if shown.text_ is not None:
            for (i, j), text in np.ndenumerate(shown.text_):
                text.set_text(f"{self.matrix[i, j]:,}")
                text.set_color(colours.background if shares[i, j] > 0.6 else colours.ink)
                text.set_fontsize(11 if k <= 5 else 8)
        ax.set_xlabel("predicted")
        ax.set_ylabel("true")
        if self.title:
            ax.set_title(plain(self.title, most=80))


class _CurvesByClass(Display):
    """One curve for each class against all others; for two classes, of the second."""

    panel = (4.6, 4.2)

    def __init__(self, curves: dict[str, tuple[np.ndarray, np.ndarray, float]]) -> None:
        self.curves = curves

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, ax: Any = None) -> Self:
        """Draw it for a fitted classifier, on rows whose classes are known."""
        check_is_fitted(estimator)
        return cls.from_predictions(
            y, estimator.predict_proba(X), classes=_classes(estimator, y), ax=ax
        )

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_proba: Any, *, classes: Sequence[Any] | None = None, ax: Any = None
    ) -> Self:
        """Draw it for probabilities.

        Parameters
        ----------
        y_true : array of shape (n,)
        y_proba : array of shape (n,), the second class's, or (n, k)
        classes : sequence of length k, optional
            In the order of the columns; sorted if not given.
        ax : matplotlib.axes.Axes, optional
        """
        y, P, names = by_class(y_true, y_proba, classes)
        which = [1] if len(names) == 2 else range(len(names))
        curves = {}
        for k in which:
            found = y == names[k]
            if found.any() and not found.all():
                curves[str(names[k])] = cls._curve(found, P[:, k])
        if not curves:
            raise InputError.of("y_true", got="one class only", expected="rows of two classes")
        return cls(curves).plot(ax)

    @staticmethod
    def _curve(found: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        raise NotImplementedError

    def _label(self, name: str, value: float, short: str) -> str:
        return f"{plain(name, most=24)} ({short} {value:.3f})"


class RocDisplay(_CurvesByClass):
    """The receiver operating characteristic, a curve for each class against all others.

    Each is drawn by scikit-learn's ``RocCurveDisplay``.

    Parameters
    ----------
    curves : dict
        For each class: false positive rate, true positive rate, area.
    """

    @staticmethod
    def _curve(found: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        fpr, tpr, _ = metrics.roc_curve(found, score)
        return fpr, tpr, float(metrics.auc(fpr, tpr))

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        areas = listed(f"{name} {curve[2]:.3f}" for name, curve in self.curves.items())
        return f"ROC curves, true against false positive rate; area under the curve: {areas}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax = axes[0]
        for i, (name, (fpr, tpr, area)) in enumerate(self.curves.items()):
            shown = metrics.RocCurveDisplay(fpr=fpr, tpr=tpr).plot(ax=ax)
            for line in np.ravel(np.asarray(shown.line_, dtype=object)):
                line.set(
                    color=colours.cycle[i % len(colours.cycle)],
                    linestyle=DASHES[i % len(DASHES)],
                    label=self._label(name, area, "AUC"),
                )
        ax.plot([0, 1], [0, 1], color=colours.faint, linewidth=1, linestyle=":", label="chance")
        _unit_square(ax, "false positive rate", "true positive rate")
        if len(self.curves) <= 3 and max(map(len, self.curves)) <= 12:
            ax.legend(loc="lower right")
        else:  # too large to hide no curve
            legend_below(ax, columns=2)


class PrecisionRecallDisplay(_CurvesByClass):
    """Precision against recall, a curve for each class against all others.

    Each is drawn by scikit-learn's ``PrecisionRecallDisplay``.

    Parameters
    ----------
    curves : dict
        For each class: recall, precision, average precision.
    """

    @staticmethod
    def _curve(found: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        precision, recall, _ = metrics.precision_recall_curve(found, score)
        return recall, precision, float(metrics.average_precision_score(found, score))

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        means = listed(f"{name} {curve[2]:.3f}" for name, curve in self.curves.items())
        return f"Precision against recall; average precision: {means}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax = axes[0]
        for i, (name, (recall, precision, mean)) in enumerate(self.curves.items()):
            shown = metrics.PrecisionRecallDisplay(precision, recall).plot(ax=ax)
            for line in np.ravel(np.asarray(shown.line_, dtype=object)):
                line.set(
                    color=colours.cycle[i % len(colours.cycle)],
                    linestyle=DASHES[i % len(DASHES)],
                    label=self._label(name, mean, "AP"),
                )
        _unit_square(ax, "recall", "precision")
        ax.legend(loc="lower left")


def by_class(
    y_true: Any, y_proba: Any, classes: Sequence[Any] | None
) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Return labels, probabilities (n, k) and classes that fit together.

    Raises
    ------
    InputError
        If they do not.

    Examples
    --------
    >>> by_class(["a", "b"], [0.1, 0.75], None)[1].tolist()
    [[0.9, 0.1], [0.25, 0.75]]
    """
    y, P = np.asarray(y_true), np.asarray(y_proba, dtype=np.float64)
    if P.ndim == 1:
        P = np.stack([1.0 - P, P], axis=1)
    names = list(np.unique(y)) if classes is None else list(classes)
    if y.ndim != 1 or P.shape != (len(y), len(names)):
        raise InputError.of(
            "y_proba",
            got=f"shape {P.shape}",
            expected=f"({len(y)}, {len(names)}): a row for each label, a column for each class",
            remedy="give classes= if some of them do not occur in y_true",
        )
    return y, P, names


def _classes(estimator: Any, y: Any) -> list[Any]:
    if isinstance(estimator.classes_, list) or np.ndim(y) != 1:
        raise InputError.of("estimator", got="several target columns", expected="one target column")
    return list(estimator.classes_)


def _unit_square(ax: Axes, xlabel: str, ylabel: str) -> None:
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.02)
    ax.set_aspect("equal")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
