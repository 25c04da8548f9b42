"""Times as files write them -> UTC microseconds, with the day and second on the shop's clock.

Read are: ISO dates with or without time and offset, ``D/M/Y`` and ``M/D/Y`` (also with dots or dashes, two
or four digit years, am/pm), ``YYYYMMDD`` and ``YYYYMMDDHHMMSS``, month names, epoch seconds, milliseconds,
microseconds and nanoseconds, day numbers of Excel, and the time types of Parquet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.collect.cells import text
from regulars.collect.dates import DateOrder, civil_days, from_dates
from regulars.collect.kernels import Array, pc, spread
from regulars.collect.zones import MICROSECONDS, local_from_utc, utc_from_local
from regulars.schema import DAY_SECONDS

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ALLOWED = (
    "2024-12-31, 2024-12-31 18:05, 2024-12-31T18:05:00Z, 31/12/2024, 31.12.2024, 20241231 or epoch seconds"
)

_COMPACT = r"^(?:19|20)\d{6}(?:[0-2]\d[0-5]\d[0-5]\d)?$"
_NUMBER = r"^-?\d{1,19}(?:\.\d+)?$"
# 1954-10-03 .. 2119-01-10 as Excel's count of days; epoch seconds of this size would be the night of 1970-01-01.
_EXCEL_LOW, _EXCEL_HIGH, _EXCEL_EPOCH_DAY = 20_000, 80_000, 25_569
# Counts since 1970 are told apart by size: (from, below, microseconds per count).
_EPOCHS = ((1e8, 1e11, MICROSECONDS), (1e11, 1e14, 1_000), (1e14, 1e17, 1))


@dataclass(frozen=True)
class Instants:
    """Times of a column. Where ``valid`` is false, the cell is empty or cannot be read.

    ``occurred_us``: UTC microseconds since 1970; ``day`` and ``second``: days and seconds since
    1970-01-01 00:00 on the shop's clock.
    """

    occurred_us: Ints
    day: Ints
    second: Ints
    valid: Bools


def instants(array: Array, zone: str, order: DateOrder | None = None) -> Instants:
    """A column of times as UTC instants, and as day and second of the clock in ``zone``.

    Times without an offset are read on the clock of ``zone``. Text is parsed once per distinct value.

    >>> times = instants(pa.array(["2011-07-01 00:30", "nonsense"]), "Europe/London")
    >>> times.occurred_us[0], times.valid.tolist()
    (np.int64(1309476600000000), [True, False])
    """
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_timestamp(array.type):
        values, valid = _numpy(array.cast(pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64()))
        return _finished(values, valid, np.full(len(values), array.type.tz is not None), zone)
    if pa.types.is_date(array.type):
        days, valid = _numpy(array.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()))
        return _finished(days * DAY_SECONDS * MICROSECONDS, valid, np.zeros(len(days), bool), zone)
    if pa.types.is_integer(array.type):
        counts, valid = _numpy(array.cast(pa.int64(), safe=False))
        return _finished(*_from_counts(counts, counts.astype(np.float64), valid), zone)
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        return _finished(*_from_floats(array.cast(pa.float64(), safe=False)), zone)
    return _distinct(text(array), zone, order or "day_first")


def _distinct(strings: Array, zone: str, order: DateOrder) -> Instants:
    coded = strings.dictionary_encode()
    values = _from_text(coded.dictionary, zone, order)
    parts = (values.occurred_us, values.day, values.second, values.valid)
    return Instants(*(spread(part, coded) for part in parts))


def _numpy(array: Array) -> tuple[Ints, Bools]:
    return np.asarray(pc.fill_null(array, 0)).astype(np.int64), np.asarray(array.is_valid())


def _finished(values_us: Ints, valid: Bools, has_offset: Bools, zone: str) -> Instants:
    """UTC and local columns from microseconds that are UTC where ``has_offset`` and wall clock elsewhere."""
    values_us = np.where(valid, values_us, 0)
    if has_offset.all():
        occurred = values_us
    elif has_offset.any():
        occurred = np.where(has_offset, values_us, utc_from_local(values_us, zone))
    else:
        occurred = utc_from_local(values_us, zone)
    second = local_from_utc(occurred, zone) // MICROSECONDS
    return Instants(occurred, second // DAY_SECONDS, second, valid)


def _from_text(values: Array, zone: str, order: DateOrder) -> Instants:
    """Distinct strings -> times: dates in any writing, and plain numbers."""
    # A spreadsheet program guards text with an apostrophe, and writes its day numbers with the mark of its country.
    guarded = pc.match_substring_regex(values, r"^'|^\d{5},\d+$")
    if pc.any(guarded).as_py():
        values = pc.replace_substring_regex(values, r"^'\s*", "")
        values = pc.replace_substring_regex(values, r"^(\d{5}),(\d+)$", r"\1.\2")
    compact = pc.match_substring_regex(values, _COMPACT)
    if pc.any(compact).as_py():
        values = pc.if_else(compact, _spaced(values), values)
    values_us, valid, has_offset = from_dates(values, order)
    is_number = pc.match_substring_regex(values, _NUMBER)
    if pc.any(is_number).as_py():
        nothing = pa.scalar(None, pa.string())
        numbers = pc.if_else(is_number, values, nothing)
        is_whole = pc.match_substring_regex(values, r"^-?\d{1,18}$")
        counts, whole = _numpy(pc.if_else(is_whole, values, nothing).cast(pa.int64()))
        floats = np.asarray(pc.fill_null(numbers.cast(pa.float64()), np.nan))
        counted = _from_counts(counts, counts.astype(np.float64), whole)
        others = _from_floats(pa.array(floats))
        for mask, (us, ok, offset) in ((whole, counted), (np.asarray(is_number) & ~whole, others)):
            values_us, valid = np.where(mask, us, values_us), np.where(mask, ok, valid)
            has_offset = np.where(mask, offset, has_offset)
    return _finished(values_us, valid, has_offset, zone)


def _spaced(values: Array) -> Array:
    """``20241231180500`` as ``2024-12-31 18:05:00``."""
    dates = pc.replace_substring_regex(values, r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3")
    return pc.replace_substring_regex(
        dates, r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$", r"\1-\2-\3 \4:\5:\6"
    )


def _from_counts(counts: Ints, sizes: NDArray[np.float64], valid: Bools) -> tuple[Ints, Bools, Bools]:
    """Whole numbers -> microseconds, whether they are a time, and whether they are UTC.

    Epoch counts by their size, ``YYYYMMDD``, and Excel's day numbers.
    """
    result, is_epoch = np.zeros(len(counts), np.int64), np.zeros(len(counts), bool)
    for low, high, factor in _EPOCHS:
        inside = valid & (sizes >= low) & (sizes < high)
        result = np.where(inside, np.where(inside, counts, 0) * factor, result)
        is_epoch |= inside
    nanoseconds = valid & (sizes >= 1e17)
    result = np.where(nanoseconds, counts // 1_000, result)
    days, is_date = civil_days(counts // 10_000, counts // 100 % 100, counts % 100)
    is_date &= valid
    excel = valid & (sizes >= _EXCEL_LOW) & (sizes < _EXCEL_HIGH)
    result = np.where(is_date, days * DAY_SECONDS * MICROSECONDS, result)
    result = np.where(excel, (counts - _EXCEL_EPOCH_DAY) * DAY_SECONDS * MICROSECONDS, result)
    is_epoch |= nanoseconds
    return result, is_epoch | is_date | excel, is_epoch & ~is_date


def _from_floats(numbers: Array) -> tuple[Ints, Bools, Bools]:
    """The same for numbers with a fraction: epoch seconds with a part, and Excel's days with a time."""
    value = np.asarray(pc.fill_null(numbers, np.nan)).astype(np.float64)
    valid = np.isfinite(value) & (np.abs(np.nan_to_num(value)) < 9e18)
    value = np.where(valid, value, 0)
    result, known, is_utc = _from_counts(np.floor(value).astype(np.int64), value, valid)
    fraction = value - np.floor(value)
    excel = known & (value >= _EXCEL_LOW) & (value < _EXCEL_HIGH)
    seconds = known & is_utc & (value < 1e11)
    part = np.where(excel, np.rint(fraction * DAY_SECONDS), 0).astype(np.int64) * MICROSECONDS
    part += np.where(seconds, np.rint(fraction * MICROSECONDS), 0).astype(np.int64)
    return result + part, known, is_utc
