"""The eight stages of a customer's life as conditions on days, and the checked columns they need.

Precedence, first that holds: churned, at_risk, reactivated, new, loyal, active; without a purchase
registered, else visitor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from regulars.errors import ColumnError
from regulars.models.gaps import Array
from regulars.models.tables import require_numbers


@dataclass(frozen=True)
class Lives:
    """Checked columns of customers as of a day; days that do not exist are nan."""

    purchase_day_count: Array
    frequency: Array
    recency_days: Array
    days_since_last_purchase: Array
    gap_last_days: Array
    signed_up: Array
    seen: Array


@dataclass(frozen=True)
class Limits:
    """The days (one value per customer or one for all) that separate the stages."""

    risk_days: Array | float
    churn_days: Array | float
    return_days: Array | float
    new_days: float
    loyal_purchase_days: int


def stages(lives: Lives, limits: Limits) -> pa.StringArray:
    """The stage of each customer; null for one who has done nothing yet."""
    silence, bought = lives.days_since_last_purchase, lives.purchase_day_count > 0
    # Comparisons with nan are false, so a day that does not exist never opens a stage.
    conditions = {
        "churned": bought & (silence > limits.churn_days),
        "at_risk": bought & (silence > limits.risk_days),
        "reactivated": bought & (lives.gap_last_days > limits.return_days),
        "new": bought & (lives.purchase_day_count == 1) & (silence <= limits.new_days),
        "loyal": bought & (lives.purchase_day_count >= limits.loyal_purchase_days),
        "active": bought,
        "registered": lives.signed_up,
        "visitor": lives.seen,
    }
    names = [*conditions, None]
    first = np.select(list(conditions.values()), list(range(len(conditions))), default=len(conditions))
    return pa.array([names[code] for code in first.tolist()], pa.string())


def checked_lives(columns: dict[str, Array]) -> Lives:
    """The columns as numbers, or ``ColumnError`` with the first row that cannot be."""
    count = require_numbers(columns["purchase_day_count"], "purchase_day_count", low=0)
    silence = require_numbers(
        columns["days_since_last_purchase"], "days_since_last_purchase", low=0, allow_nan=True
    )
    undated = (count > 0) & np.isnan(silence)
    if undated.any():
        raise ColumnError(
            f"row {int(np.flatnonzero(undated)[0])} has purchases and no days_since_last_purchase",
            allowed="null only where purchase_day_count is 0",
        )
    frequency = require_numbers(columns["frequency"], "frequency", low=0)
    recency = require_numbers(columns["recency_days"], "recency_days", low=0, allow_nan=True)
    return Lives(
        purchase_day_count=count,
        frequency=frequency,
        recency_days=np.nan_to_num(recency),
        days_since_last_purchase=silence,
        gap_last_days=require_numbers(columns["gap_last_days"], "gap_last_days", low=0, allow_nan=True),
        signed_up=_flags(columns.get("signed_up"), len(count), absent=False),
        # A table without the column holds customers, and each of them was seen.
        seen=_flags(columns.get("seen"), len(count), absent=True),
    )


def _flags(values: Array | None, rows: int, *, absent: bool) -> Array:
    if values is None:
        return np.full(rows, absent)
    return (
        np.array([value is True or value == 1 for value in values], bool)
        if values.dtype == object
        else values == 1
    )
