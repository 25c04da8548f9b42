"""Dates as text -> microseconds; and whether the day or the month comes first in a file.

The order of day and month is a property of a file, never of a line: ``3/4/2024`` alone says nothing, but one
``13/4/2024`` in the same file does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.collect.cells import text
from regulars.collect.kernels import Array, pc
from regulars.schema import DAY_SECONDS

DateOrder = Literal["day_first", "month_first"]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_DATE = (
    r"^(?P<a>\d{1,4})(?P<mark>[-/.年])(?P<b>\d{1,2})[-/.月](?P<c>\d{1,4})日?"
    r"(?:[T, ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r" ?(?P<half>[AaPp]\.?[Mm]\.?)?)?"
    r" ?(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
_ISO = r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?$"
# Dates with dots are day first everywhere, so only slashes and dashes leave a question.
_QUESTIONABLE = r"^(?P<a>\d{1,2})[-/](?P<b>\d{1,2})[-/](?P<c>\d{4}|\d{2})(?:\D|$)"
_YEAR_LOW, _YEAR_HIGH = 1900, 2200

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    "mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12, "fév": 2, "fev": 2, "avr": 4, "aoû": 8, "aou": 8, "déc": 12,
    "juin": 6, "juil": 7,
}  # fmt: skip
_NAMED = re.compile(
    r"^(?:[^\W\d]+,? )?(?:(\d{1,2})\.?[ -]+([^\W\d]{3,})|([^\W\d]{3,})\.?[ -](\d{1,2})),?\.?[ -]+(\d{4})(.*)$"
)


@dataclass(frozen=True)
class DateEvidence:
    """How many values of a file can only be day first, only month first, or either."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0

    def __add__(self, other: DateEvidence) -> DateEvidence:
        return DateEvidence(
            self.day_first + other.day_first, self.month_first + other.month_first, self.either + other.either
        )

    @property
    def is_open(self) -> bool:
        """Dates were seen that fit both orders, and none that fits only one."""
        return bool(self.either) and not self.day_first and not self.month_first


def date_evidence(array: Array) -> DateEvidence:
    """What the values of a time column say about the order of day and month.

    >>> date_evidence(pa.array(["12/1/2010 8:26", "12/13/2010 9:00", "2010-12-01"]))
    DateEvidence(day_first=0, month_first=1, either=1)
    """
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return DateEvidence()
    parts = pc.extract_regex(text(array), _QUESTIONABLE).drop_null()
    if len(parts) == 0:
        return DateEvidence()
    first, second = (_integers(parts.field(name)) for name in ("a", "b"))
    is_day = (first > 12) & (first <= 31) & (second <= 12)
    is_month = (second > 12) & (second <= 31) & (first <= 12)
    # 5/5/2010 is the same day in both orders and says nothing.
    either = (first <= 12) & (second <= 12) & (first != second)
    return DateEvidence(int(is_day.sum()), int(is_month.sum()), int(either.sum()))


def choose_date_order(evidence: DateEvidence, currency: str) -> tuple[DateOrder | None, str]:
    """The order of day and month for a file, and a note that says why (none where the question never came up).

    >>> choose_date_order(DateEvidence(day_first=23, either=4), "GBP")
    ('day_first', 'dates are day first: 23 lines have a first part > 12')
    """
    day, month, either = evidence.day_first, evidence.month_first, evidence.either
    if day and month:
        order: DateOrder = "day_first" if day >= month else "month_first"
        return order, (
            f"mixed date formats: {day} lines can only be day first and {month} only month first; read as "
            f"{_words(order)}; lines that contradict it are rejected as bad_time, and {either} lines fit both"
        )
    if day:
        return "day_first", f"dates are day first: {day} lines have a first part > 12"
    if month:
        return "month_first", f"dates are month first: {month} lines have a second part > 12"
    if not either:
        return None, ""
    order = "month_first" if currency == "USD" else "day_first"
    return order, (
        f"dates could be day first or month first ({either} lines fit both); read as {_words(order)}, "
        f'as shops with {currency} mostly write; date_order = "=day_first" or "=month_first" decides'
    )


def _words(order: DateOrder) -> str:
    return order.replace("_", " ")


def from_dates(values: Array, order: DateOrder) -> tuple[Ints, Bools, Bools]:
    """Microseconds of date strings, which of them are dates, and which carry an offset from UTC.

    >>> us, valid, has_offset = from_dates(pa.array(["1.2.1970", "1970-01-01T00:00:01Z"]), "day_first")
    >>> us.tolist(), valid.tolist(), has_offset.tolist()
    ([2678400000000, 1000000], [True, True], [False, True])
    """
    digits = _iso_digits(values)
    if digits is not None:
        return _from_iso_digits(digits)
    parts = pc.extract_regex(_without_month_names(values), _DATE)
    valid = np.asarray(parts.is_valid())
    field = {part.name: pc.fill_null(parts.field(part.name), "") for part in parts.type}
    days, is_date = _day_of(field, order)
    seconds, is_time = _seconds_of_day(field)
    offset, has_offset = _offset_seconds(field["zone"])
    part = _integers(pc.utf8_slice_codeunits(pc.utf8_rpad(field["part"], 6, "0"), 0, 6))
    values_us = (days * DAY_SECONDS + seconds - offset) * 1_000_000 + part
    return values_us, valid & is_date & is_time, has_offset


def _iso_digits(values: Array) -> Ints | None:
    """One row of digits per value where all are ``2024-12-31`` or all are ``2024-12-31 18:05:07``; else None.

    Most exports are of this kind, and their digits stand in columns: nothing has to be searched.
    """
    first, count = values.offset, len(values)
    if count == 0 or values.null_count or values.type != pa.string():
        return None
    offsets = np.frombuffer(values.buffers()[1], np.int32)[first : first + count + 1]
    width = int(offsets[1] - offsets[0])
    if width not in (10, 19) or not (np.diff(offsets) == width).all():
        return None
    if not pc.all(pc.match_substring_regex(values, _ISO)).as_py():
        return None
    octets = np.frombuffer(values.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    return octets.reshape(count, width).astype(np.int64) - ord("0")


def _from_iso_digits(digits: Ints) -> tuple[Ints, Bools, Bools]:
    def number(start: int, end: int) -> Ints:
        scales = 10 ** np.arange(end - start - 1, -1, -1)
        return np.asarray(digits[:, start:end] @ scales)

    days, valid = civil_days(number(0, 4), number(5, 7), number(8, 10))
    seconds = np.zeros(len(digits), np.int64)
    if digits.shape[1] > 10:
        hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
        valid &= (hour <= 23) & (minute <= 59) & (second <= 60)
        seconds = hour * 3600 + minute * 60 + np.minimum(second, 59)
    return (days * DAY_SECONDS + seconds) * 1_000_000, valid, np.zeros(len(digits), bool)


def _day_of(field: dict[str, Array], order: DateOrder) -> tuple[Ints, Bools]:
    a, b, c = (_integers(field[name]) for name in "abc")
    year_first = np.asarray(pc.greater_equal(pc.utf8_length(field["a"]), 3))
    short_year = np.asarray(pc.less_equal(pc.utf8_length(field["c"]), 2)) & ~year_first
    c = np.where(short_year, c + np.where(c < 70, 2000, 1900), c)
    day_first = np.asarray(pc.equal(field["mark"], ".")) | (order == "day_first")
    year = np.where(year_first, a, c)
    month = np.where(year_first | day_first, b, a)
    day = np.where(year_first, c, np.where(day_first, a, b))
    return civil_days(year, month, day)


def civil_days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Days since 1970-01-01 of civil dates, and whether such a date exists.

    >>> civil_days(np.array([1970, 2023]), np.array([2, 2]), np.array([1, 29]))[1].tolist()
    [True, False]
    """
    inside = (year >= _YEAR_LOW) & (year <= _YEAR_HIGH) & (month >= 1) & (month <= 12) & (day >= 1)
    months = (np.where(inside, year, 1970) - 1970) * 12 + np.where(inside, month, 1) - 1
    start = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - start
    return start + np.where(inside, day, 1) - 1, inside & (day <= length)


def _integers(strings: Array) -> Ints:
    filled = pc.if_else(pc.equal(strings, ""), "0", strings)
    return np.asarray(filled.cast(pa.int64()))


def _seconds_of_day(field: dict[str, Array]) -> tuple[Ints, Bools]:
    hour, minute, second = (_integers(field[name]) for name in ("hour", "minute", "second"))
    half = pc.utf8_lower(pc.utf8_slice_codeunits(field["half"], 0, 1))
    afternoon, halved = np.asarray(pc.equal(half, "p")), np.asarray(pc.not_equal(half, ""))
    is_time = np.where(halved, (hour >= 1) & (hour <= 12), hour <= 23) & (minute <= 59) & (second <= 60)
    hour = np.where(halved, hour % 12 + 12 * afternoon, hour)
    return hour * 3600 + minute * 60 + np.minimum(second, 59), is_time


def _offset_seconds(zone: Array) -> tuple[Ints, Bools]:
    has_offset = np.asarray(pc.not_equal(zone, ""))
    if not has_offset.any():
        return np.zeros(len(zone), np.int64), has_offset
    negative = np.asarray(pc.starts_with(zone, "-"))
    digits = pc.if_else(
        pc.match_substring_regex(zone, r"^[+-]"), pc.replace_substring_regex(zone, r"[+:-]", ""), ""
    )
    hours, minutes = (_integers(pc.utf8_slice_codeunits(digits, at, at + 2)) for at in (0, 2))
    return (hours * 3600 + minutes * 60) * np.where(negative, -1, 1), has_offset


def _without_month_names(values: Array) -> Array:
    """``1 Jan 2024 8:00`` as ``2024-1-1 8:00``; only the few values with a month's name are touched."""
    named = np.flatnonzero(
        np.asarray(pc.fill_null(pc.match_substring_regex(values, r"\p{L}{3,}.*\d{4}"), False))
    )
    if len(named) == 0:
        return values
    cells = values.to_pylist()
    for place in named:
        cells[place] = _spelled(cells[place])
    return pa.array(cells, pa.string())


def _spelled(value: str) -> str:
    match = _NAMED.match(value)
    if match is None:
        return value
    day, month_after, month_before, day_after, year, rest = match.groups()
    word = (month_after or month_before).lower()
    month = _MONTHS.get(word[:4]) or _MONTHS.get(word[:3])
    return value if month is None else f"{year}-{month}-{day or day_after}{rest}"
