"""Document 000, working: five layers, each with its activation; two losses with a penalty; CSV; SGD with patience.

The document prints gradients that are wrong, leaves the cross-entropy and the training to do, and reads its weights
from CSV files that are not there. Here all of it runs, on the document's own network and then on real data; and its
backward pass, and even its printed numbers, are told what is wrong with them.

    python examples/document_000_perceptron.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from chainrule import MLPRegressor, Network, diagnose
from chainrule.diagnosis.diagnose import Diagnosis, diagnose_values
from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters
from chainrule.storage import load_layers, save_layers

sys.path.insert(0, str(Path(__file__).parent))
import document_000_backward as theirs

SIZES = (5, 5, 4, 3, 5, 1)
ACTIVATIONS = ("relu", "sigmoid", "relu", "sigmoid", "relu")
X = np.array([[0.1, -0.2, 0.3, -0.4, 0.5]])
TARGET, L2 = 3.0, 0.05

#: What the document prints at layers 4 and 5; rows are units there.
PRINTED = {
    "H3": np.array([[0.0, 0.23866093, 0.03396447]]),
    "dZ4": np.array([-0.07209804, 0.14644256, -0.32604005, 0.0, -0.18900884]),
    "dW4": np.array(
        [
            [1.08630584e-02, -2.34751526e-02, -5.39637656e-03],
            [2.37754764e-03, 3.64073495e-02, 2.13050052e-03],
            [-3.54973215e-03, -8.00294807e-02, -1.17496709e-02],
            [3.05363177e-03, 5.52675816e-06, 5.89043498e-03],
            [-4.67048816e-03, -4.47373189e-02, -1.40374193e-02],
        ]
    ),
    "dB4": np.array([-0.43773464, -0.43903962, -0.43538887, -0.44222529, -0.43885428]),
    "dW5": np.array([[-1.36685405, -1.37821948, -1.40785475, -1.32604112, -1.3688231]]),
    "dB5": np.array([-2.69136827]),
}
W5 = np.array([[0.02670988], [-0.054252], [0.12078678], [0.11604026], [0.07002136]])
B5 = np.array([0.1586834])
B4 = np.array([0.0593946, 0.033295, 0.10631, -0.0304184, 0.0370018])


def last_two_layers() -> Network:
    """Layers 4 and 5 of the document's network: all that can be recovered from what it prints."""
    W4 = (PRINTED["dW4"] - np.outer(PRINTED["dZ4"], PRINTED["H3"][0])) / L2
    given = [W4.T, B4, W5, B5]
    return Network((3, 5, 1), ("sigmoid", "relu"), l2=L2, initializer=given)


def diagnose_printed() -> Diagnosis:
    """Diagnose the numbers that the document prints; they have eight digits."""
    printed = {
        "dW1": PRINTED["dW4"].T,
        "db1": PRINTED["dB4"],
        "dW2": PRINTED["dW5"].T,
        "db2": PRINTED["dB5"],
    }
    net = last_two_layers()
    return diagnose_values(printed, net.parameters, PRINTED["H3"], [[TARGET]], rtol=1e-5)


def gradients_as_tables(net: Network, Y: np.ndarray) -> dict[str, pd.DataFrame]:
    """Return every dW (rows are inputs, columns units) and db as a table."""
    _, gradient = net.gradient(X, Y)
    G = Parameters(net.architecture, gradient)
    tables = {}
    for l in range(1, net.architecture.n_layers + 1):
        tables[f"dW{l}"] = pd.DataFrame(G.W[l])
        tables[f"db{l}"] = pd.DataFrame({"db": G.b[l]})
    return tables


def parameters_from_csv() -> bool:
    """Write layer1.csv ... and read them again: one row a unit, the bias in the last column."""
    architecture = Architecture(SIZES, ACTIVATIONS, "squared_error", L2)
    net = Network(SIZES, ACTIVATIONS, l2=L2)
    with tempfile.TemporaryDirectory() as folder:
        save_layers(net.parameters, folder)
        again = load_layers(folder, architecture)
    return bool(np.array_equal(again.vector, net.parameters.vector))


def sgd_with_patience(max_iter: int = 300) -> tuple[MLPRegressor, float]:
    """Minibatch SGD on the diabetes data, stopped when 15 epochs bring nothing."""
    data, y = load_diabetes(return_X_y=True)
    train, test, y_train, y_test = train_test_split(data, y, random_state=0)
    model = MLPRegressor(
        hidden_layer_sizes=(5, 4, 3, 5),
        activation=("relu", "sigmoid", "relu", "sigmoid"),
        solver="sgd",
        learning_rate_init=0.05,
        alpha=0.05,
        batch_size=32,
        early_stopping=True,
        n_iter_no_change=15,
        max_iter=max_iter,
        random_state=0,
    ).fit(10.0 * train, y_train)
    return model, float(model.score(10.0 * test, y_test))


def main() -> None:
    net = last_two_layers()
    J, _ = net.gradient(PRINTED["H3"], [[TARGET]])
    print(f"loss without penalty {J - penalty(net):.8f}, the document's 3.64311683")

    print("\nGradients of the squared error, first hidden layer:")
    five = Network(SIZES, ACTIVATIONS, l2=L2)
    print(gradients_as_tables(five, np.array([[TARGET]]))["dW1"].round(6))
    print("\nGradients of the cross-entropy (the output is a score), first hidden layer:")
    linear_output = (*ACTIVATIONS[:-1], "identity")
    entropy = Network(SIZES, linear_output, "binary_log_loss", l2=L2)
    print(gradients_as_tables(entropy, np.array([[1.0]]))["dW1"].round(6))
    print("\nlayer1.csv ... written and read again, bit for bit:", parameters_from_csv())

    model, score = sgd_with_patience()
    print(
        f"SGD with patience: best after epoch {model.best_epoch_}, R² on the test rows {score:.3f}"
    )

    print("\n--- its backward pass, against its own J ---")
    print(diagnose(theirs.backward, objective=theirs.objective))
    print("\n--- the numbers it prints ---")
    print(diagnose_printed())


def penalty(net: Network) -> float:
    """Return the part of J that is not the loss."""
    return 0.5 * net.architecture.l2 * sum(float((W**2).sum()) for W in net.W[1:])


if __name__ == "__main__":
    main()
