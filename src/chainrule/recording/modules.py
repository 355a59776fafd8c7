"""What the recorded program gets when it imports NumPy, math, random or something that only draws.

Arrays that NumPy makes are traced from the start; drawn numbers are nodes without inputs; plots and progress bars do
nothing. Only the user's imports are answered so: libraries see the real modules.
"""

from __future__ import annotations

import math
import random
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.recording.arrays import (
    Traced,
    call,
    is_traced,
    literal,
    make,
    plain,
    write,
)
from chainrule.recording.session import active
from chainrule.recording.tape import words

DRAWING = words(
    "matplotlib seaborn plotly IPython pylab mpl_toolkits wandb bokeh graphviz cv2 pygame"
)
_SILENT = words("seed set_printoptions seterr get_state set_state save savez savetxt")
_MATH = {
    "fabs": np.abs, "pow": np.power, "log": np.log, "fsum": np.sum, "prod": np.prod,
    **{k: getattr(np, k) for k in words("exp tanh sqrt sin cos tan sinh cosh log10 log2 log1p expm1")},
    "atan": np.arctan, "isnan": np.isnan, "floor": np.floor, "ceil": np.ceil,
}  # fmt: skip


class Function:
    """A function of NumPy's whose calls are recorded."""

    def __init__(self, function: Callable[..., Any], name: str, drawn: bool = False) -> None:
        self.untraced__, self._name, self._drawn = function, name, drawn

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it, and write the call onto the tape."""
        if self._name in _SILENT:
            return self.untraced__(*plain(arguments), **plain(keywords))
        if self._name in ("vectorize", "frompyfunc"):
            return _vectorized(arguments[0])
        if self._name in ("apply_along_axis", "apply_over_axes", "fromiter"):
            return call(self._name, _untaped(self.untraced__), arguments, keywords)
        if self._drawn:
            return self._draw(arguments, keywords)
        return call(self._name, self.untraced__, arguments, keywords)

    def _draw(self, arguments: Any, keywords: Any) -> Any:
        result = self.untraced__(*plain(arguments), **plain(keywords))
        tape = active()
        if tape is None:
            return result
        if self._name == "shuffle":
            if isinstance(arguments[0], Traced):
                write(arguments[0], tape.leaf("shuffle", plain(arguments[0])))
            return None
        if isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind in "fiub":
            return make(result, tape.leaf(self._name, result))
        return literal(result) if isinstance(result, float) else result

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.untraced__, name)
        return Function(found, f"{self._name}.{name}") if callable(found) else found


def _untaped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function during which nothing is written: it calls the user's code entry by entry."""

    def quiet(*arguments: Any, **keywords: Any) -> Any:
        tape = active()
        if tape is None:
            return plain(function(*arguments, **keywords))
        tape.recording = False
        try:
            return plain(function(*arguments, **keywords))
        finally:
            tape.recording = True

    return quiet


def _vectorized(function: Callable[..., Any]) -> Callable[..., Any]:
    quiet = _untaped(np.vectorize(function, otypes=[float]))
    return lambda *arguments: call("vectorized", quiet, arguments, {})


class Generator:
    """A random generator whose draws are recorded."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        return Function(getattr(self._generator, name), name, drawn=True)


class Module(types.ModuleType):
    """NumPy, or a part of it."""

    def __init__(self, module: types.ModuleType, drawn: bool = False) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(_module=module, _drawn=drawn)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if isinstance(found, types.ModuleType):
            return Module(found, drawn=name == "random")
        if name in ("default_rng", "RandomState"):
            return lambda *arguments, **keywords: Generator(found(*plain(arguments), **keywords))
        if name != "vectorize" and (isinstance(found, type) or not callable(found)):
            return found
        if isinstance(found, np.ufunc):
            name = found.__name__  # np.abs is np.absolute
        return Function(found, name, self._drawn)


class Mathematics(types.ModuleType):
    """``math``, for traced scalars too."""

    __all__ = [name for name in dir(math) if not name.startswith("_")]  # noqa: RUF012 (read by import *)

    def __getattr__(self, name: str) -> Any:
        found = getattr(math, name)
        traced = _MATH.get(name)
        if traced is None:
            return found
        return lambda *a: call(name, traced, a, {}) if is_traced(a) else found(*a)


class Draws(types.ModuleType):
    """``random``, whose numbers are traced scalars."""

    __all__ = [name for name in dir(random) if not name.startswith("_")]  # noqa: RUF012 (read by import *)

    def __getattr__(self, name: str) -> Any:
        found = getattr(random, name)
        if name in ("random", "uniform", "gauss", "normalvariate", "triangular", "betavariate"):
            return lambda *arguments, **keywords: literal(
                found(*plain(arguments), **plain(keywords))
            )
        if name == "Random":
            return lambda *arguments: _DrawsOf(random.Random(*plain(arguments)))
        if name in ("shuffle", "seed"):
            return found
        return found


class _DrawsOf:
    def __init__(self, source: random.Random) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        if name in ("random", "uniform", "gauss", "normalvariate"):
            return lambda *arguments: literal(found(*plain(arguments)))
        return found


class Silent(types.ModuleType):
    """Whatever only draws or shows: every attribute and call gives more of the same."""

    __path__: list[str] = []  # noqa: RUF012 (a package, as far as imports ask)
    __all__: list[str] = []  # noqa: RUF012

    def __init__(self, name: str = "silent") -> None:
        super().__init__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name == "subplots":
            return _subplots
        return Silent(name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Do nothing."""
        return Silent()

    def __getitem__(self, index: Any) -> Any:
        return Silent()

    def __setitem__(self, index: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Any:
        return iter((Silent(),))

    def __len__(self) -> int:
        return 1

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def _arithmetic(self, *other: Any) -> Any:
        return Silent()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _arithmetic


def _subplots(rows: int = 1, columns: int = 1, *arguments: Any, **keywords: Any) -> Any:
    rows, columns = keywords.get("nrows", rows), keywords.get("ncols", columns)
    if rows * columns == 1:
        return Silent(), Silent()
    axes = np.empty((rows, columns), dtype=object)
    axes[...] = [[Silent() for _ in range(columns)] for _ in range(rows)]
    return Silent(), axes.squeeze()


class Progress(types.ModuleType):
    """``tqdm``: a progress bar is what it counts."""

    __path__: list[str] = []  # noqa: RUF012
    __all__ = ["tqdm", "trange"]  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return range if name in ("trange", "tnrange") else _bar if name.startswith("tqdm") else self


class _Bar:
    def __init__(self, items: Any) -> None:
        self._items = items

    def __iter__(self) -> Any:
        return iter(self._items)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **keywords: None


def _bar(items: Any = (), *arguments: Any, **keywords: Any) -> Any:
    return _Bar(items)
