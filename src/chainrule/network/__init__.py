"""The network: its shape, its parameters, and the page where it runs forward and backward."""

from chainrule.network.architecture import Architecture
from chainrule.network.parameters import Parameters

__all__ = ["Architecture", "Parameters"]
