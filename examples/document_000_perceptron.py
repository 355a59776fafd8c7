"""Document 000, working: five layers, each with its activation; two losses with a penalty; CSV; SGD with patience.

The document prints gradients that are wrong, leaves the cross-entropy and the training to do, and reads its weights
from CSV files that are not there. Here its network is built again from what it prints, its wrong gradients come out
digit by digit, and the right ones stand beside them; its backward pass, and even its printed numbers, are told what is
wrong with them. Then it trains, on real data.

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
from chainrule.diagnosis.diagnose import Convention, Diagnosis, diagnose_values
from chainrule.network.parameters import Parameters
from chainrule.storage import load_layers, save_layers

sys.path.insert(0, str(Path(__file__).parent))
import document_000_backward as theirs

SIZES = (5, 5, 4, 3, 5, 1)
ACTIVATIONS = ("relu", "sigmoid", "relu", "sigmoid", "relu")
X = np.array([[0.1, -0.2, 0.3, -0.4, 0.5]])
TARGET, LAMBDA = 3.0, 0.05

#: What the document prints; rows of W and dW are units there. dW1 and dB1, its headline, have six decimals.
PRINTED = {
    "B1": np.array([-0.00561287, -0.01557955, -0.14707524, -0.04781501, 0.04179416]),
    "Z1": np.array([0.0976316, 0.02795802, -0.22286044, -0.24213525, 0.09218016]),
    "Z2": np.array([0.05258633, -0.05628207, 0.0357589, -0.10550538]),
    "Z3": np.array([-0.03414519, 0.23866093, 0.03396447]),
    "Z4": np.array([0.02747301, 0.03831927, 0.09527121, -0.0263907, 0.0336014]),
    "Z5": np.array([0.30069756]),
    "H1": np.array([0.0976316, 0.02795802, 0.0, 0.0, 0.09218016]),
    "H2": np.array([0.51314355, 0.4859332, 0.50893877, 0.47364809]),
    "H3": np.array([0.0, 0.23866093, 0.03396447]),
    "H4": np.array([0.50686782, 0.50957864, 0.5237998, 0.49340271, 0.50839956]),
    "H5": np.array([0.30069756]),
    "dZ5": np.array([-2.69930244]),
    "dZ4": np.array([-0.07209804, 0.14644256, -0.32604005, 0.0, -0.18900884]),
    "dW1": np.array(
        [
            [-0.003123, -0.004122, 0.007588, -0.000263, 0.004643],
            [0.000908, 0.002457, 0.00192, -0.000042, 0.003862],
            [-0.004173, 0.003682, -0.003091, 0.0047, 0.000397],
            [0.007976, 0.00288, -0.011075, 0.004108, -0.009949],
            [0.001649, -0.00153, 0.005629, 0.002964, 0.003106],
        ]
    ),
    "dB1": np.array([-0.000224, -0.000722, -0.007297, -0.002334, 0.002147]),
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


def sigmoid_derivative(z: np.ndarray) -> np.ndarray:
    s = 1.0 / (1.0 + np.exp(-z))
    return s * (1.0 - s)


def first_delta() -> np.ndarray:
    """Return the document's dZ1, from its headline: dW1 = dZ1 X + lambda W1 and Z1 = W1 X + B1."""
    x = X[0]
    return (PRINTED["dW1"] @ x - LAMBDA * (PRINTED["Z1"] - PRINTED["B1"])) / (x @ x)


def weights() -> list[np.ndarray]:
    """Return W1, b1, ..., W5, b5 of the document's network, W of shape (fan_in, fan_out).

    Layers 1, 4 and 5 follow from what it prints. Of layers 2 and 3 it prints what goes in and comes out, forward and
    back; of all weights that agree with that, the smallest are taken.
    """
    p = PRINTED
    dZ1 = first_delta()
    W1 = (p["dW1"] - np.outer(dZ1, X[0])) / LAMBDA
    W4 = (p["dW4"] - np.outer(p["dZ4"], p["H3"])) / LAMBDA
    B4 = p["Z4"] - W4 @ p["H3"]
    W5 = (p["dW5"] - np.outer(p["dZ5"], p["H4"])) / LAMBDA
    B5 = (p["dB5"] - p["dZ5"]) / LAMBDA

    dZ3 = (W4.T @ p["dZ4"]) * sigmoid_derivative(p["Z3"])  # with its mistake: layer 3 is relu
    W3, B3 = smallest(p["H2"], p["Z3"])
    dZ2 = (W3.T @ dZ3) * (p["Z2"] > 0)  # layer 2 is sigmoid
    W2, B2 = smallest(p["H1"], p["Z2"], dZ2, dZ1 / sigmoid_derivative(p["Z1"]))
    return [W1.T, p["B1"], W2.T, B2, W3.T, B3, W4.T, B4, W5.T, B5]


def smallest(
    h: np.ndarray, z: np.ndarray, delta: np.ndarray | None = None, back: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest W, b with W h + b = z and, if given, W.T delta = back."""
    units, inputs = len(z), len(h)
    equations = [np.kron(np.eye(units), np.append(h, 1.0))]
    values = [z]
    if delta is not None:
        columns = np.kron(delta, np.eye(inputs, inputs + 1))  # (inputs, units (inputs + 1))
        equations, values = [*equations, columns], [z, back]
    solved, *_ = np.linalg.lstsq(np.vstack(equations), np.concatenate(values), rcond=None)
    both = solved.reshape(units, inputs + 1)
    return both[:, :-1], both[:, -1]


def network(activations: tuple[str, ...] = ACTIVATIONS, loss: str = "squared_error") -> Network:
    """Return the document's own network."""
    return Network(SIZES, activations, loss, initializer=weights())


def right_gradients(net: Network, target: float = TARGET) -> tuple[float, Parameters]:
    """Return the document's J, loss + lambda * sum of *all* squares, and its gradient."""
    loss, gradient = net.gradient(X, [[target]])
    theta = net.parameters.vector
    J = loss + LAMBDA * float(theta @ theta)
    return J, Parameters(net.architecture, gradient + 2.0 * LAMBDA * theta)


def their_gradients(net: Network) -> dict[str, np.ndarray]:
    """Run the document's backward pass, mistakes and all, on its own network."""
    layers = range(1, len(SIZES))
    parameters = {f"W{l}": net.W[l].T for l in layers} | {
        f"B{l}": net.b[l][:, None] for l in layers
    }
    P = net.forward(X)
    forward = {f"Z{l}": P.z[l].T for l in layers} | {f"H{l}": P.a[l].T for l in (0, *layers)}
    act = ["sigmoid" if name == "sigmoid" else "ReLU" for name in ACTIVATIONS]
    return theirs.backward(len(layers), SIZES, TARGET, LAMBDA, parameters, forward, act)


def diagnose_printed() -> Diagnosis:
    """Diagnose the numbers that the document prints; its headline has six decimals."""
    p = PRINTED
    printed = {f"dW{l}": p[f"dW{l}"].T for l in (1, 4, 5)} | {
        f"db{l}": p[f"dB{l}"] for l in (1, 4, 5)
    }
    net = Network(SIZES, ACTIVATIONS, l2=LAMBDA, initializer=weights())
    given = Convention(biases_penalised=True)  # half of its penalty is another matter
    return diagnose_values(printed, net.parameters, X, [[TARGET]], rtol=1e-4, convention=given)


def as_tables(G: Parameters) -> dict[str, pd.DataFrame]:
    """Return every dW and db as the document shows them: a row for each unit."""
    tables = {}
    for l in range(1, G.architecture.n_layers + 1):
        tables[f"dW{l}"] = pd.DataFrame(G.W[l].T)
        tables[f"dB{l}"] = pd.DataFrame(G.b[l])
    return tables


def parameters_from_csv() -> bool:
    """Write layer1.csv ... and read them again: one row a unit, the bias in the last column."""
    net = network()
    with tempfile.TemporaryDirectory() as folder:
        save_layers(net.parameters, folder)
        again = load_layers(folder, net.architecture)
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
    net = network()
    print(
        "The document's network, from its printed figures: largest difference to a printed Z or H"
    )
    P = net.forward(X)
    away = [np.abs(P.z[l][0] - PRINTED[f"Z{l}"]).max() for l in range(1, 6)]
    away += [np.abs(P.a[l][0] - PRINTED[f"H{l}"]).max() for l in range(1, 6)]
    print(f"  {max(away):.1e}")

    J, G = right_gradients(net)
    print(
        f"\nHalf the squared error {net.gradient(X, [[TARGET]])[0]:.8f}, J with its penalty {J:.6f}"
    )
    tables, wrong = as_tables(G), their_gradients(net)
    for name in ("dW1", "dB1"):
        print(f"\n{name}, as the document's program gives it")
        print(pd.DataFrame(wrong[f"dLoss_{name}"]).round(6).to_string())
        print(f"{name}, right for its J")
        print(tables[name].round(6).to_string())
    for name in ("dW4", "dB4", "dW5", "dB5"):
        print(f"\n{name}, right for its J")
        print(tables[name].round(8).to_string())

    print("\nWhat its headline alone tells")
    print("  dB1 - lambda B1:", (PRINTED["dB1"] - LAMBDA * PRINTED["B1"]).round(7))
    print("  one number in all rows, the sum of dZ1:", first_delta().sum().round(7))
    print("  dZ1:", first_delta().round(7))
    print("  units 3 and 4 have Z1 < 0, so relu' = 0 and their dZ1 should be 0; sigmoid' was used")

    print(
        "\nGradients of the cross-entropy (the output is a score, the target 1), first hidden layer:"
    )
    entropy = network((*ACTIVATIONS[:-1], "identity"), "binary_log_loss")
    tables = as_tables(right_gradients(entropy, 1.0)[1])
    print(tables["dW1"].round(6).to_string())
    print(tables["dB1"].round(6).to_string())
    print("\nlayer1.csv ... written and read again, bit for bit:", parameters_from_csv())

    model, score = sgd_with_patience()
    print(
        f"SGD with patience: best after epoch {model.best_epoch_}, R² on the test rows {score:.3f}"
    )

    print("\n--- its backward pass, against its own J ---")
    print(diagnose(theirs.backward, objective=theirs.objective))
    print("\n--- the numbers it prints ---")
    print(diagnose_printed())


if __name__ == "__main__":
    main()
