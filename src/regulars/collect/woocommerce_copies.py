"""Orders that a WooCommerce file holds several times, as when monthly exports were put together in one file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from regulars.collect.cells import text
from regulars.collect.grouping import Grouping, Ints, grouped, grouped_codes
from regulars.collect.kernels import Array, pc, spread
from regulars.collect.lines import Bools, Lines
from regulars.collect.times import instants
from regulars.collect.vocabulary import plain_status
from regulars.collect.woocommerce_words import (
    COMPLETED,
    ITEM_WORDS,
    ORDER_WORDS,
    PACKED_TARGETS,
    STANDINGS,
)

_CHANGES = (
    "status",
    "order_total",
    "refund",
    "refunds",
    "paid_at",
    "completed_at",
    "modified_at",
    "refunded_at",
)
_GONE = {"unpaid": 0, "sale": 1, "cancelled": 3, "refunded": 4}
_KEYS = ("order_id", "internal_id")


def without_copies(lines: Lines, grouping: Grouping, back: Bools) -> tuple[str, ...]:
    """Let the lines of older or equal copies of an order say nothing; what a shopkeeper should know of it.

    Lines of one order that differ in status, total, refunds or a date of change are versions of it: the last one
    changed counts, else the one that has gone furthest, of equal ones the last. A line that repeats the number of an
    item, or a cell with all items of an order that has had one, is a copy. ``back`` lines are refunds in rows of
    their own, which are never copies.
    """
    version = _versions(lines, grouping, back)
    of_version = grouping.of_line[version.first_line]
    latest = _latest(lines, version, of_version, grouping.count)
    repeat = ~back & (version.of_line != latest[grouping.of_line])
    repeat |= ~back & ~repeat & _repeats(lines, grouping, back | repeat)
    again = int(grouping.any(repeat).sum())
    if not again:
        return ()
    mask = pa.array(repeat)
    for target in (*ORDER_WORDS, *ITEM_WORDS):
        if lines.has(target) and target not in _KEYS:
            cells = lines.cells(target)
            lines.put(target, pc.if_else(mask, pa.scalar(None, cells.type), cells))
    return (
        f"{again} orders stand more than once in the file: the latest version of each counts, "
        "the lines of the others are read and not used",
    )


def _versions(lines: Lines, grouping: Grouping, back: Bools) -> Grouping:
    """Lines by order and version; a line that says nothing of its order goes with the order's line before it."""
    said = np.zeros(lines.count, bool)
    code = grouping.of_line + 0
    for target in _CHANGES:
        coded = text(lines.cells(target)).dictionary_encode()
        said |= np.asarray(coded.is_valid())
        own = np.asarray(pc.fill_null(coded.indices.cast(pa.int64()), -1)) + 1
        code = grouped_codes(code * (len(coded.dictionary) + 1) + own).of_line
    said &= ~back
    by_order = np.argsort(grouping.of_line, kind="stable")
    place = np.where(said[by_order], np.arange(lines.count), -1)
    place = np.maximum.accumulate(place) if lines.count else place
    before = by_order[np.maximum(place, 0)]
    known = (place >= 0) & (grouping.of_line[before] == grouping.of_line[by_order])
    first = grouping.first_where(said)[grouping.of_line[by_order]]
    source = np.where(known, before, first)
    of_line = np.empty(lines.count, np.int64)
    # An order that says nothing at all has one version, numbered apart from the others.
    of_line[by_order] = np.where(source >= 0, code[source], lines.count + grouping.of_line[by_order])
    return grouped_codes(of_line)


def _latest(lines: Lines, version: Grouping, of_version: Ints, count: int) -> Ints:
    """The version of each order that counts."""
    if version.count == count:
        latest = np.empty(count, np.int64)
        latest[of_version] = np.arange(count)
        return latest
    first = version.first_line
    changed = instants(lines.cells("modified_at"), lines.reading.zone, lines.reading.date_order)
    when = np.where(changed.valid, changed.occurred_us, 0)[first]
    coded = lines.text("status").dictionary_encode()
    plain = [plain_status(word) for word in coded.dictionary.to_pylist()]
    gone = np.array([_GONE[STANDINGS.get(word, "sale")] + (word in COMPLETED) for word in plain], np.int64)
    amount = lines.amounts("refund")
    listed = np.asarray(pc.fill_null(pc.binary_length(text(lines.cells("refunds"))), 0)).astype(np.int64)
    order = np.lexsort((
        _last_lines(version), listed[first], np.abs(amount.units)[first], spread(gone, coded)[first], when, of_version,
    ))  # fmt: skip
    latest = np.empty(count, np.int64)
    latest[of_version[order]] = order
    return latest


def _last_lines(version: Grouping) -> Ints:
    last = np.zeros(version.count, np.int64)
    np.maximum.at(last, version.of_line, np.arange(len(version.of_line)))
    return last


def _repeats(lines: Lines, grouping: Grouping, gone: Bools) -> Bools:
    """Lines that name an item of their order that a line before them has named, or hold all its items again."""
    repeat = _seen(grouping, lines.ids("line_id"), gone)
    cells = [text(lines.cells(t)) for t in ("line_items", *PACKED_TARGETS) if lines.has(t)]
    if cells and not lines.has("line_total"):
        packed = _any_valid(cells, lines.count)
        first = grouping.first_where(packed & ~gone)[grouping.of_line]
        repeat |= packed & (np.arange(lines.count) != first)
    return repeat


def _seen(grouping: Grouping, ids: Array, gone: Bools) -> Bools:
    known = np.asarray(ids.is_valid()) & ~gone
    pairs = grouping.of_line * (len(ids) + 1) + grouped(ids).of_line
    seen = np.zeros(len(ids), bool)
    if known.any():
        places = np.flatnonzero(known)
        _, first = np.unique(pairs[places], return_index=True)
        seen[places] = True
        seen[places[first]] = False
    return seen


def _any_valid(columns: Sequence[Array], count: int) -> Bools:
    found = np.zeros(count, bool)
    for cells in columns:
        found |= np.asarray(cells.is_valid())
    return found
