"""The queue of upgrades: the hull of each customer's offers, in the order in which money should be spent."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from regulars.decisions import upgrades as module
from regulars.decisions.upgrades import best_free, upgrades

menus = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.int64, shape, elements=st.integers(-5, 60)),
        hnp.arrays(np.int64, shape, elements=st.integers(0, 20)),
    )
)


def test_one_customer_by_hand() -> None:
    # (cost, gain): (1, 10) and (4, 22) lie on the hull, (3, 15) below it, (5, 21) brings less for more.
    queue = upgrades(np.array([[15, 10, 22, 21]]), np.array([[3, 1, 4, 5]]))
    assert queue.free.tolist() == [-1]
    assert queue.option.tolist() == [1, 2]
    assert queue.slope.tolist() == [10.0, 4.0]
    assert (queue.gain.tolist(), queue.cost.tolist()) == ([10, 12], [1, 3])


def test_free_offers_are_where_a_customer_starts() -> None:
    gain, cost = np.array([[5, 7, 9], [-1, 0, 3]]), np.array([[0, 0, 1], [0, 0, 1]])
    assert best_free(gain, cost).tolist() == [1, -1]
    queue = upgrades(gain, cost)
    assert queue.row.tolist() == [1, 0]  # 3 for 1 comes before 2 more for 1
    assert queue.slope.tolist() == [3.0, 2.0]


def test_ties_go_to_the_earlier_customer() -> None:
    queue = upgrades(np.full((4, 1), 10), np.full((4, 1), 5))
    assert queue.row.tolist() == [0, 1, 2, 3]


@given(menus)
def test_slopes_never_rise(menu: tuple[Any, Any]) -> None:
    queue = upgrades(*menu)
    assert (np.diff(queue.slope) <= 0).all()
    assert (queue.cost > 0).all()
    assert (queue.gain > 0).all()


@given(menus, st.floats(0.01, 70))
def test_every_price_is_answered_by_the_queue(menu: tuple[Any, Any], price: float) -> None:
    """Taking all steps steeper than a price gives each customer the most of gain - price x cost."""
    gain, cost = menu
    queue = upgrades(gain, cost)
    taken = queue.slope > price
    start = np.where(queue.free >= 0, gain[np.arange(len(gain)), queue.free], 0)
    worth = start + np.bincount(queue.row, (queue.gain - price * queue.cost) * taken, minlength=len(gain))
    best = np.where(gain > 0, gain - price * cost, 0).max(axis=1).clip(0)
    np.testing.assert_allclose(worth, best, atol=1e-6)


def test_chunks_do_not_matter(monkeypatch: Any) -> None:
    draw = np.random.default_rng(0)
    gain, cost = draw.integers(-5, 60, (50, 4)), draw.integers(0, 20, (50, 4))
    whole = upgrades(gain, cost)
    monkeypatch.setattr(module, "CHUNK_ROWS", 7)
    parts = upgrades(gain, cost)
    for name in ("free", "row", "option", "slope", "gain", "cost"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_nobody_and_nothing() -> None:
    for shape in ((0, 3), (3, 0), (0, 0)):
        queue = upgrades(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64))
        assert (len(queue.free), len(queue.row)) == (shape[0], 0)
