"""What the shop's lines cost it."""

from regulars.config import Settings, Value
from regulars.features.margins import cost_sums
from regulars.pipeline.features import build_features
from regulars.pipeline.margins import shop_margin

POUND = 10_000

ITEMS = [
    {"item_id": "tea", "cost": 2 * POUND},
    {"item_id": "pot", "cost": 0},  # nobody entered one
    {"item_id": "cup"},
]
EVENTS = [
    {
        "user_id": "ann",
        "day": 1,
        "item_id": "tea",
        "quantity": 3 * POUND,
        "value": 12 * POUND,
        "order_id": "A",
    },
    {"user_id": "ann", "day": 1, "item_id": "pot", "value": 5 * POUND, "order_id": "A"},
    {
        "user_id": "bob",
        "day": 2,
        "item_id": "tea",
        "quantity": POUND // 2,
        "value": 3 * POUND,
        "order_id": "B",
    },
    {"user_id": "bob", "day": 2, "value": 1 * POUND, "order_id": "B"},
]


def tables_of(stored, events, items):
    store = stored(events, items=items)
    return store, build_features(store, Settings(), 10)


def test_a_cost_of_nothing_is_not_known(stored):
    store, tables = tables_of(stored, EVENTS, ITEMS)
    row = store.read(cost_sums(tables.order_lines, tables.items)).to_pylist()[0]
    assert row == {
        "value": 21 * POUND, "covered_value": 15 * POUND, "covered_cost": 7 * POUND, "item_count": 1,
    }  # fmt: skip


def test_costs_speak_where_they_cover_half_of_what_was_sold(stored):
    store, tables = tables_of(stored, EVENTS, ITEMS)
    margin = shop_margin(store, Settings(), tables)
    assert (margin.source, margin.rate) == ("costs", round(1 - 7 / 15, 6))
    few = [{**event, "item_id": "cup"} for event in EVENTS[:1]] + EVENTS[1:]
    store, tables = tables_of(stored, few, ITEMS)
    assert shop_margin(store, Settings(), tables).source == "assumed"


def test_the_shops_own_figure_holds(stored):
    store, tables = tables_of(stored, EVENTS, ITEMS)
    own = Settings(value=Value(margin_rate=0.3, margin_rate_is_assumed=False))
    assert shop_margin(store, own, tables).rate == 0.3


def test_taxes_of_later_orders_say_nothing_about_an_earlier_day(stored):
    def margin(*later):
        order = {"value": 120 * POUND, "tax_is_included": True}
        sold = [
            {**order, "order_id": "A", "day": 1, "tax_value": 20 * POUND},
            *({**order, **one} for one in later),
        ]
        store = stored(EVENTS, items=ITEMS, orders=sold)
        return shop_margin(store, Settings(), build_features(store, Settings(), 10)).rate

    later = {"order_id": "Z", "day": 11, "tax_value": 60 * POUND}
    assert margin(later) == margin() == round(1 - 20 / 120 - 7 / 15, 6)
