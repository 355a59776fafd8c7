"""One formula, three notations: text as it would stand in code, LaTeX, MathML."""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

from chainrule.gradients.tracing.formula import (
    Apply,
    Expression,
    MatMul,
    Plus,
    Scalar,
    Sum,
    Symbol,
    Times,
    Transpose,
)

_SUM, _PRODUCT, _ATOM = 1, 2, 3  # how tightly an expression binds


def _binding(expression: Expression) -> int:
    match expression:
        case Plus():
            return _SUM
        case Times() | MatMul():
            return _PRODUCT
    return _ATOM


# ---- text ---------------------------------------------------------------------------------------


def text(expression: Expression) -> str:
    """Return a formula as text, in the words of NumPy.

    Examples
    --------
    >>> delta, W = Symbol("delta", 2), Symbol("W", 2)
    >>> text(Times((MatMul(delta, Transpose(W)), Symbol("f'", 1))))
    "(delta[2] @ W[2].T) * f'[1]"
    """
    match expression:
        case Symbol():
            return expression.name
        case Scalar(written):
            return written
        case Transpose(of):
            return f"{_text_in(of, _ATOM)}.T"
        case MatMul(left, right):
            return f"{_text_in(left, _ATOM)} @ {_text_in(right, _ATOM)}"
        case Times(factors):
            return " * ".join(_text_in(factor, _ATOM) for factor in factors)
        case Plus(terms):
            return " + ".join(text(term) for term in terms)
        case Sum(of, over, axis):
            if over == "all":
                return f"sum({text(of)})"
            return f"{_text_in(of, _ATOM)}.sum(axis={axis})"
        case Apply(name, _, arguments, shown):
            return f"{name}({', '.join(text(argument) for argument in arguments[:shown])})"
    raise TypeError(type(expression).__name__)


def _text_in(expression: Expression, binding: int) -> str:
    written = text(expression)
    return f"({written})" if _binding(expression) < binding else written


# ---- LaTeX --------------------------------------------------------------------------------------

_LATEX_LETTERS = {
    "delta": r"\delta",
    "loss": r"\ell",
    "mask": "m",
    "share": r"\mathrm{share}",
    "penalty": r"\mathrm{penalty}",
    "1/n": r"\tfrac{1}{n}",
    "1/2": r"\tfrac{1}{2}",
    "l2": r"\lambda_2",
    "l1": r"\lambda_1",
}
_LATEX_SPECIAL = {
    "\\": r"\backslash ",
    **{c: f"\\{c}" for c in "#$%&_{}"},
    "~": r"\sim ",
    "^": r"\hat{\ }",
}


def latex_symbol(symbol: Symbol) -> str:
    r"""Return a symbol as LaTeX; a gradient is a fraction.

    Examples
    --------
    >>> print(latex_symbol(Symbol("dW", 2)))
    \frac{\partial J}{\partial W^{[2]}}
    """
    if symbol.letter in ("dW", "db", "da", "dh"):
        inner = latex_symbol(Symbol(symbol.letter[1:], symbol.layer))
        return rf"\frac{{\partial J}}{{\partial {inner}}}"
    letter = _LATEX_LETTERS.get(symbol.letter, symbol.letter)
    return letter if symbol.layer is None else f"{letter}^{{[{symbol.layer}]}}"


def latex(expression: Expression) -> str:
    r"""Return a formula as LaTeX (amsmath).

    Examples
    --------
    >>> print(latex(MatMul(Transpose(Symbol("a", 1)), Symbol("delta", 2))))
    {a^{[1]}}^{\top} \delta^{[2]}
    """
    match expression:
        case Symbol():
            return latex_symbol(expression)
        case Scalar(written):
            return _LATEX_LETTERS.get(written, latex_text(written))
        case Transpose(of):
            return rf"{{{_latex_in(of, _ATOM)}}}^{{\top}}"
        case MatMul(left, right):
            return f"{_latex_in(left, _ATOM)} {_latex_in(right, _ATOM)}"
        case Times(factors):
            written = _latex_in(factors[0], _ATOM)
            for before, factor in pairwise(factors):
                sign = r"\," if isinstance(before, Scalar) else r"\odot"
                written += f" {sign} {_latex_in(factor, _ATOM)}"
            return written
        case Plus(terms):
            return " + ".join(latex(term) for term in terms)
        case Sum(of, over):
            below = r"\text{samples}" if over == "samples" else ""
            return rf"\sum_{{{below}}} {_latex_in(of, _PRODUCT)}"
        case Apply(name, _, arguments, shown):
            inner = ", ".join(latex(argument) for argument in arguments[:shown])
            primes = len(name) - len(name.rstrip("'"))
            stem = latex_text(name.rstrip("'"))
            return rf"\operatorname{{{stem}}}{chr(39) * primes}\left({inner}\right)"
    raise TypeError(type(expression).__name__)


def latex_text(written: str) -> str:
    """Return any text with the characters that mean something to LaTeX escaped."""
    return re.sub(r"[\\#$%&_{}~^]", lambda match: _LATEX_SPECIAL[match[0]], written)


def _latex_in(expression: Expression, binding: int) -> str:
    written = latex(expression)
    return rf"\left({written}\right)" if _binding(expression) < binding else written


# ---- MathML -------------------------------------------------------------------------------------

_MATHML_LETTERS = {"delta": "δ", "loss": "ℓ", "mask": "m"}
_MATHML_SCALARS = {
    "1/n": "<mfrac><mn>1</mn><mi>n</mi></mfrac>",
    "1/2": "<mfrac><mn>1</mn><mn>2</mn></mfrac>",
    "l2": "<msub><mi>λ</mi><mn>2</mn></msub>",
    "l1": "<msub><mi>λ</mi><mn>1</mn></msub>",
}
_INVISIBLE = "<mo>&#x2062;</mo>"


def mathml_symbol(symbol: Symbol) -> str:
    """Return a symbol as MathML; a gradient is a fraction."""
    if symbol.letter in ("dW", "db", "da", "dh"):
        inner = mathml_symbol(Symbol(symbol.letter[1:], symbol.layer))
        return f"<mfrac><mrow><mo>∂</mo><mi>J</mi></mrow><mrow><mo>∂</mo>{inner}</mrow></mfrac>"
    stem = symbol.letter.rstrip(
        "'"
    )  # a prime stands above: in <mi> it would make its letter upright
    above = "<mo>′</mo>" * (len(symbol.letter) - len(stem))
    if symbol.layer is not None:
        above += f"<mo>[</mo><mn>{symbol.layer}</mn><mo>]</mo>"
    letter = f"<mi>{escape(_MATHML_LETTERS.get(stem, stem))}</mi>"
    return f"<msup>{letter}<mrow>{above}</mrow></msup>" if above else letter


def mathml(expression: Expression) -> str:
    """Return a formula as MathML, without the enclosing ``math``; all text in it is escaped."""
    match expression:
        case Symbol():
            return mathml_symbol(expression)
        case Scalar(written):
            return _MATHML_SCALARS.get(written, f"<mn>{escape(written)}</mn>")
        case Transpose(of):
            return f"<msup><mrow>{_mathml_in(of, _ATOM)}</mrow><mo>⊤</mo></msup>"
        case MatMul(left, right):
            return f"{_mathml_in(left, _ATOM)}{_INVISIBLE}{_mathml_in(right, _ATOM)}"
        case Times(factors):
            written = _mathml_in(factors[0], _ATOM)
            for before, factor in pairwise(factors):
                sign = _INVISIBLE if isinstance(before, Scalar) else "<mo>⊙</mo>"
                written += sign + _mathml_in(factor, _ATOM)
            return written
        case Plus(terms):
            return "<mo>+</mo>".join(mathml(term) for term in terms)
        case Sum(of, over):
            below = "<mtext>samples</mtext>" if over == "samples" else "<mrow></mrow>"
            return f"<munder><mo>∑</mo>{below}</munder>{_mathml_in(of, _PRODUCT)}"
        case Apply(name, _, arguments, shown):
            inner = "<mo>,</mo>".join(mathml(argument) for argument in arguments[:shown])
            name = escape(name.replace("'", "′"))
            return f"<mi>{name}</mi><mo>(</mo>{inner}<mo>)</mo>"
    raise TypeError(type(expression).__name__)


def _mathml_in(expression: Expression, binding: int) -> str:
    written = mathml(expression)
    if _binding(expression) < binding:
        return f"<mrow><mo>(</mo>{written}<mo>)</mo></mrow>"
    return f"<mrow>{written}</mrow>"
