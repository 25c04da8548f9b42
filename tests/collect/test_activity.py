import json

import pyarrow as pa
import pytest

from regulars import schema
from regulars.collect.activity import decimal_text
from regulars.collect.vocabulary import EVENT_WORDS, event_types_by_word, plain_word


def test_every_event_type_has_words_and_no_word_has_two_meanings():
    assert set(EVENT_WORDS) == set(schema.EVENT_TYPES)
    words = [(plain_word(word), kind) for kind, names in EVENT_WORDS.items() for word in (kind, *names)]
    assert len(set(words)) == len(event_types_by_word())


@pytest.mark.parametrize(
    ("word", "kind"),
    [("product_view", "view"), ("add_to_cart", "cart_add"), ("page_view", "visit"), ("transaction", "purchase"), ("Add To Cart", "cart_add"),
     ("PURCHASE", "purchase"), ("email-opened", "message_opened"), ("ticket closed", "ticket_resolved"), ("signup", "sign_up")],
)  # fmt: skip
def test_names_of_the_shops_own(read, word, kind):
    found = read(f"event,time,user_id,value\n{word},2024-01-01,u,5\nview,2024-01-01,u,\n")
    assert found.column("type") == [kind, "view"] and found.plan.source == "events"


def test_types_that_nobody_knows(read):
    found = read(
        "event,time,user_id\nview,2024-01-01,u\ndanced,2024-01-01,u\n,2024-01-01,u\nvisit,2024-01-01,u\n"
    )
    assert found.codes == {3: "unknown_type", 4: "missing_value"}
    assert "event is 'danced'" in found.rejected["message"][0].as_py()


def test_properties_hold_the_rest_and_are_typed(read):
    text = (
        "event,time,user_id,rating,dwell_seconds,search_term,page,depth,user_session,product_id,price\n"
        "rate,2024-01-01,u,4,,,,,,i,\nvisit,2024-01-01,u,,12.5,,home,3,0042,,\nsearch,2024-01-01,u,,,red mug,,,,,\nview,2024-01-01,u,,,,,,,i,2.50\n"
    )
    assert read(text).properties() == [
        {"rating": 4}, {"depth": 3, "dwell_seconds": 12.5, "page": "home", "session_id": "0042"}, {"query": "red mug"}, {"price": 2.5},
    ]  # fmt: skip


def test_money_moves_only_where_it_moves(read):
    text = "event,time,user_id,product_id,price,quantity\nview,2024-01-01,u,i,2.5,\ncart,2024-01-01,u,i,2.5,2\npurchase,2024-01-01,u,i,2.5,2\nrefund,2024-01-01,u,i,2.5,1\npurchase,2024-01-01,u,i,2.5,\n"
    found = read(text)
    assert found.column("value") == [None, None, 50_000, -25_000, 25_000]
    assert found.column("quantity") == [None, 20_000, 20_000, -10_000, 10_000]
    assert found.column("currency") == [None, None, "GBP", "GBP", "GBP"]
    assert found.items.to_pylist()[0]["price"] == 25_000


def test_what_a_sale_must_say(read):
    text = "event,time,user_id,product_id,value,quantity,currency\npurchase,2024-01-01,u,i,,1,\npurchase,2024-01-01,u,i,5,-1,\npurchase,2024-01-01,u,i,5,1,USD\nview,2024-01-01,u,i,,,USD\nadjustment,2024-01-01,,i,,-3,\n"
    found = read(text)
    assert found.codes == {2: "missing_value", 3: "refund_without_order", 4: "bad_currency"}
    assert found.column("type") == ["view", "adjustment"] and found.column("quantity") == [None, -30_000]


def test_json_lines_with_properties_inside(read):
    lines = [
        {"event": "page", "timestamp": "2024-01-01T00:00:00Z", "anonymous_id": "d", "properties": {"path": "/", "n": 1}},
        {"event": "Order Completed", "timestamp": "2024-01-01T00:00:01Z", "anonymous_id": "d", "user_id": "u", "value": 12.1, "order_id": 7},
    ]  # fmt: skip
    found = read("\n".join(map(json.dumps, lines)), "events.jsonl")
    assert found.column("type") == ["visit", "purchase"] and found.column("value") == [None, 121_000]
    assert found.properties() == [{"n": 1, "path": "/"}, {}] and found.column("order_id") == [None, "7"]


def test_a_column_of_json_is_opened_up(read):
    text = 'event,time,user_id,properties\nvisit,2024-01-01,u,"{""page"": ""home"", ""n"": 2}"\nvisit,2024-01-01,u,oops\n'
    assert read(text).properties() == [{"n": 2, "page": "home"}, {"properties": "oops"}]


def test_a_session_stands_in_for_a_visitor(read):
    found = read("event,time,session_id\nview,2024-01-01,s1\n")
    assert found.column("anonymous_id") == ["s1"] and found.properties() == [{"session_id": "s1"}]


def test_contact_data_never_comes_through(read):
    text = 'event,time,user_id,text,phone\nreview,2024-01-01,ann@example.org,"write to bob@example.org, please",02079460958\nreview,soon,ann@example.org,x,+44 20 7946 0958\n'
    found = read(text)
    everything = str(found.events.to_pylist()) + str(found.rejected.to_pylist())
    assert "example.org" not in everything and "7946" not in everything and "02079460958" not in everything
    assert found.payload()["user_id"] == found.column("user_id")[0]


def test_costs_of_campaigns(read):
    found = read("campaign,day,channel,cost\nspring,2024-01-31,email,12.5\n,2024-02-01,email,x\n")
    assert found.plan.source == "costs" and found.codes == {3: "bad_number"}
    row = found.events.to_pylist()[0]
    assert (row["type"], row["value"], row["campaign"], row["user_id"], row["day"]) == (
        "cost",
        125_000,
        "spring",
        None,
        19_753,
    )


@pytest.mark.parametrize(
    ("units", "text"), [(125_000, "12.5"), (-5, "-0.0005"), (40_000, "4"), (0, "0"), (-12_340, "-1.234")]
)
def test_decimal_text(units, text):
    assert decimal_text(pa.array([units])).to_pylist() == [text]
