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
        cohort_cells(tables.events, tables.day_rows, keep_calendar(store, as_of_day), as_of_day)
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
