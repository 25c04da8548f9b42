"""Shopify's export of orders: one row per line item, what belongs to the order on its first row only."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from regulars.collect.cells import id_text, text
from regulars.collect.grouping import Grouping, Ints
from regulars.collect.kernels import Array, pc, spread
from regulars.collect.lines import Bools, Lines, with_nulls
from regulars.collect.people import person_ids
from regulars.collect.plan import NamedSource, WholeOrders
from regulars.collect.refunds import order_refunds, taken
from regulars.collect.shopify_amounts import LineAmounts, Taxes, line_amounts, taxes_of
from regulars.collect.shopify_copies import Copies, orders_of
from regulars.collect.shopify_words import (
    GUARDED,
    NOT_PAID,
    OF_ORDERS,
    SOLD,
    TEST_PAYMENT,
    TEST_TAG,
    VOID,
    WORDS,
    is_shopify_orders,
    order_columns,
)
from regulars.collect.times import Instants, instants
from regulars.collect.vocabulary import plain_word
from regulars.collect.whole_orders import (
    ENDED,
    PAID,
    PART_REFUNDED,
    UNPAID,
    OrderFacts,
    OrderLines,
    whole_orders,
)


def shopify_orders(lines: Lines) -> WholeOrders:
    """Whole orders from their lines, wherever in the file these stand.

    Paid orders are sales, also when paid in part; pending, authorised and expired ones are unpaid; void ones,
    and those cancelled before they were paid, are cancelled; those paid with the bogus gateway or tagged as a
    test are tests. ``Refunded Amount`` has no day, but what was paid and then cancelled goes back on the day of
    ``Cancelled at``.
    """
    _take_off_guards(lines)
    lines.require("order_id", np.asarray(lines.text("order_id").is_valid()), "the order's name in every line")
    copies = orders_of(lines)
    grouping = copies.grouping
    for target in filter(lines.has, OF_ORDERS):
        cells = lines.cells(target)
        lines.put(
            target,
            grouping.carried(pc.if_else(pa.array(copies.is_repeat), pa.scalar(None, cells.type), cells)),
        )
    lines.put("country", pc.coalesce(text(lines.cells("country")), text(lines.cells("billing_country"))))
    lines.put("item_id", pc.coalesce(lines.ids("sku"), lines.text("title")))
    words = _status_words(lines)
    _require_first_rows(lines, words)
    amounts, taxes = line_amounts(lines, copies, lines.text("item_id")), taxes_of(lines, grouping)
    facts, cancelled = _facts(lines, copies, words, amounts, taxes)
    refunds = order_refunds(facts.refund_value, cancelled, facts.is_cancelled)
    found = whole_orders(lines, grouping, _order_lines(lines, copies, amounts), facts, refunds)
    kept = ~grouping.any(~lines.accepted)
    notes = _notes(copies, taxes, int((amounts.is_edited & kept).sum()), words[grouping.first_line])
    return WholeOrders(found.events, found.orders, found.items, notes)


def _take_off_guards(lines: Lines) -> None:
    """Without the apostrophe that a spreadsheet program puts before what it must not change."""
    for target in GUARDED:
        if lines.has(target):
            cells = lines.cells(target)
            if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
                lines.put(target, pc.replace_substring_regex(id_text(cells), r"^['’`]\s*", ""))


def _status_words(lines: Lines) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """The Financial Status of each line's order as a plain word; empty where there is none."""
    coded = lines.text("status").dictionary_encode()
    words = np.array([plain_word(word) for word in coded.dictionary.to_pylist()], dtype=np.str_)
    return spread(words, coded) if len(words) else np.full(lines.count, "", dtype=np.str_)


def _require_first_rows(lines: Lines, words: np.ndarray[tuple[int], np.dtype[np.str_]]) -> None:
    """An order whose first row is not in the file has neither status nor sums, so it cannot be counted."""
    if not lines.has("status"):
        return
    said = (words != "") | np.asarray(text(lines.cells("paid_at")).is_valid())
    for target in ("subtotal", "order_total"):
        said |= lines.amounts(target).present
    lines.require("status", said, "the order's first row, which holds its status and sums, in the same file")


def _facts(
    lines: Lines,
    copies: Copies,
    words: np.ndarray[tuple[int], np.dtype[np.str_]],
    amounts: LineAmounts,
    taxes: Taxes,
) -> tuple[OrderFacts, Instants]:
    """Everything about the orders themselves, and when they were cancelled."""
    grouping = copies.grouping
    first = grouping.first_line
    at = [
        lines.times(),
        _told(lines, "paid_at"),
        _told(lines, "fulfilled_at"),
        lines.times("cancelled_at", needed=False),
    ]
    placed, paid, fulfilled, cancelled = (taken(found, first) for found in at)
    word = words[first]
    test = _matches(lines, "payment_method", TEST_PAYMENT)[first] | _matches(lines, "tags", TEST_TAG)[first]
    not_paid = np.isin(word, list(NOT_PAID)) | (
        (word == "") & lines.has("status") & lines.has("paid_at") & ~paid.valid & ~_is_free(lines, grouping)
    )
    void = np.isin(word, list(VOID)) | (not_paid & cancelled.valid)
    left_out = np.select([test, void, not_paid], ["test", "cancelled", "unpaid"], "")
    value = grouping.sum(amounts.list_value - amounts.discount)
    refund = _refunded(lines, grouping, word, value, cancelled.valid & (left_out == ""))
    ended = cancelled.valid | void | (word == "refunded") | ((refund > 0) & (refund >= value) & (value > 0))
    facts = OrderFacts(
        order_id=copies.order_id,
        user_id=_of_order(person_ids(lines), first),
        placed=placed,
        currency=pc.coalesce(pc.utf8_upper(_of_order(lines.text("currency"), first)), lines.reading.currency),
        status=_of_order(lines.text("status"), first),
        left_out=pc.if_else(
            pa.array(left_out == ""), pa.scalar(None, pa.string()), pa.array(left_out, pa.string())
        ),
        is_cancelled=cancelled.valid | void,
        progress=np.select([ended, not_paid, refund > 0], [ENDED, UNPAID, PART_REFUNDED], PAID).astype(
            np.int64
        ),
        changed_us=np.max(
            [np.where(one.valid, one.occurred_us, 0) for one in (placed, paid, fulfilled, cancelled)], axis=0
        ),
        refund_value=refund,
        shipping_value=_stated(lines, grouping, "shipping"),
        tax_value=_stated(lines, grouping, "taxes"),
        total_value=_stated(lines, grouping, "order_total"),
        tax_is_included=pa.array(taxes.is_included, mask=~taxes.known),
        channel=_of_order(lines.text("channel"), first),
        campaign=pa.nulls(grouping.count, pa.string()),
    )
    return facts, cancelled


def _told(lines: Lines, target: str) -> Instants:
    """Times that are worth knowing and no reason to reject a line."""
    return instants(lines.cells(target), lines.reading.zone, lines.reading.date_order)


def _matches(lines: Lines, target: str, pattern: str) -> Bools:
    return np.asarray(pc.fill_null(pc.match_substring_regex(text(lines.cells(target)), pattern), False))


def _of_order(cells: Array, first: Ints) -> Array:
    return cells.take(pa.array(first))


def _stated(lines: Lines, grouping: Grouping, target: str) -> Array:
    found = lines.amounts(target)
    return with_nulls(*grouping.once(found.units, found.valid))


def _is_free(lines: Lines, grouping: Grouping) -> Bools:
    """Orders that cost nothing: there was nothing to pay."""
    found = lines.amounts("order_total")
    total, stated = grouping.once(found.units, found.valid)
    return np.asarray(stated & (total == 0))


def _refunded(
    lines: Lines,
    grouping: Grouping,
    word: np.ndarray[tuple[int], np.dtype[np.str_]],
    value: Ints,
    cancelled: Bools,
) -> Ints:
    """What was given back: ``Refunded Amount``; without it all of an order that is refunded or cancelled."""
    found = lines.amounts("refund")
    refund, _ = grouping.once(np.abs(found.units), found.valid)
    total_found = lines.amounts("order_total")
    total, stated = grouping.once(total_found.units, total_found.valid)
    refund = np.where((word == "refunded") & (refund == 0), np.where(stated, total, value), refund)
    return np.where(cancelled, np.maximum(refund, value), refund)


def _order_lines(lines: Lines, copies: Copies, amounts: LineAmounts) -> OrderLines:
    return OrderLines(
        item_id=lines.text("item_id"),
        quantity=amounts.quantity,
        list_value=amounts.list_value,
        discount=amounts.discount,
        properties={
            "country": (lines.text("country"), "text"),
            "discount_code": (lines.text("discount_code"), "text"),
            "vendor": (lines.text("vendor"), "text"),
        },
    )


def _notes(
    copies: Copies, taxes: Taxes, edited: int, word: np.ndarray[tuple[int], np.dtype[np.str_]]
) -> tuple[str, ...]:
    """What reading the whole file showed; ``edited`` orders do not explain their Subtotal."""
    notes = [taxes.note, *copies.notes]
    if edited:
        notes.append(
            f"{edited} orders whose lines and discount do not give their Subtotal (edited orders): the Subtotal "
            "stands, and the difference is shared out over their lines"
        )
    known = NOT_PAID | VOID | SOLD | {""}
    strange = sorted(set(word.tolist()) - known)
    if strange:
        count = int(np.isin(word, strange).sum())
        notes.append(
            f"{count} orders with a Financial Status that is not known count as paid: {', '.join(strange[:5])}"
        )
    return tuple(notes)


SHOPIFY = NamedSource(
    name="shopify",
    kind="whole_orders",
    doc="Shopify, Orders > Export: one row per line item, the order's cells on its first row",
    targets=tuple(WORDS),
    needs=(("order_id",), ("time",), ("title", "sku"), ("unit_price", "subtotal", "order_total")),
    check=shopify_orders,
    words=WORDS,
    complete=order_columns,
    recognises=is_shopify_orders,
    reads_whole=True,
    notes=(
        "an order's discount is shared out over its lines, so that they sum to the Subtotal; a refund has no day in this file",
    ),
)
