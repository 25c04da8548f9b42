"""What a person should know about the data."""

from regulars.config import Settings
from regulars.pipeline.check import check
from regulars.pipeline.shop import Shop


def codes(stored, tmp_path, events):
    shop = Shop(tmp_path, Settings(), stored(events))
    return {finding["code"]: finding for finding in check(shop)}


def test_one_customer_without_repeat(stored, tmp_path):
    found = codes(stored, tmp_path, [{"user_id": "ann", "day": 3}])
    assert {"one_customer", "no_repeat_buyers", "no_season", "no_visits", "no_refunds"} <= set(found)


def test_a_hole_in_the_data_is_named_with_its_day(stored, tmp_path):
    found = codes(stored, tmp_path, [{"user_id": "ann", "day": day} for day in (1, 2, 3, 40, 41)])
    assert found["silent_days"]["values"] == {"first_on": "1970-01-04", "gap_days": 37}


def test_anonymous_lines_are_a_warning_when_they_are_many(stored, tmp_path):
    found = codes(stored, tmp_path, [{"user_id": "ann", "day": 3}, {"day": 4}])
    assert found["anonymous_lines"]["severity"] == "warning"
    assert found["anonymous_lines"]["values"]["line_share"] == 0.5


def test_an_unfinished_last_day(stored, tmp_path):
    events = [{"user_id": "ann", "day": day, "hour": 20} for day in range(20)] + [
        {"user_id": "ann", "day": 20, "hour": 9}
    ]
    assert codes(stored, tmp_path, events)["unfinished_day"]["values"]["last_hour"] == 9


def test_worst_comes_first(stored, tmp_path):
    shop = Shop(tmp_path, Settings(), stored([{"user_id": "ann", "day": 3}, {"day": 4}]))
    order = [finding["severity"] for finding in check(shop)]
    assert order == sorted(order, key=["warning", "note", "good"].index)
