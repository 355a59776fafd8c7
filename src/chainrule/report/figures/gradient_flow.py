"""How the gradient flows through the layers while a network learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes

from chainrule.errors import InputError
from chainrule.gradients.flow import FlowRecorder
from chainrule.report.figures.display import Display, finite, log_axis
from chainrule.report.figures.style import DASHES, MARKERS, Palette


class GradientFlowDisplay(Display):
    """Gradient norm and update-to-weight ratio of each layer over the epochs.

    Parameters
    ----------
    epochs : sequence of int, length n
    gradient_norm, update_ratio : ndarray of shape (n, layers)
        The norms of dW[l], and of an epoch's update of W[l] over that of W[l].

    Examples
    --------
    >>> GradientFlowDisplay([1, 2], [[0.5, 1.0], [0.2, 0.3]], [[0.01, 0.02], [0.01, 0.01]]).alt
    'Gradient flow over 2 looks: norm of dW at the end 0.2 in layer 1, 0.3 in layer 2; update to weight 0.01, 0.01.'
    """

    panel = (5.0, 3.6)

    def __init__(
        self,
        epochs: Sequence[int],
        gradient_norm: Any,
        update_ratio: Any,
    ) -> None:
        self.epochs = np.asarray(epochs)
        self.gradient_norm = np.atleast_2d(np.asarray(gradient_norm, dtype=np.float64))
        self.update_ratio = np.atleast_2d(np.asarray(update_ratio, dtype=np.float64))
        if not len(self.epochs) or len(self.epochs) != len(self.gradient_norm):
            raise InputError.of(
                "epochs", got=len(self.epochs), expected="as many as rows in gradient_norm, > 0"
            )

    @classmethod
    def from_recorder(cls, recorder: FlowRecorder | Mapping[str, Any], *, ax: Any = None) -> Self:
        """Draw what a recorder, or its ``to_dict()``, has seen.

        Put the recorder among the estimator's callbacks before ``fit``: ``callbacks=[FlowRecorder()]``.
        """
        data = recorder if isinstance(recorder, Mapping) else recorder.to_dict()
        looks = data["layers"]
        norms = [finite([layer["gradient_norm"] for layer in look]) for look in looks]
        ratios = [finite([layer["update_ratio"] for layer in look]) for look in looks]
        return cls(data["epochs"], np.array(norms), np.array(ratios)).plot(ax)

    @property
    def n_panels(self) -> int:
        """Norms and ratios."""
        return 2

    @property
    def alt(self) -> str:
        """What the figure shows, in words."""
        norms = ", ".join(
            f"{value:.3g} in layer {l}" for l, value in enumerate(self.gradient_norm[-1], start=1)
        )
        ratios = ", ".join(f"{value:.3g}" for value in self.update_ratio[-1])
        return (
            f"Gradient flow over {len(self.epochs)} looks: norm of dW at the end {norms}; "
            f"update to weight {ratios}."
        )

    def _draw(self, axes: list[Axes], colours: Palette) -> None:
        panels = (
            (self.gradient_norm, "norm of dW"),
            (self.update_ratio, "update / weight, per epoch"),
        )
        for ax, (values, label) in zip(axes, panels, strict=False):
            for j in range(values.shape[1]):
                ax.plot(
                    self.epochs,
                    np.where(values[:, j] > 0.0, values[:, j], np.nan),
                    color=colours.cycle[j % len(colours.cycle)],
                    linestyle=DASHES[j % len(DASHES)],
                    marker=MARKERS[j % len(MARKERS)] if len(self.epochs) < 30 else "",
                    markersize=4,
                    label=f"layer {j + 1}",
                )
            log_axis(ax, values)
            ax.set_xlabel("epoch")
            ax.set_ylabel(label)
        axes[0].legend(loc="best")
