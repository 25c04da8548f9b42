"""Days and months of a shop: the only place where a day becomes a month."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

EPOCH = dt.date(1970, 1, 1)


def date_of(day: int) -> dt.date:
    """The date of a day number.

    >>> date_of(0)
    datetime.date(1970, 1, 1)
    """
    return EPOCH + dt.timedelta(days=day)


def day_of(date: dt.date) -> int:
    """The day number of a date.

    >>> day_of(dt.date(1970, 1, 2))
    1
    """
    return (date - EPOCH).days


def calendar(first_day: int, last_day: int) -> pa.RecordBatch:
    """One row per day: ``day``, ``month`` (YYYY-MM), ``month_index`` (months since year 0)."""
    dates = [date_of(day) for day in range(first_day, last_day + 1)]
    return pa.RecordBatch.from_pydict(
        {
            "day": pa.array(range(first_day, last_day + 1), pa.int64()),
            "month": pa.array([f"{date:%Y-%m}" for date in dates], pa.string()),
            "month_index": pa.array([date.year * 12 + date.month - 1 for date in dates], pa.int64()),
        }
    )


def month_text(month_index: int) -> str:
    """The month of an index as YYYY-MM.

    >>> month_text(2011 * 12 + 8)
    '2011-09'
    """
    return f"{month_index // 12:04d}-{month_index % 12 + 1:02d}"


def month_ends(first_day: int, last_day: int) -> list[int]:
    """The last day of each month from the first day on, and ``last_day`` itself as the last.

    >>> [str(date_of(day)) for day in month_ends(14975, 15040)]
    ['2011-01-31', '2011-02-28', '2011-03-07']
    """
    ends = [day for day in range(first_day, last_day) if date_of(day + 1).day == 1]
    return [*ends, last_day]
