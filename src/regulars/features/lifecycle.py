"""Events -> what the stage rule needs, for each customer as of each of several days."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features.behaviour import is_known_by_name
from regulars.features.orders import known
from regulars.schema import LIFECYCLE_FEATURES

Frame = nw.LazyFrame[Any]


def lifecycle_features(events: Frame, day_rows: Frame, as_of_days: Frame, last_day: int) -> Frame:
    """One row per customer and day of ``as_of_days`` from the customer's first event on.

    Parameters
    ----------
    events
        ``store.events``.
    day_rows
        ``orders.purchase_days`` as of ``last_day``: an order that was refunded in full by then is gone from
        the history as well.
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
        _states(day_rows, last_day)
        .join(as_of_days, how="cross")
        .filter(nw.col("day") <= nw.col("as_of_day"), nw.col("as_of_day") < nw.col("until_day"))
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


def _states(day_rows: Frame, last_day: int) -> Frame:
    """One row per purchase day: what was true from that day until the next purchase."""
    by_day = {"order_by": ["day"]}
    following = nw.col("day").shift(-1).over("customer_id", **by_day)
    return day_rows.select(
        "customer_id",
        "day",
        purchase_day_count=nw.col("nth"),
        frequency=nw.col("nth") - 1,
        recency_days=nw.col("day") - nw.col("day").min().over("customer_id"),
        gap_last_days=nw.col("gap_days"),
        gap_max_days=nw.col("gap_days").cum_max().over("customer_id", **by_day),
        until_day=following.fill_null(last_day + 1),
    )
