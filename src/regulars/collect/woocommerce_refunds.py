"""What was given back of WooCommerce orders: when, of which item, and how much.

An export says it in up to four places: a cell with the refunds of the order and their dates, rows of their own
with negative amounts, an amount per item, and one per order. The most exact one counts for each part: dates come
from the first two, items from all but the last, and the amount of the order is never exceeded for its items.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from regulars.collect.amounts import ten_thousandths
from regulars.collect.grouping import Grouping, Ints
from regulars.collect.lines import Bools, Lines
from regulars.collect.packed_items import value_of
from regulars.collect.refunds import Refunds, taken
from regulars.collect.times import Instants, instants
from regulars.collect.woocommerce_items import Items, is_item, record_amounts, records_in, row_items

_UNDATED = -1


@dataclass(frozen=True)
class Dated:
    """Refunds with a day of their own, one entry per refund.

    ``amount`` is all that was given back. ``parts`` are the items of those refunds that name any: (item, quantity,
    value); an empty list means that nothing of it was for items, and a refund that is not in it does not say.
    """

    order: Ints
    amount: Ints
    at: Instants
    parts: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)


def no_dated_refunds() -> Dated:
    """A file that dates none."""
    none = np.zeros(0, np.int64)
    return Dated(none, none, Instants(none, none, none, np.zeros(0, bool)))


def joined(one: Dated, other: Dated) -> Dated:
    """The refunds of both."""
    start = len(one.order)
    at = Instants(
        *(
            np.concatenate([getattr(one.at, n), getattr(other.at, n)])
            for n in ("occurred_us", "day", "second", "valid")
        )
    )
    return Dated(
        np.concatenate([one.order, other.order]),
        np.concatenate([one.amount, other.amount]),
        at,
        one.parts | {start + number: parts for number, parts in other.parts.items()},
    )


def refunds_in_cells(lines: Lines, grouping: Grouping, items: Items) -> Dated:
    """The refunds that the cells of ``refunds`` list; each order's cell is read once, on its first line."""
    first = np.zeros(lines.count, bool)
    first[grouping.first_line] = True
    place, records = records_in(lines, "refunds")
    mine = [number for number, line in enumerate(place) if first[line]]
    records = [records[number] for number in mine]
    line = np.array([place[number] for number in mine], np.int64)
    dates = pa.array([value_of(record, "date", "date_created") for record in records], pa.string())
    at = instants(dates, lines.reading.zone, lines.reading.date_order)
    amounts = record_amounts(records, "amount", "total")
    bad = np.zeros(lines.count, bool)
    bad[line[~amounts.valid]] = True
    lines.reject(bad, "bad_number", "refunds", "an amount for every refund")
    dated = np.flatnonzero(at.valid & (amounts.units != 0))
    known = {
        (int(grouping.of_line[place]), name): number
        for number, (place, name) in enumerate(zip(items.place, items.line_id.to_pylist(), strict=True))
        if name is not None
    }
    order = grouping.of_line[line[dated]]
    parts = {
        number: _named_parts(records[place]["line_items"], int(order[number]), known)
        for number, place in enumerate(dated.tolist())
        if isinstance(records[place].get("line_items"), list) and records[place]["line_items"]
    }
    return Dated(order, np.abs(amounts.units[dated]), taken(at, dated), parts)


def _named_parts(
    entries: list[dict[str, object]], order: int, known: dict[tuple[int, str], int]
) -> list[tuple[int, int, int]]:
    parts = []
    for entry in entries:
        item = known.get((order, str(entry.get("refunded_item_id"))))
        if item is not None:
            numbers = ten_thousandths(
                pa.array([str(entry.get("refund_total")), str(entry.get("qty"))]), "point"
            )
            parts.append((item, abs(int(numbers.units[1])), abs(int(numbers.units[0]))))
    return parts


def refunds_in_rows(
    lines: Lines, grouping: Grouping, items: Items, back: Bools, at: Instants, total: Ints
) -> Dated:
    """Refunds that stand in rows of their own (``back``), with the time and total of each row.

    Rows of one order and one instant are one refund; its total stands on each of them.
    """
    sold = row_items(lines, back & is_item(lines) & lines.accepted)
    names = zip(grouping.of_line[items.place].tolist(), items.item_id.to_pylist(), strict=True)
    by_name = {name: number for number, name in reversed(list(enumerate(names)))}
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(back & lines.accepted).tolist():
        found[int(grouping.of_line[row]), int(at.occurred_us[row])].append(row)
    returned = {
        place: (name, abs(int(quantity)), abs(int(value)))
        for place, name, quantity, value in zip(
            sold.place.tolist(), sold.item_id.to_pylist(), sold.quantity, sold.value, strict=True
        )
    }
    parts: dict[int, list[tuple[int, int, int]]] = {}
    amounts = []
    for number, ((order, _), rows) in enumerate(found.items()):
        told = [returned[row] for row in rows if row in returned]
        named = [
            (by_name[order, name], units, value) for name, units, value in told if (order, name) in by_name
        ]
        amounts.append(max(int(total[rows].max()), sum(value for _, _, value in told)))
        if named and len(named) == len(told):
            parts[number] = named
    firsts = np.array([rows[0] for rows in found.values()], np.int64)
    return Dated(grouping.of_line[firsts], np.array(amounts, np.int64), taken(at, firsts), parts)


@dataclass
class _Entries:
    order: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    quantity: list[int] = field(default_factory=list)
    value: list[int] = field(default_factory=list)
    when: list[int] = field(default_factory=list)
    cancels: list[bool] = field(default_factory=list)

    def add(
        self, order: int, line: int, quantity: int, value: int, when: int, *, cancels: bool = False
    ) -> None:
        if value > 0 or cancels:
            self.order.append(order)
            self.line.append(line)
            self.quantity.append(quantity)
            self.value.append(value)
            self.when.append(when)
            self.cancels.append(cancels)


def refunds_of(
    items: Items, grouping: Grouping, dated: Dated, given_back: Ints, is_full: Bools, is_cancelled: Bools
) -> Refunds:
    """Refunds of orders from all that is known of them.

    Parameters
    ----------
    items
        With what was given back of each, where the file says so; their places are lines of ``grouping``.
    grouping
        Of the items: which order each belongs to.
    given_back
        Per order, all that was given back: items, postage and taxes.
    is_full
        Per order: nothing of it was kept.
    is_cancelled
        Per order: cancelled after it was paid.
    """
    worth, by_item = grouping.sum(items.value), grouping.sum(items.refunded)
    of_order: dict[int, list[int]] = defaultdict(list)
    for number, order in enumerate(dated.order.tolist()):
        of_order[order].append(number)
    mine: dict[int, list[int]] = defaultdict(list)
    concerned = (given_back > 0) | (by_item > 0) | is_full
    for number in np.flatnonzero(concerned[grouping.of_line]).tolist():
        mine[int(grouping.of_line[number])].append(number)
    entries = _Entries()
    for order in np.flatnonzero(concerned).tolist():
        if is_cancelled[order] and not of_order[order] and by_item[order] == 0:
            continue
        _Order(
            order,
            int(worth[order]),
            int(given_back[order]),
            bool(is_full[order]),
            of_order[order],
            mine[order],
        ).enter(entries, items, dated)
    for order in np.flatnonzero(is_cancelled).tolist():
        entries.add(order, -1, 0, int(worth[order]), _UNDATED, cancels=True)
    return _refunds(entries, dated.at)


def _refunds(entries: _Entries, at: Instants) -> Refunds:
    when = np.array(entries.when, np.int64)
    # One more entry without a time, which -1 points to.
    open_at = Instants(
        *(np.concatenate([getattr(at, n), [0]]) for n in ("occurred_us", "day", "second", "valid"))
    )
    times = taken(open_at, when)
    return Refunds(
        np.array(entries.order, np.int64),
        np.array(entries.line, np.int64),
        np.array(entries.quantity, np.int64),
        np.array(entries.value, np.int64),
        Instants(times.occurred_us, times.day, times.second, times.valid.astype(bool)),
        np.array(entries.cancels, bool),
    )


@dataclass(frozen=True)
class _Order:
    """One order with refunds, the numbers of its dated ones and of its items."""

    order: int
    worth: int
    given_back: int
    is_full: bool
    dated: list[int]
    items: list[int]

    def enter(self, entries: _Entries, items: Items, dated: Dated) -> None:
        """Add its refunds: those that name items, then what is known of items alone, then the rest."""
        undated = max(self.given_back - int(dated.amount[self.dated].sum()), 0)
        if self.is_full and len(self.dated) + (undated > 0) <= 1:
            when = self.dated[0] if self.dated else _UNDATED
            entries.add(self.order, -1, 0, max(self.given_back, self.worth), when)
            return
        silent = [(number, int(dated.amount[number])) for number in self.dated if number not in dated.parts]
        silent += [(_UNDATED, undated)] if undated or not self.dated else []
        told = self._named(entries, dated)
        known = {item: int(items.refunded[item]) - told[item] for item in self.items}
        by_item = any(value > 0 for value in known.values())
        for item, value in known.items():
            if by_item and value > 0:
                self._share(entries, item, int(items.refunded_quantity[item]), value, silent)
                told[item] += value
        for number, amount in silent if not by_item else []:
            entries.add(self.order, -1, 0, amount, number)
        if self.is_full:
            last = max(self.dated, key=lambda number: int(dated.at.occurred_us[number]), default=_UNDATED)
            when = _UNDATED if undated else last
            if silent and not by_item:
                entries.add(self.order, -1, 0, self.worth, when)
                return
            for item in self.items:
                entries.add(self.order, item, 0, int(items.value[item]) - told[item], when)

    def _named(self, entries: _Entries, dated: Dated) -> dict[int, int]:
        """Add the refunds that name items; what was given back of each."""
        told = dict.fromkeys(self.items, 0)
        for number in self.dated:
            for item, quantity, value in dated.parts.get(number, ()):
                entries.add(self.order, item, quantity, value, number)
                told[item] += value
        return told

    def _share(
        self, entries: _Entries, item: int, quantity: int, value: int, silent: list[tuple[int, int]]
    ) -> None:
        """One item's refund over the refunds that name no items, in proportion to their amounts."""
        total = sum(amount for _, amount in silent)
        if total == 0:
            entries.add(self.order, item, quantity, value, _UNDATED)
            return
        before = given = 0
        for number, amount in silent:
            before += amount
            upto = value * before // total
            entries.add(self.order, item, quantity if len(silent) == 1 else 0, upto - given, number)
            given = upto
