"""The network as a drawing: a column of nodes for each layer, weights between them by width and colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.report.figures.display import Display, plain
from chainrule.report.figures.inside import input_names, output_names, parameters_of
from chainrule.report.figures.style import Palette
from chainrule.report.model import one_line


class NetworkDisplay(Display):
    """Nodes and weights: blue is positive, vermilion (dashed) negative, wide is large.

    Of a layer with more than ``most`` units only those with the largest weights around them are drawn, and the others
    are counted.

    Parameters
    ----------
    theta : Parameters
    inputs, outputs : sequence of str
        Names.
    most : int
        Nodes drawn in a layer.

    Examples
    --------
    >>> from chainrule.network.network import Network
    >>> NetworkDisplay(Network([2, 3, 1]).parameters).alt
    'Diagram of the network: 2 inputs → 3 relu → 1 linear, 13 parameters.'
    """

    def __init__(
        self,
        theta: Parameters,
        *,
        inputs: Sequence[str] = (),
        outputs: Sequence[str] = (),
        most: int = 10,
    ) -> None:
        sizes = theta.architecture.sizes
        self.theta = theta
        self.inputs = list(inputs) or [f"x{i}" for i in range(sizes[0])]
        self.outputs = list(outputs) or [f"output {j}" for j in range(sizes[-1])]
        self.most = most
        self.shown = [self._strongest(l) for l in range(len(sizes))]

    @classmethod
    def from_estimator(cls, estimator: Any, *, most: int = 10, ax: Any = None) -> Self:
        """Draw the network of a fitted estimator."""
        theta = parameters_of(estimator)
        names = {"inputs": input_names(estimator), "outputs": output_names(estimator)}
        return cls(theta, most=most, **names).plot(ax)

    @property
    def panel(self) -> tuple[float, float]:  # type: ignore[override] # a property instead of a constant
        """As wide as there are layers, as high as the longest column."""
        longest = max(map(len, self.shown))
        return 2.6 + 1.5 * len(self.shown), max(2.4, 0.38 * longest + 1.3)

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        return f"Diagram of the network: {one_line(self.theta.architecture)}."

    def _strongest(self, l: int) -> np.ndarray:
        """Return the units of a layer to draw, in their order."""
        architecture: Architecture = self.theta.architecture
        n = architecture.sizes[l]
        if n <= self.most:
            return np.arange(n)
        strength = np.zeros(n)
        if l > 0:
            strength += np.linalg.norm(self.theta.W[l], axis=0)
        if l < architecture.n_layers:
            strength += np.linalg.norm(self.theta.W[l + 1], axis=1)
        return np.sort(np.argsort(-strength, kind="stable")[: self.most - 1])

    def _heights(self, l: int) -> np.ndarray:
        """Return where the nodes stand; a gap at the bottom is for those that are counted."""
        rows = len(self.shown[l]) + (len(self.shown[l]) < self.theta.architecture.sizes[l])
        return (rows - 1) / 2.0 - np.arange(rows)

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        ax, architecture = axes[0], self.theta.architecture
        sizes, n_layers = architecture.sizes, architecture.n_layers
        ax.set_axis_off()
        heights = [self._heights(l) for l in range(n_layers + 1)]
        for l in range(1, n_layers + 1):
            self._weights(ax, l, heights, colours)
        top = max(float(h[0]) for h in heights) + 0.9
        for l, places in enumerate(heights):
            shown = self.shown[l]
            ax.scatter(
                np.full(len(shown), float(l)), places[: len(shown)], s=150, zorder=3,
                facecolor=colours.background, edgecolor=colours.ink, linewidth=1.1,
            )  # fmt: skip
            if len(places) > len(shown):
                rest = sizes[l] - len(shown)
                ax.text(l, places[-1], f"+ {rest:,} more", ha="center", va="center", fontsize=8.5,
                        bbox={"facecolor": colours.background, "edgecolor": "none", "pad": 1.5},
                        zorder=4)  # fmt: skip
            ax.text(l, top, self._heading(l), ha="center", va="bottom", fontsize=9)
        for name, y in zip((self.inputs[i] for i in self.shown[0]), heights[0], strict=False):
            ax.text(-0.13, y, plain(name, most=22), ha="right", va="center", fontsize=8.5)
        for name, y in zip((self.outputs[j] for j in self.shown[-1]), heights[-1], strict=False):
            ax.text(n_layers + 0.13, y, plain(name, most=22), ha="left", va="center", fontsize=8.5)
        lowest = min(float(h[-1]) for h in heights)
        widest = max(len(plain(name, most=22)) for name in self.inputs)
        ax.set_xlim(-0.25 - 0.06 * widest, n_layers + 0.9)
        ax.set_ylim(lowest - 0.6, top + 0.9)
        note = "weights: — positive   - - negative, wider is larger"
        ax.text(0.5, 0.0, note, transform=ax.transAxes, ha="center", va="top", fontsize=8,
                color=colours.faint)  # fmt: skip

    def _heading(self, l: int) -> str:
        architecture = self.theta.architecture
        n = f"{architecture.sizes[l]:,}"
        if l == 0:
            return f"{n} input" + "s" * (architecture.sizes[0] != 1)
        if l < architecture.n_layers:
            return f"{n} {architecture.activations[l - 1]}"
        # the last layer's activation and link, as everywhere else
        return one_line(architecture).split(" → ")[-1].split(",")[0]

    def _weights(self, ax: Axes, l: int, heights: list[np.ndarray], colours: Palette) -> None:
        W = self.theta.W[l][np.ix_(self.shown[l - 1], self.shown[l])]
        largest = float(np.abs(W).max(initial=0.0)) or 1.0
        for sign, colour, dashes in ((1.0, colours.high, "-"), (-1.0, colours.low, (0, (4, 1.6)))):
            i, j = np.nonzero(W * sign > 0.0)
            if not len(i):  # all weights of one sign: a LineCollection wants a line
                continue
            size = np.abs(W[i, j]) / largest
            lines = LineCollection(
                [
                    [(l - 1.0, heights[l - 1][a]), (float(l), heights[l][b])]
                    for a, b in zip(i, j, strict=True)
                ],
                linewidths=0.2 + 2.4 * size,
                alpha=np.clip(0.12 + 0.8 * size, 0.0, 1.0),
                colors=colour,
                linestyles=dashes,
                zorder=1 + (sign > 0),
            )
            ax.add_collection(lines)
