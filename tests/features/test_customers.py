"""Features of a customer as of a day."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.config import Settings
from regulars.pipeline.features import build_features
from regulars.schema import CUSTOMER_FEATURES

POUND = 10_000


def buy(user, day, value=1, **rest):
    return {"user_id": user, "day": day, "value": value * POUND, **rest}


def test_recency_and_its_two_names(features):
    ann = features([buy("ann", 10), buy("ann", 30), buy("ann", 30), buy("ann", 60)], 100)["ann"]
    assert ann["purchase_day_count"] == 3
    assert ann["purchase_count"] == 4  # no order numbers: each line is an order of its own
    assert ann["frequency"] == 2
    assert ann["recency_days"] == 50
    assert ann["days_since_last_purchase"] == 40
    assert ann["T_days"] == 90
    assert (ann["gap_min_days"], ann["gap_max_days"], ann["gap_last_days"]) == (20, 30, 30)
    assert (ann["gap_mean_days"], ann["gap_median_days"], ann["gap_sd_days"]) == (25, 25, 5)


def test_monetary_value_leaves_the_first_day_out(features):
    ann = features([buy("ann", 1, 100), buy("ann", 2, 10), buy("ann", 2, 10), buy("ann", 9, 40)], 20)["ann"]
    assert ann["monetary_value"] == 30
    assert ann["net_value"] == 160
    assert ann["first_basket_value"] == 100
    assert ann["last_order_value"] == 40


def test_no_repeat_is_zero_and_not_null(features):
    ann = features([buy("ann", 1, 5)], 3)["ann"]
    assert ann["frequency"] == 0
    assert ann["monetary_value"] == 0
    assert ann["gap_mean_days"] is None


def test_events_after_the_day_do_not_exist(features):
    before = [buy("ann", 1, 5, item_id="tea"), {"user_id": "ann", "type": "view", "day": 2}]
    after = [buy("ann", 11, 50), {"user_id": "ann", "type": "refund", "day": 12, "value": -5 * POUND, "quantity": -10_000, "item_id": "tea"},
             {"user_id": "bob", "type": "sign_up", "day": 13}]  # fmt: skip
    assert features(before, 10) == features(before + after, 10)


def test_a_refund_nets_the_order_it_names(features):
    events = [
        buy("ann", 1, 30, order_id="A", item_id="tea"),
        buy("ann", 5, 20, order_id="B", item_id="tea"),
        {"user_id": "ann", "type": "refund", "day": 9, "order_id": "A", "item_id": "tea", "value": -30 * POUND, "quantity": -10_000},
    ]  # fmt: skip
    assert features(events, 8)["ann"]["purchase_count"] == 2
    ann = features(events, 9)["ann"]
    assert ann["purchase_count"] == 1
    assert ann["refunded_order_count"] == 1
    assert ann["first_purchase_day"] == 5
    assert (ann["gross_value"], ann["refund_value"], ann["net_value"]) == (50, 30, 20)
    assert ann["refund_rate"] == 0.6


def test_a_refund_without_order_takes_the_latest_units_first(features):
    events = [
        buy("ann", 1, 40, item_id="cup", quantity=4 * 10_000, order_id="A"),
        buy("ann", 5, 10, item_id="cup", quantity=1 * 10_000, order_id="B"),
        {"user_id": "ann", "type": "refund", "day": 9, "order_id": "C99", "item_id": "cup", "value": -20 * POUND, "quantity": -2 * 10_000},
    ]  # fmt: skip
    ann = features(events, 10)["ann"]
    assert ann["purchase_count"] == 1  # one unit of B, which is gone, and one of A
    assert ann["refunded_order_count"] == 1
    assert ann["mean_order_value"] == 30


def test_money_says_whether_an_order_is_gone(features):
    part = {"user_id": "ann", "type": "refund", "day": 3, "order_id": "A", "item_id": "cup", "value": -10 * POUND, "quantity": -10_000}  # fmt: skip
    ann = features([buy("ann", 1, 100, order_id="A", item_id="cup"), part], 9)["ann"]
    assert (ann["purchase_count"], ann["mean_order_value"]) == (1, 90)
    unpriced = part | {"value": 0}
    ann = features([buy("ann", 1, 100, order_id="A", item_id="cup"), unpriced], 9)["ann"]
    assert (ann["purchase_count"], ann["refunded_order_count"], ann["net_value"]) == (0, 1, 100)


def test_equal_orders_have_no_spread(features):
    assert features([buy("ann", 1, 0.1)], 9)["ann"]["sd_order_value"] == 0
    equal = [{"user_id": "ann", "day": day, "value": 333_331} for day in (1, 2, 4)]
    assert features(equal, 9)["ann"]["sd_order_value"] == 0
    far = [{"user_id": "ann", "day": n, "value": value} for n, value in enumerate((10**15, 10**15 + 2))]
    assert features(far, 9)["ann"]["sd_order_value"] == 1e-4
    assert features([buy("ann", 1, 3), buy("ann", 2, 7)], 9)["ann"]["sd_order_value"] == 2


def test_the_first_basket_is_whole_over_midnight_and_stands(features):
    events = [
        buy("ann", 1, 10, order_id="A", item_id="cup"),
        buy("ann", 2, 30, order_id="A", item_id="jug"),
        buy("ann", 1, 5, order_id="B", item_id="tea"),
        {
            "user_id": "ann",
            "type": "refund",
            "day": 3,
            "order_id": "B",
            "item_id": "tea",
            "value": -5 * POUND,
        },
    ]
    ann = features(events, 9)["ann"]
    assert (ann["first_basket_value"], ann["first_basket_line_count"], ann["last_order_value"]) == (40, 2, 40)


def test_an_unmatched_refund_lowers_value_and_no_count(features):
    events = [buy("ann", 1, 40, item_id="cup"), {"user_id": "ann", "type": "refund", "day": 3, "item_id": "pot", "value": -25 * POUND, "quantity": -10_000}]  # fmt: skip
    ann = features(events, 5)["ann"]
    assert ann["purchase_count"] == 1
    assert ann["net_value"] == 15


def test_who_never_bought_has_zeros_and_nulls(features):
    eve = features(
        [{"user_id": "eve", "type": "sign_up", "day": 1}, {"user_id": "eve", "type": "view", "day": 4}], 9
    )["eve"]
    assert eve["purchase_count"] == 0
    assert eve["net_value"] == 0
    assert eve["T_days"] is None
    assert eve["days_since_last_touch"] == 5
    assert eve["signed_up_day"] == 1
    assert eve["view_to_purchase_rate"] == 0


def test_who_signs_up_later_was_a_visitor_then(stored):
    events = [
        {"anonymous_id": "d9", "day": 10, "type": "view"},
        {"anonymous_id": "d9", "user_id": "bob", "day": 20, "type": "sign_up"},
    ]
    store = stored(events, identities=[{"id": "d9", "id_kind": "anonymous", "customer_id": "bob"}])
    seen = {}
    for day in (15, 25):
        rows = store.read(build_features(store, Settings(), day).customers).to_pylist()
        seen[day] = [(row["customer_id"], row["signed_up_day"], row["view_count"]) for row in rows]
    assert seen == {15: [("a:d9", None, 1)], 25: [("bob", 20, 1)]}


def test_habits_and_ties(features):
    monday = 4  # 1970-01-05
    events = [buy("ann", monday, hour=19, order_id="A"), buy("ann", monday + 5, hour=9, order_id="B")]
    ann = features(events, 20)["ann"]
    assert ann["favourite_weekday"] == 0  # a tie: the earlier one
    assert ann["favourite_hour"] == 9
    assert ann["weekend_share"] == 0.5
    assert ann["evening_share"] == 0.5


def test_categories(features):
    items = [
        {"item_id": "tea", "category": "drinks"},
        {"item_id": "cup", "category": "china"},
        {"item_id": "pot", "category": "china"},
    ]
    events = [
        buy("ann", 1, 5, item_id="tea"),
        buy("ann", 1, 9, item_id="cup"),
        buy("ann", 3, 9, item_id="pot"),
        buy("ann", 8, 1, item_id="cup"),
    ]
    ann = features(events, 20, items)["ann"]
    assert ann["top_category"] == "china"
    assert ann["top_category_share"] == 0.75
    assert ann["category_concentration"] == pytest.approx(0.75**2 + 0.25**2)
    assert ann["distinct_item_count"] == 3
    assert ann["repeat_item_share"] == 0.25
    assert ann["first_basket_category"] == "china"


def test_properties_become_features(features):
    events = [
        buy("ann", 1, 8, properties='{"discount_value":20000,"country":"France"}', channel="search"),
        buy("ann", 4, 10, properties='{"country":"Spain"}', channel="email"),
        {"user_id": "ann", "type": "rate", "day": 5, "properties": '{"rating":4}'},
        {"user_id": "ann", "type": "visit", "day": 5, "properties": '{"dwell_seconds":30.5}'},
        {"user_id": "ann", "type": "message_sent", "day": 6},
        {"user_id": "ann", "type": "ticket_opened", "day": 7},
    ]
    ann = features(events, 9)["ann"]
    assert ann["discount_value"] == 2
    assert ann["discount_share"] == 0.1
    assert ann["discounted_order_share"] == 0.5
    assert ann["country"] == "Spain"
    assert ann["first_channel"] == "search"
    assert ann["rating_mean"] == 4
    assert ann["dwell_seconds_mean"] == 30.5
    assert ann["message_opened_rate"] == 0
    assert ann["unresolved_count"] == 1


def test_there_are_at_least_forty_documented_features():
    assert len(CUSTOMER_FEATURES.columns) > 40
    assert all(column.doc and column.unit for column in CUSTOMER_FEATURES.columns)


events = st.lists(
    st.fixed_dictionaries(
        {
            "user_id": st.sampled_from(["a", "b", "c"]),
            "type": st.sampled_from(["purchase", "purchase", "refund", "view", "sign_up"]),
            "day": st.integers(0, 40),
            "item_id": st.sampled_from(["x", "y"]),
            "order_id": st.sampled_from([None, "1", "2", "3"]),
            "units": st.integers(1, 3),
        }
    ),
    max_size=25,
)


def as_events(drawn):
    for row in drawn:
        sign = -1 if row["type"] == "refund" else 1
        money = sign * row["units"] * 3 * POUND if row["type"] in ("purchase", "refund") else None
        yield {k: v for k, v in row.items() if k != "units"} | {
            "value": money, "quantity": sign * row["units"] * 10_000, "order_id": row["order_id"] and row["user_id"] + row["order_id"],
        }  # fmt: skip


@settings(max_examples=8)
@given(events)
def test_filter_then_feature_equals_feature_then_filter(drawn):
    rows = list(as_events(drawn))
    whole, alone = by_customer(rows), by_customer([row for row in rows if row["user_id"] == "a"])
    assert whole.get("a") == alone.get("a")


@settings(max_examples=8)
@given(events, st.integers(0, 40))
def test_no_later_event_changes_a_feature(drawn, day):
    rows = list(as_events(drawn))
    assert by_customer(rows, day) == by_customer([row for row in rows if row["day"] <= day], day)


@settings(max_examples=8)
@given(events)
def test_value_is_what_was_paid_less_what_went_back(drawn):
    rows = list(as_events(drawn))
    for user, row in by_customer(rows).items():
        paid = sum(
            e["value"] or 0 for e in rows if e["user_id"] == user and e["type"] in ("purchase", "refund")
        )
        assert row["net_value"] == pytest.approx(paid / POUND)


def by_customer(rows, day=40):
    from regulars.store.duckdb import Store

    with Store(threads=1) as store:
        land(store, rows)
        tables = build_features(store, Settings(), day)
        return {row["customer_id"]: row for row in store.read(tables.customers).to_pylist()}


def land(store, rows):
    import pyarrow as pa

    from regulars.schema import EVENTS
    from regulars.store.landing import Landing

    columns = [c for c in EVENTS.columns if c.name not in ("event_id", "source", "import_id")]
    schema = pa.schema([(c.name, pa.int64() if c.type == "int64" else pa.string()) for c in columns])
    full = [
        {"source_row": n, "occurred_us": row["day"] * 86_400_000_000, "second": row["day"] * 86_400} | row
        for n, row in enumerate(rows)
    ]
    landing = Landing(store)
    landing.begin()
    landing.add_events(pa.RecordBatch.from_pylist(full, schema=schema))
    landing.land(
        {"import_id": "1", "source": "t", "file": "t", "sha256": "", "mapping": "{}", "imported_at": ""}
    )
