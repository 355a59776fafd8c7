"""`chainrule predict`: the estimator's predictions, row by row, in every format and direction."""

from __future__ import annotations

import csv
import datetime
import io
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from tests.cli.conftest import QUICK, one_line_error, run

import chainrule
from chainrule import MLPClassifier, MLPRegressor

Models = dict[str, Path]


def table_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def test_predictions_are_the_estimators_in_the_same_order(
    models: Models, penguins_csv: Path
) -> None:
    result = run("predict", models["species"], penguins_csv)
    assert (result.exit_code, result.stderr) == (0, "")
    model = chainrule.load(models["species"])
    expected = model.predict(pd.read_csv(penguins_csv))
    found = table_of(result.stdout)
    assert list(found.columns) == ["prediction"]
    assert found["prediction"].tolist() == expected.tolist()


def test_probabilities_and_carried_columns(models: Models, penguins_csv: Path) -> None:
    options = ("--proba", "--id", "year", "--id", "sex")
    found = table_of(run("predict", models["species"], penguins_csv, *options).stdout)
    model, frame = chainrule.load(models["species"]), pd.read_csv(penguins_csv)
    names = [f"probability_{label}" for label in model.classes_]
    assert list(found.columns) == ["year", "sex", "prediction", *names]
    assert found["year"].tolist() == frame["year"].tolist()
    p = model.predict_proba(frame)
    assert np.array_equal(found[names].to_numpy(np.float64), p)


def test_quantities_come_back_to_the_last_digit(models: Models, penguins_csv: Path) -> None:
    found = table_of(run("predict", models["mass"], penguins_csv).stdout)
    expected = chainrule.load(models["mass"]).predict(pd.read_csv(penguins_csv))
    assert found["prediction"].tolist() == expected.tolist()


def test_standard_input_is_the_table_by_default(models: Models, penguins_csv: Path) -> None:
    direct = run("predict", models["species"], penguins_csv).stdout
    for arguments in ((), ("-",)):
        piped = run("predict", models["species"], *arguments, stdin=penguins_csv.read_bytes())
        assert piped.stdout == direct


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.parquet"])
def test_every_format_of_output_holds_the_same(
    models: Models, penguins_csv: Path, name: str
) -> None:
    direct = table_of(run("predict", models["species"], penguins_csv, "--proba").stdout)
    result = run("predict", models["species"], penguins_csv, "--proba", "-o", name)
    assert (result.exit_code, result.stdout) == (0, "")
    if name.endswith("parquet"):
        found = pd.read_parquet(name)
    else:
        found = pd.read_csv(name, sep="\t" if name.endswith("tsv") else ",")
    assert found.columns.tolist() == direct.columns.tolist()
    assert found["prediction"].tolist() == direct["prediction"].tolist()
    assert np.allclose(found.iloc[:, 1:], direct.iloc[:, 1:], rtol=1e-6, atol=0.0)
    assert [path.name for path in Path.cwd().iterdir()] == [name]


def test_rows_are_predicted_in_blocks_with_the_same_result(
    models: Models, penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run("predict", models["species"], penguins_csv, "--proba").stdout
    monkeypatch.setattr("chainrule.report.judging.BLOCK", 100)
    blocks = run("predict", models["species"], penguins_csv, "--proba").stdout
    left, right = table_of(whole), table_of(blocks)
    assert left["prediction"].tolist() == right["prediction"].tolist()
    assert np.allclose(left.iloc[:, 1:], right.iloc[:, 1:], rtol=1e-4, atol=1e-7)


def test_labels_keep_their_type(table: Callable[..., Path]) -> None:
    path = table(lambda i: f"0{i % 2}")  # codes, which a careless reader makes numbers of
    assert run("fit", path, "-t", "y", "-q", "-o", "m.model", *QUICK).exit_code == 0
    lines = run("predict", "m.model", path, "--id", "y").stdout.splitlines()
    carried, predicted = zip(*(line.split(",") for line in lines[1:]), strict=True)
    assert set(carried) == {"00", "01"}
    assert set(predicted) <= {"00", "01"}


def test_quantiles_have_a_column_each(penguins_csv: Path) -> None:
    options = ("-t", "body_mass_g", "--skip-missing", "--loss", "quantile(0.1, 0.9)")
    assert run("fit", penguins_csv, *options, "-q", "-o", "q.model", *QUICK).exit_code == 0
    found = table_of(run("predict", "q.model", penguins_csv).stdout)
    assert list(found.columns) == ["prediction_q0.1", "prediction_q0.9"]


def test_models_from_python_without_preparation(rng: np.random.Generator, tmp_path: Path) -> None:
    X = rng.normal(size=(60, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    settings = {"solver": "lbfgs", "hidden_layer_sizes": (), "random_state": 0}
    frame.to_csv("t.csv", index=False)
    named = MLPRegressor(**settings, preparation=False).fit(frame, X[:, 0])
    nameless = MLPRegressor(**settings).fit(X, X[:, 0])
    for name, model in (("named.model", named), ("nameless.model", nameless)):
        model.save(name)
        result = run("predict", name, "t.csv")
        assert result.exit_code == 0, result.output
        given = frame if name == "named.model" else X
        assert table_of(result.stdout)["prediction"].tolist() == model.predict(given).tolist()
    frame.iloc[:, :2].to_csv("few.csv", index=False)
    assert "'c'" in one_line_error(run("predict", "named.model", "few.csv"))
    assert "3" in one_line_error(run("predict", "nameless.model", "few.csv"))
    frame.assign(b="x").to_csv("words.csv", index=False)
    assert "row 1" in one_line_error(run("predict", "named.model", "words.csv"))


def test_models_of_several_columns(rng: np.random.Generator) -> None:
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    X.to_csv("t.csv", index=False)
    multilabel = (X.to_numpy()[:, :2] > 0.0).astype(int)
    words = np.array([["u", "v", "w"][i % 3] for i in range(60)], dtype=object)
    several = np.column_stack([words, words[::-1]])
    for y, n_proba in ((multilabel, 2), (several, 6)):
        model = MLPClassifier((), solver="lbfgs", max_iter=5000, random_state=0, alpha=0.1)
        model.fit(X, y)
        model.save("m.model")
        found = table_of(run("predict", "m.model", "t.csv", "--proba").stdout)
        assert found.shape == (60, 2 + n_proba)
        predicted = found[["prediction_1", "prediction_2"]].to_numpy()
        assert (predicted == model.predict(X)).all()
        assert "several" not in one_line_error(run("evaluate", "m.model", "t.csv", "-t", "a"))


def test_what_cannot_be_carried_or_written_is_told(models: Models, penguins_csv: Path) -> None:
    model = models["species"]
    said = one_line_error(run("predict", model, penguins_csv, "--id", "yaer"))
    assert said.startswith("chainrule: --id:")
    assert "'year'" in said
    assert ".csv" in one_line_error(run("predict", model, penguins_csv, "-o", "out.xlsx"))
    one_line_error(run("predict", model, penguins_csv, "-o", "no/such/out.csv"))
    one_line_error(run("predict", models["mass"], penguins_csv, "--proba"))
    frame = pd.read_csv(penguins_csv).rename(columns={"year": "prediction"}).assign(year=2007)
    frame.to_csv("t.csv", index=False)
    said = one_line_error(run("predict", model, "t.csv", "--id", "prediction"))
    assert "named like a prediction" in said
    assert "read" in one_line_error(run("predict", model, "t.csv", "-o", "t.csv"))


def test_prediction_needs_neither_compiler_nor_figures(models: Models, penguins_csv: Path) -> None:
    import subprocess

    code = (
        "import sys; sys.modules['numba'] = sys.modules['matplotlib'] = None\n"
        f"sys.argv = ['chainrule', 'predict', {str(models['species'])!r}, {str(penguins_csv)!r}]\n"
        "from chainrule.cli import main; main()"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == run("predict", models["species"], penguins_csv).stdout


def large(models: Models, penguins_csv: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Let blocks be small, of bytes and of rows, and return the penguins as text."""
    monkeypatch.setattr("chainrule.report.judging.BLOCK", 50)
    monkeypatch.setattr("chainrule.tables.delimited_blocks._BLOCK", 1 << 10)
    monkeypatch.setattr("chainrule.tables.parquet_blocks._READ", 30)
    return pd.read_csv(penguins_csv, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("output", ["out.csv", "out.parquet"])
@pytest.mark.parametrize("block", [1 << 9, 1 << 12, 1 << 24])
def test_blocks_of_bytes_do_not_change_a_byte(
    models: Models, penguins_csv: Path, monkeypatch: pytest.MonkeyPatch, output: str, block: int
) -> None:
    arguments = (models["species"], penguins_csv, "--proba", "--id", "sex", "--id", "year")
    assert run("predict", *arguments, "-o", f"whole-{output}").exit_code == 0
    monkeypatch.setattr("chainrule.tables.delimited_blocks._BLOCK", block)
    assert run("predict", *arguments, "-o", output).exit_code == 0
    assert Path(output).read_bytes() == Path(f"whole-{output}").read_bytes()


def test_a_late_block_decides_for_all(
    models: Models, penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = large(models, penguins_csv, monkeypatch)
    frame["empty"] = [""] * 300 + ["x"] * (len(frame) - 300)
    frame["code"] = ["01"] * 300 + ["2.5"] * (len(frame) - 300)
    frame.to_csv("t.csv", index=False)
    frame.assign(empty=frame["empty"].replace("", None)).to_parquet("t.parquet")
    for table in ("t.csv", "t.parquet"):
        result = run(
            "predict", models["species"], table, "--id", "empty", "--id", "code", "-o", "o.parquet"
        )
        assert (result.exit_code, result.output) == (0, "")
        found = pd.read_parquet("o.parquet")
        assert found["empty"].isna().sum() == 300
        assert found["code"].tolist() == frame["code"].tolist()


def test_a_flag_is_read_as_in_the_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.report.judging.BLOCK", 7)
    training = pd.DataFrame({"flag": ["yes", "no"] * 30, "y": ["a", "b"] * 30})
    training.to_csv("training.csv", index=False)
    assert run("fit", "training.csv", "-t", "y", "-q", "-o", "m.model", *QUICK).exit_code == 0
    first = "flag\n" + "01\n1\n0\n00\n" * 5
    for last, same in (
        ("1", True),
        ("yes", False),
    ):  # a number, and a word after which 01 is one too
        Path("t.csv").write_text(first + last + "\n")
        found = table_of(run("predict", "m.model", "t.csv", "--proba").stdout)
        p = found["probability_a"].tolist()
        assert (p[0] == p[1]) is same


@pytest.mark.parametrize("output", [(), ("-o", "out.csv"), ("-o", "out.parquet")])
def test_a_late_mistake_is_placed_and_leaves_nothing(
    models: Models, penguins_csv: Path, monkeypatch: pytest.MonkeyPatch, output: tuple[str, ...]
) -> None:
    frame = large(models, penguins_csv, monkeypatch)
    frame.loc[[330, 340], "bill_length_mm"] = "long"
    frame.to_csv("t.csv", index=False)
    frame.to_parquet("t.parquet")
    for name in ("t.csv", "t.parquet"):
        before = sorted(Path.cwd().iterdir())
        said = one_line_error(run("predict", models["species"], name, *output))
        assert "column 'bill_length_mm', row 331: got 'long'" in said
        assert "2 such values" in said
        assert sorted(Path.cwd().iterdir()) == before
    with open("t.csv", "a") as file:
        file.write("1,2\n")
    said = one_line_error(run("predict", models["species"], "t.csv", *output))
    assert "line 346: got 2 fields" in said  # what keeps it from being a table comes first, as ever


def test_a_late_mistake_for_a_model_without_preparation(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.report.judging.BLOCK", 7)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    settings = {"hidden_layer_sizes": (), "solver": "lbfgs", "random_state": 0}
    model = MLPRegressor(**settings, preparation=False)
    model.fit(frame, frame["a"]).save("named.model")
    model.fit(frame.to_numpy(), frame["a"]).save("nameless.model")
    frame.loc[3, "b"] = np.nan
    frame.loc[50, "a"] = np.inf
    frame.to_csv("t.csv", index=False)
    for name in ("named.model", "nameless.model"):
        # the first column that is wrong, and not the first row: so it was when tables were read at once
        said = one_line_error(run("predict", name, "t.csv"))
        assert "column 'a', row 51: got inf" in said


def test_wrong_tables(models: Models, penguins_csv: Path) -> None:
    text = penguins_csv.read_text()
    for data, words in (
        ("", "an empty file"),
        (text.splitlines()[0] + "\n", "a header and no rows"),
        (text.replace("bill_depth_mm", "depth"), "no column 'bill_depth_mm'"),
    ):
        Path("t.csv").write_text(data)
        assert words in one_line_error(run("predict", models["species"], "t.csv"))


def test_an_old_output_stays_when_the_new_one_fails(models: Models, penguins_csv: Path) -> None:
    Path("out.csv").write_text("old")
    Path("t.csv").write_text(penguins_csv.read_text() + "1,2\n")
    one_line_error(run("predict", models["species"], "t.csv", "-o", "out.csv"))
    assert Path("out.csv").read_text() == "old"


def test_no_room_for_what_waits_for_standard_output(
    models: Models, penguins_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda max_size: Full())
    said = one_line_error(run("predict", models["species"], penguins_csv))
    assert "No space left on device" in said
    assert "--output" in said


def test_ids_come_back_as_they_were(models: Models, penguins_csv: Path) -> None:
    n = 6
    large = [1_152_921_504_606_846_977 + i for i in range(n)]
    ids = pa.table(
        {
            "gaps": pa.array([*large[:-1], None], pa.int64()),
            "money": pa.array([Decimal(f"12345678901234567.{i}9") for i in range(n)]),
            "at": pa.array([datetime.time(1, 2, i) for i in range(n)]),
            "name": pa.array(["007", "NA", "1.0", "x", None, "y"]).dictionary_encode(),
            "single": pa.array([0.1] * (n - 1) + [None], pa.float32()),
            "when": pa.array([1_577_836_800_000_000_001 + i for i in range(n)], pa.timestamp("ns")),
        }
    )
    penguins = pa.Table.from_pandas(pd.read_csv(penguins_csv)[:n], preserve_index=False)
    for column in penguins.column_names:
        ids = ids.append_column(column, penguins.column(column))
    pa.parquet.write_table(ids, "ids.parquet")
    names = ["gaps", "money", "at", "name", "single", "when"]
    chosen = [part for name in names for part in ("--id", name)]
    result = run("predict", models["species"], "ids.parquet", *chosen)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["gaps"] for row in rows] == [*map(str, large[:-1]), ""]
    assert [row["money"] for row in rows] == [f"12345678901234567.{i}9" for i in range(n)]
    assert [row["at"] for row in rows] == [f"01:02:0{i}" for i in range(n)]
    assert [row["name"] for row in rows] == ["007", "NA", "1.0", "x", "", "y"]
    assert [row["single"] for row in rows] == ["0.1"] * (n - 1) + [""]
    assert rows[2]["when"].endswith("00:00:00.000000003")
    assert (
        run("predict", models["species"], "ids.parquet", *chosen, "-o", "o.parquet").exit_code == 0
    )
    written = pa.parquet.read_table("o.parquet")
    for name in names:
        assert written.column(name).to_pylist() == ids.column(name).to_pylist()
    frame = pd.read_csv(penguins_csv)[:3].assign(key=["NA", "01", "null"])
    frame.to_csv("keys.csv", index=False)
    result = run("predict", models["species"], "keys.csv", "--id", "key")
    assert [row["key"] for row in csv.DictReader(io.StringIO(result.stdout))] == [
        "NA",
        "01",
        "null",
    ]


def test_another_unit_is_noted_and_refused_if_asked(models: Models, penguins_csv: Path) -> None:
    frame = pd.read_csv(penguins_csv)
    frame.assign(body_mass_g=frame["body_mass_g"] / 1000.0).to_csv("kilograms.csv", index=False)
    for command in (["predict"], ["evaluate"]):
        result = run(*command, models["species"], "kilograms.csv")
        assert result.exit_code == 0
        assert "column 'body_mass_g' lies beyond" in " ".join(result.output.split())
        said = one_line_error(run(*command, models["species"], "kilograms.csv", "--strict"))
        assert "'body_mass_g' lies beyond" in said
        assert run(*command, models["species"], penguins_csv, "--strict").exit_code == 0
