"""The shop's sums by month."""

import json

from regulars.config import Settings
from regulars.insight.sales import left_out_sales, sales, undated_refunds
from regulars.pipeline.features import build_features, keep_calendar

POUND = 10_000


def by_month(stored, events, as_of_day, orders=()):
    store = stored(events, orders=orders)
    tables = build_features(store, Settings(), as_of_day)
    records = store.table("orders")
    frame = sales(tables.events, records, tables.day_rows, keep_calendar(store, as_of_day), as_of_day)
    return {row["month"]: row for row in store.read(frame).to_pylist()}


def test_every_line_counts_somewhere(stored):
    events = [
        {"user_id": "ann", "day": 1, "value": 10 * POUND, "order_id": "A"},
        {"user_id": "ann", "day": 1, "value": 5 * POUND, "order_id": "A"},
        {"day": 2, "value": 7 * POUND, "order_id": "B"},
        {"user_id": "ann", "day": 3, "value": 2 * POUND, "type": "charge"},
        {"user_id": "ann", "day": 33, "value": -5 * POUND, "type": "refund"},
        {"user_id": "bob", "day": 34, "value": 4 * POUND, "order_id": "C"},
        {"user_id": "ann", "day": 35, "value": 1 * POUND, "order_id": "D"},
        {"user_id": "ann", "day": 36, "value": 9 * POUND, "type": "view"},
    ]
    months = by_month(stored, events, 40)
    january, february = months["1970-01"], months["1970-02"]
    assert (january["gross_value"], january["charge_value"], january["anonymous_value"]) == (22, 2, 7)
    assert (january["order_count"], january["customer_count"], january["new_customer_count"]) == (2, 1, 1)
    assert (february["refund_value"], february["net_value"]) == (5, 0)
    assert (february["customer_count"], february["new_customer_count"]) == (2, 1)


def test_nothing_after_the_day_counts(stored):
    events = [{"user_id": "ann", "day": 1}, {"user_id": "ann", "day": 50}]
    assert set(by_month(stored, events, 40)) == {"1970-01"}


def test_an_order_over_midnight_counts_once_in_its_first_month(stored):
    events = [
        {"user_id": "bea", "day": 30, "value": POUND, "order_id": "B"},
        {"user_id": "bea", "day": 31, "value": POUND, "order_id": "B"},
        {"user_id": "ann", "day": 31, "value": POUND, "order_id": "B"},
        {"day": 31, "value": POUND, "order_id": "B"},
    ]
    months = by_month(stored, events, 40)
    assert (months["1970-01"]["order_count"], months["1970-02"]["order_count"]) == (1, 2)


def shopped(order, day, value, **more):
    return {"user_id": "ann", "order_id": order, "day": day, "value": value * POUND, **more}


def back(order, day, value, **properties):
    return shopped(order, day, -value, type="refund", quantity=-POUND, properties=json.dumps(properties))


ORDERS = [
    {"order_id": "A", "day": 1, "list_value": 25 * POUND, "discount_value": 5 * POUND, "value": 20 * POUND,
     "shipping_value": 3 * POUND, "tax_value": 2 * POUND, "refund_value": 23 * POUND},
    {"order_id": "B", "day": 2, "value": 9 * POUND, "list_value": 9 * POUND, "refund_value": 4 * POUND, "refund_is_undated": True},
    {"order_id": "C", "day": 3, "left_out": "unpaid", "value": 7 * POUND, "progress": 0},
    {"order_id": "D", "day": 33, "left_out": "test", "value": 8 * POUND},
    {"order_id": "E", "day": 33, "left_out": "foreign_currency", "currency": "USD", "value": 6 * POUND},
    {"order_id": "F", "day": 34, "value": 2 * POUND, "list_value": 2 * POUND, "is_cancelled": True, "refund_value": 2 * POUND},
]  # fmt: skip
EVENTS = [
    shopped("A", 1, 20, properties=json.dumps({"discount_value": 5 * POUND})),
    back("A", 35, 20),
    shopped("B", 2, 9),
    back("B", 2, 4, is_undated=True),
    shopped("F", 34, 2),
    back("F", 34, 2, is_cancellation=True),
]


def test_the_admin_pages_sums(stored):
    months = by_month(stored, EVENTS, 40, ORDERS)
    january, february = months["1970-01"], months["1970-02"]
    names = (
        "list_value",
        "discount_value",
        "refund_value",
        "cancelled_value",
        "net_value",
        "undated_refund_value",
    )
    assert [january[name] for name in names] == [34, 5, 4, 0, 25, 4]
    assert [february[name] for name in names] == [2, 0, 20, 2, -20, 0]
    # What was given back beyond the items: the postage of A, in the month of its order.
    assert (january["shipping_value"], january["tax_value"], january["other_refund_value"]) == (3, 2, 3)
    assert (january["left_out_count"], february["left_out_count"]) == (1, 2)
    refunded = sum(
        m["refund_value"] + m["cancelled_value"] + m["other_refund_value"] for m in months.values()
    )
    assert refunded == sum(order.get("refund_value", 0) for order in ORDERS) / POUND


def test_orders_that_are_no_sale_are_told_apart(stored):
    store = stored(EVENTS, orders=ORDERS)
    frame = left_out_sales(store.table("orders"), keep_calendar(store, 40)).sort("month", "left_out")
    rows = [tuple(row.values()) for row in store.read(frame).to_pylist()]
    assert rows == [
        ("GBP", "1970-01", "unpaid", 1, 7.0),
        ("USD", "1970-02", "foreign_currency", 1, 6.0),
        ("GBP", "1970-02", "test", 1, 8.0),
    ]


def test_an_undated_refund_counts_from_the_last_full_day_and_its_error_is_known(stored):
    store = stored(EVENTS, orders=ORDERS)
    store.set_last_full_day(40)
    for day, refunded in ((39, 0), (40, 4)):
        tables = build_features(store, Settings(), day)
        row = store.read(tables.customers).to_pylist()[0]
        assert row["refund_value"] == refunded + 22
        error = store.read(undated_refunds(tables.events, day)).to_pylist()[0]
        assert error == {"value": 4 * POUND, "gross": 31 * POUND, "order_count": 1}
    early = build_features(store, Settings(), 1)
    assert store.read(undated_refunds(early.events, 1)).to_pylist()[0]["value"] == 0
