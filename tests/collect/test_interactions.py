"""Logs without a type: one event per line, of the type that tells most."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.collect.interactions import is_interaction_log

HEADER = "user_id,product_id,timestamp,click,add_to_cart,purchase,rating,review_text,dwell_time,device"


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def test_the_type_is_what_tells_most_and_the_rest_stays(read):
    found = read(
        lines(
            "u1,p1,2025-03-01T10:00:00Z,1,0,0,0,,12.5,phone",
            "u1,p2,2025-03-01T10:01:00Z,0,0,0,,,,phone",
            "u2,p1,2025-03-02T10:00:00Z,1,1,0,,,30,desk",
            "u2,p1,2025-03-02T10:30:00Z,1,1,0,4,,30,desk",
            'u3,p3,2025-03-02T12:00:00Z,yes,no,no,2,"Broken, sadly",4,desk',
            "u2,p1,2025-03-02T11:00:00Z,3,1,1,5,Good,60,desk",
            "u4,,2025-03-02T11:00:00Z,0,0,0,,,60,desk",
        )
    )
    assert found.plan.source == "events"
    assert found.column("type") == ["click", "view", "cart_add", "rate", "review", "purchase", "visit"]
    assert found.properties()[0] == {
        "click": 1,
        "add_to_cart": 0,
        "purchase": 0,
        "dwell_seconds": 12.5,
        "device": "phone",
    }
    assert found.properties()[4]["text"] == "Broken, sadly"
    assert found.properties()[5] == {
        "click": 3, "add_to_cart": 1, "purchase": 1, "rating": 5, "text": "Good", "dwell_seconds": 60, "device": "desk",
    }  # fmt: skip
    assert found.read == found.events.num_rows == 7
    assert found.events["quantity"].to_pylist()[5] == 10_000


def test_a_cell_that_is_neither_yes_nor_no_rejects_its_line(read):
    found = read(lines("u1,p1,2025-03-01,maybe,0,0,,,,", "u1,p1,2025-03-01,TRUE,0,0,,,,"))
    assert found.codes == {2: "bad_number"}
    assert (
        found.rejected["message"][0]
        .as_py()
        .endswith("click is 'maybe'; allowed: 0 or 1, yes or no, or a count")
    )
    assert found.column("type") == ["click"]


def test_a_column_with_the_type_decides_where_there_is_one(read):
    found = read("user_id,item_id,timestamp,event_type,click,rating\nu1,p1,2025-03-01,view,1,0\n")
    assert found.column("type") == ["view"]
    assert found.properties() == [{"click": 1, "rating": 0}]


def test_reviews_of_a_public_collection_need_no_mapping(read):
    record = {
        "rating": 5.0, "title": "Lovely", "text": "Really nice.", "images": [], "asin": "B00YQ6X8EO", "parent_asin": "B00YQ6X8EO",
        "user_id": "AGKHLEW2SOWH", "timestamp": 1588687728923, "helpful_vote": 0, "verified_purchase": True,
    }  # fmt: skip
    rows = [record, record | {"rating": 2.0, "text": "", "title": ""}]
    found = read("\n".join(map(json.dumps, rows)), name="reviews.jsonl")
    assert (found.plan.source, found.column("type")) == ("events", ["review", "rate"])
    assert found.column("occurred_us")[0] == 1588687728923 * 1_000
    assert found.column("item_id")[0] == "B00YQ6X8EO"
    properties = found.properties()[0]
    assert (properties["rating"], properties["title"], properties["text"]) == (5, "Lovely", "Really nice.")
    assert properties["verified_purchase"] is True


@pytest.mark.data
def test_amazon_all_beauty(read, data_dir):
    found = read(data_dir / "amazon_all_beauty_5core" / "All_Beauty_5.json.gz")
    assert (found.plan.source, found.read, found.rejected.num_rows) == ("events", 5_269, 0)
    assert found.column("type").count("review") + found.column("type").count("rate") == 5_269
    assert not any("reviewerName" in properties for properties in found.properties())
    assert {properties["rating"] for properties in found.properties()} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("events", "orders", "expected"),
    [
        ({"time", "item_id", "rating"}, {"time", "item_id"}, True),
        ({"time", "item_id", "dwell_seconds", "unit_price"}, {"time", "item_id", "unit_price"}, True),
        ({"time", "item_id", "clicked"}, {"time", "value"}, True),
        ({"time", "item_id", "rating"}, {"time", "value"}, False),
        ({"time", "item_id", "rating"}, {"time", "quantity"}, False),
        ({"time", "item_id", "text"}, {"time"}, False),
        ({"time", "item_id", "type", "clicked"}, {"time"}, False),
        ({"item_id", "rating"}, set(), False),
    ],
)
def test_what_is_such_a_log(events, orders, expected):
    assert is_interaction_log(dict.fromkeys(events, "x"), dict.fromkeys(orders, "x")) is expected


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(*[st.sampled_from(["0", "1", "", "no", "YES", "7", "?"])] * 3), min_size=1, max_size=30
    )
)
def test_every_line_becomes_one_event_or_is_rejected(read, rows):
    found = read(lines(*(f"u,p,2025-03-01,{','.join(row)},,,," for row in rows)), source="events")
    assert found.read == len(rows) == found.events.num_rows + found.rejected.num_rows
    assert found.rejected.num_rows == sum("?" in row for row in rows)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,1029,3.0,1260759179\n", ["rate", "rate"]),
        (
            "user_id,video_id,time_ms,is_click\n7,3,1650000000123,1\n7,4,1650000001123,0\n",
            ["click", "view"],
        ),
    ],
)
def test_logs_of_films_and_videos(read, text, kinds):
    """Items that are no goods have ids of their own; without them a log would look like a table of customers."""
    found = read(text)
    assert (found.plan.source, found.column("type")) == ("events", kinds)
