"""Events -> one row per customer as of a day: the columns of ``schema.CUSTOMER_FEATURES``.

Every feature depends on the customer's own events up to the day and on the items table, never on other
customers. A new feature is one line in ``schema.py`` (name, unit, meaning) and its expression here.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features.behaviour import behaviour
from regulars.features.orders import (
    at_least,
    at_most,
    count_where,
    currency_units,
    known,
    ratio,
    row_rank,
    sum_where,
)
from regulars.schema import CUSTOMER_FEATURES, MONEY_UNITS

Frame = nw.LazyFrame[Any]
WINDOWS = (30, 90, 365)


def customer_features(
    events: Frame, items: Frame, as_of_day: int, *, order_lines: Frame, order_rows: Frame, day_rows: Frame
) -> Frame:
    """One row per customer with any event up to ``as_of_day``.

    Parameters
    ----------
    events, items
        ``store.events`` and the ``items`` table.
    order_lines, order_rows, day_rows
        ``orders.lines``, ``orders.orders`` and ``orders.purchase_days`` as of the same day; they are
        handed in so that the store can keep them.

    Returns
    -------
    Frame
        The columns of ``schema.CUSTOMER_FEATURES``. Customers who never bought have 0 in counts and values
        and null in days, gaps, shares and means. Customers whose orders were all refunded have no purchase
        days, gaps, order values and first basket either (null; counts of purchases 0), but their lines
        were bought: line and unit counts, items, categories, discounts, weekdays and hours are as for
        anyone, and ``gross_value``, ``refund_value`` and ``refund_rate`` say what was paid and went back.
    """
    frame = behaviour(events, as_of_day)
    parts = (
        money(events, as_of_day),
        of_orders(order_rows, as_of_day),
        of_days(day_rows, as_of_day),
        of_lines(order_lines),
        of_categories(order_lines, items),
        of_items(order_lines),
        favourite(order_rows, "favourite_weekday", (nw.col("day") + 3) % 7),
        favourite(order_rows, "favourite_hour", (nw.col("second") % 86_400) // 3_600),
        first_basket(order_lines, order_rows, items),
    )
    for part in parts:
        frame = frame.join(part, on="customer_id", how="left")
    return _derived(frame).select(*CUSTOMER_FEATURES.names)


def money(events: Frame, as_of_day: int) -> Frame:
    """What the customer paid and got back, in ten-thousandths."""
    value, positive = nw.col("signed_value"), nw.col("signed_value") > 0
    windows = {f"net_{days}": sum_where(nw.col("day") > as_of_day - days, value) for days in (*WINDOWS, 180)}
    return (
        known(events, as_of_day)
        .filter(nw.col("is_value"))
        .group_by("customer_id")
        .agg(
            gross=sum_where(positive, value),
            refunded=sum_where(~positive, -value),
            refund_count=count_where(value < 0),
            **windows,
        )
    )


def of_orders(order_rows: Frame, as_of_day: int) -> Frame:
    """Counts and values of standing orders, in ten-thousandths."""
    standing, net = nw.col("is_standing"), nw.col("net")
    # Deviations from the whole mean: small, and all 0 where the orders are equal. Their squares can pass 64
    # bits; a decimal product is exact and its sum has no order.
    whole = nw.when(standing).then(net)
    middle = whole.sum().over("customer_id").cast(nw.Int64) // whole.count().over("customer_id")
    order_rows = order_rows.with_columns(off=(whole - middle).cast(nw.Int64))
    off = nw.col("off").cast(nw.Decimal(19, 0))
    windows = {
        f"orders_{days}": count_where(standing & (nw.col("day") > as_of_day - days))
        for days in (*WINDOWS, 180)
    }
    return order_rows.group_by("customer_id").agg(
        purchase_count=count_where(standing),
        refunded_order_count=count_where(~standing),
        order_net=sum_where(standing, net),
        off_sum=nw.col("off").sum().cast(nw.Int64),
        off_square=(off * off).sum().cast(nw.Float64),
        max_order=nw.when(standing).then(net).max(),
        discounted_orders=count_where(nw.col("discount") > 0),
        order_count=nw.len().cast(nw.Int64),
        **windows,
    )


def of_days(day_rows: Frame, as_of_day: int) -> Frame:
    """Recency, frequency, T and gaps from distinct purchase days."""
    first, last = nw.col("day").min(), nw.col("day").max()
    repeat, gap = nw.col("nth") > 1, nw.col("gap_days")
    newest = day_rows.with_columns(last_day=nw.col("day").max().over("customer_id")).filter(
        nw.col("day") == nw.col("last_day")
    )
    latest = newest.select("customer_id", last_net=nw.col("net"), gap_last_days=nw.col("gap_days"))
    gathered = day_rows.group_by("customer_id").agg(
        purchase_day_count=nw.len().cast(nw.Int64),
        first_purchase_day=first,
        last_purchase_day=last,
        repeat_net=sum_where(repeat, nw.col("net")),
        gap_median_days=gap.median(),
        gap_min_days=gap.min(),
        gap_max_days=gap.max(),
        gap_square=(gap * gap).sum().cast(nw.Int64),
    )
    return gathered.join(latest, on="customer_id", how="left").with_columns(
        frequency=nw.col("purchase_day_count") - 1,
        recency_days=nw.col("last_purchase_day") - nw.col("first_purchase_day"),
        T_days=nw.lit(as_of_day) - nw.col("first_purchase_day"),
        days_since_last_purchase=nw.lit(as_of_day) - nw.col("last_purchase_day"),
    )


def of_lines(order_lines: Frame) -> Frame:
    """Order lines, units and the hours and weekdays they were bought at."""
    weekend = ((nw.col("day") + 3) % 7) >= 5
    evening = ((nw.col("second") % 86_400) // 3_600) >= 18
    return order_lines.group_by("customer_id").agg(
        line_count=nw.len().cast(nw.Int64),
        units=nw.col("quantity").sum().cast(nw.Int64),
        line_gross=nw.col("value").sum().cast(nw.Int64),
        discount=nw.col("discount_value").sum().cast(nw.Int64),
        weekend_lines=count_where(weekend),
        evening_lines=count_where(evening),
    )


def of_categories(order_lines: Frame, items: Frame) -> Frame:
    """How the customer's lines spread over categories."""
    counts = (
        order_lines.join(items.select("item_id", "category"), on="item_id", how="inner")
        .filter(~nw.col("category").is_null())
        .group_by("customer_id", "category")
        .agg(n=nw.len().cast(nw.Int64))
        .with_columns(minus=-nw.col("n"))
    )
    ranked = counts.with_columns(place=row_rank(["customer_id"], ["minus", "category"]))
    top = ranked.filter(nw.col("place") == 1).select("customer_id", top_category="category", top_lines="n")
    spread = counts.group_by("customer_id").agg(
        distinct_category_count=nw.len().cast(nw.Int64),
        category_lines=nw.col("n").sum().cast(nw.Int64),
        category_squares=(nw.col("n") * nw.col("n")).sum().cast(nw.Int64),
    )
    return spread.join(top, on="customer_id", how="left").select(
        "customer_id",
        "distinct_category_count",
        "top_category",
        top_category_share=ratio(nw.col("top_lines"), nw.col("category_lines")),
        category_concentration=ratio(
            nw.col("category_squares"), nw.col("category_lines") * nw.col("category_lines")
        ),
    )


def of_items(order_lines: Frame) -> Frame:
    """How many different items, and how often the same again on a later day."""
    per_day = (
        order_lines.filter(~nw.col("item_id").is_null())
        .group_by("customer_id", "item_id", "day")
        .agg(n=nw.len().cast(nw.Int64))
    )
    first = nw.col("day").min().over("customer_id", "item_id")
    marked = per_day.with_columns(is_first=first == nw.col("day"))
    return marked.group_by("customer_id").agg(
        distinct_item_count=count_where(nw.col("is_first")),
        repeat_lines=sum_where(~nw.col("is_first"), nw.col("n")),
        item_lines=nw.col("n").sum().cast(nw.Int64),
    )


def favourite(order_rows: Frame, name: str, value: nw.Expr) -> Frame:
    """The most frequent value over a customer's orders; ties go to the smallest."""
    counts = (
        order_rows.with_columns(value=value.cast(nw.Int64))
        .group_by("customer_id", "value")
        .agg(minus=-nw.len().cast(nw.Int64))
    )
    ranked = counts.with_columns(place=row_rank(["customer_id"], ["minus", "value"]))
    return ranked.filter(nw.col("place") == 1).select("customer_id", nw.col("value").alias(name))


def first_basket(order_lines: Frame, order_rows: Frame, items: Frame) -> Frame:
    """What was bought in the standing orders of the first purchase day; an order over midnight is whole."""
    standing = order_rows.filter(nw.col("is_standing"))
    first = standing.filter(nw.col("day") == nw.col("day").min().over("customer_id"))
    keys = ["customer_id", "order_key"]
    basket = order_lines.join(first.select(*keys), on=keys, how="inner")
    totals = basket.group_by("customer_id").agg(
        first_basket=nw.col("value").sum().cast(nw.Int64), first_basket_line_count=nw.len().cast(nw.Int64)
    )
    dearest = (
        basket.join(items.select("item_id", "category"), on="item_id", how="inner")
        .filter(~nw.col("category").is_null())
        .with_columns(minus=-nw.col("value"))
        .with_columns(place=row_rank(["customer_id"], ["minus", "category", "event_id"]))
        .filter(nw.col("place") == 1)
        .select("customer_id", first_basket_category="category")
    )
    return totals.join(dearest, on="customer_id", how="left")


COUNTS = (
    "purchase_count", "purchase_day_count", "frequency", "refund_count", "refunded_order_count", "line_count",
    "distinct_item_count", "distinct_category_count", "gross", "refunded", "units", "discount", "repeat_net",
    "order_net", "orders_30", "orders_90", "orders_180", "orders_365", "net_30", "net_90", "net_180", "net_365",
)  # fmt: skip


def _derived(frame: Frame) -> Frame:
    """Counts without a purchase are 0; money is divided; shares are guarded."""
    col = nw.col
    frame = frame.with_columns(*(col(name).fill_null(0) for name in COUNTS))
    n, gaps = col("purchase_count"), col("frequency")
    unit = float(MONEY_UNITS)
    mean_order = ratio(col("order_net"), n)
    # Population variance: mean of squares less square of mean, of deviations whose mean is below 1/10000.
    off_mean = ratio(col("off_sum"), n)
    order_variance = ratio(col("off_square"), n) - off_mean * off_mean
    gap_mean = ratio(col("recency_days"), gaps)
    gap_variance = ratio(col("gap_square"), gaps) - gap_mean * gap_mean
    earlier_orders = col("orders_180") - col("orders_90")
    late = at_least(col("net_90"), 0)
    early = at_least(col("net_180") - col("net_90"), 0)
    return frame.with_columns(
        monetary_value=(ratio(col("repeat_net"), gaps) / unit).fill_null(0.0),
        gross_value=currency_units(col("gross")),
        refund_value=currency_units(col("refunded")),
        net_value=currency_units(col("gross") - col("refunded")),
        refund_rate=at_most(ratio(col("refunded"), col("gross")), 1.0),
        mean_order_value=mean_order / unit,
        mean_day_value=ratio(col("order_net"), col("purchase_day_count")) / unit,
        max_order_value=currency_units(col("max_order")),
        sd_order_value=at_least(order_variance, 0.0).sqrt() / unit,
        last_order_value=currency_units(col("last_net")),
        purchase_count_last_30_days=col("orders_30"),
        purchase_count_last_90_days=col("orders_90"),
        purchase_count_last_365_days=col("orders_365"),
        net_value_last_30_days=currency_units(col("net_30")),
        net_value_last_90_days=currency_units(col("net_90")),
        net_value_last_365_days=currency_units(col("net_365")),
        purchase_trend=ratio(col("orders_90") - earlier_orders, col("orders_180")),
        value_trend=ratio(late - early, late + early),
        gap_mean_days=gap_mean,
        gap_sd_days=at_least(gap_variance, 0.0).sqrt(),
        gap_variation=at_least(gap_variance, 0.0).sqrt() / gap_mean,
        unit_count=currency_units(col("units")),
        lines_per_order=ratio(col("line_count"), col("order_count")),
        units_per_order=ratio(col("units"), col("order_count")) / unit,
        repeat_item_share=ratio(col("repeat_lines"), col("item_lines")),
        mean_unit_price=ratio(col("line_gross"), col("units")),
        discount_value=currency_units(col("discount")),
        discount_share=ratio(col("discount"), col("line_gross") + col("discount")),
        discounted_order_share=ratio(col("discounted_orders"), col("order_count")),
        weekend_share=ratio(col("weekend_lines"), col("line_count")),
        evening_share=ratio(col("evening_lines"), col("line_count")),
        first_basket_value=currency_units(col("first_basket")),
        view_to_purchase_rate=at_most(ratio(col("line_count"), col("view_count")), 1.0),
    )
