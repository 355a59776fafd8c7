"""The generated programs are right: their first step is the gradient of ``network/backprop.py``, up to the rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.judging import executed, is_wrong, mutants, same_up_to_a_factor, step, weights
from benchmarks.programs.program import FORMS, Form, Program, random_form
from benchmarks.programs.writing import write
from chainrule import Network


def network_at(program: Program, start: list[np.ndarray]) -> Network:
    form = program.form
    top = "sigmoid" if form.loss == "sigmoid_squared_error" else "identity"
    loss = form.loss.removeprefix("sigmoid_")
    network = Network(form.sizes, [*form.hidden, top], loss)
    per_layer = 2 if form.bias else 1
    network.parameters.vector[:] = 0.0
    for l in range(1, len(form.sizes)):
        network.W[l][:] = start[per_layer * (l - 1)].reshape(network.W[l].shape)
        if form.bias:
            network.b[l][:] = start[per_layer * (l - 1) + 1].ravel()
    return network


def descent(program: Program, network: Network, X: np.ndarray, Y: np.ndarray) -> list[np.ndarray]:
    """-dW1, -db1, ... for the sum over rows, by ``backprop.py``."""
    _, vector = network.gradient(X, Y)
    found = Network(program.form.sizes)
    found.parameters.vector[:] = -vector * len(X)
    layers = range(1, len(program.form.sizes))
    kinds = (found.W, found.b) if program.form.bias else (found.W,)
    return [kind[l].copy() for l in layers for kind in kinds]


def some_programs(form: str, count: int) -> list[Program]:
    programs = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        drawn: Form = replace(random_form(rng, form), batches=False, optimizer="plain")
        program = write(rng, drawn)
        if "while count" not in program.text:  # rows in the order of the table
            programs.append(program)
        if len(programs) == count:
            break
    return programs


@pytest.mark.parametrize("form", FORMS)
def test_the_step_is_the_gradient_of_backprop(form: str) -> None:
    for program in some_programs(form, 12):
        names = executed(program.text.replace("steps = 4", "steps = 0"))
        X, Y = np.asarray(names["X"], dtype=float), np.asarray(names["Y"], dtype=float)
        if program.form.columns:
            X, Y = X.T, Y.T
        network = network_at(program, weights(program, names))
        # at a tiny rate a pass row by row adds up the gradients of all rows at the start
        expected = descent(program, network, X, Y)
        found = [
            w.reshape(e.shape)
            for w, e in zip(step(program, program.text, 1e-8), expected, strict=True)
        ]
        assert same_up_to_a_factor(found, expected, 1e-4), program.text


def test_a_planted_mistake_is_seen_and_a_common_factor_is_harmless() -> None:
    program = some_programs("script", 1)[0]
    expected = step(program, program.text, 1e-8)
    verdicts = {m.what: is_wrong(program, m, expected) for m in mutants(program)}
    assert True in verdicts.values()
    doubled = [2.0 * w for w in expected]
    assert same_up_to_a_factor(doubled, expected, 1e-9)
    assert not same_up_to_a_factor([-w for w in expected], expected, 1e-9)
    doubled[0] = expected[0]
    assert not same_up_to_a_factor(doubled, expected, 1e-3)


def test_every_form_has_mutants_that_are_wrong() -> None:
    for form in FORMS:
        program = some_programs(form, 3)[-1]
        expected = step(program, program.text, 1e-8)
        assert any(is_wrong(program, m, expected) for m in mutants(program)), form
