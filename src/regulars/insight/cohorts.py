"""Cohorts by month of first purchase: who came back, and what they brought, some months later."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from regulars.insight.calendar import date_of, month_text
from regulars.schema import COHORTS, MONEY_UNITS

Frame = nw.LazyFrame[Any]


def cohort_cells(events: Frame, order_rows: Frame, calendar: Frame, as_of_day: int) -> Frame:
    """One row per cohort and month with a purchase or money: ``cohort_index, month_index, active_count, net``.

    ``order_rows`` is ``features.orders.orders``: a customer belongs to the month of the first purchase,
    and is active in the month of any, whether or not it was refunded later. Money that went back before
    the first purchase counts in that month, so the cells sum to the net value of all who ever bought.
    """
    months = order_rows.join(calendar.select("day", "month_index"), on="day", how="inner")
    first = months.group_by("customer_id").agg(cohort_index=nw.col("month_index").min())
    active = (
        months.select("customer_id", "month_index")
        .unique()
        .join(first, on="customer_id", how="inner")
        .group_by("cohort_index", "month_index")
        .agg(active_count=nw.len().cast(nw.Int64))
    )
    money = (
        events.filter(nw.col("day") <= as_of_day, nw.col("is_value"))
        .join(calendar.select("day", "month_index"), on="day", how="inner")
        .join(first, on="customer_id", how="inner")
        .with_columns(
            month_index=nw.when(nw.col("month_index") < nw.col("cohort_index"))
            .then(nw.col("cohort_index"))
            .otherwise(nw.col("month_index"))
        )
        .group_by("cohort_index", "month_index")
        .agg(net=nw.col("signed_value").sum().cast(nw.Int64))
    )
    return money.join(active, on=["cohort_index", "month_index"], how="left").with_columns(
        nw.col("active_count").fill_null(0)
    )


def cohorts(cells: pa.Table, as_of_day: int) -> pa.Table:
    """``schema.COHORTS``: a full triangle; 0 where nobody came back, null where the month is not over."""
    if cells.num_rows == 0:
        return COHORTS.arrow_schema().empty_table()
    cohort, month, active, net = (
        cells.column(name).to_numpy() for name in ("cohort_index", "month_index", "active_count", "net")
    )
    as_of = date_of(as_of_day)
    last = as_of.year * 12 + as_of.month - 1
    is_over = date_of(as_of_day + 1).day == 1
    size = np.unique(cohort)
    people = {int(c): int(active[(cohort == c) & (month == c)].sum()) for c in size}
    cell = {(int(c), int(m)): (int(a), int(n)) for c, m, a, n in zip(cohort, month, active, net, strict=True)}
    rows = []
    for c in people:
        for later in range(last - c + 1):
            count, value = cell.get((c, c + later), (0, 0))
            done = c + later < last or is_over
            rows.append(
                {
                    "cohort_month": month_text(c),
                    "months_later": later,
                    "customer_count": people[c],
                    "active_count": count,
                    "retention_rate": count / people[c] if done and people[c] else None,
                    "net_value": value / MONEY_UNITS if done else None,
                }
            )
    return pa.Table.from_pylist(rows, schema=COHORTS.arrow_schema())
