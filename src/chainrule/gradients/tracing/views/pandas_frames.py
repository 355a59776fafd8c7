"""A trace as pandas DataFrames, one a quantity, to be displayed as a notebook displays a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.gradients.tracing.traced_pass import TracedPass

if TYPE_CHECKING:
    from pandas import DataFrame


def to_frames(trace: TracedPass) -> dict[str, DataFrame]:
    """Return every quantity by its symbol; a vector is one column, a number one cell.

    Inputs carry the names of the columns where the trace has them.
    """
    import pandas as pd

    frames = {}
    columns = trace.convention.samples == "columns"
    for symbol in trace.symbols:
        value = np.asarray(trace[symbol])
        frame = pd.DataFrame(np.array(value.reshape(-1, 1) if value.ndim < 2 else value))
        if trace.features and symbol in ("X", "W[1]", "dW[1]"):
            # the axis of the inputs: columns of X, rows of W; in the other convention the other one
            if (symbol == "X") != columns:
                frame.columns = pd.Index(trace.features)
            else:
                frame.index = pd.Index(trace.features)
        frames[symbol] = frame
    return frames
