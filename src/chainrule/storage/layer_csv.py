"""Parameters as one CSV file a layer: ``layer1.csv``, ``layer2.csv``, ...

One row a unit (fan_out rows), its fan_in weights and, in the last column, its bias; one header row.
A file is thus ``W[l].T`` with ``b[l]`` beside it, and ``pandas.read_csv(file).values[:, :-1]``
gives the weights as courses use them. Numbers are written with all digits that tell them apart, so
they come back bit for bit.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

import numpy as np

from chainrule.errors import FileError, InputError, InputTypeError
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.storage.atomic import write_together
from chainrule.storage.files import StrPath, failure, open_regular, path_text, read_into, shown

_LAYER = re.compile(r"layer([1-9][0-9]{0,5})\.csv")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_MOST_CHARACTERS = 64  # a number; 24 are enough for every float64


def save_layers(parameters: Parameters, folder: StrPath) -> None:
    """Write ``layer1.csv`` ... ``layerL.csv`` into `folder`, all of them or none.

    Parameters
    ----------
    parameters : Parameters
        Finite.
    folder : str or path
        Made if it does not exist; its parent must.

    Raises
    ------
    InputError
        If a parameter is not finite.
    FileError
        If the files cannot be written, or the folder holds layers of a deeper network, which would
        then be mixed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> line = Architecture((2, 1), ("identity",), "squared_error")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_layers(Parameters(line, np.array([0.1, 0.2, 3.0])), folder)
    ...     print(pathlib.Path(folder, "layer1.csv").read_text().strip())
    ...     load_layers(folder, line).vector
    weight_1,weight_2,bias
    0.1,0.2,3.0
    array([0.1, 0.2, 3. ])
    """
    folder = path_text(folder)
    if not np.isfinite(parameters.vector).all():
        raise InputError.of("parameters", got="NaN or infinity", expected="finite weights")
    n_layers = parameters.architecture.n_layers
    made = False
    try:
        if not os.path.isdir(folder):
            os.mkdir(folder)
            made = True
        found = _layers_in(folder)
    except (OSError, ValueError) as error:
        raise _no_folder(folder, error) from error
    if found and max(found) > n_layers:
        raise FileError.of(
            shown(folder),
            got=f"a folder with layer{max(found)}.csv",
            expected=f"none beyond layer{n_layers}.csv",
            remedy="remove the files of the deeper network or choose another folder",
        )
    try:
        write_together(
            [
                (os.path.join(folder, f"layer{l}.csv"), _lines(parameters.W[l], parameters.b[l]))
                for l in range(1, n_layers + 1)
            ]
        )
    except FileError:
        if made:
            with suppress(OSError):
                os.rmdir(folder)
        raise


def load_layers(
    folder: StrPath | Sequence[StrPath], architecture: Architecture, *, dtype: str = "float64"
) -> Parameters:
    """Read the parameters of `architecture` from one CSV file a layer.

    Parameters
    ----------
    folder : str or path, or a list of them
        The folder with ``layer1.csv`` ... ``layerL.csv``, or the L files themselves, first layer
        first.
    architecture : Architecture
        Says how many rows and columns each file has.
    dtype : {"float64", "float32"}
        Of the parameters.

    Returns
    -------
    theta : Parameters
        With a vector of its own.

    Raises
    ------
    FileError
        Names file and line of whatever is missing, too much, or not a finite number.

    Notes
    -----
    The first row is a header and is not read, as ``pandas.read_csv`` does by default. Where leaving
    it out would lose a unit, that is an error.
    """
    if dtype not in ("float64", "float32"):
        raise InputError.of("dtype", got=repr(dtype), expected="'float64' or 'float32'")
    files = _files(folder, architecture.n_layers)
    parameters = Parameters(architecture, np.zeros(architecture.n_parameters, dtype))
    for l, (path, (fan_in, fan_out)) in enumerate(
        zip(files, pairwise(architecture.sizes), strict=True), start=1
    ):
        table = _read_table(path, l, fan_in, fan_out)
        with np.errstate(over="ignore"):
            parameters.W[l][:] = table[:, :-1].T
            parameters.b[l][:] = table[:, -1]
        if not (np.isfinite(parameters.W[l]).all() and np.isfinite(parameters.b[l]).all()):
            raise FileError.of(
                shown(path),
                got="a number too large for float32",
                expected="finite weights",
                remedy="load them with dtype='float64'",
            )
    return parameters


def _lines(W: np.ndarray, b: np.ndarray) -> Iterator[bytes]:
    """Yield the file's lines for W (fan_in, fan_out) and b (fan_out,)."""
    header = [*(f"weight_{i}" for i in range(1, len(W) + 1)), "bias"]
    yield (",".join(header) + "\n").encode()
    for weights, bias in zip(W.T, b, strict=True):
        row = [*weights.tolist(), bias.item()]
        yield (",".join(map(repr, row)) + "\n").encode()


def layer_files(folder: StrPath | Sequence[StrPath]) -> list[str]:
    """Return the files of a folder, layer1.csv first, however many there are."""
    if not isinstance(folder, (str, os.PathLike)):
        return [path_text(path) for path in folder]
    try:
        found = _layers_in(path_text(folder))
    except (OSError, ValueError) as error:
        raise _no_folder(path_text(folder), error) from error
    return _files(folder, max(found, default=1))


def _files(folder: StrPath | Sequence[StrPath], n_layers: int) -> list[str]:
    if not isinstance(folder, (str, os.PathLike)):
        if not isinstance(folder, Sequence):
            raise InputTypeError.of(
                "folder", got=type(folder).__name__, expected="a folder or a list of files"
            )
        files = [path_text(path) for path in folder]
        if len(files) != n_layers:
            raise InputError.of(
                "folder", got=f"{len(files)} files", expected=f"{n_layers}, one for each layer"
            )
        return files
    folder = path_text(folder)
    try:
        found = _layers_in(folder)
    except (OSError, ValueError) as error:
        raise _no_folder(folder, error) from error
    if found != set(range(1, n_layers + 1)):
        raise FileError.of(
            shown(folder),
            got=f"{', '.join(f'layer{l}.csv' for l in sorted(found)[:8]) or 'no layer files'}",
            expected=f"layer1.csv to layer{n_layers}.csv, one for each layer",
            remedy="check the architecture, or list the files",
        )
    return [os.path.join(folder, f"layer{l}.csv") for l in range(1, n_layers + 1)]


def _layers_in(folder: str) -> set[int]:
    matches = map(_LAYER.fullmatch, os.listdir(folder))
    return {int(match[1]) for match in matches if match}


def _no_folder(folder: str, error: OSError | ValueError) -> FileError:
    if isinstance(error, OSError):
        return failure(folder, error, expected="a folder for layer1.csv, layer2.csv, ...")
    return FileError.of(shown(folder), got="a path with a zero byte", expected="a folder")


def _read_table(path: str, layer: int, fan_in: int, fan_out: int) -> np.ndarray:
    """Return the (fan_out, fan_in + 1) numbers of one file."""
    expected = f"layer {layer} as CSV: a header and {fan_out} rows of {fan_in} weights and the bias"
    most = (fan_out + 2) * (fan_in + 1) * _MOST_CHARACTERS
    with open_regular(path, expected=expected) as (stream, size):
        if size > most:  # before memory is taken for it: it may be one line of 10 GB
            raise FileError.of(shown(path), got=f"{size:,} bytes", expected=expected)
        data = bytearray(size)
        data = data[: read_into(stream, memoryview(data))]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError.of(shown(path), got="bytes that are not text", expected=expected) from error
    table = np.empty((fan_out, fan_in + 1))
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    count = -1  # the header
    try:
        for cells in rows:
            if not cells or cells == [""]:
                continue
            if count == -1 and len(cells) == fan_in + 1 and all(map(_NUMBER.fullmatch, cells)):
                # pandas' integer column names, 0, 1, 2, ..., are a header; weights are not
                if [cell.strip() for cell in cells] != [str(i) for i in range(fan_in + 1)]:
                    raise _line_error(
                        path, rows.line_num, "numbers", "a header row", "add one above the weights"
                    )
            elif len(cells) != fan_in + 1:
                raise _line_error(
                    path,
                    rows.line_num,
                    f"{len(cells)} values",
                    f"{fan_in + 1} ({fan_in} weights and the bias)",
                    "separate them by commas; with pandas, save with index=False",
                )
            elif count >= fan_out:
                raise _line_error(path, rows.line_num, "one more unit", f"{fan_out} units")
            elif count >= 0:
                table[count] = [_number(cell, path, rows.line_num) for cell in cells]
            count += 1
    except csv.Error as error:
        raise _line_error(path, rows.line_num, str(error), "values separated by commas") from error
    if count != fan_out:
        got = f"{max(count, 0)} units" if count >= 0 else "an empty file"
        raise FileError.of(shown(path), got=got, expected=expected)
    return table


def _number(cell: str, path: str, line: int) -> float:
    value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    if not math.isfinite(value):
        raise _line_error(path, line, ascii(cell[:40]), "a finite number")
    return value


def _line_error(path: str, line: int, got: str, expected: str, remedy: str = "") -> FileError:
    return FileError.of(f"{shown(path)}, line {line}", got=got, expected=expected, remedy=remedy)
