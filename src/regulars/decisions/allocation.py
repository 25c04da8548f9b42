"""Who gets which offer when money is limited: at most one offer a customer, the largest total gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.decisions.exchanges import Moves, best_moves
from regulars.decisions.upgrades import CHUNK_ROWS, Floats, Ints, Upgrades, upgrades
from regulars.errors import OptionError

FILL_STEPS = 20_000
"""So many upgrades after the first that does not fit are tried with the money that is left."""
MOVING_ROWS = 2_000
"""So many customers near the end of the budget may exchange offers; the others keep what the queue gave."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Allocation:
    """An allocation with the proof of how good it is; money in ten-thousandths.

    Attributes
    ----------
    choice
        Per customer the column of the offer, -1 = nothing.
    total_gain, total_cost
        Sums over the customers who count against the budget; ``total_cost`` never exceeds it.
    bound
        No allocation of this budget brings more (Lagrangian dual; the total itself where that is proved best).
    price
        Gain that the last unit of money bought: the Lagrangian multiplier; 0 = the budget does not bind.
    """

    choice: Ints
    total_gain: int
    total_cost: int
    bound: int
    price: float

    @property
    def gap(self) -> float:
        """Share of the bound that may still be missing; 0 = proved to be the best."""
        return (self.bound - self.total_gain) / self.bound if self.bound > 0 else 0.0


def allocate(gain: Ints, cost: Ints, budget: int, *, counted: Flags | None = None) -> Allocation:
    """The offers that bring most within ``budget``: the multiple-choice knapsack problem.

    Spends the budget along the queue of ``upgrades`` (exact for the linear relaxation), fills what is left
    with later upgrades that fit, and then lets the customers whose choice could still differ in a better
    allocation exchange offers (``best_moves``). Small problems and nearly all large ones are solved
    exactly; ``gap`` says so.

    Parameters
    ----------
    gain, cost
        int64, customers x offers, ten-thousandths of the currency unit. An offer with ``gain <= 0`` is no
        candidate. Customers come in the order in which ties are settled: the earlier one first.
    budget
        int, ten-thousandths.
    counted
        bool per customer; True = what the customer's offer costs counts against the budget (default: all).
        Customers who do not count (the hold-out) stand in the same queue and get what its price gives
        them, but spend nothing.

    Returns
    -------
    Allocation
        Same input, same answer; money is added as integers.

    Raises
    ------
    OptionError
        A negative budget, negative costs, or shapes that do not fit.

    Examples
    --------
    >>> gain = np.array([[50, 90], [60, 0], [0, 20]])
    >>> cost = np.array([[10, 30], [10, 10], [10, 10]])
    >>> best = allocate(gain, cost, 40)
    >>> best.choice.tolist(), best.total_gain, best.total_cost
    ([1, 0, -1], 150, 40)
    """
    gain, cost = np.asarray(gain, dtype=np.int64), np.asarray(cost, dtype=np.int64)
    counts = np.ones(len(gain), dtype=bool) if counted is None else np.asarray(counted, dtype=bool)
    _check(gain, cost, budget, counts)
    queue = upgrades(gain, cost)
    given, next_step = _spend(queue, counts, budget)
    price = float(queue.slope[next_step]) if next_step < len(queue.row) else 0.0
    left = budget - _sum(cost, given, counts)
    filled = _fill(queue, given, counts, next_step, left)
    # A rounding error must not push the product below the whole number that it is.
    more = int(np.floor(price * left * (1 + 1e-12) + 1e-6))
    bound = max(_sum(gain, given, counts) + more, _sum(gain, filled, counts))
    choice, bound = _finish(gain, cost, given, filled, counts, budget, price, bound)
    return Allocation(choice, _sum(gain, choice, counts), _sum(cost, choice, counts), bound, price)


def _check(gain: Ints, cost: Ints, budget: int, counts: Flags) -> None:
    if gain.ndim != 2 or gain.shape != cost.shape or len(counts) != len(gain):
        raise OptionError(
            f"gain is {gain.shape}, cost {cost.shape} and counted {counts.shape}",
            allowed="gain and cost of customers x offers, and one flag per customer",
        )
    if budget < 0 or (cost.size and cost.min() < 0):
        raise OptionError(f"the budget is {budget}, the lowest cost {cost.min()}", allowed="0 or more")


def _sum(values: Ints, choice: Ints, counts: Flags) -> int:
    rows = np.flatnonzero((choice >= 0) & counts)
    return int(values[rows, choice[rows]].sum())


def _spend(queue: Upgrades, counts: Flags, budget: int) -> tuple[Ints, int]:
    """Go down the queue to the first step that does not fit: the choices, and that step's place."""
    running = np.cumsum(np.where(counts[queue.row], queue.cost, 0))
    stop = int(np.searchsorted(running, budget, side="right"))
    choice = queue.free.copy()
    choice[queue.row[:stop]] = queue.option[:stop]  # a customer's later step overwrites the earlier one
    return choice, stop


def _fill(queue: Upgrades, given: Ints, counts: Flags, start: int, left: int) -> Ints:
    """Take later steps that still fit, in the queue's order; a skipped step closes its customer's later ones."""
    choice = given.copy()
    closed: set[int] = set()
    for step in range(start, min(start + FILL_STEPS, len(queue.row))):
        row, cost = int(queue.row[step]), int(queue.cost[step])
        if not counts[row] or row in closed:
            continue
        if cost <= left:
            choice[row] = queue.option[step]
            left -= cost
        else:
            closed.add(row)
    return choice


def _finish(
    gain: Ints, cost: Ints, given: Ints, filled: Ints, counts: Flags, budget: int, price: float, bound: int
) -> tuple[Ints, int]:
    """Exchange offers between customers near the end of the budget until nothing better is found.

    ``given`` is the queue's own choice, which is the best at its price; ``filled`` the best known so far.
    """
    total, base = _sum(gain, filled, counts), _sum(gain, given, counts)
    if bound <= total:
        return filled, total
    rows, moves, everyone = _in_question(gain, cost, given, counts, price, bound - total)
    left = budget - _sum(cost, given, counts)
    moved, proved = best_moves(moves, left, price, total - base)
    choice = filled
    if moved:
        choice = given.copy()
        places = np.array(sorted(moved), dtype=np.int64)
        choice[rows[places]] = np.array([moved[place] for place in sorted(moved)]) - 1
    choice = choice.copy()
    choice[rows] = _settle_twins(gain[rows], cost[rows], choice[rows])
    return choice, _sum(gain, choice, counts) if proved and everyone else bound


def _in_question(
    gain: Ints, cost: Ints, given: Ints, counts: Flags, price: float, gap: int
) -> tuple[Ints, Moves, bool]:
    """Customers who may choose otherwise in a better allocation, their moves, and whether these are all.

    At the price an option loses something against what the queue gave; one that loses more than ``gap``
    cannot be part of a better allocation.
    """
    starts = range(0, len(gain), CHUNK_ROWS)
    parts = [
        _moves(gain, cost, given, counts, slice(start, start + CHUNK_ROWS), price, gap) for start in starts
    ]
    row, more_cost, more_gain, alive, loss = (np.concatenate(part) for part in zip(*parts, strict=True))
    everyone = len(row) <= MOVING_ROWS
    near = np.arange(len(row)) if everyone else np.sort(np.lexsort((row, loss))[:MOVING_ROWS])
    return row[near], Moves(more_cost[near], more_gain[near], alive[near]), everyone


def _moves(
    gain: Ints, cost: Ints, given: Ints, counts: Flags, part: slice, price: float, gap: int
) -> tuple[Ints, Ints, Ints, Flags, Floats]:
    """Of a part of the customers those in question: row, moves (column 0 = nothing), and the least loss."""
    all_gain = np.pad(gain[part], ((0, 0), (1, 0)))
    all_cost = np.pad(cost[part], ((0, 0), (1, 0)))
    candidate = (all_gain > 0) & counts[part, None]
    candidate[:, 0] = counts[part]
    held = np.arange(len(all_gain)), given[part] + 1
    more_gain = all_gain - all_gain[held][:, None]
    more_cost = all_cost - all_cost[held][:, None]
    candidate[held] = False
    loss = np.where(candidate, price * more_cost - more_gain, np.inf)
    alive = loss <= gap + 1
    row = np.flatnonzero(alive.any(axis=1))
    return row + part.start, more_cost[row], more_gain[row], alive[row], loss[row].min(axis=1)


def _settle_twins(gain: Ints, cost: Ints, choice: Ints) -> Ints:
    """Among customers with the same options, the earlier ones get the dearer choices."""
    _, group = np.unique(np.column_stack((gain, cost)), axis=0, return_inverse=True)
    group = group.reshape(-1)
    rows = np.arange(len(choice))
    worth: Floats = np.where(choice >= 0, gain[rows, np.maximum(choice, 0)], 0).astype(np.float64)
    out = choice.copy()
    out[np.lexsort((rows, group))] = choice[np.lexsort((rows, -worth, group))]
    return out
