"""What the shop's lines cost it, where the catalogue knows."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features.returns import floor_divided
from regulars.schema import MONEY_UNITS

Frame = nw.LazyFrame[Any]


def cost_sums(order_lines: Frame, items: Frame) -> Frame:
    """One row: what was sold, how much of it is of items with a known cost, and what these cost.

    Parameters
    ----------
    order_lines
        ``orders.lines``.
    items
        The catalogue with ``item_id`` and ``cost``; a cost of 0 counts as not known, as exports write it
        where nobody entered one.

    Returns
    -------
    Frame
        ``value, covered_value, covered_cost`` (int64 ten-thousandths), ``item_count`` (items with a cost
        that were sold).
    """
    known = items.filter(nw.col("cost") > 0).select("item_id", "cost")
    priced = order_lines.join(known, on="item_id", how="left").with_columns(
        spent=floor_divided(nw.col("cost").fill_null(0) * nw.col("quantity"), nw.lit(MONEY_UNITS)),
        covered=nw.when(~nw.col("cost").is_null()).then(nw.col("value")).otherwise(nw.lit(0)),
        costed_item=nw.when(~nw.col("cost").is_null()).then(nw.col("item_id")),
    )
    distinct = priced.filter(~nw.col("costed_item").is_null()).select("costed_item").unique()
    sums = priced.select(
        value=nw.col("value").sum().cast(nw.Int64),
        covered_value=nw.col("covered").sum().cast(nw.Int64),
        covered_cost=nw.col("spent").sum().cast(nw.Int64),
    )
    return sums.join(distinct.select(item_count=nw.len().cast(nw.Int64)), how="cross")
