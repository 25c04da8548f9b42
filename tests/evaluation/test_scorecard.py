"""The scorecard of an origin: rows, order, nulls, and that it tells a good forecast from a poor one."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from regulars.errors import ColumnError
from regulars.evaluation.scorecard import METRICS, evaluate_origin
from regulars.schema import EVALUATION_CALIBRATION, EVALUATION_METRICS


def forecast(count: int = 400, seed: int = 0) -> pa.Table:
    """Customers who buy at their own rates; the model knows the rates, the naive one only their mean."""
    draw = np.random.default_rng(seed)
    rate, order = draw.gamma(1, 1, count), draw.lognormal(3, 0.5, count)
    purchases = draw.poisson(rate)
    return pa.table(
        {
            "customer_id": [f"c{place}" for place in range(count)],
            "churn_probability": np.exp(-rate),
            "expected_purchases": rate,
            "expected_value": rate * order,
            "value_low": np.zeros(count),
            "value_high": 3 * rate * order + 3 * order,
            "naive_churn_probability": np.full(count, np.exp(-rate).mean()),
            "naive_expected_purchases": np.full(count, rate.mean()),
            "naive_expected_value": np.full(count, 2 * (rate * order).mean()),
            "churned": purchases == 0,
            "future_purchase_day_count": purchases,
            "future_net_value": purchases * order,
        }
    )


def values(table: pa.Table) -> dict[tuple[str, str, str], Any]:
    found = evaluate_origin(table, origin_on="2011-09-09", horizon_days=90, seed=1).metrics.to_pylist()
    return {(row["target"], row["model"], row["metric"]): row["value"] for row in found}


def test_one_row_per_target_model_and_metric() -> None:
    result = evaluate_origin(forecast(), origin_on=datetime.date(2011, 9, 9), horizon_days=90, seed=1)
    assert result.metrics.schema.equals(EVALUATION_METRICS.arrow_schema())
    assert result.calibration.schema.equals(EVALUATION_CALIBRATION.arrow_schema())
    keys = [(row["target"], row["model"], row["metric"]) for row in result.metrics.to_pylist()]
    expected = {(t, m, name) for t in METRICS for m in ("regulars", "naive") for name in METRICS[t]}
    assert len(keys) == len(set(keys))
    assert set(keys) == expected | {("spend", "regulars", "coverage")}
    assert set(result.metrics["origin_on"].to_pylist()) == {"2011-09-09"}
    assert set(result.calibration["model"].to_pylist()) == {"regulars", "naive"}


def test_a_good_forecast_beats_a_poor_one() -> None:
    found = values(forecast())
    for target, metric in (
        ("churn", "brier"),
        ("churn", "log_loss"),
        ("spend", "mae"),
        ("purchases", "rmse"),
    ):
        assert found[target, "regulars", metric] < found[target, "naive", metric]
    for target, metric in (("churn", "auc"), ("spend", "gini"), ("purchases", "spearman")):
        better, worse = found[target, "regulars", metric], found[target, "naive", metric]
        assert better > (0.5 if worse is None else worse)
    assert abs(found["spend", "regulars", "bias"]) < 0.2 < found["spend", "naive", "bias"]
    assert 0.8 < found["spend", "regulars", "coverage"] <= 1


def test_intervals_hold_the_value() -> None:
    for row in evaluate_origin(
        forecast(), origin_on="2011-09-09", horizon_days=90, seed=1
    ).metrics.to_pylist():
        if row["value"] is not None and row["metric"] != "ece":  # resampling can only add to a distance
            assert row["value_low"] <= row["value"] <= row["value_high"], row


def test_row_order_does_not_matter() -> None:
    table = forecast()
    mixed = table.take(pa.array(np.random.default_rng(3).permutation(table.num_rows)))
    one, other = (evaluate_origin(t, origin_on="2011-09-09", horizon_days=90, seed=1) for t in (table, mixed))
    assert one.metrics.equals(other.metrics)
    assert one.calibration.equals(other.calibration)


def test_one_class_only_is_null_and_no_error() -> None:
    table = forecast(50)
    nobody = {"churned": [True] * 50, "future_purchase_day_count": [0] * 50, "future_net_value": [0.0] * 50}
    for name, column in nobody.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(column))
    found = values(table)
    assert found["churn", "regulars", "auc"] is None
    for metric in ("bias", "gini", "spearman", "top_decile_share"):
        assert found["spend", "regulars", metric] is None
    assert found["spend", "regulars", "mae"] > 0


def test_no_customers() -> None:
    result = evaluate_origin(forecast().slice(0, 0), origin_on="2011-09-09", horizon_days=90, seed=1)
    assert set(result.metrics["value"].to_pylist()) == {None}
    assert result.calibration.num_rows == 0


def test_one_customer() -> None:
    found = values(forecast(1))
    assert found["churn", "regulars", "brier"] is not None
    assert found["churn", "regulars", "auc"] is None


def test_the_interval_columns_are_optional() -> None:
    found = values(forecast().drop_columns(["value_low"]))
    assert ("spend", "regulars", "coverage") not in found


def test_customers_without_a_prediction_are_left_out() -> None:
    table = forecast(40)
    row = {name: [None] for name in table.column_names} | {"customer_id": ["visitor"]}
    visitor = pa.table(
        {name: pa.array(row[name], table.schema.field(name).type) for name in table.column_names}
    )
    assert values(pa.concat_tables([table, visitor])) == values(table)


def test_mistakes_are_named() -> None:
    table = forecast(40)
    with pytest.raises(ColumnError, match=r"expected_value.* Did you mean"):
        values(table.rename_columns({"expected_value": "expected_values"}))
    hole = pa.array([None] + [1.0] * 39)
    place = table.column_names.index("naive_expected_value")
    with pytest.raises(ColumnError, match="naive_expected_value is null or not finite in 1 of 40"):
        values(table.set_column(place, "naive_expected_value", hole))
