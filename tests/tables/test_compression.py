"""Every kind of compressed text is the text; archives with more in them are refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from chainrule.errors import FileError
from chainrule.tables import open_blocks, read_table

CSV = b"a,b\n" + b"".join(b"%d,x\n" % i for i in range(5000))


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__MACOSX_", "__MACOSX/"), data)
    return out.getvalue()


PACKED = {
    "t.csv.gz": gzip.compress(CSV),
    "t.csv.bz2": bz2.compress(CSV),
    "t.csv.xz": lzma.compress(CSV),
    "t.csv.zst": pa.Codec("zstd").compress(CSV, asbytes=True),
    "t.csv.zip": zipped(**{"t.csv": CSV}),
    "whatever.zip": zipped(**{"t.tsv": CSV.replace(b",", b"\t"), "__MACOSX_t.tsv": b"x"}),
    "t.txt": gzip.compress(CSV),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_text_is_the_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[name])
    frame = read_table(path)
    assert frame["a"].tolist() == list(range(5000))
    with open_blocks(path) as blocks:
        assert sum(len(block) for block in blocks.frames(999)) == 5000
    assert len(read_table(io.BytesIO(PACKED[name]), format="csv")) == 5000


@pytest.mark.parametrize("name", [name for name in PACKED if "zip" not in name])
def test_damaged(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[name][: len(PACKED[name]) // 2])
    with pytest.raises(FileError) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_archives_of_several_files(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.zip"
    path.write_bytes(zipped(**{"a.csv": CSV, "b.csv": CSV}))
    with pytest.raises(FileError, match=r"a zip archive of 2 files \(a.csv, b.csv, …\).*unpack it"):
        read_table(path)
    path.write_bytes(b"PK\x03\x04junk")
    with pytest.raises(FileError, match="damaged or truncated compressed data"):
        read_table(path)
    path = tmp_path / "t.parquet.gz"
    path.write_bytes(b"x")
    with pytest.raises(FileError, match="an unknown ending"):
        read_table(path)
