"""The file of predictions, whatever the blocks that it is written in."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainrule.cli import predictions
from chainrule.cli.predictions import file_parts
from chainrule.report import judging


def written(found: pd.DataFrame, rows: int, separator: str | None, **types: pa.DataType) -> bytes:
    blocks = (found.iloc[i : i + rows] for i in range(0, len(found), rows))
    return b"".join(file_parts(blocks, separator, types))


@pytest.fixture
def found(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"row {i}" for i in range(100)],
            "when": pd.date_range("2024-01-31", periods=100, freq="D"),
            "prediction": rng.choice(np.array(["a", "b"], dtype=object), 100),
            "probability_a": rng.random(100, dtype=np.float32),
        }
    )


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_bytes_do_not_depend_on_blocks(found: pd.DataFrame, rows: int) -> None:
    whole = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(found, preserve_index=False), whole)
    assert written(found, rows, None) == whole.getvalue()
    assert written(found, rows, ";") == found.to_csv(index=False, sep=";").encode()


def test_wide_predictions_are_written_in_smaller_groups(
    found: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "_GROUP_BYTES", 1)
    monkeypatch.setattr(judging, "BLOCK", 30)
    file = pq.ParquetFile(io.BytesIO(written(found, 30, None)))
    assert [file.metadata.row_group(i).num_rows for i in range(4)] == [30, 30, 30, 10]
    pd.testing.assert_frame_equal(file.read().to_pandas(), found)


def test_a_column_of_objects_that_begins_with_nothing() -> None:
    found = pd.DataFrame({"id": pd.Series([None] * 5 + [True], dtype=object)})
    again = pq.read_table(io.BytesIO(written(found, 2, None, id=pa.bool_())))
    assert again.column("id").to_pylist() == [None] * 5 + [True]
