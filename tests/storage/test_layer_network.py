"""A network from one CSV a layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import FileError
from chainrule.network.network import Network
from chainrule.storage import load_network, save_layers


def saved(folder: Path, sizes: list[int]) -> Network:
    net = Network(sizes, "tanh", random_state=4)
    save_layers(net.parameters, folder)
    return net


def test_sizes_and_weights_are_read_off_the_files(tmp_path: Path) -> None:
    net = saved(tmp_path, [3, 5, 4, 2])
    again = load_network(tmp_path, "tanh", l2=0.1, penalize_biases=True)
    assert again.architecture.sizes == (3, 5, 4, 2)
    assert again.architecture.penalize_biases
    assert np.array_equal(again.parameters.vector, net.parameters.vector)
    files = [tmp_path / "layer1.csv", tmp_path / "layer2.csv"]
    assert load_network(files, "tanh").architecture.sizes == (3, 5, 4)


def test_files_that_pandas_wrote(tmp_path: Path) -> None:
    table = np.arange(12.0).reshape(3, 4) / 7
    pd.DataFrame(table).to_csv(tmp_path / "layer1.csv", index=False)
    net = load_network(tmp_path)
    assert np.array_equal(net.W[1], table[:, :-1].T)
    assert np.array_equal(net.b[1], table[:, -1])


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    saved(tmp_path, [3, 5, 4, 2])
    (tmp_path / "layer2.csv").write_text("w1,w2,bias\n1,2,3\n")
    with pytest.raises(FileError, match=r"layer2.csv: got 2 weights a row, expected 5"):
        load_network(tmp_path)
    (tmp_path / "layer2.csv").unlink()
    with pytest.raises(FileError, match=r"layer1\.csv, layer3\.csv"):
        load_network(tmp_path)
    (tmp_path / "layer2.csv").write_text("nothing")
    with pytest.raises(FileError, match=r"layer2\.csv"):
        load_network(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="no layer files"):
        load_network(tmp_path / "empty")
