"""The last exchanges by dynamic programming: against trying everything."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.decisions.exchanges import Moves, best_moves

PRICE = 2.0


@st.composite
def problems(draw: st.DrawFn) -> tuple[Moves, int]:
    """Moves that keep the promise of a queue: at the price, no move pays."""
    rows, options = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    cells = st.lists(st.integers(-12, 12).filter(bool), min_size=rows * options, max_size=rows * options)
    cost = np.array(draw(cells), dtype=np.int64).reshape(rows, options)
    loss = np.array(draw(cells), dtype=np.int64).reshape(rows, options)
    gain = np.floor(PRICE * cost).astype(np.int64) - np.abs(loss)
    return Moves(cost, gain, np.sign(cost) == np.sign(gain)), draw(st.integers(0, 15))


def brute(moves: Moves, left: int) -> int:
    best = 0
    rows, options = moves.cost.shape
    for choice in itertools.product(range(-1, options), repeat=rows):
        at = [(row, option) for row, option in enumerate(choice) if option >= 0]
        if all(moves.open[cell] for cell in at) and sum(int(moves.cost[cell]) for cell in at) <= left:
            best = max(best, sum(int(moves.gain[cell]) for cell in at))
    return best


@given(problems(), st.integers(0, 5))
@settings(max_examples=200)
def test_the_best_of_all_moves(problem: tuple[Moves, int], known: int) -> None:
    moves, left = problem
    moved, proved = best_moves(moves, left, PRICE, known)
    gain = sum(int(moves.gain[cell]) for cell in moved.items())
    assert proved
    assert max(gain, known) == max(brute(moves, left), known)
    assert sum(int(moves.cost[cell]) for cell in moved.items()) <= left
    assert all(moves.open[cell] for cell in moved.items())


def test_what_is_known_already_is_not_found_again() -> None:
    moves = Moves(np.array([[3]]), np.array([[5]]), np.array([[True]]))
    assert best_moves(moves, 3, PRICE, 4) == ({0: 0}, True)
    assert best_moves(moves, 3, PRICE, 5) == ({}, True)
    assert best_moves(moves, 2, PRICE, 0) == ({}, True)


def test_nothing_to_move() -> None:
    empty: Any = np.zeros((0, 2), dtype=np.int64)
    assert best_moves(Moves(empty, empty, empty.astype(bool)), 5, PRICE, 0) == ({}, True)
