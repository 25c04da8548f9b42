"""The shop's sums by month, every line counted: what a shopkeeper holds against the admin page."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.insight.sums import sum_where
from regulars.schema import MONEY_UNITS, SALES

Frame = nw.LazyFrame[Any]


def sales(events: Frame, day_rows: Frame, calendar: Frame, as_of_day: int) -> Frame:
    """One row per month with any money: ``schema.SALES``.

    ``events`` is ``store.events``, ``day_rows`` is ``features.orders.purchase_days``.
    """
    value = nw.col("value").fill_null(0)
    convert, refund = nw.col("is_convert"), nw.col("is_value") & ~nw.col("is_convert")
    charge, nobody = nw.col("type") == "charge", nw.col("customer_id").is_null()
    dated = events.filter(nw.col("day") <= as_of_day).join(calendar, on="day", how="inner")
    counted = dated.filter(nw.col("is_value") | charge)
    sums = counted.group_by("month").agg(
        gross=sum_where(convert, value),
        refunded=sum_where(refund, -value),
        charged=sum_where(charge, value),
        anonymous=sum_where((convert | refund) & nobody, value),
    )
    # An order of one customer (or of nobody) is counted once, on the day of its first line.
    begun = (
        dated.filter(convert)
        .with_columns(order=nw.coalesce("order_id", "event_id"))
        .group_by("customer_id", "order")
        .agg(day=nw.col("day").min())
        .join(calendar, on="day", how="inner")
    )
    orders = begun.group_by("month").agg(order_count=nw.len().cast(nw.Int64))
    months = day_rows.join(calendar, on="day", how="inner")
    buyers = _distinct(months.select("month", "customer_id"), "customer_count")
    fresh = _distinct(months.filter(nw.col("nth") == 1).select("month", "customer_id"), "new_customer_count")
    frame = sums
    for part in (orders, buyers, fresh):
        frame = frame.join(part, on="month", how="left")
    unit = float(MONEY_UNITS)
    return frame.select(
        "month",
        gross_value=nw.col("gross") / unit,
        refund_value=nw.col("refunded") / unit,
        net_value=(nw.col("gross") - nw.col("refunded")) / unit,
        charge_value=nw.col("charged") / unit,
        anonymous_value=nw.col("anonymous") / unit,
        order_count=nw.col("order_count").fill_null(0),
        customer_count=nw.col("customer_count").fill_null(0),
        new_customer_count=nw.col("new_customer_count").fill_null(0),
    ).select(*SALES.names)


def _distinct(rows: Frame, name: str) -> Frame:
    return rows.unique().group_by("month").agg(nw.len().cast(nw.Int64).alias(name))
