"""One factor on all of a gradient: a sum for a mean, a rate, a J without its half.

It belongs to J, which a function alone does not tell, so it hides neither what is right nor in which form a function is
written.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.diagnosis.mistakes.variant import backward_with
from chainrule.diagnosis.searching.runs import Run
from chainrule.equations.elementary import Array

_SAME = 1e-5  # two factors that are one, relative; a hundred times more for float32


def agreeing(run: Run) -> tuple[int, float]:
    """Return how many dW and db are right but for one factor of the data term, and that factor.

    The penalty may have a factor of its own. With one sample the factor is 1: the slope of a single output would be
    one as well.

    Examples
    --------
    >>> from chainrule.diagnosis.probes import probe
    >>> p = probe("rectangular")
    >>> doubled = backward_with(p.setting, {})
    >>> for array in (*doubled.dW[1:], *doubled.db[1:]):
    ...     array *= 2.0
    >>> agreeing(Run("doubled", p.setting, doubled))
    (6, 2.0)
    """
    found = list(_factors(run))
    if run.setting.n == 1:
        found = [(c, tells) for c, tells in found if abs(c - 1.0) <= run.rtol]
    near = _SAME * (run.rtol / 1e-6)
    groups = [
        (sum(abs(c - other) <= near * abs(c) for other, _ in found), c)
        for c, tells in found
        if tells or abs(c - 1.0) <= run.rtol
    ]
    count, factor = max(
        groups, key=lambda group: (group[0], -abs(group[1] - 1.0)), default=(0, 1.0)
    )
    return count, float(np.round(factor, 9))


def _factors(run: Run) -> Iterator[tuple[float, bool]]:
    """Yield, for each dW and db that is c times its data term plus q times its penalty, c, and whether it tells.

    One number alone is always some multiple of another.
    """
    s, should = run.setting, backward_with(run.setting, {})
    for l in range(1, s.L + 1):
        for user, right, theta, l2 in (
            (run.user.dW[l], should.dW[l], s.W[l], s.l2),
            (run.user.db[l], should.db[l], s.b[l], s.bias_l2),
        ):
            if user is None or right is None:
                continue
            try:
                given = np.broadcast_to(user, right.shape).ravel()
            except ValueError:
                continue
            c = _fitted(
                given, (right - l2 * theta).ravel(), theta.ravel() if l2 else None, run.rtol
            )
            if c is not None:
                yield c, right.size > 1 + bool(l2)


def _fitted(given: Array, data: Array, theta: Array | None, rtol: float) -> float | None:
    if not np.all(np.isfinite(given)):
        return None
    columns = data[:, None] if theta is None else np.column_stack((data, theta))
    if np.abs(data).max(initial=0.0) <= rtol * 1e-3:
        return None
    fit, *_ = np.linalg.lstsq(columns, given, rcond=None)
    rest = np.abs(columns @ fit - given).max()
    size = max(np.abs(given).max(), abs(fit[0]) * np.abs(data).max())
    return float(fit[0]) if abs(fit[0]) > 1e-9 and rest <= rtol * size else None
