"""What assigned customers did afterwards."""

import narwhals as nw
import pyarrow as pa

from regulars.config import Settings
from regulars.features.outcomes import discount_sums, outcomes
from regulars.pipeline.features import build_features
from regulars.schema import MONEY_UNITS


def order(user, day, value, order_id, **more):
    return {
        "user_id": user,
        "day": day,
        "value": value * MONEY_UNITS,
        "order_id": order_id,
        "item_id": "x",
        **more,
    }


def found(store, units, as_of=100):
    tables = build_features(store, Settings(), as_of)
    names = ("unit", "customer_id", "first_day", "last_day")
    batch = pa.RecordBatch.from_pylist([dict(zip(names, unit, strict=True)) for unit in units])
    frame = store.keep_batches("units", [batch])
    rows = store.read(outcomes(tables.order_rows, frame).sort("unit")).to_pylist()
    sums = store.read(discount_sums(tables.order_rows)).to_pylist()[0]
    return {row.pop("unit"): row for row in rows}, sums


def test_orders_of_the_days_count_net_of_what_came_back(stored):
    discount = f'{{"discount_value": {2 * MONEY_UNITS}}}'
    store = stored(
        [
            order("ann", 10, 5, "o1"),
            order("ann", 20, 8, "o2", properties=discount),
            order("ann", 31, 9, "o3"),
            order("bob", 21, 7, "o4", properties=discount),
            order("bob", 40, -7, "o4", type="refund", quantity=-MONEY_UNITS),
        ]
    )
    rows, sums = found(
        store, [(0, "ann", 10, 30), (1, "bob", 10, 30), (2, "ann", 19, 31), (3, "cid", 10, 30)]
    )
    unit = MONEY_UNITS
    assert rows[0] == {"value": 8 * unit, "discount": 2 * unit, "order_count": 1, "last_purchase_day": 10}
    assert rows[1] == {"value": 0, "discount": 0, "order_count": 0, "last_purchase_day": None}
    assert rows[2] == {"value": 17 * unit, "discount": 2 * unit, "order_count": 2, "last_purchase_day": 10}
    assert 3 not in rows
    assert sums == {"value": 22 * unit, "discount": 2 * unit}


def test_a_customer_may_have_several_units(stored):
    rows, _ = found(stored([order("ann", 20, 8, "o")]), [(0, "ann", 10, 30), (1, "ann", 15, 40)])
    assert rows[0] == rows[1]


def test_it_is_a_lazy_frame(stored):
    store = stored([order("ann", 20, 8, "o")])
    tables = build_features(store, Settings(), 100)
    assert isinstance(discount_sums(tables.order_rows), nw.LazyFrame)
