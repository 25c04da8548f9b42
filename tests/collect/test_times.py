import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.collect.times import instants

MOMENT = dt.datetime(2024, 12, 31, 18, 5, 7)


def us(moment: dt.datetime) -> int:
    return int((moment - dt.datetime(1970, 1, 1)) / dt.timedelta(microseconds=1))


def one(text, zone="UTC", order=None):
    found = instants(pa.array([text]), zone, order)
    return int(found.occurred_us[0]) if found.valid[0] else None


@pytest.mark.parametrize(
    "text",
    [
        "2024-12-31 18:05:07", "2024-12-31T18:05:07", "2024-12-31T18:05:07Z", "2024-12-31 18:05:07 UTC",
        "2024-12-31T19:05:07+01:00", "2024-12-31T13:05:07-0500", "2024/12/31 18:05:07", "31.12.2024 18:05:07",
        "31/12/2024 18:05:07", "12/31/2024 18:05:07", "12/31/2024 6:05:07 PM", "31-12-24 18:05:07",
        "20241231180507", "1735668307", "1735668307000", "1735668307000000", "1735668307000000000",
        "31 Dec 2024 18:05:07", "Dec 31, 2024 6:05:07 pm", "31-Dec-2024 18:05:07", "31. Dezember 2024 18:05:07",
        "31 décembre 2024 18:05:07", "Tue, 31 Dec 2024 18:05:07 GMT", "2024年12月31日 18:05:07", "  2024-12-31 18:05:07 ",
    ],
)  # fmt: skip
def test_one_moment_in_many_writings(text):
    order = "month_first" if text.startswith("12/") else "day_first"
    assert one(text, order=order) == us(MOMENT)


@pytest.mark.parametrize("text", ["2024-12-31", "31.12.2024", "20241231", "31/12/2024", "45657", "45657.0"])
def test_a_day_begins_at_midnight_of_the_shop(text):
    found = instants(pa.array([text]), "America/New_York")
    assert found.occurred_us[0] == us(dt.datetime(2024, 12, 31, 5))
    assert found.day[0] == (dt.date(2024, 12, 31) - dt.date(1970, 1, 1)).days
    assert found.second[0] % 86_400 == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "30/02/2024",
        "13/13/2024",
        "2024-12-31 24:00",
        "0",
        "99",
        "2024-13-01",
        "NaN",
        "1/2",
        "31/12",
    ],
)
def test_what_is_no_time(text):
    assert one(text) is None


def test_day_and_month_swap_with_the_order_but_dots_are_day_first():
    assert one("3/4/2024", order="day_first") == us(dt.datetime(2024, 4, 3))
    assert one("3/4/2024", order="month_first") == us(dt.datetime(2024, 3, 4))
    assert one("3.4.2024", order="month_first") == us(dt.datetime(2024, 4, 3))
    assert one("12/1/2010 8:26", order="month_first") == us(dt.datetime(2010, 12, 1, 8, 26))


def test_excel_days_carry_a_time():
    assert one("40513.351388889") == us(dt.datetime(2010, 12, 1, 8, 26))


def test_typed_columns():
    expected = us(MOMENT)
    naive = instants(pa.array([MOMENT, None], pa.timestamp("ns")), "UTC")
    assert naive.occurred_us.tolist() == [expected, 0] and naive.valid.tolist() == [True, False]
    aware = pa.array([MOMENT.replace(tzinfo=dt.UTC)], pa.timestamp("ms", "UTC"))
    assert instants(aware, "America/New_York").occurred_us[0] == expected
    assert instants(pa.array([dt.date(2024, 12, 31)]), "UTC").day[0] == 20_088
    assert instants(pa.array([1_735_668_307]), "UTC").occurred_us[0] == expected
    assert instants(pa.array([1_735_668_307.5]), "UTC").occurred_us[0] == expected + 500_000
    assert instants(pa.array(["2024-12-31 18:05:07"]).dictionary_encode(), "UTC").occurred_us[0] == expected


@given(st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 1, 1)))
def test_iso_text_is_read_to_the_microsecond(moment):
    assert one(moment.isoformat()) == us(moment)


@given(
    st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2099, 1, 1)),
    st.sampled_from(["Europe/London", "Asia/Tokyo"]),
)
def test_day_and_second_are_of_the_same_clock(moment, zone):
    found = instants(pa.array([moment.isoformat()]), zone)
    assert found.second[0] // 86_400 == found.day[0]
    offset = found.second[0] - found.occurred_us[0] // 1_000_000
    assert abs(offset) <= 14 * 3600 and offset % 900 == 0


def test_distinct_and_repeated_values_agree():
    values = ["2024-01-01", None, "x", "2024-01-01"]
    found = instants(pa.array(values), "UTC")
    assert found.valid.tolist() == [True, False, False, True]
    assert found.occurred_us[0] == found.occurred_us[3]
    assert np.all(found.occurred_us[1:3] == 0)
