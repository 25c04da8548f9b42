"""Lines grouped by order: cells carried over an order's lines, sums per order, amounts shared out over lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.collect.cells import text
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools
from regulars.schema import MONEY_UNITS

Ints = NDArray[np.int64]

CENT = MONEY_UNITS // 100
_SAFE = 9e18  # below the largest int64


@dataclass(frozen=True)
class Grouping:
    """Which order each line belongs to: ``of_line`` counts orders from 0 in the order of their first lines.

    Lines of one order may stand anywhere in a file.
    """

    of_line: Ints
    count: int

    @cached_property
    def first_line(self) -> Ints:
        """The place of each order's first line."""
        return self.first_where(np.ones(len(self.of_line), bool))

    def first_where(self, wanted: Bools) -> Ints:
        """The place of each order's first line that is ``wanted``; -1 where it has none."""
        places = np.flatnonzero(wanted)[::-1]
        first = np.full(self.count, -1, np.int64)
        first[self.of_line[places]] = places
        return first

    def any(self, lines: Bools) -> Bools:
        """For each order, whether one of its lines is one of ``lines``."""
        found = np.zeros(self.count, bool)
        found[self.of_line[lines]] = True
        return found

    def carried(self, cells: Array) -> Array:
        """Each line gets the first cell of its order that says something; null where none does."""
        first = self.first_where(np.asarray(text(cells).is_valid()))
        places: Array = pa.array(first, mask=first < 0)
        return cells.take(pc.take(places, self.of_line))

    def once(self, values: Ints, present: Bools) -> tuple[Ints, Bools]:
        """An amount that belongs to the order, per order: taken once, from the first line that states it."""
        first = self.first_where(present)
        stated = first >= 0
        return np.where(stated, values[first], 0) if len(values) else np.zeros(0, np.int64), stated

    def sum(self, values: Ints) -> Ints:
        """Sum of the lines' values per order."""
        total = np.zeros(self.count, np.int64)
        np.add.at(total, self.of_line, values)
        return total

    def size(self) -> Ints:
        """Lines per order."""
        return np.bincount(self.of_line, minlength=self.count).astype(np.int64)

    def allocated(self, amounts: Ints, weights: Ints, tie: Array | None = None) -> Ints:
        """Each order's amount, shared out over its lines in proportion to ``weights``, exactly.

        Largest remainder: every line gets its share rounded down, and the lines with the largest remainders one
        unit more, until the order's amount is reached. A unit is a cent where the order's amount and weights
        are whole cents, else a ten-thousandth. No line gets more than its weight unless the amount is larger
        than all of them. Negative weights count as 0; where all are 0, the lines share equally.

        Parameters
        ----------
        amounts
            Per order, in ten-thousandths; may be negative.
        weights
            Per line, in ten-thousandths, usually the lines' values.
        tie
            Per line, text that settles equal remainders (the item), so that the order of lines in the file
            changes nothing; lines that are equal in this, too, are settled by their place.

        Examples
        --------
        >>> both = Grouping(np.array([0, 0, 0]), 1)
        >>> both.allocated(np.array([10_000]), np.array([50_000, 50_000, 50_000])).tolist()
        [3400, 3300, 3300]
        """
        weights = np.maximum(weights, 0)
        weights = np.where(self.sum(weights)[self.of_line] > 0, weights, CENT)
        fine = self.any(weights % CENT != 0) | (amounts % CENT != 0)
        unit = np.where(fine, 1, CENT)
        whole, wide = np.abs(amounts) // unit, weights // unit[self.of_line]
        share, rest = _divided(whole[self.of_line], wide, self.sum(wide)[self.of_line])
        left = whole - self.sum(share)
        rank = np.zeros(len(wide), np.int64) if tie is None else _rank(tie)
        order = np.lexsort((np.arange(len(wide)), rank, -wide, -rest, self.of_line))
        start = np.cumsum(self.size()) - self.size()
        turn = np.empty(len(wide), np.int64)
        turn[order] = np.arange(len(wide)) - start[self.of_line[order]]
        share = share + (turn < left[self.of_line])
        return np.asarray(share * (unit * np.sign(amounts))[self.of_line])


def _divided(amount: Ints, weight: Ints, total: Ints) -> tuple[Ints, Ints]:
    """``amount * weight`` over ``total``: whole part and remainder, in Python's integers where 64 bits are short."""
    if len(amount) == 0 or (amount.astype(np.float64) * weight).max() < _SAFE:
        share, rest = np.divmod(amount * weight, total)
        return share, rest
    product = amount.astype(object) * weight.astype(object)
    return (product // total).astype(np.int64), (product % total).astype(np.int64)


def _rank(tie: Array) -> Ints:
    """Place of each text among the sorted distinct ones; nulls first."""
    coded = tie.dictionary_encode()
    order = np.asarray(pc.sort_indices(coded.dictionary))
    rank = np.zeros(len(order) + 1, np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    ranks: Ints = rank[np.asarray(pc.fill_null(coded.indices.cast(pa.int64()), len(order)))]
    return ranks


def grouped(keys: Array) -> Grouping:
    """Lines grouped by a key; a line without one is an order of its own.

    >>> grouped(pa.array(["b", "a", "b", None, None])).of_line.tolist()
    [0, 1, 0, 2, 3]
    """
    coded = keys.dictionary_encode()
    known = np.asarray(coded.is_valid())
    code = np.asarray(pc.fill_null(coded.indices.cast(pa.int64()), -1))
    code = np.where(known, code, len(coded.dictionary) + np.cumsum(~known))
    return grouped_codes(code)


def grouped_codes(codes: Ints) -> Grouping:
    """Lines grouped by a whole number that stands for their order."""
    _, first, places = np.unique(codes, return_index=True, return_inverse=True)
    appeared = np.empty(len(first), np.int64)
    appeared[np.argsort(first, kind="stable")] = np.arange(len(first))
    return Grouping(appeared[places].astype(np.int64), len(first))
