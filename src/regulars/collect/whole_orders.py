"""What a file of whole orders says -> events, rows of the ledger of orders, and items.

A source of whole orders reads its own columns into three plain records (:class:`OrderLines`, one entry per
line; :class:`OrderFacts`, one per order; ``refunds.Refunds``, one per refund); :func:`whole_orders` makes of them
what the store takes. All money is in ten-thousandths of the currency unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from regulars.collect.catalogue import Catalogue
from regulars.collect.grouping import Grouping, Ints
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import EVENT_INPUT, ORDER_INPUT, Bools, Lines, typed, with_nulls
from regulars.collect.objects import ValueKind, json_objects
from regulars.collect.plan import WholeOrders
from regulars.collect.refunds import Refunds, by_line, instants_where, of_sales, taken
from regulars.collect.times import Instants

UNPAID, PAID, PART_REFUNDED, ENDED = 0, 1, 2, 3
"""How far an order has gone (``orders.progress``); refunded, cancelled and void orders have ended."""


@dataclass(frozen=True)
class OrderLines:
    """One entry per line of the file, in its order.

    ``list_value`` is the line before any discount, ``discount`` what was taken off it (both >= 0; the purchase
    is worth the difference), ``properties`` go into the events of the line. A line without quantity and value
    (taken out of its order, or no line of an item) is counted with its order and gives no event.
    """

    item_id: Array
    quantity: Ints
    list_value: Ints
    discount: Ints
    properties: Mapping[str, tuple[Array, ValueKind]] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderFacts:
    """One entry per order, in the order of a :class:`Grouping`.

    ``left_out`` is a word of ``schema.LEFT_OUT`` or null for a sale; orders in another currency than the shop's
    are found from ``currency``. ``refund_value`` is all that was given back, postage and taxes included, >= 0.
    ``shipping_value``, ``tax_value``, ``total_value`` and ``tax_is_included`` are null where the file says nothing.
    """

    order_id: Array
    user_id: Array
    placed: Instants
    currency: Array
    status: Array
    left_out: Array
    is_cancelled: Bools
    progress: Ints
    changed_us: Ints
    refund_value: Ints
    shipping_value: Array
    tax_value: Array
    total_value: Array
    tax_is_included: Array
    channel: Array
    campaign: Array


def whole_orders(
    lines: Lines, grouping: Grouping, order_lines: OrderLines, facts: OrderFacts, refunds: Refunds
) -> WholeOrders:
    """Events, ledger rows and items of a file of whole orders.

    A sale gives one ``purchase`` per line, an unpaid or early cancelled order one ``checkout`` per line and no
    money, a test order nothing; an order in another currency is rejected, but stands in the ledger. An order of
    which one line was rejected is rejected as a whole: none of its lines, events or amounts is stored.

    ``lines`` has ``item_id`` (mapped or put), and ``title`` and ``unit_price`` where items are to be learned.
    """
    shop = lines.reading.currency
    foreign = np.asarray(pc.fill_null(pc.not_equal(facts.currency, shop), False))
    of = grouping.of_line
    lines.reject(foreign[of], "bad_currency", "currency", f"amounts in {shop}")
    lines.reject_together(of)
    kept = ~grouping.any(~lines.accepted)
    found = _line_events(lines, grouping, order_lines, facts)
    catalogue = Catalogue()
    catalogue.learn(lines, found)
    found = found.filter(pc.not_equal(found["type"], "adjustment"))
    sale = kept & np.asarray(facts.left_out.is_null())
    back = _refund_events(lines, grouping, order_lines, facts, refunds, sale)
    events = pa.Table.from_batches([found, back]).combine_chunks().to_batches()
    rows = _ledger(grouping, order_lines, facts, refunds, kept, foreign & facts.placed.valid)
    return WholeOrders(events[0] if events else found, rows, catalogue.rows())


def _line_events(
    lines: Lines, grouping: Grouping, order_lines: OrderLines, facts: OrderFacts
) -> pa.RecordBatch:
    """One event per accepted line; those that give none (of tests, of nothing) as adjustments, for the caller to drop."""
    of = pa.array(grouping.of_line)
    left_out = facts.left_out.take(of)
    sold = np.asarray(left_out.is_null())
    test = np.asarray(pc.fill_null(pc.equal(left_out, "test"), False))
    nothing = (order_lines.quantity == 0) & (order_lines.list_value == 0)
    discount = order_lines.discount
    discounts = with_nulls(discount, sold & (discount != 0)).cast(pa.string())
    return lines.events(
        {
            **_of_orders(facts, grouping.of_line),
            **_time_columns(taken(facts.placed, grouping.of_line)),
            "type": pa.array(
                np.select([test | nothing, sold], ["adjustment", "purchase"], "checkout"), pa.string()
            ),
            "item_id": order_lines.item_id,
            "quantity": with_nulls(order_lines.quantity, order_lines.quantity != 0),
            "value": with_nulls(order_lines.list_value - discount, sold),
            "currency": pc.if_else(pa.array(sold), lines.reading.currency, pa.scalar(None, pa.string())),
            "properties": json_objects({**order_lines.properties, "discount_value": (discounts, "number")}),
        }
    )


def _of_orders(facts: OrderFacts, orders: Ints) -> dict[str, Array]:
    """The columns that events take from their orders."""
    places = pa.array(orders)
    return {
        name: getattr(facts, name).take(places) for name in ("user_id", "order_id", "channel", "campaign")
    }


def _time_columns(at: Instants) -> dict[str, Array]:
    return {"occurred_us": at.occurred_us, "day": at.day, "second": at.second}


def _refund_events(
    lines: Lines,
    grouping: Grouping,
    order_lines: OrderLines,
    facts: OrderFacts,
    refunds: Refunds,
    sale: Bools,
) -> pa.RecordBatch:
    """The product part of every refund of a sale; undated ones at their order's own instant."""
    value = order_lines.list_value - order_lines.discount
    refund = by_line(of_sales(refunds, sale), grouping, order_lines.quantity, value)
    of, count = refund.order, len(refund.order)
    whole = refund.line < 0
    row = np.where(whole, grouping.first_line[of], refund.line)
    places = pa.array(row)
    undated, cancelled = ~refund.at.valid, refund.is_cancellation
    own = {name: (cells.take(places), kind) for name, (cells, kind) in order_lines.properties.items()}
    properties = own | {
        "is_undated": (_true_where(undated), "number"),
        "is_cancellation": (_true_where(cancelled), "number"),
    }
    columns = {
        **_of_orders(facts, of),
        **_time_columns(instants_where(undated, taken(facts.placed, of), refund.at)),
        "source_row": lines.raw.source_row[row],
        "type": pa.array(["refund"] * count, pa.string()),
        "item_id": pc.if_else(
            pa.array(whole), pa.scalar(None, pa.string()), order_lines.item_id.take(places)
        ),
        "quantity": with_nulls(-refund.quantity, refund.quantity != 0),
        "value": -refund.value,
        "currency": pa.array([lines.reading.currency] * count, pa.string()),
        "properties": json_objects(properties),
    }
    arrays = [
        pa.nulls(count, item.type) if item.name not in columns else typed(columns[item.name], item.type)
        for item in EVENT_INPUT
    ]
    return pa.record_batch(arrays, schema=EVENT_INPUT)


def _true_where(found: Bools) -> Array:
    return pc.if_else(pa.array(found), "true", pa.scalar(None, pa.string()))


def _ledger(
    grouping: Grouping,
    order_lines: OrderLines,
    facts: OrderFacts,
    refunds: Refunds,
    kept: Bools,
    foreign: Bools,
) -> pa.RecordBatch:
    """Rows of ``schema.ORDERS`` of the orders that were read, and of those in another currency."""
    listed, discount = grouping.sum(order_lines.list_value), grouping.sum(order_lines.discount)
    undated = np.zeros(grouping.count, bool)
    undated[refunds.order[~refunds.at.valid & (refunds.value > 0)]] = True
    left_out = pc.if_else(pa.array(foreign & ~kept), "foreign_currency", facts.left_out)
    columns: dict[str, Array] = {
        "day": facts.placed.day,
        "left_out": left_out,
        "list_value": listed,
        "discount_value": discount,
        "value": listed - discount,
        "refund_is_undated": undated,
        "line_count": np.where(kept, grouping.size(), 0),
    }
    arrays = [
        typed(columns[item.name] if item.name in columns else getattr(facts, item.name), item.type)
        for item in ORDER_INPUT
    ]
    return pa.record_batch(arrays, schema=ORDER_INPUT).filter(pa.array(kept | foreign))
