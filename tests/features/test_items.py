"""Features of items, and who bought what."""

from regulars.config import Settings
from regulars.features.items import interactions, item_features
from regulars.pipeline.features import build_features

POUND = 10_000


def test_items_count_anonymous_sales_and_refunds(stored):
    events = [
        {"user_id": "ann", "day": 1, "item_id": "tea", "value": 4 * POUND, "quantity": 2 * POUND},
        {"day": 35, "item_id": "tea", "value": 2 * POUND},
        {
            "user_id": "ann",
            "day": 36,
            "item_id": "tea",
            "type": "refund",
            "value": -2 * POUND,
            "quantity": -POUND,
        },
        {"user_id": "ann", "day": 36, "item_id": "tea", "type": "view"},
        {"user_id": "ann", "day": 36, "item_id": "POST", "type": "charge", "value": 3 * POUND},
    ]
    store = stored(events, [{"item_id": "tea", "title": "Tea", "category": "drinks"}])
    frame = item_features(store.events(Settings().profile), store.table("items"), 40)
    (tea,) = store.read(frame).to_pylist()
    assert (tea["buyer_count"], tea["line_count"], tea["line_count_last_30_days"]) == (1, 2, 1)
    assert (tea["gross_value"], tea["refund_value"], tea["unit_count"], tea["mean_unit_price"]) == (
        6,
        2,
        3,
        2,
    )
    assert (tea["title"], tea["view_count"], tea["last_sold_day"]) == ("Tea", 1, 35)


def test_interactions(stored):
    store = stored(
        [{"user_id": "ann", "day": day, "item_id": "tea"} for day in (1, 5)] + [{"user_id": "ann", "day": 6}]
    )
    tables = build_features(store, Settings(), 40)
    assert store.read(interactions(tables.order_lines)).to_pylist() == [
        {"customer_id": "ann", "item_id": "tea", "line_count": 2, "last_day": 5}
    ]
