"""The fused engine against the reference engine: every registered part, in both precisions, to rounding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

from chainrule.engines import Data, EpochPlan, EpochResult, make_engine
from chainrule.engines.fused.memory import cut_of
from chainrule.engines.fused.workers import Workers
from chainrule.equations.activations import activations
from chainrule.equations.custom import register_activation, register_loss
from chainrule.equations.losses import losses
from chainrule.errors import InputError
from chainrule.network.architecture import Architecture
from chainrule.network.initializers import initial_parameters
from chainrule.optimizers.catalogue import optimizers
from chainrule.optimizers.optimizer import Optimizer

N, BATCH, EPOCHS = 23, 7, 2
ADAM = optimizers.get("adam(learning_rate=0.02)")
TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


def some_data(architecture: Architecture, dtype: str, weights: bool = True, n: int = N) -> Data:
    rng = np.random.default_rng(3)
    k = architecture.sizes[-1]
    X = rng.normal(size=(n, architecture.sizes[0]))
    Y = rng.uniform(0.1, 0.9, size=(n, k))
    if architecture.loss_function.domain == "one_hot":
        Y = np.eye(k)[rng.integers(0, k, size=n)]
    w = rng.uniform(size=n)
    w[:3] = 0.0
    w = w / w.mean()
    given = (np.ascontiguousarray(part, dtype=dtype) for part in (X, Y, w))
    X, Y, w = given
    return Data(X, Y, w if weights else None)


def run(
    engine_name: str,
    architecture: Architecture,
    optimizer: Optimizer,
    dtype: str,
    data: Data,
    *,
    batch: int = BATCH,
    clip_norm: float = float("inf"),
    threads: int = 1,
    epochs: int = EPOCHS,
) -> tuple[np.ndarray, list[EpochResult], float, np.ndarray]:
    """Train for some epochs; return theta, what each epoch reported, J at the end and its gradient."""
    engine = make_engine(engine_name, architecture, optimizer, dtype, threads)
    theta = initial_parameters(architecture, "auto", 1, dtype).vector
    moments = optimizer.start(theta.size, dtype).moments
    n_batches = -(-data.n // batch)
    results = []
    for epoch in range(epochs):
        steps = np.arange(epoch * n_batches + 1, (epoch + 1) * n_batches + 1)
        plan = EpochPlan(
            np.random.default_rng(epoch).permutation(data.n),
            batch,
            np.linspace(0.01, 0.02, n_batches),
            optimizer.coefficients(steps),
            dropout_key=1234567 + epoch,
            clip_norm=clip_norm,
            scale_factor=10.0,
        )
        results.append(engine.epoch(theta, moments, data, plan))
    gradient = np.empty_like(theta)
    J = engine.objective_and_gradient(theta, data, gradient)
    assert pytest.approx(engine.evaluate(theta, data)[0], rel=TOLERANCE[dtype], abs=1e-6) == J
    return theta, results, J, gradient


def assert_same(architecture: Architecture, optimizer: Optimizer, dtype: str, **options) -> None:
    data = options.pop("data", None) or some_data(architecture, dtype)
    theta_1, results_1, J_1, gradient_1 = run(
        "reference", architecture, optimizer, dtype, data, **options
    )
    theta_2, results_2, J_2, gradient_2 = run(
        "fused", architecture, optimizer, dtype, data, **options
    )
    tolerance = TOLERANCE[dtype]
    assert theta_1.dtype == theta_2.dtype == dtype
    np.testing.assert_allclose(theta_2, theta_1, rtol=tolerance, atol=tolerance)
    for one, two in zip(results_1, results_2, strict=True):
        assert two.loss == pytest.approx(one.loss, rel=tolerance, abs=tolerance)
        assert two.gradient_norm == pytest.approx(one.gradient_norm, rel=10 * tolerance)
        assert two.failed_batch == one.failed_batch == -1
    assert pytest.approx(J_1, rel=tolerance, abs=tolerance) == J_2
    np.testing.assert_allclose(gradient_2, gradient_1, rtol=100 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [f.spec for f in activations] + ["leaky_relu(0.3)"])
def test_every_activation(activation: str, dtype: str) -> None:
    architecture = Architecture((4, 5, 3, 2), (activation, activation, "identity"), "squared_error")
    assert_same(architecture, ADAM, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "loss",
    [loss.spec for loss in losses]
    + ["quantile(0.1, 0.5, 0.9)", "multiclass_log_loss(0.1)", "binary_log_loss(0.2)"],
)
def test_every_loss(loss: str, dtype: str) -> None:
    architecture = Architecture((4, 5, 3), ("tanh", "identity"), loss, l2=0.1, l1=0.01)
    assert_same(architecture, ADAM, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [o.name for o in optimizers if not o.second_order])
def test_every_optimizer(name: str, dtype: str) -> None:
    architecture = Architecture((4, 5, 1), ("softplus", "identity"), "squared_error")
    assert_same(architecture, optimizers.get(f"{name}(learning_rate=0.01)"), dtype)


def test_sgd_without_momentum_and_heavy_ball() -> None:
    architecture = Architecture((4, 5, 1), ("tanh", "identity"), "squared_error")
    for spec in ("sgd(0.01, momentum=0.0)", "sgd(0.01, momentum=0.9, nesterov=False)"):
        assert_same(architecture, optimizers.get(spec), "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_hidden", [0, 1, 4])
def test_any_depth(n_hidden: int, dtype: str) -> None:
    sizes = (3, *(5, 4, 3, 6)[:n_hidden], 2)
    names = (*("tanh", "relu", "gelu", "mish")[:n_hidden], "identity")
    assert_same(Architecture(sizes, names, "squared_error", l2=0.01), ADAM, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_draws_the_same_masks(dtype: str) -> None:
    architecture = Architecture(
        (4, 9, 7, 6, 2),
        ("tanh", "gelu", "elu", "identity"),
        "squared_error",
        0.1,
        0.0,
        (0.5, 0.0, 0.2),
    )
    assert_same(architecture, ADAM, dtype)


def test_activated_output() -> None:
    architecture = Architecture((4, 5, 2), ("relu", "softplus"), "squared_error")
    assert_same(architecture, ADAM, "float64")


def test_clipping() -> None:
    architecture = Architecture((4, 5, 2), ("tanh", "identity"), "squared_error")
    assert_same(architecture, ADAM, "float64", clip_norm=0.05)


def test_full_batch_and_a_batch_that_is_larger_than_the_data() -> None:
    architecture = Architecture((4, 5, 2), ("tanh", "identity"), "squared_error")
    assert_same(architecture, ADAM, "float64", batch=N)
    assert_same(architecture, ADAM, "float64", batch=N + 5)


def test_sparse_rows() -> None:
    architecture = Architecture((6, 5, 2), ("tanh", "identity"), "squared_error")
    dense = some_data(architecture, "float64")
    X = np.where(dense.X > 0.5, dense.X, 0.0)
    sparse = Data(scipy.sparse.csr_array(X), dense.Y, dense.weights)
    assert_same(architecture, ADAM, "float64", data=sparse)
    theta_dense = run("fused", architecture, ADAM, "float64", Data(X, dense.Y, dense.weights))[0]
    theta_sparse = run("fused", architecture, ADAM, "float64", sparse)[0]
    np.testing.assert_array_equal(theta_sparse, theta_dense)


def test_no_features() -> None:
    architecture = Architecture((0, 3, 1), ("tanh", "identity"), "squared_error")
    assert_same(architecture, ADAM, "float64")


#: One whose step is shared, and one so small that every worker makes all of it.
SHARED_AND_APART = [(40, 96, 64, 3), (30, 64, 32, 3)]


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [o.name for o in optimizers if not o.second_order])
@pytest.mark.parametrize("sizes", SHARED_AND_APART, ids=["shared", "apart"])
@pytest.mark.parametrize("clip_norm", [np.inf, 0.05], ids=["", "clipped"])
def test_same_bits_for_any_number_of_threads(
    sizes: tuple[int, ...],
    name: str,
    dtype: str,
    clip_norm: float,
    all_help: list[tuple[int, int]],
) -> None:
    assert cut_of(sizes, 700).apart == (sizes == SHARED_AND_APART[1])
    architecture = Architecture(
        sizes, ("tanh", "relu", "identity"), "multiclass_log_loss", 0.01, 0.0, (0.1, 0.0)
    )
    data = some_data(architecture, dtype, n=1500)
    optimizer = optimizers.get(f"{name}(learning_rate=0.01)")
    thetas = [
        run(
            *("fused", architecture, optimizer, dtype, data),
            **{"batch": 700, "threads": threads, "clip_norm": clip_norm},
        )[0]
        for threads in (1, 2, 3, 4, 8)
    ]
    assert {asked for asked, _ in all_help} >= {1, 2, 3, 4}  # no more than there are lanes
    assert all(asked == came for asked, came in all_help)
    assert np.abs(thetas[0]).max() > 0
    for theta in thetas[1:]:
        np.testing.assert_array_equal(theta, thetas[0])


@pytest.mark.compiled
@pytest.mark.parametrize("sizes", SHARED_AND_APART, ids=["shared", "apart"])
def test_tiles_and_lanes_equal_the_reference(sizes: tuple[int, ...]) -> None:
    architecture = Architecture(
        sizes, ("tanh", "relu", "identity"), "multiclass_log_loss", 0.01, 0.0, (0.1, 0.0)
    )
    assert_same(
        architecture, ADAM, "float64", batch=700, data=some_data(architecture, "float64", n=1500)
    )


@pytest.mark.compiled
@pytest.mark.parametrize("sizes", SHARED_AND_APART, ids=["shared", "apart"])
def test_objective_and_gradient_over_lanes_equal_the_reference(sizes: tuple[int, ...]) -> None:
    architecture = Architecture(sizes, ("tanh",) * 3, "squared_error", 0.01)
    data = some_data(architecture, "float64", n=700)
    theta = initial_parameters(architecture, "auto", 1, "float64").vector
    found = {}
    for name, threads in (("reference", 1), ("fused", 1), ("fused", 2)):
        engine, gradient = make_engine(name, architecture, ADAM, "float64", threads), theta * 0
        found[name, threads] = engine.objective_and_gradient(theta, data, gradient), gradient
    for J, gradient in (found["fused", 1], found["fused", 2]):
        assert pytest.approx(found["reference", 1][0], rel=1e-13) == J
        np.testing.assert_allclose(gradient, found["reference", 1][1], rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("engine", ["reference", "fused"])
def test_a_value_that_is_not_finite_stops_at_its_batch(engine: str) -> None:
    architecture = Architecture((4, 5, 2), ("relu", "identity"), "squared_error")
    data = some_data(architecture, "float32", weights=False)
    data.X[9] = np.nan
    theta = initial_parameters(architecture, "auto", 1, "float32").vector
    moments = ADAM.start(theta.size, "float32").moments
    n_batches = -(-N // BATCH)
    plan = EpochPlan(
        np.arange(N),
        BATCH,
        np.full(n_batches, 0.01),
        ADAM.coefficients(np.arange(1, n_batches + 1)),
    )
    result = make_engine(engine, architecture, ADAM, "float32", 1).epoch(theta, moments, data, plan)
    assert result.failed_batch == 1
    assert not np.isfinite(result.loss)
    assert np.all(np.isfinite(theta))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("where", ["x", "y"])
@pytest.mark.parametrize("loss", [loss.spec for loss in losses])
def test_nan_is_never_swallowed(loss: str, where: str, dtype: str) -> None:
    for activation in ("sigmoid", "tanh", "mish", "gelu"):
        architecture = Architecture((4, 5, 2), (activation, "identity"), loss)
        data = some_data(architecture, dtype)
        (data.X if where == "x" else data.Y)[5, 1] = np.nan
        engine = make_engine("fused", architecture, ADAM, dtype, 1)
        theta = initial_parameters(architecture, "auto", 1, dtype).vector
        assert np.isnan(engine.objective_and_gradient(theta, data, np.empty_like(theta)))


def test_a_users_own_activation_and_loss_run_fused() -> None:
    def swish_like(z):
        return z / (1.0 + np.exp(-1.7 * z))

    def swish_like_derivative(z):
        s = 1.0 / (1.0 + np.exp(-1.7 * z))
        return s + 1.7 * z * s * (1.0 - s)

    register_activation("swish_like", swish_like, swish_like_derivative)
    register_loss(
        "log_cosh", lambda z, y: np.log(np.cosh(z - y)), lambda z, y: np.tanh(z - y), source="test"
    )
    try:
        architecture = Architecture((4, 5, 2), ("swish_like", "identity"), "log_cosh")
        for dtype in ("float32", "float64"):
            assert_same(architecture, ADAM, dtype)
    finally:
        activations.unregister("swish_like")
        losses.unregister("log_cosh")


@pytest.mark.compiled
def test_nothing_is_compiled_after_the_first_network() -> None:
    from chainrule.engines.fused.compiler import newly_compiled

    first = Architecture((4, 5, 2), ("tanh", "identity"), "squared_error", 0.1)
    other = Architecture((3, 8, 8, 1), ("tanh", "tanh", "identity"), "squared_error", 0.2)
    run("fused", first, ADAM, "float32", some_data(first, "float32"))
    before = len(newly_compiled)
    run("fused", other, ADAM, "float32", some_data(other, "float32"), threads=2, clip_norm=0.1)
    assert newly_compiled[before:] == []
    # Another precision or sparse rows compile small loops of their own, never the epoch.
    rows = some_data(other, "float64")
    run("fused", other, ADAM, "float64", Data(scipy.sparse.csr_array(rows.X), rows.Y))
    assert not {"epoch", "scores"} & set(newly_compiled[before:])


@pytest.mark.compiled
def test_what_helpers_run_is_compiled_with_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = []
    monkeypatch.setattr(Workers, "prepare", lambda self: prepared.append(self))
    network = Architecture((4, 5, 2), ("tanh", "identity"), "squared_error")
    make_engine("fused", network, ADAM, "float32", 1)
    assert not prepared
    make_engine("fused", network, ADAM, "float32", 2)
    assert prepared


@pytest.mark.parametrize("name", ["fast", "Fused"])
def test_an_unknown_engine_is_named(name: str) -> None:
    architecture = Architecture((4, 2), ("identity",), "squared_error")
    with pytest.raises(ValueError, match=rf"engine: got '{name}', expected one of auto, fused"):
        make_engine(name, architecture, ADAM, "float32", 1)


@pytest.mark.parametrize("what", ["X", "Y", "weights", "order"])
def test_data_that_compiled_code_would_read_wrongly_is_refused(what: str) -> None:
    architecture = Architecture((4, 5, 2), ("tanh", "identity"), "squared_error")
    data, order = some_data(architecture, "float32"), np.arange(N)
    if what == "order":
        order[3] = N
    else:
        data = replace(data, **{what: getattr(data, what).astype("float64")})
    engine = make_engine("fused", architecture, ADAM, "float32", 1)
    theta = initial_parameters(architecture, "auto", 1, "float32").vector
    n_batches = -(-N // BATCH)
    plan = EpochPlan(
        order, BATCH, np.full(n_batches, 0.01), ADAM.coefficients(np.arange(1, n_batches + 1))
    )
    with pytest.raises(InputError, match=f"^{what}: got"):
        engine.epoch(theta, ADAM.start(theta.size, "float32").moments, data, plan)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [{}, {"clip_norm": 0.05}, {"batch": N}])
def test_scales_and_dropout_of_columns(options: dict, dtype: str) -> None:
    architecture = Architecture(
        (6, 5, 2),
        ("relu", "identity"),
        "squared_error",
        l2=0.1,
        dropout=(0.2,),
        columns=(2, 1, 3),
        column_dropout=0.3,
    )
    assert_same(architecture, optimizers.get("adamw(weight_decay=0.1)"), dtype, **options)


@pytest.mark.parametrize("sizes", [(40, 64, 8, 1), (300, 200, 1)])
def test_scales_by_any_number_of_threads(sizes: tuple[int, ...]) -> None:
    """Both where each worker makes the whole step and where chunks are shared; one would be shared by units."""
    columns = (10, *[1] * (sizes[0] - 10))
    activations = ("relu",) * (len(sizes) - 2) + ("identity",)
    architecture = Architecture(
        sizes, activations, "squared_error", columns=columns, column_dropout=0.3
    )
    data = some_data(architecture, "float32", n=400)
    options = {"batch": 200, "epochs": 2}
    one = run("fused", architecture, ADAM, "float32", data, threads=1, **options)
    two = run("fused", architecture, ADAM, "float32", data, threads=3, **options)
    np.testing.assert_array_equal(one[0], two[0])
    assert_same(
        architecture, ADAM, "float64", data=some_data(architecture, "float64", n=400), batch=200
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["adam(learning_rate=0.02)", "adamw(learning_rate=0.02)"])
def test_a_penalty_on_the_biases_equals_the_reference(optimizer: str, dtype: str) -> None:
    architecture = Architecture(
        (3, 5, 2), ("tanh", "identity"), "squared_error", 0.3, 0.05, penalize_biases=True
    )
    rule = optimizers.get(optimizer)
    assert_same(architecture, rule, dtype)
    data = some_data(architecture, dtype)
    ours, other = (
        run("fused", a, rule, dtype, data)[0]
        for a in (architecture, replace(architecture, penalize_biases=False))
    )
    assert not np.allclose(ours, other, rtol=1e-3)
