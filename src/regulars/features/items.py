"""Events -> one row per item, and per customer and item, as of a day."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features.orders import at_most, count_where, currency_units, ratio, sum_where
from regulars.schema import INTERACTIONS, ITEM_FEATURES

Frame = nw.LazyFrame[Any]


def item_features(events: Frame, items: Frame, as_of_day: int) -> Frame:
    """One row per item with any event up to the day: ``schema.ITEM_FEATURES``; anonymous sales count."""
    bought, value, units = nw.col("is_convert"), nw.col("signed_value"), nw.col("quantity").fill_null(0)
    back = nw.col("is_value") & ~bought & (value < 0)
    stars = (nw.col("rating") * 1000).round(0).cast(nw.Int64)
    counts = (
        events.filter(nw.col("day") <= as_of_day, ~nw.col("item_id").is_null())
        .filter(~nw.col("type").is_in(["charge", "adjustment", "cost"]))
        .group_by("item_id")
        .agg(
            line_count=count_where(bought),
            line_count_last_30_days=count_where(bought & (nw.col("day") > as_of_day - 30)),
            units=sum_where(bought, units),
            gross=sum_where(bought, value),
            refunded=sum_where(back, -value),
            first_sold_day=nw.when(bought).then(nw.col("day")).min(),
            last_sold_day=nw.when(bought).then(nw.col("day")).max(),
            stars=stars.sum().cast(nw.Int64),
            rating_count=count_where(~nw.col("rating").is_null()),
            view_count=count_where(nw.col("type") == "view"),
        )
    )
    buyers = (
        events.filter(nw.col("day") <= as_of_day, nw.col("is_convert"))
        .filter(~nw.col("item_id").is_null(), ~nw.col("customer_id").is_null())
        .select("customer_id", "item_id")
        .unique()
        .group_by("item_id")
        .agg(buyer_count=nw.len().cast(nw.Int64))
    )
    named = counts.join(buyers, on="item_id", how="left").join(
        items.select("item_id", "title", "category"), on="item_id", how="left"
    )
    return named.with_columns(
        nw.col("buyer_count").fill_null(0),
        unit_count=currency_units(nw.col("units")),
        gross_value=currency_units(nw.col("gross")),
        refund_value=currency_units(nw.col("refunded")),
        refund_rate=at_most(ratio(nw.col("refunded"), nw.col("gross")), 1.0),
        mean_unit_price=ratio(nw.col("gross"), nw.col("units")),
        rating_mean=ratio(nw.col("stars"), nw.col("rating_count") * 1000),
    ).select(*ITEM_FEATURES.names)


def interactions(order_lines: Frame) -> Frame:
    """One row per customer and item bought: ``schema.INTERACTIONS``."""
    return (
        order_lines.filter(~nw.col("item_id").is_null())
        .group_by("customer_id", "item_id")
        .agg(line_count=nw.len().cast(nw.Int64), last_day=nw.col("day").max())
        .select(*INTERACTIONS.names)
    )
