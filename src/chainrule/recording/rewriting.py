"""The small changes to a program's source that let its numbers be followed; lines stay where they are.

Results of calls and attributes that may be plain arrays of other libraries are wrapped. Numbers that a program keeps
and adds to (``b = 0`` with ``b -= rate * db`` later, lists of weights) become traced scalars.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from chainrule.recording.arrays import Traced, call, is_traced, literal, plain, wrap
from chainrule.recording.tape import words

_LEFT_ALONE = words(
    "super print range len zip enumerate open sorted reversed map filter list dict set tuple"
)
_MOST = 400  # numbers in one list that are followed


def _key(target: ast.expr) -> str:
    """Return what a target is called, with every subscript alike."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return ast.unparse(target)


def _kept(tree: ast.AST) -> set[str]:
    """Return the names that something computed is added to, or that are replaced by something made of them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign):
            if not isinstance(node.value, ast.Constant):
                found.add(_key(node.target))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            for target in node.targets:
                if isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
                    wanted = ast.unparse(target)
                    left = [ast.unparse(n) for n in ast.walk(node.value) if isinstance(n, ast.expr)]
                    constant = isinstance(node.value.right, ast.Constant) and isinstance(
                        node.value.left, ast.Name
                    )
                    if wanted in left and not constant:
                        found.add(_key(target))
    return found


class Rewriting(ast.NodeTransformer):
    """Rewrites one file."""

    def __init__(self, tree: ast.AST) -> None:
        names = {
            (alias.name if isinstance(n, ast.Import) else n.module or "").split(".")[0]
            for n in ast.walk(tree)
            if isinstance(n, (ast.Import, ast.ImportFrom))
            for alias in n.names
        }
        self.without_arrays = not names & {"numpy", "torch", "pandas", "sklearn"}
        self.kept = _kept(tree)
        self.lifting = False

    def _call(self, name: str, arguments: list[ast.expr], at: ast.AST) -> Any:
        return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), arguments, []), at)

    def visit_Call(self, node: ast.Call) -> Any:  # noqa: D102
        name = node.func.id if isinstance(node.func, ast.Name) else None
        lifting, self.lifting = self.lifting, False
        if isinstance(node.func, ast.Attribute):  # the function itself is no value to follow
            node.func.value = self.visit(node.func.value)
        else:
            node.func = self.visit(node.func)
        node.args = [self.visit(a) for a in node.args]
        node.keywords = [self.visit(k) for k in node.keywords]
        self.lifting = lifting
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        if name in ("isinstance", "type") and not starred and not node.keywords:
            return self._call(f"{name}__", node.args, node)
        if len(node.args) == 1 and not node.keywords and not starred and name not in _LEFT_ALONE:
            return self._call("call__", [node.func, node.args[0]], node)
        if name in _LEFT_ALONE:
            return node
        return self._call("wrap__", [node], node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:  # noqa: D102
        self.generic_visit(node)
        return self._call("wrap__", [node], node) if isinstance(node.ctx, ast.Load) else node

    def visit_Subscript(self, node: ast.Subscript) -> Any:  # noqa: D102
        lifting, self.lifting = self.lifting, False
        self.generic_visit(node)
        self.lifting = lifting
        return self._call("wrap__", [node], node) if isinstance(node.ctx, ast.Load) else node

    def visit_match_case(self, node: ast.match_case) -> Any:  # noqa: D102
        node.body = [self.visit(statement) for statement in node.body]  # a pattern is no value
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:  # noqa: D102
        if node.value is not None:
            node.value = self.visit(node.value)  # an annotation is left alone
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:  # noqa: D102
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.decorator_list = [] if _only_speed(node) else node.decorator_list
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:  # noqa: D102
        targets = [e for t in node.targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
        kept = any(_key(t) in self.kept for t in targets if not isinstance(t, ast.Starred))
        self.generic_visit(_Parts(node.targets))
        self.lifting = kept
        node.value = self.visit(node.value)
        self.lifting = False
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:  # noqa: D102
        lifting = self.lifting  # in [0.0] * 3 the number of times is none of the weights
        self.lifting = lifting and isinstance(node.left, ast.List)
        node.left = self.visit(node.left)
        self.lifting = lifting and isinstance(node.right, ast.List)
        node.right = self.visit(node.right)
        self.lifting = lifting
        if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List):
            return self._call("repeated__", [node.left, node.right], node)
        return node

    def visit_List(self, node: ast.List) -> Any:  # noqa: D102
        lifting = self.lifting
        if isinstance(node.ctx, ast.Load) and self.without_arrays:
            numbers = sum(isinstance(n, ast.Constant) for n in ast.walk(node))
            self.lifting = lifting or numbers <= _MOST
        self.generic_visit(node)
        self.lifting = lifting
        return node

    def visit_Constant(self, node: ast.Constant) -> Any:  # noqa: D102
        number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        return self._call("literal__", [node], node) if self.lifting and number else node


class _Parts(ast.AST):
    _fields = ("parts",)

    def __init__(self, parts: list[Any]) -> None:
        super().__init__()
        self.parts = parts


def _only_speed(node: ast.FunctionDef) -> bool:
    """Tell whether a function is decorated only to be compiled."""
    return any(word in ast.unparse(d) for d in node.decorator_list for word in ("jit", "njit"))


def _called(function: Any, argument: Any) -> Any:
    """Call a function with one argument; a conversion to a number is followed."""
    if isinstance(function, type):
        if issubclass(function, np.generic) and is_traced(argument):
            return call("astype", lambda x: np.asarray(x).astype(function)[()], (argument,), {})
        if function is float:
            if isinstance(argument, Traced):
                return argument.item()
            return literal(float(argument)) if isinstance(argument, str) else float(argument)
    return wrap(function(argument))


def _isinstance(value: Any, kinds: Any) -> bool:
    if isinstance(value, Traced) and value.ndim == 0:
        return isinstance(plain(value), kinds) or isinstance(value, kinds)
    return isinstance(value, kinds)


def _type(*arguments: Any) -> Any:
    if len(arguments) == 1 and isinstance(arguments[0], Traced):
        return type(plain(arguments[0]))
    return type(*arguments)


def _repeated(items: list[Any], times: Any) -> Any:
    """``[0.0] * 3``: three numbers that are stepped apart, so three nodes."""
    if any(isinstance(item, Traced) and item.ndim == 0 for item in items) and not isinstance(
        times, np.ndarray
    ):
        return [
            literal(plain(item)) if isinstance(item, Traced) and item.ndim == 0 else item
            for _ in range(times)
            for item in items
        ]
    return items * times


NAMES = {
    "repeated__": _repeated,
    "literal__": literal,
    "wrap__": wrap,
    "call__": _called,
    "isinstance__": _isinstance,
    "type__": _type,
}


def rewrite(source: str, path: str) -> Any:
    """Return the compiled code of a program whose numbers can be followed.

    Raises
    ------
    SyntaxError
        If it is not Python.
    """
    tree = ast.parse(source, path)
    tree = ast.fix_missing_locations(Rewriting(tree).visit(tree))
    return compile(tree, path, "exec")
