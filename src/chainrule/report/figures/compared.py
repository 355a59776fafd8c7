"""Several candidates side by side: their losses, their scores, their decision boundaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes

from chainrule.report.figures.boundary import DecisionBoundaryDisplay
from chainrule.report.figures.display import Display, finite, log_axis, plain, spans_decades
from chainrule.report.figures.planes import plane
from chainrule.report.figures.style import DASHES, Palette
from chainrule.report.wording import listed

Histories = Mapping[str, Sequence[Mapping[str, Sequence[float | None]]]]


class ComparedLossDisplay(Display):
    """Training and validation loss of every candidate by epoch: the first seed strong, the others faint.

    Parameters
    ----------
    histories : mapping of str to list
        For each candidate the histories of its trainings.
    """

    panel = (5.6, 3.8)
    _quantities = (("loss", "training loss"), ("validation_loss", "validation loss"))

    def __init__(self, histories: Histories) -> None:
        self.histories = {name: list(trials) for name, trials in histories.items()}

    @property
    def n_panels(self) -> int:
        """Training and validation."""
        return 2

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        ends = []
        for name, trials in self.histories.items():
            values = finite(trials[0].get("validation_loss", ()))
            values = values[np.isfinite(values)]
            ends.append(f"{name} {values[-1]:.3g}" if len(values) else name)
        return f"Training and validation loss by epoch; validation loss at the end: {listed(ends)}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        for ax, (key, label) in zip(axes, self._quantities, strict=False):
            seen = []
            for i, (name, trials) in enumerate(self.histories.items()):
                for k, history in enumerate(trials):
                    values = finite(history.get(key, ()))
                    seen.append(values)
                    ax.plot(
                        np.arange(1, len(values) + 1),
                        values,
                        color=colours.cycle[i % len(colours.cycle)],
                        linestyle=DASHES[i // len(colours.cycle) % len(DASHES)],
                        linewidth=1.8 if k == 0 else 0.7,
                        alpha=1.0 if k == 0 else 0.4,
                        label=plain(name) if k == 0 else "_",
                    )
            every = np.concatenate(seen)
            if spans_decades(every):
                log_axis(ax, every)
                label += " (log scale)"
            ax.set_xlabel("epoch")
            ax.set_ylabel(label)
        axes[0].legend(loc="best")


class ComparedScoreDisplay(Display):
    """The scores of every candidate, best on top: a dot for each training, a bar for the mean.

    Filled marks: the difference to the best is within noise (p >= .05). Hollow marks: it is not.

    Parameters
    ----------
    scores : mapping of str to list of float
        In the order of their rank.
    within_noise : mapping of str to bool
    score_name : str
    """

    def __init__(
        self,
        scores: Mapping[str, Sequence[float]],
        within_noise: Mapping[str, bool],
        *,
        score_name: str = "score",
    ) -> None:
        self.scores = {name: finite(list(values)) for name, values in scores.items()}
        self.within_noise = dict(within_noise)
        self.score_name = score_name

    @property
    def panel(self) -> tuple[float, float]:  # type: ignore[override] # a property instead of a constant
        """As high as there are candidates."""
        return 6.0, 1.3 + 0.36 * max(len(self.scores), 3)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        each = listed(f"{name} {np.mean(v):.4g}" for name, v in self.scores.items())
        return f"Validation {self.score_name} of {len(self.scores)} candidates, best first: {each}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax = axes[0]
        for place, (name, values) in enumerate(self.scores.items()):
            values = values[np.isfinite(values)]
            if not len(values):
                ax.text(0.5, place, "no score: training failed", ha="center", va="center",
                        transform=ax.get_yaxis_transform(), fontsize=8.5)  # fmt: skip
                continue
            same = bool(self.within_noise.get(name, False))
            colour = colours.cycle[0] if same else colours.faint
            ax.hlines(place, values.min(), values.max(), color=colour, linewidth=1)
            # dots of equal scores would hide each other, so they stand a little apart
            apart = np.linspace(-0.12, 0.12, len(values)) if len(values) > 1 else [0.0]
            ax.scatter(
                values,
                place + np.asarray(apart),
                s=26,
                facecolor=colour if same else colours.background,
                edgecolor=colour,
                linewidth=1.1,
                zorder=3,
            )
            mean = values.mean()
            ax.vlines(mean, place - 0.3, place + 0.3, color=colours.ink, linewidth=1.8, zorder=4)
        ax.set_yticks(range(len(self.scores)), [plain(name) for name in self.scores])
        ax.set_ylim(len(self.scores) - 0.5, -0.5)
        ax.grid(visible=False, axis="y")
        ax.set_xlabel(f"validation {plain(self.score_name)}")
        shown = [("o", colours.cycle[0], "not told apart from the best (p ≥ .05)")]
        if not all(self.within_noise.get(name, False) for name in self.scores):
            shown.append(("o", colours.background, "behind (p < .05)"))
        for marker, face, label in shown:
            edge = colours.cycle[0] if face != colours.background else colours.faint
            ax.scatter([], [], marker=marker, s=26, facecolor=face, edgecolor=edge, label=label)
        ax.plot([], [], color=colours.ink, linewidth=1.8, label="mean")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0 + 0.55 / self.panel[1]), ncols=3)


class ComparedBoundaryDisplay(Display):
    """The decision boundary of every candidate, a panel each.

    Parameters
    ----------
    displays : sequence of DecisionBoundaryDisplay
    """

    panel = DecisionBoundaryDisplay.panel
    most_columns = 2

    def __init__(self, displays: Sequence[DecisionBoundaryDisplay]) -> None:
        self.displays = list(displays)
        if (
            self.displays and self.displays[0].classes is None
        ):  # the same colours say the same in all
            lows, highs = zip(*(display.value_range() for display in self.displays), strict=True)
            for display in self.displays:
                display.limits = (min(lows), max(highs))

    @classmethod
    def from_estimators(
        cls,
        estimators: Mapping[str, Any],
        X: Any,
        y: Any = None,
        *,
        columns: tuple[int | str, int | str] = (0, 1),
        truth: Any = None,
        grid_resolution: int = 150,
        ax: Any = None,
    ) -> Self:
        """Draw several fitted estimators over the same plane; titles are the keys."""
        at = plane(X, columns, grid_resolution, 0.05)
        return cls(
            [
                DecisionBoundaryDisplay.over(estimator, at, y, truth=truth, title=title)
                for title, estimator in estimators.items()
            ]
        ).plot(ax)

    @property
    def n_panels(self) -> int:
        """One for each candidate."""
        return len(self.displays)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        return " ".join(f"{display.title}: {display.alt}" for display in self.displays)

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        for ax, display in zip(axes, self.displays, strict=False):
            display.plot(ax)
