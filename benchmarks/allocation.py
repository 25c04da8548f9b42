"""Who gets which offer within a budget: Regulars' allocation beside HiGHS and what people do by hand.

    python benchmarks/allocation.py [--customers 1000000] [--highs-customers 20000] [--highs-seconds 20]

Makes customers and six offers as a shop has them (discounts in proportion to the order, some customers not
eligible) and allocates budgets of 1 %, 10 % and 50 % of what the best offer for everyone would cost, by:

- regulars: ``regulars.decisions.allocation.allocate``;
- highs: the same integer program by scipy's ``milp``, with HiGHS's own gap of 1e-4 and a time limit, up to
  ``--highs-customers`` (in a process of its own; its time leaves out imports and reading);
- largest gain: each customer's best offer, the largest expected gain first, until the money is spent;
- best ratio: the same, the largest gain per cost first.

``of bound`` is the gained share of the dual bound, which no allocation can exceed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from regulars.decisions.allocation import allocate

SIZES = (200, 2_000, 20_000, 200_000, 1_000_000)
BUDGET_SHARES = (0.01, 0.1, 0.5)
OFFERS = 6

Ints = np.ndarray[Any, np.dtype[np.int64]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=SIZES[-1], help="the largest problem")
    parser.add_argument("--highs-customers", type=int, default=20_000, help="the largest problem for HiGHS")
    parser.add_argument("--highs-seconds", type=int, default=20, help="time limit of one HiGHS run")
    parser.add_argument("--highs", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.highs:
        highs(*options.highs, options.highs_seconds)
        return
    sizes = sorted({*(size for size in SIZES if size < options.customers), options.customers})
    allocate(*problem(10), 10)  # imports and first calls are not what is measured
    print(
        f"{'customers':>9} {'budget':>7} {'method':<14} {'seconds':>8} {'of bound':>10} {'over budget':>11}"
    )
    rows = []
    for size in sizes:
        gain, cost = problem(size)
        for share in BUDGET_SHARES:
            budget = int(np.where(gain > 0, cost, 0).max(axis=1).sum() * share)
            for row in measured(gain, cost, budget, options):
                rows.append({"customers": size, "offers": OFFERS, "budget_share": share, **row})
                show(rows[-1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"benchmark": "allocation", "peak_memory_mb": round(peak), "rows": rows}))


def measured(gain: Ints, cost: Ints, budget: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The figures of every method on one problem."""
    begin = time.perf_counter()
    found = allocate(gain, cost, budget)
    seconds = time.perf_counter() - begin
    rows = [figures("regulars", seconds, gain, cost, found.choice, budget, found.bound)]
    for name, by_ratio in (("largest gain", False), ("best ratio", True)):
        begin = time.perf_counter()
        choice = by_hand(gain, cost, budget, by_ratio)
        rows.append(figures(name, time.perf_counter() - begin, gain, cost, choice, budget, found.bound))
    if len(gain) <= options.highs_customers:
        rows.append(solved_by_highs(gain, cost, budget, found.bound, options.highs_seconds))
    return rows


def figures(
    name: str, seconds: float, gain: Ints, cost: Ints, choice: Ints, budget: int, bound: int
) -> dict[str, Any]:
    """What an allocation brought and cost, summed here from its choices."""
    rows = np.flatnonzero(choice >= 0)
    earned, spent = int(gain[rows, choice[rows]].sum()), int(cost[rows, choice[rows]].sum())
    return {
        "method": name,
        "seconds": round(seconds, 4),
        "share_of_bound": earned / bound if bound else 1.0,
        "over_budget": max(spent - budget, 0) / 10_000,
    }


def by_hand(gain: Ints, cost: Ints, budget: int, by_ratio: bool) -> Ints:
    """Each customer's best offer by gain or by gain per cost, the best customers first, while money is left."""
    everyone = np.arange(len(gain))
    value = np.where(gain > 0, gain / cost if by_ratio else gain, 0.0)
    option = value.argmax(axis=1)
    worth = value[everyone, option]
    order = np.argsort(-worth, kind="stable")
    order = order[worth[order] > 0]
    within = order[np.cumsum(cost[order, option[order]]) <= budget]
    choice = np.full(len(gain), -1)
    choice[within] = option[within]
    return choice


def solved_by_highs(gain: Ints, cost: Ints, budget: int, bound: int, limit: int) -> dict[str, Any]:
    """HiGHS in a process of its own: it may write to standard output."""
    with tempfile.TemporaryDirectory() as scratch:
        given, answer = Path(scratch) / "problem.npz", Path(scratch) / "answer.npz"
        np.savez(given, gain=gain, cost=cost, budget=budget)
        command = [
            sys.executable,
            __file__,
            "--highs",
            str(given),
            str(answer),
            "--highs-seconds",
            str(limit),
        ]
        subprocess.run(command, check=True, capture_output=True)
        with np.load(answer) as found:
            row = figures("highs", float(found["seconds"]), gain, cost, found["choice"], budget, bound)
            return row if found["answered"] else {**row, "share_of_bound": None}


def highs(given: Path, answer: Path, limit: int) -> None:
    """Solve the problem in the file ``given`` and write choice and time to the file ``answer``."""
    from scipy import optimize, sparse

    with np.load(given) as problem_file:
        gain, cost, budget = problem_file["gain"], problem_file["cost"], int(problem_file["budget"])
    row, option = np.nonzero(gain > 0)
    one_each = sparse.csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=(len(gain), len(row)))
    spending = sparse.csr_array(cost[row, option][None, :] / 10_000)
    begin = time.perf_counter()
    found = optimize.milp(
        -gain[row, option] / 10_000,
        constraints=[
            optimize.LinearConstraint(one_each, ub=1.0),
            optimize.LinearConstraint(spending, ub=budget / 10_000),
        ],
        integrality=np.ones(len(row)),
        bounds=optimize.Bounds(0, 1),
        options={"mip_rel_gap": 1e-4, "time_limit": float(limit)},
    )
    seconds = time.perf_counter() - begin
    choice = np.full(len(gain), -1)
    if found.x is not None:
        chosen = found.x > 0.5
        choice[row[chosen]] = option[chosen]
    np.savez(answer, choice=choice, seconds=seconds, answered=found.x is not None)


def problem(count: int, seed: int = 1) -> tuple[Ints, Ints]:
    """Expected gain and cost of six offers for ``count`` customers, in ten-thousandths."""
    draw = np.random.default_rng(seed)
    value, p = draw.lognormal(4, 1, (count, 1)), draw.beta(2, 2, (count, 1))
    response = draw.uniform(0.01, 0.1, OFFERS)
    discount = draw.uniform(0, 0.06, OFFERS)
    cost = draw.choice([0.02, 0.05, 0.8, 2.0], OFFERS) + (response * p + 1 - p) * discount * value
    gain = response * p * value * 0.4 * draw.uniform(0.5, 3, (count, OFFERS)) - 0.4 * cost
    gain = np.where(draw.random((count, OFFERS)) < 0.6, gain, 0)
    return np.rint(gain * 10_000).astype(np.int64), np.ceil(cost * 10_000).astype(np.int64)


def show(row: dict[str, Any]) -> None:
    share = "no answer" if row["share_of_bound"] is None else f"{row['share_of_bound']:.6f}"
    print(
        f"{row['customers']:>9,} {row['budget_share']:>7.0%} {row['method']:<14} {row['seconds']:>8.3f} "
        f"{share:>10} {row['over_budget']:>11.4f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
