"""Refunds of orders: as a file states them, and as the parts of them that items were worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.collect.grouping import Grouping, Ints
from regulars.collect.lines import Bools
from regulars.collect.times import Instants

_INSTANT = ("occurred_us", "day", "second", "valid")


@dataclass(frozen=True)
class Refunds:
    """One entry per refund: of one line (its place in the file) or of an order as a whole (``line`` -1).

    ``value`` is what was given back, > 0; what exceeds the value of the order's items (postage, taxes) stays in the ledger
    alone. ``quantity`` is 0 where it is unknown. ``at`` is valid where the refund has a day of its own. A
    cancellation takes back whatever is left of the order.
    """

    order: Ints
    line: Ints
    quantity: Ints
    value: Ints
    at: Instants
    is_cancellation: Bools


def order_refunds(value: Ints, at: Instants, is_cancellation: Bools) -> Refunds:
    """At most one refund per order and of the order as a whole: ``value`` and the others have an entry per order.

    Orders with value 0 that were not cancelled have none.
    """
    of = np.flatnonzero((value > 0) | is_cancellation)
    none = np.zeros(len(of), np.int64)
    return Refunds(of, none - 1, none, value[of], taken(at, of), is_cancellation[of])


def taken(instants: Instants, places: Ints) -> Instants:
    """Some of the instants."""
    return Instants(*(getattr(instants, name)[places] for name in _INSTANT))


def instants_where(condition: Bools, one: Instants, other: Instants) -> Instants:
    """Instants of the one where the condition holds, else of the other."""
    return Instants(*(np.where(condition, getattr(one, name), getattr(other, name)) for name in _INSTANT))


def of_sales(refunds: Refunds, sale: Bools) -> Refunds:
    """Refunds of sales in the order in which they happened; those without a day come last."""
    at = np.where(refunds.at.valid, refunds.at.occurred_us, np.iinfo(np.int64).max)
    order = np.lexsort((refunds.line, refunds.is_cancellation, at, refunds.order))
    return _some(refunds, order[sale[refunds.order[order]]])


def _some(refunds: Refunds, places: Ints) -> Refunds:
    return Refunds(
        refunds.order[places],
        refunds.line[places],
        refunds.quantity[places],
        refunds.value[places],
        taken(refunds.at, places),
        refunds.is_cancellation[places],
    )


def by_line(refunds: Refunds, grouping: Grouping, quantity: Ints, value: Ints) -> Refunds:
    """Refunds cut to what was left of their orders; one that takes back a whole order is told line by line."""
    worth = grouping.sum(value)[refunds.order]
    given = np.where(refunds.is_cancellation, worth, refunds.value)
    before = _earlier_in_order(refunds.order, given)
    part = np.minimum(before + given, worth) - np.minimum(before, worth)
    of_line = refunds.line >= 0
    entire = ~of_line & (before == 0) & (part == worth) & ((worth > 0) | refunds.is_cancellation)
    single = np.flatnonzero(~entire & (part > 0))
    starts = np.full(grouping.count, -1, np.int64)
    starts[refunds.order[entire]] = np.flatnonzero(entire)
    line = np.flatnonzero((starts[grouping.of_line] >= 0) & ((quantity != 0) | (value != 0)))
    whole = _some(refunds, starts[grouping.of_line[line]])
    one = _some(refunds, single)
    return Refunds(
        np.concatenate([one.order, whole.order]),
        np.concatenate([one.line, line]),
        np.concatenate([one.quantity, quantity[line]]),
        np.concatenate([part[single], value[line]]),
        Instants(*(np.concatenate([getattr(one.at, n), getattr(whole.at, n)]) for n in _INSTANT)),
        np.concatenate([one.is_cancellation, whole.is_cancellation]),
    )


def _earlier_in_order(order: Ints, value: Ints) -> Ints:
    """Sum of the values before each one of the same order; refunds of an order stand together."""
    before = np.cumsum(value) - value
    if len(order) == 0:
        return before
    first = np.concatenate([[True], order[1:] != order[:-1]])
    return np.asarray(before - before[first][np.cumsum(first) - 1])
