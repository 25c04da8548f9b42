"""Refunds -> the orders that they belong to, unit by unit.

A refund names its order, or it has to be guessed from the item. All steps are whole numbers: quantities in
ten-thousandths of a unit, money in ten-thousandths of the currency unit.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

Frame = nw.LazyFrame[Any]

COLUMNS = ("customer_id", "order_key", "refund_id", "refund_day", "refund_value", "refund_quantity")
FINE_UNITS = 3_000_000_000
"""From 300,000 units (in ten-thousandths) a refund's money is split by rounded quantities: products fit 64 bits."""


def refund_matches(order_lines: Frame, refund_lines: Frame) -> Frame:
    """What each refund took from each order: the columns ``COLUMNS``.

    Parameters
    ----------
    order_lines, refund_lines
        ``orders.lines`` and ``orders.refunds`` as of one day.

    Returns
    -------
    Frame
        One row per refund and order. The values of a refund's rows are its value, or less where units of it
        fit nowhere: that part lowers the customer's value and never a count.

    Notes
    -----
    1. A refund that names an order of the customer belongs to it, money and units, whatever its item: the
       shop's word goes before a guess. Its units are taken from the order's lines of that item.
    2. Any other refund takes its units from the customer's lines of the same item that were bought before,
       the latest first, as far as units are left there that no earlier refund took; what does not fit on one
       line spills over to the line before. No line is refunded beyond its quantity.
    3. Money follows the units, in whole ten-thousandths; the last part takes the remainder.

    A refund that names its order goes first even when it comes later: it can move an earlier guess.
    """
    named = (
        refund_lines.filter(~nw.col("order_id").is_null())
        .join(
            order_lines.select("customer_id", "order_key").unique(),
            left_on=["customer_id", "order_id"],
            right_on=["customer_id", "order_key"],
            how="inner",
        )
        .with_columns(order_key=nw.col("order_id"), refund_day=nw.col("day"))
    )
    found = named.select("refund_id", is_named=nw.lit(1))
    nameless = refund_lines.join(found, on="refund_id", how="left").filter(
        nw.col("is_named").is_null(), ~nw.col("item_id").is_null()
    )
    pairs = _taken(_levels(_open_lines(order_lines, named, nameless), nameless))
    return nw.concat([named.select(*COLUMNS), _by_order(_with_money(pairs))])


def _open_lines(order_lines: Frame, named: Frame, nameless: Frame) -> Frame:
    """Lines of the items of nameless refunds, with the units ``left`` after refunds that name the order."""
    wanted = nameless.select("customer_id", "item_id").unique()
    by_line = ["customer_id", "order_key", "item_id"]
    told = (
        named.filter(~nw.col("item_id").is_null())
        .group_by(*by_line)
        .agg(told=nw.col("refund_quantity").sum().cast(nw.Int64))
    )
    quantity = nw.when(nw.col("quantity") > 0).then(nw.col("quantity")).otherwise(nw.lit(0))
    later = nw.col("quantity").cum_sum().over(*by_line, order_by=["minus_us", "minus_row", "event_id"])
    lines = (
        order_lines.filter(~nw.col("item_id").is_null())
        .join(wanted, on=["customer_id", "item_id"], how="inner")
        .join(told, on=by_line, how="left")
        .with_columns(
            quantity=quantity.cast(nw.Int64),
            told=nw.col("told").fill_null(0),
            minus_us=-nw.col("occurred_us"),
            minus_row=-nw.col("source_row"),
        )
        .with_columns(upto=later.cast(nw.Int64))
    )
    # Of the units up to and with this line, those that were not told of; at most the line's own.
    beyond = nw.col("upto") - nw.col("told")
    left = nw.when(beyond > nw.col("quantity")).then(nw.col("quantity")).otherwise(beyond)
    return lines.with_columns(left=left.cast(nw.Int64)).filter(nw.col("left") > 0)


def _levels(lines: Frame, nameless: Frame) -> Frame:
    """Lines and refunds of a customer and item in time, and how many units are out ``before`` and ``after``.

    Units lie in a stack: a line puts its units on top, a refund takes from the top. A stack cannot go below
    zero: the running sum is lifted by the lowest it ever reached, so refunds of nothing count for nothing.
    """
    bought = lines.select(
        "customer_id", "item_id", "order_key", "event_id", "source_row",
        at=nw.col("occurred_us"), turn=nw.lit(0).cast(nw.Int64), change=nw.col("left"), day=nw.col("day"),
        value=nw.lit(0).cast(nw.Int64),
    )  # fmt: skip
    back = nameless.select(
        "customer_id", "item_id", nw.col("order_id").alias("order_key"), nw.col("refund_id").alias("event_id"),
        "source_row", at=nw.col("refunded_us"), turn=nw.lit(1).cast(nw.Int64), change=-nw.col("refund_quantity"),
        day=nw.col("day"), value=nw.col("refund_value"),
    )  # fmt: skip
    by, in_time = ["customer_id", "item_id"], ["at", "turn", "source_row", "event_id"]
    return (
        nw.concat([bought, back])
        .with_columns(running=nw.col("change").cum_sum().over(*by, order_by=in_time).cast(nw.Int64))
        .with_columns(
            lowest=nw.col("running").cum_min().over(*by, order_by=in_time).cast(nw.Int64),
            place=nw.col("event_id").cum_count().over(*by, order_by=in_time).cast(nw.Int64),
        )
        .with_columns(lift=nw.when(nw.col("lowest") < 0).then(-nw.col("lowest")).otherwise(nw.lit(0)))
        .with_columns(after=(nw.col("running") + nw.col("lift")).cast(nw.Int64))
        .with_columns(before=nw.col("after").shift(1).over(*by, order_by=in_time).fill_null(0))
    )


def _taken(levels: Frame) -> Frame:
    """One row per refund and line that it took ``units`` from."""
    bought = levels.filter(nw.col("turn") == 0).select(
        "customer_id", "item_id", "order_key", line_id=nw.col("event_id"), line_place=nw.col("place"),
        bottom=nw.col("before"), top=nw.col("after"),
    )  # fmt: skip
    back = levels.filter(nw.col("turn") == 1, nw.col("before") > nw.col("after")).select(
        "customer_id", "item_id", "place", "value", "before", "after", refund_id=nw.col("event_id"),
        refund_day=nw.col("day"), quantity=-nw.col("change"),
    )  # fmt: skip
    # A refund that leaves more than the line's top, or begins below its bottom, does not touch the line.
    pairs = bought.join(back, on=["customer_id", "item_id"], how="inner").filter(
        nw.col("place") > nw.col("line_place"),
        nw.col("after") < nw.col("top"),
        nw.col("before") > nw.col("bottom"),
    )
    rest = nw.when(nw.col("after") > nw.col("bottom")).then(nw.col("after")).otherwise(nw.col("bottom"))
    seen = pairs.with_columns(rest=rest).with_columns(
        rest=nw.col("rest").cum_min().over("line_id", order_by=["place"]).cast(nw.Int64)
    )
    before = nw.col("rest").shift(1).over("line_id", order_by=["place"])
    return seen.with_columns(units=nw.coalesce(before, nw.col("top")) - nw.col("rest")).filter(
        nw.col("units") > 0
    )


def _with_money(pairs: Frame) -> Frame:
    """The refund's money in proportion to its units, from the latest line to the earliest."""
    order = {"order_by": ["minus_place"]}
    running = pairs.with_columns(minus_place=-nw.col("line_place")).with_columns(
        upto=nw.col("units").cum_sum().over("refund_id", **order).cast(nw.Int64)
    )
    value, quantity, upto = nw.col("value"), nw.col("quantity"), nw.col("upto")
    # value * upto // quantity, without a product that passes 64 bits.
    scale = floor_divided(quantity, nw.lit(FINE_UNITS)) + 1
    whole, done = floor_divided(quantity, scale), floor_divided(upto, scale)
    share = floor_divided(value, whole) * done + floor_divided((value % whole) * done, whole)
    money = nw.when(upto == quantity).then(value).otherwise(share.cast(nw.Int64))
    summed = running.with_columns(money=money.cast(nw.Int64))
    before = nw.col("money").shift(1).over("refund_id", **order).fill_null(0)
    return summed.with_columns(part=nw.col("money") - before)


def floor_divided(above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """``above // below`` of whole numbers >= 0; Spark's own goes through a float, which rounds large ones up."""
    exact = (above - above % below).cast(nw.Float64) / below.cast(nw.Float64)
    return exact.round(0).cast(nw.Int64)


def _by_order(pairs: Frame) -> Frame:
    """One row per refund and order."""
    return (
        pairs.group_by("customer_id", "order_key", "refund_id", "refund_day")
        .agg(
            refund_value=nw.col("part").sum().cast(nw.Int64),
            refund_quantity=nw.col("units").sum().cast(nw.Int64),
        )
        .select(*COLUMNS)
    )
