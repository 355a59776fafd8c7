"""Say which mistake a backward function makes, where, with the numbers that prove it and what to change.

All known checkers of gradients say *that* something is wrong. ``diagnose`` calls the function on networks of its own
(``probes``), follows its gradients from the output to the input (``searching``), and reports a kind of the bank
(``mistakes``) only where it reproduces the function's numbers to rounding on every network. What nothing reproduces is
called unknown and shown with local evidence; it never guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.diagnosis import behaviour, conventions, scope
from chainrule.diagnosis.calling.adapter import Adapter, Call
from chainrule.diagnosis.calling.known import OUTPUTS, Known, NetworkGuess
from chainrule.diagnosis.calling.trying import NotRecognised, recognise, tolerance
from chainrule.diagnosis.explaining import best_explanation
from chainrule.diagnosis.mistakes import BANK, CHAINRULE, Convention, Mistake, Setting
from chainrule.diagnosis.mistakes.variant import Gradients
from chainrule.diagnosis.objective import Fit, diagnose_objective, returned_objective
from chainrule.diagnosis.result import Diagnosis
from chainrule.diagnosis.scope import Scope
from chainrule.diagnosis.searching.explanation import equivalents, explain
from chainrule.diagnosis.searching.findings import findings
from chainrule.diagnosis.searching.runs import Run
from chainrule.errors import InputError
from chainrule.network.parameters import Parameters


def diagnose(
    function: Callable[..., Any],
    *,
    sizes: Sequence[int] | None = None,
    activations: str | Sequence[str] | None = None,
    loss: str | None = None,
    l2: float | None = None,
    n_layers: int | None = None,
    n_samples: int | None = None,
    n_outputs: int | None = None,
    call: Call | None = None,
    objective: Callable[..., Any] | None = None,
    convention: Convention | None = None,
    bank: tuple[Mistake, ...] = BANK,
) -> Diagnosis:
    """Find the mistakes in a backward function.

    Parameters
    ----------
    function : callable
        Returns the gradients. What its arguments are is recognised by their names, the rest by trying; the form is
        stated in the result.
    sizes : sequence of int, optional
        If the function works for one architecture only: features, units of each hidden layer, outputs. Some mistakes
        may then change no number; ``Diagnosis.invisible`` lists them with the reason.
    activations : str or sequence of str, optional
        What the function has built in; guessed where it is neither given nor an argument. A last layer that is not
        named is linear.
    loss : str, optional
        The loss of the function, a registered name; guessed from its gradients otherwise.
    l2 : float, optional
        The penalty, where it is built in.
    n_layers, n_samples, n_outputs : int, optional
        If the function takes no other number.
    call : callable, optional
        ``call(function, probe)`` calls the function on ``probe.X``, ``.Y``, ``.W``, ``.b``, ``.z``, ``.a``, ``.l2``,
        ``.activations`` and returns its gradients, where its arguments cannot be recognised.
    objective : callable, optional
        The function's own J, or loss, as a function of arguments with the same kinds of names. The gradients are then
        judged against it, and it is itself looked at for clipping and overflow.
    convention : Convention, optional
        What J is, where no ``objective`` is given and the function does not return J. Otherwise the J that fits
        best is taken and told: a mean or a sum, with or without ½, over the weights or the biases too.
    bank : tuple of Mistake, optional
        The kinds that are known.

    Returns
    -------
    Diagnosis
        ``print`` it.

    Raises
    ------
    InputError
        If the arguments cannot be recognised, or contradict one another.

    Examples
    --------
    >>> import numpy as np
    >>> def backward(X, y, W1, b1, W2, b2):
    ...     a1 = np.tanh(X @ W1 + b1)
    ...     delta2 = (a1 @ W2 + b2 - y) / len(X)
    ...     delta1 = (delta2 @ W2.T) * (1 - a1)
    ...     return X.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum()
    >>> for finding in diagnose(backward).findings:
    ...     print(finding)
    layer 2: db is summed over samples and units: one number for all biases
    layer 1: the derivative of tanh lacks its square
    """
    known = _known(sizes, activations, loss, l2, n_layers, n_samples, convention or CHAINRULE)
    known = replace(known, n_outputs=n_outputs)
    name = getattr(function, "__name__", "the function")
    adapter = Adapter(function, call)
    try:
        recognised = recognise(adapter, known)
    except NotRecognised as error:
        return Diagnosis(name, "failed", [behaviour.failed(name, error.cause)])
    fit: Fit | None = None
    if objective is not None:
        fit = diagnose_objective(objective, adapter, recognised, known)
    elif convention is None:
        fit = returned_objective(adapter, recognised, known)
    known = fit.known if fit else known
    infer = fit is None and convention is None
    best = best_explanation(adapter, recognised, known, bank, infer)
    explanation, network = best.explanation, best.network
    found = [*(fit.findings if fit else ())]
    found += behaviour.of(adapter, recognised, explanation.runs, known, network)
    finite = all(finding.kind != "not_finite" for finding in found)
    fixed_activations = known.activations is not None or not adapter.takes_activations
    if finite:  # else there is nothing to compare
        found += findings(explanation, fixed_activations)
    if not infer and best.convention != known.convention:
        found.append(scope.another_objective(best, known))
    seen = Scope()
    single = scope.for_one_sample(adapter, best, found) if infer else []
    if single:
        found = [finding for finding in found if finding not in single]
        (seen.notes if found else seen.reasons).append(scope.ONE_SAMPLE)
    elif not found:
        seen = scope.of(adapter, recognised, known, best)
        found += seen.findings
    judged_by = best.convention if infer else known.convention
    J = conventions.words(judged_by, explanation.runs[0].setting.architecture.l2)
    notes = [*(fit.notes if fit else ()), *behaviour.notes(explanation, best.failures)]
    if infer and found and best.convention != CHAINRULE:
        notes.append(
            f"judged as the gradient of {J}, which fits best; if J is another one, give objective="
        )
    notes += _guessed(known, network)
    notes += [
        f"the same numbers could also come from: {text}"
        for text in equivalents(explanation.ties)[:3]
    ]
    notes += seen.notes
    verdict = "not judged" if seen.reasons else "correct"
    if found:
        verdict = "unknown" if finite and explanation.unknown else "mistakes"
    return Diagnosis(
        name,
        verdict,
        found,
        behaviour.form_text(recognised, network, known, adapter),
        [str(run.probe) if run.probe else run.name for run in explanation.runs],
        notes,
        explanation.runs,
        known.sizes is not None,
        J,
        seen.words,
        seen.reasons,
    )


def _guessed(known: Known, network: NetworkGuess) -> list[str]:
    """Say what rests on a guessed loss: p - y is right for one loss and lacks a factor for another."""
    if known.loss is not None:
        return []
    remark = OUTPUTS.get((network.last or "identity", network.loss))
    return [remark] if remark else []


def _known(
    sizes: Sequence[int] | None,
    activations: str | Sequence[str] | None,
    loss: str | None,
    l2: float | None,
    n_layers: int | None,
    n_samples: int | None,
    convention: Convention,
) -> Known:
    depth = len(sizes) - 1 if sizes is not None else n_layers
    names: tuple[str, ...] | None = None
    hidden: str | None = None
    if isinstance(activations, str):
        if depth is None:
            hidden = activations
        else:
            names = (*(activations for _ in range(depth - 1)), "identity")
    elif activations is not None:
        names = tuple(activations)
        if depth is not None and len(names) == depth - 1:
            names = (*names, "identity")
    if names is not None and depth is not None and len(names) != depth:
        raise InputError.of(
            "activations", got=f"{len(names)} for {depth} layers", expected="one for each layer"
        )
    return Known(
        tuple(int(size) for size in sizes) if sizes is not None else None,
        names,
        hidden,
        loss,
        l2,
        depth,
        n_samples,
        None,
        convention,
    )


def diagnose_values(
    gradients: Mapping[str, Any],
    theta: Parameters,
    X: Any,
    Y: Any,
    *,
    convention: Convention = CHAINRULE,
    rtol: float | None = None,
    bank: tuple[Mistake, ...] = BANK,
) -> Diagnosis:
    """Find the mistakes behind gradients that are only known as numbers, such as those printed in a document.

    Parameters
    ----------
    gradients : mapping of str to array
        ``{"dW1": ..., "db1": ...}``, as many as are known; dW[l] is (fan_in, fan_out).
    theta : Parameters
        The weights at which they were computed, with the architecture, loss and penalty.
    X : array of shape (n, m)
        Rows are samples.
    Y : array of shape (n, k)
        The targets.
    convention : Convention, optional
        What J is.
    rtol : float, optional
        How many digits are to be trusted; 1e-5 for numbers printed with six.
    bank : tuple of Mistake, optional
        The kinds that are known.

    Returns
    -------
    Diagnosis

    Examples
    --------
    >>> from chainrule import Network
    >>> net = Network([2, 3, 1], activations="tanh", l2=0.1)
    >>> X, Y = np.array([[0.5, -1.0], [2.0, 1.0]]), np.array([[1.0], [0.0]])
    >>> dW2 = Parameters(net.architecture, net.gradient(X, Y)[1]).W[2] - 0.1 * net.W[2]
    >>> print(diagnose_values({"dW2": dW2}, net.parameters, X, Y).findings[0])
    layer 2: the penalty is missing in dW
    """
    setting = Setting(theta, np.asarray(X, dtype=float), np.asarray(Y, dtype=float), convention)
    user = Gradients(*([None] * (setting.L + 1) for _ in range(3)))
    for key, value in gradients.items():
        kind, digits = key[:2], key[2:]
        if kind not in ("dW", "db") or not digits.isdigit() or not 1 <= int(digits) <= setting.L:
            raise InputError.of("gradients", got=repr(key), expected=f"dW1, db1, ... dW{setting.L}")
        (user.dW if kind == "dW" else user.db)[int(digits)] = np.asarray(value, dtype=float)
    given = [array for array in (*user.dW, *user.db) if array is not None]
    runs = [Run("yours", setting, user, rtol or tolerance(given))]
    explanation = explain(runs, bank)
    found = findings(explanation)
    notes = [
        f"the same numbers could also come from: {text}"
        for text in equivalents(explanation.ties)[:3]
    ]
    verdict = "correct" if not found else "unknown" if explanation.unknown else "mistakes"
    sizes = "-".join(map(str, setting.sizes))
    form = f"given numbers: {', '.join(gradients)}"
    return Diagnosis("the gradients", verdict, found, form, [f"yours {sizes}"], notes, runs, True)


__all__ = ["BANK", "Convention", "Diagnosis", "Mistake", "diagnose", "diagnose_values"]
