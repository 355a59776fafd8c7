"""Whatever comes in: one line on standard error, exit code 2, and nothing written."""

from __future__ import annotations

import os
import pickle
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import QUICK, one_line_error, run, write_csv

Make = Callable[..., Path]


def nothing_written(*expected: str) -> None:
    assert sorted(path.name for path in Path.cwd().iterdir()) == sorted(expected)


def test_a_column_that_is_not_there_is_answered_with_those_that_come_close(
    penguins_csv: Path,
) -> None:
    said = one_line_error(run("fit", penguins_csv, "-t", "specis", *QUICK))
    assert "'species'" in said
    said = one_line_error(run("fit", penguins_csv, "-t", "species", "--drop", "iland", *QUICK))
    assert "'island'" in said
    nothing_written()


def test_a_file_that_is_not_there_is_answered_with_those_that_come_close(
    penguins_csv: Path,
) -> None:
    wrong = penguins_csv.with_name("penguin.csv")
    assert "penguins.csv" in one_line_error(run("fit", wrong, "-t", "species"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"x,y\n", "no rows"),
        (b"x,y\n1,2,3\n4,5\n", ""),
        (b"x,x\n1,2\n", "x"),
        (random.Random(0).randbytes(3000), "binary"),
        (b"\x80\x04\x95" + b"\0" * 100, "binary"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    assert said in one_line_error(run("fit", "t.csv", "-t", "y", *QUICK))
    nothing_written("t.csv")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    assert "folder" in one_line_error(run("fit", tmp_path, "-t", "y"))


@pytest.mark.parametrize("first", [b"", b"a" * 100])
def test_one_line_of_a_gigabyte_is_not_read(tmp_path: Path, first: bytes) -> None:
    with open(tmp_path / "t.csv", "wb") as stream:
        stream.write(first)
        stream.truncate(1 << 30)  # sparse: it takes no space
    one_line_error(run("fit", "t.csv", "-t", "y", *QUICK))
    nothing_written("t.csv")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (lambda i: "same", "at least two classes"),
        (lambda i: "" if i == 7 else "uv"[i % 2], "row 8"),
        (lambda i: "many" if i == 7 else i * 0.5, "'many'"),
        (lambda i: "inf" if i == 7 else i * 0.5, "infinite"),
        (lambda i: f"2024-01-{i % 28 + 1:02d}", "dates"),
    ],
)
def test_a_target_that_cannot_be_learned_is_told(
    table: Make, target: Callable[[int], object], said: str
) -> None:
    assert said in one_line_error(run("fit", table(target), "-t", "y", *QUICK))
    nothing_written("table.csv")


def test_text_where_numbers_must_be_is_told_with_column_and_row(table: Make) -> None:
    path = table(lambda i: "uv"[i % 2])
    assert run("fit", path, "-t", "y", "-q", *QUICK).exit_code == 0
    lines = path.read_text().splitlines()
    lines[5] = "many" + lines[5][lines[5].index(",") :]
    path.write_text("\n".join(lines))
    for result in (
        run("predict", "table.model", path),
        run("predict", "table.model", path, "-o", "out.csv"),
        run("evaluate", "table.model", path),
    ):
        said = one_line_error(result)
        assert "'x'" in said
        assert "row 5" in said
        assert "'many'" in said
    nothing_written("table.csv", "table.model")


def test_columns_that_are_missing_are_told(models: dict[str, Path], table: Make) -> None:
    said = one_line_error(run("predict", models["species"], table(lambda i: i)))
    assert "'island'" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--hidden", "64,x"), "--hidden"),
        (("--hidden", "64,-1"), "--hidden"),
        (("--activation", "rellu"), "did you mean 'relu'"),
        (("--activation", "relu,relu,relu"), "--activation"),
        (("--dropout", "much"), "--dropout"),
        (("--dropout", "1"), "--dropout"),
        (("--solver", "newton"), "--solver"),
        (("--schedule", "cosin"), "cosine"),
        (("--learning-rate", "-1"), "--learning-rate"),
        (("--batch-size", "few"), "--batch-size"),
        (("--epochs", "0"), "--epochs"),
        (("--patience", "-1"), "--patience"),
        (("--loss", "poisson"), "--loss"),
        (("--engine", "steam"), "--engine"),
        (("--task", "clustering"), "clustering"),
        (("--test-fraction", "1"), "--test-fraction"),
        (("--test", "nosuch.csv"), "nosuch.csv"),
        (("--format", "xml"), "xml"),
        (("--class-weight", "heavy"), "--class-weight"),
        (("--weight-decay", "1", "--solver", "adam"), "--weight-decay"),
        (("--solver", "lbfgs", "--dropout", "0.5"), "--dropout"),
        (("--drop", "species"), "--drop"),
        (("--output", "no/such/folder/x.model"), "folder"),
        (("--output", "."), "folder"),
        (("--output", ""), "--output"),
        (("--nosuchoption",), "--nosuchoption"),
        (("--seed", "many"), "--seed"),
    ],
)
def test_every_wrong_option_is_one_line_that_names_it(
    penguins_csv: Path, options: tuple[str, ...], said: str
) -> None:
    result = run("fit", penguins_csv, "-t", "species", "-q", "--engine", "reference", *options)
    assert said in one_line_error(result)
    nothing_written()


def test_class_weights_are_for_classes(penguins_csv: Path) -> None:
    options = ("-t", "bill_depth_mm", "--skip-missing", "--class-weight", "balanced")
    assert "--class-weight" in one_line_error(run("fit", penguins_csv, *options))


def test_usage_errors_say_where_the_help_is() -> None:
    assert "see chainrule fit --help" in one_line_error(run("fit"))
    assert "see chainrule --help" in one_line_error(run("fitt"))


def test_the_table_is_never_overwritten(penguins_csv: Path, tmp_path: Path) -> None:
    copy = tmp_path / "penguins.csv"
    copy.write_bytes(penguins_csv.read_bytes())
    for force in ((), ("--force",)):
        one_line_error(run("fit", copy, "-t", "species", "-o", copy, *force, *QUICK))
    assert copy.read_bytes() == penguins_csv.read_bytes()


def test_a_device_is_no_place_for_a_model(penguins_csv: Path) -> None:
    arguments = ("fit", penguins_csv, "-t", "species", "-o", os.devnull, "--force", *QUICK)
    assert "not a file" in one_line_error(run(*arguments))


def test_a_folder_that_cannot_be_written_to_is_told_before_the_training(
    penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a folder without permission would not stop root, so the system's answer is planted
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    said = one_line_error(run("fit", penguins_csv, "-t", "species", *QUICK))
    assert "no permission" in said


def test_a_table_without_permission_is_told(
    penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chainrule.tables.read.open", refused, raising=False)
    assert "permission" in one_line_error(run("fit", penguins_csv, "-t", "species"))


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_models_that_are_none_are_told(
    command: str, models: dict[str, Path], penguins_csv: Path, tmp_path: Path
) -> None:
    sound = models["species"].read_bytes()
    wrong = bytearray(sound)
    wrong[-5] ^= 1
    files = {
        "cut.model": sound[: len(sound) // 2],
        "flipped.model": bytes(wrong),
        "pickle.model": pickle.dumps({"weights": [1.0]}),
        "empty.model": b"",
        "table.model": penguins_csv.read_bytes(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        assert name in one_line_error(run(command, name, penguins_csv))
        assert name in one_line_error(run("inspect", name))
    one_line_error(run(command, tmp_path, penguins_csv))
    one_line_error(run(command, "nosuch.model", penguins_csv))


def test_a_table_with_one_column_is_told(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", [["y"], *(["uv"[i % 2]] for i in range(40))])
    one_line_error(run("fit", "t.csv", "-t", "y", *QUICK))
    nothing_written("t.csv")
