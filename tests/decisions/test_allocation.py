"""The allocation: best of all on small problems, near the bound on large ones, and never over budget."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from regulars.decisions import exchanges
from regulars.decisions.allocation import allocate
from regulars.errors import OptionError

Ints = np.ndarray[Any, np.dtype[np.int64]]

menus = st.tuples(st.integers(1, 5), st.integers(1, 3)).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.int64, shape, elements=st.integers(-3, 40)),
        hnp.arrays(np.int64, shape, elements=st.integers(0, 15)),
        st.integers(0, 50),
    )
)


def brute(gain: Ints, cost: Ints, budget: int) -> int:
    """The largest gain of all allocations there are."""
    best = 0
    for choice in itertools.product(range(-1, gain.shape[1]), repeat=len(gain)):
        chosen = [(row, option) for row, option in enumerate(choice) if option >= 0]
        if sum(int(cost[at]) for at in chosen) <= budget:
            best = max(best, sum(int(gain[at]) for at in chosen))
    return best


def problem(count: int, seed: int, offers: int = 6) -> tuple[Ints, Ints]:
    """Offers as a shop has them: discounts in proportion to the order, some customers not eligible."""
    draw = np.random.default_rng(seed)
    value, p = draw.lognormal(4, 1, (count, 1)), draw.beta(2, 2, (count, 1))
    response = draw.uniform(0.01, 0.1, offers)
    cost = (
        draw.choice([0.02, 0.05, 0.8, 2.0], offers)
        + (response * p + 1 - p) * draw.uniform(0, 0.06, offers) * value
    )
    gain = response * p * value * 0.4 * draw.uniform(0.5, 3, (count, offers)) - 0.4 * cost
    gain = np.where(draw.random((count, offers)) < 0.6, gain, 0)
    return np.rint(gain * 1e4).astype(np.int64), np.ceil(cost * 1e4).astype(np.int64)


def spent(choice: Ints, cost: Ints) -> int:
    rows = np.flatnonzero(choice >= 0)
    return int(cost[rows, choice[rows]].sum())


@given(menus)
@settings(max_examples=300)
def test_the_best_of_all_allocations(menu: tuple[Ints, Ints, int]) -> None:
    gain, cost, budget = menu
    found = allocate(gain, cost, budget)
    assert found.total_gain == brute(gain, cost, budget) == found.bound
    assert found.total_cost == spent(found.choice, cost) <= budget
    assert found.gap == 0
    rows = np.flatnonzero(found.choice >= 0)
    assert (gain[rows, found.choice[rows]] > 0).all()


@given(menus, st.data())
def test_the_holdout_spends_nothing_and_changes_nothing(
    menu: tuple[Ints, Ints, int], data: st.DataObject
) -> None:
    gain, cost, budget = menu
    counted = np.array(data.draw(st.lists(st.booleans(), min_size=len(gain), max_size=len(gain))))
    found = allocate(gain, cost, budget, counted=counted)
    alone = allocate(gain[counted], cost[counted], budget)
    assert found.total_cost <= budget
    assert found.total_gain == alone.total_gain
    assert found.choice[counted].tolist() == alone.choice.tolist()


@pytest.mark.parametrize("count", [50, 500, 2_000])
@pytest.mark.parametrize("share", [0.002, 0.05, 0.4])
def test_agrees_with_highs(count: int, share: float) -> None:
    from scipy import optimize, sparse

    gain, cost = problem(count, seed=count)
    budget = int(np.where(gain > 0, cost, 0).max(axis=1).sum() * share)
    found = allocate(gain, cost, budget)
    row, option = np.nonzero(gain > 0)
    one_each = sparse.csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=(count, len(row)))
    answer = optimize.milp(
        -gain[row, option] / 1e4,
        constraints=[
            optimize.LinearConstraint(one_each, ub=1.0),
            optimize.LinearConstraint(sparse.csr_array(cost[row, option][None, :] / 1e4), ub=budget / 1e4),
        ],
        integrality=np.ones(len(row)),
        bounds=optimize.Bounds(0, 1),
        options={"mip_rel_gap": 1e-4},
    )
    assert found.total_gain / 1e4 >= -answer.fun - 1e-3
    assert found.total_gain / 1e4 <= -answer.mip_dual_bound + 1e-3
    assert found.total_cost <= budget


@pytest.mark.parametrize(("count", "share"), [(20_000, 0.0005), (20_000, 0.02), (50_000, 0.3)])
def test_large_problems_come_within_a_thousandth_of_the_bound(count: int, share: float) -> None:
    gain, cost = problem(count, seed=1)
    budget = int(np.where(gain > 0, cost, 0).max(axis=1).sum() * share)
    found = allocate(gain, cost, budget)
    assert found.total_gain >= 0.999 * found.bound
    assert found.total_cost == spent(found.choice, cost) <= budget


def test_few_states_lose_the_proof_and_little_else(monkeypatch: Any) -> None:
    gain, cost = problem(3_000, seed=2)
    budget = int(np.where(gain > 0, cost, 0).max(axis=1).sum() * 0.05)
    exact = allocate(gain, cost, budget)
    monkeypatch.setattr(exchanges, "MAX_STATES", 2)
    rough = allocate(gain, cost, budget)
    assert exact.gap == 0 <= rough.gap < 0.003
    assert rough.total_gain <= exact.total_gain <= rough.bound
    assert rough.total_cost <= budget


def test_customers_with_the_same_options_are_served_in_order() -> None:
    found = allocate(np.full((6, 1), 10), np.full((6, 1), 5), 17)
    assert found.choice.tolist() == [0, 0, 0, -1, -1, -1]


def test_the_holdout_stands_in_the_same_queue() -> None:
    counted = np.array([True, False, True, True, False, True])
    found = allocate(np.full((6, 1), 10), np.full((6, 1), 5), 10, counted=counted)
    assert found.choice.tolist() == [0, 0, 0, -1, -1, -1]
    assert (found.total_gain, found.total_cost) == (20, 10)


def test_a_budget_that_does_not_bind_has_no_price() -> None:
    gain, cost = problem(100, seed=3)
    found = allocate(gain, cost, 10**12)
    assert found.price == 0
    assert found.total_gain == int(np.maximum(gain, 0).max(axis=1).sum())


def test_without_money_only_what_is_free() -> None:
    found = allocate(np.array([[5, 9], [0, 9]]), np.array([[0, 1], [0, 1]]), 0)
    assert found.choice.tolist() == [0, -1]


def test_nobody_and_nothing() -> None:
    for shape in ((0, 2), (3, 0)):
        found = allocate(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64), 10)
        assert found.choice.tolist() == [-1] * shape[0]
        assert (found.total_gain, found.total_cost, found.gap) == (0, 0, 0.0)


def test_inputs_stay_as_they_are() -> None:
    gain, cost = problem(200, seed=4)
    before = gain.copy(), cost.copy()
    first = allocate(gain, cost, 20_000)
    second = allocate(gain, cost, 20_000)
    assert np.array_equal(gain, before[0])
    assert np.array_equal(cost, before[1])
    assert first.choice.tolist() == second.choice.tolist()


@pytest.mark.parametrize(
    ("gain", "cost", "budget"),
    [([[1]], [[1]], -1), ([[1]], [[-1]], 1), ([[1, 2]], [[1]], 1), ([1], [1], 1)],
)
def test_mistakes(gain: Any, cost: Any, budget: int) -> None:
    with pytest.raises(OptionError):
        allocate(np.array(gain), np.array(cost), budget)
