"""Inside the layers: how weights and activations are spread, and which units take no part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from chainrule.gradients.flow import gradient_flow
from chainrule.report.figures.display import Display
from chainrule.report.figures.inside import network_pass, parameters_of
from chainrule.report.figures.style import Palette
from chainrule.report.wording import listed


class _Histograms(Display):
    """One histogram a layer."""

    panel = (2.9, 2.6)
    _what = ""

    def __init__(self, values: Sequence[np.ndarray], names: Sequence[str]) -> None:
        self.values = [np.asarray(v, dtype=np.float64).ravel() for v in values]
        self.names = list(names)

    @property
    def n_panels(self) -> int:
        """One for each layer."""
        return len(self.values)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        each = listed(
            f"{name} mean {v.mean():.3g}, spread {v.std():.3g}"
            for name, v in zip(self.names, self.values, strict=True)
        )
        return f"Histograms of {self._what}: {each}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        for i, (ax, values, name) in enumerate(zip(axes, self.values, self.names, strict=False)):
            ax.hist(
                values, bins=min(60, max(10, int(np.sqrt(len(values))))), color=colours.cycle[0]
            )
            ax.axvline(0.0, color=colours.faint, linewidth=0.8)
            ax.set_title(f"{name}\nmean {values.mean():.2g}, spread {values.std():.2g}", fontsize=9)
            ax.set_xlabel(self._what)
            if i == 0:
                ax.set_ylabel("how many")
            ax.locator_params(axis="x", nbins=5)


class WeightHistogramDisplay(_Histograms):
    """The weights of each layer.

    Parameters
    ----------
    values : sequence of ndarray
        W[1], W[2], ...
    names : sequence of str
    """

    _what = "weights"

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the weights of a fitted estimator."""
        theta = parameters_of(estimator)
        names = [f"W{l}  {W.shape[0]} × {W.shape[1]}" for l, W in enumerate(theta.W[1:], start=1)]
        return cls(theta.W[1:], names).plot(ax)


class ActivationHistogramDisplay(_Histograms):
    """The activations of each layer over some rows.

    Parameters
    ----------
    values : sequence of ndarray
        a[1], a[2], ...
    names : sequence of str
    """

    _what = "activations"

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, *, ax: Any = None) -> Self:
        """Draw what some rows of ``X`` (at most 1000) make of each layer; the last is the raw scores."""
        P, kinds = network_pass(estimator, X), estimator.network_.activations
        last = len(P.a) - 1
        names = [
            f"a{l}  raw scores" if l == last else f"a{l}  {kinds[l - 1]}"
            for l in range(1, last + 1)
        ]
        return cls(P.a[1:], names).plot(ax)


class UnitHealthDisplay(Display):
    """The share of each hidden layer's units that are dead, and of its values that are saturated.

    A unit is dead when its slope is exactly 0 for every row; a value is saturated when its slope is below 0.01 and not
    the flat side of a kink.

    Parameters
    ----------
    dead, saturated : sequence of float
        Shares, one a layer.
    names : sequence of str
    """

    def __init__(
        self, dead: Sequence[float], saturated: Sequence[float], names: Sequence[str]
    ) -> None:
        self.dead, self.saturated, self.names = list(dead), list(saturated), list(names)

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, *, ax: Any = None) -> Self:
        """Draw it for some rows of ``X`` (at most 1000)."""
        theta, P = parameters_of(estimator), network_pass(estimator, X)
        flows = gradient_flow(theta, P, np.zeros_like(theta.vector))[:-1]
        sizes, kinds = estimator.network_.sizes, estimator.network_.activations
        return cls(
            [len(flow.dead) / sizes[flow.layer] for flow in flows],
            [flow.saturated for flow in flows],
            [f"layer {f.layer}\n{sizes[f.layer]} {kinds[f.layer - 1]}" for f in flows],
        ).plot(ax)

    @property
    def panel(self) -> tuple[float, float]:  # type: ignore[override] # a property instead of a constant
        """As wide as there are layers."""
        return 3.4 + 0.9 * len(self.names), 3.2

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        each = listed(
            f"{' '.join(name.split())}: {d:.0%} dead units, {s:.0%} saturated values"
            for name, d, s in zip(self.names, self.dead, self.saturated, strict=True)
        )
        return f"Unit health by layer. {each or 'No hidden layer'}."

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax, places = axes[0], np.arange(len(self.names))
        bars = (
            (self.dead, -0.2, colours.bad, "", "dead units"),
            (self.saturated, 0.2, colours.cycle[0], "///", "saturated values"),
        )
        for values, shift, colour, hatch, label in bars:
            drawn = ax.bar(
                places + shift, values, 0.38, color=colour, hatch=hatch, label=label,
                edgecolor=colours.background, linewidth=0,
            )  # fmt: skip
            ax.bar_label(drawn, [f"{v:.0%}" for v in values], fontsize=8, padding=2)
        ax.set_xticks(places, self.names)
        ax.grid(visible=False, axis="x")
        top = max([0.0, *self.dead, *self.saturated])
        ax.set_ylim(0.0, min(1.12, max(0.2, 1.35 * top)))
        ax.set_ylabel("share of the layer")
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
        ax.legend(loc="upper right", ncols=2)
