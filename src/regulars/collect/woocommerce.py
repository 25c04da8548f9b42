"""Orders of a WooCommerce shop, in the exports that carry an e-mail address.

Three plug-ins write them: Customer/Order/Coupon Export, Order Export & Order Import (also sold as Import Export
Suite), both with one row per order or per item, and Advanced Order Export. Nothing tells them apart but names, so
every column is found by its name in any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from regulars.collect.cells import text
from regulars.collect.contacts import without_contacts
from regulars.collect.grouping import Grouping, Ints, grouped
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools, Lines
from regulars.collect.mapping import columns_named
from regulars.collect.people import email_ids, phone_ids
from regulars.collect.plan import NamedSource, WholeOrders
from regulars.collect.records import RawBatch
from regulars.collect.times import Instants, instants
from regulars.collect.vocabulary import plain_word
from regulars.collect.whole_orders import OrderFacts, OrderLines, whole_orders
from regulars.collect.woocommerce_cents import to_the_cent
from regulars.collect.woocommerce_copies import without_copies
from regulars.collect.woocommerce_facts import (
    Course,
    Stated,
    course_of,
    facts_of,
    first_refund_dates,
    notes_of,
    stated_by,
    tax_is_included,
)
from regulars.collect.woocommerce_items import (
    Items,
    is_item,
    line_type_is,
    packed_items,
    packed_targets,
    row_items,
    with_itemless,
)
from regulars.collect.woocommerce_refunds import (
    Dated,
    joined,
    no_dated_refunds,
    refunds_in_cells,
    refunds_in_rows,
    refunds_of,
)
from regulars.collect.woocommerce_words import ORDER_WORDS, PACKED_COLUMN_COUNT, REFUND_LINES, SIGNS, WORDS
from regulars.errors import MappingError

_EMAILS = frozenset(map(plain_word, (*ORDER_WORDS["email"], *ORDER_WORDS["account_email"])))
_ORDER_KEYS = frozenset(map(plain_word, (*ORDER_WORDS["order_id"], *ORDER_WORDS["internal_id"])))
_SIGNS = frozenset(map(plain_word, SIGNS))
_ANALYTICS = frozenset({"customertype", "itemssold"})


def woocommerce_orders(lines: Lines) -> WholeOrders:
    """Every order of a file: sales with their items and refunds, unpaid and cancelled ones apart."""
    keys = order_keys(lines)
    grouping = grouped(keys)
    rows = refund_rows(lines)
    alone = rows.back & ~grouping.any(~rows.back)[grouping.of_line]
    lines.reject(
        alone,
        "refund_without_order",
        "order_id",
        "a refund in a file that holds its order, too: export a longer period",
    )
    repeated = without_copies(lines, grouping, rows.back)
    _carry(lines, grouping, rows.back)
    _name_people(lines)
    lines.times()
    stated = stated_by(lines, grouping)
    items = _items(lines, grouping, rows.back, stated)
    dated = refunds_in_cells(lines, grouping, items) if lines.has("refunds") else no_dated_refunds()
    if rows.back.any():
        dated = joined(dated, refunds_in_rows(lines, grouping, items, rows.back, rows.at, rows.total))
    course = course_of(lines, grouping, stated, items, dated)
    dated = first_refund_dates(lines, grouping, dated, course)
    with_tax = tax_is_included(lines, grouping, stated, items)
    facts = facts_of(lines, grouping, keys, stated, course, dated, with_tax=with_tax)
    found = _kept(lines, grouping, items, facts, course, dated)
    notes = notes_of(lines, grouping, stated, items, course, with_tax=with_tax)
    return replace(found, notes=(*notes, *repeated))


def order_keys(lines: Lines) -> Array:
    """What names the order of each line: its number, else its internal id, else (a row of which only the item is
    filled) what names the order of the line before."""
    # One export of a shop writes #1001, another 1001.
    number = pc.utf8_ltrim(lines.ids("order_id"), "#")
    keys = pc.coalesce(number, lines.ids("internal_id"))
    missing = ~np.asarray(keys.is_valid())
    follows = missing & ~np.asarray(text(lines.cells("time")).is_valid())
    place = np.where(follows, -1, np.arange(lines.count))
    place = np.maximum.accumulate(place) if lines.count else place
    keys = keys.take(pa.array(place, mask=place < 0))
    lines.require("order_id", np.asarray(keys.is_valid()), "the number or id of its order in every line")
    return keys


@dataclass(frozen=True)
class RefundRows:
    """Which lines are refunds (``back``), with the time of each and the amount that its row states for all of it."""

    back: Bools
    at: Instants
    total: Ints


def refund_rows(lines: Lines) -> RefundRows:
    """Lines that are a refund of their own: a negative total, a negative quantity, or a type that says so."""
    total, line_total = lines.amounts("order_total"), lines.amounts("line_total")
    back = (total.units < 0) | line_type_is(lines, REFUND_LINES)
    back |= (lines.amounts("quantity").units < 0) | (lines.amounts("net_quantity").units < 0)
    at = instants(lines.cells("time"), lines.reading.zone, lines.reading.date_order)
    amount = np.where(total.units < 0, -total.units, np.abs(line_total.units))
    return RefundRows(back, at, np.where(back, amount, 0))


def _carry(lines: Lines, grouping: Grouping, back: Bools) -> None:
    """Every line gets its order's cells; what stands in rows of refunds is the refund's own."""
    for target in ORDER_WORDS:
        if lines.has(target) and target not in ("order_id", "internal_id"):
            cells = lines.cells(target)
            if back.any():
                cells = pc.if_else(pa.array(back), pa.scalar(None, cells.type), cells)
            lines.put(target, grouping.carried(cells))


def _name_people(lines: Lines) -> None:
    """One person per e-mail address, guest or not; else per customer number (0 is every guest), else per phone."""
    lines.put("email", pc.coalesce(text(lines.cells("email")), text(lines.cells("account_email"))))
    customer = lines.ids("user_id")
    customer = pc.if_else(pc.equal(customer, "0"), pa.scalar(None, pa.string()), customer)
    lines.put("user_id", pc.coalesce(email_ids(lines), customer, phone_ids(lines)))


def _items(lines: Lines, grouping: Grouping, back: Bools, stated: Stated) -> Items:
    """The items of all orders, an order without any as one item; values to the cent, discounts shared out."""
    packed = packed_targets(lines)
    items = packed_items(lines, packed) if packed else row_items(lines, is_item(lines) & ~back)
    items = with_itemless(items, grouping, stated.items_value)
    known = stated.has_subtotal | stated.has_total
    empty = np.zeros(lines.count, bool)
    empty[items.place[~np.asarray(items.item_id.is_valid()) & (items.quantity == 0)]] = True
    lines.reject(
        empty & ~known[grouping.of_line] & ~back, "missing_value", "order_total", "items, or a total"
    )
    of_items = Grouping(grouping.of_line[items.place], grouping.count)
    items = to_the_cent(items, of_items, stated.items_value, stated.has_subtotal)
    plain = of_items.sum(items.list_value - items.value) == 0
    shared = of_items.allocated(np.where(plain, stated.discount, 0), items.value, items.item_id)
    entire = (items.refunded_quantity == 0) & (items.refunded >= items.value) & (items.value > 0)
    return replace(
        items,
        list_value=items.list_value + shared,
        refunded_quantity=np.where(entire, items.quantity, items.refunded_quantity),
    )


def _kept(
    lines: Lines, grouping: Grouping, items: Items, facts: OrderFacts, course: Course, dated: Dated
) -> WholeOrders:
    """Events and ledger rows of the orders of which no line was rejected; lines are counted as the file has them."""
    shop = lines.reading.currency
    foreign = np.asarray(pc.fill_null(pc.not_equal(facts.currency, shop), False))
    lines.reject(foreign[grouping.of_line], "bad_currency", "currency", f"amounts in {shop}")
    lines.reject_together(grouping.of_line)
    of_items = Grouping(grouping.of_line[items.place], grouping.count)
    refunds = refunds_of(items, of_items, dated, course.given_back, course.is_full, course.is_cancelled)
    found = whole_orders(_item_lines(lines, items), of_items, _order_lines(lines, items), facts, refunds)
    kept = ~grouping.any(~lines.accepted)
    counted = np.where(kept, grouping.size(), 0)[kept | (foreign & facts.placed.valid)]
    place = found.orders.schema.get_field_index("line_count")
    orders = found.orders.set_column(place, found.orders.schema.field(place), pa.array(counted))
    return replace(found, orders=orders)


def _item_lines(lines: Lines, items: Items) -> Lines:
    """One line per item: an item keeps the number of its line in the file, and shares the fate of that line."""
    rows = pa.record_batch({"place": pa.array(items.place)})
    single = Lines(RawBatch(rows, lines.raw.source_row[items.place]), lines.reading)
    single.reject(~lines.accepted[items.place], "missing_value", "time", "")
    price = np.where(items.quantity > 0, items.list_value / np.maximum(items.quantity, 1), 0.0)
    for target in ("item_id", "title", "category"):
        single.put(target, getattr(items, target))
    single.put("unit_price", pa.array(price))
    return single


def _order_lines(lines: Lines, items: Items) -> OrderLines:
    return OrderLines(
        item_id=without_contacts(items.item_id, lines.reading.hash_key),
        quantity=items.quantity,
        list_value=items.list_value,
        discount=items.list_value - items.value,
        properties={
            target: (lines.text(target).take(pa.array(items.place)), "text")
            for target in ("country", "discount_code")
        },
    )


def is_woocommerce(sample: pa.RecordBatch) -> bool:
    """Whether a file has the columns of one of the exports, or of the report that has no e-mail address."""
    names = frozenset(map(plain_word, sample.schema.names))
    return _is_analytics(names) or bool(names & _EMAILS and names & _ORDER_KEYS and names & _SIGNS)


def _is_analytics(names: frozenset[str]) -> bool:
    return names >= _ANALYTICS and not names & _EMAILS


def woocommerce_mapping(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Target -> column by names alone, so that every export of a shop is read in the same way.

    Raises
    ------
    MappingError
        The file is the report of WooCommerce Analytics, which names customers and has no address.
    """
    plain = {plain_word(name): name for name in reversed(names)}
    if _is_analytics(frozenset(plain)):
        raise MappingError(
            "this is the Orders report of WooCommerce Analytics: it has the names of customers and no e-mail "
            "address, and two people may share a name; its columns are " + ", ".join(names),
            allowed="exports with the order's e-mail address: Advanced Order Export For WooCommerce (free), Order Export & "
            "Order Import for WooCommerce (free; Import Export Suite), Customer/Order/Coupon Export",
            fix="export the orders with one of these, one row per item, and import that file",
        )
    if f"lineitem{PACKED_COLUMN_COUNT + 1}" in plain:
        raise MappingError(
            f"the file has more than {PACKED_COLUMN_COUNT} columns of items",
            fix="export with one row per item",
        )
    return columns_named(WORDS, names)


WOOCOMMERCE = NamedSource(
    name="woocommerce",
    kind="whole_orders",
    doc="orders of WooCommerce: Customer/Order/Coupon Export, Order Export & Order Import (Import Export Suite), "
    "Advanced Order Export",
    targets=tuple(WORDS),
    needs=(
        ("time",), ("order_id", "internal_id"), ("email", "account_email", "user_id", "phone"),
        ("line_total", "unit_price", "line_items", "line_item_1", "net_line_total", "line_total_with_tax", "order_total"),
    ),
    check=woocommerce_orders,
    words=WORDS,
    complete=woocommerce_mapping,
    recognises=is_woocommerce,
    reads_whole=True,
    notes=("customers are one per e-mail address, guests or not; rows of postage, fees, taxes and coupons are no items",),
)  # fmt: skip
