"""The health of a network in plain words: what was seen in each layer, and what to do about it.

`chainrule.training.health` warns of what is nearly lost. A report has room for what deserves a look, so it speaks up
earlier.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engines import Data
from chainrule.gradients.flow import FlowRecorder, LayerFlow, gradient_flow
from chainrule.network.architecture import Architecture
from chainrule.report.figures.inside import network_pass, parameters_of
from chainrule.report.wording import count, number
from chainrule.training import health
from chainrule.training.history import History

DEAD, SATURATED = 0.25, 0.5  #: shares of a layer that are mentioned
VANISHED = 1e-3  #: the first layer's gradient as a part of the last hidden one's
RESTLESS = 0.5  #: change of the weights in an epoch, late in the training, as a part of the weights
_OVERFITTED = 1.2  #: validation loss at the end over the lowest
#: Schedules under which the rate never falls by itself, so that more epochs can do more.
_STEADY = ("constant", "adaptive")


def layer_health(estimator: Any, X: Any) -> list[LayerFlow]:
    """Look at every layer on some rows (at most 1000); the gradients are not known here and NaN."""
    theta, P = parameters_of(estimator), network_pass(estimator, X)
    return gradient_flow(theta, P, np.full_like(theta.vector, np.nan))


def advice(
    estimator: Any, layers: Sequence[LayerFlow], recorder: FlowRecorder | None = None
) -> list[str]:
    """Return what deserves a look, one sentence with a remedy each; nothing for a healthy network.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    layers : sequence of LayerFlow
        As `layer_health` gives them.
    recorder : FlowRecorder, optional
        What was seen during the training.
    """
    network: Architecture = estimator.network_
    found = [line for layer in layers[:-1] for line in _units(network, layer)]
    history = estimator.history_
    # No rows: the units were looked at above, the explosions are in the history.
    none = Data(np.empty((0, network.sizes[0])), np.empty((0, network.sizes[-1])))
    found += health.findings(network, estimator.theta_, none, History(**history))
    if recorder is not None and recorder.flows:
        found += _gradients(network, recorder)
    return [*found, *_course(estimator, history)]


def _units(network: Architecture, layer: LayerFlow) -> list[str]:
    width, name = network.sizes[layer.layer], network.activations[layer.layer - 1]
    dead, found = len(layer.dead), []
    if dead >= max(DEAD * width, 1):
        found.append(
            f"layer {layer.layer}: {dead / width:.0%} dead units ({dead} of {width} {name}): they give 0 for every "
            "row and learn nothing; lower the learning rate or use leaky_relu, or save time with "
            f"{count(width - dead, 'unit')}"
        )
    if layer.saturated >= SATURATED:
        found.append(
            f"layer {layer.layer}: {layer.saturated:.0%} of its {name} values are saturated (slope below 0.01), so "
            "little is learned through them; lower the learning rate, raise alpha, or use relu"
        )
    return found


def _gradients(network: Architecture, recorder: FlowRecorder) -> list[str]:
    found = []
    norms = np.array([[layer.gradient_norm for layer in look] for look in recorder.flows])
    if network.n_layers > 2 and (norms > 0.0).all():
        share = float(np.median(norms[:, 0] / norms[:, -2]))
        if share < VANISHED:
            found.append(
                f"the gradient vanishes on its way back: in layer 1 it is {share:.0e} of that in layer "
                f"{network.n_layers - 1}; use relu, fewer layers, or a smaller learning rate with more epochs"
            )
    late = recorder.flows[len(recorder.flows) // 2 :]
    for l in range(network.n_layers):
        ratio = float(np.median([look[l].update_ratio for look in late]))
        if math.isfinite(ratio) and ratio > RESTLESS:
            found.append(
                f"layer {l + 1}: its weights still change by {ratio:.0%} in an epoch late in the training; lower the "
                "learning rate or use the schedule cosine"
            )
    return found


def _course(estimator: Any, history: Mapping[str, Sequence[float | None]]) -> list[str]:
    """Look at the losses: learned by heart, or not yet done."""
    epochs, best = len(history["loss"]), estimator.best_epoch_
    validation = [v for v in history["validation_loss"] if v is not None and math.isfinite(v)]
    if len(validation) < 5 or not best:
        return []
    low, end = min(validation), validation[-1]
    if low > 0.0 and end > _OVERFITTED * low:
        return [
            f"after epoch {best} the loss on validation rows rose from {number(low, 3)} to {number(end, 3)}: the "
            f"network began to learn rows by heart, and the weights of epoch {best} were kept; more dropout, more "
            "weight decay or fewer units may do better"
        ]
    steady = str(estimator.learning_rate).partition("(")[0] in _STEADY
    if estimator.stop_reason_ == "max_epochs" and steady and best > 0.95 * epochs:
        return [
            f"the loss on validation rows was still falling at the end; more than {epochs} epochs may do better"
        ]
    return []
