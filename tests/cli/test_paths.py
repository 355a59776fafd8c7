"""Where a model may be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chainrule.cli.paths import check_output, default_output
from chainrule.errors import FileError


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("penguins.csv", "penguins.model"),
        ("/data/a.b.csv", "a.b.model"),
        ("A.CSV.GZ", "A.model"),
        ("x.parquet", "x.model"),
        ("plain", "plain.model"),
        ("-", "table.model"),
        (".csv", ".csv.model"),
    ],
)
def test_a_model_is_named_like_its_table(table: str, name: str) -> None:
    assert default_output(table) == name


def test_a_link_to_the_table_is_the_table(tmp_path: Path) -> None:
    table, link = tmp_path / "t.csv", tmp_path / "link"
    table.write_text("x\n1\n")
    link.symlink_to(table)
    with pytest.raises(FileError, match="the file that is read"):
        check_output(str(link), inputs=(str(table),), force=True)


def test_models_and_empty_files_are_replaced(models: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (models["mass"], tmp_path / "empty", tmp_path / "new"):
        check_output(str(path), inputs=("-",), force=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="not a file"):
        check_output(str(tmp_path / "pipe"), inputs=(), force=True)
