"""The laws of the house that can be read off its source.

Floors, circles, length, docstrings, a light import, and no code out of files. Each checker is also shown a
planted offence, so that it is known to fail when it should.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "chainrule"

# From the ground up. A module imports from its own floor and from those before it.
FLOORS = (
    "deprecation",
    "errors",
    "equations",
    "network",
    "recording",
    "diagnosis",
    "reading",
    "optimizers",
    "engines",
    "training",
    "gradients",
    "tables",
    "storage",
    "estimators",
    "report",
    "comparison",
    "cli",
)
# Not loaded by `import chainrule`: each costs a tenth of a second or more.
HEAVY = ("numba", "matplotlib", "pandas", "sklearn", "scipy", "pyarrow", "torch")
MOST_LINES = 300
# These floors read files from strangers, so nothing in them may turn data into code.
READS_FILES = ("tables", "storage", "cli")
UNSAFE_MODULES = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_NAMES = {"eval", "exec"}
UNSAFE_ATTRIBUTES = {"eval", "read_pickle", "to_pickle"}


def modules(package: Path) -> list[Path]:
    return sorted(package.rglob("*.py"))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def label(path: Path) -> str:
    return str(path.relative_to(SOURCE)) if path.is_relative_to(SOURCE) else path.name


# ---- floors -------------------------------------------------------------------------------------


def imported(path: Path, package: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of all that a module imports, wherever in it the import stands.

    ``from a import b`` gives ``a.b``, whether b is a module or not. Relative imports are resolved,
    and so is ``import_module("a.b")`` where its argument is written out.
    """
    here = [package.name, *path.relative_to(package).parent.parts]
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else []
            base = [*start, *(node.module.split(".") if node.module else [])]
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", None))
            if called in ("import_module", "__import__"):
                name = str(node.args[0].value)
                # import_module(".x", __package__): relative like any other
                dots = len(name) - len(name.lstrip("."))
                start = here[: len(here) - dots + 1] if dots else []
                yield node.lineno, ".".join([*start, *filter(None, name.split("."))])


def climbing_imports(package: Path) -> list[str]:
    """List every import that leads to a floor above the importing module's own."""
    found = []
    for path in modules(package):
        floor = path.relative_to(package).parts[0].removesuffix(".py")
        if floor in ("__init__", "__main__"):
            continue  # the roof: it may see everything
        if floor not in FLOORS:
            found.append(f"{label(path)}: {floor} has no place in FLOORS")
            continue
        for line, name in imported(path, package):
            root, _, rest = name.partition(".")
            if root != package.name:
                continue
            target = rest.partition(".")[0]
            if target == "__version__":  # the one fact that lives on the roof and needs no floor
                continue
            # `import chainrule` and `from chainrule import Network` go through the roof
            if target not in FLOORS:
                found.append(f"{label(path)}:{line}: {name} is imported through the roof")
            elif FLOORS.index(target) > FLOORS.index(floor):
                found.append(f"{label(path)}:{line}: {floor} imports {name}, which is above it")
    return found


def test_no_import_climbs() -> None:
    assert climbing_imports(SOURCE) == []


def plant(tmp_path: Path, where: str, text: str) -> Path:
    package = tmp_path / "chainrule"
    path = package / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return package


@pytest.mark.parametrize(
    "text",
    [
        "import chainrule.engines",
        "import chainrule.engines.fused.kernels as kernels",
        "from chainrule.engines import make_engine",
        "from chainrule import engines",
        "from ..engines import make_engine",
        "from .. import engines",
        "def late():\n    from chainrule.engines import make_engine",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import chainrule.engines",
        "try:\n    import chainrule.cli\nexcept ImportError:\n    pass",
        "from importlib import import_module\nimport_module('chainrule.engines')",
        "from importlib import import_module\nimport_module('..engines', __package__)",
        "import chainrule",
        "from chainrule import MLPClassifier",
        "from chainrule import *",
    ],
)
def test_a_planted_climbing_import_is_found(tmp_path: Path, text: str) -> None:
    assert len(climbing_imports(plant(tmp_path, "network/backprop.py", text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np",
        "import chainrules.engines",
        "from chainrule.errors import InputError",
        "from chainrule.equations.losses import losses",
        "from chainrule import equations",
        "from chainrule import __version__",
        "from .parameters import Parameters",
        "from . import parameters",
        "from ..equations import activations",
        "import chainrule.network.parameters",
    ],
)
def test_an_import_of_the_same_or_a_lower_floor_is_let_pass(tmp_path: Path, text: str) -> None:
    assert climbing_imports(plant(tmp_path, "network/backprop.py", text)) == []


def test_imports_in_package_files_and_deeper_folders_are_resolved(tmp_path: Path) -> None:
    package = plant(tmp_path, "network/__init__.py", "from ..cli import main")
    plant(tmp_path, "engines/fused/kernels.py", "from ...training import loop")
    plant(tmp_path, "engines/fused/cache.py", "from ...network import Parameters")
    assert [line.split(":")[0] for line in climbing_imports(package)] == [
        "kernels.py",
        "__init__.py",
    ]


def test_a_floor_that_is_not_in_the_order_is_found(tmp_path: Path) -> None:
    assert "no place" in climbing_imports(plant(tmp_path, "attic/things.py", ""))[0]


def test_the_roof_may_import_everything(tmp_path: Path) -> None:
    package = plant(tmp_path, "__init__.py", "from chainrule.cli import main")
    assert climbing_imports(plant(tmp_path, "__main__.py", "import chainrule.cli")) == []
    assert climbing_imports(package) == []


# ---- circles ------------------------------------------------------------------------------------


def dotted(path: Path, package: Path) -> str:
    """Return the name by which a module is imported."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph(package: Path, room: Path) -> dict[str, set[str]]:
    """Return, for each module of a room, the modules of the room that it makes Python run.

    These are what it imports, and the packages around that; but not those that it stands in itself.
    """
    graph: dict[str, set[str]] = {dotted(path, package): set() for path in modules(room)}
    for path in modules(room):
        own = dotted(path, package)
        for _, name in imported(path, package):
            parts = name.split(".")
            prefixes = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
            # a.b.f: f may be a function, then a.b is the module
            module, *around = [prefix for prefix in prefixes if prefix in graph] or [own]
            graph[own] |= {module, *(p for p in around if not own.startswith(f"{p}."))} - {own}
    return graph


def import_circles(package: Path) -> list[str]:
    """List a circle of imports for each room that has one; between rooms, floors leave no place for it."""
    found = []
    for room in sorted(path for path in package.iterdir() if path.is_dir()):
        try:
            TopologicalSorter(import_graph(package, room)).prepare()
        except CycleError as error:
            found.append(" imports ".join(reversed(error.args[1])))
    return found


def test_no_imports_go_in_a_circle() -> None:
    assert import_circles(SOURCE) == []


LEFT = "chainrule.network.left"


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("from chainrule.network.right import f", {"right": f"import {LEFT}"}),
        ("from .right import f", {"right": "from . import left"}),
        ("from chainrule.network import right", {"right": f"from {LEFT} import f"}),
        ("def late():\n    from .right import f", {"right": f"def late():\n    import {LEFT}"}),
        ("from .right import f", {"right": "from .middle import f", "middle": f"import {LEFT}"}),
        ("from .deep.right import f", {"deep/right": "from ..left import f"}),
        ("from .deep.right import f", {"deep/right": "", "deep/__init__": f"import {LEFT}"}),
        ("from chainrule.network import f", {"__init__": "from .left import f"}),
        ("from .right import f", {"right": f"from importlib import *\nimport_module('{LEFT}')"}),
        ("from .right import f", {"right": f"if TYPE_CHECKING:\n    import {LEFT}"}),
        ("from .right import f", {"right": f"if typing.TYPE_CHECKING:\n    import {LEFT}"}),
        (
            "if TYPE_CHECKING:\n    import typing\nelse:\n    from .right import f",
            {"right": f"import {LEFT}"},
        ),
    ],
)
def test_a_planted_circle_is_found(tmp_path: Path, text: str, others: dict[str, str]) -> None:
    package = plant(tmp_path, "network/left.py", text)
    for name, other in others.items():
        plant(tmp_path, f"network/{name}.py", other)
    assert len(import_circles(package)) == 1


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("from .right import f", {"right": "import numpy", "__init__": "from .left import f"}),
        ("from .deep.right import f", {"deep/right": "", "deep/__init__": "from .right import f"}),
        ("from .deep import f", {"deep/right": "from . import other", "deep/other": ""}),
        ("import chainrule.network.left", {}),
    ],
)
def test_imports_without_a_circle_are_let_pass(
    tmp_path: Path, text: str, others: dict[str, str]
) -> None:
    package = plant(tmp_path, "network/left.py", text)
    for name, other in others.items():
        plant(tmp_path, f"network/{name}.py", other)
    assert import_circles(package) == []


# ---- names --------------------------------------------------------------------------------------


def doubled_names(package: Path) -> list[str]:
    """List the names of modules, and those of classes, that stand for more than one thing.

    A file of ``cli`` that is named for a word of the command (``trace.py``) may share it with what the word calls, and
    a room its name with the file that it is named for.
    """
    where: dict[str, list[str]] = {}
    for path in modules(package):
        called = path.parent.name if path.name == "__init__.py" else path.stem
        word = path.parent.name == "cli" and called in words_of_the_command(package)
        namesake = path.stem == path.parent.name  # what its room is named for
        if not word and not namesake:
            where.setdefault(called, []).append(label(path))
        for node in parse(path).body:
            if isinstance(node, ast.ClassDef):
                where.setdefault(f"class {node.name}", []).append(label(path))
    return [f"{name}: {', '.join(paths)}" for name, paths in where.items() if len(paths) > 1]


def words_of_the_command(package: Path) -> set[str]:
    """Return the modules of ``cli`` that hand it a function of their own name."""
    imports = [name.split(".") for _, name in imported(package / "cli" / "__init__.py", package)]
    return {name[-1] for name in imports if name[-2:-1] == name[-1:]}


def test_no_name_means_two_things() -> None:
    assert doubled_names(SOURCE) == []


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("network/left.py", ""),
        ("report/figures/network.py", ""),
        ("engines/left/__init__.py", ""),
        ("engines/right.py", "class Left: ..."),
        ("cli/left.py", ""),
    ],
)
def test_a_planted_double_name_is_found(tmp_path: Path, where: str, text: str) -> None:
    plant(tmp_path, "network/__init__.py", "class Left: ...")
    plant(tmp_path, "training/left.py", "")
    plant(tmp_path, "cli/__init__.py", "from chainrule.cli.fit import fit")
    assert len(doubled_names(plant(tmp_path, where, text))) == 1


def test_a_word_of_the_command_may_be_named_for_what_it_calls(tmp_path: Path) -> None:
    plant(tmp_path, "cli/__init__.py", "from chainrule.cli.trace import trace")
    plant(tmp_path, "cli/trace.py", "")
    assert doubled_names(plant(tmp_path, "gradients/trace.py", "class Trace: ...")) == []


# ---- length and docstrings ----------------------------------------------------------------------


def unexplained_length(path: Path) -> bool:
    """Tell whether a module is too long and its docstring does not say why it passes 300 lines."""
    if len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES:
        return False
    return not re.search(rf"{MOST_LINES}\s+lines", ast.get_docstring(parse(path)) or "")


def test_no_module_is_long_without_saying_why() -> None:
    remedy = f'split it, or say in its docstring: "It is over {MOST_LINES} lines because ..."'
    assert [label(path) for path in modules(SOURCE) if unexplained_length(path)] == [], remedy


@pytest.mark.parametrize(
    ("docstring", "lines", "found"),
    [
        ("Short.", MOST_LINES - 1, False),
        ("Long.", MOST_LINES, True),
        ("Long. It is over 300\nlines because the rules are shown together.", MOST_LINES, False),
    ],
)
def test_a_planted_long_module_is_found(
    tmp_path: Path, docstring: str, lines: int, found: bool
) -> None:
    path = plant(tmp_path, "network/long.py", f'"""{docstring}"""\n' + "x = 1\n" * lines)
    assert unexplained_length(path / "network/long.py") is found


def test_every_module_has_a_docstring() -> None:
    # a private module (_name.py) is no different: somebody opens it too
    assert [label(path) for path in modules(SOURCE) if not ast.get_docstring(parse(path))] == []


# ---- records know all about their rules -------------------------------------------------------------


# These rooms read other people's programs: "uniform" is there a function of NumPy, not an initialiser of ours.
FOREIGN_NAMES = ("recording", "reading")


def registered_names() -> set[str]:
    """Return all that users may call a rule, and the names of the links."""
    places = {
        "equations.activations": "activations",
        "equations.losses": "losses",
        "optimizers.catalogue": "optimizers",
        "optimizers.schedules": "schedules",
        "network.initializers": "initializers",
    }
    registries = [getattr(import_module(f"chainrule.{m}"), r) for m, r in places.items()]
    names = {name for r in registries for record in r for name in (record.name, *record.aliases)}
    return names | set(import_module("chainrule.equations.links").LINKS)


def matches_on_names(path: Path, names: set[str]) -> list[str]:
    """List every comparison with a registered name: what it decides belongs into the record."""
    found = []
    for node in ast.walk(parse(path)):
        operands: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            operands = [node.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "startswith":
            operands = node.args
        for operand in operands:
            parts = (
                operand.elts if isinstance(operand, ast.Tuple | ast.List | ast.Set) else [operand]
            )
            found += [
                f"{label(path)}:{part.lineno}: {part.value!r}"
                for part in parts
                if isinstance(part, ast.Constant)
                and isinstance(part.value, str)
                and (part.value in names or part.value.rstrip("(") in names)
            ]
    return found


def test_nobody_matches_on_a_registered_name() -> None:
    names = registered_names()
    assert {"adamw", "lbfgs", "relu", "swish", "poisson", "cosine", "zeros", "softmax"} <= names
    rooms = [
        path for path in modules(SOURCE) if path.relative_to(SOURCE).parts[0] not in FOREIGN_NAMES
    ]
    assert [line for path in rooms for line in matches_on_names(path, names)] == []


@pytest.mark.parametrize(
    "text",
    [
        "if solver == 'adam': pass",
        "x = 'relu' != name",
        "first = name in ('adam', other)",
        "match solver:\n    case 'sgd' | other.name:\n        pass",
        "if name.startswith('quantile'): pass",
        "if name.startswith('quantile('): pass",
    ],
)
def test_a_planted_match_on_a_name_is_found(tmp_path: Path, text: str) -> None:
    path = plant(tmp_path, "training/loop.py", text) / "training/loop.py"
    assert len(matches_on_names(path, registered_names())) == 1


# ---- the public face ----------------------------------------------------------------------------


def test_importing_chainrule_loads_nothing_heavy() -> None:
    code = f"import sys, chainrule; print(*(set({HEAVY!r}) & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


def test_every_public_name_resolves() -> None:
    package = import_module("chainrule")
    assert len(set(package.__all__)) == len(package.__all__) > 0
    unresolved = [name for name in package.__all__ if not hasattr(package, name)]
    assert unresolved == []
    assert set(package.__all__) <= set(dir(package))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = import_module("chainrule").no_such_name


# ---- files from strangers -----------------------------------------------------------------------


def code_from_data(path: Path, package: Path) -> list[str]:
    """List whatever in a module could run code that stands in a file it reads."""
    found = []
    for line, name in imported(path, package):
        if name.split(".")[0] in UNSAFE_MODULES:
            found.append(f"{label(path)}:{line}: import of {name}")
    for node in ast.walk(parse(path)):
        match node:
            case ast.Name(id=name) if name in UNSAFE_NAMES:
                found.append(f"{label(path)}:{node.lineno}: {name}")
            case ast.Attribute(attr=name) if name in UNSAFE_ATTRIBUTES:
                found.append(f"{label(path)}:{node.lineno}: .{name}")
            case ast.keyword(arg="allow_pickle", value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    found.append(f"{label(path)}:{node.value.lineno}: allow_pickle")
    return found


def test_nothing_that_reads_files_can_run_code_from_them() -> None:
    found = [
        line
        for floor in READS_FILES
        for path in modules(SOURCE / floor)
        for line in code_from_data(path, SOURCE)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "def load():\n    from pickle import load",
        "import joblib",
        "from joblib import load",
        "import cloudpickle as safe",
        "y = eval(text)",
        "run = exec",
        "import builtins\nbuiltins.eval(text)",
        "frame.eval(text)",
        "import pandas\npandas.read_pickle(path)",
        "import numpy\nnumpy.load(path, allow_pickle=True)",
        "import numpy\nnumpy.load(path, allow_pickle=flag)",
    ],
)
def test_a_planted_way_to_run_code_is_found(tmp_path: Path, text: str) -> None:
    package = plant(tmp_path, "storage/model_file.py", text)
    assert len(code_from_data(package / "storage/model_file.py", package)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import json\njson.loads(text)",
        "import numpy\nnumpy.load(path, allow_pickle=False)",
        "def evaluate(model): ...",
    ],
)
def test_harmless_code_is_let_pass(tmp_path: Path, text: str) -> None:
    package = plant(tmp_path, "storage/model_file.py", text)
    assert code_from_data(package / "storage/model_file.py", package) == []
