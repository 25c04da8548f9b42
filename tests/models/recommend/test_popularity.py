"""Popularity counts what it says it counts, lately, and breaks ties by id."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from regulars.errors import ColumnError, OptionError
from regulars.models.recommend.popularity import Popularity

BOUGHT = pa.table(
    {
        "customer_id": ["a", "b", "c", "a", "b", "c", "d"],
        "item_id": ["old", "old", "old", "new", "new", "once", "tie"],
        "line_count": [1, 1, 1, 1, 1, 20, 1],
        "last_day": [10, 11, 12, 100, 95, 90, 90],
    }
)


def ranked(model: Popularity, customer: str = "x", n: int = 9) -> list[Any]:
    return model.fit(BOUGHT).recommend([customer], n)["item_id"].to_pylist()


def test_buyers_or_lines_or_lately() -> None:
    assert ranked(Popularity()) == ["old", "new", "once", "tie"]
    assert ranked(Popularity(by="lines")) == ["once", "old", "new", "tie"]
    assert ranked(Popularity(last_days=30)) == ["new", "once", "tie", "old"]
    assert ranked(Popularity(half_life_days=10)) == ["new", "once", "tie", "old"]


def test_the_window_counts_from_the_last_day_of_the_data() -> None:
    model = Popularity(last_days=6).fit(BOUGHT)
    scores = dict(zip(model.items_.tolist(), model.item_scores_.tolist(), strict=True))
    assert scores == {"new": 2.0, "old": 0.0, "once": 0.0, "tie": 0.0}
    half = Popularity(half_life_days=5).fit(BOUGHT)
    assert half.item_scores_[list(half.items_).index("new")] == 1.5


def test_bought_items_can_be_left_out() -> None:
    assert ranked(Popularity(exclude_bought=True), "a") == ["once", "tie"]
    assert ranked(Popularity(exclude_bought=True), "a", n=1) == ["once"]
    assert ranked(Popularity(exclude_bought=True), "x") == ["old", "new", "once", "tie"]


def test_customers_are_answered_once_in_order_with_ranks_from_one() -> None:
    out = Popularity().fit(BOUGHT).recommend(["b", "a", "b"], 2)
    assert out["customer_id"].to_pylist() == ["a", "a", "b", "b"]
    assert out["rank"].to_pylist() == [1, 2, 1, 2]
    assert out["score"].to_pylist() == [3.0, 2.0, 3.0, 2.0]
    assert out["reason_item_id"].null_count == out["reason_share"].null_count == 4


def test_similar_items_are_the_popular_others_and_the_score_is_its_only_part() -> None:
    model = Popularity().fit(BOUGHT)
    assert model.similar_items(["old", "none"], 2)["similar_item_id"].to_pylist() == ["new", "once"]
    assert model.explain("a", "old").to_pylist() == [
        {"reason_item_id": None, "contribution": 3.0, "share": 1.0}
    ]
    assert model.explain("a", "none").num_rows == 0


def test_what_the_settings_need_is_asked_for() -> None:
    with pytest.raises(ColumnError, match="last_day"):
        Popularity(last_days=7).fit(BOUGHT.drop_columns(["last_day"]))
    with pytest.raises(ColumnError, match="line_count"):
        Popularity(by="lines").fit(BOUGHT.drop_columns(["line_count"]))
    with pytest.raises(OptionError, match="'buyers' or 'lines'"):
        Popularity(by="money").fit(BOUGHT)
    with pytest.raises(OptionError, match="last_days is 0"):
        Popularity(last_days=0).fit(BOUGHT)
