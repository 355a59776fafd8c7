"""The check of our networks: no false alarm where rounding is hard, every planted error found and placed."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.equations.activations import Activation, activations
from chainrule.equations.custom import register_activation, register_loss
from chainrule.equations.losses import losses
from chainrule.errors import GradientError, InputError
from chainrule.gradients.check import GradientReport, check_gradients
from chainrule.network.network import Network


def targets(loss: str, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    domain = losses.get(loss).domain
    if domain == "one_hot":
        return np.eye(k)[np.sort(rng.integers(k, size=n))]
    if domain == "unit":
        return np.sort(rng.integers(2, size=(n, k)), axis=0).astype(float)
    return np.sort(rng.uniform(0.2, 2.0, size=(n, k)), axis=0)


def problem(rng: np.random.Generator, n: int = 9, **options: object) -> tuple:
    options = {"l2": 0.1, **options}
    net = Network([3, 5, 4, 2], ["tanh", "gelu"], "squared_error", random_state=3, **options)
    net.parameters.vector[...] += 0.1 * rng.standard_normal(net.parameters.vector.size)
    return net, rng.standard_normal((n, 3)), rng.standard_normal((n, 2))


# ---- right gradients are called right ---------------------------------------------------------------


@pytest.mark.parametrize("activation", activations.names())
@pytest.mark.parametrize("loss", losses.names())
def test_every_activation_with_every_loss(
    activation: str, loss: str, rng: np.random.Generator
) -> None:
    net = Network([4, 6, 5, 3], activation, loss, l2=0.1, l1=0.01, random_state=1)
    net.parameters.vector[...] += 0.2 * rng.standard_normal(net.parameters.vector.size)
    X, Y = rng.standard_normal((8, 4)), targets(loss, 8, 3, rng)
    report = check_gradients(net, X, Y, rng.uniform(0.5, 2.0, 8))
    assert report.ok, str(report)
    assert report.method == "complex step"
    assert max(block.allowed for block in report.blocks) < 1e-9


def test_no_false_alarm_where_rounding_is_hard(rng: np.random.Generator) -> None:
    """Unscaled inputs, sorted rows, fitted targets, saturated units, rows that are nearly alike."""
    for case in range(60):
        sizes = [int(size) for size in rng.integers(1, 9, size=rng.integers(2, 6))]
        names = [str(rng.choice(activations.names())) for _ in sizes[2:]]
        loss = str(rng.choice(["squared_error", "binary_log_loss", "huber", "multiclass_log_loss"]))
        net = Network(sizes, names, loss, random_state=case)
        net.parameters.vector[...] *= rng.choice([1.0, 5.0])
        n = int(rng.choice([1, 50, 2000]))
        X = np.sort(rng.standard_normal((n, sizes[0])) * rng.choice([1e-3, 1.0, 1e3]), axis=0)
        Y = targets(loss, n, sizes[-1], rng)
        if loss == "squared_error":
            Y = net.scores(X) + 1e-9 * rng.standard_normal(Y.shape)
        report = check_gradients(net, X, Y)
        assert report.ok, str(report)


def test_masks_of_dropout(rng: np.random.Generator) -> None:
    net, X, Y = problem(rng)
    masks = [1.0, 2.0 * rng.integers(2, size=(9, 5)), 1.0, 1.0]
    assert check_gradients(net, X, Y, masks=masks).ok


def test_a_network_of_float32_is_checked_in_float64_and_flagged(rng: np.random.Generator) -> None:
    _, X, Y = problem(rng)
    net = Network([3, 5, 4, 2], "tanh", dtype="float32")
    report = check_gradients(net, X, Y)
    assert report.ok
    assert [flag.kind for flag in report.flags] == ["float32"]
    own = net.gradient(X, Y)[1]
    assert own.dtype == np.float32
    assert check_gradients(net, X, Y, gradient=own).ok
    # and an error that float32 does not explain is found all the same
    own[7] *= np.float32(1.01)
    assert check_gradients(net, X, Y, gradient=own).verdict == "wrong"


def test_a_larger_network_uses_some_of_the_rows(rng: np.random.Generator) -> None:
    net = Network([50, 300, 200, 3], "relu", "multiclass_log_loss")
    Y = np.eye(3)[rng.integers(3, size=500)]
    report = check_gradients(net, rng.standard_normal((500, 50)), Y, max_rows=20)
    assert report.ok
    assert "20 samples" in report.subject
    assert any(flag.kind == "rows" and "20 of 500" in flag.text for flag in report.flags)


# ---- wrong gradients are found and placed -----------------------------------------------------------


@pytest.mark.parametrize("relative", [1e-9, 1e-3, 1.0])
@pytest.mark.parametrize("place", range(0, 54, 7))
def test_one_wrong_entry_is_found_and_named(
    rng: np.random.Generator, relative: float, place: int
) -> None:
    net, X, Y = problem(rng)
    wrong = net.gradient(X, Y)[1]
    wrong[place] += relative * np.abs(wrong).max()
    report = check_gradients(net, X, Y, gradient=wrong)
    assert report.verdict == "wrong"
    found = [entry for entry in report.entries if entry.verdict == "wrong"]
    assert len(found) == 1
    (segment,) = [s for s in report.blocks if s.verdict == "wrong"]
    assert (found[0].block, segment.n_wrong) == (segment.name, 1)
    start = 0
    for block in report.blocks:
        size = int(np.prod(block.shape))
        if start <= place < start + size:
            assert found[0].block == block.name
            assert found[0].index == tuple(np.unravel_index(place - start, block.shape))
            assert found[0].layer == int(block.name[2])
        start += size


def test_one_wrong_entry_among_many_is_found_by_halving(rng: np.random.Generator) -> None:
    net = Network([40, 120, 1], "tanh")
    X, Y = rng.standard_normal((5, 40)), rng.standard_normal((5, 1))
    wrong = net.gradient(X, Y)[1]
    wrong[40 * 120 // 3] += 1e-4
    report = check_gradients(net, X, Y, gradient=wrong, max_entries=200)
    assert [entry.index for entry in report.entries] == [(13, 40)]
    assert report.verdict == "wrong"


def test_everything_wrong_in_a_large_block_stays_affordable(rng: np.random.Generator) -> None:
    net = Network([60, 200, 1], "tanh")
    X, Y = rng.standard_normal((4, 60)), rng.standard_normal((4, 1))
    report = check_gradients(net, X, Y, gradient=2.0 * net.gradient(X, Y)[1], max_entries=300)
    assert report.verdict == "wrong"
    assert report.blocks[0].examined <= 300


def test_a_gradient_may_come_as_arrays(rng: np.random.Generator) -> None:
    net, X, Y = problem(rng)
    flat = net.gradient(X, Y)[1]
    arrays, start = [], 0
    for l in (1, 2, 3):
        for part in (net.W[l], net.b[l]):
            arrays.append(flat[start : start + part.size].reshape(part.shape).copy())
            start += part.size
    assert check_gradients(net, X, Y, gradient=arrays).ok
    arrays[3][...] = arrays[3].sum()  # the collapsed bias gradient of document 001
    report = check_gradients(net, X, Y, gradient=arrays)
    assert [block.name for block in report.blocks if block.verdict == "wrong"] == ["b[2]"]


def test_a_gradient_that_is_not_finite_is_wrong(rng: np.random.Generator) -> None:
    net, X, Y = problem(rng)
    wrong = net.gradient(X, Y)[1]
    wrong[[2, 50]] = np.nan, np.inf
    report = check_gradients(net, X, Y, gradient=wrong)
    assert report.verdict == "wrong"
    assert {entry.reason for entry in report.entries} == {"not finite"}
    report.to_json()


# ---- what is no bug ---------------------------------------------------------------------------------


def at_a_kink(rng: np.random.Generator) -> tuple:
    net = Network([3, 4, 2, 1], "relu", random_state=3)
    net.parameters.vector[...] += 0.3 * rng.standard_normal(net.parameters.vector.size)
    X, Y = rng.standard_normal((5, 3)), rng.standard_normal((5, 1))
    z = net.forward(X).z[2]
    net.b[2][1] -= z[3, 1]
    assert abs(net.forward(X).z[2][3, 1]) < 1e-15
    return net, X, Y


def test_the_other_slope_at_a_kink_is_not_called_wrong(rng: np.random.Generator) -> None:
    net, X, Y = at_a_kink(rng)
    report = check_gradients(net, X, Y)
    assert "sample 3, layer 2, unit 1" in report.kinks[0]
    assert "kinks" in [flag.kind for flag in report.flags]
    moved = Network([3, 4, 2, 1], "relu", initializer=[a.copy() for a in arrays(net)])
    for side in (1e-12, -1e-12):
        moved.b[2][1] = net.b[2][1] + side
        other = check_gradients(net, X, Y, gradient=moved.gradient(X, Y)[1])
        assert other.verdict in ("ok", "undecidable"), str(other)
        other.raise_if_wrong()
    wrong = net.gradient(X, Y)[1] * 1.3
    assert check_gradients(net, X, Y, gradient=wrong).verdict == "wrong"


def arrays(net: Network) -> list[np.ndarray]:
    L = net.architecture.n_layers
    return [part for l in range(1, L + 1) for part in (net.W[l], net.b[l])]


def test_differences_name_the_kinks_they_cross(rng: np.random.Generator) -> None:
    net, X, Y = at_a_kink(rng)
    report = check_gradients(net, X, Y, method="central differences")
    assert report.method == "central differences"
    assert report.verdict != "wrong"
    assert any("sample 3, layer 2, unit 1" in kink for kink in report.kinks)


def test_differences_agree_with_complex_steps(rng: np.random.Generator) -> None:
    net, X, Y = problem(rng)
    report = check_gradients(net, X, Y, method="central differences")
    assert report.ok
    wrong = net.gradient(X, Y)[1]
    wrong[3] *= 1.001
    report = check_gradients(net, X, Y, gradient=wrong, method="central differences")
    assert [entry.index for entry in report.entries if entry.verdict == "wrong"] == [(0, 3)]


@pytest.mark.parametrize("norm", [1e-3, 0.5])
def test_a_gradient_clipped_by_its_norm_is_recognised(
    rng: np.random.Generator, norm: float
) -> None:
    net, X, Y = problem(rng)
    gradient = net.gradient(X, Y)[1]
    clipped = gradient * norm / (np.linalg.norm(gradient) + 1e-6 * norm)
    report = check_gradients(net, X, Y, gradient=clipped)
    assert report.verdict == "undecidable"
    assert "clipped by its norm" in report.flags[-1].text


def test_a_gradient_clipped_by_value_is_recognised(rng: np.random.Generator) -> None:
    net, X, Y = problem(rng)
    gradient = net.gradient(X, Y)[1]
    bound = float(np.quantile(np.abs(gradient), 0.9))
    report = check_gradients(net, X, Y, gradient=np.clip(gradient, -bound, bound))
    assert report.verdict == "undecidable"
    assert "clipped by value" in report.flags[-1].text


@pytest.mark.parametrize("factor", [1 / 9, 0.5, 2.0, -1.0])
def test_a_wrong_factor_is_not_taken_for_clipping(rng: np.random.Generator, factor: float) -> None:
    net, X, Y = problem(rng)
    report = check_gradients(net, X, Y, gradient=factor * net.gradient(X, Y)[1])
    assert report.verdict == "wrong"


def test_saturated_and_dead_units_are_flagged(rng: np.random.Generator) -> None:
    net = Network([3, 4, 3, 1], ["relu", "sigmoid"])
    net.b[1][2] = -1e3
    net.b[2][...] = 50.0
    report = check_gradients(net, rng.standard_normal((6, 3)), np.zeros((6, 1)))
    assert report.ok
    kinds = {flag.kind: flag.text for flag in report.flags}
    assert "layer 2 (sigmoid)" in kinds["saturation"]
    assert "of 4 units are off" in kinds["dead units"]


# ---- a user's own pieces ----------------------------------------------------------------------------


@pytest.fixture
def not_analytic() -> object:
    """An activation that complex numbers pass through and come out wrong."""
    yield register_activation(
        "soft_absolute", lambda z: np.abs(z) * z, lambda z: 2.0 * np.abs(z), formula="|z| z"
    )
    activations.unregister("soft_absolute")


def test_what_knows_no_complex_numbers_is_checked_by_differences(
    not_analytic: Activation, rng: np.random.Generator
) -> None:
    net = Network([3, 4, 1], "soft_absolute")
    X, Y = rng.standard_normal((6, 3)), rng.standard_normal((6, 1))
    report = check_gradients(net, X, Y)
    assert report.method == "central differences"
    assert report.ok, str(report)
    assert "activation soft_absolute" in report.flags[0].text


def test_a_users_loss_that_knows_no_complex_numbers(rng: np.random.Generator) -> None:
    register_loss(
        "cubed", lambda z, y: np.abs(z - y) ** 3.0, lambda z, y: 3.0 * (z - y) * np.abs(z - y)
    )
    try:
        net = Network([3, 4, 1], "tanh", "cubed")
        report = check_gradients(net, rng.standard_normal((6, 3)), rng.standard_normal((6, 1)))
        assert report.method == "central differences"
        assert report.ok, str(report)
        assert "loss cubed" in report.flags[0].text
    finally:
        losses.unregister("cubed")


# ---- the report -------------------------------------------------------------------------------------


def wrong_report(rng: np.random.Generator) -> GradientReport:
    net, X, Y = problem(rng)
    return check_gradients(net, X, Y, gradient=1.5 * net.gradient(X, Y)[1])


def test_raising_on_demand(rng: np.random.Generator) -> None:
    with pytest.raises(AssertionError, match=r"worst entries") as failure:
        wrong_report(rng).raise_if_wrong()
    assert isinstance(failure.value, GradientError)
    net, X, Y = problem(rng)
    report = check_gradients(net, X, Y)
    assert report.raise_if_wrong() is report


def test_what_cannot_be_checked_is_refused(rng: np.random.Generator) -> None:
    net, X, Y = problem(rng)
    with pytest.raises(InputError, match=r"^gradient: got shapes"):
        check_gradients(net, X, Y, gradient=np.zeros(5))
    with pytest.raises(InputError, match=r"^gradient: got shapes"):
        check_gradients(net, X, Y, gradient="steep")
    with pytest.raises(InputError, match=r"^method: got 'guess'"):
        check_gradients(net, X, Y, method="guess")
    net.W[3][...] = 1e200
    with pytest.raises(InputError, match=r"^J: got"):
        check_gradients(net, X, Y)


# ---- document 000 -----------------------------------------------------------------------------------


def test_document_000s_printed_gradient_of_layer_4_is_wrong_in_both_arrays() -> None:
    """dW4 carries the slope of layer 5's activation, dB4 is summed over units and has the penalty on it."""
    z3 = np.array([[-0.03414519, 0.23866093, 0.03396447]])
    h3 = np.maximum(z3, 0.0)
    printed_dZ4 = np.array([-0.07209804, 0.14644256, -0.32604005, 0.0, -0.18900884])
    printed_dW4 = np.array(
        [
            [1.08630584e-02, -2.34751526e-02, -5.39637656e-03],
            [2.37754764e-03, 3.64073495e-02, 2.13050052e-03],
            [-3.54973215e-03, -8.00294807e-02, -1.17496709e-02],
            [3.05363177e-03, 5.52675816e-06, 5.89043498e-03],
            [-4.67048816e-03, -4.47373189e-02, -1.40374193e-02],
        ]
    )
    printed_dB4 = np.array([-0.43773464, -0.43903962, -0.43538887, -0.44222529, -0.43885428])
    W4, B4 = (
        (printed_dW4 - printed_dZ4[:, None] * h3) / 0.05,
        [0.0593946, 0.033295, 0.10631, -0.0304184, 0.0370018],
    )
    W5, B5 = [[0.02670988, -0.054252, 0.12078678, 0.11604026, 0.07002136]], [0.1586834]
    net = Network(
        [3, 5, 1],
        ["sigmoid", "relu"],
        l2=0.05,
        initializer=[W4.T, B4, np.transpose(W5), B5],
    )
    printed_dW5 = [[-1.36685405], [-1.37821948], [-1.40785475], [-1.32604112], [-1.3688231]]
    printed = [printed_dW4.T, printed_dB4, np.array(printed_dW5), np.array([-2.69136827])]
    report = check_gradients(net, h3, [[3.0]], gradient=printed)
    assert report.verdict == "wrong"
    worst = {entry.block: entry for entry in reversed(report.entries)}
    assert abs(worst["W[1]"].gap) > 0.01
    assert abs(worst["b[1]"].gap) > 0.3
    # what it prints of layer 5 is right to its eight digits, but for the penalty on the bias
    assert worst["W[2]"].gap < 1e-6
    assert worst["b[2]"].gap == pytest.approx(0.05 * B5[0], abs=1e-6)
