"""`chainrule inspect`: what is inside a model file."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from chainrule.cli.options import Json, Model


def inspect(
    model: Model,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv",
            metavar="FOLDER",
            help="Also write the weights as layer1.csv, layer2.csv, ...: a row a unit, its bias in the last column.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what is inside a model: classes, columns, network, weights, training, scores.

    Nothing in the file is run, whoever made it.

    Example: chainrule inspect penguins.model
    """
    from chainrule.cli.console import Page, print_json
    from chainrule.cli.paths import open_model
    from chainrule.network.parameters import Parameters
    from chainrule.storage import save_layers

    page = Page(silent=as_json)
    with page.collecting():
        opened = open_model(model)
        if csv is not None:
            one = opened.one_network()
            save_layers(Parameters(one.network_, one.theta_), csv)
    if as_json:
        print_json(_data(opened))
        return
    _tell(page, opened)
    page.print_notes()
    if csv is not None:
        names = f"layer1.csv to layer{opened.estimator.network_.n_layers}.csv"
        page.field("written", f"{names} in {csv}")


def _layers(estimator: Any) -> list[dict[str, Any]]:
    """Describe the weights of each layer in a few numbers."""
    import numpy as np

    layers = []
    for l, (W, b) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True), start=1):
        W = W.astype(np.float64)
        layers.append(
            {
                "layer": l,
                "fan_in": W.shape[0],
                "fan_out": W.shape[1],
                "mean": float(W.mean()) if W.size else 0.0,
                "deviation": float(W.std()) if W.size else 0.0,
                "largest": float(np.abs(W).max(initial=0.0)),
                "largest_bias": float(np.abs(b).max(initial=0.0)),
            }
        )
    return layers


def _columns(estimator: Any) -> list[Any]:
    return [] if estimator.preparation_ is None else estimator.preparation_.summary()


def _data(opened: Any) -> dict[str, Any]:
    """Return all as JSON-able data."""
    content, estimator = opened.content, opened.one_network()
    return {
        "model": opened.path,
        "bytes": os.path.getsize(opened.path),
        "kind": content.kind,
        "classes": content.classes,
        "architecture": content.architecture,
        "members": content.members or 1,
        "parameters": estimator.network_.n_parameters,
        "dtype": estimator.theta_.dtype.name,
        "layers": _layers(estimator),
        "columns": [summary._asdict() for summary in _columns(estimator)],
        "settings": content.settings,
        "history": content.history,
        "info": content.info,
    }


def _tell(page: Any, opened: Any) -> None:
    """Write the page."""
    from chainrule.report import model as described
    from chainrule.report.wording import count, printable, size

    content, fit = opened.content, opened.fit
    averaged = hasattr(opened.estimator, "thetas_")
    estimator = opened.one_network()
    network = estimator.network_
    page.field("model", f"{printable(opened.path)}, {size(os.path.getsize(opened.path))}")
    what = f" of {printable(opened.target)}" if opened.target else ""
    page.field("kind", f"{content.kind}{what}; {estimator.theta_.dtype.name}")
    if content.classes:
        for labels in content.classes[:5]:
            page.field("classes", described.classes_line(labels, _shares(fit)))
    versions = content.info.get("versions")
    if isinstance(versions, dict):
        written = ", ".join(f"{printable(k)} {printable(v)}" for k, v in versions.items())
        created = fit.get("created")
        when = f" on {printable(created)}" if isinstance(created, str) else ""
        page.field("written", f"by {written}{when}")
    summaries = _columns(estimator)
    if summaries:
        used = len(estimator.preparation_.input_columns)
        page.field("columns", f"{used} of {len(summaries)} used, as {network.sizes[0]} inputs")
        page.block(described.columns(summaries, most=40))
        for note in estimator.preparation_.notes:
            page.note(note)
        page.print_notes()
    else:
        page.field("columns", f"{count(network.sizes[0], 'number')}, not prepared")
    page.field("network", count(network.n_parameters, "parameter"))
    page.block(described.diagram(network))
    page.field("weights", "of each layer" + (", the first net's" if averaged else ""))
    page.block(_weights_table(estimator))
    if averaged:
        from chainrule.cli.fit_ensemble import members_line, training_line

        page.field("members", members_line(opened.estimator))
        page.field("training", training_line(opened.estimator))
        _tell_scores(page, fit)
        return
    seconds = [t for t in estimator.history_["seconds"] if t is not None]
    took = sum(seconds) if seconds else None
    page.field("training", _settings(estimator))
    best, history = estimator.best_epoch_, estimator.history_
    page.field("", described.training(estimator.stop_reason_, history, best, took))
    page.block(described.curves(history, width=max(page.room - 52, 8)))
    _tell_scores(page, fit)


def _weights_table(estimator: Any) -> list[str]:
    from chainrule.report.wording import number, table

    rows = [["layer", "W", "mean", "deviation", "largest |w|", "largest |b|"]]
    for layer in _layers(estimator):
        shape = f"{layer['fan_in']} × {layer['fan_out']}"
        names = ("mean", "deviation", "largest", "largest_bias")
        rows.append([str(layer["layer"]), shape, *(number(layer[n], 3) for n in names)])
    return table(rows, right=(2, 3, 4, 5))


def _settings(estimator: Any) -> str:
    """Name the settings that differ from the estimator's defaults."""
    from chainrule.report.wording import printable

    defaults = type(estimator)().get_params(deep=False)
    given = estimator.get_params(deep=False)
    told = {k: v for k, v in given.items() if v != defaults[k] and k != "preparation"}
    return ", ".join(f"{k}={printable(v, most=60)}" for k, v in told.items()) or "by default"


def _shares(fit: dict[str, Any]) -> list[float] | None:
    kept = fit.get("baseline_of_training")
    shares = kept.get("shares") if isinstance(kept, dict) else None
    if isinstance(shares, list) and all(type(share) is float for share in shares):
        return shares
    return None


def _tell_scores(page: Any, fit: dict[str, Any]) -> None:
    """Write the scores that the fit has left in the file, if they are what they should be."""
    from chainrule.report.scores import CLASSIFICATION, REGRESSION, Scores
    from chainrule.report.wording import printable

    known = [name for name, _ in (*CLASSIFICATION, *REGRESSION)]
    kept: list[dict[str, float | None]] = []
    for part in ("scores", "baseline"):
        given = fit.get(part)
        values = given if isinstance(given, dict) else {}
        kept.append({k: v for k, v in values.items() if k in known and type(v) is float})
    rows = fit.get("rows")
    n = rows.get("test") if isinstance(rows, dict) else None
    if kept[0] and type(n) is int:
        rule = printable(fit.get("baseline_rule", ""))
        page.field("scores", f"on {n:,} test rows when it was fitted; the baseline says {rule}")
        page.block(Scores(n, kept[0], kept[1], rule).lines())
