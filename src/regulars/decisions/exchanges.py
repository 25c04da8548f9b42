"""The last exchanges: which customers near the end of the budget should swap offers so that most is gained.

Dynamic programming over the customers whose choice is in question, those nearest to the price first, with
states that cannot lead to a better allocation dropped on the way (Pisinger, 1995, "A minimal algorithm for
the multiple-choice knapsack problem").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

MAX_STATES = 5_000
"""With more states after a customer, the most promising are kept and the answer is no longer proved best."""
ROUNDING = 1e-3
"""Gains are whole numbers: a bound that is less than 1 above the best, but for rounding, cannot beat it."""


@dataclass(frozen=True)
class Moves:
    """What each option would change for some customers, against what the queue gave them.

    ``cost`` and ``gain`` are customers x options (column 0 = nothing, then the offers), ten-thousandths;
    ``open`` is False where an option is no candidate, is held already, or cannot pay. No open option
    gains more than ``price`` per unit of cost, nor gives up less per unit saved.
    """

    cost: Ints
    gain: Ints
    open: np.ndarray[Any, Any]


@dataclass(frozen=True)
class _States:
    """Undominated sums of moves so far; ``parent`` is the place in the states before, ``option`` -1 = no move."""

    cost: Ints
    gain: Ints
    parent: Ints
    option: Ints


def best_moves(moves: Moves, left: int, price: float, known: int) -> tuple[dict[int, int], bool]:
    """The moves that gain most while costing at most ``left``.

    Parameters
    ----------
    moves
        The customers in question with their open options.
    left
        Money that is not spent yet, ten-thousandths.
    price
        Gain per unit of cost at the end of the queue: customers near it are looked at first.
    known
        Gain that another use of ``left`` is known to bring; only more than that is looked for.

    Returns
    -------
    moved, proved
        Row of ``moves`` to its new column (empty: nothing found beats ``known``), and whether it is proved
        that nothing better exists among these moves.
    """
    order, best_up, least_down = _outlook(moves, price)
    nothing = np.zeros(1, dtype=np.int64)
    now = _States(nothing, nothing, nothing, nothing - 1)
    history: list[_States] = []
    moved: dict[int, int] = {}
    best, proved = known, True
    for place, row in enumerate(order):
        wide = _extended(now, moves, int(row))
        worth = np.where(wide.cost <= left, wide.gain, np.iinfo(np.int64).min)
        top = int(worth.argmax())
        if worth[top] > best:
            best = int(worth[top])
            moved = _traced(wide, top, history, order)
        hope = _hope(wide, left, best_up[place + 1], least_down[place + 1])
        now, whole = _thinned(wide, hope, best)
        proved &= whole
        if not len(now.cost):
            break
        history.append(_States(nothing, nothing, now.parent.astype(np.int32), now.option.astype(np.int16)))
    return moved, proved


def _outlook(moves: Moves, price: float) -> tuple[Ints, Floats, Floats]:
    """The customers, nearest to the price first, and for each place the best that the later ones offer.

    ``best_up`` is the most gain per unit of cost, ``least_down`` the least gain lost per unit saved.
    """
    ratio = moves.gain / np.where(moves.cost == 0, 1, moves.cost)
    up = np.where(moves.open & (moves.cost > 0), ratio, 0.0).max(axis=1, initial=0.0)
    down = np.where(moves.open & (moves.cost < 0), ratio, np.inf).min(axis=1, initial=np.inf)
    order = np.argsort(np.minimum(price - up, down - price), kind="stable")
    best_up = np.append(np.maximum.accumulate(up[order][::-1])[::-1], 0.0)
    least_down = np.append(np.minimum.accumulate(down[order][::-1])[::-1], np.inf)
    return order, best_up, least_down


def _extended(now: _States, moves: Moves, row: int) -> _States:
    """Each state with no move, and with each open option, of one more customer."""
    options = np.flatnonzero(moves.open[row])
    count = len(now.cost)
    step_cost = np.concatenate(([0], moves.cost[row, options]))
    step_gain = np.concatenate(([0], moves.gain[row, options]))
    return _States(
        (step_cost[:, None] + now.cost[None, :]).reshape(-1),
        (step_gain[:, None] + now.gain[None, :]).reshape(-1),
        np.tile(np.arange(count), len(options) + 1),
        np.repeat(np.concatenate(([-1], options)), count),
    )


def _hope(states: _States, left: int, best_up: float, least_down: float) -> Floats:
    """An upper bound of what each state can come to with the customers that are still to be looked at."""
    rest = (left - states.cost).astype(np.float64)
    spend = np.maximum(rest, 0.0) * best_up
    save = np.where(rest < 0, np.minimum(rest, -1.0) * least_down, 0.0)
    return states.gain + spend + save


def _thinned(states: _States, hope: Floats, best: int) -> tuple[_States, bool]:
    """The states that may still beat ``best`` and that no other beats in both cost and gain."""
    keep = np.flatnonzero(hope >= best + 1 - ROUNDING)
    keep = keep[np.lexsort((-states.gain[keep], states.cost[keep]))]
    gain = states.gain[keep]
    before = (
        np.concatenate(([np.iinfo(np.int64).min], np.maximum.accumulate(gain)[:-1])) if len(gain) else gain
    )
    keep = keep[gain > before]
    whole = len(keep) <= MAX_STATES
    if not whole:
        keep = np.sort(keep[np.argsort(-hope[keep], kind="stable")[:MAX_STATES]])
        keep = keep[np.lexsort((-states.gain[keep], states.cost[keep]))]
    return _States(states.cost[keep], states.gain[keep], states.parent[keep], states.option[keep]), whole


def _traced(last: _States, place: int, history: list[_States], order: Ints) -> dict[int, int]:
    """The moves that led to a state: row to column."""
    moved: dict[int, int] = {}
    for step in range(len(history), -1, -1):
        states = last if step == len(history) else history[step]
        option = int(states.option[place])
        if option >= 0:
            moved[int(order[step])] = option
        place = int(states.parent[place])
    return moved
