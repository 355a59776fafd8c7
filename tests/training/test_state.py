from __future__ import annotations

import copy
import pickle

import numpy as np
from tests.training.cases import Problem

from chainrule.optimizers import Adam
from chainrule.training import TrainingState
from chainrule.training.state import Border


def test_the_start_is_a_copy_in_the_dtype_given() -> None:
    theta = np.arange(6, dtype=np.float32)[::2]
    state = TrainingState.start(theta, Adam())
    theta[0] = 9.0
    assert state.theta.tolist() == [0.0, 2.0, 4.0]
    assert state.theta.flags.c_contiguous
    assert state.theta.dtype == state.optimizer_state.moments.dtype == np.float32
    assert TrainingState.start(theta).optimizer_state.moments.shape == (0, 3)


def test_a_copied_or_pickled_state_goes_on_alike() -> None:
    problem = Problem()
    problem.train(3, validation=problem.validation, monitor="validation_loss")
    original, thetas = problem.state, []
    for state in (original, copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        problem.state = copy.deepcopy(state)
        problem.train(2, validation=problem.validation, monitor="validation_loss")
        thetas.append(problem.state.theta)
    np.testing.assert_array_equal(thetas[0], thetas[1])
    np.testing.assert_array_equal(thetas[0], thetas[2])


def test_a_border_undoes_what_does_not_count_yet() -> None:
    problem = Problem()
    problem.train(2, validation=problem.validation, monitor="validation_loss")
    state, before = problem.state, copy.deepcopy(problem.state)
    border = Border(state)
    state.theta += 1.0
    state.optimizer_state.moments += 1.0
    state.optimizer_state.step += 5
    state.history.loss.append(0.0)  # torn: only one of the lists has grown
    state.best_theta, state.best_value, state.best_epoch = state.theta.copy(), 0.0, 3
    state.lowest, state.epochs_without_improvement = -1.0, 7
    border.restore()
    np.testing.assert_array_equal(state.theta, before.theta)
    np.testing.assert_array_equal(state.optimizer_state.moments, before.optimizer_state.moments)
    np.testing.assert_array_equal(state.best_theta, before.best_theta)
    assert state.optimizer_state.step == before.optimizer_state.step
    assert state.history == before.history
    for name in ("best_value", "best_epoch", "lowest", "epochs_without_improvement", "epoch"):
        assert getattr(state, name) == getattr(before, name)


def test_a_border_does_not_undo_an_epoch_that_counts() -> None:
    state = TrainingState.start(np.zeros(2), Adam())
    border = Border(state)
    state.theta += 1.0
    state.epoch += 1
    border.restore()
    assert state.theta.tolist() == [1.0, 1.0]
