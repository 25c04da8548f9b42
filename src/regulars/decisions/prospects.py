"""The customers of a decision as NumPy columns, with what is assumed where a customer has no score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.errors import ColumnError, nearest
from regulars.schema import STAGES

REQUIRED = (
    "customer_id",
    "stage",
    "churn_probability",
    "expected_order_value",
    "clv",
    "purchase_count",
    "days_since_last_purchase",
    "value_group",
    "holdout_draw",
)

Z90 = 1.6448536269514722
"""Half width of a 90 % interval in standard deviations."""

ORDER_VALUE_VARIATION = 0.5
"""Assumed: orders of one customer spread around their mean by half of it (coefficient of variation)."""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Texts = pa.StringArray
Booleans = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Prospects:
    """One customer per row, sorted by customer id; numbers are nan where nothing is known."""

    customer_id: Texts
    stage: Texts
    value_group: Texts
    no_purchase_probability: Floats
    order_value: Floats
    order_value_low: Floats
    order_value_high: Floats
    clv: Floats
    purchase_count: Floats
    days_since_last_purchase: Floats
    holdout: Booleans
    has_items: Booleans

    @property
    def count(self) -> int:
        return len(self.customer_id)


def prospects(customers: pa.Table, recommendations: pa.Table | None, holdout_share: float) -> Prospects:
    """``customers`` sorted by id, checked, and completed where a customer has no score.

    Parameters
    ----------
    customers
        One row per customer with the columns ``REQUIRED``; optional ``conversion_probability`` (P(first
        purchase within the horizon), 0-1) and ``expected_order_value_low`` / ``_high`` (90 %, money).
    recommendations
        ``customer_id, rank, item_id``; None or empty = nobody has recommended items.
    holdout_share
        Customers whose ``holdout_draw`` is below it are the hold-out.

    Returns
    -------
    Prospects
        What is assumed: a customer who never bought and has no ``conversion_probability`` would not buy
        within the horizon without an offer; a first order is worth the median expected order of the
        shop's customers; without an interval column, the mean of n orders is known to within
        ``ORDER_VALUE_VARIATION`` / sqrt(n). A customer who bought and has no score stays nan and gets no
        offer. A negative expected order counts as 0.

    Raises
    ------
    ColumnError
        A column is missing, a customer id is null or there twice, a stage is unknown, or a probability
        lies outside 0-1.
    """
    table = _sorted(customers)
    bought = _numbers(table, "purchase_count", 0.0) > 0
    low, value, high = _order_values(table, bought)
    return Prospects(
        customer_id=_column(table, "customer_id"),
        stage=_stages(table),
        value_group=_column(table, "value_group"),
        no_purchase_probability=_no_purchase(table, bought),
        order_value=value,
        order_value_low=low,
        order_value_high=high,
        clv=_numbers(table, "clv"),
        purchase_count=_numbers(table, "purchase_count", 0.0),
        days_since_last_purchase=_numbers(table, "days_since_last_purchase"),
        holdout=_share_column(table, "holdout_draw") < holdout_share,
        has_items=_has_items(table, recommendations),
    )


def is_in(column: Texts, words: Sequence[str]) -> Booleans:
    """True where the text ``column`` holds one of ``words``; null is in nothing."""
    found = pc.is_in(column, value_set=pa.array(list(words), pa.string()))
    return np.array(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _sorted(customers: pa.Table) -> pa.Table:
    for name in REQUIRED:
        if name not in customers.column_names:
            raise ColumnError(
                f"decide needs the column {name}.{nearest(name, customers.column_names)}",
                allowed="columns " + ", ".join(REQUIRED),
            )
    ids = customers.column("customer_id")
    if ids.null_count:
        raise ColumnError("customer_id is null in the customers to decide on", allowed="an id in each row")
    if pc.count_distinct(ids).as_py() != len(ids):
        raise ColumnError(
            "a customer_id is there twice in the customers to decide on", allowed="one row each"
        )
    return customers.sort_by("customer_id").combine_chunks()


def _column(table: pa.Table, name: str) -> Texts:
    column: Any = table.column(name).cast(pa.string())
    texts: Texts = column.combine_chunks()
    return texts


def _stages(table: pa.Table) -> Texts:
    stage = _column(table, "stage")
    for word in pc.unique(stage).to_pylist():
        if word is not None and word not in STAGES:
            raise ColumnError(
                f"column stage holds {word!r}.{nearest(word, STAGES)}", allowed=", ".join(STAGES)
            )
    return stage


def _numbers(table: pa.Table, name: str, missing: float = float("nan")) -> Floats:
    column = table.column(name).cast(pa.float64()).fill_null(pa.scalar(missing))
    values = np.array(column.to_numpy(), dtype=np.float64)
    if np.isinf(values).any():
        raise ColumnError(f"column {name} holds an infinite number", allowed="finite numbers or null")
    return values


def _share_column(table: pa.Table, name: str) -> Floats:
    values = _numbers(table, name)
    wrong = (values < 0) | (values > 1)
    if wrong.any():
        raise ColumnError(f"column {name} holds {values[wrong][0]:g}", allowed="0 to 1, or null")
    return values


def _no_purchase(table: pa.Table, bought: Booleans) -> Floats:
    probability = _share_column(table, "churn_probability")
    if "conversion_probability" in table.column_names:
        conversion = np.nan_to_num(_share_column(table, "conversion_probability"), nan=0.0)
    else:
        conversion = np.zeros(len(probability))
    unknown = np.isnan(probability) & ~bought
    return np.where(unknown, 1.0 - conversion, probability)


def _order_values(table: pa.Table, bought: Booleans) -> tuple[Floats, Floats, Floats]:
    value = np.maximum(_numbers(table, "expected_order_value"), 0.0)
    known = value[bought & ~np.isnan(value)]
    typical = float(np.median(known)) if len(known) else float("nan")
    value = np.where(np.isnan(value) & ~bought, typical, value)
    orders = np.maximum(_numbers(table, "purchase_count", 0.0), 1.0)
    half = Z90 * ORDER_VALUE_VARIATION * value / np.sqrt(orders)
    low, high = np.maximum(value - half, 0.0), value + half
    if "expected_order_value_low" in table.column_names:
        given = np.maximum(_numbers(table, "expected_order_value_low"), 0.0)
        low = np.where(np.isnan(given), low, np.minimum(given, value))
    if "expected_order_value_high" in table.column_names:
        given = _numbers(table, "expected_order_value_high")
        high = np.where(np.isnan(given), high, np.maximum(given, value))
    return low, value, high


def _has_items(table: pa.Table, recommendations: pa.Table | None) -> Booleans:
    if recommendations is None or recommendations.num_rows == 0:
        return np.zeros(table.num_rows, dtype=bool)
    served = pc.unique(recommendations.column("customer_id").cast(pa.string()))
    found = pc.is_in(table.column("customer_id").cast(pa.string()), value_set=served)
    return np.array(found.to_numpy(), dtype=np.bool_)
