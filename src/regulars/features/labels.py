"""What happened next: the one file that may look past ``as_of``."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features import orders, returns
from regulars.schema import LABELS

Frame = nw.LazyFrame[Any]


def labels(events: Frame, customers: Frame, as_of_day: int, horizon_days: int) -> Frame:
    """One row per row of ``customers``: what the customer did in (as_of_day, as_of_day + horizon_days].

    Refunds count on their own day, whatever they refund; an order that was bought in the window and came
    back in full inside it is no purchase. A refund whose day nobody knows goes with its order: an order of the
    window is net of it, and one of an earlier order counts nowhere in the window. Customers who did nothing
    have zeros and ``churned`` true.
    """
    events = _undated_with_their_orders(events)
    end = as_of_day + horizon_days
    inside = (nw.col("day") > as_of_day) & (nw.col("day") <= end)
    bought = orders.lines(events, end)
    rows = orders.orders(bought, returns.refund_matches(bought, orders.refunds(events, end)))
    counts = (
        rows.filter(inside, nw.col("is_standing"))
        .group_by("customer_id", "day")
        .agg(n=nw.len().cast(nw.Int64))
        .group_by("customer_id")
        .agg(
            future_purchase_day_count=nw.len().cast(nw.Int64),
            future_purchase_count=nw.col("n").sum().cast(nw.Int64),
        )
    )
    value = (
        orders.known(events, end)
        .filter(nw.col("day") > as_of_day, nw.col("is_value"))
        .group_by("customer_id")
        .agg(net=nw.col("signed_value").sum().cast(nw.Int64))
    )
    joined = (
        customers.select("customer_id")
        .join(counts, on="customer_id", how="left")
        .join(value, on="customer_id", how="left")
        .with_columns(
            nw.col("future_purchase_day_count").fill_null(0),
            nw.col("future_purchase_count").fill_null(0),
            future_net_value=orders.currency_units(nw.col("net").fill_null(0)),
        )
    )
    return joined.with_columns(churned=nw.col("future_purchase_day_count") == 0).select(*LABELS.names)


def _undated_with_their_orders(events: Frame) -> Frame:
    undated = nw.col("is_undated").fill_null(False)
    day = nw.when(undated).then(nw.col("stated_day")).otherwise(nw.col("day"))
    return events.with_columns(day=day.cast(nw.Int64))
