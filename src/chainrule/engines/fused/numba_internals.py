"""Every part of Numba that it does not document, and that a new version may move: nowhere else are they imported.

``pyproject.toml`` admits no version of Numba that this file was not tried with.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, Protocol

import numba
from numba.core import cgutils as cgutils
from numba.core.ccallback import CFunc
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps
from numba.np.arrayobj import populate_array as populate_array
from numba.np.unsafe.ndarray import to_fixed_tuple as to_fixed_tuple


class Store(Protocol):
    """What keeps compiled code from one process to the next."""

    def load(self, name: str, made_for: str) -> bytes | None:
        """Return what was saved, verified, or None."""

    def save(self, name: str, made_for: str, code: bytes) -> None:
        """Keep ``code``."""


class _Kept:
    """A store, as a callback of Numba asks for it."""

    def __init__(self, name: str, store: Store) -> None:
        self._name, self._store = name, store

    def load_overload(self, signature: Any, context: Any) -> Any:
        context.refresh()
        code = self._store.load(self._name, _made_for(signature, context.codegen()))
        # Verified by digest, from a folder that only this user can write to.
        return None if code is None else CompileResult._rebuild(context, *pickle.loads(code))

    def save_overload(self, signature: Any, result: Any) -> None:
        if not result.library.has_dynamic_globals and not result.lifted:
            made_for = _made_for(signature, result.codegen)
            self._store.save(self._name, made_for, dumps(result._reduce()))


def _made_for(signature: Any, codegen: Any) -> str:
    """Return all that decides, beside the source, which instructions are made."""
    config = numba.config
    options = (config.OPT, config.LOOP_VECTORIZE, config.SLP_VECTORIZE)
    return repr((signature, codegen.magic_tuple(), *map(str, options)))


def compiled_callback(
    function: Callable[..., Any], signature: Any, flags: dict[str, Any], name: str, store: Store
) -> Any:
    """Compile ``function`` as a C callback, or take it from ``store``; ``cache_hits`` of what is returned tells."""
    callback: Any = CFunc(
        function, (signature.args, signature.return_type), {}, {"nopython": True, **flags}
    )
    callback._cache = _Kept(name, store)
    callback.compile()
    return callback


def processor() -> tuple[str, str]:
    """Return name and features of the processor that Numba compiles for."""
    _, name, features = cpu_target.target_context.codegen().magic_tuple()
    return name, features
