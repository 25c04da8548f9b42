"""What assigned customers did in the days after their assignment."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features.orders import count_where, sum_where

Frame = nw.LazyFrame[Any]


def outcomes(order_rows: Frame, units: Frame) -> Frame:
    """One row per unit with any order by its last day: what was bought in its days, refunds netted.

    An order counts in the days in which it was placed, net of everything that came back of it up to the day of
    ``order_rows``; refunds of orders placed before are nobody's effect and count nowhere.

    Parameters
    ----------
    order_rows
        ``orders.orders``.
    units
        ``unit`` (int64, unique), ``customer_id``, ``first_day`` and ``last_day``: the days after ``first_day``
        up to ``last_day`` count (days since 1970-01-01).

    Returns
    -------
    Frame
        ``unit, value`` (net of refunds) and ``discount`` (taken off orders that stand), both int64
        ten-thousandths, ``order_count`` (that stand), ``last_purchase_day`` (latest standing order up to
        ``first_day``; null without one). Units without an order are not in it.
    """
    after = (nw.col("day") > nw.col("first_day")) & (nw.col("day") <= nw.col("last_day"))
    stands = nw.col("is_standing")
    joined = order_rows.join(units, on="customer_id", how="inner").filter(nw.col("day") <= nw.col("last_day"))
    return joined.group_by("unit").agg(
        value=sum_where(after, nw.col("net")),
        discount=sum_where(after & stands, nw.col("discount")),
        order_count=count_where(after & stands),
        last_purchase_day=nw.when(stands & (nw.col("day") <= nw.col("first_day"))).then(nw.col("day")).max(),
    )


def discount_sums(order_rows: Frame) -> Frame:
    """One row: ``value`` (net) and ``discount`` of all orders that stand, int64 ten-thousandths."""
    standing = order_rows.filter(nw.col("is_standing"))
    return standing.select(
        value=nw.col("net").sum().cast(nw.Int64), discount=nw.col("discount").sum().cast(nw.Int64)
    )
