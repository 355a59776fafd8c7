"""Document 003, working: Adam learns which points lie inside a circle, with four architectures.

Same data (NumPy's legacy seed 2024), same networks and the same Adam; a stable loss in place of the clipped one. The
document's backward pass and its loss are diagnosed: the sign that it turns at the end, and the loss that contradicts
its gradient far from the target.

    python examples/document_003_circle.py
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from chainrule import MLPClassifier, diagnose
from chainrule.errors import HealthWarning
from chainrule.network.architecture import Architecture

sys.path.insert(0, str(Path(__file__).parent))
import document_003_backward as theirs

HIDDEN = ((64,), (128,), (64, 32), (128, 64))


def circle(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n points of the unit square and whether x1² + x2² < 1, from NumPy's global generator as the document."""
    X = np.random.uniform(0, 1, size=(n, 2))
    return X, (X[:, 0] ** 2 + X[:, 1] ** 2 < 1).astype(int)


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    np.random.seed(2024)
    X, y = circle(5000)
    X_val, y_val = circle(2000)
    return X, y, X_val, y_val


def n_parameters(hidden: tuple[int, ...]) -> int:
    activations = (*("relu" for _ in hidden), "identity")
    return Architecture((2, *hidden, 1), activations, "binary_log_loss").n_parameters


def train(hidden: tuple[int, ...], epochs: int = 60) -> MLPClassifier:
    X, y, X_val, y_val = data()
    model = MLPClassifier(
        hidden_layer_sizes=hidden,
        learning_rate_init=0.001,
        beta_1=0.9,
        beta_2=0.999,
        batch_size=100,
        alpha=0.0,
        max_iter=epochs,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    with (
        warnings.catch_warnings()
    ):  # a fixed number of epochs is meant, and points of one quarter kill half the units
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", HealthWarning)
        return model.fit(X, y, X_val=X_val, y_val=y_val)


def main() -> None:
    _, y, X_val, y_val = data()
    print(f"positive ratio {y.mean():.2%} (train), {y_val.mean():.2%} (validation)")
    for hidden in HIDDEN:
        model = train(hidden)
        name = "-".join(map(str, (2, *hidden, 1)))
        accuracy = model.score(X_val, y_val)
        loss = min(model.history_["validation_loss"])
        print(
            f"{name:12} {n_parameters(hidden):5} parameters, accuracy {accuracy:.4f}, loss {loss:.5f}"
        )

    print("\n--- its backward pass, with its loss ---")
    print(diagnose(theirs.backward, objective=theirs.loss))
    print("\n--- the text's dJ/ds = y - p taken at its word ---")
    print(diagnose(theirs.backward_sign_forgotten))


if __name__ == "__main__":
    main()
