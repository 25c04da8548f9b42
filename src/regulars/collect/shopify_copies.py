"""Which lines are one order of Shopify: mostly those of one name, but a file may hold an order several times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from regulars.collect.cells import text
from regulars.collect.grouping import Grouping, Ints, grouped, grouped_codes
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools, Lines
from regulars.collect.times import instants
from regulars.collect.vocabulary import plain_word

_SUMS = ("subtotal", "order_total")
_CHANGES = ("status", "subtotal", "order_total", "refund", "cancelled_at")
_INSTANTS = ("time", "paid_at", "fulfilled_at", "cancelled_at")
_ROUNDED = r"^\s*\d[\d.,]*[eE]\+?\d+\s*$"  # a spreadsheet program's short form, the same for many numbers
_GONE = {"": 0, "paid": 1, "partiallypaid": 1, "partiallyrefunded": 2, "refunded": 3, "voided": 3}


@dataclass(frozen=True)
class Copies:
    """The orders of a file: their lines and names, the lines of older or equal copies of an order, and notes."""

    grouping: Grouping
    order_id: Array
    is_repeat: Bools
    notes: tuple[str, ...] = ()


def orders_of(lines: Lines) -> Copies:
    """Lines grouped by the order's name, whatever their place in the file.

    A name with several first rows is one of three things. Different values of ``Id``: several orders of one
    name; all but the one with the smallest Id are called name/Id. Cells that were filled down over the lines:
    one order. Otherwise the same order several times, as when monthly exports were put together in one file: the
    version that has gone furthest counts (of equal ones the last), and the lines of the others only as read.
    Cells that were filled down stand on every line of an order; where every line of a name has them, copies of an
    order of one line are told by lines that are worth the same, one of which gives the Subtotal.
    """
    names = lines.text("order_id")
    named = grouped(names)
    head = _first_rows(lines, named)
    heads = named.sum(head.astype(np.int64))
    none = np.zeros(lines.count, bool)
    if (heads < 2).all():
        return Copies(named, names.take(pa.array(named.first_line)), none)
    block, of_block = _blocks(named, head, heads)
    order, several = _by_shop_id(lines, named, block, of_block)
    order_id = names.take(pa.array(order.first_line))
    if several.any():
        order_id = _with_shop_id(lines, named, order, order_id, several)
    copied = (heads < named.size()) | _changed(lines, named, head) | _repeats_fit(lines, named, block, head)
    again = ~several & (heads > 1) & copied
    furthest = _furthest(lines, named, block, of_block)
    repeat = again[named.of_line] & (block.of_line != furthest[named.of_line])
    return Copies(order, order_id, repeat, _notes(int(several.sum()), int(again.sum())))


def _first_rows(lines: Lines, named: Grouping) -> Bools:
    """Lines with the sums of their order; of a name without any sum those with its status.

    A status alone is often filled down, for a filter by it.
    """
    sums = _stated(lines, _SUMS)
    return np.where(named.any(sums)[named.of_line], sums, _stated(lines, ("status",)))


def _stated(lines: Lines, targets: tuple[str, ...]) -> Bools:
    """Lines in which one of the cells says something."""
    found = np.zeros(lines.count, bool)
    for target in targets:
        found |= np.asarray(text(lines.cells(target)).is_valid())
    return found


def _blocks(named: Grouping, head: Bools, heads: Ints) -> tuple[Grouping, Ints]:
    """Lines of a name from one first row to the next, and the name that each such block belongs to."""
    by_name = np.argsort(named.of_line, kind="stable")
    upto = np.cumsum(head[by_name])
    before = np.concatenate([[0], np.cumsum(heads)[:-1]])
    number = np.empty(len(head), np.int64)
    number[by_name] = np.maximum(upto - before[named.of_line[by_name]], 1)
    block = grouped_codes(named.of_line * (int(heads.max()) + 1) + number)
    return block, named.of_line[block.first_line]


def _by_shop_id(lines: Lines, named: Grouping, block: Grouping, of_block: Ints) -> tuple[Grouping, Bools]:
    """Orders by name and, where a name has several values of ``Id``, by these; and which names have several."""
    ids = _shop_ids(lines)
    first = block.first_where(np.asarray(ids.is_valid()))
    coded = ids.dictionary_encode()
    code = np.asarray(pc.fill_null(coded.indices.cast(pa.int64()), 0)) + 1
    of = np.where(first >= 0, code[first], 0) if len(code) else np.zeros(block.count, np.int64)
    pairs = np.unique(np.stack([of_block[of > 0], of[of > 0]]), axis=1)
    several = np.bincount(pairs[0], minlength=named.count) > 1
    # A block without an Id goes with the smallest code of its name.
    smallest = np.full(named.count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, of_block[of > 0], of[of > 0])
    of = np.where(several[of_block], np.where(of > 0, of, smallest[of_block]), 0)
    width = len(coded.dictionary) + 2
    return grouped_codes(named.of_line * width + of[block.of_line]), several


def _shop_ids(lines: Lines) -> Array:
    """The values of ``Id``; one that a spreadsheet program rounded names no order."""
    ids = text(lines.cells("shop_order_id"))
    rounded = pc.match_substring_regex(ids, _ROUNDED)
    return pc.if_else(pc.fill_null(rounded, False), pa.scalar(None, ids.type), ids)


def _with_shop_id(lines: Lines, named: Grouping, order: Grouping, order_id: Array, several: Bools) -> Array:
    """The names of orders; of those that share theirs, all but the one with the smallest Id with their Id."""
    ids = _shop_ids(lines)
    first = order.first_where(np.asarray(ids.is_valid()))
    own = [cell or "" for cell in ids.take(pa.array(first, mask=first < 0)).to_pylist()]
    name = named.of_line[order.first_line]
    called = order_id.to_pylist()
    met: set[int] = set()
    sharing = np.flatnonzero(several[name]).tolist()
    for place in sorted(sharing, key=lambda one: (len(own[one]), own[one])):
        if int(name[place]) in met:
            called[place] = f"{called[place]}/{own[place]}"
        met.add(int(name[place]))
    return pa.array(called, pa.string())


def _changed(lines: Lines, named: Grouping, head: Bools) -> Bools:
    """Names whose first rows contradict one another in status or sums."""
    changed = np.zeros(named.count, bool)
    for target in _CHANGES:
        coded = text(lines.cells(target)).dictionary_encode()
        said = np.asarray(coded.is_valid()) & head
        pairs = np.stack(
            [named.of_line[said], np.asarray(pc.fill_null(coded.indices, 0)).astype(np.int64)[said]]
        )
        changed |= np.bincount(np.unique(pairs, axis=1)[0], minlength=named.count) > 1
    return changed


def _repeats_fit(lines: Lines, named: Grouping, block: Grouping, head: Bools) -> Bools:
    """Names all of whose blocks are worth the same, one of which gives the Subtotal better than all lines together.

    Where one gives it no better and no worse (what costs nothing), the same item in every block tells copies.
    """
    price, count = lines.amounts("unit_price"), lines.amounts("quantity")
    worth = price.units / 10_000 * np.where(count.valid, count.units, 10_000)
    worth -= np.abs(lines.amounts("line_discount").units)
    by_block = np.bincount(block.of_line, worth, block.count)
    of_block = by_block[block.of_line[named.first_where(head)]]
    of_name = np.bincount(named.of_line, worth, named.count)
    uneven = named.any(np.abs(by_block[block.of_line] - of_block[named.of_line]) >= 1)
    subtotal, stated = named.once(lines.amounts("subtotal").units, lines.amounts("subtotal").valid)
    off, _ = named.once(np.abs(lines.amounts("order_discount").units), lines.amounts("order_discount").valid)
    one, all_ = np.abs(of_block - off - subtotal), np.abs(of_name - off - subtotal)
    return np.asarray(stated & ~uneven & ((one < all_) | ((one == all_) & _is_one_item(lines, named))))


def _is_one_item(lines: Lines, named: Grouping) -> Bools:
    """Names all of whose lines are of one item."""
    coded = pc.coalesce(lines.ids("sku"), lines.text("title")).dictionary_encode()
    code = np.asarray(pc.fill_null(coded.indices.cast(pa.int64()), -1))
    return ~named.any(code != code[named.first_line][named.of_line])


def _furthest(lines: Lines, named: Grouping, block: Grouping, of_block: Ints) -> Ints:
    """The block of each name whose status has gone furthest; of equal ones that with most refunds, then the last.

    So the store compares versions, too: the last is the one that names the latest instant, else stands last.
    """
    first = [block.first_where(_stated(lines, (target,))) for target in ("status", "refund", "cancelled_at")]
    words = lines.text("status").to_pylist()
    gone = np.array([_GONE.get(plain_word(words[p] or ""), 0) if p >= 0 else 0 for p in first[0]])
    gone = np.where(first[2] >= 0, 3, gone)
    refund = np.where(first[1] >= 0, np.abs(lines.amounts("refund").units)[first[1]], 0)
    order = np.lexsort((block.first_line, _latest(lines, block), refund, gone, of_block))
    furthest = np.empty(named.count, np.int64)
    furthest[of_block[order]] = order
    return furthest


def _latest(lines: Lines, block: Grouping) -> Ints:
    """The latest instant that each block names; 0 where it names none."""
    latest = np.zeros(block.count, np.int64)
    for target in filter(lines.has, _INSTANTS):
        at = instants(lines.cells(target), lines.reading.zone, lines.reading.date_order)
        np.maximum.at(latest, block.of_line, np.where(at.valid, at.occurred_us, 0))
    return latest


def _notes(several: int, again: int) -> tuple[str, ...]:
    notes = []
    if several:
        notes.append(
            f"{several} names belong to several orders (their Id differs): the later ones are called name/Id"
        )
    if again:
        notes.append(
            f"{again} orders stand more than once in the file: the version that has gone furthest counts, "
            "the lines of the others are read and not used"
        )
    return tuple(notes)
