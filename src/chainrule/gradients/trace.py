"""Traces: one forward and backward pass as a list of steps, each with its formula, numbers and reason.

A step's value is its formula evaluated from its operands, and the formulas are those of
``network.backprop`` line by line, with the same functions. So a trace shows the very bits that
train; in another convention (samples in columns, delta for dJ/dh, 1/n outside) it is evaluated anew
in that convention.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.gradients.problem import as_problem, input_names
from chainrule.gradients.tracing.plan import TraceConvention
from chainrule.gradients.tracing.traced_pass import TracedPass
from chainrule.network.backprop import Masks

if TYPE_CHECKING:
    from pandas import DataFrame

    from chainrule.gradients.tracing.views.entries import Expansion
    from chainrule.gradients.tracing.views.plain_text import ShapeTable


class Trace(TracedPass):
    """A forward and backward pass, step by step, and all ways to see it; made by ``trace``.

    Attributes
    ----------
    architecture : Architecture
    convention : TraceConvention
        How it is written.
    given : dict of str to ndarray
        What the steps start from: X, Y, W[l], b[l], and masks and shares where there are any.
    steps : list of TraceStep
        In the order in which they are computed.
    features : list of str
        The names of the input columns; empty if they have none.
    """

    def view(self, samples: str = "rows", delta: str = "z", mean: str = "inside") -> Trace:
        """Return the same pass in another convention.

        Parameters
        ----------
        samples : {"rows", "columns"}
            Whether a sample is a row or a column.
        delta : {"z", "h"}
            Whether delta is dJ/dz or dJ/dh.
        mean : {"inside", "outside"}
            Whether delta contains the 1/n, or dW and db are divided by n.

        Examples
        --------
        >>> from chainrule.network.network import Network
        >>> net = Network([2, 3, 1], activations="tanh")
        >>> seen = trace(net, [[1.0, 2.0]], [[1.0]]).view(samples="columns")
        >>> seen.step("z[1]").text, seen["W[1]"].shape
        ('z[1] = W[1] @ X + b[1]', (3, 2))
        """
        return Trace(self._problem, TraceConvention(samples, delta, mean), self.features)

    def shapes(self) -> ShapeTable:
        """Return the shape of every quantity, as a dict that prints as a table."""
        from chainrule.gradients.tracing.views.plain_text import ShapeTable

        return ShapeTable(self)

    def expand(self, symbol: str, *index: int) -> Expansion:
        """Write one entry as its sum of products, with the numbers in.

        Parameters
        ----------
        symbol : str
            What to expand: ``"dW[2]"``.
        *index : int
            Which entry: row and column, the unit of ``"db[2]"``, nothing for ``"J"``.

        Examples
        --------
        >>> from chainrule.network.network import Network
        >>> net = Network([2, 1], initializer=[[[0.5], [-1.0]], [0.25]])
        >>> print(trace(net, [[1.0, 2.0]], [[1.0]]).expand("z[1]", 0, 0))
        z[1][0, 0] = X[0, 0] W[1][0, 0] + X[0, 1] W[1][1, 0] + b[1][0]
                   = 1 * 0.5 + 2 * (-1) + 0.25
                   = -1.25
        """
        from chainrule.gradients.tracing.views.entries import expand

        return expand(self, symbol, index)

    def layer_text(self, layer: int) -> str:
        """Return the steps of one layer as text."""
        from chainrule.gradients.tracing.views.plain_text import layer_text

        return layer_text(self, layer)

    def unit(self, layer: int, unit: int, sample: int = 0) -> str:
        """Return everything about one unit as text: what comes in, what comes back, its gradient."""
        from chainrule.gradients.tracing.views.entries import unit_text

        return unit_text(self, layer, unit, sample)

    def to_frames(self) -> dict[str, DataFrame]:
        """Return every quantity as a pandas DataFrame, by its symbol; a vector is one column."""
        from chainrule.gradients.tracing.views.pandas_frames import to_frames

        return to_frames(self)

    def to_latex(self, *, values: bool = True) -> str:
        """Return the equations, and the values elided, as LaTeX for a document that loads amsmath."""
        from chainrule.gradients.tracing.views.latex import to_latex

        return to_latex(self, values=values)

    def to_html(self, *, title: str = "Trace") -> str:
        """Return one page with everything in it: formulas as MathML, values as tables, no script, no network."""
        from chainrule.gradients.tracing.views.html import to_html

        return to_html(self, title=title)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the convention, what was given, and every step."""
        from chainrule.gradients.tracing.views.data import to_dict

        return to_dict(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return ``to_dict`` as JSON; a number that is not finite is the text "NaN" or "Infinity"."""
        import json

        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def _repr_html_(self) -> str:
        """Return the page for a notebook."""
        return self.to_html()

    def __str__(self) -> str:
        from chainrule.gradients.tracing.views.plain_text import to_text

        return to_text(self)

    def __repr__(self) -> str:
        return f"<Trace of {self.n} samples: {len(self.steps)} steps, J = {self.J:.6g}>"


def trace(
    network: Any,
    X: Any,
    Y: Any,
    sample_weight: Any = None,
    masks: Masks | None = None,
    *,
    convention: TraceConvention | None = None,
    features: Sequence[str] = (),
) -> Trace:
    """Return one forward and backward pass as a list of steps.

    Parameters
    ----------
    network : Network or fitted estimator
        An estimator takes X and y as its ``fit`` does: a table, labels.
    X : array-like of shape (n, m)
        The samples, one a row.
    Y : array-like of shape (n, k)
        The targets.
    sample_weight : array-like of shape (n,), optional
        Weights of the samples.
    masks : sequence, optional
        Dropout: ``masks[l]`` (n, units of l) or 1.0, for l = 0..L.
    convention : TraceConvention, optional
        How to write it; ``Trace.view`` changes it later.
    features : sequence of str, optional
        The names of the inputs; an estimator that knows them need not be told.

    Returns
    -------
    Trace
        Computed in float64, whatever the network is stored in.

    Raises
    ------
    InputError
        If something has the wrong shape, or is not finite.

    Examples
    --------
    >>> from chainrule.network.network import Network
    >>> net = Network([2, 3, 1], activations="tanh", loss="binary_log_loss", l2=0.1)
    >>> steps = trace(net, [[0.5, -1.0], [2.0, 1.0]], [[1.0], [0.0]])
    >>> print(steps.step("dW[1]").text, steps["dW[1]"].shape)
    dW[1] = X.T @ delta[1] + l2 * W[1] (2, 3)
    >>> [step.symbol for step in steps if step.phase == "backward"]
    ['delta[2]', 'dW[2]', 'db[2]', "f'[1]", 'da[1]', 'delta[1]', 'dW[1]', 'db[1]']
    """
    problem = as_problem(network, X, Y, sample_weight, masks)
    return Trace(problem, convention, features if len(features) else input_names(network))
