"""The compiled rules by themselves: a loss over any number of rows and columns, and loops in vector instructions."""

from __future__ import annotations

import dis
import re
from collections.abc import Callable
from dataclasses import replace
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chainrule.engines.fused import compiler, rules
from chainrule.equations.activations import activations
from chainrule.equations.losses import Loss, losses

SINGLE = np.dtype("float32")
TOGETHER = rules._TOGETHER
SHAPES = [
    (0, 3),
    (1, 1),
    (7, 1),
    (TOGETHER + 3, 1),
    (23, 3),
    (TOGETHER // 10 * 2 + 1, 10),
    (3, TOGETHER - 1),
    (2, TOGETHER + 1),
]


def block_of(
    loss: Loss, z: np.ndarray, y: np.ndarray, share: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the weighted loss and its derivative, from the loop behind the address."""
    rows, k = z.shape
    columns = np.ascontiguousarray(loss.columns(loss.parameters, k).astype(z.dtype))
    delta = np.full(z.shape, np.nan, dtype=z.dtype)
    given = np.empty(rules.loss_numbers(loss, k), dtype=z.dtype)
    at = [int(array.ctypes.data) for array in (z, y, share, columns, delta, given)]
    block = compiler._python_blocks[rules.loss_block(loss, k, z.dtype)]
    return getattr(block, "ctypes", block)(*at, rows, k), delta


def targets(loss: Loss, rows: int, k: int) -> np.ndarray:
    rng = np.random.default_rng(k)
    if loss.domain == "one_hot":
        return np.eye(k)[rng.integers(0, k, size=rows)]
    return rng.uniform(0.1, 0.9, size=(rows, k))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("rows", "k"), SHAPES)
@pytest.mark.parametrize("spec", [*losses.names(), "binary_log_loss(0.2)"])
def test_a_loss_block_is_the_loss(spec: str, rows: int, k: int, dtype: str) -> None:
    loss, rng = losses.get(spec), np.random.default_rng(rows)
    z, y = 3.0 * rng.normal(size=(rows, k)), targets(loss, rows, k)
    z, y, share = (part.astype(dtype) for part in (z, y, rng.uniform(size=rows)))
    total, delta = block_of(loss, z, y, share)
    given = [part.astype("float64") for part in (z, y, share)]
    tolerance = 16 * float(np.finfo(dtype).eps)
    expected = given[2] @ loss.rows(*given[:2])
    assert total == pytest.approx(expected, rel=tolerance, abs=tolerance)
    expected = given[2][:, None] * loss.gradient(*given[:2])
    np.testing.assert_allclose(delta, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_quantile_levels_alternate_along_the_row(dtype: str) -> None:
    loss, rng = losses.get("quantile(0.1, 0.5, 0.9)"), np.random.default_rng(0)
    z, y = rng.normal(size=(2, 101, 6)).astype(dtype)
    share = np.ones(101, dtype=dtype)
    total, delta = block_of(loss, z, y, share)
    assert total == pytest.approx(loss.rows(z, y).sum(dtype="float64"), rel=1e-6)
    np.testing.assert_allclose(delta, loss.gradient(z, y), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", losses.names())
def test_one_nan_score_makes_the_loss_nan_and_no_other_rows_delta(spec: str, dtype: str) -> None:
    loss = losses.get(spec)
    for rows, k, i, j in ((TOGETHER + 9, 1, TOGETHER + 1, 0), (40, 3, 33, 2)):
        z, y = np.zeros((rows, k), dtype=dtype), targets(loss, rows, k).astype(dtype)
        z[i, j] = np.nan
        total, delta = block_of(loss, z, y, np.ones(rows, dtype=dtype))
        assert np.isnan(total)
        assert np.isnan(delta[i, j])
        assert np.isfinite(np.delete(delta, i, axis=0)).all()


def anew(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a copy, of which no block is kept yet."""
    return FunctionType(
        function.__code__, function.__globals__, function.__name__, None, function.__closure__
    )


def in_words(address: int) -> str:
    """Return the optimized code of a block that was compiled in this process."""
    return compiler._python_blocks[address]._library.get_llvm_str()


@pytest.mark.compiled
@pytest.mark.parametrize("name", [*activations.names(), *losses.names()])
def test_loops_become_vector_instructions(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # what comes from the cache on disk is machine code, and says nothing in words
    no_cache = SimpleNamespace(load=lambda *_: None, save=lambda *_: None)
    monkeypatch.setattr(compiler, "process_cache", lambda: no_cache)
    rule = activations.get(name) if name in activations else losses.get(name)
    rule = replace(rule, value=anew(rule.value), derivative=anew(rule.derivative))
    if isinstance(rule, Loss):
        addresses = [rules.loss_block(rule, 3, SINGLE)]
    else:
        addresses = [
            rules.activation_value(rule, SINGLE),
            rules.activation_derivative(rule, SINGLE),
        ]
    arithmetic = r"= f(add|sub|mul|div|cmp)( [a-z]+)* <\d+ x float>"
    for code in map(in_words, addresses):
        assert re.search(arithmetic, code) or name == "identity"  # which is a copy
        assert not re.search(r"call .*@(llvm\.)?(exp|tanh|expm1|log|log1p|erf)f?[(.]", code)


# ---- integer literals ---------------------------------------------------------------------------


def test_an_integer_within_its_instruction_becomes_a_constant() -> None:
    """Python 3.14 writes 2 as ``LOAD_SMALL_INT 2``; here another opcode stands for it."""

    def rule(z: Any) -> Any:
        return (2 * z + 1 / z) if z > 0 else 200 - z * 1.5

    small = dis.opmap["LOAD_NAME"]  # no function has one
    load = dis.opmap["LOAD_CONST"]
    code = rule.__code__
    written = bytearray(code.co_code)
    for at in range(0, len(written), 2):
        value = code.co_consts[written[at + 1]] if written[at] == load else None
        if type(value) is int:
            written[at : at + 2] = small, value
    newer = code.replace(co_code=bytes(written))
    assert list(newer.co_code[::2]).count(small) == 4
    found = rules.with_small_integers_as_constants(
        newer, {"LOAD_SMALL_INT": small, "LOAD_CONST": load}
    )
    same = FunctionType(found, {})
    assert [same(z) for z in (0.5, 2.0, -3.0)] == [rule(z) for z in (0.5, 2.0, -3.0)]
    assert {2, 1, 200} <= {c for c in found.co_consts if type(c) is int}


@pytest.mark.compiled
def test_integer_literals_leave_float32_what_it_is() -> None:
    def rule(z: Any) -> Any:
        return 2 * z + 1

    lowered = rules.precise(rule, SINGLE)
    assert all(
        isinstance(c, np.float32) for c in lowered.__code__.co_consts if isinstance(c, int | float)
    )
    assert not any(type(c) is int for c in lowered.__code__.co_consts)
