"""Every cell has one name, equal values have equal scores, and better is never scored lower."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import ColumnError
from regulars.models.rfm import GROUP_OF_CELL, RFM
from regulars.schema import RFM_GROUPS

SCORES = ("rfm_recency_score", "rfm_frequency_score", "rfm_monetary_score")

customers = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(1, 60), st.integers(-500, 10_000)), min_size=1, max_size=80
)


def table_of(rows: list[tuple[int, int, float]]) -> pa.Table:
    silence, count, value = zip(*rows, strict=True)
    return pa.table(
        {"days_since_last_purchase": silence, "purchase_count": count, "net_value": np.array(value, float)}
    )


def test_all_125_cells_have_exactly_one_of_the_known_names() -> None:
    assert set(GROUP_OF_CELL) == set(product(range(1, 6), repeat=3))
    assert set(GROUP_OF_CELL.values()) == set(RFM_GROUPS)


def test_the_names_mean_what_they_say() -> None:
    assert GROUP_OF_CELL[5, 5, 5] == "champions"
    assert GROUP_OF_CELL[1, 1, 1] == "lost"
    assert GROUP_OF_CELL[1, 5, 5] == "cannot_lose_them"
    for (recency, frequency, _), group in GROUP_OF_CELL.items():
        if group in ("champions", "new_customers", "promising", "potential_loyalists"):
            assert recency >= 4
        if group in ("at_risk", "cannot_lose_them", "hibernating", "lost"):
            assert recency <= 2
        if group in ("new_customers", "promising"):
            assert frequency == 1


@given(customers)
def test_scores_are_1_to_5_and_equal_values_have_equal_scores(rows: list[tuple[int, int, float]]) -> None:
    out = RFM().fit(table_of(rows)).predict(table_of(rows))
    for place, name in enumerate(SCORES):
        scores: dict[Any, set[int]] = {}
        for row, score in zip(rows, out[name].to_pylist(), strict=True):
            assert 1 <= score <= 5
            scores.setdefault(row[place], set()).add(score)
        assert all(len(found) == 1 for found in scores.values())
        ordered = [scores[value].pop() for value in sorted(scores)]
        assert ordered == sorted(ordered, reverse=place == 0)
    cells = zip(*(out[name].to_pylist() for name in SCORES), strict=True)
    assert out["rfm_group"].to_pylist() == [GROUP_OF_CELL[cell] for cell in cells]


def test_without_ties_each_score_holds_a_fifth() -> None:
    rng = np.random.default_rng(0)
    rows = list(zip(rng.permutation(100), rng.permutation(100) + 1, rng.permutation(100), strict=True))
    out = RFM().fit(table_of(rows)).predict(table_of(rows))
    for name in SCORES:
        assert np.bincount(out[name].to_numpy(), minlength=6).tolist() == [0, 20, 20, 20, 20, 20]


def test_the_edges_are_frozen() -> None:
    model = RFM().fit(table_of([(d, d, 10.0 * d) for d in range(1, 101)]))
    alone = model.predict(table_of([(1, 100, 1000.0)]))
    assert alone["rfm_group"].to_pylist() == ["champions"]


def test_one_order_customers_are_the_lowest_frequency_however_many() -> None:
    rows = [(d, 1 if d % 10 else 4, 5.0) for d in range(100)]
    out = RFM().fit(table_of(rows)).predict(table_of(rows))
    scores = out["rfm_frequency_score"].to_numpy()
    assert set(scores[[d % 10 > 0 for d in range(100)]]) == {1}
    assert set(scores[::10]) == {5}


def test_who_never_bought_is_refused() -> None:
    model = RFM().fit(table_of([(1, 1, 1.0)]))
    with pytest.raises(ColumnError, match="purchase_count holds 0 in row 1"):
        model.predict(table_of([(1, 1, 1.0), (1, 0, 0.0)]))
    with pytest.raises(ColumnError, match="without rows"):
        RFM().fit(table_of([(1, 1, 1.0)]).slice(0, 0))
