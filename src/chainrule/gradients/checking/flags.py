"""What is no bug but bears on the numbers: float32, saturation, kinks, clipped gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.gradients.checking.gradient_report import (
    UNDECIDABLE,
    WRONG,
    BlockReport,
    Entry,
    Flag,
)
from chainrule.gradients.checking.rounding import ROUNDINGS
from chainrule.gradients.flow import FLAT, gradient_flow
from chainrule.gradients.problem import Problem
from chainrule.network.backprop import forward

FLOAT32 = float(np.finfo(np.float32).eps)
_MUCH = 0.5  # the part of a layer's slopes that must be flat to be worth a word


def float32_slack(scale: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Return how far a gradient may be off because it was computed in float32, as a function of the block."""
    return lambda start, stop: ROUNDINGS * FLOAT32 * scale[start:stop]


def network_flags(
    problem: Problem, network: Any, given_in_float32: bool, n_kinks: int
) -> list[Flag]:
    """Return what is to be said about a network and how its gradient is stored."""
    flags = []
    if given_in_float32:
        text = (
            "the gradient is stored in float32 and is allowed its rounding, about 1e-5 of its terms"
        )
        flags.append(Flag("float32", text))
    elif problem.dtype == "float32":
        text = (
            "the parameters are stored in float32; the check is made in float64 at the same values"
        )
        flags.append(Flag("float32", text))
    with np.errstate(all="ignore"):
        P = forward(problem.theta, problem.X, problem.masks)
        for flow in gradient_flow(problem.theta, P, np.zeros_like(problem.theta.vector)):
            f = problem.architecture.f[flow.layer]
            name = f.name
            if flow.saturated >= _MUCH and not f.is_identity:
                text = (
                    f"layer {flow.layer} ({name}): {flow.saturated:.0%} of its slopes are below {FLAT};"
                    " small gradients there are true"
                )
                flags.append(Flag("saturation", text))
            if flow.dead:
                text = (
                    f"layer {flow.layer} ({name}): {len(flow.dead)} of"
                    f" {problem.architecture.sizes[flow.layer]} units are off for every sample;"
                    " zero gradients there are true"
                )
                flags.append(Flag("dead units", text))
    if n_kinks:
        text = (
            f"the network stands on {'a kink' if n_kinks == 1 else f'{n_kinks} kinks'}, where there is no"
            " derivative; chainrule takes the one from the left, relu'(0) = 0"
        )
        flags.append(Flag("kinks", text))
    return flags


def clipping_flags(
    entries: list[Entry], blocks: list[BlockReport], given: np.ndarray, flags: list[Flag]
) -> tuple[list[Entry], list[BlockReport]]:
    """Recognise a gradient that was clipped, by value or by norm, and call its entries undecidable.

    By value: every wrong entry is plus or minus one number, and the truth lies beyond it. By norm: every entry is the
    same part, below 1, of the truth, and the whole gradient has a round norm.
    """
    wrong = [entry for entry in entries if entry.verdict == WRONG]
    if not wrong or not all(np.isfinite(entry.given) for entry in wrong):
        return entries, blocks
    text = _clipped_by_value(wrong, given) or _clipped_by_norm(entries, given)
    if not text:
        return entries, blocks
    flags.append(Flag("clipping", text))

    def excused(entry: Entry) -> Entry:
        if entry.verdict != WRONG:
            return entry
        return replace(entry, verdict=UNDECIDABLE, reason="the gradient is clipped")

    entries = [excused(entry) for entry in entries]
    excused_blocks = []
    for block in blocks:
        if block.n_wrong:
            number = block.n_undecidable + block.n_wrong
            block = replace(block, verdict=UNDECIDABLE, n_wrong=0, n_undecidable=number)
        excused_blocks.append(block)
    return entries, excused_blocks


def _clipped_by_value(wrong: list[Entry], given: np.ndarray) -> str:
    bound = float(np.abs(given).max())
    is_round = abs(bound - float(f"{bound:.2g}")) <= 1e-6 * bound
    if len(wrong) < 3 and not is_round:
        return ""  # one or two wrong entries that happen to be the largest
    beyond = all(
        abs(abs(entry.given) - bound) <= 1e-6 * bound
        and entry.expected * np.sign(entry.given) > bound
        for entry in wrong
    )
    if not beyond or len({round(abs(entry.expected) / bound, 6) for entry in wrong}) < min(
        2, len(wrong)
    ):
        return ""
    return f"the gradient is clipped by value to {bound:.6g}; all other entries are right"


def _clipped_by_norm(entries: list[Entry], given: np.ndarray) -> str:
    claimed = np.array([entry.given for entry in entries])
    truth = np.array([entry.expected for entry in entries])
    bars = np.array([entry.error_bar for entry in entries])
    if len(entries) < 2 or not truth @ truth > 0.0:
        return ""
    part = float(claimed @ truth / (truth @ truth))
    norm = float(np.linalg.norm(given))
    is_round = abs(norm - float(f"{norm:.1g}")) <= 1e-6 * norm
    if not 0.0 < part < 1.0 or not is_round:
        return ""
    # a clipping by norm adds 1e-6 or so to the norm before it divides
    if np.all(np.abs(claimed - part * truth) <= 10.0 * bars + 1e-6 * np.abs(claimed)):
        return f"the gradient is {part:.6g} times the true one and has the norm {norm:.6g}: clipped by its norm"
    return ""
