"""The course of a training: losses and score by epoch, and the learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from sklearn.base import is_regressor
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError
from chainrule.optimizers.schedule import Horizon
from chainrule.optimizers.schedules import make_schedule, schedules
from chainrule.report.figures.display import Display, finite, log_axis, plain, spans_decades
from chainrule.report.figures.style import DASHES, Palette
from chainrule.report.model import REASONS
from chainrule.report.wording import count, number

Curve = Sequence[float | None]


class LossCurveDisplay(Display):
    """Training and validation loss by epoch, and the validation score below; best epoch and stop are marked.

    Parameters
    ----------
    history : mapping of str to list
        ``loss`` and, where measured, ``validation_loss`` and ``validation_score``: one entry an epoch.
    best_epoch : int or None
        The epoch whose weights were kept, from 1.
    stop_reason : str or None
        Why training ended, as ``stop_reason_`` says it.
    score_name : str
    title : str

    Examples
    --------
    >>> display = LossCurveDisplay({"loss": [1.0, 0.5, 0.4], "validation_loss": [1.1, 0.6, 0.7]}, best_epoch=2)
    >>> display.alt
    'Loss over 3 epochs: training loss from 1 to 0.4, validation loss from 1.1 to 0.7; best epoch 2.'
    """

    stacked = True

    def __init__(
        self,
        history: Mapping[str, Curve],
        *,
        best_epoch: int | None = None,
        stop_reason: str | None = None,
        score_name: str = "score",
        title: str = "",
    ) -> None:
        self.loss = finite(history.get("loss", ()))
        self.validation_loss = finite(history.get("validation_loss", ()))
        self.validation_score = finite(history.get("validation_score", ()))
        if not len(self.loss):
            raise InputError.of("history", got="no epoch", expected="at least one entry in 'loss'")
        self.best_epoch = best_epoch or None
        self.stop_reason = stop_reason
        self.score_name = score_name
        self.title = title

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, score_name: str | None = None, title: str = "", ax: Any = None
    ) -> Self:
        """Draw the course of a fitted estimator's training.

        Parameters
        ----------
        estimator : estimator
            Of chainrule, or scikit-learn's MLP.
        score_name, title : str, optional
        ax : matplotlib.axes.Axes or sequence of two, optional
        """
        check_is_fitted(estimator)
        if score_name is None:
            default = "R²" if is_regressor(estimator) else "accuracy"
            chosen = getattr(estimator, "scoring", None)
            score_name = chosen if isinstance(chosen, str) else "score" if chosen else default
        if hasattr(estimator, "history_"):
            history: Mapping[str, Curve] = estimator.history_
            validated = any(v is not None for v in history["validation_loss"])
            best = estimator.best_epoch_ if validated else None
            reason = estimator.stop_reason_
        else:
            scores = getattr(estimator, "validation_scores_", None)
            history = {
                "loss": estimator.loss_curve_,
                "validation_score": [] if scores is None else scores,
            }
            best, reason = (None if scores is None else int(np.argmax(scores)) + 1), None
        display = cls(
            history, best_epoch=best, stop_reason=reason, score_name=score_name, title=title
        )
        return display.plot(ax)

    @property
    def n_panels(self) -> int:
        """Two where a score was measured."""
        return 2 if np.isfinite(self.validation_score).any() else 1

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        parts = [_course("training loss", self.loss)]
        if np.isfinite(self.validation_loss).any():
            parts.append(_course("validation loss", self.validation_loss))
        if self.n_panels == 2:
            parts.append(_course(f"validation {self.score_name}", self.validation_score))
        text = f"Loss over {count(len(self.loss), 'epoch')}: {', '.join(parts)}"
        if self.best_epoch:
            text += f"; best epoch {self.best_epoch}"
        if self.stop_reason:
            text += f"; ended by {REASONS.get(self.stop_reason, self.stop_reason)}"
        return f"{text}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        top = axes[0]
        for values, label, i in (
            (self.loss, "training", 0),
            (self.validation_loss, "validation", 1),
        ):
            if np.isfinite(values).any():
                _line(top, values, label, colours.cycle[i], DASHES[i])
        top.set_ylabel("loss")
        both = np.concatenate([self.loss, self.validation_loss])
        if spans_decades(both):
            log_axis(top, both)
            top.set_ylabel("loss (log scale)")
        self._mark(top, self.validation_loss, colours)
        if len(axes) == 2:
            _line(
                axes[1],
                self.validation_score,
                f"validation {self.score_name}",
                colours.cycle[2],
                DASHES[0],
            )
            axes[1].set_ylabel(plain(self.score_name))
            self._mark(axes[1], self.validation_score, colours)
            axes[1].legend(loc="lower right")
        axes[-1].set_xlabel("epoch")
        top.legend(loc="best")
        if self.title:
            top.set_title(plain(self.title, most=80))

    def _mark(self, ax: Axes, values: np.ndarray, colours: Palette) -> None:
        """Mark the best epoch and the end."""
        n = len(self.loss)
        ax.set_xlim(0.5 if n < 20 else 0, n + max(0.5, 0.02 * n))
        if self.best_epoch and self.best_epoch <= len(values):
            best = values[self.best_epoch - 1]
            label = f"best epoch {self.best_epoch} ({number(float(best))})"
            ax.axvline(self.best_epoch, color=colours.faint, linewidth=0.9, linestyle=":")
            ax.plot(
                [self.best_epoch],
                [best],
                marker="D",
                markersize=6,
                linestyle="none",
                markerfacecolor=colours.background,
                markeredgecolor=colours.ink,
                markeredgewidth=1.3,
                zorder=5,
                label=label,
            )
        if self.stop_reason:
            why = REASONS.get(self.stop_reason, plain(self.stop_reason))
            ax.axvline(
                n, color=colours.bad, linewidth=1.0, linestyle=(0, (2, 2)), label=f"end: {why}"
            )


class LearningRateDisplay(Display):
    """The learning rate by epoch.

    Parameters
    ----------
    epochs : ndarray of shape (n,)
    learning_rate : ndarray of shape (n,)
    name : str
        The schedule's.

    Examples
    --------
    >>> LearningRateDisplay(np.array([1, 2]), np.array([0.1, 0.05]), "step").alt
    'Learning rate (step): from 0.1 to 0.05 over 2 epochs, highest 0.1.'
    """

    panel = (5.4, 2.8)

    def __init__(self, epochs: np.ndarray, learning_rate: np.ndarray, name: str = "") -> None:
        self.epochs = np.asarray(epochs, dtype=np.float64)
        self.learning_rate = finite(learning_rate)
        self.name = name
        if not np.isfinite(self.learning_rate).any():
            raise InputError.of(
                "learning_rate", got="none", expected="a rate; L-BFGS, for instance, has none"
            )

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the rates that a training has used, each epoch's last."""
        check_is_fitted(estimator)
        rates = finite(estimator.history_["learning_rate"])
        return cls(np.arange(1, len(rates) + 1), rates, str(estimator.learning_rate)).plot(ax)

    @classmethod
    def from_schedule(
        cls,
        schedule: str,
        *,
        learning_rate_init: float = 0.001,
        epochs: int = 100,
        steps_per_epoch: int = 10,
        warmup: float = 0.0,
        ax: Any = None,
    ) -> Self:
        """Draw what a schedule plans, at every step.

        Parameters
        ----------
        schedule : str
            A registered name, with its numbers in brackets: ``"step(0.5, 20)"``.
        learning_rate_init : float
        epochs, steps_per_epoch : int
        warmup : float
            Epochs of warm-up.
        ax : matplotlib.axes.Axes, optional
        """
        made = make_schedule(schedules.get(schedule), warmup)
        n = epochs * steps_per_epoch
        steps = np.arange(n, dtype=np.int64)
        horizon = Horizon.of(steps_per_epoch, 1, epochs)
        rates = learning_rate_init * made.multipliers(steps, horizon)
        return cls(steps / steps_per_epoch, rates, schedule).plot(ax)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        rates = self.learning_rate[np.isfinite(self.learning_rate)]
        name = f" ({self.name})" if self.name else ""
        return (
            f"Learning rate{name}: from {number(float(rates[0]), 3)} to {number(float(rates[-1]), 3)} over "
            f"{count(_span(self.epochs), 'epoch')}, highest {number(float(rates.max()), 3)}."
        )

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax = axes[0]
        ax.plot(self.epochs, self.learning_rate, color=colours.cycle[0], label=plain(self.name))
        ax.set_xlabel("epoch")
        ax.set_ylabel("learning rate")
        ax.set_ylim(bottom=0)
        if self.name:
            ax.legend(loc="best")


def _span(epochs: np.ndarray) -> int:
    """Return over how many epochs positions reach, whether they count epochs from 1 or steps from 0."""
    return int(np.floor(epochs[-1])) + (1 if epochs[0] == 0 else 0)


def _course(name: str, values: np.ndarray) -> str:
    found = values[np.isfinite(values)]
    return f"{name} from {number(float(found[0]))} to {number(float(found[-1]))}"


def _line(ax: Axes, values: np.ndarray, label: str, colour: str, dashes: Any) -> None:
    epochs = np.arange(1, len(values) + 1)
    marker = "o" if len(values) == 1 else ""
    ax.plot(epochs, values, color=colour, linestyle=dashes, marker=marker, label=plain(label))
