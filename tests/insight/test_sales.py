"""The shop's sums by month."""

from regulars.config import Settings
from regulars.insight.sales import sales
from regulars.pipeline.features import build_features, keep_calendar

POUND = 10_000


def by_month(stored, events, as_of_day):
    store = stored(events)
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
