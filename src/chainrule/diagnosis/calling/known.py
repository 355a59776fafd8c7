"""What is known of the network that a backward function works on, and what is guessed where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.diagnosis.calling.adapter import Adapter
from chainrule.diagnosis.calling.forms import without_biases
from chainrule.diagnosis.mistakes import CHAINRULE, Convention
from chainrule.diagnosis.probes import FAMILIES, Probe, probe
from chainrule.equations.activations import activations
from chainrule.equations.losses import losses

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

#: What code may have built in: the hidden activation.
_HIDDEN = ("relu", "tanh", "sigmoid", "leaky_relu(0.01)")
#: The same of output activation and loss, with what rests on the guess.
_IF_NOT_LOG_LOSS = "judged as the log-loss of a sigmoid, where delta is p - y; if the loss is another one, give loss="
_IF_LOG_LOSS = (
    "judged as the squared error of a sigmoid; if the loss is the log-loss, p (1 - p) is a factor too many: "
    "give loss='binary_log_loss'"
)
OUTPUTS = {
    ("identity", "squared_error"): "",
    ("identity", "binary_log_loss"): _IF_NOT_LOG_LOSS,
    ("identity", "multiclass_log_loss"): "",
    ("sigmoid", "squared_error"): _IF_LOG_LOSS,
    ("relu", "squared_error"): "",
    ("tanh", "squared_error"): "",
}


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
    n_outputs: int | None = None
    convention: Convention = CHAINRULE


@dataclass(frozen=True)
class NetworkGuess:
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
    family: str, network: NetworkGuess, known: Known, l2: float, biases: bool = True, seed: int = 0
) -> Probe:
    """Return the probe of a family for a kind of network."""
    n = known.n_samples
    if known.sizes is not None and n is None:
        n = 1 if family == "single" else max(known.sizes) + 4
    free = network.n_outputs > 1 and known.n_outputs is None
    equal = family in ("square", "coincident", "single square")
    outputs = None if free and equal else network.n_outputs
    p = probe(
        family,
        sizes=known.sizes,
        activations=known.activations
        or network.activations(shift=family in ("square", "single square")),
        loss=network.loss,
        l2=l2,
        n_layers=network.n_layers,
        n_samples=n,
        n_outputs=outputs,
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


def guesses(adapter: Adapter, known: Known, network: NetworkGuess) -> Iterator[NetworkGuess]:
    """Yield what the function's own activations and loss may be."""
    L, k = network.n_layers, network.n_outputs
    outputs = _outputs(known)
    if known.activations is not None:
        options: list[tuple[tuple[str, ...] | None, str | None, str]] = [
            (None, None, loss) for loss in dict.fromkeys(loss for _, loss in outputs)
        ]
    elif adapter.takes_activations:
        # the mixed ones first: with relu alone an index shift would not show
        mixed = [pair for pair in NAMED if len(pair[0]) > 1] if network.hidden else []
        possible = dict.fromkeys(loss for _, loss in outputs)
        options = [
            (names, last, loss)
            for names, last in [(network.hidden, network.last), *mixed]
            for loss in possible
            if may_follow(last, loss)
        ]
    else:
        inside = (known.hidden,) if known.hidden else _HIDDEN
        hidden: list[tuple[str, ...]] = [(name,) for name in inside] if L > 1 else [()]
        options = [
            (names, last, loss)
            for last, loss in outputs
            for names in hidden
            if _is_linear(last) or not known.hidden
        ]
    for names, last, loss in options:
        if k > 1 or not losses.get(loss).link.by_rows:
            yield NetworkGuess(L, k, names, last, loss)


def _outputs(known: Known) -> list[tuple[str, str]]:
    """Return the pairs of output activation and loss that are possible."""
    if known.loss is None:
        return list(OUTPUTS)
    name = losses.get(known.loss).name
    same = [(last, known.loss) for last, loss in OUTPUTS if loss == name]
    return same or [("identity", known.loss)]


def may_follow(last: str | None, loss: str) -> bool:
    """Tell whether a loss takes the scores of an output activation: only a link of its own excludes one."""
    return losses.get(loss).link.is_identity or _is_linear(last)


def _is_linear(last: str | None) -> bool:
    return last is None or activations.get(last).is_identity
