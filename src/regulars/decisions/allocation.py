"""Who gets which offer when money is limited: at most one offer a customer, the largest total gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.decisions.upgrades import Floats, Ints, Upgrades, upgrades
from regulars.errors import OptionError

EXACT_ROWS = 2_000
"""Up to so many customers in question, the rest after the queue is solved exactly."""
SMALL_GAP = 1e-5
"""With more customers than EXACT_ROWS, a relative gap below this is left as it is."""
FILL_STEPS = 20_000
"""So many upgrades after the first that does not fit are tried with the money that is left."""
NODE_LIMIT = 10_000
"""Branch-and-bound nodes; a limit on nodes, unlike one on time, gives the same answer on every machine."""


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
        No allocation of this budget brings more (Lagrangian dual, tightened where solved exactly).
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


def allocate(
    gain: Ints, cost: Ints, budget: int, *, counted: np.ndarray[Any, Any] | None = None
) -> Allocation:
    """The offers that bring most within ``budget``: the multiple-choice knapsack problem.

    Spends the budget along the queue of ``upgrades`` (exact for the linear relaxation), fills what is left
    with later upgrades that fit, and then solves with HiGHS for the customers whose choice could still
    differ in a better allocation (all others are fixed by their reduced gain, Dyer, Kayal and Walker 1984).
    So the answer is exact for up to ``EXACT_ROWS`` candidates and nearly always beyond.

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
    choice, spent, next_step = _spend(queue, counts, budget)
    price = float(queue.slope[next_step]) if next_step < len(queue.row) else 0.0
    earned = _sum(gain, choice, counts)
    bound = earned + int(np.floor(price * (budget - spent)))
    spent += _fill(queue, choice, counts, next_step, budget - spent)
    bound = max(bound, _sum(gain, choice, counts))
    choice, bound = _finish(gain, cost, choice, counts, budget, price, bound)
    return Allocation(choice, _sum(gain, choice, counts), _sum(cost, choice, counts), bound, price)


def _check(gain: Ints, cost: Ints, budget: int, counts: np.ndarray[Any, Any]) -> None:
    if gain.ndim != 2 or gain.shape != cost.shape or len(counts) != len(gain):
        raise OptionError(
            f"gain is {gain.shape}, cost {cost.shape} and counted {counts.shape}",
            allowed="gain and cost of customers x offers, and one flag per customer",
        )
    if budget < 0 or (cost.size and cost.min() < 0):
        raise OptionError(f"the budget is {budget}, the lowest cost {cost.min()}", allowed="0 or more")


def _sum(values: Ints, choice: Ints, counts: np.ndarray[Any, Any]) -> int:
    rows = np.flatnonzero((choice >= 0) & counts)
    return int(values[rows, choice[rows]].sum())


def _spend(queue: Upgrades, counts: np.ndarray[Any, Any], budget: int) -> tuple[Ints, int, int]:
    """Go down the queue until a step does not fit: the choices, the money spent, and that step's place."""
    running = np.cumsum(np.where(counts[queue.row], queue.cost, 0))
    stop = int(np.searchsorted(running, budget, side="right"))
    choice = queue.free.copy()
    choice[queue.row[:stop]] = queue.option[:stop]  # a customer's later step overwrites the earlier one
    return choice, int(running[stop - 1]) if stop else 0, stop


def _fill(queue: Upgrades, choice: Ints, counts: np.ndarray[Any, Any], start: int, left: int) -> int:
    """Take later steps that still fit, in the queue's order; a skipped step closes its customer's later ones."""
    closed: set[int] = set()
    spent = 0
    for step in range(start, min(start + FILL_STEPS, len(queue.row))):
        row, cost = int(queue.row[step]), int(queue.cost[step])
        if not counts[row] or row in closed:
            continue
        if spent + cost <= left:
            choice[row] = queue.option[step]
            spent += cost
        else:
            closed.add(row)
    return spent


def _finish(
    gain: Ints, cost: Ints, choice: Ints, counts: np.ndarray[Any, Any], budget: int, price: float, bound: int
) -> tuple[Ints, int]:
    """Solve exactly for the customers who could change in a better allocation."""
    total = _sum(gain, choice, counts)
    gap = bound - total
    if gap <= 0:
        return choice, total
    rows, alive, all_rows = _core(gain, cost, counts, price, gap)
    few = int(((gain > 0).any(axis=1) & counts).sum()) <= EXACT_ROWS
    if not few and not all_rows and gap <= SMALL_GAP * bound:
        return choice, bound
    fixed = counts.copy()
    fixed[rows] = False
    left = budget - _sum(cost, choice, fixed)
    better, proved = _solve(gain[rows], cost[rows], alive, left)
    out = choice.copy()
    if better is not None:
        out[rows] = better
    if better is None or _sum(gain, out, counts) < total:
        return choice, bound
    out[rows] = _settle_twins(gain[rows], cost[rows], out[rows])
    return out, _sum(gain, out, counts) if proved and all_rows else bound


def _core(
    gain: Ints, cost: Ints, counts: np.ndarray[Any, Any], price: float, gap: int
) -> tuple[Ints, np.ndarray[Any, Any], bool]:
    """Customers with more than one option (doing nothing counts) that a better allocation may hold.

    An option that lies more than ``gap`` below its customer's best, at the price, cannot be part of one.
    """
    candidate = (gain > 0) & counts[:, None]
    reduced = np.where(candidate, gain - price * cost, -np.inf)
    best = np.maximum(reduced.max(axis=1, initial=-np.inf), 0.0)
    loss = np.column_stack((best, best[:, None] - reduced))  # column 0: doing nothing
    alive = loss <= gap * (1 + 1e-9) + 1e-3
    open_rows = np.flatnonzero((alive.sum(axis=1) > 1) & counts)
    if len(open_rows) > EXACT_ROWS:
        second = np.sort(loss[open_rows], axis=1)[:, 1]
        nearest = open_rows[np.lexsort((open_rows, second))[:EXACT_ROWS]]
        rows = np.sort(nearest)
        return rows, alive[rows, 1:], False
    return open_rows, alive[open_rows, 1:], True


def _solve(gain: Ints, cost: Ints, alive: np.ndarray[Any, Any], budget: int) -> tuple[Ints | None, bool]:
    """The exact choice for a few customers by HiGHS (scipy's ``milp``), and whether it is proved."""
    from scipy import optimize, sparse

    row, option = np.nonzero(alive & (cost <= budget))
    if not len(row):
        return np.full(len(gain), -1, dtype=np.int64), True
    worth, price = gain[row, option], cost[row, option]
    one_each = sparse.csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=(len(gain), len(row)))
    for slack in (
        0,
        1,
        10,
        100,
    ):  # HiGHS may overstep a limit by a rounding error; then ask for a little less
        spending = sparse.csr_array(price[None, :].astype(np.float64))
        answer = optimize.milp(
            -worth.astype(np.float64),
            constraints=[
                optimize.LinearConstraint(one_each, ub=1.0),
                optimize.LinearConstraint(spending, ub=float(budget - slack)),
            ],
            integrality=np.ones(len(row)),
            bounds=optimize.Bounds(0, 1),
            options={"mip_rel_gap": 0.0, "node_limit": NODE_LIMIT},
        )
        if answer.x is None:
            return None, False
        chosen = answer.x > 0.5
        if int(price[chosen].sum()) <= budget and len(np.unique(row[chosen])) == chosen.sum():
            choice = np.full(len(gain), -1, dtype=np.int64)
            choice[row[chosen]] = option[chosen]
            return choice, answer.status == 0 and slack == 0
    return None, False


def _settle_twins(gain: Ints, cost: Ints, choice: Ints) -> Ints:
    """Among customers with the same options, the earlier ones get the dearer choices."""
    _, group = np.unique(np.column_stack((gain, cost)), axis=0, return_inverse=True)
    group = group.reshape(-1)
    rows = np.arange(len(choice))
    worth: Floats = np.where(choice >= 0, gain[rows, np.maximum(choice, 0)], 0).astype(np.float64)
    out = choice.copy()
    out[np.lexsort((rows, group))] = choice[np.lexsort((rows, -worth, group))]
    return out
