"""PyTorch: eager with fused Adam, and with the network and loss compiled by torch.compile."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import nn

from benchmarks.peers.peer import BasePeer
from benchmarks.problems import BETA_1, BETA_2, EPSILON, LEARNING_RATE

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "mish": nn.Mish}


class Peer(BasePeer):
    """The usual loop, with what costs time left out: no DataLoader, no .item() a step, gradients set to None."""

    def version(self) -> str:
        return torch.__version__

    def prepare(self) -> None:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        problem = self.problem
        layers: list[nn.Module] = []
        for number, (W, _) in enumerate(problem.weights, start=1):
            layers.append(nn.Linear(*W.shape))
            if number < len(problem.weights):
                layers.append(ACTIVATIONS[problem.activation]())
                if problem.dropout:
                    layers.append(nn.Dropout(problem.dropout))
        self.model = nn.Sequential(*layers)
        self.linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
        self.X = torch.from_numpy(problem.X)
        loss: nn.Module
        if problem.n_outputs == 1:
            loss, self.Y = nn.BCEWithLogitsLoss(), torch.from_numpy(problem.Y)
        else:
            loss, self.Y = nn.CrossEntropyLoss(), torch.from_numpy(problem.classes)
        self.objective = self.compiled(lambda X, Y: loss(self.model(X), Y))

    def compiled(self, objective: Any) -> Any:
        """Return the objective as it is."""
        return objective

    def start(self, epochs: int, dropout_seed: int) -> None:
        torch.manual_seed(dropout_seed)
        with torch.no_grad():
            for layer, (W, b) in zip(self.linear, self.problem.weights, strict=True):
                layer.weight.copy_(torch.from_numpy(W.T))
                layer.bias.copy_(torch.from_numpy(b))
        self.optimizer = torch.optim.Adam(
            self.model.parameters(),
            lr=LEARNING_RATE,
            betas=(BETA_1, BETA_2),
            eps=EPSILON,
            fused=True,
        )
        self.orders = torch.from_numpy(self.problem.orders(epochs))

    def train(self, epochs: int) -> list[float]:
        problem, optimizer, objective = self.problem, self.optimizer, self.objective
        losses = []
        for epoch in range(epochs):
            total = torch.zeros(())
            if problem.full_batch:
                batches: Any = [(self.X, self.Y)]
            else:
                rows = self.orders[epoch].split(problem.batch_size)
                batches = ((self.X[batch], self.Y[batch]) for batch in rows)
            for X, Y in batches:
                optimizer.zero_grad(set_to_none=True)
                loss = objective(X, Y)
                loss.backward()
                optimizer.step()
                total += loss.detach()
            losses.append(float(total) / problem.n_batches)
        return losses


class Compiled(Peer):
    """The same with forward and backward pass compiled by Inductor; needs a C++ compiler."""

    def missing(self) -> str:
        from shutil import which

        return "" if any(map(which, ("c++", "g++", "clang++"))) else "needs a C++ compiler"

    def compiled(self, objective: Any) -> Any:
        torch._dynamo.reset()
        return torch.compile(objective, dynamic=False)
