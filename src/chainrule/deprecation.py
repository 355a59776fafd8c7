"""How something public goes: it works on with a warning for at least one minor version; see docs/public.md."""

from __future__ import annotations

import warnings
from typing import NamedTuple


class Renamed(NamedTuple):
    """A public name that has another one now."""

    now: str
    since: str  #: the version that renamed it
    until: str  #: the version that no longer knows the old name


#: By the old names. ``chainrule.old`` gives ``chainrule.new``, with a warning, until the version comes.
RENAMED: dict[str, Renamed] = {}


def warn_deprecated(
    what: str, *, since: str, until: str, instead: str, stacklevel: int = 2
) -> None:
    """Warn that ``what`` goes; a FutureWarning, which users see without asking for it.

    Parameters
    ----------
    what : str
        As a user writes it: ``"MLPClassifier(warmup=...)"``.
    since, until : str
        The version that says so first, and the one in which it is gone.
    instead : str
        What to write now.
    stacklevel : int
        As in ``warnings.warn``, counted from the caller: 2 is who called the caller.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_deprecated("old()", since="1.2", until="1.4", instead="new()")
    >>> print(caught[0].message)
    old() is deprecated since chainrule 1.2 and will be gone in 1.4; use new()
    """
    text = f"{what} is deprecated since chainrule {since} and will be gone in {until}"
    warnings.warn(f"{text}; use {instead}", FutureWarning, stacklevel=stacklevel + 1)
