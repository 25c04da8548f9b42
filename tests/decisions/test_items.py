"""Items that actions carry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from regulars.decisions.items import carried_items

IDS = pa.array(["a", "b", "c"])


@pytest.fixture
def ranked() -> pa.Table:
    return pa.table(
        {
            "customer_id": ["c", "a", "x", "a", "c", "a"],
            "rank": [2, 1, 1, 3, 1, 2],
            "item_id": ["c2", "a1", "x1", "a3", "c1", "a2"],
        }
    )


@pytest.mark.parametrize(
    ("count", "items"), [(0, [[], [], []]), (2, [["a1", "a2"], [], []]), (9, [["a1", "a2", "a3"], [], []])]
)
def test_best_first_up_to_the_count(offer: Any, ranked: pa.Table, count: int, items: list[list[str]]) -> None:
    offers = (offer(carries_items=True), offer(id="plain"))
    choice = np.array([0, 0, 1])  # b has no recommendations, c's offer carries none
    assert carried_items(IDS, choice, offers, ranked, count).to_pylist() == items


def test_row_order_and_chunks_do_not_matter(offer: Any, ranked: pa.Table) -> None:
    offers, choice = (offer(carries_items=True),), np.array([0, -1, 0])
    parts = pa.concat_tables([ranked.slice(3), ranked.slice(0, 3)])
    for table in (ranked, parts):
        found = carried_items(IDS, choice, offers, table, 2).to_pylist()
        assert found == [["a1", "a2"], [], ["c1", "c2"]]


def test_without_recommendations(offer: Any, ranked: pa.Table) -> None:
    offers = (offer(carries_items=True),)
    for table in (None, ranked.slice(0, 0)):
        assert carried_items(IDS, np.array([0, 0, 0]), offers, table, 2).to_pylist() == [[], [], []]
