"""A ``Network`` from one CSV a layer: how many units and inputs each layer has is read off the files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.errors import FileError
from chainrule.network.network import Network
from chainrule.storage.files import StrPath, open_regular, shown
from chainrule.storage.layer_csv import layer_files, load_layers

_LONGEST = 2**20  # bytes of a header


def load_network(
    folder: StrPath | Sequence[StrPath],
    activations: str | Sequence[str] = "relu",
    loss: str = "squared_error",
    *,
    dtype: str = "float64",
    **options: Any,
) -> Network:
    """Return a network with the weights of ``layer1.csv`` ... ``layerL.csv``.

    Parameters
    ----------
    folder : str or path, or a list of them
        The folder, or the files themselves, first layer first. A row is a unit, its bias last, below a header.
    activations, loss : str
        As in ``Network``; the files do not tell.
    dtype : {"float64", "float32"}
        Of the parameters.
    **options
        ``l2``, ``l1``, ``penalize_biases`` and ``dropout`` of ``Network``.

    Returns
    -------
    Network

    Raises
    ------
    FileError
        If a file is missing, is no table of numbers, or does not fit the layer before.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import Network
    >>> from chainrule.storage import save_layers
    >>> net = Network([3, 4, 1], "tanh")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     save_layers(net.parameters, place)
    ...     again = load_network(place, "tanh")
    >>> again.architecture == net.architecture, bool((again.W[2] == net.W[2]).all())
    (True, True)
    """
    files = layer_files(folder)
    shapes = [_shape(path) for path in files]
    for path, (_, units), (inputs, _) in zip(files[1:], shapes[:-1], shapes[1:], strict=True):
        if inputs != units:
            raise FileError.of(
                shown(path),
                got=f"{inputs} weights a row",
                expected=f"{units}, one for each unit of the layer before, and the bias",
            )
    sizes = [shapes[0][0], *(units for _, units in shapes)]
    empty = [part for m, k in pairwise(sizes) for part in (np.zeros((m, k)), np.zeros(k))]
    network = Network(sizes, activations, loss, initializer=empty, dtype=dtype, **options)
    network.parameters.vector[...] = load_layers(files, network.architecture, dtype=dtype).vector
    return network


def _shape(path: str) -> tuple[int, int]:
    """Return inputs and units of a layer: columns without the bias, rows without the header."""
    expected = "a layer as CSV: a header, and a row of weights and the bias for each unit"
    with open_regular(path, expected=expected) as (stream, _):
        header = stream.readline(_LONGEST)
        units = sum(1 for line in stream if line.strip())
    inputs = header.count(b",")
    if not header.endswith(b"\n") or units == 0 or inputs == 0:
        raise FileError.of(
            shown(path), got=f"{os.path.getsize(path):,} bytes without them", expected=expected
        )
    return inputs, units
