"""What the stage rule sees at each of several days."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.config import Settings
from regulars.features.lifecycle import lifecycle_features
from regulars.pipeline.features import build_features

DAYS = (5, 15, 40)
POUND = 10_000
COMPARED = (
    "purchase_day_count", "frequency", "recency_days", "days_since_last_purchase", "gap_last_days",
    "gap_max_days",
)  # fmt: skip


def history(stored, events, identities=()):
    store = stored(events, identities=identities)
    tables = build_features(store, Settings(), 40)
    days = store.keep_batches("days", [pa.RecordBatch.from_pydict({"as_of_day": list(DAYS)})])
    frame = lifecycle_features(tables.events, tables.order_rows, days, 40)
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
    frame = lifecycle_features(tables.events, tables.order_rows, days, 40).sort("customer_id")
    rows, features = store.read(frame).to_pylist(), store.read(tables.customers).to_pylist()
    for name in COMPARED:
        assert [row[name] for row in rows] == [row[name] for row in features], name


def test_an_order_counts_until_its_money_is_back(stored):
    back = {"type": "refund", "user_id": "ann", "item_id": "cup", "value": -POUND, "quantity": -POUND}
    buy = {"user_id": "ann", "item_id": "cup", "value": POUND}
    rows = history(stored, [buy | {"day": 3}, back | {"day": 10}])
    assert (rows["ann", 5]["purchase_day_count"], rows["ann", 5]["days_since_last_purchase"]) == (1, 2)
    assert (rows["ann", 15]["purchase_day_count"], rows["ann", 15]["days_since_last_purchase"]) == (0, None)
    rows = history(stored, [buy | {"day": 1}, buy | {"day": 4}, back | {"day": 10}, buy | {"day": 21}])
    assert (rows["ann", 5]["purchase_day_count"], rows["ann", 5]["gap_last_days"]) == (2, 3)
    assert (rows["ann", 15]["purchase_day_count"], rows["ann", 15]["days_since_last_purchase"]) == (1, 14)
    assert (rows["ann", 40]["recency_days"], rows["ann", 40]["gap_max_days"]) == (20, 20)


drawn_events = st.lists(
    st.tuples(st.sampled_from("aab"), st.integers(1, 30), st.sampled_from("xy"), st.integers(-2, 2)),
    max_size=20,
)


@settings(max_examples=8)
@given(drawn_events)
def test_every_day_of_the_history_is_the_features_of_that_day(drawn):
    from regulars.store.duckdb import Store

    rows = [
        {"user_id": user, "day": day, "item_id": item, "value": units * POUND, "quantity": units * POUND}
        | {"type": "refund" if units < 0 else "purchase", "source_row": n, "second": day * 86_400}
        | {"occurred_us": day * 86_400_000_000}
        for n, (user, day, item, units) in enumerate(drawn)
        if units
    ]
    with Store(threads=1) as store:
        land(store, rows)
        tables = build_features(store, Settings(), 30)
        days = store.keep_batches("days", [pa.RecordBatch.from_pydict({"as_of_day": [7, 15, 22, 30]})])
        frame = lifecycle_features(tables.events, tables.order_rows, days, 30).sort("customer_id")
        states = store.read(frame).to_pylist()
        for day in (7, 15, 22, 30):
            people = store.read(build_features(store, Settings(), day).customers).to_pylist()
            seen = [row for row in states if row["as_of_day"] == day]
            for name in COMPARED:
                assert [r[name] for r in seen] == [r[name] for r in people], (day, name)


def land(store, rows):
    from regulars.schema import EVENTS
    from regulars.store.landing import Landing

    columns = [c for c in EVENTS.columns if c.name not in ("event_id", "source", "import_id")]
    schema = pa.schema([(c.name, pa.int64() if c.type == "int64" else pa.string()) for c in columns])
    landing = Landing(store)
    landing.begin()
    landing.add_events(pa.RecordBatch.from_pylist(rows, schema=schema))
    landing.land(
        {"import_id": "1", "source": "t", "file": "t", "sha256": "", "mapping": "{}", "imported_at": ""}
    )
