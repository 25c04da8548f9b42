"""Events -> what the stage rule needs, for each customer as of each of several days."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features.behaviour import is_known_by_name
from regulars.features.orders import known, row_rank
from regulars.schema import LIFECYCLE_FEATURES

Frame = nw.LazyFrame[Any]


def lifecycle_features(events: Frame, order_rows: Frame, as_of_days: Frame, last_day: int) -> Frame:
    """One row per customer and day of ``as_of_days`` from the customer's first event on.

    Parameters
    ----------
    events
        ``store.events``.
    order_rows
        ``orders.orders`` as of ``last_day``. An order counts from its day until the day before its
        ``gone_day``: who bought and gave everything back was a customer in between.
    as_of_days
        One column ``as_of_day``.
    last_day
        The last of these days.
    """
    people = (
        known(events, last_day)
        .group_by("customer_id")
        .agg(
            first_seen_day=nw.col("day").min(),
            signed_up_day=nw.when(is_known_by_name()).then(nw.col("day")).min(),
        )
    )
    grid = people.join(as_of_days, how="cross").filter(nw.col("first_seen_day") <= nw.col("as_of_day"))
    state = (
        _states(order_rows, last_day)
        .join(as_of_days, how="cross")
        .filter(nw.col("begin_day") <= nw.col("as_of_day"), nw.col("as_of_day") < nw.col("until_day"))
    )
    return (
        grid.join(state, on=["customer_id", "as_of_day"], how="left")
        .with_columns(
            nw.col("purchase_day_count").fill_null(0),
            nw.col("frequency").fill_null(0),
            days_since_last_purchase=nw.col("as_of_day") - nw.col("day"),
            signed_up=(nw.col("signed_up_day") <= nw.col("as_of_day")).fill_null(False),
            seen=nw.lit(True),
        )
        .select(*LIFECYCLE_FEATURES.names)
    )


def _states(order_rows: Frame, last_day: int) -> Frame:
    """One row per customer and day on which something changed: what was true until ``until_day``."""
    gone = nw.col("gone_day").fill_null(last_day + 1)
    days = (
        order_rows.group_by("customer_id", "day")
        .agg(gone_day=gone.max().cast(nw.Int64))
        .filter(nw.col("gone_day") > nw.col("day"))
        .with_columns(is_changed=nw.col("gone_day").min().over("customer_id") <= last_day)
    )
    return nw.concat(
        [
            _growing(days.filter(~nw.col("is_changed")), last_day),
            _changing(days.filter(nw.col("is_changed")), last_day),
        ]
    )


STATE = (
    "customer_id", "day", "purchase_day_count", "frequency", "recency_days", "gap_last_days", "gap_max_days",
    "begin_day", "until_day",
)  # fmt: skip
"""``day`` is the last purchase day of the state, which is true for begin_day <= d < until_day."""


def _growing(days: Frame, last_day: int) -> Frame:
    """Customers of whom every purchase day stands: each one begins a state."""
    by_day = {"order_by": ["day"]}
    before = nw.col("day").shift(1).over("customer_id", **by_day)
    following = nw.col("day").shift(-1).over("customer_id", **by_day)
    return (
        days.with_columns(gap=nw.col("day") - before, purchase_day_count=row_rank(["customer_id"], ["day"]))
        .with_columns(
            frequency=nw.col("purchase_day_count") - 1,
            recency_days=nw.col("day") - nw.col("day").min().over("customer_id"),
            gap_last_days=nw.col("gap"),
            gap_max_days=nw.col("gap").cum_max().over("customer_id", **by_day),
            begin_day=nw.col("day"),
            until_day=following.fill_null(last_day + 1),
        )
        .select(*STATE)
    )


def _changing(days: Frame, last_day: int) -> Frame:
    """Customers with a purchase day that went: each day that came or went begins a state, counted anew."""
    gone = days.filter(nw.col("gone_day") <= last_day)
    points = nw.concat(
        [
            days.select("customer_id", begin_day=nw.col("day")),
            gone.select("customer_id", begin_day=nw.col("gone_day")),
        ]
    ).unique()
    following = nw.col("begin_day").shift(-1).over("customer_id", order_by=["begin_day"])
    there = (
        points.with_columns(until_day=following.fill_null(last_day + 1))
        .join(days, on="customer_id", how="inner")
        .filter(nw.col("day") <= nw.col("begin_day"), nw.col("begin_day") < nw.col("gone_day"))
    )
    state = ["customer_id", "begin_day", "until_day"]
    before = nw.col("day").shift(1).over(*state, order_by=["day"])
    marked = there.with_columns(
        gap=nw.col("day") - before, is_last=nw.col("day") == nw.col("day").max().over(*state)
    )
    return (
        marked.group_by(*state)
        .agg(
            purchase_day_count=nw.len().cast(nw.Int64),
            frequency=nw.len().cast(nw.Int64) - 1,
            recency_days=nw.col("day").max() - nw.col("day").min(),
            gap_last_days=nw.when(nw.col("is_last")).then(nw.col("gap")).max(),
            gap_max_days=nw.col("gap").max(),
            day=nw.col("day").max(),
        )
        .select(*STATE)
    )
