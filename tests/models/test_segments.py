"""Four groups, no overlap, one precedence, and the same idea of risk as the lifecycle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import ColumnError, OptionError
from regulars.models.lifecycle import LifecycleRule
from regulars.models.segments import STRATEGIES, ValueGroups
from regulars.schema import LEVERS, VALUE_GROUPS


@st.composite
def shops(draw: st.DrawFn) -> pa.Table:
    """One to forty customers who have bought, with whole numbers of days and orders."""
    rows = []
    for _ in range(draw(st.integers(1, 40))):
        gaps = draw(st.lists(st.integers(1, 300), max_size=6))
        rows.append(
            {
                "purchase_count": len(gaps) + 1 + draw(st.integers(0, 2)),
                "purchase_day_count": len(gaps) + 1,
                "mean_order_value": float(draw(st.integers(1, 50))),
                "days_since_last_purchase": draw(st.integers(0, 700)),
                "frequency": len(gaps),
                "recency_days": sum(gaps),
                "gap_last_days": gaps[-1] if gaps else None,
                "churn_probability": draw(st.floats(0, 1)),
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


SCHEMA = pa.schema(
    {
        "purchase_count": pa.int64(),
        "purchase_day_count": pa.int64(),
        "mean_order_value": pa.float64(),
        "days_since_last_purchase": pa.int64(),
        "frequency": pa.int64(),
        "recency_days": pa.int64(),
        "gap_last_days": pa.int64(),
        "churn_probability": pa.float64(),
    }
)


def groups_of(model: ValueGroups, table: pa.Table) -> np.ndarray[Any, Any]:
    return np.array(model.predict(table)["value_group"].to_pylist())


@given(shops())
def test_high_risk_is_what_the_lifecycle_calls_at_risk_or_churned(table: pa.Table) -> None:
    groups = groups_of(ValueGroups().fit(table), table)
    stages = np.array(LifecycleRule().fit(table).predict(table)["stage"].to_pylist())
    np.testing.assert_array_equal(groups == "high_risk", np.isin(stages, ("at_risk", "churned")))


@given(shops())
def test_the_groups_follow_the_thresholds(table: pa.Table) -> None:
    model = ValueGroups().fit(table)
    groups = groups_of(model, table)
    count, value = (table[name].to_numpy() for name in ("purchase_count", "mean_order_value"))
    assert (count >= model.frequent_count_).mean() <= 1 / 3
    safe = groups != "high_risk"
    np.testing.assert_array_equal(
        groups[safe] == "high_value",
        (count >= model.frequent_count_)[safe] & (value > model.order_value_)[safe],
    )
    np.testing.assert_array_equal(groups[safe] == "other", (count < model.frequent_count_)[safe])


@given(shops())
def test_the_description_adds_up(table: pa.Table) -> None:
    told = ValueGroups().fit(table).describe(table)
    assert told["value_group"].to_pylist() == list(VALUE_GROUPS)
    assert sum(told["customer_count"].to_pylist()) == len(table)
    assert sum(told["customer_share"].to_pylist()) == pytest.approx(1)
    assert sum(told["net_value_share"].to_pylist()) == pytest.approx(1)
    total = (table["purchase_count"].to_numpy() * table["mean_order_value"].to_numpy()).sum()
    assert sum(told["net_value"].to_pylist()) == pytest.approx(total)


def test_each_group_has_a_lever_for_a_strategy() -> None:
    assert list(STRATEGIES) == list(VALUE_GROUPS)
    assert set(STRATEGIES.values()) <= set(LEVERS)


@given(shops())
def test_risk_can_be_a_probability(table: pa.Table) -> None:
    model = ValueGroups(risk_probability=0.7).fit(table)
    risky = table["churn_probability"].to_numpy() >= 0.7
    np.testing.assert_array_equal(groups_of(model, table) == "high_risk", risky)
    with pytest.raises(ColumnError, match="churn_probability"):
        model.predict(table.drop_columns(["churn_probability"]))


def test_an_empty_description_has_nulls_and_types() -> None:
    table = pa.Table.from_pylist([dict.fromkeys(SCHEMA.names, 1)], schema=SCHEMA)
    told = ValueGroups().fit(table).describe(table.slice(0, 0))
    assert told["net_value_share"].to_pylist() == [None] * 4
    assert told.schema.field("mean_order_value").type == pa.float64()


def test_shares_outside_0_and_1_are_refused() -> None:
    table = pa.Table.from_pylist([dict.fromkeys(SCHEMA.names, 1)], schema=SCHEMA)
    with pytest.raises(OptionError, match="frequent_share is 2"):
        ValueGroups(frequent_share=2).fit(table)
    with pytest.raises(ColumnError, match="without rows"):
        ValueGroups().fit(table.slice(0, 0))
