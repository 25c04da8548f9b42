"""Events -> what a customer looked at, said and answered: one row per customer as of a day."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from regulars.features.orders import at_least, at_most, count_where, known, ratio

Frame = nw.LazyFrame[Any]

TEXT_KEY_OFFSET = 10**17
"""Added to a time before it is put in front of a text, so that every key has 18 digits and sorts by time."""


def text_at(extreme: str, text: str, condition: nw.Expr | None = None) -> nw.Expr:
    """The text of the group's earliest (``min``) or latest (``max``) event that has one.

    An engine-neutral arg-min: the time, padded to 18 digits, stands in front of the text. Ties in time go
    to the first (last) text in the alphabet. Take ``after_key`` of the result.
    """
    key = nw.concat_str([(nw.col("occurred_us") + TEXT_KEY_OFFSET).cast(nw.String), nw.col(text)])
    present = ~nw.col(text).is_null()
    keyed = nw.when(present if condition is None else present & condition).then(key)
    return keyed.min() if extreme == "min" else keyed.max()


def after_key(name: str) -> nw.Expr:
    """The text behind the 18 digits of ``text_at``."""
    return nw.col(name).str.slice(18)


def is_known_by_name() -> nw.Expr:
    """The shop knows who it is: a sign-up, or anything under a user id; a device alone stays a visitor."""
    return (nw.col("type") == "sign_up") | ~nw.col("user_id").is_null()


def behaviour(events: Frame, as_of_day: int) -> Frame:
    """One row per customer with any event up to the day.

    Returns ``customer_id`` and the columns of ``schema.CUSTOMER_FEATURES`` from ``country`` to
    ``message_opened_rate`` that come from events other than purchases.
    """
    touched, kind = nw.col("is_touch"), nw.col("type")
    recent = nw.col("day") > as_of_day - 30
    dwell = nw.col("dwell_seconds")
    counts = known(events, as_of_day).group_by("customer_id").agg(
        first_seen_day=nw.col("day").min(),
        last_seen_day=nw.when(touched).then(nw.col("day")).max(),
        signed_up_day=nw.when(is_known_by_name()).then(nw.col("day")).min(),
        touch_count=count_where(touched),
        touch_count_last_30_days=count_where(touched & recent),
        visit_count=count_where(kind == "visit"),
        view_count=count_where(kind == "view"),
        search_count=count_where(kind == "search"),
        cart_add_count=count_where(kind == "cart_add"),
        complaint_count=count_where(nw.col("is_complaint")),
        resolved_count=count_where(nw.col("is_resolve")),
        message_sent_count=count_where(kind == "message_sent"),
        message_opened_count=count_where(kind == "message_opened"),
        dwell_count=count_where(~dwell.is_null()),
        # Seconds and stars are summed as whole thousandths, so that the sum has no order.
        dwell_thousandths=(dwell * 1000).round(0).cast(nw.Int64).sum().cast(nw.Int64),
        rating_count=count_where(~nw.col("rating").is_null()),
        rating_thousandths=(nw.col("rating") * 1000).round(0).cast(nw.Int64).sum().cast(nw.Int64),
        country_key=text_at("max", "country", nw.col("is_convert")),
        channel_key=text_at("min", "channel"),
    )  # fmt: skip
    opened = ratio(nw.col("message_opened_count"), nw.col("message_sent_count"))
    return counts.select(
        "customer_id", "first_seen_day", "last_seen_day", "signed_up_day", "touch_count",
        "touch_count_last_30_days", "visit_count", "view_count", "search_count", "cart_add_count",
        "rating_count", "complaint_count", "message_sent_count",
        days_since_last_touch=nw.lit(as_of_day) - nw.col("last_seen_day"),
        dwell_seconds_mean=ratio(nw.col("dwell_thousandths"), nw.col("dwell_count") * 1000),
        rating_mean=ratio(nw.col("rating_thousandths"), nw.col("rating_count") * 1000),
        unresolved_count=at_least(nw.col("complaint_count") - nw.col("resolved_count"), 0).cast(nw.Int64),
        message_opened_rate=at_most(opened, 1.0),
        country=after_key("country_key"),
        first_channel=after_key("channel_key"),
    )  # fmt: skip
