"""Days, weeks, hours and the local clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from regulars.simulate.season import (
    SHOP_ZONE,
    WEEKDAY_FACTORS,
    Clock,
    Season,
    day_factors,
    day_number,
    draw_clock,
)
from regulars.simulate.streams import Streams

FIRST = day_number(date(2024, 1, 1))


def test_a_year_is_average_and_december_is_not():
    factors = day_factors(np.arange(FIRST, FIRST + 364))
    assert abs(factors.mean() - 1) < 0.02
    assert factors[335:358].mean() > 1.4
    assert abs(np.mean(WEEKDAY_FACTORS) - 1) < 1e-9


@given(first=st.integers(-5, 400), length=st.integers(-3, 60))
def test_sums_of_factors_are_sums(first, length):
    season = Season(FIRST, 400)
    days = np.arange(max(first, 0), min(first + length, 400))
    total = season.between(FIRST + first, FIRST + first + length - 1)
    assert abs(float(total) - season.factors[days].sum()) < 1e-9


def test_days_are_drawn_inside_their_span_and_by_the_factors():
    season = Season(FIRST, 366)
    first = np.full(40_000, FIRST)
    days = season.draw_days(Streams(0)("days"), first, first + 365)
    counts = np.bincount(days - FIRST, minlength=366)
    assert np.corrcoef(counts, season.factors)[0, 1] > 0.85
    one = season.draw_days(Streams(0)("days"), first[:100], first[:100])
    assert (one == FIRST).all()


def test_evenings_are_busier_than_nights():
    hours = draw_clock(Streams(0)("hours"), 20_000) // 3600
    counts = np.bincount(hours, minlength=24)
    assert counts[20] > 8 * counts[3] and hours.max() <= 23


def test_local_times_and_offsets_are_those_of_the_zone():
    clock, zone = Clock(FIRST, 366), ZoneInfo(SHOP_ZONE)
    local = clock.past_the_change(np.arange(FIRST * 86400, (FIRST + 366) * 86400, 1801, dtype=np.int64))
    for second, offset in zip(local.tolist(), clock.offset(local).tolist(), strict=True):
        seen = datetime.fromtimestamp(second - offset, UTC).astimezone(zone)
        assert seen.replace(tzinfo=UTC).timestamp() == second
