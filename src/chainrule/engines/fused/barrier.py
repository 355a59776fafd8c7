"""A barrier for threads inside compiled code: nobody goes on before everybody has arrived.

The threads of an epoch meet twice a batch, every few microseconds; a lock of the operating system would cost more than
the work. So each writes how often it has arrived into a cache line of its own and reads those of the others until they
have arrived as often: one line has to travel from processor to processor, where a shared counter takes three. Who waits
long gives the processor away.
"""

from __future__ import annotations

import numpy as np

from chainrule.engines.fused.atomics import LINE, atomic_load, atomic_store, give_way
from chainrule.engines.fused.compiler import address_of, inlined

_SPINS = 2000


def new_barrier(n_workers: int) -> np.ndarray:
    """Return a barrier's memory, in whole cache lines; its address is what ``wait`` takes."""
    memory = np.zeros((n_workers + 1) * LINE, dtype=np.uint8)
    return memory[-address_of(memory) % LINE :]


@inlined
def wait(barrier: int, worker: int, n_workers: int, turn: int) -> None:
    """Return when all ``n_workers`` threads have called this for their ``turn``-th time, counted from 1."""
    if n_workers > 1:
        atomic_store(barrier + worker * LINE, turn)
        for other in range(n_workers):
            spins = 0
            while atomic_load(barrier + other * LINE) < turn:
                spins += 1
                if spins > _SPINS:
                    give_way()
