"""Files: models, one CSV a layer, and the atomic write below both. Nothing read can run code."""

from chainrule.storage.atomic import write_atomically, write_together
from chainrule.storage.content import ModelContent
from chainrule.storage.layer_csv import load_layers, save_layers
from chainrule.storage.layer_network import load_network
from chainrule.storage.model_file import load_model, save_model

__all__ = [
    "ModelContent",
    "load_model",
    "save_model",
    "load_layers",
    "load_network",
    "save_layers",
    "write_atomically",
    "write_together",
]
