"""The queue of upgrades: each customer's worthwhile steps from nothing to dearer offers, best value first.

This is the exact solution of the linear relaxation of the multiple-choice knapsack (Sinha and Zoltners,
1979): only offers on the upper concave hull of (cost, gain) can be chosen, and taking the hull's steps in
the order of gain per cost until the budget is spent is optimal up to the one step that does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

CHUNK_ROWS = 65_536
"""Customers looked at together, so that memory for steps in the making stays small."""


@dataclass(frozen=True)
class Upgrades:
    """Steps in the order in which money should be spent; ``free`` is where each customer starts."""

    free: Ints
    """Per customer: the best offer that costs nothing, -1 = none."""
    row: Ints
    option: Ints
    slope: Floats
    """Gain per unit of cost; within one customer it never rises from step to step."""
    gain: Ints
    cost: Ints


def upgrades(gain: Ints, cost: Ints) -> Upgrades:
    """The queue for candidates ``gain[customer, offer] > 0`` at ``cost >= 0``; ties go to the earlier row."""
    chunks = [
        _chunk(gain[start : start + CHUNK_ROWS], cost[start : start + CHUNK_ROWS], start)
        for start in range(0, len(gain), CHUNK_ROWS)
    ] or [_chunk(gain, cost, 0)]
    free, row, option, slope, step_gain, step_cost = (
        np.concatenate(parts) for parts in zip(*chunks, strict=True)
    )
    # lexsort is stable: equal slopes of one customer keep the order of their steps.
    order = np.lexsort((row, -slope))
    return Upgrades(free, row[order], option[order], slope[order], step_gain[order], step_cost[order])


def _chunk(gain: Ints, cost: Ints, start: int) -> tuple[Ints, Ints, Ints, Floats, Ints, Ints]:
    free = best_free(gain, cost)
    now_gain = _at(gain, free)
    now_cost = np.zeros(len(gain), dtype=np.int64)
    active = np.arange(len(gain))
    steps: list[tuple[Ints, Ints, Floats, Ints, Ints]] = []
    while len(active) and gain.shape[1]:
        option, slope = _steepest(gain[active], cost[active], now_gain[active], now_cost[active])
        going = slope > 0
        active, option, slope = active[going], option[going], slope[going]
        new_gain, new_cost = gain[active, option], cost[active, option]
        steps.append(
            (active + start, option, slope, new_gain - now_gain[active], new_cost - now_cost[active])
        )
        now_gain[active], now_cost[active] = new_gain, new_cost
    if not steps:
        nothing = np.zeros(0, dtype=np.int64)
        return free, nothing, nothing, np.zeros(0), nothing, nothing
    row, option, slope, step_gain, step_cost = (np.concatenate(parts) for parts in zip(*steps, strict=True))
    return free, row, option, slope, step_gain, step_cost


def best_free(gain: Ints, cost: Ints) -> Ints:
    """Per customer the offer of the largest gain among those that cost nothing, -1 = none."""
    if not gain.shape[1]:
        return np.full(len(gain), -1, dtype=np.int64)
    worth = np.where(cost == 0, gain, 0)
    best = worth.argmax(axis=1)
    return np.where(worth.max(axis=1) > 0, best, -1)


def _at(values: Ints, choice: Ints) -> Ints:
    """``values[row, choice]``, and 0 where nothing is chosen."""
    out = np.zeros(len(values), dtype=np.int64)
    chosen = np.flatnonzero(choice >= 0)
    out[chosen] = values[chosen, choice[chosen]]
    return out


def _steepest(gain: Ints, cost: Ints, now_gain: Ints, now_cost: Ints) -> tuple[Ints, Floats]:
    """Per customer the next point of the hull and its slope (0 = no step left); equal slopes: cheapest."""
    more_gain = gain - now_gain[:, None]
    more_cost = cost - now_cost[:, None]
    onward = (more_gain > 0) & (more_cost > 0)
    slope = np.where(onward, more_gain / np.where(onward, more_cost, 1), 0.0)
    best = slope.max(axis=1)
    dear = np.iinfo(np.int64).max
    option = np.where(onward & (slope == best[:, None]), more_cost, dear).argmin(axis=1)
    return option, best
