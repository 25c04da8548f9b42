"""Events -> orders, purchase days and gaps, with refunds netted as of a day.

The steps that customer and item features, labels and insight share. All take and return lazy frames; no
step reads an event after ``as_of_day``. Time is integer days; money is whole ten-thousandths.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.schema import MONEY_UNITS

Frame = nw.LazyFrame[Any]


def count_where(condition: nw.Expr) -> nw.Expr:
    """How many rows of a group meet a condition."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum().cast(nw.Int64)


def sum_where(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    """The sum of an integer over the rows of a group that meet a condition; 0 when none does."""
    return nw.when(condition).then(value).otherwise(nw.lit(0)).sum().cast(nw.Int64)


def ratio(above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """``above / below``, null where ``below`` is 0."""
    safe = nw.when(below != 0).then(below)
    return above.cast(nw.Float64) / safe.cast(nw.Float64)


def at_most(value: nw.Expr, limit: float) -> nw.Expr:
    """The value, or the limit where it is more; null stays null (``min_horizontal`` would skip it)."""
    return nw.when(value > limit).then(nw.lit(limit)).otherwise(value)


def at_least(value: nw.Expr, limit: float) -> nw.Expr:
    """The value, or the limit where it is less; null stays null."""
    return nw.when(value < limit).then(nw.lit(limit)).otherwise(value)


def currency_units(value: nw.Expr) -> nw.Expr:
    """Stored money or quantity as a float in units: the last select."""
    return value.cast(nw.Float64) / nw.lit(float(MONEY_UNITS))


def row_rank(by: list[str], order_by: list[str]) -> nw.Expr:
    """1, 2, ... within a group; ``order_by`` must end in a column that is unique in the group and never null."""
    return nw.col(order_by[-1]).cum_count().over(*by, order_by=order_by).cast(nw.Int64)


def known(events: Frame, as_of_day: int) -> Frame:
    """The events of identified customers up to the day, inclusive."""
    return events.filter(~nw.col("customer_id").is_null(), nw.col("day") <= as_of_day)


def lines(events: Frame, as_of_day: int) -> Frame:
    """Order lines: one row per purchase event, with ``order_key`` (the order number, else the line itself)."""
    return (
        known(events, as_of_day)
        .filter(nw.col("is_convert"))
        .select(
            "customer_id", "event_id", "item_id", "day", "second", "occurred_us", "source_row", "channel",
            order_key=nw.coalesce("order_id", "event_id"),
            value=nw.col("signed_value"),
            quantity=nw.col("quantity").fill_null(MONEY_UNITS),
            discount_value=nw.col("discount_value").fill_null(0),
        )
    )  # fmt: skip


def refunds(events: Frame, as_of_day: int) -> Frame:
    """What went back: one row per event that is no purchase and takes money back; amounts positive.

    A row that says nothing of the money (value 0 or none) counts where it says how many units came back.
    A refund that tells no quantity is one unit, as an order line is.
    """
    value, quantity = nw.col("signed_value").fill_null(0), nw.col("quantity").fill_null(0)
    back = nw.when(quantity < 0).then(-quantity).otherwise(nw.lit(MONEY_UNITS))
    return (
        known(events, as_of_day)
        .filter(nw.col("is_value"), ~nw.col("is_convert"))
        .filter((value < 0) | ((value == 0) & (quantity < 0)))
        .select(
            "customer_id", "item_id", "order_id", "day", "source_row",
            refund_id=nw.col("event_id"),
            refunded_us=nw.col("occurred_us"),
            refund_value=-value,
            refund_quantity=back.cast(nw.Int64),
        )
    )  # fmt: skip


def orders(order_lines: Frame, matches: Frame) -> Frame:
    """One row per customer and order, refunds netted.

    ``gone_day`` is the day from which nothing of the order is left, null while it stands: the day on which
    all its money had come back. Units decide only where its refunds say nothing of the money (value 0):
    an order of which a tenth was given back stands, whatever quantity the refund carries.
    ``is_standing`` says that there is no such day.
    """
    by_order = ["customer_id", "order_key"]
    bought = order_lines.group_by(*by_order).agg(
        day=nw.col("day").min(),
        second=nw.col("second").min(),
        gross=nw.col("value").sum().cast(nw.Int64),
        discount=nw.col("discount_value").sum().cast(nw.Int64),
        unit_count=nw.col("quantity").sum().cast(nw.Int64),
        line_count=nw.len().cast(nw.Int64),
    )
    returned = _returns(bought, matches)
    joined = bought.join(returned, on=by_order, how="left")
    return joined.with_columns(
        nw.col("refunded").fill_null(0),
        nw.col("refunded_units").fill_null(0),
        net=nw.col("gross") - nw.col("refunded").fill_null(0),
        is_standing=nw.col("gone_day").is_null(),
    )


def _returns(bought: Frame, matches: Frame) -> Frame:
    """One row per order with a refund: ``refunded, refunded_units, gone_day``."""
    by_order = ["customer_id", "order_key"]
    daily = matches.group_by(*by_order, "refund_day").agg(
        value=nw.col("refund_value").sum().cast(nw.Int64),
        units=nw.col("refund_quantity").sum().cast(nw.Int64),
    )
    running = daily.with_columns(
        value_back=nw.col("value").cum_sum().over(*by_order, order_by=["refund_day"]).cast(nw.Int64),
        units_back=nw.col("units").cum_sum().over(*by_order, order_by=["refund_day"]).cast(nw.Int64),
        whole=nw.col("value").sum().over(*by_order).cast(nw.Int64),
    ).join(bought.select(*by_order, "gross", "unit_count"), on=by_order, how="inner")
    by_money = (nw.col("value_back") > 0) & (nw.col("value_back") >= nw.col("gross"))
    by_units = (nw.col("whole") == 0) & (nw.col("units_back") >= nw.col("unit_count"))
    return running.group_by(*by_order).agg(
        refunded=nw.col("value").sum().cast(nw.Int64),
        refunded_units=nw.col("units").sum().cast(nw.Int64),
        gone_day=nw.when(by_money | by_units).then(nw.col("refund_day")).min(),
    )


def purchase_days(order_rows: Frame) -> Frame:
    """One row per customer and day with a standing order: ``net``, ``order_count``, ``gap_days``, ``nth``.

    ``gap_days`` is the time since the purchase day before (null on the first), ``nth`` counts from 1.
    """
    days = (
        order_rows.filter(nw.col("is_standing"))
        .group_by("customer_id", "day")
        .agg(net=nw.col("net").sum().cast(nw.Int64), order_count=nw.len().cast(nw.Int64))
    )
    before = nw.col("day").shift(1).over("customer_id", order_by=["day"])
    return days.with_columns(gap_days=nw.col("day") - before, nth=row_rank(["customer_id"], ["day"]))
