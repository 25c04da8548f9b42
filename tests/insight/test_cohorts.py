"""Cohorts by month of first purchase."""

from regulars.config import Settings
from regulars.insight.cohorts import cohort_cells, cohorts
from regulars.pipeline.features import build_features, keep_calendar

POUND = 10_000
EVENTS = [
    {"user_id": "ann", "day": 1, "value": 10 * POUND},
    {"user_id": "bob", "day": 5, "value": 6 * POUND},
    {"user_id": "ann", "day": 65, "value": 4 * POUND},  # March: a month without purchases lies between
    {"user_id": "eve", "day": 66, "value": 2 * POUND},
]


def triangle(stored, as_of_day):
    store = stored(EVENTS)
    tables = build_features(store, Settings(), as_of_day)
    cells = store.read(
        cohort_cells(tables.events, tables.order_rows, keep_calendar(store, as_of_day), as_of_day)
    )
    return {(r["cohort_month"], r["months_later"]): r for r in cohorts(cells, as_of_day).to_pylist()}


def test_a_month_without_return_is_zero(stored):
    cells = triangle(stored, 89)  # 31 March
    assert cells["1970-01", 0]["retention_rate"] == 1
    assert (cells["1970-01", 1]["retention_rate"], cells["1970-01", 1]["net_value"]) == (0, 0)
    assert (cells["1970-01", 2]["retention_rate"], cells["1970-01", 2]["net_value"]) == (0.5, 4)
    assert ("1970-01", 3) not in cells
    assert cells["1970-03", 0]["customer_count"] == 1


def test_a_month_that_is_not_over_is_null(stored):
    cells = triangle(stored, 70)
    assert cells["1970-01", 2]["retention_rate"] is None
    assert cells["1970-01", 2]["net_value"] is None
    assert cells["1970-01", 1]["retention_rate"] == 0


def test_cohorts_hold_all_money_of_all_who_ever_bought(stored):
    events = [
        *EVENTS,
        {"user_id": "joe", "day": 2, "value": 100 * POUND, "order_id": "A", "item_id": "cup"},
        {"user_id": "joe", "day": 64, "value": 30 * POUND, "order_id": "B", "item_id": "jug"},
        {"user_id": "joe", "day": 70, "value": -100 * POUND, "order_id": "A", "item_id": "cup", "type": "refund"},
        {"user_id": "liz", "day": 4, "value": -7 * POUND, "item_id": "cup", "type": "refund"},
        {"user_id": "liz", "day": 65, "value": 9 * POUND, "item_id": "cup"},
        {"user_id": "tim", "day": 4, "value": -7 * POUND, "item_id": "cup", "type": "refund"},
    ]  # fmt: skip
    store = stored(events)
    tables = build_features(store, Settings(), 89)
    frame = cohort_cells(tables.events, tables.order_rows, keep_calendar(store, 89), 89)
    rows = cohorts(store.read(frame), 89).to_pylist()
    people = store.read(tables.customers).to_pylist()
    whole = sum(row["net_value"] for row in people if row["customer_id"] != "tim")
    assert sum(row["net_value"] for row in rows) == whole == 54
    assert [r["customer_count"] for r in rows if r["months_later"] == 0] == [3, 2]
    assert all(row["retention_rate"] == 1 for row in rows if row["months_later"] == 0)
