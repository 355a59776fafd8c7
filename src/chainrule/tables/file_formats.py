"""Which format a file has, by the ending of its name."""

from __future__ import annotations

from pathlib import Path

from chainrule.tables.compression import ENDINGS, member_name
from chainrule.tables.header import BLANKS

FORMATS = {
    **{".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "txt", ".dat": "txt", ".data": "txt"},
    **{
        ".parquet": "parquet",
        ".pq": "parquet",
        ".feather": "arrow",
        ".arrow": "arrow",
        ".ipc": "arrow",
    },
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "excel"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
}
"""Which format each ending of a file's name stands for; those of text also with ``.gz .bz2 .xz .zst .zip`` behind."""

SEPARATORS = {"csv": ",", "tsv": "\t", "txt": BLANKS}
"""The formats that are delimited text, and the separator that each is most likely to have."""


def format_of(path: Path) -> str:
    """Tell the format by a name's ending; empty where it is unknown."""
    name = path.name.lower()
    plain = name.removesuffix(next((end for end in ENDINGS if name.endswith(end)), ""))
    if plain != name and name.endswith(".zip") and Path(plain).suffix not in FORMATS:
        plain = member_name(str(path)).lower()
    kind = FORMATS.get(Path(plain).suffix, "")
    return kind if plain == name or kind in (*SEPARATORS, "json") else ""
