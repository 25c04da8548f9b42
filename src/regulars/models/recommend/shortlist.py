"""The best entries of each row, and what fills a row that has too few.

Scores that agree in twelve digits are equal, and of equal ones the first id goes first: the last bits of
a sum differ between machines, a ranking must not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = np.ndarray[Any, Any]

NOBODY = -1
"""Stands where a row has fewer than n entries."""

CELLS = 4_000_000
"""Entries worked on at once: about 100 MB with all temporary arrays."""

_SCORE_STEPS = float(1 << 40)


def blocks(cost: Array, cells: int | None = None) -> Iterator[Array]:
    """Row numbers in groups of similar cost (entries of a row), each group at most ``cells`` large."""
    cells = CELLS if cells is None else cells
    order = np.argsort(cost, kind="stable")
    width = np.maximum(cost[order], 1)
    start = 0
    while start < len(order):
        # Rows ascend in width, so a group's size is its length times its last width.
        ahead = width[start : start + max(1, cells // int(width[start]))]
        fits = int(np.searchsorted(ahead * np.arange(1, len(ahead) + 1), cells, side="right"))
        stop = start + max(1, fits)
        yield order[start:stop]
        start = stop


def best_of_sparse(scores: csr_array, n: int) -> tuple[Array, Array]:
    """The n best columns of each row of a sparse matrix, best first, and their scores (entries > 0)."""
    lengths = np.diff(scores.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(scores.data)) - np.repeat(scores.indptr[:-1], lengths)
    top = np.zeros(len(lengths))
    filled = lengths > 0
    top[filled] = np.maximum.reduceat(scores.data, scores.indptr[:-1][filled]) if filled.any() else 0.0
    keys = np.full((len(lengths), max(int(lengths.max(initial=0)), 1)), -1, np.int64)
    keys[rows, place] = _keys(scores.data, top[rows], scores.indices, scores.shape[1])
    return _best(keys, scores.shape[1], n, lambda row, at: scores.data[scores.indptr[row] + at])


def best_of_dense(scores: Array, n: int) -> tuple[Array, Array]:
    """The same for a matrix that holds every score."""
    if not scores.size:
        empty = (len(scores), min(n, scores.shape[1]))
        return np.full(empty, NOBODY, np.int64), np.zeros(empty)
    top = scores.max(axis=1, keepdims=True)
    keys = _keys(scores, top, np.arange(scores.shape[1]), scores.shape[1])
    return _best(keys, scores.shape[1], n, lambda row, at: scores[row, at])


def _keys(scores: Array, top: Array, column: Array, width: int) -> Array:
    """One whole number that orders by score, then by column: no two of a row are equal."""
    bits = _column_bits(width)
    steps = np.rint(scores / np.where(top > 0, top, 1.0) * _SCORE_STEPS).astype(np.int64)
    keys = (steps << bits) | ((1 << bits) - 1 - column)
    return np.where(scores > 0, keys, -1)


def _column_bits(width: int) -> int:
    return max(1, int(width - 1).bit_length()) if width else 1


def _best(keys: Array, width: int, n: int, score_at: Any) -> tuple[Array, Array]:
    count = min(n, keys.shape[1])
    rows = np.arange(len(keys))[:, None]
    at = np.argpartition(keys, keys.shape[1] - count, axis=1)[:, keys.shape[1] - count :]
    at = at[rows, np.argsort(-keys[rows, at], axis=1)]
    best = keys[rows, at]
    mask = (1 << _column_bits(width)) - 1
    found = best >= 0
    columns = np.where(found, mask - (best & mask), NOBODY)
    row, position = np.nonzero(found)
    scores = np.zeros(columns.shape)
    scores[row, position] = score_at(row, at[row, position])
    return columns, scores


def fill(listed: Array, order: Array, item_count: int, taken: csr_array | None = None) -> Array:
    """Put the first free items of ``order`` into the empty places of each row of ``listed``.

    An item is free when the row does not list it yet and ``taken`` (rows x items) does not hold it.
    """
    filled = listed.copy()
    wanting = np.flatnonzero((listed == NOBODY).any(axis=1))
    if not len(wanting) or not len(order):
        return filled
    place = np.full(item_count, len(order))
    place[order] = np.arange(len(order))
    used = np.zeros(len(listed), np.int64) if taken is None else np.diff(taken.indptr)
    for part in blocks(used[wanting] + 2 * listed.shape[1]):
        rows = wanting[part]
        filled[rows] = _filled(filled[rows], order, place, None if taken is None else taken[rows])
    return filled


def _filled(held: Array, order: Array, place: Array, taken: csr_array | None) -> Array:
    most = 0 if taken is None else int(np.diff(taken.indptr).max())
    width = min(len(order), most + 2 * held.shape[1])
    free = np.ones((len(held), width + 1), bool)  # the last column stands for every place beyond the width
    row, position = np.nonzero(held >= 0)
    free[row, np.minimum(place[held[row, position]], width)] = False
    if taken is not None:
        owner = np.repeat(np.arange(len(held)), np.diff(taken.indptr))
        free[owner, np.minimum(place[taken.indices], width)] = False
    free = free[:, :width]
    # The place in the list that each free item would take.
    nth = np.cumsum(free, axis=1) + (held >= 0).sum(axis=1)[:, None]
    row, position = np.nonzero(free & (nth <= held.shape[1]))
    held[row, nth[row, position] - 1] = order[position]
    return held
