"""An export of order lines with a column of statuses: orders that were refunded, cancelled, never paid or a test.

Two kinds of files have such a column. A log of lines adds a line for what came back, with a negative quantity or
beside the line that was bought. An export of orders as they stand now has each order once, with the last status:
where that says refunded, the sale stands nowhere else. Both are read line by line (``orders.py``), but in a file
without negative lines an order all of whose lines say that it ended, was never paid or is a test is read as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from regulars.collect import orders
from regulars.collect.amounts import DecimalMark, ten_thousandths
from regulars.collect.catalogue import Catalogue
from regulars.collect.cells import text
from regulars.collect.grouping import Grouping, grouped
from regulars.collect.kernels import Array, pc, spread
from regulars.collect.lines import EVENT_INPUT, ORDER_INPUT, Bools, Lines
from regulars.collect.objects import json_objects
from regulars.collect.people import person_ids
from regulars.collect.plan import WholeOrders
from regulars.collect.records import Records
from regulars.collect.vocabulary import CANCEL_STATUS, REFUND_STATUS, TEST_STATUS, UNPAID_STATUS, plain_status
from regulars.collect.whole_orders import ENDED, PAID, UNPAID

_BATCH_LINES = 50_000
_MENDED = REFUND_STATUS | UNPAID_STATUS | TEST_STATUS


def states_orders(records: Records, mapping: Mapping[str, str], marks: Mapping[str, DecimalMark]) -> bool:
    """Whether a file has orders as they stand now: a first pass over its statuses and amounts says so.

    Files that are logs are found by their first negative line, and files of sales alone have nothing to mend;
    both are then read in batches.
    """
    if not {"order_id", "status"} <= mapping.keys() or mapping["status"].startswith("="):
        return False
    amounts = [target for target in ("quantity", "value") if mapping.get(target, "=") in records.names]
    wanted = dict.fromkeys([mapping["status"], *(mapping[target] for target in amounts)])
    mended = False
    for raw in records.batches(_BATCH_LINES, list(wanted)):
        names = raw.cells.schema.names
        for target in amounts:
            if mapping[target] in names:
                found = ten_thousandths(raw.cells.column(mapping[target]), marks.get(target, "either"))
                if (found.units < 0).any():
                    return False
        if mapping["status"] in names and not mended:
            words = text(raw.cells.column(mapping["status"])).unique().drop_null().to_pylist()
            mended = any(plain_status(word) in _MENDED for word in words)
    return mended


def stated_orders(lines: Lines) -> WholeOrders:
    """Events of all lines, and ledger rows where the file has orders as they stand now.

    An order that ended becomes its purchases and, at the same instant, refunds without a day (``is_undated``); one
    that was never paid ``checkout`` events without money; a test nothing. In a file with such an order every other
    one has a ledger row as well, but for those that a refund beside a purchase shows to be told line by line.
    """
    keys = lines.ids("order_id")
    grouping = grouped(keys)
    ended, cancelled, unpaid, test = _said(lines)
    plain = ~grouping.any(~np.asarray(keys.is_valid())) & ~_is_negative(lines).any()
    gone = plain & ~grouping.any(~ended)
    open_, trial = plain & ~grouping.any(~unpaid), plain & ~grouping.any(~test)
    stands = (plain & ~grouping.any(ended)) | gone
    if not (gone | open_ | trial).any():
        stands[:] = False
    of = grouping.of_line
    columns = orders.order_events(lines, ended & ~gone[of])
    lines.reject_together(np.where(stands[of], of, grouping.count + np.arange(lines.count)))
    catalogue = Catalogue()
    all_lines = lines.events(_unpaid(columns, open_[of]))
    places = np.flatnonzero(lines.accepted)
    # The texts of what came back are often remarks, so such lines teach nothing about their items.
    taught = pc.if_else(pa.array(gone[of[places]]), "refund", all_lines["type"])
    catalogue.learn(
        lines, all_lines.set_column(EVENT_INPUT.get_field_index("type"), EVENT_INPUT.field("type"), taught)
    )
    found = all_lines.filter(pa.array(~trial[of[places]]))
    back = _taken_back(all_lines, gone[of[places]], cancelled[places])
    kept = stands & ~grouping.any(~lines.accepted)
    rows = _ledger(lines, grouping, keys, all_lines, kept, gone, open_, trial, grouping.any(cancelled) & gone)
    events = pa.Table.from_batches([found, back]).combine_chunks().to_batches()
    return WholeOrders(events[0] if events else found, rows, catalogue.rows(), _notes(gone, open_, trial))


def _said(lines: Lines) -> tuple[Bools, Bools, Bools, Bools]:
    """Lines whose status says that the order ended (and, of these, was cancelled), was never paid, is a test."""
    coded = text(lines.text("status")).dictionary_encode()
    words = [plain_status(word) for word in coded.dictionary.to_pylist()]

    def said(known: frozenset[str]) -> Bools:
        return spread(np.array([word in known for word in words], bool), coded)

    return said(REFUND_STATUS), said(CANCEL_STATUS), said(UNPAID_STATUS), said(TEST_STATUS)


def _is_negative(lines: Lines) -> Bools:
    found = np.zeros(lines.count, bool)
    for target in ("quantity", "value"):
        found |= lines.amounts(target).units < 0
    return found


def _unpaid(columns: dict[str, Array], unpaid: Bools) -> dict[str, Array]:
    """The lines' columns; lines that were never paid are a sign of life and move no money."""
    if not unpaid.any():
        return columns
    mask = pa.array(unpaid)
    return columns | {
        "type": pc.if_else(mask, "checkout", columns["type"]),
        "value": pc.if_else(mask, pa.scalar(None, pa.int64()), columns["value"]),
        "currency": pc.if_else(mask, pa.scalar(None, pa.string()), columns["currency"]),
    }


def _taken_back(events: pa.RecordBatch, gone: Bools, cancelled: Bools) -> pa.RecordBatch:
    """The refunds of the purchases of orders that ended."""
    mask = pa.array(gone)
    sold, off = events.filter(mask), cancelled[gone]
    yes = pa.array(["true"] * sold.num_rows, pa.string())
    told = {
        "is_undated": (yes, "number"),
        "is_cancellation": (pc.if_else(pa.array(off), yes, pa.scalar(None, pa.string())), "number"),
    }
    columns = {name: sold[name] for name in EVENT_INPUT.names} | {
        "type": pa.array(["refund"] * sold.num_rows, pa.string()),
        "quantity": pc.negate(sold["quantity"]),
        "value": pc.negate(sold["value"]),
        "properties": json_objects(told),  # type: ignore[arg-type]
    }
    return pa.record_batch([columns[item.name] for item in EVENT_INPUT], schema=EVENT_INPUT)


def _ledger(
    lines: Lines, grouping: Grouping, keys: Array, events: pa.RecordBatch,
    kept: Bools, gone: Bools, unpaid: Bools, test: Bools, cancelled: Bools,
) -> pa.RecordBatch:  # fmt: skip
    """Rows of ``schema.ORDERS`` of the orders that stand in the file as they are now."""
    worth, valued = orders.line_value(lines, *orders.line_quantity(lines), orders.line_discount(lines)[0])
    value = grouping.sum(np.where(valued, worth, 0))
    discount = grouping.sum(orders.line_discount(lines)[0])
    times = lines.times()
    first = pa.array(grouping.first_line)
    left_out = np.select([test, unpaid], ["test", "unpaid"], "")
    refund = np.where(gone, value, 0)
    empty = pa.nulls(grouping.count, pa.int64())
    columns: dict[str, Array] = {
        "order_id": keys.take(first),
        "user_id": person_ids(lines).take(first),
        "day": times.day[grouping.first_line],
        "currency": pa.array([lines.reading.currency] * grouping.count, pa.string()),
        "status": lines.text("status").take(first),
        "left_out": pc.if_else(
            pa.array(left_out == ""), pa.scalar(None, pa.string()), pa.array(left_out.astype(str))
        ),
        "list_value": value + discount,
        "discount_value": discount,
        "value": value,
        "shipping_value": empty,
        "tax_value": empty,
        "tax_is_included": pa.nulls(grouping.count, pa.bool_()),
        "total_value": empty,
        "refund_value": refund,
        "refund_is_undated": refund > 0,
        "is_cancelled": cancelled,
        "progress": np.select([gone, unpaid], [ENDED, UNPAID], PAID).astype(np.int64),
        "changed_us": times.occurred_us[grouping.first_line],
        "line_count": grouping.size(),
    }
    arrays = [pa.array(columns[item.name]).cast(item.type) for item in ORDER_INPUT]
    return pa.record_batch(arrays, schema=ORDER_INPUT).filter(pa.array(kept))


def _notes(gone: Bools, unpaid: Bools, test: Bools) -> tuple[str, ...]:
    counts = {
        "refunded or cancelled: read as sold and taken back, on a day that the file does not name": int(
            gone.sum()
        ),
        "not paid: no sales": int(unpaid.sum()),
        "tests: no sales": int(test.sum()),
    }
    return tuple(f"{count} orders whose status says {what}" for what, count in counts.items() if count)
