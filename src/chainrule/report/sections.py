"""What stands in each section of the report page, as plain data and pictures for its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.report import advice, model, reproduction, results
from chainrule.report.bootstrap import Interval
from chainrule.report.embedded import embedded
from chainrule.report.figures import (
    GradientFlowDisplay,
    LearningRateDisplay,
    LossCurveDisplay,
    NetworkDisplay,
    UnitHealthDisplay,
)
from chainrule.report.reproduction import Background
from chainrule.report.results import Judged, Section
from chainrule.report.wording import count, duration, listed, number

MOST_COLUMNS = 200  #: columns in the table of the data
MOST_NAMES = 60  #: columns that are listed where there is nothing to say of each


def everything(
    estimator: Any, X: Any, judged: Judged, known: Background, baseline: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all sections by name."""
    data = _data(estimator, known)
    return {
        "title": _title(estimator, known),
        "data": data,
        "network": _network(estimator),
        "training": _training(estimator, known),
        "scores": (scores := results.scores(judged, known, baseline)),
        "predictions": results.predictions(estimator, judged, known),
        "columns": results.columns(estimator, X, judged),
        "health": _health(estimator, X, known),
        "again": _again(estimator, known),
        "short": _short(estimator, judged, known, scores, data),
    }


def _title(estimator: Any, known: Background) -> Section:
    classifies = hasattr(estimator, "classes_")
    return {
        "target": known.target,
        "table": known.table,
        "kind": "classifier" if classifies else "regressor",
        "seen": known.seen,
        "held_out": bool(known.rows.get("test")),
    }


def _short(
    estimator: Any, judged: Judged, known: Background, scores: Section, data: Section
) -> Section:
    """Return the verdict, and what a reader must not miss."""
    first, values = scores["lines"][0], judged.scores.values
    name = "log_loss" if "log_loss" in values else "rmse"
    worse = judged.scores.warnings()
    low_is_good = next((line for line in scores["lines"] if line["key"] == name), None)
    interval: Interval | None = low_is_good["interval"] if low_is_good else None
    trivial = judged.scores.baseline.get(name)
    if worse:
        verdict, good = f"{worse[0][0].upper()}{worse[0][1:]}.", False
    elif interval is not None and trivial is not None and interval.high >= trivial:
        verdict, good = "Better than the baseline, but within what chance could do.", False
    else:
        verdict, good = "Better than the baseline, by more than chance.", True
    said = {*data["notes"], *worse, *judged.scores.remarks}
    remarks = [*judged.scores.remarks, *(note for note in known.notes if note not in said)]
    facts = [
        (first["name"], first["value"], f"{_between(first)}baseline {first['baseline']}"),
        (
            "test rows" if known.rows.get("test") else "rows",
            f"{judged.scores.rows:,}",
            known.source,
        ),
        (
            "parameters",
            f"{estimator.network_.n_parameters:,}",
            count(estimator.network_.n_layers - 1, "hidden layer"),
        ),
        ("epochs", f"{estimator.n_iter_:,}", _took(known)),
    ]
    return {"verdict": verdict, "good": good, "facts": facts, "remarks": remarks}


def _between(line: Section) -> str:
    return "" if line["interval"] is None else f"{line['between']}; "


def _took(known: Background) -> str:
    return "" if known.seconds is None else f"in {duration(known.seconds)}"


def _data(estimator: Any, known: Background) -> Section:
    preparation, network = estimator.preparation_, estimator.network_
    if preparation is None:
        rows: list[Section] = []
        notes: list[str] = []
    else:
        rows = [
            {
                "name": c.column,
                "kind": c.kind,
                "missing": c.missing,
                "distinct": c.distinct,
                "inputs": len(c.outputs),
            }
            for c in preparation.summary()
        ]
        notes = list(preparation.notes)
    names_of_rows = {"training": "to learn from", "validation": "to stop by", "test": "to test on"}
    parts = [f"{n:,} {names_of_rows.get(name, name)}" for name, n in known.rows.items() if n]
    return {
        "rows": ", ".join(parts),
        "reason": known.reason,
        "columns": rows[:MOST_COLUMNS],
        "more": max(len(rows) - MOST_COLUMNS, 0),
        "prepared": preparation is not None,
        "names": listed(getattr(estimator, "feature_names_in_", ()), most=MOST_NAMES),
        "used": estimator.n_features_in_ if preparation is None else len(preparation.input_columns),
        "all": estimator.n_features_in_ if preparation is None else len(rows),
        "inputs": network.sizes[0],
        "notes": notes,
    }


def _network(estimator: Any) -> Section:
    caption = "The trained network. Of wide layers the units with the largest weights are drawn."
    picture = embedded(lambda ax: NetworkDisplay.from_estimator(estimator, ax=ax), caption)
    return {"line": model.one_line(estimator.network_), "picture": picture}


def _training(estimator: Any, known: Background) -> Section:
    history = estimator.history_
    if not history["loss"]:
        return {"line": "No epoch was recorded.", "pictures": []}
    line = model.training(estimator.stop_reason_, history, estimator.best_epoch_, known.seconds)
    caption = "Loss by epoch, on the rows to learn from and on those to stop by."
    if all(v is None for v in history["validation_loss"]):
        caption = "Loss by epoch on the training rows; no rows were set aside to stop by."
    pictures = [embedded(lambda ax: LossCurveDisplay.from_estimator(estimator, ax=ax), caption)]
    if len({rate for rate in history["learning_rate"] if rate is not None}) > 1:
        pictures.append(
            embedded(
                lambda ax: LearningRateDisplay.from_estimator(estimator, ax=ax),
                "Learning rate by epoch.",
            )
        )
    return {"line": line, "pictures": pictures}


def _health(estimator: Any, X: Any, known: Background) -> Section:
    layers, network = advice.layer_health(estimator, X), estimator.network_
    recorder = known.recorder if known.recorder is not None and known.recorder.flows else None
    last = recorder.flows[-1] if recorder else [None] * len(layers)
    rows = []
    for seen, trained in zip(layers, last, strict=True):
        hidden = seen.layer < network.n_layers
        units = network.sizes[seen.layer]
        rows.append(
            {
                "layer": seen.layer,
                "kind": f"{units:,} {network.activations[seen.layer - 1] if hidden else 'outputs'}",
                "dead": f"{len(seen.dead)} ({len(seen.dead) / units:.0%})" if hidden else "–",
                "saturated": f"{seen.saturated:.0%}" if hidden else "–",
                "weight": number(seen.weight_norm, 3),
                "gradient": "" if trained is None else number(trained.gradient_norm, 3),
                "ratio": "" if trained is None else number(trained.update_ratio, 3),
            }
        )
    pictures = []
    if network.n_layers > 1:
        pictures.append(
            embedded(
                lambda ax: UnitHealthDisplay.from_estimator(estimator, X, ax=ax),
                "Units that are 0 for every row, and values on the flat part of their activation.",
            )
        )
    if recorder is not None:
        pictures.append(
            embedded(
                lambda ax: _stacked(GradientFlowDisplay.from_recorder(recorder, ax=ax)),
                "Above, the gradient of each layer's weights by epoch; below, how much an epoch changes the weights, "
                "as a part of them.",
            )
        )
    said = advice.advice(estimator, layers, recorder)
    return {"advice": said, "layers": rows, "recorded": recorder is not None, "pictures": pictures}


def _stacked(display: GradientFlowDisplay) -> GradientFlowDisplay:
    """Put the panels below each other, as wide as a phone can show."""
    display.stacked = True
    return display


def _again(estimator: Any, known: Background) -> Section:
    commands = list(known.commands)
    if not commands:
        commands = [("In Python", reproduction.python_code(estimator))]
    return {
        "commands": commands,
        "seeded": isinstance(estimator.random_state, int | np.integer),
        "settings": list(reproduction.settings(estimator).items()),
        "environment": reproduction.environment(estimator),
    }
