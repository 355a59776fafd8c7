"""Threads that help the one that asks, and how many of them an epoch is worth.

No bit depends on the number of workers, so it may follow from what epochs took. Where an epoch lasts a few
milliseconds, a helper may win nothing: the scheduler sometimes leaves it on the processor of the thread that woke it,
and somebody else may have the other processor.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

_LONG = 0.05  # seconds: from here on helpers are worth while, and to try without them would cost something
_TRIALS = 6  # epochs, half of them with one worker
_AGAIN = (
    64  # epochs after which the slower number is tried again, then after twice as many, and so on
)


class Workers:
    """Up to ``helpers`` threads beside the one that asks, started when they are first needed."""

    def __init__(self, helpers: int) -> None:
        self._helpers = helpers
        self._pool: ThreadPoolExecutor | None = None

    def share(self, work: Callable[[int], None], n_workers: int) -> None:
        """Run ``work(0)`` here and ``work(1)`` to ``work(n_workers - 1)`` on helpers, at the same time."""
        if n_workers == 1:
            return work(0)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._helpers, thread_name_prefix="chainrule")
        others = [self._pool.submit(work, worker) for worker in range(1, n_workers)]
        work(0)
        for other in others:
            other.result()


class Pace:
    """Chooses between one worker and ``most`` for epochs of the same kind, by what they took.

    Examples
    --------
    >>> pace, seconds = Pace(2), {1: 0.003, 2: 0.004}
    >>> chosen = []
    >>> for _ in range(10):
    ...     chosen.append(pace.choose())
    ...     pace.note(chosen[-1], seconds[chosen[-1]])
    >>> chosen
    [2, 1, 2, 1, 2, 1, 1, 1, 1, 1]
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seconds = {1: float("inf"), most: float("inf")}
        self._epochs, self._again = 0, _AGAIN

    def choose(self) -> int:
        """Return how many workers the next epoch gets."""
        fastest = min(self._seconds, key=self._seconds.__getitem__)
        if self._most == 1 or self._epochs == 0 or self._seconds[self._most] > _LONG:
            return self._most
        if self._epochs < _TRIALS:
            return 1 if self._epochs % 2 else self._most
        if self._epochs == self._again:
            self._again *= 2
            return self._most + 1 - fastest  # the other one
        return fastest

    def note(self, n_workers: int, seconds: float) -> None:
        """Take down what an epoch with so many workers took: the best of the trials, later the last."""
        before = self._seconds[n_workers] if self._epochs < _TRIALS else float("inf")
        self._seconds[n_workers] = min(before, seconds)
        self._epochs += 1

    def timed(self, workers: Workers, work: Callable[[int, int], None]) -> None:
        """Run ``work(worker, n_workers)`` on as many workers as are worth while."""
        n_workers, began = self.choose(), perf_counter()
        workers.share(lambda worker: work(worker, n_workers), n_workers)
        self.note(n_workers, perf_counter() - began)
