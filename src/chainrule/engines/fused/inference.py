"""Scores in compiled code: tiles of rows pass through the network while they are in the cache.

What a row's scores are depends on no other row, on no tile and on no thread: every sum of a product runs over its own
terms in order. So a row gets the same bits alone and within a million.
"""

from __future__ import annotations

from functools import cache

from numba import types

from chainrule.engines.fused.compiler import block, call, int64_at
from chainrule.engines.fused.layout import memory_at, network_at, rows_at
from chainrule.engines.fused.passes import forward


def run_scores(
    worker: int,
    n_workers: int,
    n: int,
    theta: int,
    X: int,
    sparse_address: int,
    network_address: int,
    memory_address: int,
    scores: int,
) -> None:
    """Write a[L] of n rows to ``scores`` (n, k), of every ``n_workers``-th tile from that of ``worker`` on.

    The rows lie at ``X`` (n, m), or are those of the ``Rows`` at ``sparse_address``, if that is not 0.
    """
    network, memory = network_at(network_address), memory_at(memory_address)
    sizes = int64_at(network.sizes, network.L + 1)
    m, k = sizes[0], sizes[network.L]
    at = worker * memory.lane_bytes
    for start in range(worker * memory.tile, n, n_workers * memory.tile):
        size = min(memory.tile, n - start)
        x = X + start * m * network.number
        if sparse_address != 0:
            rows, x = rows_at(sparse_address), memory.x + at
            call(rows.gather, (rows.X, rows.columns, rows.starts, 0, start, size, m, x))
        a = forward(at, start, size, x, theta, network, 0, memory)
        call(network.copy, (a, scores + start * k * network.number, size * k))


@cache
def scores_address() -> int:
    """Return the address of ``run_scores``."""
    return block(run_scores, types.void(*[types.intp] * 9), "scores")
