"""What happened next."""

from regulars.config import Settings
from regulars.features.labels import labels
from regulars.pipeline.features import build_features

POUND = 10_000


def after(stored, events, day, horizon):
    store = stored(events)
    tables = build_features(store, Settings(), day)
    rows = store.read(labels(tables.events, tables.customers, day, horizon)).to_pylist()
    return {row["customer_id"]: row for row in rows}


def test_the_window_begins_after_as_of_and_ends_with_the_horizon(stored):
    events = [{"user_id": "ann", "day": day, "value": 5 * POUND} for day in (1, 10, 11, 20, 21)]
    ann = after(stored, events, 10, 10)["ann"]
    assert ann["future_purchase_day_count"] == 2
    assert ann["future_net_value"] == 10
    assert ann["churned"] is False


def test_silence_is_churn(stored):
    ann = after(stored, [{"user_id": "ann", "day": 1}, {"user_id": "bob", "day": 30}], 10, 10)["ann"]
    assert ann["churned"] is True
    assert ann["future_net_value"] == 0


def test_customers_of_the_future_have_no_row(stored):
    assert set(after(stored, [{"user_id": "ann", "day": 1}, {"user_id": "bob", "day": 15}], 10, 10)) == {
        "ann"
    }


def test_bought_and_returned_inside_the_window_is_no_purchase(stored):
    events = [
        {"user_id": "ann", "day": 1, "order_id": "A"},
        {"user_id": "ann", "day": 12, "order_id": "B", "item_id": "cup", "value": 9 * POUND},
        {"user_id": "ann", "day": 14, "order_id": "B", "item_id": "cup", "type": "refund", "value": -9 * POUND, "quantity": -POUND},
    ]  # fmt: skip
    ann = after(stored, events, 10, 10)["ann"]
    assert ann["churned"] is True
    assert ann["future_net_value"] == 0


def test_a_refund_without_a_day_goes_with_its_order(stored):
    """In the window an order is net of it; of an order before the window it counts nowhere."""
    undated = {"type": "refund", "properties": '{"is_undated": true}'}
    store = stored(
        [
            {"user_id": "ann", "day": 5, "order_id": "1", "value": 50_000},
            {**undated, "user_id": "ann", "day": 5, "order_id": "1", "value": -20_000},
            {"user_id": "ann", "day": 15, "order_id": "2", "value": 70_000},
            {**undated, "user_id": "ann", "day": 15, "order_id": "2", "value": -30_000},
            {"user_id": "bob", "day": 5, "order_id": "3", "value": 10_000},
            {"user_id": "bob", "day": 15, "order_id": "4", "value": 10_000},
            {**undated, "user_id": "bob", "day": 15, "order_id": "4", "value": -10_000},
        ]
    )
    store.set_last_full_day(30)
    tables = build_features(store, Settings(), 10)
    rows = store.read(labels(tables.events, tables.customers, 10, 15).sort("customer_id")).to_pylist()
    assert [row["future_net_value"] for row in rows] == [4.0, 0.0]
    assert [row["churned"] for row in rows] == [False, True]
    assert store.read(tables.customers.sort("customer_id")).column("net_value").to_pylist() == [5.0, 1.0]
    later = store.read(build_features(store, Settings(), 30).customers.sort("customer_id"))
    assert later.column("net_value").to_pylist() == [7.0, 1.0]
