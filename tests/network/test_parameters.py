"""One flat vector and its named views."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters, segments

ARCHITECTURE = Architecture((2, 3, 4, 1), ("relu", "tanh", "identity"), "squared_error")


def test_the_layout_is_w1_b1_w2_b2_row_by_row() -> None:
    theta = Parameters(ARCHITECTURE, np.arange(30.0))
    assert theta.W[1].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert theta.b[1].tolist() == [6, 7, 8]
    assert theta.W[2].tolist() == [[9, 10, 11, 12], [13, 14, 15, 16], [17, 18, 19, 20]]
    assert theta.b[2].tolist() == [21, 22, 23, 24]
    assert theta.W[3].tolist() == [[25], [26], [27], [28]]
    assert theta.b[3].tolist() == [29]
    assert theta.W[0].size == theta.b[0].size == 0


def test_segments_cover_the_vector_once_in_order() -> None:
    places = segments(ARCHITECTURE.sizes)
    assert [place.name for place in places] == ["W[1]", "b[1]", "W[2]", "b[2]", "W[3]", "b[3]"]
    assert [place.layer for place in places] == [1, 1, 2, 2, 3, 3]
    assert [place.is_weight for place in places] == [True, False] * 3
    assert places[0].start == 0
    assert [place.stop for place in places[:-1]] == [place.start for place in places[1:]]
    assert places[-1].stop == ARCHITECTURE.n_parameters
    theta = Parameters(ARCHITECTURE, np.arange(30.0))
    for place in places:
        part = (theta.W if place.is_weight else theta.b)[place.layer]
        np.testing.assert_array_equal(part.ravel(), theta.vector[place.start : place.stop])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_views_share_memory_with_the_given_vector(dtype: type) -> None:
    vector = np.zeros(30, dtype=dtype)
    theta = Parameters(ARCHITECTURE, vector)
    assert theta.vector is vector
    for part in (*theta.W[1:], *theta.b[1:]):
        assert np.shares_memory(part, vector)
        assert part.dtype == dtype
        part += 1
    assert np.all(vector == 1)
    vector[...] = 7
    assert np.all(theta.W[2] == 7)


def test_a_copy_has_a_vector_of_its_own() -> None:
    theta = Parameters(ARCHITECTURE)
    other = theta.copy()
    other.W[1][...] = 3.0
    assert not theta.vector.any()
    assert other.vector.sum() == 18.0


@pytest.mark.parametrize(
    "vector", [np.zeros(29), np.zeros((30, 1)), np.zeros(60)[::2], np.zeros(0)]
)
def test_a_vector_that_does_not_fit_is_refused(vector: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"parameter vector: got shape .*, expected .* 30 numbers"):
        Parameters(ARCHITECTURE, vector)


def test_a_network_without_features_has_biases_only() -> None:
    theta = Parameters(Architecture((0, 2), ("identity",), "squared_error"))
    assert theta.W[1].shape == (0, 2)
    assert theta.vector.size == 2
