"""The check of one activation or loss."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.equations.activations import activations
from chainrule.equations.losses import losses
from chainrule.errors import InputError
from chainrule.gradients.check import check_activation, check_loss


@pytest.mark.parametrize("name", activations.names())
def test_every_registered_activation(name: str) -> None:
    report = check_activation(name)
    assert report.ok, str(report)
    assert report.method == "complex step"


@pytest.mark.parametrize("name", losses.names())
@pytest.mark.parametrize("outputs", [1, 4])
def test_every_registered_loss(name: str, outputs: int) -> None:
    report = check_loss(name, outputs=outputs)
    assert report.ok, str(report)


def test_a_wrong_derivative_is_shown_where_it_is_wrong() -> None:
    """Document 002: leaky relu with derivative 0 below zero."""
    report = check_activation(
        lambda z: np.where(z.real > 0, z, 0.1 * z), lambda z: np.where(z > 0, 1.0, 0.0), kinks=[0.0]
    )
    assert report.verdict == "wrong"
    wrong = [entry for entry in report.entries if entry.verdict == "wrong"]
    assert all(entry.reason.startswith("z = -") for entry in wrong)
    assert {round(entry.expected, 9) for entry in wrong} == {0.1}


def test_a_derivative_may_take_the_value_too() -> None:
    assert check_activation(np.tanh, lambda z, a: 1.0 - a * a).ok


def test_a_kink_that_was_not_declared_is_undecidable() -> None:
    report = check_activation(
        lambda z: np.maximum(z.real, 0.0), lambda z: (z > 0).astype(float), z=[-1.0, 0.0, 1.0]
    )
    assert report.verdict == "undecidable"
    (entry,) = [entry for entry in report.entries if entry.verdict != "ok"]
    assert entry.reason.startswith("z = 0")


def test_document_003s_clipped_loss_is_flagged_and_its_mistakes_are_found() -> None:
    def clipped(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        p = np.clip(1.0 / (1.0 + np.exp(-z)), 1e-15, 1.0 - 1e-15)
        return -(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))

    def p_minus_y(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(-z)) - y

    report = check_loss(clipped, p_minus_y, domain="unit")
    assert report.verdict == "undecidable", str(report)
    assert [flag.kind for flag in report.flags] == ["clipping"]
    assert "z = 40" in report.entries[0].reason or "z = -40" in report.entries[0].reason
    report = check_loss(clipped, lambda z, y: -p_minus_y(z, y), domain="unit")
    assert report.verdict == "wrong"


def test_a_softmax_jacobian_with_the_wrong_sign() -> None:
    """Document 002: S_i (delta_ij + S_j) in place of S_i (delta_ij - S_j)."""

    def value(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        e = np.exp(z - z.real.max(axis=1, keepdims=True))
        return -(y * np.log(e / e.sum(axis=1, keepdims=True))).sum(axis=1)

    def softmax(z: np.ndarray) -> np.ndarray:
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    assert check_loss(value, lambda z, y: softmax(z) - y, domain="one_hot").ok
    wrong = check_loss(value, lambda z, y: -softmax(z) - y, domain="one_hot")
    assert wrong.verdict == "wrong"
    assert "y = (" in wrong.entries[0].reason


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(InputError, match=r"^derivative: got None"):
        check_activation(np.tanh)
    with pytest.raises(InputError, match=r"^derivative: got None"):
        check_loss(lambda z, y: (z - y) ** 2)
    with pytest.raises(InputError, match=r"^domain: got 'complex'"):
        check_loss(lambda z, y: (z - y) ** 2, lambda z, y: 2 * (z - y), domain="complex")


def test_a_flat_part_in_the_middle_is_no_clipping() -> None:
    def dead_zone(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(z.real > 1.0, z - 1.0, np.where(z.real < -1.0, -z - 1.0, 0.0 * z))

    def wrong_inside(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(z > 1.0, 1.0, np.where(z < -1.0, -1.0, 0.5))

    assert check_loss(dead_zone, lambda z, y: np.sign(z) * (np.abs(z) > 1.0)).ok
    report = check_loss(dead_zone, wrong_inside)
    assert report.verdict == "wrong"
    assert report.flags == []


@pytest.mark.skipif(
    np.finfo(np.longdouble).eps >= np.finfo(float).eps, reason="no extended precision here"
)
def test_a_loss_that_loses_its_digits_is_not_called_wrong() -> None:
    """Document 002 without any guard: right wherever 1 - p still has digits, and no bug beyond."""

    def unguarded(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        p = 1.0 / (1.0 + np.exp(-z))
        return -(y * np.log(p) + (1.0 - y) * np.log(1.0 - p))

    def p_minus_y(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(-z)) - y

    report = check_loss(unguarded, p_minus_y, domain="unit", z=np.linspace(-34.0, 34.0, 69))
    assert report.method == "complex step"
    assert report.verdict != "wrong", str(report)
