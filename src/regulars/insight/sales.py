"""The shop's sums by month, every line counted: what a shopkeeper holds against the admin page."""

from __future__ import annotations

from typing import Any

import narwhals as nw

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
        gross=_sum(convert, value),
        refunded=_sum(refund, -value),
        charged=_sum(charge, value),
        anonymous=_sum((convert | refund) & nobody, value),
    )
    orders = _distinct(
        dated.filter(convert).select("month", order=nw.coalesce("order_id", "event_id")), "order_count"
    )
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


def _sum(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(value).otherwise(nw.lit(0)).sum().cast(nw.Int64)


def _distinct(rows: Frame, name: str) -> Frame:
    return rows.unique().group_by("month").agg(nw.len().cast(nw.Int64).alias(name))
