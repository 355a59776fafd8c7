"""chainrule: multilayer perceptrons for tables, every gradient derived by hand.

Public names are loaded when they are first asked for (PEP 562), so ``import chainrule`` costs
milliseconds and nothing heavy is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.deprecation import RENAMED, warn_deprecated

if TYPE_CHECKING:
    from chainrule.comparison.compare import compare
    from chainrule.comparison.comparison_result import ComparisonResult
    from chainrule.diagnosis.diagnose import diagnose
    from chainrule.diagnosis.result import Diagnosis
    from chainrule.equations.activations import Activation
    from chainrule.equations.custom import register_activation, register_loss
    from chainrule.equations.losses import Loss
    from chainrule.errors import (
        ChainruleError,
        DataWarning,
        FileError,
        GradientError,
        HealthWarning,
        InputError,
        InputTypeError,
        TrainingError,
    )
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
    from chainrule.gradients.checking.gradient_report import GradientReport
    from chainrule.gradients.flow import FlowRecorder
    from chainrule.gradients.trace import Trace, trace
    from chainrule.gradients.tracing.plan import TraceConvention
    from chainrule.network.network import Network
    from chainrule.optimizers import (
        LBFGS,
        SGD,
        Adam,
        AdamW,
        Adaptive,
        Constant,
        Cosine,
        CosLog,
        Exponential,
        FlatCosine,
        InverseScaling,
        OneCycle,
        Optimizer,
        RMSprop,
        Schedule,
        Step,
        WarmUp,
    )
    from chainrule.report import figures

    __version__: str

#: What is public; docs/public.md says what each is, and how long it stays as it is.
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
    "register_activation",
    "register_loss",
    "load",
    "figures",
    "ComparisonResult",
    "Trace",
    "TraceConvention",
    "GradientReport",
    "Diagnosis",
    "Activation",
    "Loss",
    "Optimizer",
    "SGD",
    "Adam",
    "AdamW",
    "RMSprop",
    "LBFGS",
    "Schedule",
    "Constant",
    "InverseScaling",
    "Exponential",
    "Step",
    "Cosine",
    "CosLog",
    "FlatCosine",
    "OneCycle",
    "Adaptive",
    "WarmUp",
    "ChainruleError",
    "InputError",
    "InputTypeError",
    "FileError",
    "TrainingError",
    "GradientError",
    "HealthWarning",
    "DataWarning",
    "__version__",
]

#: Where the public names stand.
_HOMES = {
    "chainrule.comparison.compare": "compare",
    "chainrule.comparison.comparison_result": "ComparisonResult",
    "chainrule.diagnosis.diagnose": "diagnose",
    "chainrule.diagnosis.result": "Diagnosis",
    "chainrule.equations.activations": "Activation",
    "chainrule.equations.custom": "register_activation register_loss",
    "chainrule.equations.losses": "Loss",
    "chainrule.errors": "ChainruleError InputError InputTypeError FileError TrainingError GradientError "
    "HealthWarning DataWarning",
    "chainrule.estimators": "MLPClassifier MLPRegressor TableClassifier TableRegressor load",
    "chainrule.gradients.check": "check_gradients check_function check_activation check_loss",
    "chainrule.gradients.checking.gradient_report": "GradientReport",
    "chainrule.gradients.flow": "FlowRecorder",
    "chainrule.gradients.trace": "trace Trace",
    "chainrule.gradients.tracing.plan": "TraceConvention",
    "chainrule.network.network": "Network",
    "chainrule.optimizers": "Optimizer SGD Adam AdamW RMSprop LBFGS Schedule Constant InverseScaling Exponential "
    "Step Cosine CosLog FlatCosine OneCycle Adaptive WarmUp",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            value: Any = version("chainrule")
        except PackageNotFoundError:  # a copy of the source that was not installed
            value = "0+unknown"
    elif name == "figures":
        from importlib import import_module

        value = import_module("chainrule.report.figures")
    elif name in _HOME_OF:
        from importlib import import_module

        value = getattr(import_module(_HOME_OF[name]), name)
    elif name in RENAMED:
        now, since, until = RENAMED[name]
        warn_deprecated(f"chainrule.{name}", since=since, until=until, instead=f"chainrule.{now}")
        return __getattr__(now)
    else:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    globals()[name] = value  # the next time no function is called
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
