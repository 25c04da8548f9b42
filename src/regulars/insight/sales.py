"""The shop's sums by month, every line counted: what a shopkeeper holds against the admin page."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.insight.sums import count_where, sum_where
from regulars.schema import LEFT_OUT_SALES, MONEY_UNITS, SALES

Frame = nw.LazyFrame[Any]

_ORDER = ["source", "order_id"]


def sales(events: Frame, order_records: Frame, day_rows: Frame, calendar: Frame, as_of_day: int) -> Frame:
    """One row per month with any money: ``schema.SALES``.

    Refunds and cancellations stand in the month of their own day; those without one in the month of their
    order, and once more in ``undated_refund_value``. Postage, taxes and what was given back of them are the
    order's, in its month.

    Parameters
    ----------
    events, order_records
        ``store.events`` and ``store.table("orders")``.
    day_rows
        ``features.orders.purchase_days``.
    calendar
        ``calendar.calendar`` from the first day of an event or order to ``as_of_day``.
    """
    dated = _in_months(_as_stated(events, as_of_day), calendar)
    frame = _money(dated)
    for part in (
        _orders_begun(dated, calendar),
        _order_records(order_records, events, calendar),
        _people(day_rows, calendar),
    ):
        frame = frame.join(part, on="month", how="left")
    unit = float(MONEY_UNITS)
    counts = [column.name for column in SALES.columns if column.type == "int64"]
    money = [column.name for column in SALES.columns if column.type == "float64"]
    return (
        frame.with_columns(
            list_value=nw.col("gross_value") + nw.col("discount_value"),
            net_value=nw.col("gross_value") - nw.col("refund_value") - nw.col("cancelled_value"),
        )
        .with_columns(*(nw.col(name).fill_null(0) for name in counts))
        .with_columns(*((nw.col(name).fill_null(0) / unit).alias(name) for name in money))
        .select(*SALES.names)
    )


def left_out_sales(order_records: Frame, calendar: Frame) -> Frame:
    """Orders that are no sales, by currency, month and reason: ``schema.LEFT_OUT_SALES``."""
    unit = float(MONEY_UNITS)
    return (
        _in_months(order_records.filter(~nw.col("left_out").is_null()), calendar)
        .group_by("currency", "month", "left_out")
        .agg(order_count=nw.len().cast(nw.Int64), units=nw.col("value").sum().cast(nw.Int64))
        .with_columns(left_out_value=nw.col("units").fill_null(0) / unit)
        .select(*LEFT_OUT_SALES.names)
    )


def undated_refunds(events: Frame, as_of_day: int) -> Frame:
    """One row: what was refunded of orders up to a day without saying when, beside all that was sold by then.

    ``value`` and ``gross`` in ten-thousandths, ``order_count``. Some of these refunds may have come before the
    day and some after it; features of the day count none of them, so this is the largest error of net sales.
    """
    until = events.filter(nw.col("stated_day") <= as_of_day)
    undated = nw.col("is_undated").fill_null(False)
    sums = until.select(
        value=sum_where(undated, -nw.col("value").fill_null(0)),
        gross=sum_where(nw.col("is_convert"), nw.col("value").fill_null(0)),
    )
    orders = until.filter(undated).select("source", "order_id").unique()
    return sums.join(orders.select(order_count=nw.len().cast(nw.Int64)), how="cross")


def _as_stated(events: Frame, as_of_day: int) -> Frame:
    """The events up to the day, undated refunds on the day of their order."""
    undated = nw.col("is_undated").fill_null(False)
    day = nw.when(undated).then(nw.col("stated_day")).otherwise(nw.col("day"))
    return events.with_columns(day=day.cast(nw.Int64)).filter(nw.col("day") <= as_of_day)


def _in_months(frame: Frame, calendar: Frame) -> Frame:
    return frame.join(calendar.select("day", "month"), on="day", how="inner")


def _money(dated: Frame) -> Frame:
    value = nw.col("value").fill_null(0)
    convert, back = nw.col("is_convert"), nw.col("is_value") & ~nw.col("is_convert")
    charge, nobody = nw.col("type") == "charge", nw.col("customer_id").is_null()
    cancelled = back & nw.col("is_cancellation").fill_null(False)
    undated = back & nw.col("is_undated").fill_null(False)
    return (
        dated.filter(nw.col("is_value") | charge)
        .group_by("month")
        .agg(
            currency=nw.col("currency").max(),
            gross_value=sum_where(convert, value),
            discount_value=sum_where(convert, nw.col("discount_value").fill_null(0)),
            refund_value=sum_where(back & ~cancelled, -value),
            cancelled_value=sum_where(cancelled, -value),
            undated_refund_value=sum_where(undated, -value),
            charge_value=sum_where(charge, value),
            anonymous_value=sum_where((convert | back) & nobody, value),
        )
    )


def _orders_begun(dated: Frame, calendar: Frame) -> Frame:
    """Orders by month: one of one customer (or of nobody) is counted once, on the day of its first line."""
    begun = (
        dated.filter(nw.col("is_convert"))
        .with_columns(order=nw.coalesce("order_id", "event_id"))
        .group_by("customer_id", "order")
        .agg(day=nw.col("day").min())
    )
    return _in_months(begun, calendar).group_by("month").agg(order_count=nw.len().cast(nw.Int64))


def _order_records(order_records: Frame, events: Frame, calendar: Frame) -> Frame:
    """Postage, taxes and what was given back of them, of the sales of each month; and what is no sale."""
    given_back = (
        events.filter(nw.col("is_value"), ~nw.col("is_convert"), ~nw.col("order_id").is_null())
        .group_by(*_ORDER)
        .agg(product_refund=(-nw.col("value").fill_null(0)).sum().cast(nw.Int64))
    )
    sale = nw.col("left_out").is_null()
    other = nw.col("refund_value").fill_null(0) - nw.col("product_refund").fill_null(0)
    return (
        _in_months(order_records, calendar)
        .join(given_back, on=_ORDER, how="left")
        .group_by("month")
        .agg(
            shipping_value=sum_where(sale, nw.col("shipping_value").fill_null(0)),
            tax_value=sum_where(sale, nw.col("tax_value").fill_null(0)),
            other_refund_value=sum_where(sale, other),
            left_out_count=count_where(~sale),
        )
    )


def _people(day_rows: Frame, calendar: Frame) -> Frame:
    months = _in_months(day_rows, calendar)
    first = nw.when(nw.col("nth") == 1).then(nw.col("customer_id"))
    return (
        months.select("month", "customer_id", new_customer=first)
        .group_by("month", "customer_id")
        .agg(is_new=(~nw.col("new_customer").is_null()).max())
        .group_by("month")
        .agg(customer_count=nw.len().cast(nw.Int64), new_customer_count=count_where(nw.col("is_new")))
    )
