"""JAX: a whole epoch in one jitted scan over the batches, weights and moments donated. The strongest rival."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.peers.peer import BasePeer
from benchmarks.problems import BETA_1, BETA_2, EPSILON, LEARNING_RATE

# Random bits by the compiler's own generator: on a CPU several times as fast as the default.
jax.config.update("jax_default_prng_impl", "unsafe_rbg")
ACTIVATIONS = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "mish": jax.nn.mish,
}


class Peer(BasePeer):
    """optax.adam and its losses."""

    def version(self) -> str:
        return jax.__version__

    def prepare(self) -> None:
        problem = self.problem
        activation, dropout = ACTIVATIONS[problem.activation], problem.dropout
        self.adam = optax.adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON)
        self.X = jnp.asarray(problem.X)
        binary = problem.n_outputs == 1
        self.Y = jnp.asarray(problem.Y[:, 0] if binary else problem.classes.astype(np.int32))

        def objective(layers: Any, X: Any, Y: Any, key: Any) -> Any:
            a = X
            for number, (W, b) in enumerate(layers, start=1):
                a = a @ W + b
                if number < len(layers):
                    a = activation(a)
                    if dropout:
                        kept = jax.random.bernoulli(
                            jax.random.fold_in(key, number), 1.0 - dropout, a.shape
                        )
                        a = jnp.where(kept, a / (1.0 - dropout), 0.0)
            if binary:
                return optax.sigmoid_binary_cross_entropy(a[:, 0], Y).mean()
            return optax.softmax_cross_entropy_with_integer_labels(a, Y).mean()

        def step(carry: Any, X: Any, Y: Any, key: Any) -> Any:
            layers, state = carry
            loss, gradient = jax.value_and_grad(objective)(layers, X, Y, key)
            update, state = self.adam.update(gradient, state)
            return (optax.apply_updates(layers, update), state), loss

        @partial(jax.jit, donate_argnums=0)
        def epoch(carry: Any, X: Any, Y: Any, rows: Any, key: Any) -> Any:
            if problem.full_batch:
                return step(carry, X, Y, key)

            def body(carry: Any, batch: Any) -> Any:
                number, rows = batch
                return step(carry, X[rows], Y[rows], jax.random.fold_in(key, number))

            carry, losses = jax.lax.scan(body, carry, (jnp.arange(problem.n_batches), rows))
            return carry, losses.mean()

        self.epoch = epoch

    def start(self, epochs: int, dropout_seed: int) -> None:
        problem = self.problem
        layers = [(jnp.array(W), jnp.array(b)) for W, b in problem.weights]
        self.carry = (layers, self.adam.init(layers))
        shape = (epochs, problem.n_batches, problem.batch_size)
        orders = problem.orders(epochs).astype(np.int32).reshape(shape)
        self.orders = [jnp.asarray(order) for order in orders]
        keys = jax.random.split(jax.random.key(dropout_seed), epochs)
        self.keys = [keys[epoch] for epoch in range(epochs)]
        jax.block_until_ready((self.carry, self.orders, self.keys))

    def train(self, epochs: int) -> Any:
        losses = []
        for rows, key in zip(self.orders[:epochs], self.keys, strict=True):
            self.carry, loss = self.epoch(self.carry, self.X, self.Y, rows, key)
            losses.append(loss)
        jax.block_until_ready((self.carry, losses))
        return [float(loss) for loss in losses]
