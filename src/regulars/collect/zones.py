"""Instants and wall clocks of a time zone, for whole arrays and equal on every machine.

Arrow's own kernels need the system's zone files, which slim containers and Windows lack; here the
standard library's ``zoneinfo`` (with the ``tzdata`` package behind it) gives the changes of the clock,
and NumPy does the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

MICROSECONDS = 1_000_000
_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOWEST, _HIGHEST = -2_208_988_800, 4_102_444_800  # 1900 and 2100: rules outside are extended

Ints = NDArray[np.int64]


def local_from_utc(instants_us: Ints, zone: str) -> Ints:
    """Wall clock microseconds (since 1970-01-01 00:00 on that clock) of UTC instants.

    >>> local_from_utc(np.array([1_309_478_400_000_000]), "Europe/London") - 1_309_478_400_000_000
    array([3600000000])
    """
    starts, offsets = _changes(zone, *_years(instants_us))
    segment = np.searchsorted(starts, instants_us, side="right") - 1
    return instants_us + offsets[segment]


def utc_from_local(walls_us: Ints, zone: str) -> Ints:
    """UTC instants of wall clock microseconds.

    An hour that the clock shows twice is read as the first of the two; an hour that it skips as the last
    microsecond before the change (Arrow's ``ambiguous="earliest", nonexistent="earliest"``).
    """
    starts, offsets = _changes(zone, *_years(walls_us))
    # The first segment begins before every instant, so its start on the wall is left at the lowest integer.
    wall_starts = np.concatenate([starts[:1], starts[1:] + offsets[1:]])
    segment = np.searchsorted(wall_starts, walls_us, side="right") - 1
    before = np.maximum(segment - 1, 0)
    ambiguous = (segment > 0) & (walls_us < starts[segment] + offsets[before])
    segment = np.where(ambiguous, before, segment)
    instants = walls_us - offsets[segment]
    ends = np.concatenate([starts[1:], [np.iinfo(np.int64).max]])
    earliest: Ints = np.minimum(instants, ends[segment] - 1)
    return earliest


def _years(values_us: Ints) -> tuple[int, int]:
    """First and last second around the values, widened to whole decades so that few tables are made."""
    if len(values_us) == 0:
        return 0, 0
    decade = 3653 * _DAY
    low = max(int(values_us.min()) // MICROSECONDS, _LOWEST) // decade * decade
    high = (min(int(values_us.max()) // MICROSECONDS, _HIGHEST) // decade + 1) * decade
    return max(low - decade, _LOWEST), min(high, _HIGHEST)


@lru_cache(maxsize=64)
def _changes(zone: str, first: int, last: int) -> tuple[Ints, Ints]:
    """Instants at which the offset from UTC changes, and the offset from each on, in microseconds."""
    info = ZoneInfo(zone)
    starts, offsets = [np.iinfo(np.int64).min], [_offset(info, first)]
    for day in range(first, last, _DAY):
        if _offset(info, day + _DAY) != offsets[-1]:
            starts.append(_change_between(info, day, day + _DAY) * MICROSECONDS)
            offsets.append(_offset(info, day + _DAY))
    return np.array(starts, np.int64), np.array(offsets, np.int64) * MICROSECONDS


def _offset(info: ZoneInfo, second: int) -> int:
    moment = (_EPOCH + timedelta(seconds=second)).astimezone(info)
    return int((moment.utcoffset() or timedelta()).total_seconds())


def _change_between(info: ZoneInfo, low: int, high: int) -> int:
    """The first second with the offset of ``high``, by halving."""
    after = _offset(info, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(info, middle) == after:
            high = middle
        else:
            low = middle
    return high
