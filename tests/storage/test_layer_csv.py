"""One CSV a layer: the course reads the same numbers from it, and every slip is named by its line."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.storage.test_atomic import FAULTS, failing

from chainrule.errors import FileError, InputError, InputTypeError
from chainrule.network import Architecture, Parameters
from chainrule.storage import load_layers, save_layers

COURSE = Architecture(
    (5, 5, 4, 3, 5, 1), ("relu", "sigmoid", "relu", "sigmoid", "relu"), "squared_error"
)
SMALL = Architecture((2, 3, 1), ("relu", "identity"), "squared_error")


@pytest.fixture
def theta(rng: np.random.Generator) -> Parameters:
    return Parameters(SMALL, rng.normal(size=SMALL.n_parameters))


def test_the_course_reads_what_is_written(tmp_path: Path, rng: np.random.Generator) -> None:
    theta = Parameters(COURSE, rng.normal(size=COURSE.n_parameters))
    save_layers(theta, tmp_path)
    for l in range(1, 6):  # as in the course's notebook
        values = pd.read_csv(tmp_path / f"layer{l}.csv").values
        W, B = values[:, :-1], values[:, -1].reshape(-1, 1)
        assert W.shape == (COURSE.sizes[l], COURSE.sizes[l - 1])
        # older pandas may miss the last bit of a number
        np.testing.assert_allclose(W, theta.W[l].T, rtol=1e-15)
        np.testing.assert_allclose(B, theta.b[l].reshape(-1, 1), rtol=1e-15)


def test_what_the_course_writes_is_read(tmp_path: Path, rng: np.random.Generator) -> None:
    for l, (fan_in, fan_out) in enumerate(zip(COURSE.sizes, COURSE.sizes[1:], strict=False), 1):
        frame = pd.DataFrame(rng.normal(size=(fan_out, fan_in + 1)))
        if l % 2:
            frame.columns = [*(f"w{i}" for i in range(fan_in)), "b"]
        frame.to_csv(tmp_path / f"layer{l}.csv", index=False)
    theta = load_layers(tmp_path, COURSE)
    for l in range(1, 6):
        values = pd.read_csv(tmp_path / f"layer{l}.csv").values
        np.testing.assert_allclose(theta.W[l], values[:, :-1].T, rtol=1e-15)
        np.testing.assert_allclose(theta.b[l], values[:, -1], rtol=1e-15)


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False),
        min_size=SMALL.n_parameters,
        max_size=SMALL.n_parameters,
    )
)
def test_every_float64_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "layers"
    save_layers(Parameters(SMALL, np.array(numbers)), folder)
    loaded = load_layers(folder, SMALL)
    assert loaded.vector.tobytes() == np.array(numbers).tobytes()
    assert loaded.vector.flags.writeable


def test_float32_comes_back_bit_for_bit(tmp_path: Path, theta: Parameters) -> None:
    vector = theta.vector.astype(np.float32)
    vector[:3] = 1e-45, -0.0, np.finfo(np.float32).max
    save_layers(Parameters(SMALL, vector), tmp_path)
    loaded = load_layers(tmp_path, SMALL, dtype="float32")
    assert loaded.vector.dtype == np.float32
    assert loaded.vector.tobytes() == vector.tobytes()
    np.testing.assert_array_equal(load_layers(tmp_path, SMALL).vector, vector.astype(np.float64))


def test_files_may_be_listed_and_the_folder_is_made(tmp_path: Path, theta: Parameters) -> None:
    save_layers(theta, tmp_path / "new")
    os.rename(tmp_path / "new" / "layer2.csv", tmp_path / "last.csv")
    loaded = load_layers([tmp_path / "new" / "layer1.csv", str(tmp_path / "last.csv")], SMALL)
    np.testing.assert_array_equal(loaded.vector, theta.vector)
    with pytest.raises(InputError, match="folder: got 1 files, expected 2"):
        load_layers([tmp_path / "last.csv"], SMALL)
    with pytest.raises(InputTypeError, match="folder: got int"):
        load_layers(3, SMALL)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="dtype: got 'float16'"):
        load_layers(tmp_path / "new", SMALL, dtype="float16")


LAYER1 = "weight_1,weight_2,bias\n1,2,3\n4,5,6\n7,8,9\n"


@pytest.mark.parametrize(
    "text",
    [
        LAYER1,
        LAYER1.replace("\n", "\r\n"),
        LAYER1.strip(),
        "\ufeff" + LAYER1 + "\n\n",
        LAYER1.replace(",", " , "),
        LAYER1.replace("4,5,6", '"4","5.0","+6e0"'),
        LAYER1.replace("weight_1,weight_2,bias", "0,1,2"),
        LAYER1.replace("weight_1,weight_2,bias", '"a, b",c,d'),
    ],
)
def test_usual_forms_of_csv_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "layer1.csv").write_bytes(text.encode())
    (tmp_path / "layer2.csv").write_bytes(b"a,b,c,d\n.5,1.,-1e-3,0\n")
    theta = load_layers(tmp_path, SMALL)
    np.testing.assert_array_equal(theta.W[1], [[1, 4, 7], [2, 5, 8]])
    np.testing.assert_array_equal(theta.b[1], [3, 6, 9])
    np.testing.assert_array_equal(theta.W[2].ravel(), [0.5, 1.0, -1e-3])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "4,5,6",
            "4,5",
            r"layer1.csv, line 3: got 2 values, expected 3 \(2 weights and the bias\)",
        ),
        ("4,5,6", "0,4,5,6", "line 3: got 4 values"),
        ("4,5,6", "4;5;6", "line 3: got 1 values.*separate them by commas"),
        ("4,5,6", "4,five,6", "line 3: got 'five', expected a finite number"),
        ("4,5,6", "4,,6", "line 3: got '', expected a finite number"),
        ("4,5,6", "4,nan,6", "line 3: got 'nan'"),
        ("4,5,6", "4,-inf,6", "line 3: got '-inf'"),
        ("4,5,6", "4,1e999,6", "line 3: got '1e999'"),
        ("4,5,6", "4,1_000,6", "line 3: got '1_000'"),
        ("4,5,6", "4,٣,6", "line 3: got '.u0663'"),
        ("4,5,6", "4,0x10,6", "line 3: got '0x10'"),
        ("4,5,6", '4,"5,6', "line 4: got unexpected end of data"),
        ("4,5,6", "4,5\0,6", "line 3: got "),
        ("4,5,6\n", "", "layer1.csv: got 2 units, expected layer 1 as CSV: a header and 3 rows"),
        ("4,5,6", "4,5,6\n4,5,6", "line 5: got one more unit, expected 3 units"),
        ("weight_1,weight_2,bias\n", "", "line 1: got numbers, expected a header row"),
        ("weight_1,weight_2", "weight_1", "line 1: got 2 values"),
        (LAYER1, "", "layer1.csv: got an empty file"),
        (LAYER1, "\n\n", "layer1.csv: got an empty file"),
        (LAYER1, "a,b,c\n", "layer1.csv: got 0 units"),
        (LAYER1, "x" * 2000, "layer1.csv: got 2,000 bytes"),
        (LAYER1, "\x89PNG\r\n", "line 1: got 1 values"),
    ],
)
def test_every_slip_is_named_by_file_and_line(
    tmp_path: Path, theta: Parameters, old: str, new: str, words: str
) -> None:
    save_layers(theta, tmp_path)
    assert old in LAYER1
    (tmp_path / "layer1.csv").write_text(LAYER1.replace(old, new), encoding="utf-8")
    with pytest.raises(FileError, match=words) as caught:
        load_layers(tmp_path, SMALL)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_text_or_not_files_are_refused(
    tmp_path: Path, theta: Parameters
) -> None:
    save_layers(theta, tmp_path)
    (tmp_path / "layer1.csv").write_bytes(b"\xff\xfe" + LAYER1.encode("utf-16-le"))
    with pytest.raises(FileError, match=r"layer1\.csv: got bytes that are not text"):
        load_layers(tmp_path, SMALL)
    (tmp_path / "layer1.csv").unlink()
    with pytest.raises(FileError, match=r"got layer2.csv, expected layer1.csv to layer2.csv"):
        load_layers(tmp_path, SMALL)
    os.mkfifo(tmp_path / "layer1.csv")
    with pytest.raises(FileError, match="a named pipe"):
        load_layers(tmp_path, SMALL)
    (tmp_path / "huge.csv").touch()
    os.truncate(tmp_path / "huge.csv", 10 << 30)
    with pytest.raises(FileError, match="10,737,418,240 bytes"):
        load_layers([tmp_path / "huge.csv", tmp_path / "layer2.csv"], SMALL)


def test_folders_that_do_not_serve_are_refused(tmp_path: Path, theta: Parameters) -> None:
    (tmp_path / "file").touch()
    act: Callable[[str], object]
    for act in (lambda path: save_layers(theta, path), lambda path: load_layers(path, SMALL)):
        for name in ("file", "missing/folder", "zero\0byte", "file/folder"):
            with pytest.raises(FileError, match=r"got .*, expected a folder") as caught:
                act(f"{tmp_path}/{name}")
            assert "\n" not in str(caught.value)
    with pytest.raises(FileError, match="no layer files"):
        load_layers(tmp_path, SMALL)


def test_layers_of_two_networks_are_never_mixed(
    tmp_path: Path, theta: Parameters, rng: np.random.Generator
) -> None:
    save_layers(Parameters(COURSE, rng.normal(size=COURSE.n_parameters)), tmp_path)
    before = (tmp_path / "layer1.csv").read_bytes()
    with pytest.raises(FileError, match=r"a folder with layer5\.csv, expected none beyond layer2"):
        save_layers(theta, tmp_path)
    with pytest.raises(FileError, match=r"expected layer1.csv to layer2.csv"):
        load_layers(tmp_path, SMALL)
    assert (tmp_path / "layer1.csv").read_bytes() == before


def test_numbers_that_are_not_finite_are_neither_written_nor_made(
    tmp_path: Path, theta: Parameters
) -> None:
    theta.vector[3] = 1e300
    save_layers(theta, tmp_path / "large")
    with pytest.raises(FileError, match=r"layer1.csv: got a number too large for float32"):
        load_layers(tmp_path / "large", SMALL, dtype="float32")
    theta.vector[3] = np.nan
    with pytest.raises(InputError, match="parameters: got NaN"):
        save_layers(theta, tmp_path / "nan")
    assert not (tmp_path / "nan").exists()


@pytest.mark.parametrize(("number", "words"), FAULTS)
@pytest.mark.parametrize(("name", "at"), [("write", 3), ("fsync", 2), ("replace", 1)])
def test_a_fault_leaves_the_old_layers_or_no_folder(
    tmp_path: Path,
    theta: Parameters,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    words: str,
    name: str,
    at: int,
) -> None:
    save_layers(theta, tmp_path / "old")
    other = Parameters(SMALL, -theta.vector)
    for folder in ("old", "new"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, failing(getattr(os, name), number, at=at))
            with pytest.raises(FileError, match=words):
                save_layers(other, tmp_path / folder)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert sorted(path.name for path in (tmp_path / "old").iterdir()) == [
        "layer1.csv",
        "layer2.csv",
    ]
    np.testing.assert_array_equal(load_layers(tmp_path / "old", SMALL).vector, theta.vector)


def test_a_folder_that_cannot_be_listed_is_a_file_error(
    tmp_path: Path, theta: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "listdir", failing(os.listdir, errno.EACCES))
    with pytest.raises(FileError, match="no permission"):
        save_layers(theta, tmp_path)
    with pytest.raises(FileError, match="no permission"):
        load_layers(tmp_path, SMALL)
