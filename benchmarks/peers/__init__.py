"""The peers, one file each. Names here are the columns of the table; targets are what a worker holds."""

from __future__ import annotations

from importlib.util import find_spec

#: name in the table: (target, the package that must be installed)
PEERS: dict[str, tuple[str, str]] = {
    "chainrule": ("benchmarks.peers.chainrule_engine:Peer", "chainrule"),
    "chainrule fit": ("benchmarks.peers.chainrule_fit:Peer", "chainrule"),
    "scikit-learn": ("benchmarks.peers.scikit_learn:Peer", "sklearn"),
    "PyTorch": ("benchmarks.peers.pytorch:Peer", "torch"),
    "torch.compile": ("benchmarks.peers.pytorch:Compiled", "torch"),
    "JAX": ("benchmarks.peers.jax_scan:Peer", "optax"),
}
TRUTH = "benchmarks.peers.truth:Truth"


def installed() -> list[str]:
    """Return the peers whose packages are here."""
    return [name for name, (_, package) in PEERS.items() if find_spec(package) is not None]
