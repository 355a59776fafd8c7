"""Which J a gradient belongs to, where nobody has said: a sum or a mean, with or without ½, what the penalty covers.

A factor that all layers share is a choice of J, not a mistake. So where no J is given, the one is taken under which
most of dW and db are right, and it is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import product

from chainrule.diagnosis.mistakes import CHAINRULE, Convention
from chainrule.diagnosis.mistakes.variant import backward_with
from chainrule.diagnosis.searching.runs import Run, distance

#: Mistakes at the output that are one factor for all layers, and the J for which they are none.
FACTORS: dict[str, Callable[[Convention], Convention]] = {
    "mean_missing": lambda c: replace(c, mean=False),
    "error_doubled": lambda c: replace(c, loss_factor=2.0 * c.loss_factor),
    "error_halved": lambda c: replace(c, loss_factor=0.5 * c.loss_factor),
    "mean_over_outputs": lambda c: replace(c, over_outputs=True),
}


def inferred(runs: list[Run]) -> Convention:
    """Return the J under which most of dW and db are right; of equal ones the one nearest to chainrule's."""
    several = [run for run in runs if run.setting.n > 1]  # one sample tells no mean from a sum
    # nor as many samples as outputs 1/n² from 1/(n k)
    several = [run for run in several if run.setting.n != run.setting.sizes[-1]] or several
    if not several:
        return CHAINRULE
    penalised = any(run.setting.l2 for run in several)
    # what is right on one network alone is so by its numbers
    counts = [(min(map(_right, under(several, c))), -i, c) for i, c in enumerate(_all(penalised))]
    return max(counts, key=lambda item: item[:2])[2]


def under(runs: list[Run], convention: Convention) -> list[Run]:
    """Return the same runs, to be judged against another J."""
    return [replace(run, setting=run.setting.under(convention)) for run in runs]


def _right(run: Run) -> int:
    """Count the dW and db that are exactly those of this J."""
    should = backward_with(run.setting, {})
    pairs = zip((*run.user.dW, *run.user.db), (*should.dW, *should.db), strict=True)
    return sum(
        a is not None and b is not None and distance(a, b, b.shape) <= run.rtol for a, b in pairs
    )


@lru_cache(maxsize=2)
def _all(penalised: bool) -> list[Convention]:
    """Return the usual Js, those with few departures from chainrule's first."""
    yes = (False, True) if penalised else (False,)
    found = [
        Convention(factor, mean, penalty, over_n, biases, outputs)
        for factor, mean, penalty, over_n, biases, outputs in product(
            (1.0, 2.0, 0.5),
            (True, False),
            (1.0, 2.0) if penalised else (1.0,),
            yes,
            yes,
            (False, True),
        )
    ]
    return sorted(found, key=_departures)


def _departures(c: Convention) -> int:
    pairs = zip(vars(c).values(), vars(CHAINRULE).values(), strict=True)
    return sum(a != b for a, b in pairs)


def words(c: Convention, l2: float) -> str:
    """Say what J is.

    Examples
    --------
    >>> words(CHAINRULE, 0.1)
    'the mean of the losses + 0.5 l2 sum(W²)'
    >>> words(Convention(2.0, mean=False), 0.0)
    '2 times the sum of the losses'
    """
    factor = "" if c.loss_factor == 1.0 else f"{c.loss_factor:g} times "
    text = f"{factor}the {'mean' if c.mean else 'sum'} of the losses"
    text += " over samples and outputs" if c.over_outputs else ""
    if l2 and c.penalty_factor:
        over = "/n" if c.penalty_over_n else ""
        what = "W² + b²" if c.biases_penalised else "W²"
        text += f" + {c.penalty_factor / 2:g} l2{over} sum({what})"
    return text
