"""At one point and for one J: is each weight's step its gradient, and what stands for which adjoint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chainrule.reading.candidates import Objective, inferred, stated
from chainrule.reading.derivatives import Adjoints, sweep
from chainrule.reading.graph import Values
from chainrule.reading.moving import Weight
from chainrule.reading.proportion import NOTHING, TOLERANCE, Factors, alike, multiple, with_penalty
from chainrule.reading.roles import TrainingRun
from chainrule.recording.tape import words

# Between a gradient and a step: optimizers do these entry by entry.
ELEMENTWISE = words(
    "add subtract multiply divide true_divide sqrt power square absolute maximum minimum sign negative copy "
    "array asarray clip where reshape"
)
_BENDING = words("sqrt sign clip maximum minimum where norm power")


@dataclass(frozen=True)
class Row:
    """One weight: its step is ``factor * dJ/dw + decay * w``; factor is None where it is not."""

    weight: Weight
    gradient: np.ndarray | None
    factor: float | None = None
    decay: float = 0.0
    through: bool = False  # an optimizer's arithmetic lies between gradient and step

    @property
    def right(self) -> bool:
        """Tell whether the step is the gradient and nothing else."""
        return self.factor is not None and self.decay == 0.0


class Judgement:
    """A training at one point, against one J."""

    def __init__(self, training: TrainingRun, values: Values, objective: Objective) -> None:
        self.training, self.values, self.objective = training, values, objective
        self.nodes = training.nodes
        self.gradients: Adjoints = sweep(
            training.graph, values, objective.seeds(values), training.weighted, training.at
        )

    @cached_property
    def factors(self) -> Factors:
        """The factors that the program multiplies by."""
        return Factors(self.training, self.values, self.objective.nodes)

    @cached_property
    def adjoints(self) -> Adjoints:
        """dJ/du for the forward pass: what the backward pass may hold."""
        return {
            u: A
            for u, A in self.gradients.items()
            if self.training.is_forward(u) and A.size and np.abs(A).max() > NOTHING
        }

    @cached_property
    def rows(self) -> list[Row]:
        """One row for each weight."""
        steps = [self.values[w.node] - self.values[w.next] for w in self.training.weights]
        largest = max((np.abs(s).max() for s in steps), default=0.0)
        of_gradients = max(
            (
                np.abs(self.gradients[w.node]).max()
                for w in self.training.weights
                if w.node in self.gradients
            ),
            default=0.0,
        )
        rows = [
            self._row(w, s, 1e-6 * largest, 1e-6 * of_gradients)
            for w, s in zip(self.training.weights, steps, strict=True)
        ]
        rows = [self._with_others_penalty(r, rows) for r in rows]
        factors = [
            r.factor
            for r in rows
            if r.factor is not None and np.isfinite(r.factor) and not r.through
        ]
        if alike(factors):
            return rows
        # one number is a multiple of any other: a factor that is not the program's proves nothing
        return [self._proved(r) for r in rows]

    def _with_others_penalty(self, row: Row, rows: list[Row]) -> Row:
        """A weight too small to find its penalty by itself may have the others'."""
        other = next((r for r in rows if r.decay), None)
        if (
            other is None
            or other.factor is None
            or row.gradient is None
            or row.gradient.size >= 4
            or row.right
        ):
            return row
        w = row.weight
        step = self.values[w.node] - self.values[w.next]
        expected = other.factor * row.gradient + other.decay * self.values[w.node]
        if np.abs(step - expected).max() <= TOLERANCE * np.abs(step).max():
            return Row(w, row.gradient, other.factor, other.decay)
        return row

    def _proved(self, row: Row) -> Row:
        if row.factor is None or row.gradient is None or np.isnan(row.factor) or row.through:
            return row
        if self.factors.known(row.factor):
            return row
        c = self._through_optimizer(row.weight, row.gradient)
        return Row(row.weight, row.gradient, c, through=c is not None)

    def _row(self, weight: Weight, step: np.ndarray, small: float, small_gradient: float) -> Row:
        A = self.gradients.get(weight.node)
        if A is None:
            return Row(weight, None)
        if np.abs(A).max() <= max(small_gradient, NOTHING):  # a bias before batch normalisation
            nothing = np.abs(step).max() <= small
            return Row(weight, A, np.nan if nothing else None)
        c = multiple(step, A)
        if c is not None:
            return Row(weight, A, c)
        both = with_penalty(step, A, self.values[weight.node])
        if both is not None and self.factors.known(both[0]):
            return Row(weight, A, *both)
        c = self._through_optimizer(weight, A)
        return Row(weight, A, c, through=c is not None)

    def _through_optimizer(self, weight: Weight, A: np.ndarray) -> float | None:
        """Return the gradient's factor if it stands above elementwise arithmetic that bends it: Adam, clipping."""
        todo, seen = list(weight.step), set(weight.step)
        while todo:
            node = self.nodes[todo.pop()]
            if node.name not in ELEMENTWISE:
                continue
            for k in node.inputs:
                if k not in seen and self.training.weighted[k]:
                    seen.add(k)
                    todo.append(k)
        if not any(self.nodes[i].name in _BENDING and self.training.is_backward(i) for i in seen):
            return None
        for i in sorted(seen):  # the furthest up is the gradient
            if self.values[i].dtype.kind == "f" and self.values[i].shape == A.shape:
                c = multiple(self.values[i], A)
                if c is not None and self.factors.known(c):
                    return c
        return None

    @property
    def live(self) -> list[Row]:
        """The rows whose gradient is not nothing here."""
        return [
            r for r in self.rows if r.gradient is not None and np.abs(r.gradient).max() > NOTHING
        ]

    def holds(self) -> bool:
        """Tell whether every step is the same multiple of its gradient."""
        live = self.live
        if not live or any(r.factor is None for r in self.rows):
            return False
        if any(r.decay for r in live):
            return False
        plain = [
            r.factor
            for r in live
            if not r.through and r.factor is not None and r.factor == r.factor
        ]
        return not plain or alike(plain)


def judgements(training: TrainingRun, values: Values) -> list[Judgement]:
    """Return a judgement for every J that may be meant, the likeliest first."""
    found: list[Judgement] = []
    for objective in stated(training) + inferred(training, values):
        if any(_falls(j, objective) for j in found):
            continue
        try:
            judgement = Judgement(training, values, objective)
            if judgement.live:
                found.append(judgement)
        except NotImplementedError:
            continue
    return found


def _falls(judgement: Judgement, objective: Objective) -> bool:
    """Tell whether an objective is part of another that is less the more it is: the sum in -sum(...)."""
    i = objective.stated
    slope = (
        judgement.gradients.get(i)
        if i is not None and judgement.objective.stated is not None
        else None
    )
    return slope is not None and bool((slope < 0).all())
