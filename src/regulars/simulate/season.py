"""When people buy: the year's season, the week, the hours of a day, and the shop's local clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from regulars.schema import DAY_SECONDS
from regulars.simulate.arrays import Floats, Ints

SHOP_ZONE = "Europe/London"
HOURS_OF_CLOCK_CHANGE = 3
WEEKDAY_FACTORS = (1.02, 0.97, 0.95, 0.97, 0.98, 0.97, 1.14)  # Monday first; the mean is 1
# Orders by hour of the day, shop time: a lunch peak and a higher one in the evening.
HOUR_WEIGHTS = (5, 3, 2, 1, 1, 2, 6, 14, 26, 38, 46, 50, 56, 52, 44, 42, 42, 44, 50, 62, 70, 62, 38, 16)


def day_number(day: date) -> int:
    """Days since 1970-01-01.

    >>> day_number(date(1970, 1, 31))
    30
    """
    return day.toordinal() - date(1970, 1, 1).toordinal()


def day_factors(days: Ints) -> Floats:
    """How much busier than an average day each day is: the year's wave, the weeks before Christmas, the week.

    Parameters
    ----------
    days
        Days since 1970-01-01.

    Returns
    -------
    array
        Factors around 1 (about 0.9 on a Tuesday of May, 1.8 on a Sunday of early December).
    """
    dates = days.astype("datetime64[D]")
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    wave = 0.06 * np.cos(2 * np.pi * (day_of_year - 320) / 365.25)
    christmas = 0.60 * np.exp(-(((day_of_year - 342) / 15.0) ** 2))
    after = 0.15 * np.exp(-(((day_of_year - 25) / 18.0) ** 2))
    week = np.asarray(WEEKDAY_FACTORS)[(days + 3) % 7]
    return np.asarray((0.97 + wave + christmas - after) * week, dtype=np.float64)


@dataclass(frozen=True)
class Season:
    """The factor of every day from ``first_day`` on, and its running sum.

    With a purchase rate of ``rate`` per average day, the expected purchases of the days ``a .. b`` are
    ``rate * (until(b) - until(a - 1))``: the arithmetic of an inhomogeneous Poisson process.
    """

    first_day: int
    day_count: int

    @cached_property
    def factors(self) -> Floats:
        return day_factors(np.arange(self.first_day, self.first_day + self.day_count, dtype=np.int64))

    @cached_property
    def running(self) -> Floats:
        return np.concatenate(([0.0], np.cumsum(self.factors)))

    def until(self, day: npt.ArrayLike) -> Floats:
        """Sum of the factors from ``first_day`` to ``day`` inclusive (0 before, all after the end)."""
        place = np.clip(np.asarray(day, dtype=np.int64) - self.first_day + 1, 0, self.day_count)
        return np.asarray(self.running[place], dtype=np.float64)

    def between(self, first: npt.ArrayLike, last: npt.ArrayLike) -> Floats:
        """Sum of the factors of the days ``first .. last``, 0 where ``last`` lies before ``first``."""
        return np.maximum(self.until(last) - self.until(np.asarray(first, dtype=np.int64) - 1), 0.0)

    def draw_days(self, rng: np.random.Generator, first: Ints, last: Ints) -> Ints:
        """One day for each pair, in ``first .. last``, busier days more often."""
        low, high = self.until(first - 1), self.until(last)
        place = low + rng.random(len(first)) * (high - low)
        days = np.searchsorted(self.running, place, side="right") - 1 + self.first_day
        return np.clip(days.astype(np.int64), first, last)


def draw_clock(rng: np.random.Generator, count: int) -> Ints:
    """Seconds after midnight, shop time, more of them at lunch and in the evening."""
    weights = np.cumsum(HOUR_WEIGHTS) / np.sum(HOUR_WEIGHTS)
    hours = np.searchsorted(weights, rng.random(count), side="right")
    return np.asarray(hours * 3600 + rng.integers(0, 3600, count), dtype=np.int64)


@dataclass(frozen=True)
class Clock:
    """The shop's local time: seconds since 1970 as its clock shows them, and their distance from UTC."""

    first_day: int
    day_count: int

    @cached_property
    def offsets(self) -> Ints:
        """Seconds that the local clock is ahead of UTC at noon of each day."""
        zone, start = ZoneInfo(SHOP_ZONE), datetime(1970, 1, 1, 12, tzinfo=UTC)
        days = range(self.first_day, self.first_day + self.day_count)
        gaps = [(start + timedelta(days=day)).astimezone(zone).utcoffset() for day in days]
        return np.array([gap.total_seconds() if gap else 0 for gap in gaps], dtype=np.int64)

    def offset(self, second: Ints) -> Ints:
        """The distance from UTC for each local second."""
        place = np.clip(second // DAY_SECONDS - self.first_day, 0, self.day_count - 1)
        return np.asarray(self.offsets[place], dtype=np.int64)

    def past_the_change(self, second: Ints) -> Ints:
        """Local seconds moved out of the night hours in which the clock is put forward or back.

        So every local time exists once, and its offset is that of the day's noon.
        """
        place = np.clip(second // DAY_SECONDS - self.first_day, 1, self.day_count - 1)
        changes = self.offsets[place] != self.offsets[place - 1]
        night = HOURS_OF_CLOCK_CHANGE * 3600
        return np.where(changes & (second % DAY_SECONDS < night), second + night, second)
