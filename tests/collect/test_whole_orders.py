import json

import numpy as np
import pyarrow as pa
import pytest

from regulars.collect.grouping import grouped
from regulars.collect.lines import Lines, Reading
from regulars.collect.records import RawBatch
from regulars.collect.refunds import Refunds, order_refunds
from regulars.collect.times import Instants
from regulars.collect.whole_orders import OrderFacts, OrderLines, whole_orders

DAY_US = 86_400_000_000


def instants(days, valid=None):
    days = np.array(days, np.int64)
    valid = np.ones(len(days), bool) if valid is None else np.array(valid)
    return Instants(days * DAY_US, days, days * 86_400, valid)


@pytest.fixture
def build():
    """``build(lines, orders, refunds)``: lines (order, item, quantity, list, discount), orders by name."""

    def builder(rows, orders, refunds=None, reject=()):
        names = [row[0] for row in rows]
        cells = pa.record_batch({"Order": names, "Item": [row[1] for row in rows]})
        mapping = {"order_id": "Order", "item_id": "Item", "title": "Item"}
        reading = Reading(mapping, "UTC", "EUR", frozenset(), 10**17, b"k" * 16)
        lines = Lines(RawBatch(cells, np.arange(2, len(rows) + 2)), reading)
        grouping = grouped(pa.array(names))
        for place in reject:
            lines.reject(np.arange(len(rows)) == place, "bad_number", "item_id", "another item")
        units = np.array([row[2:] for row in rows], np.int64) * 10_000
        order_lines = OrderLines(lines.ids("item_id"), units[:, 0], units[:, 1], units[:, 2])
        told = [orders.get(name, {}) for name in dict.fromkeys(names)]
        count = grouping.count

        def texts(name, otherwise=None):
            return pa.array([facts.get(name, otherwise) for facts in told], pa.string())

        refund_value = np.array([facts.get("refund", 0) * 10_000 for facts in told], np.int64)
        cancelled = np.array([facts.get("cancelled", False) for facts in told])
        empty = pa.nulls(count, pa.int64())
        facts = OrderFacts(
            order_id=pa.array(list(dict.fromkeys(names))), user_id=texts("user", "u"), placed=instants([100] * count),
            currency=texts("currency", "EUR"), status=texts("status", "paid"), left_out=texts("left_out"),
            is_cancelled=cancelled, progress=np.ones(count, np.int64), changed_us=np.zeros(count, np.int64),
            refund_value=refund_value, shipping_value=empty, tax_value=empty, total_value=empty,
            tax_is_included=pa.nulls(count, pa.bool_()), channel=texts("channel"), campaign=texts("campaign"),
        )  # fmt: skip
        back = [facts.get("back") for facts in told]
        at = instants([day or 0 for day in back], [day is not None for day in back])
        if refunds is None:
            refunds = order_refunds(refund_value, at, cancelled)
        return whole_orders(lines, grouping, order_lines, facts, refunds), lines

    return builder


def told(found, *names):
    return list(zip(*(found.events[name].to_pylist() for name in names), strict=True))


TWO_LINES = [("#1", "A", 2, 20, 3), ("#1", "B", 1, 10, 0)]


def test_a_sale_gives_its_lines_and_a_row_of_the_ledger(build):
    found, _ = build(TWO_LINES, {})
    assert told(found, "type", "item_id", "quantity", "value", "currency") == [
        ("purchase", "A", 20_000, 170_000, "EUR"),
        ("purchase", "B", 10_000, 100_000, "EUR"),
    ]
    assert found.events["properties"].to_pylist() == ['{"discount_value":30000}', None]
    row = found.orders.to_pylist()[0]
    assert (row["list_value"], row["discount_value"], row["value"]) == (300_000, 30_000, 270_000)
    assert (row["left_out"], row["line_count"], row["refund_is_undated"]) == (None, 2, False)
    assert found.items["item_id"].to_pylist() == ["A", "B"]


def test_a_full_refund_is_told_line_by_line_and_a_part_by_order(build):
    found, _ = build(
        [*TWO_LINES, ("#2", "A", 1, 10, 0)], {"#1": {"refund": 33, "back": 105}, "#2": {"refund": 4}}
    )
    assert told(found, "type", "order_id", "item_id", "quantity", "value", "day")[3:] == [
        ("refund", "#2", None, None, -40_000, 100),
        ("refund", "#1", "A", -20_000, -170_000, 105),
        ("refund", "#1", "B", -10_000, -100_000, 105),
    ]
    assert [json.loads(cell or "{}") for cell in found.events["properties"].to_pylist()[3:]] == [
        {"is_undated": True}, {}, {},
    ]  # fmt: skip
    rows = {row["order_id"]: row for row in found.orders.to_pylist()}
    assert rows["#1"]["refund_value"] == 330_000 and not rows["#1"]["refund_is_undated"]
    assert rows["#2"]["refund_value"] == 40_000 and rows["#2"]["refund_is_undated"]


def test_a_cancellation_takes_back_what_is_left(build):
    refunds = Refunds(
        order=np.array([0, 0, 1]), line=np.array([-1, 0, -1]), quantity=np.array([0, 10_000, 0]),
        value=np.array([270_000, 50_000, 1]), at=instants([104, 102, 0], [True, True, False]),
        is_cancellation=np.array([True, False, True]),
    )  # fmt: skip
    found, _ = build([*TWO_LINES, ("#2", "A", 1, 0, 0)], {}, refunds)
    assert told(found, "item_id", "quantity", "value", "day")[3:] == [
        ("A", -10_000, -50_000, 102),
        (None, None, -220_000, 104),
        ("A", -10_000, 0, 100),
    ]
    marks = [json.loads(cell or "{}") for cell in found.events["properties"].to_pylist()[3:]]
    assert marks == [{}, {"is_cancellation": True}, {"is_cancellation": True, "is_undated": True}]


def test_orders_that_are_no_sale(build):
    rows = [("#1", "A", 1, 10, 1), ("#2", "A", 1, 10, 0), ("#3", "B", 1, 10, 0), ("#4", "C", 1, 10, 0)]
    found, lines = build(
        rows,
        {"#1": {"left_out": "unpaid", "refund": 5}, "#2": {"left_out": "test"}, "#4": {"currency": "USD"}},
    )
    assert told(found, "type", "order_id", "value", "currency", "properties") == [
        ("checkout", "#1", None, None, None),
        ("purchase", "#3", 100_000, "EUR", None),
    ]
    ledger = [(row["order_id"], row["left_out"], row["line_count"]) for row in found.orders.to_pylist()]
    assert ledger == [("#1", "unpaid", 1), ("#2", "test", 1), ("#3", None, 1), ("#4", "foreign_currency", 0)]
    assert lines.rejected()["code"].to_pylist() == ["bad_currency"]


def test_one_bad_line_rejects_its_order_and_says_which_line(build):
    found, lines = build([("#1", "A", 1, 5, 0), ("#2", "B", 1, 5, 0), ("#1", "C", 1, 5, 0)], {}, reject=[2])
    assert found.events["order_id"].to_pylist() == ["#2"] == found.orders["order_id"].to_pylist()
    assert lines.rejected()["source_row"].to_pylist() == [2, 4]
    assert lines.rejected()["message"].to_pylist() == [
        "line 4 of its order: Item is 'C'; allowed: another item",
        "Item is 'C'; allowed: another item",
    ]


def test_no_line_at_all(build):
    cells = pa.record_batch({"Order": pa.array([], pa.string())})
    lines = Lines(
        RawBatch(cells, np.zeros(0, np.int64)), Reading({}, "UTC", "EUR", frozenset(), 1, b"k" * 16)
    )
    none, text = np.zeros(0, np.int64), pa.array([], pa.string())
    at = instants([])
    facts = OrderFacts(
        text, text, at, text, text, text, none.astype(bool), none, none, none, *[pa.array([], pa.int64())] * 3,
        pa.array([], pa.bool_()), text, text,
    )  # fmt: skip
    found = whole_orders(
        lines, grouped(text), OrderLines(text, none, none, none), facts, order_refunds(none, at, none > 0)
    )
    assert found.events.num_rows == found.orders.num_rows == found.items.num_rows == 0
