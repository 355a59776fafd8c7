"""A model in words and lines."""

from __future__ import annotations

from itertools import pairwise

from chainrule.network.architecture import Architecture
from chainrule.report import model
from chainrule.tables import ColumnSummary


def test_the_diagram_counts_every_parameter() -> None:
    network = Architecture(
        (5, 4, 2, 1), ("relu", "tanh", "identity"), "binary_log_loss", dropout=(0.5, 0.0)
    )
    lines = model.diagram(network)
    words = " ".join(lines).replace(",", "").split()
    counts = [int(n) for n, what in pairwise(words) if what.startswith("weig")]
    biases = [int(n) for n, what in pairwise(words) if what.startswith("bias")]
    assert sum(counts) + sum(biases) == network.n_parameters
    assert "dropout 0.5" in lines[3]
    assert "sigmoid" in lines[-1]


def test_a_network_without_hidden_layers_has_a_diagram() -> None:
    network = Architecture((3, 1), ("identity",), "squared_error")
    assert model.one_line(network) == "3 inputs → 1 linear, 4 parameters"
    assert len(model.diagram(network)) == 4


def test_the_output_of_a_last_activation_is_named() -> None:
    network = Architecture((3, 1), ("relu",), "squared_error")
    assert model.one_line(network).endswith("1 relu, 4 parameters")
    assert "1 relu, exp," in model.one_line(Architecture((3, 1), ("relu",), "poisson"))


def test_columns_are_described_and_counted() -> None:
    summaries = [
        ColumnSummary("cm", "number", 3, 90, ("cm", "cm:missing")),
        ColumnSummary("sex\x1b[2J", "category", 0, 2, ("sex=f",)),
        ColumnSummary("of", "category (dropped)", 0, 1, ()),
    ]
    lines = model.columns(summaries)
    assert lines[0].split() == ["cm", "number", "3", "missing", "→", "2", "inputs"]
    assert "\x1b" not in lines[1]
    assert "2 values" in lines[1]
    assert "→" not in lines[2]
    assert model.columns(summaries, most=1)[-1] == "and 2 more columns"


def test_weights_of_the_best_epoch_are_claimed_only_with_validation() -> None:
    history = {"loss": [1.0, 0.5], "validation_loss": [None, None]}
    assert "weights" not in model.training("max_epochs", history, 2, 0.1)
    history["validation_loss"] = [1.0, 0.5]
    assert "the weights are those of epoch 2" in model.training("max_epochs", history, 2, 0.1)


def test_every_reason_to_stop_has_words() -> None:
    from chainrule.training.training_result import REASONS

    assert set(REASONS) <= set(model.REASONS)


def test_classes_are_listed_with_their_shares() -> None:
    assert model.classes_line([True, False], [0.5, 0.5]) == "True (50 %), False (50 %)"
    assert model.classes_line(list(range(30))).endswith("and 18 more")
