"""Days, months and month ends."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from regulars.insight.calendar import calendar, date_of, day_of, month_ends, month_text


@given(st.integers(0, 40_000))
def test_a_day_and_its_date_are_the_same_thing(day):
    assert day_of(date_of(day)) == day


@given(st.integers(10_000, 20_000), st.integers(0, 400))
def test_month_ends_are_ends_of_months_and_the_last_day(first, span):
    ends = month_ends(first, first + span)
    assert ends[-1] == first + span
    assert all((date_of(day) + dt.timedelta(days=1)).day == 1 for day in ends[:-1])
    assert ends == sorted(set(ends))


def test_the_calendar_names_months():
    batch = calendar(14_975, 14_976)
    assert batch.column("month").to_pylist() == ["2011-01", "2011-01"]
    assert {month_text(index) for index in batch.column("month_index").to_pylist()} == {"2011-01"}
