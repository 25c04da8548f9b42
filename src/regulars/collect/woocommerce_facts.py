"""What a WooCommerce export says about its orders as wholes: how they stand, what they sum to, what came back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from regulars.collect.cells import text
from regulars.collect.grouping import CENT, Grouping, Ints
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools, Lines, with_nulls
from regulars.collect.refunds import taken
from regulars.collect.times import Instants, instants
from regulars.collect.vocabulary import plain_status
from regulars.collect.whole_orders import ENDED, PAID, PART_REFUNDED, UNPAID, OrderFacts
from regulars.collect.woocommerce_items import Items, holds_tax
from regulars.collect.woocommerce_refunds import Dated, joined
from regulars.collect.woocommerce_words import COMPLETED, STANDINGS

_LATER = ("paid_at", "completed_at", "modified_at", "refunded_at")
_OFFSET = r"(?:[Zz]|[+-]\d\d:?\d\d)$"
_HALF_CENT = CENT // 2


@dataclass(frozen=True)
class Stated:
    """Amounts that stand on the orders, one entry per order; 0 and false where a file does not say."""

    subtotal: Ints
    has_subtotal: Bools
    discount: Ints
    shipping: Ints
    fees: Ints
    taxes: Ints
    total: Ints
    has_total: Bools
    refund: Ints

    @property
    def items_value(self) -> Ints:
        """What the items sum to after discounts: subtotal less discount, else what is left of the total."""
        rest = self.total - self.shipping - self.fees - self.taxes
        return np.where(self.has_subtotal, self.subtotal - self.discount, np.maximum(rest, 0))


def stated_by(lines: Lines, grouping: Grouping) -> Stated:
    """The orders' amounts; their cells were carried over all lines of each order, so each is taken once."""
    first = grouping.first_line
    amounts = {
        target: lines.amounts(target)
        for target in ("subtotal", "order_discount", "shipping", "fees", "taxes", "order_total", "refund")
    }
    units = {target: found.units[first] for target, found in amounts.items()}
    return Stated(
        units["subtotal"], amounts["subtotal"].valid[first], np.abs(units["order_discount"]), units["shipping"],
        units["fees"], units["taxes"], units["order_total"], amounts["order_total"].valid[first], np.abs(units["refund"]),
    )  # fmt: skip


@dataclass(frozen=True)
class Course:
    """How far each order has gone: one entry per order.

    ``given_back`` is all that was given back of a sale, ``is_full`` that nothing of it was kept, ``is_cancelled``
    that it was cancelled after it had been paid.
    """

    status: Array
    left_out: Array
    given_back: Ints
    is_full: Bools
    is_cancelled: Bools
    was_cancelled: Bools
    tells_payment: bool
    custom: tuple[str, ...]

    @property
    def progress(self) -> Ints:
        """``orders.progress``; an unpaid order that was cancelled has ended only where the file cannot say whether
        it was paid: WooCommerce cancels unpaid orders by itself, and some are paid after all."""
        left_out = np.asarray(self.left_out.is_valid())
        ended = self.is_full | (self.was_cancelled & ~(left_out & self.tells_payment))
        sale = np.where(self.given_back > 0, PART_REFUNDED, PAID)
        return np.where(ended, ENDED, np.where(left_out, UNPAID, sale)).astype(np.int64)


def course_of(lines: Lines, grouping: Grouping, stated: Stated, items: Items, dated: Dated) -> Course:
    """How the orders stand, from their status, what came back and whether they had been paid."""
    first = grouping.first_line
    status = lines.text("status").take(pa.array(first))
    coded = status.dictionary_encode()
    words = [plain_status(word) for word in coded.dictionary.to_pylist()]
    custom = [
        word
        for word, plain in zip(coded.dictionary.to_pylist(), words, strict=True)
        if plain not in STANDINGS
    ]
    standing = np.array([STANDINGS.get(word, "sale") for word in words] + ["sale"], object)
    standing = standing[np.asarray(pc.fill_null(coded.indices.cast(pa.int64()), len(words)))]
    worth = _per_order(grouping, items, items.value)
    back = np.maximum(stated.refund, _per_order(grouping, items, items.refunded))
    back = np.maximum(back, _dated_amounts(grouping, dated))
    cancelled = standing == "cancelled"
    after_payment = cancelled & (_optional_times(lines, "paid_at").valid[first] | (back > 0))
    full = (standing == "refunded") | ((back > 0) & (back >= np.where(stated.has_total, stated.total, worth)))
    left = (standing == "unpaid") | (cancelled & ~after_payment)
    back = np.where(standing == "refunded", np.maximum(back, np.maximum(stated.total, worth)), back)
    back = np.where(after_payment, np.maximum(np.where(back > 0, back, stated.total), worth), back)
    words_out = np.where(standing == "unpaid", "unpaid", "cancelled").astype(str)
    return Course(
        status,
        pa.array(words_out, pa.string(), mask=~left),
        np.where(left, 0, back),
        full & ~left,
        after_payment,
        cancelled,
        lines.has("paid_at"),
        tuple(custom),
    )


def _per_order(grouping: Grouping, items: Items, values: Ints) -> Ints:
    return Grouping(grouping.of_line[items.place], grouping.count).sum(values)


def _dated_amounts(grouping: Grouping, dated: Dated) -> Ints:
    amounts = np.zeros(grouping.count, np.int64)
    np.add.at(amounts, dated.order, dated.amount)
    return amounts


def _optional_times(lines: Lines, target: str) -> Instants:
    """Times that a file may lack or spoil without harm to its orders."""
    return instants(lines.cells(target), lines.reading.zone, lines.reading.date_order)


def first_refund_dates(lines: Lines, grouping: Grouping, dated: Dated, course: Course) -> Dated:
    """The dated refunds, and those of which the file names only the day of an order's first one."""
    if not lines.has("refunded_at"):
        return dated
    at = taken(_optional_times(lines, "refunded_at"), grouping.first_line)
    known = np.zeros(grouping.count, bool)
    known[dated.order] = True
    orders = np.flatnonzero(at.valid & ~known & (course.given_back > 0))
    return joined(dated, Dated(orders, course.given_back[orders], taken(at, orders)))


def facts_of(
    lines: Lines,
    grouping: Grouping,
    keys: Array,
    stated: Stated,
    course: Course,
    dated: Dated,
    *,
    with_tax: bool,
) -> OrderFacts:
    """The orders as the kit for whole orders wants them."""
    first = grouping.first_line
    take = pa.array(first)
    has = {target: lines.has(target) for target in ("shipping", "taxes", "order_total")}
    currency = pc.fill_null(pc.utf8_upper(text(lines.cells("currency")).take(take)), lines.reading.currency)
    return OrderFacts(
        order_id=keys.take(take),
        user_id=lines.ids("user_id").take(take),
        placed=taken(lines.times(), first),
        currency=currency,
        status=course.status,
        left_out=course.left_out,
        is_cancelled=course.was_cancelled,
        progress=course.progress,
        changed_us=_changed(lines, grouping, dated, course),
        refund_value=course.given_back,
        shipping_value=with_nulls(stated.shipping, np.full(grouping.count, has["shipping"])),
        tax_value=with_nulls(stated.taxes, np.full(grouping.count, has["taxes"])),
        total_value=with_nulls(stated.total, stated.has_total),
        tax_is_included=pa.array([with_tax] * grouping.count, pa.bool_()),
        channel=lines.text("channel").take(take),
        campaign=pa.nulls(grouping.count, pa.string()),
    )


def _changed(lines: Lines, grouping: Grouping, dated: Dated, course: Course) -> Ints:
    """The latest instant that each order names; of two versions that name the same, the completed one is later, and
    so is the one that was cancelled."""
    done = np.array([plain_status(word or "") in COMPLETED for word in course.status.to_pylist()], np.int64)
    done |= course.was_cancelled
    first = grouping.first_line
    latest = lines.times().occurred_us[first]
    for target in _LATER:
        if lines.has(target):
            later = taken(_optional_times(lines, target), first)
            latest = np.where(later.valid, np.maximum(latest, later.occurred_us), latest)
    np.maximum.at(latest, dated.order, dated.at.occurred_us)
    return latest + done


def tax_is_included(lines: Lines, grouping: Grouping, stated: Stated, items: Items) -> bool:
    """Whether the items' values hold the taxes: of the orders with taxes, the sums of most say so.

    WooCommerce writes items without tax; a shop's own changes to an export may add it.
    """
    if holds_tax(lines):
        return True
    without, with_tax = _fits(grouping, stated, items)
    return bool(with_tax.sum() > without.sum())


def _fits(grouping: Grouping, stated: Stated, items: Items) -> tuple[Bools, Bools]:
    """The orders with taxes whose sums fit: items without tax, and items with it."""
    counted = stated.has_total & (np.abs(stated.taxes) > CENT)
    off = _per_order(grouping, items, items.value) + stated.shipping + stated.fees - stated.total
    near = 2 * CENT + np.bincount(grouping.of_line[items.place], minlength=grouping.count) * _HALF_CENT
    return counted & (np.abs(off + stated.taxes) <= near), counted & (np.abs(off) <= near)


def notes_of(
    lines: Lines, grouping: Grouping, stated: Stated, items: Items, course: Course, *, with_tax: bool
) -> tuple[str, ...]:
    """What a shopkeeper should know about how the file was read."""
    held = "hold the taxes" if with_tax else "are without tax, as WooCommerce writes them"
    notes = [f"the amounts of items {held}"]
    if course.custom:
        counts = Counter(course.status.to_pylist())
        listed = ", ".join(f"{word} ({counts[word]})" for word in sorted(course.custom))
        notes.append(f"statuses of the shop's own, counted as paid: {listed}")
    notes += _zone_note(lines)
    notes += _sum_note(grouping, stated, items, with_tax=with_tax)
    if lines.has("refunded_at") and (course.given_back > 0).any():
        notes.append("refunds count from the day of their order's first refund: the file names no other")
    if items.is_net.any():
        notes.append(
            "quantities lack what came back; the units are found again from the order's subtotal "
            "(add the field Quantity to the export, and they are exact)"
        )
    return tuple(notes)


def _zone_note(lines: Lines) -> list[str]:
    cells = lines.cells("time")
    if lines.reading.zone != "UTC" or not pa.types.is_string(cells.type) or lines.count == 0:
        return []
    if pc.any(pc.match_substring_regex(text(cells), _OFFSET)).as_py():
        return []
    return [
        "times have no offset and are read as UTC, the zone in regulars.toml; WooCommerce writes the shop's own clock: "
        'type it there (time_zone = "Europe/Berlin" under [shop]) and import again'
    ]


def _sum_note(grouping: Grouping, stated: Stated, items: Items, *, with_tax: bool) -> list[str]:
    off = _per_order(grouping, items, items.value) + stated.shipping + stated.fees - stated.total
    off = off + (0 if with_tax else stated.taxes)
    near = 2 * CENT + np.bincount(grouping.of_line[items.place], minlength=grouping.count) * _HALF_CENT
    wrong = int((stated.has_total & (np.abs(off) > near)).sum())
    if not wrong:
        return []
    return [
        f"{wrong} of {grouping.count} orders: items, postage, fees and taxes do not sum to the order's total "
        "(a field that the export leaves out, such as fees)"
    ]
