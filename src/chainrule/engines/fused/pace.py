"""How many threads an epoch is worth, found by trying; no bit depends on that number."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

_TRIALS = 3  # epochs with one worker, and as many with all
#: Seconds until the next trials: so many times what the last have cost, but at least and at most so many.
_TIMES_COST, _LEAST, _MOST = 20, 0.05, 0.8


class Pace:
    """Chooses between one worker and ``most`` for epochs of the same kind, by what they took.

    Helpers may win nothing: what the workers of a small network write has to travel between processors that may lie
    far apart, and somebody else, another virtual machine included, may have the other processor.

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
        self._begin_trials()

    def _begin_trials(self) -> None:
        self._seconds, self._epochs = {1: 0.0, self._most: 0.0}, {1: 0, self._most: 0}
        self._fastest = 0  # not known yet

    def choose(self) -> int:
        """Return how many workers the next epoch gets."""
        tried_less = self._most if self._epochs[self._most] <= self._epochs[1] else 1
        return self._fastest or tried_less

    def note(self, n_workers: int, seconds: float) -> None:
        """Take down what an epoch with so many workers took."""
        if self._fastest:
            self._until -= seconds
            self._usual += (seconds - self._usual) / 4
            if self._until < 0 or (self._fastest > 1 and self._usual > self._alone):
                self._begin_trials()
        else:
            number = self._most if n_workers > 1 else 1
            self._seconds[number] += seconds
            self._epochs[number] += 1
            self._judge()

    def _judge(self) -> None:
        """End the trials if they have been enough, also if helpers have not come or have held everything up."""
        alone, together = (
            self._seconds[number] / max(self._epochs[number], 1) for number in (1, self._most)
        )
        least, most = sorted(self._epochs.values())
        if least >= _TRIALS or most >= 8 * _TRIALS or (least > 0 and together > 4 * alone):
            self._fastest = self._most if 0 < together < alone else 1
            self._alone, self._usual = alone, min(alone, together)
            lost = abs(alone - together) * self._epochs[self._most + 1 - self._fastest]
            self._until = min(max(_TIMES_COST * lost, _LEAST), _MOST)


@lru_cache(maxsize=256)
def pace_of(most: int, kind: Hashable) -> Pace:
    """Return the pace of epochs of one kind: the fits of a search are alike, and need not all try."""
    return Pace(most)
