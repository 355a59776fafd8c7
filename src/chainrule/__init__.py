"""chainrule: multilayer perceptrons for tables, every gradient derived by hand.

Public names are loaded when they are first asked for (PEP 562), so ``import chainrule`` costs
milliseconds and nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.comparison.compare import compare
    from chainrule.diagnosis.diagnose import diagnose
    from chainrule.equations.custom import register_activation, register_loss
    from chainrule.estimators import (
        MLPClassifier,
        MLPRegressor,
        TableClassifier,
        TableRegressor,
        load,
    )
    from chainrule.gradients.check import (
        check_activation,
        check_function,
        check_gradients,
        check_loss,
    )
    from chainrule.gradients.flow import FlowRecorder
    from chainrule.gradients.trace import trace
    from chainrule.network.network import Network
    from chainrule.report import figures

    __version__: str

__all__ = [
    "MLPClassifier",
    "MLPRegressor",
    "TableClassifier",
    "TableRegressor",
    "Network",
    "compare",
    "trace",
    "check_gradients",
    "check_function",
    "check_activation",
    "check_loss",
    "diagnose",
    "FlowRecorder",
    "figures",
    "load",
    "register_activation",
    "register_loss",
    "__version__",
]

_HOMES = {
    "MLPClassifier": "chainrule.estimators",
    "MLPRegressor": "chainrule.estimators",
    "TableClassifier": "chainrule.estimators",
    "TableRegressor": "chainrule.estimators",
    "load": "chainrule.estimators",
    "Network": "chainrule.network.network",
    "compare": "chainrule.comparison.compare",
    "check_activation": "chainrule.gradients.check",
    "check_function": "chainrule.gradients.check",
    "check_gradients": "chainrule.gradients.check",
    "check_loss": "chainrule.gradients.check",
    "diagnose": "chainrule.diagnosis.diagnose",
    "FlowRecorder": "chainrule.gradients.flow",
    "trace": "chainrule.gradients.trace",
    "register_activation": "chainrule.equations.custom",
    "register_loss": "chainrule.equations.custom",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("chainrule")
    elif name == "figures":
        from importlib import import_module

        value = import_module("chainrule.report.figures")
    elif name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    globals()[name] = value  # the next time no function is called
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
