"""What a person should know about the data before trusting a number: findings with codes and values."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pyarrow as pa

from regulars.insight.calendar import date_of
from regulars.insight.sums import count_where

Frame = nw.LazyFrame[Any]
Finding = dict[str, Any]

GOOD, NOTE, WARNING = "good", "note", "warning"
LONG_GAP_DAYS = 14
SEASON_DAYS = 455  # a year and a quarter: less shows no season twice
COMPARED_DAYS = 7
"""A last day is held against at least so many others."""
NOBODYS = ("cost", "adjustment")
"""Event types behind which stands neither a customer nor a sale."""


def counts(events: Frame) -> Frame:
    """One row: how many events, customers, purchases, refunds and unknown cells there are."""
    convert, refund = nw.col("is_convert"), nw.col("is_value") & ~nw.col("is_convert")
    return events.select(
        event_count=nw.len().cast(nw.Int64),
        first_day=nw.col("day").min(),
        last_day=nw.col("day").max(),
        purchase_line_count=count_where(convert),
        anonymous_purchase_count=count_where(convert & nw.col("customer_id").is_null()),
        refund_count=count_where(refund),
        zero_value_count=count_where(convert & (nw.col("signed_value") == 0)),
        no_item_count=count_where(convert & nw.col("item_id").is_null()),
        visit_count=count_where(nw.col("type").is_in(["visit", "view", "click", "search"])),
        charge_count=count_where(nw.col("type") == "charge"),
    )


def trading_days(events: Frame) -> Frame:
    """The days with a purchase, sorted: ``day, line_count``."""
    return (
        events.filter(nw.col("is_convert"))
        .group_by("day")
        .agg(line_count=nw.len().cast(nw.Int64))
        .sort("day")
    )


def day_ends(events: Frame) -> Frame:
    """The days on which a customer did something or something was sold, sorted: ``day, last_second``.

    ``last_second`` is the local time of day of the last such event, in seconds. A refund without a day of its
    own is on the day of its order.
    """
    return (
        events.filter(~nw.col("type").is_in(NOBODYS))
        .group_by("stated_day")
        .agg(last_second=(nw.col("second") % 86_400).max().cast(nw.Int64))
        .select(nw.col("stated_day").alias("day"), "last_second")
        .sort("day")
    )


def is_unfinished(ends: pa.Table) -> bool:
    """Whether the last day of ``day_ends`` stops earlier than nine in ten of the other days do.

    With few days, or with dates alone, nothing can be said, and the day counts as finished.
    """
    seconds = ends.column("last_second").to_numpy()
    others = sorted(seconds[:-1])
    return len(others) >= COMPARED_DAYS and bool(seconds[-1] < others[len(others) // 10])


def last_full_day(ends: pa.Table, today: int) -> int | None:
    """The last day that the data hold in full: not an unfinished one, and neither today nor later.

    Parameters
    ----------
    ends
        ``day_ends``.
    today
        The day number of today in the shop's zone.

    Returns
    -------
    int | None
        A day number; the first day of the data where no day is full, None where there is no day.

    Examples
    --------
    >>> at_noon = pa.table({"day": [1, 2, 3], "last_second": [43_200] * 3})
    >>> last_full_day(at_noon, today=9), last_full_day(at_noon, today=3)
    (3, 2)
    """
    if ends.num_rows == 0:
        return None
    first, last = (int(ends.column("day")[place].as_py()) for place in (0, -1))
    full = last - 1 if is_unfinished(ends) else last
    return max(first, min(full, today - 1))


def findings(
    totals: dict[str, Any], days: pa.Table, ends: pa.Table, buyers: pa.Table, rejected: dict[str, int]
) -> list[Finding]:
    """Everything worth saying, worst first.

    Parameters
    ----------
    totals
        The row of ``counts``.
    days
        ``trading_days``.
    ends
        ``day_ends``.
    buyers
        ``purchase_day_count`` of each customer who bought.
    rejected
        Lines in quarantine by code.
    """
    found = [
        *_volume(totals, buyers),
        *_time(days, ends),
        *_lines(totals),
        *(
            _finding("rejected_lines", WARNING, reject_code=code, line_count=count)
            for code, count in sorted(rejected.items())
        ),
    ]
    rank = {WARNING: 0, NOTE: 1, GOOD: 2}
    return sorted(found, key=lambda finding: rank[finding["severity"]])


def _finding(code: str, severity: str, **values: Any) -> Finding:
    return {"code": code, "severity": severity, "values": values}


def _volume(totals: dict[str, Any], buyers: pa.Table) -> list[Finding]:
    days = buyers.column("purchase_day_count").to_numpy()
    if len(days) == 0:
        return [_finding("no_buyers", WARNING)]
    repeat = int((days > 1).sum())
    found = [_finding("buyers", GOOD, customer_count=len(days), repeat_rate=repeat / len(days))]
    if len(days) == 1:
        found.append(_finding("one_customer", WARNING))
    if repeat == 0:
        found.append(_finding("no_repeat_buyers", WARNING))
    elif repeat < 100:
        found.append(_finding("few_repeat_buyers", WARNING, customer_count=repeat))
    if totals["visit_count"] == 0:
        found.append(_finding("no_visits", NOTE))
    return found


def _time(days: pa.Table, ends: pa.Table) -> list[Finding]:
    if days.num_rows == 0:
        return []
    day = days.column("day").to_numpy()
    span = int(day[-1] - day[0]) + 1
    found = [
        _finding(
            "span", GOOD if span >= SEASON_DAYS else NOTE, first_on=str(date_of(int(day[0]))),
            last_on=str(date_of(int(day[-1]))), span_days=span,
        )
    ]  # fmt: skip
    # No model has a season at any span; a longer history lets a person see one, and no forecast.
    found.append(_finding("no_season", NOTE, span_days=span))
    gaps = day[1:] - day[:-1]
    if len(gaps) and gaps.max() > LONG_GAP_DAYS:
        place = int(gaps.argmax())
        found.append(
            _finding(
                "silent_days", WARNING, first_on=str(date_of(int(day[place]))), gap_days=int(gaps[place])
            )
        )
    if is_unfinished(ends):
        last, second = (int(ends.column(name)[-1].as_py()) for name in ("day", "last_second"))
        found.append(_finding("unfinished_day", NOTE, last_on=str(date_of(last)), last_hour=second // 3_600))
    return found


def _lines(totals: dict[str, Any]) -> list[Finding]:
    lines = totals["purchase_line_count"] or 1
    found = []
    if totals["anonymous_purchase_count"]:
        count = totals["anonymous_purchase_count"]
        severity = WARNING if count / lines > 0.1 else NOTE
        found.append(_finding("anonymous_lines", severity, line_count=count, line_share=count / lines))
    if totals["zero_value_count"]:
        found.append(_finding("free_lines", NOTE, line_count=totals["zero_value_count"]))
    if totals["no_item_count"]:
        found.append(_finding("lines_without_item", NOTE, line_count=totals["no_item_count"]))
    if totals["refund_count"] == 0:
        found.append(_finding("no_refunds", NOTE))
    if totals["charge_count"]:
        found.append(_finding("charges", NOTE, line_count=totals["charge_count"]))
    return found
