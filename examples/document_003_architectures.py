"""Document 003: a circle, four architectures, Adam; its table, its two figures, and the same work by others.

The homework draws 5000 and 2000 points in the unit square with NumPy's seed 2024, asks which lie inside the unit
circle, and trains four perceptrons for 1000 full-batch steps of Adam from He's initial weights. Here each is trained by
``compare``; then scikit-learn and PyTorch (where installed) do the same work, one thread each, in the same run.

    python examples/document_003_architectures.py             the whole homework: some minutes
    python examples/document_003_architectures.py --epochs 50 a glance
"""

from __future__ import annotations

import argparse
import importlib.util
import warnings
from pathlib import Path
from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from chainrule import MLPClassifier, compare

ARCHITECTURES = ((64,), (128,), (64, 32), (128, 64))
PARAMETERS = (257, 513, 2305, 8705)  # as the document prints them
ANGLE = np.linspace(0.0, np.pi / 2, 100)
BOUNDARY = np.c_[np.cos(ANGLE), np.sin(ANGLE)]


def circle_data():
    """Return the document's points and labels: X, y, X_val, y_val."""
    legacy = np.random.RandomState(2024)  # what np.random.seed(2024) makes
    parts = []
    for n in (5000, 2000):
        X = legacy.uniform(0, 1, size=(n, 2))
        parts += [X.astype(np.float32), (X[:, 0] ** 2 + X[:, 1] ** 2 < 1).astype(int)]
    return tuple(parts)


def settings(epochs):
    """Return the homework's settings."""
    return MLPClassifier(
        batch_size=5000, max_iter=epochs, n_iter_no_change=np.inf, alpha=0.0,
        initializer="he_normal", dtype="float32",
    )  # fmt: skip


def by_chainrule(data, hidden, epochs):
    X, y, X_val, y_val = data
    model = settings(epochs).set_params(hidden_layer_sizes=hidden, threads=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = process_time()
        model.fit(X, y, X_val=X_val, y_val=y_val)
        seconds = process_time() - began
    return seconds, model.score(X_val, y_val)


def by_scikit_learn(data, hidden, epochs):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier as Theirs

    X, y, X_val, y_val = data
    model = Theirs(
        hidden, batch_size=len(X), max_iter=epochs, alpha=0.0, n_iter_no_change=epochs + 1,
        random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = process_time()
        model.fit(X, y)
        seconds = process_time() - began
    assert model.n_iter_ == epochs
    return seconds, model.score(X_val, y_val)


def by_pytorch(data, hidden, epochs):
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    X, y, X_val, y_val = (torch.from_numpy(np.asarray(part, np.float32)) for part in data)
    layers, sizes = [], [2, *hidden, 1]
    for l in range(1, len(sizes)):
        linear = torch.nn.Linear(sizes[l - 1], sizes[l])
        torch.nn.init.kaiming_normal_(linear.weight)
        torch.nn.init.zeros_(linear.bias)
        layers += [linear, torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    adam = torch.optim.Adam(net.parameters(), lr=0.001)
    loss = torch.nn.BCEWithLogitsLoss()
    began = process_time()
    for _ in range(epochs):
        adam.zero_grad()
        loss(net(X)[:, 0], y).backward()
        adam.step()
        with torch.no_grad():  # the document looks at the validation loss after each step
            loss(net(X_val)[:, 0], y_val)
    seconds = process_time() - began
    with torch.no_grad():
        accuracy = ((net(X_val)[:, 0] > 0) == (y_val > 0.5)).float().mean()
    return seconds, float(accuracy)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("document_003"), help="for the figures")
    parser.add_argument(
        "--no-peers", action="store_true", help="leave scikit-learn and PyTorch out"
    )
    given = parser.parse_args()

    data = X, y, X_val, y_val = circle_data()
    print(f"Training samples: {len(y)}, positive ratio {y.mean():.2%}")
    print(f"Validation samples: {len(y_val)}, positive ratio {y_val.mean():.2%}\n")

    result = compare(
        X, y, X_val=X_val, y_val=y_val, hidden=ARCHITECTURES, seeds=given.seeds,
        estimator=settings(given.epochs),
        n_jobs=1,
    )  # fmt: skip
    print(result)
    for path in save(result, given.output):
        print(f"figure: {path}")

    if not given.no_peers:
        print("\nThe same work, one thread each, in seconds of processor time:")
        beside_the_peers(data, given.epochs)


def save(result, folder):
    """Draw the document's two figures and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "boundaries": result.plot_boundaries(truth=BOUNDARY),
        "loss_curves": result.plot_losses(),
    }
    paths = [folder / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.save(path)
    return paths


def beside_the_peers(data, epochs):
    """Print seconds and accuracy of chainrule, scikit-learn and PyTorch, in turn for each architecture."""
    peers = {"chainrule": by_chainrule, "scikit-learn": by_scikit_learn}
    if importlib.util.find_spec("torch") is not None:
        peers["PyTorch"] = by_pytorch
    print(f"{'architecture':<14}" + "".join(f"{name:>22}" for name in peers))
    for hidden in ARCHITECTURES:
        cells = [peer(data, hidden, epochs) for peer in peers.values()]
        shown = "".join(f"{seconds:>13.2f} s, {accuracy:.4f}" for seconds, accuracy in cells)
        print(f"{'→'.join(map(str, (2, *hidden, 1))):<14}{shown}", flush=True)


if __name__ == "__main__":
    main()
