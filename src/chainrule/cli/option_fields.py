"""Options as a dataclass: its fields are the parameters of a command, and what else is to be known of them.

Typer makes a command from the signature of a function. Here that signature is made from a frozen dataclass, so that an
option is written once: type, default, flag, help and how its text is read stand at the field.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

T = TypeVar("T")


def command_of(name: str, options: type[T], run: Callable[[T], None]) -> Callable[..., None]:
    """Return the function that Typer makes a command of: it calls ``run`` with the options as a record.

    Its help is the docstring of ``run``.
    """

    def command(**given: Any) -> None:
        run(options(**given))

    hints = get_type_hints(options, include_extras=True)
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(field),
                annotation=hints[field.name],
            )
            for field in fields(options)  # type: ignore[arg-type]
        ]
    )
    command.__annotations__ = {field.name: hints[field.name] for field in fields(options)}  # type: ignore[arg-type]
    command.__name__, command.__doc__ = name, run.__doc__
    return command


def _default(field: Field[Any]) -> Any:
    """Return what a field is where nothing is given; ``inspect.Parameter.empty`` where something must be."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is MISSING else field.default


def flags(options: Callable[..., Any]) -> dict[str, str]:
    """Return the flag of each option of a dataclass or of a command's function; arguments have none.

    Examples
    --------
    >>> from chainrule.cli.fit_options import FitOptions
    >>> flags(FitOptions)["hidden_layer_sizes"], flags(FitOptions)["test_fraction"]
    ('--hidden', '--test-fraction')
    """
    found = {}
    for name, kinds in _told(options).items():
        if not any(isinstance(kind, ArgumentInfo) for kind in kinds):
            # Typer's first positional argument is the default, or where Annotated has it, a flag
            own = [
                flag
                for kind in kinds
                if isinstance(kind, OptionInfo)
                for flag in (kind.default, *(kind.param_decls or ()))
                if isinstance(flag, str) and flag.startswith("--")
            ]
            found[name] = own[0] if own else f"--{name.replace('_', '-')}"
    return found


def values(options: Any) -> dict[str, Any]:
    """Return the value of each option; text is read by the function that stands at its field."""
    found = {}
    for name, kinds in _told(type(options)).items():
        value = getattr(options, name)
        readers = [kind for kind in kinds if inspect.isroutine(kind)]
        found[name] = readers[0](value) if readers and value is not None else value
    return found


def _told(options: Callable[..., Any]) -> dict[str, tuple[Any, ...]]:
    """Return what stands at each field or parameter beside its type."""
    hints = get_type_hints(options, include_extras=True)
    return {name: get_args(hints[name])[1:] for name in inspect.signature(options).parameters}
