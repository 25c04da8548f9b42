"""What the stage rule sees at each of several days."""

import pyarrow as pa

from regulars.config import Settings
from regulars.features.lifecycle import lifecycle_features
from regulars.pipeline.features import build_features

DAYS = (5, 15, 40)


def history(stored, events, identities=()):
    store = stored(events, identities=identities)
    tables = build_features(store, Settings(), 40)
    days = store.keep_batches("days", [pa.RecordBatch.from_pydict({"as_of_day": list(DAYS)})])
    frame = lifecycle_features(tables.events, tables.day_rows, days, 40)
    return {(row["customer_id"], row["as_of_day"]): row for row in store.read(frame).to_pylist()}


def test_each_day_sees_what_was_there(stored):
    rows = history(stored, [{"user_id": "ann", "day": day} for day in (3, 10, 15)])
    assert rows["ann", 5]["purchase_day_count"] == 1
    assert rows["ann", 5]["gap_last_days"] is None
    assert rows["ann", 15]["days_since_last_purchase"] == 0
    assert (rows["ann", 40]["frequency"], rows["ann", 40]["recency_days"]) == (2, 12)
    assert (rows["ann", 40]["gap_last_days"], rows["ann", 40]["gap_max_days"]) == (5, 7)


def test_nobody_is_there_before_the_first_event(stored):
    events = [
        {"anonymous_id": "d9", "day": 10, "type": "view"},
        {"anonymous_id": "d9", "user_id": "bob", "day": 20, "type": "sign_up"},
    ]
    rows = history(stored, events, [{"id": "d9", "id_kind": "anonymous", "customer_id": "bob"}])
    assert ("bob", 5) not in rows
    assert rows["bob", 15]["signed_up"] is False
    assert rows["bob", 40]["signed_up"] is True
    assert rows["bob", 40]["days_since_last_purchase"] is None


def test_the_last_day_agrees_with_the_customer_features(stored):
    store = stored(
        [{"user_id": u, "day": d} for u, d in (("a", 1), ("a", 9), ("b", 3), ("a", 30), ("b", 33))]
    )
    tables = build_features(store, Settings(), 40)
    days = store.keep_batches("days", [pa.RecordBatch.from_pydict({"as_of_day": [40]})])
    frame = lifecycle_features(tables.events, tables.day_rows, days, 40).sort("customer_id")
    rows, features = store.read(frame).to_pylist(), store.read(tables.customers).to_pylist()
    for name in (
        "purchase_day_count",
        "frequency",
        "recency_days",
        "days_since_last_purchase",
        "gap_last_days",
        "gap_max_days",
    ):
        assert [row[name] for row in rows] == [row[name] for row in features], name
