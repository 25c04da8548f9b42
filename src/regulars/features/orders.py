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


def sum_of(name: str) -> nw.Expr:
    """The sum of an integer column, nulls left out; 0 for none."""
    return nw.col(name).fill_null(0).sum().cast(nw.Int64)


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
    """Money that went back: one row per event with a negative value that is no purchase; amounts positive."""
    return (
        known(events, as_of_day)
        .filter(nw.col("is_value"), ~nw.col("is_convert"), nw.col("signed_value") < 0)
        .select(
            "customer_id", "item_id", "order_id", "day",
            refund_id=nw.col("event_id"),
            refunded_us=nw.col("occurred_us"),
            refund_value=-nw.col("signed_value"),
            refund_quantity=nw.lit(0) - nw.col("quantity").fill_null(0),
        )
    )  # fmt: skip


def refund_matches(order_lines: Frame, refund_lines: Frame) -> Frame:
    """The order that each refund belongs to: ``customer_id, order_key, refund_value, refund_quantity``.

    A refund that names an order of the customer belongs to it. Else it belongs to the customer's latest
    earlier line of the same item with at least that quantity. A refund that fits neither has no row here:
    it lowers the customer's value and never a count.
    """
    named = (
        refund_lines.filter(~nw.col("order_id").is_null())
        .join(
            order_lines.select("customer_id", "order_key").unique(),
            left_on=["customer_id", "order_id"],
            right_on=["customer_id", "order_key"],
            how="inner",
        )
        .with_columns(order_key=nw.col("order_id"))
    )
    found = named.select("refund_id", is_named=nw.lit(1))
    unnamed = refund_lines.join(found, on="refund_id", how="left").filter(
        nw.col("is_named").is_null(), ~nw.col("item_id").is_null()
    )
    candidates = (
        unnamed.select(
            "customer_id", "item_id", "refund_id", "refunded_us", "refund_value", "refund_quantity"
        )
        .join(
            order_lines.select(
                "customer_id", "item_id", "order_key", "occurred_us", "source_row", "event_id", "quantity"
            ),
            on=["customer_id", "item_id"],
            how="inner",
        )
        .filter(
            nw.col("occurred_us") <= nw.col("refunded_us"), nw.col("quantity") >= nw.col("refund_quantity")
        )
        .with_columns(before_us=-nw.col("occurred_us"), before_row=-nw.col("source_row"))
        .with_columns(choice=row_rank(["refund_id"], ["before_us", "before_row", "event_id"]))
        .filter(nw.col("choice") == 1)
    )
    columns = ["customer_id", "order_key", "refund_value", "refund_quantity"]
    return nw.concat([named.select(columns), candidates.select(columns)])


def orders(order_lines: Frame, matches: Frame) -> Frame:
    """One row per customer and order, refunds netted.

    ``is_standing`` is false from the day that nothing of the order is left: its net value is 0 or less, or
    all its units came back.
    """
    bought = order_lines.group_by("customer_id", "order_key").agg(
        day=nw.col("day").min(),
        second=nw.col("second").min(),
        gross=nw.col("value").sum().cast(nw.Int64),
        discount=nw.col("discount_value").sum().cast(nw.Int64),
        unit_count=nw.col("quantity").sum().cast(nw.Int64),
        line_count=nw.len().cast(nw.Int64),
    )
    returned = matches.group_by("customer_id", "order_key").agg(
        refunded=nw.col("refund_value").sum().cast(nw.Int64),
        refunded_units=nw.col("refund_quantity").sum().cast(nw.Int64),
    )
    joined = bought.join(returned, on=["customer_id", "order_key"], how="left").with_columns(
        nw.col("refunded").fill_null(0), nw.col("refunded_units").fill_null(0)
    )
    gone = (nw.col("refunded") > 0) & (
        (nw.col("gross") <= nw.col("refunded")) | (nw.col("refunded_units") >= nw.col("unit_count"))
    )
    return joined.with_columns(net=nw.col("gross") - nw.col("refunded"), is_standing=~gone)


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
