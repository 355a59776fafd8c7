"""Tables in, matrices out: reading files, recognising columns, preparing them for a network."""

from __future__ import annotations

from chainrule.tables.blocks import Blocks, open_blocks
from chainrule.tables.prepare import ColumnSummary, Preparation
from chainrule.tables.read import read_table
from chainrule.tables.target import Choice, recognise_task, separate, target_values

__all__ = [
    "Blocks",
    "Choice",
    "ColumnSummary",
    "Preparation",
    "open_blocks",
    "read_table",
    "recognise_task",
    "separate",
    "target_values",
]
