"""The frame of the command: what every word of it shares, and how an error becomes one line and an exit code.

0 is success, 2 anything that the user can put right (one line on standard error says what and how), 130 an
interruption, 141 a reader that went away. A traceback is only ever a mistake of ours.

Typer instead of argparse: the options are the signature of a function, checked by mypy, and its help is readable; Rich,
which it brings along, draws progress and colours only where a terminal is.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from chainrule.errors import ChainruleError

BAD_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
_LONGEST = 2000  # characters of a message; names from a damaged file can be long


def one_line(message: object) -> str:
    r"""Fold a message into one line without control characters.

    Examples
    --------
    >>> one_line("no such\n  column \x1b[31m")
    'no such column \\x1b[31m'
    """
    line = " ".join(str(message).split())[:_LONGEST]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def complain(message: object) -> None:
    """Write one line to standard error, if there is one."""
    with suppress(OSError, ValueError, AttributeError):  # closed, full, or none at all
        print(f"chainrule: {one_line(message)}", file=sys.stderr, flush=True)


class Commands(TyperGroup):
    """All commands; turns what goes wrong in any of them into one line and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command; as `chainrule.cli.main` and the tests' runner call it."""
        code = self._code(
            lambda: super(Commands, self).main(
                args, prog_name or "chainrule", complete_var, False, windows_expand_args, **extra
            )
        )
        if standalone_mode:
            sys.exit(code)
        return code

    @staticmethod
    def _code(run: Callable[[], Any]) -> int:
        """Run and return the exit code."""
        try:
            _cautious_output()
            result = run()
            sys.stdout.flush()  # here a full disk is still an error with a name
        except ChainruleError as error:
            complain(error)
        except KeyboardInterrupt:
            return _interrupted()
        except BrokenPipeError:
            _close_output()
            return BROKEN_PIPE
        except MemoryError:
            complain("not enough memory; take a sample of the rows, or a smaller --batch-size")
        except OSError as error:
            if error.errno == errno.EPIPE:
                _close_output()
                return BROKEN_PIPE
            complain(f"{error.filename or 'standard output'}: {error.strerror or error}")
            _close_output()
        except Exception as error:
            if not hasattr(error, "format_message"):  # a usage error of Typer's own Click
                raise
            if error.format_message():  # without arguments the help was printed already
                complain(_usage(error))
        else:
            return result if isinstance(result, int) else 0
        return BAD_INPUT

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command; Typer would end silently on Ctrl-C and on a reader that went away."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(_interrupted()) from None
        except BrokenPipeError:
            _close_output()
            raise typer.Exit(BROKEN_PIPE) from None


class Command(TyperCommand):
    """One command. Its help names what is registered, looked up only when somebody asks for help.

    In the help of an option, ``{activations}``, ``{losses}``, ``{initializers}``, ``{solvers}`` and ``{schedules}``
    stand for the names.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Fill in the registered names and print the help."""
        names: dict[str, str] = {}
        for parameter in self.params:
            text = getattr(parameter, "help", None)
            if text and "{" in text:
                names = names or registered()
                for name, listed in names.items():
                    text = text.replace("{" + name + "}", listed)
                parameter.help = text  # type: ignore[attr-defined] # Click's Parameter does not declare it
        super().format_help(ctx, formatter)


def paragraphs(docstring: str | None) -> str:
    r"""Join the lines of each paragraph, so that the help is wrapped to the terminal and not to the source.

    Examples
    --------
    >>> paragraphs("One\n    two.\n\n    Three.")
    'One two.\n\nThree.'
    """
    parts = (docstring or "").split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts).strip()


def registered() -> dict[str, str]:
    """Return the names in the registries, as they stand in the help."""
    from chainrule.equations.activations import activations
    from chainrule.equations.losses import losses
    from chainrule.network.initializers import initializers
    from chainrule.optimizers.catalogue import optimizers
    from chainrule.optimizers.schedules import schedules

    return {
        "activations": ", ".join(activations.names()),
        "initializers": ", ".join(initializers.names()),
        "losses": ", ".join(losses.names()),
        "solvers": ", ".join(optimizers.names()),
        "schedules": ", ".join(schedules.names()),
    }


def _usage(error: Any) -> str:
    """Describe an option or argument that Typer refuses, and say where the help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "chainrule"
    message = error.format_message().rstrip(".")
    return f"{message}; see {path} --help"


def _interrupted() -> int:
    complain("interrupted; nothing was written")
    return INTERRUPTED


def _cautious_output() -> None:
    """See to it that a character the terminal does not know is replaced instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _close_output() -> None:
    """Let nobody write to a broken standard output any more, not even Python when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):  # replaced by a test, or closed
        pass


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        from chainrule import __version__

        print(f"chainrule {__version__}")
        raise typer.Exit
