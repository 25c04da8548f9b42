"""Customers of a decision: order, checks, and what is assumed without a score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from regulars.decisions.prospects import ORDER_VALUE_VARIATION, Z90, is_in, prospects
from regulars.errors import ColumnError


def test_sorted_by_customer_id(customers: Any) -> None:
    people = prospects(customers(customer_id=["b", "a"], churn_probability=[0.1, 0.9]), None, 0.1)
    assert people.customer_id.to_pylist() == ["a", "b"]
    assert people.no_purchase_probability.tolist() == [0.9, 0.1]


def test_the_holdout_is_the_lowest_draws(customers: Any) -> None:
    people = prospects(customers(holdout_draw=[0.0, 0.0999, 0.1, 0.9]), None, 0.1)
    assert people.holdout.tolist() == [True, True, False, False]


def test_who_never_bought_is_assumed_not_to_buy_and_to_order_the_median(customers: Any) -> None:
    table = customers(
        stage=["registered", "active", "active", "active"],
        churn_probability=[None, 0.3, 0.3, 0.3],
        expected_order_value=[None, 10.0, 30.0, 1000.0],
        purchase_count=[0, 3, 3, 3],
        days_since_last_purchase=[None, 1, 1, 1],
    )
    people = prospects(table, None, 0.1)
    assert people.no_purchase_probability[0] == 1.0
    assert people.order_value[0] == 30.0
    with_conversion = table.append_column("conversion_probability", pa.array([0.25, None, None, None]))
    assert prospects(with_conversion, None, 0.1).no_purchase_probability.tolist() == [0.75, 0.3, 0.3, 0.3]


def test_who_bought_and_has_no_score_stays_unknown(customers: Any) -> None:
    people = prospects(customers(churn_probability=[None, 0.2], expected_order_value=[5.0, None]), None, 0.1)
    assert np.isnan(people.no_purchase_probability[0])
    assert np.isnan(people.order_value[1])


def test_nobody_bought_yet(customers: Any) -> None:
    table = customers(
        stage=["visitor"],
        churn_probability=pa.array([None], pa.float64()),
        expected_order_value=pa.array([None], pa.float64()),
        clv=pa.array([None], pa.float64()),
        purchase_count=[0],
        days_since_last_purchase=pa.array([None], pa.int64()),
        value_group=pa.array([None], pa.string()),
    )
    assert np.isnan(prospects(table, None, 0.1).order_value).all()


def test_the_order_value_interval(customers: Any) -> None:
    people = prospects(customers(purchase_count=[4, 1]), None, 0.1)
    half = 100 * Z90 * ORDER_VALUE_VARIATION / 2
    assert people.order_value_high[0] == pytest.approx(100 + half)
    assert people.order_value_low[0] == pytest.approx(100 - half)
    given = customers(expected_order_value_low=[90.0, None], expected_order_value_high=[130.0, None])
    people = prospects(given, None, 0.1)
    assert (people.order_value_low[0], people.order_value_high[0]) == (90.0, 130.0)
    assert people.order_value_low[1] < 100 < people.order_value_high[1]


def test_a_negative_order_counts_as_nothing(customers: Any) -> None:
    assert prospects(customers(expected_order_value=[-5.0, 1.0]), None, 0.1).order_value[0] == 0.0


def test_no_customers(customers: Any) -> None:
    assert prospects(customers().slice(0, 0), None, 0.1).count == 0


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"customer_id": ["a", "a"]}, "there twice"),
        ({"customer_id": ["a", None]}, "null"),
        ({"stage": ["active", "atrisk"]}, "Did you mean at_risk?"),
        ({"churn_probability": [0.1, 1.5]}, "churn_probability holds 1.5"),
        ({"holdout_draw": [-0.1, 0.5]}, "holdout_draw"),
        ({"expected_order_value": [1.0, float("inf")]}, "expected_order_value"),
    ],
)
def test_each_mistake_is_named(customers: Any, columns: dict[str, Any], words: str) -> None:
    with pytest.raises(ColumnError, match=words.replace("?", r"\?")):
        prospects(customers(**columns), None, 0.1)


def test_a_missing_column_is_named(customers: Any) -> None:
    table = customers().rename_columns({"clv": "clvs"})
    with pytest.raises(ColumnError, match=r"clv.* Did you mean clvs"):
        prospects(table, None, 0.1)


def test_null_is_in_nothing() -> None:
    assert is_in(pa.array(["a", None, "b"]), ["a"]).tolist() == [True, False, False]
    assert not is_in(pa.array(["a", None], pa.string()), []).any()
