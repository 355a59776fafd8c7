"""What is known of the network that a backward function works on, and what is guessed where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.gradients.adapter import Adapter
from chainrule.gradients.forms import without_biases
from chainrule.gradients.mistakes import CHAINRULE, Convention
from chainrule.gradients.probes import FAMILIES, Probe, probe

#: Activations by name, for code that knows only some of them. Neighbours differ, so that an index shift shows.
NAMED = (
    (("relu", "sigmoid"), "relu"),
    (("relu", "tanh"), "relu"),
    (("tanh", "sigmoid"), "tanh"),
    (("relu", "sigmoid"), "identity"),
    (("relu", "tanh"), "identity"),
    (("tanh", "sigmoid"), "identity"),
    (("relu",), "identity"),
)

#: What code may have built in: hidden activation; and output activation with loss.
_HIDDEN = ("relu", "tanh", "sigmoid", "leaky_relu(0.01)")
_OUTPUT = (
    ("identity", "squared_error"),
    ("identity", "binary_log_loss"),
    ("identity", "multiclass_log_loss"),
    ("sigmoid", "squared_error"),
    ("relu", "squared_error"),
    ("tanh", "squared_error"),
)


@dataclass(frozen=True)
class Known:
    """What the user has said about the network."""

    sizes: tuple[int, ...] | None = None
    activations: tuple[str, ...] | None = None
    hidden: str | None = None  #: of all hidden layers, where their number is not known
    loss: str | None = None
    l2: float | None = None
    n_layers: int | None = None
    n_samples: int | None = None
    convention: Convention = CHAINRULE


@dataclass(frozen=True)
class Network:
    """A kind of network to try: depth, outputs, activations (None: chosen by the probe) and loss."""

    n_layers: int
    n_outputs: int
    hidden: tuple[str, ...] | None
    last: str | None
    loss: str

    def activations(self, shift: int = 0) -> list[str] | None:
        """Return the activation of each layer; ``shift`` begins with another one."""
        if self.hidden is None or self.last is None:
            return None
        names = self.hidden or ("identity",)
        return [*(names[(i + shift) % len(names)] for i in range(self.n_layers - 1)), self.last]


def make_probe(
    family: str, network: Network, known: Known, l2: float, biases: bool = True, seed: int = 0
) -> Probe:
    """Return the probe of a family for a kind of network."""
    n = known.n_samples
    if known.sizes is not None and n is None:
        n = 1 if family == "single" else max(known.sizes) + 4
    p = probe(
        family,
        sizes=known.sizes,
        activations=known.activations or network.activations(shift=family == "square"),
        loss=network.loss,
        l2=l2,
        n_layers=network.n_layers,
        n_samples=n,
        n_outputs=None
        if network.n_outputs > 1 and family in ("square", "coincident")
        else network.n_outputs,
        convention=known.convention,
        seed=seed,
    )
    return p if biases else without_biases(p)


def families(known: Known) -> tuple[str, ...]:
    """Return the families that can be tried: with the user's own sizes only the number of samples is free."""
    if known.sizes is None:
        return FAMILIES
    return ("yours",) if known.n_samples is not None else ("yours", "single")


def penalty(adapter: Adapter, known: Known) -> float:
    """Return the l2 of the probes: 0 where the function takes none."""
    return known.l2 if known.l2 is not None else 0.1 if adapter.has("l2") else 0.0


def guesses(adapter: Adapter, known: Known, network: Network) -> Iterator[Network]:
    """Yield what the function's own activations and loss may be."""
    L, k = network.n_layers, network.n_outputs
    if known.activations is not None:
        outputs: list[tuple[str | None, str]] = [
            (None, loss) for loss in dict.fromkeys(loss for _, loss in _OUTPUT)
        ]
        hidden: list[tuple[str, ...] | None] = [None]
    elif adapter.takes_activations:
        # the mixed ones first: with relu alone an index shift would not show
        mixed = [pair for pair in NAMED if len(pair[0]) > 1] if network.hidden else []
        for names, last in [(network.hidden, network.last), *mixed]:
            for loss in ("squared_error", "binary_log_loss", "multiclass_log_loss"):
                fits = loss == "squared_error" or last in (None, "identity")
                wanted = known.loss is None or loss == known.loss.split("(")[0]
                if fits and wanted and (k > 1 or loss != "multiclass_log_loss"):
                    yield Network(L, k, names, last, known.loss or loss)
        return
    else:
        outputs = list(_OUTPUT)
        names_ = (known.hidden,) if known.hidden else _HIDDEN
        hidden = [(name,) for name in names_] if L > 1 else [()]
        if known.hidden:
            outputs = [pair for pair in outputs if pair[0] == "identity"]
    for last, loss in outputs:
        if known.loss is not None and loss != known.loss.split("(")[0]:
            continue
        if loss == "multiclass_log_loss" and k < 2:
            continue
        for names in hidden:
            yield Network(L, k, names, last, known.loss or loss)
