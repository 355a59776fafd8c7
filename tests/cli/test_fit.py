"""`chainrule fit`: what it says, what it writes, and that every option does what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.cli.conftest import QUICK, one_line_error, run, write_csv

import chainrule
from chainrule.storage import load_model
from chainrule.tables import Preparation
from chainrule.training import EpochEnded


def test_it_tells_all_that_is_to_be_known_and_writes_the_model(penguins_csv: Path) -> None:
    result = run("fit", penguins_csv, "--target", "species", *QUICK)
    assert result.exit_code == 0, result.output
    said = result.stdout
    for part in (
        "344 rows, 8 columns",
        "classification: target 'species' holds 3 different words (Adelie, Chinstrap, Gentoo)",
        "247 to learn from, 28 to stop by, 69 to test on",
        "7 of 7 used, as 14 inputs",
        "bill_length_mm",
        "14 inputs → 16 relu → 3 softmax, 291 parameters",
        "12 epochs in",
        "always Adelie",
        "accuracy",
        "baseline",
        "penguins.model (",
    ):
        assert part in " ".join(said.split()), part
    assert "\x1b" not in said
    assert result.stderr == ""
    assert [path.name for path in Path.cwd().iterdir()] == ["penguins.model"]


def test_the_scores_are_those_of_the_written_model(penguins_csv: Path) -> None:
    told = json.loads(run("fit", penguins_csv, "-t", "species", "--json", *QUICK).stdout)
    model = chainrule.load("penguins.model")
    # the rows that were held out are found by taking the others away
    frame = pd.read_csv(penguins_csv)
    from chainrule.estimators.splitting import split

    codes = frame["species"].astype("category").cat.codes.to_numpy()
    _, test = split(0, len(frame), 0.2, codes)
    held_out = frame.iloc[test]
    assert told["rows"]["test"] == len(held_out)
    accuracy = model.score(held_out.drop(columns="species"), held_out["species"].to_numpy(object))
    assert told["scores"]["accuracy"] == pytest.approx(accuracy)
    majority = held_out["species"].value_counts(normalize=True)["Adelie"]
    assert told["baseline"]["accuracy"] == pytest.approx(majority)


def test_penguins_are_learned_with_the_defaults(penguins_csv: Path) -> None:
    for seed in (0, 1):
        result = run(
            "fit", penguins_csv, "-t", "species", "--json", "--engine", "reference", "--seed", seed
        )
        assert json.loads(result.stdout)["scores"]["accuracy"] >= 0.97


def test_json_is_one_object_and_nothing_else(penguins_csv: Path) -> None:
    result = run("fit", penguins_csv, "-t", "species", "--json", *QUICK)
    told = json.loads(result.stdout)
    assert result.stderr == ""
    assert told["task"] == "classification"
    assert told["rows"] == {"training": 247, "validation": 28, "test": 69}
    assert told["network"]["sizes"] == [14, 16, 3]
    assert told["network"]["parameters"] == 14 * 16 + 16 + 16 * 3 + 3
    assert told["model"] == "penguins.model"
    assert told["bytes"] == Path("penguins.model").stat().st_size
    assert {c["column"] for c in told["columns"]} >= {"island", "sex", "year"}


def test_quiet_says_nothing(penguins_csv: Path) -> None:
    result = run("fit", penguins_csv, "-t", "species", "--quiet", *QUICK)
    assert (result.exit_code, result.output) == (0, "")


def test_the_same_seed_gives_the_same_weights_and_another_does_not(penguins_csv: Path) -> None:
    vectors = []
    for name, seed in (("a.model", 3), ("b.model", 3), ("c.model", 4)):
        run("fit", penguins_csv, "-t", "species", "-q", "-o", name, "--seed", seed, *QUICK)
        vectors.append(load_model(name).vector)
    assert np.array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])


@pytest.mark.parametrize(
    ("option", "setting", "value"),
    [
        (("--hidden", "8,4"), "hidden_layer_sizes", (8, 4)),
        (("--hidden", "none"), "hidden_layer_sizes", ()),
        (("--hidden", "8,4", "--activation", "tanh,elu"), "activation", ("tanh", "elu")),
        (("--activation", "leaky_relu(0.2)"), "activation", "leaky_relu(0.2)"),
        (("--hidden", "8,4", "--dropout", "0.3,0"), "dropout", (0.3, 0.0)),
        (("--loss", "log_loss(0.1)"), "loss", "log_loss(0.1)"),
        (("--class-weight", "balanced"), "class_weight", "balanced"),
        (("--solver", "sgd"), "learning_rate_init", 0.03),
        (("--solver", "rmsprop"), "solver", "rmsprop"),
        (("--solver", "lbfgs"), "dropout", 0.0),
        (("--learning-rate", "0.02"), "learning_rate_init", 0.02),
        (("--schedule", "step(0.5, 3)"), "learning_rate", "step(0.5, 3)"),
        (("--batch-size", "17"), "batch_size", 17),
        (("--batch-size", "100000"), "batch_size", 247),
        (("--epochs", "2"), "max_iter", 2),
        (("--patience", "0"), "n_iter_no_change", float("inf")),
        (("--patience", "3"), "n_iter_no_change", 3),
        (("--alpha", "0.5"), "alpha", 0.5),
        (("--weight-decay", "0.3"), "weight_decay", 0.3),
        (("--max-time", "100"), "max_time", 100.0),
        (("--seed", "7"), "random_state", 7),
        (("--threads", "1"), "threads", 1),
    ],
)
def test_every_option_reaches_the_estimator(
    penguins_csv: Path, option: tuple[str, ...], setting: str, value: object
) -> None:
    result = run("fit", penguins_csv, "-t", "species", "-q", "-o", "m.model", *QUICK[:4], *option)
    assert result.exit_code == 0, result.output
    assert chainrule.load("m.model").get_params()[setting] == value


def test_dropped_columns_are_not_used(penguins_csv: Path) -> None:
    options = ("--drop", "island", "--drop", "year", "-o", "m.model", "-q")
    assert run("fit", penguins_csv, "-t", "species", *options, *QUICK).exit_code == 0
    preparation = chainrule.load("m.model").preparation_
    assert not {"island", "year", "species"} & set(preparation.input_columns)


def test_a_test_table_of_ones_own_is_used_whole(penguins_csv: Path) -> None:
    frame = pd.read_csv(penguins_csv)
    frame.iloc[::2].to_csv("train.csv", index=False)
    frame.iloc[1::2].to_csv("test.csv", index=False)
    result = run("fit", "train.csv", "-t", "species", "--test", "test.csv", "--json", *QUICK)
    told = json.loads(result.stdout)
    assert told["rows"]["test"] == len(frame.iloc[1::2])
    model = chainrule.load("train.model")
    test = frame.iloc[1::2]
    accuracy = model.score(test.drop(columns="species"), test["species"].to_numpy(object))
    assert told["scores"]["accuracy"] == pytest.approx(accuracy)


def test_a_test_table_that_does_not_fit_is_told_before_the_training(
    penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(*_: Any, **__: Any) -> None:
        raise AssertionError("the training has begun")

    monkeypatch.setattr("chainrule.engines.reference.ReferenceEngine.epoch", trained)
    frame = pd.read_csv(penguins_csv)
    frame.drop(columns="island").to_csv("test.csv", index=False)
    arguments = ("fit", penguins_csv, "-t", "species", "--test", "test.csv", *QUICK)
    assert "'island'" in one_line_error(run(*arguments))
    frame.assign(year="long ago").to_csv("test.csv", index=False)
    assert "'year'" in one_line_error(run(*arguments))


def test_whole_groups_are_held_out_and_are_no_input() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=120)
    columns = {"x": x, "patient": np.repeat(np.arange(30), 4), "y": x + 1}
    pd.DataFrame(columns).to_csv("t.csv", index=False)
    done = run("fit", "t.csv", "-t", "y", "--groups", "patient", "--json", *QUICK)
    told = json.loads(done.stdout)
    assert told["rows"] == {"training": 88, "validation": 8, "test": 24}
    assert [column["column"] for column in told["columns"]] == ["x"]
    assert told["options"]["groups"] == "patient"


def test_one_group_cannot_be_divided_and_that_is_told() -> None:
    x = np.arange(60.0)
    pd.DataFrame({"who": "one", "x": x, "y": x}).to_csv("t.csv", index=False)
    done = run("fit", "t.csv", "-t", "y", "--groups", "who", *QUICK)
    assert "60 rows cannot be divided by 'who', so there is no test" in done.stdout


def test_the_latest_rows_are_held_out() -> None:
    days = pd.date_range("2024-01-01", periods=100).strftime("%Y-%m-%d")
    x = np.arange(100.0)
    pd.DataFrame({"day": days[::-1], "x": x, "y": x}).to_csv("t.csv", index=False)
    done = run("fit", "t.csv", "-t", "y", "--time", "day", *QUICK)
    assert "72 to learn from, 8 to stop by, 20 to test on" in done.stdout
    assert "the latest by 'day'" in done.stdout
    options = ("--time", "day", "--drop", "day", "--json", "--force", *QUICK)
    told = json.loads(run("fit", "t.csv", "-t", "y", *options).stdout)
    assert [column["column"] for column in told["columns"]] == ["x"]
    assert told["rows"] == {"training": 72, "validation": 8, "test": 20}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--groups", "island", "--time", "year"), "--groups: got --groups and --time"),
        (("--groups", "sex"), "--groups: got 'sex' with 11 missing values"),
        (("--time", "island"), "--time: got 'island', a column of kind category"),
        (("--time", "yaer"), "did you mean 'year'?"),
        (
            ("--groups", "species"),
            "--groups: got 'species', expected a column that is not the target",
        ),
    ],
)
def test_a_column_that_cannot_hold_rows_out_is_told(
    penguins_csv: Path, options: tuple[str, ...], message: str
) -> None:
    assert message in one_line_error(run("fit", penguins_csv, "-t", "species", *options))


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("coslog(0)", "--schedule: waves: got 0.0"),
        ("cosin", "--schedule: got 'cosin', expected one of constant,"),
    ],
)
def test_a_schedule_that_is_none_is_told_as_the_option(
    penguins_csv: Path, schedule: str, message: str
) -> None:
    result = run("fit", penguins_csv, "-t", "species", "--schedule", schedule)
    assert message in one_line_error(result)


def test_fractions_of_nothing_hold_nothing_out(penguins_csv: Path) -> None:
    options = ("--test-fraction", "0", "--validation-fraction", "0", "--json")
    told = json.loads(run("fit", penguins_csv, "-t", "species", *options, *QUICK).stdout)
    assert told["rows"] == {"training": 344, "validation": 0, "test": 0}
    assert told["scores"] == {}


def test_a_tiny_table_is_learned_without_a_test(table: Callable[..., Path]) -> None:
    write_csv(Path("tiny.csv"), [["x", "y"], *([i, i % 2] for i in range(8))])
    result = run("fit", "tiny.csv", "-t", "y", *QUICK)
    assert result.exit_code == 0
    assert "too few to hold some out" in result.stdout
    assert "scores" not in result.stdout


def test_quantities_are_recognised_and_may_be_forced_to_be_classes(
    table: Callable[..., Path],
) -> None:
    path = table(lambda i: i % 3)
    for options, task in (((), "classification"), (("--task", "regression"), "regression")):
        told = json.loads(run("fit", path, "-t", "y", "--json", *options, *QUICK).stdout)
        assert told["task"] == task
    told = json.loads(
        run("fit", table(lambda i: 0.5 * i, "q.csv"), "-t", "y", "--json", *QUICK).stdout
    )
    assert told["task"] == "regression"
    assert set(told["scores"]) == {"r2", "mae", "rmse"}


def test_numbers_with_fractions_may_be_classes(table: Callable[..., Path]) -> None:
    path = table(lambda i: (0.5, 1.5, 2.0)[i % 3])
    options = ("-t", "y", "--task", "classification", "--json", *QUICK)
    assert json.loads(run("fit", path, *options).stdout)["task"] == "classification"
    assert chainrule.load("table.model").classes_.tolist() == ["0.5", "1.5", "2"]
    assert run("evaluate", "table.model", path).exit_code == 0


def test_several_quantiles_tell_their_coverage(penguins_csv: Path) -> None:
    options = ("--loss", "quantile(0.1, 0.5, 0.9)", "--skip-missing")
    result = run("fit", penguins_csv, "-t", "body_mass_g", *options, *QUICK)
    said = " ".join(result.stdout.split())
    assert "2 rows without a target left out" in said
    assert "the scores are those of the quantile 0.5" in said
    assert "% for 0.1" in said


def test_notes_on_columns_are_told_once(table: Callable[..., Path]) -> None:
    path = table(lambda i: "uv"[i % 2])
    frame = pd.read_csv(path)
    frame["same"] = 1
    frame.to_csv(path, index=False)
    said = " ".join(run("fit", path, "-t", "y", *QUICK).stdout.split())
    assert said.count("column 'same' is dropped") == 1
    assert "column 'c' alone determines the target" in said  # c and y go together


def test_names_from_the_table_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    rows = [
        ["x\x1b[31m", "[bold]y"],
        *([i % 7 / 3, "u\x1b]0;t\x07v"[:: 1 + i % 2]] for i in range(60)),
    ]
    write_csv(tmp_path / "t.csv", rows)
    result = run("fit", "t.csv", "-t", "[bold]y", *QUICK)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert "[bold]y" in result.output


def test_interrupted_it_writes_the_best_weights_so_far(
    penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(3, monkeypatch)
    result = run("fit", penguins_csv, "-t", "species", *QUICK)
    assert result.exit_code == 0, result.output
    assert "interrupted: the best weights so far are kept" in result.stdout
    model = chainrule.load("penguins.model")
    assert model.stop_reason_ == "interrupted"
    assert model.n_iter_ == 3


def test_interrupted_before_anything_was_learned_it_writes_nothing(
    penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.engines.reference.ReferenceEngine.epoch", interrupted)
    result = run("fit", penguins_csv, "-t", "species", *QUICK)
    assert result.exit_code == 130
    assert result.stderr == "chainrule: interrupted; nothing was written\n"
    assert list(Path.cwd().iterdir()) == []


def interrupt_at(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl-C come while the epoch is told of."""

    def interrupting(self: Any, event: Any) -> None:
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.training.progress.RichProgress.__call__", interrupting)


def test_an_existing_file_is_kept_unless_it_is_a_model_or_force_is_given(
    penguins_csv: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    arguments = ("fit", penguins_csv, "-t", "species", "-q", *QUICK)
    assert "not a chainrule model" in one_line_error(run(*arguments, "-o", precious))
    assert precious.read_text() == "years of work"
    assert run(*arguments, "-o", precious, "--force").exit_code == 0
    assert run(*arguments, "-o", precious).exit_code == 0  # now it is one


def test_a_diverging_training_is_one_line_and_no_file(penguins_csv: Path) -> None:
    result = run("fit", penguins_csv, "-t", "species", "-q", "--learning-rate", "1e30", *QUICK)
    assert "not finite" in one_line_error(result)
    assert list(Path.cwd().iterdir()) == []


def test_standard_input_is_a_table(penguins_csv: Path) -> None:
    result = run("fit", "-", "-t", "species", "-q", *QUICK, stdin=penguins_csv.read_bytes())
    assert result.exit_code == 0, result.output
    assert Path("table.model").exists()


def test_how_a_table_is_written_can_be_said(tmp_path: Path) -> None:
    rows = "".join(
        f"{i}.500;3/{i % 12 + 1}/2014;{'yes' if i % 2 else 'no'}\n" for i in range(1, 60)
    )
    table = tmp_path / "t.csv"
    table.write_bytes(("größe;day;y\n" + rows).encode("cp1252"))
    model = tmp_path / "t.model"
    said = [
        "--encoding",
        "cp1252",
        "--decimal",
        ",",
        "--dates",
        "day-first",
        "--as",
        "größe=number",
    ]
    result = run(
        "fit", table, "-t", "y", "-o", model, "--epochs", 1, "--engine", "reference", *said
    )
    assert result.exit_code == 0, result.output
    columns = {c.name: c for c in chainrule.load(model).preparation_.columns}
    assert columns["größe"].kind == "number"
    assert columns["day"].day_first
    for wrong in (["--dates", "first"], ["--as", "day"], ["--as", "day=text"], ["--decimal", "x"]):
        assert run("fit", table, "-t", "y", "-o", model, *wrong).exit_code == 2


def test_a_test_table_is_prepared_once(penguins_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.read_csv(penguins_csv)[:50].to_csv("test.csv", index=False)
    rows: list[int] = []
    transform = Preparation.transform

    def counting(self: Preparation, frame: pd.DataFrame) -> np.ndarray:
        rows.append(len(frame))
        return transform(self, frame)

    monkeypatch.setattr(Preparation, "transform", counting)
    arguments = ("fit", penguins_csv, "-t", "species", "--test", "test.csv", *QUICK)
    told = json.loads(run(*arguments, "--json").stdout)
    assert rows.count(50) == 1
    monkeypatch.setattr(Preparation, "transform", transform)
    model = chainrule.load("penguins.model")
    frame = pd.read_csv("test.csv")
    assert told["scores"]["accuracy"] == model.score(frame, frame["species"])
