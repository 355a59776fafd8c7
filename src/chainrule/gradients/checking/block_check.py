"""The comparison itself: a random direction for each block first, single entries only where it does not agree.

A wrong entry e shifts the derivative along a normal direction v by e·v, which is below the allowance only by a chance
of about allowance / |e|. So one evaluation settles a block of any size, and a network of ten million parameters is
checked with as many evaluations as it has blocks. Where a block disagrees and is too large to be looked at whole, it is
halved, the half that disagrees more first, until single entries are left.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from chainrule.gradients.checking.gradient_report import (
    OK,
    UNDECIDABLE,
    WRONG,
    BlockReport,
    Entry,
    worst,
)
from chainrule.gradients.checking.probers import Estimate, Prober

DECIDABLE = 1e-2  #: an error bar above this part of a derivative decides nothing about it


class BlockPlace(NamedTuple):
    """A block's place in the flat vector."""

    name: str
    start: int
    shape: tuple[int, ...]
    layer: int | None = None

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    @property
    def stop(self) -> int:
        """Where it ends."""
        return self.start + self.size


class BlockCheck:
    """Compares a gradient with a prober, block by block.

    Parameters
    ----------
    prober : Prober
        Knows the truth.
    gradient : ndarray of shape (P,)
        What is checked.
    floor : float
        Derivatives below this size are as good as 0: they and their error bars are not worth a word.
    slack : callable
        ``slack(start, stop)``: how much further the gradient may be off for being stored in float32.
    hull : tuple of ndarray, optional
        The smallest and largest gradient that may be claimed where the function stands on a kink.
    explain : callable, optional
        ``explain(place, h)``: names the kinks that a step of one parameter crosses.
    most : int
        How many entries may be looked at in one block.
    seed : int
        Of the directions.
    """

    def __init__(
        self,
        prober: Prober,
        gradient: np.ndarray,
        *,
        floor: float,
        slack: Callable[[int, int], np.ndarray],
        hull: tuple[np.ndarray, np.ndarray] | None = None,
        explain: Callable[[int, float], list[str]] | None = None,
        most: int = 2000,
        seed: int = 0,
    ) -> None:
        self.prober = prober
        self.gradient = gradient
        self.floor = floor
        self.slack = slack
        self.hull = hull
        self.explain = explain
        self.most = most
        self.random = np.random.default_rng(seed)
        self._kinks: dict[str, str] = {}

    @property
    def kinks(self) -> list[str]:
        """The kinks that were met, each once."""
        return list(self._kinks.values())

    def block(self, place: BlockPlace) -> tuple[BlockReport, list[Entry]]:
        """Compare one block; return it, and its entries if they were looked at."""
        given = self.gradient[place.start : place.stop]
        norm = float(np.linalg.norm(given))
        if not np.all(np.isfinite(given)):
            entries = [self._not_finite(place, int(i)) for i in np.flatnonzero(~np.isfinite(given))]
            found = BlockReport(
                place.name, place.shape, norm, math.inf, 0.0, WRONG, len(given), len(entries)
            )
            return found, entries
        gap, estimate, allowed = self._along(place.start, place.stop)
        if (
            gap <= allowed
            and not estimate.kink
            and self._decides(estimate.bar, max(norm, abs(estimate.value)))
        ):
            return BlockReport(place.name, place.shape, norm, gap, allowed, OK), []
        entries = [self._entry(place, i) for i in self._search(place)]
        counts = {
            verdict: sum(e.verdict == verdict for e in entries) for verdict in (WRONG, UNDECIDABLE)
        }
        verdict = worst([entry.verdict for entry in entries])
        if len(entries) < place.size and verdict == OK:
            verdict = UNDECIDABLE if gap <= allowed or estimate.kink else WRONG
        found = BlockReport(
            place.name,
            place.shape,
            norm,
            gap,
            allowed,
            verdict,
            len(entries),
            counts[WRONG],
            counts[UNDECIDABLE],
        )
        return found, entries

    def flat_everywhere(self) -> bool:
        """Tell whether the function does not change in any direction although the gradient is not 0."""
        if not np.any(self.gradient) or not np.all(np.isfinite(self.gradient)):
            return False
        return self._along(0, len(self.gradient))[1].flat

    def _decides(self, bar: float, size: float) -> bool:
        """Tell whether a derivative with this error bar decides anything; what rounds to 0 is as good as 0."""
        return math.isfinite(bar) and bar <= max(DECIDABLE * size, self.floor)

    # ---- directions -----------------------------------------------------------------------------

    def _along(self, start: int, stop: int) -> tuple[float, Estimate, float]:
        """Return the gap along a random direction, what is known, and the gap that is allowed."""
        direction = self.random.standard_normal(stop - start)
        estimate = self.prober.along(start, direction)
        claimed = float(self.gradient[start:stop] @ direction)
        slack = 4.0 * float(np.linalg.norm(self.slack(start, stop) * direction))
        gap, allowed = abs(claimed - estimate.value), estimate.bar + slack
        if gap > allowed:
            doubt = self.prober.doubt(start, direction, estimate)
            estimate, allowed = replace(estimate, bar=estimate.bar + doubt), allowed + doubt
        return gap if math.isfinite(gap) else math.inf, estimate, allowed

    def _search(self, place: BlockPlace) -> Iterable[int]:
        """Return the entries to look at: all of them, or those to which halving leads."""
        if place.size <= self.most:
            return range(place.start, place.stop)
        gap = self._along(place.start, place.stop)[0]
        heap = [(-gap, place.start, place.stop)]
        evaluations = 0
        found: list[int] = []
        while heap and evaluations < self.most and len(found) < self.most // 10:
            gap, start, stop = heapq.heappop(heap)
            gap = -gap
            if stop - start == 1:
                found.append(start)
                continue
            middle = (start + stop) // 2
            left, _, allowed = self._along(start, middle)
            if left > allowed:
                heapq.heappush(heap, (-left, start, middle))
                right, _, allowed = self._along(middle, stop)
                if right > allowed:
                    heapq.heappush(heap, (-right, middle, stop))
            else:  # then it is on the right, which need not be asked
                heapq.heappush(heap, (-gap, middle, stop))
            evaluations += 2
        return found

    # ---- entries --------------------------------------------------------------------------------

    def _entry(self, place: BlockPlace, i: int) -> Entry:
        one, given = np.ones(1), float(self.gradient[i])
        estimate = self.prober.along(i, one)
        gap, slack = abs(given - estimate.value), float(self.slack(i, i + 1)[0])
        if gap > estimate.bar + slack and not estimate.kink:
            doubt = self.prober.doubt(i, one, estimate)
            estimate = replace(estimate, bar=estimate.bar + doubt)
        allowed = estimate.bar + slack
        verdict, reason = OK, ""
        if not math.isfinite(estimate.value):
            verdict, reason = UNDECIDABLE, "the function is not finite near here"
        elif gap <= allowed and not estimate.kink:
            size = max(abs(given), abs(estimate.value))
            if not self._decides(estimate.bar, size):
                verdict, reason = UNDECIDABLE, "below rounding"
        elif self._at_kink(i, given, estimate, allowed):
            verdict, reason = UNDECIDABLE, "at a kink either slope may be claimed"
        elif self.prober.method != "complex step" and gap <= 2.0 * allowed:
            verdict, reason = UNDECIDABLE, "within twice its error bar"
        else:
            verdict = WRONG
        if verdict == UNDECIDABLE and self.explain is not None and len(self._kinks) < 100:
            for kink in self.explain(i, estimate.h):
                self._kinks.setdefault(kink.partition(" (")[0], kink)  # once, whatever z is called
        index = tuple(int(k) for k in np.unravel_index(i - place.start, place.shape))
        return Entry(
            place.name, index, given, estimate.value, allowed, verdict, reason, place.layer
        )

    def _at_kink(self, i: int, given: float, estimate: Estimate, allowed: float) -> bool:
        if estimate.kink and estimate.low - allowed <= given <= estimate.high + allowed:
            return True
        if self.hull is None:
            return False
        low, high = float(self.hull[0][i]), float(self.hull[1][i])
        margin = allowed + 1e-6 * (high - low)
        return low < high and low - margin <= given <= high + margin

    def _not_finite(self, place: BlockPlace, offset: int) -> Entry:
        index = tuple(int(k) for k in np.unravel_index(offset, place.shape))
        given = float(self.gradient[place.start + offset])
        estimate = self.prober.along(place.start + offset, np.ones(1))
        return Entry(
            place.name, index, given, estimate.value, estimate.bar, WRONG, "not finite", place.layer
        )


def sorted_worst(entries: list[Entry]) -> list[Entry]:
    """Return entries with the worst first: wrong before undecidable, then by the gap."""
    rank = {WRONG: 0, UNDECIDABLE: 1, OK: 2}
    return sorted(entries, key=lambda entry: (rank[entry.verdict], -entry.gap))
