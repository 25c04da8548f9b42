"""The scorecard of one forecast origin: the model's predictions and the naive ones beside what happened."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.errors import ColumnError, nearest
from regulars.evaluation.calibration import brier, calibration_by_decile, calibration_error, log_loss
from regulars.evaluation.intervals import Metric, bootstrap_intervals, coverage
from regulars.evaluation.ranking import auc, normalised_gini, spearman, top_decile_share
from regulars.evaluation.totals import mean_absolute_error, root_mean_squared_error, total_bias
from regulars.schema import EVALUATION_CALIBRATION, EVALUATION_METRICS

Floats = np.ndarray[Any, np.dtype[np.float64]]

LABELS = {"churn": "churned", "purchases": "future_purchase_day_count", "spend": "future_net_value"}
PREDICTIONS = {"churn": "churn_probability", "purchases": "expected_purchases", "spend": "expected_value"}
MODELS = {"regulars": "", "naive": "naive_"}

AMOUNTS: dict[str, Metric] = {
    "bias": total_bias,
    "mae": mean_absolute_error,
    "rmse": root_mean_squared_error,
    "gini": normalised_gini,
    "spearman": spearman,
    "top_decile_share": top_decile_share,
}
METRICS: dict[str, dict[str, Metric]] = {
    "churn": {"brier": brier, "log_loss": log_loss, "auc": auc, "ece": calibration_error, "bias": total_bias},
    "purchases": AMOUNTS,
    "spend": AMOUNTS,
}
DIGITS = 9
"""Significant digits kept, so that the last bits of a sum, which differ between processors, are not."""


@dataclass(frozen=True)
class EvaluationResult:
    """``metrics`` and ``calibration`` as ``schema.EVALUATION_METRICS`` and ``EVALUATION_CALIBRATION`` say."""

    metrics: pa.Table
    calibration: pa.Table


def evaluate_origin(
    table: pa.Table, *, origin_on: str | datetime.date, horizon_days: int, seed: int
) -> EvaluationResult:
    """How well churn, purchases and spend were predicted at one origin, beside the naive rate.

    Parameters
    ----------
    table
        One customer per row: ``churn_probability`` (0-1), ``expected_purchases`` (purchase days) and
        ``expected_value`` (net money) within the horizon, the same three as ``naive_...``, the labels
        ``churned``, ``future_purchase_day_count``, ``future_net_value``, and optionally ``value_low``,
        ``value_high``, the 90 % interval of the value. Customers whose ``churn_probability`` is null (they
        had not bought by the origin, so nobody predicted anything) are left out.
    origin_on
        The origin's date, written into the rows.
    horizon_days
        Length of the forecast (days), written into the rows.
    seed
        Of the bootstrap.

    Returns
    -------
    EvaluationResult
        One metrics row per target, model and metric, with the 90 % bootstrap interval over customers; a
        metric that is not defined (one class only, no spend at all) is null. One calibration row per model
        and tenth of the customers by predicted churn, lowest first. Independent of the row order. Customers
        drawn again lie further from a calibrated forecast than the customers themselves, so the interval
        of ``ece`` may lie above its value: read it as how much of it is noise.

    Raises
    ------
    ColumnError
        A column is missing, or holds a null or no finite number for a customer with a prediction.

    Examples
    --------
    >>> columns = {"churn_probability": [0.2, 0.9], "expected_purchases": [1.5, 0.1], "expected_value": [60.0, 4.0]}
    >>> naive = {f"naive_{name}": values for name, values in columns.items()}
    >>> labels = {"churned": [False, True], "future_purchase_day_count": [1, 0], "future_net_value": [50.0, 0.0]}
    >>> result = evaluate_origin(pa.table({**columns, **naive, **labels}), origin_on="2011-09-09",
    ...                          horizon_days=90, seed=0)
    >>> {row["metric"]: row["value"] for row in result.metrics.to_pylist()[:2]}
    {'brier': 0.025, 'log_loss': 0.164252033}
    """
    columns = _columns(table)
    cut = {"origin_on": str(origin_on), "horizon_days": horizon_days}
    metrics = [{**cut, **row} for model in MODELS for row in _metric_rows(columns, model, seed)]
    bins = [{**cut, **row} for model in MODELS for row in _calibration_rows(columns, model)]
    order = {target: place for place, target in enumerate(METRICS)}
    metrics.sort(key=lambda row: order[str(row["target"])])  # stable: the models side by side in a target
    return EvaluationResult(
        pa.Table.from_pylist(metrics, schema=EVALUATION_METRICS.arrow_schema()),
        pa.Table.from_pylist(bins, schema=EVALUATION_CALIBRATION.arrow_schema()),
    )


def _columns(table: pa.Table) -> dict[str, Floats]:
    """The columns as numbers, rows in an order of their own."""
    names = [prefix + name for prefix in MODELS.values() for name in PREDICTIONS.values()] + list(
        LABELS.values()
    )
    for name in names:
        if name not in table.column_names:
            raise ColumnError(
                f"evaluate_origin needs the column {name}.{nearest(name, table.column_names)}",
                allowed="columns " + ", ".join(names),
            )
    names += [
        name for name in ("value_low", "value_high") if {"value_low", "value_high"} <= {*table.column_names}
    ]
    table = table.filter(pc.is_valid(table.column("churn_probability")))
    columns = {name: _numbers(table, name) for name in names}
    # Rows that agree in every column are interchangeable, so this order makes the draws reproducible.
    order = np.lexsort(tuple(columns.values()))
    return {name: values[order] for name, values in columns.items()}


def _numbers(table: pa.Table, name: str) -> Floats:
    column = table.column(name).cast(pa.float64())
    values = np.array(column.to_numpy(), dtype=np.float64)
    if not np.isfinite(values).all():
        raise ColumnError(
            f"column {name} is null or not finite in {int((~np.isfinite(values)).sum())} of {len(values)} rows",
            allowed="a number for each customer with a churn_probability",
        )
    return values


def _metric_rows(columns: Mapping[str, Floats], model: str, seed: int) -> Iterator[dict[str, Any]]:
    for target, metrics in METRICS.items():
        actual, predicted = columns[LABELS[target]], columns[MODELS[model] + PREDICTIONS[target]]
        intervals = bootstrap_intervals(metrics, actual, predicted, random_state=seed)
        for name, metric in metrics.items():
            yield _row(target, model, name, metric(actual, predicted), intervals[name])
        if target == "spend" and model == "regulars" and "value_low" in columns:
            yield _coverage_row(columns, actual, seed)


def _coverage_row(columns: Mapping[str, Floats], actual: Floats, seed: int) -> dict[str, Any]:
    within = ((actual >= columns["value_low"]) & (actual <= columns["value_high"])).astype(np.float64)

    def share(inside: Floats, _: Floats) -> float:
        return float(np.mean(inside)) if len(inside) else float("nan")

    interval = bootstrap_intervals({"coverage": share}, within, within, random_state=seed)["coverage"]
    value = coverage(actual, columns["value_low"], columns["value_high"])
    return _row("spend", "regulars", "coverage", value, interval)


def _row(target: str, model: str, metric: str, value: float, interval: tuple[float, float]) -> dict[str, Any]:
    low, high = interval
    return {
        "target": target,
        "model": model,
        "metric": metric,
        "value": _rounded(value),
        "value_low": _rounded(low),
        "value_high": _rounded(high),
    }


def _calibration_rows(columns: Mapping[str, Floats], model: str) -> Iterator[dict[str, Any]]:
    found = calibration_by_decile(columns["churned"], columns[MODELS[model] + "churn_probability"])
    for place in range(len(found.decile)):
        yield {
            "model": model,
            "decile": int(found.decile[place]),
            "predicted": _rounded(found.predicted[place]),
            "observed": _rounded(found.observed[place]),
            "customer_count": int(found.customer_count[place]),
        }


def _rounded(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
