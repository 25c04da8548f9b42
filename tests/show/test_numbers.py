import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.show.numbers import DASH, THIN_SPACE, Numbers, as_date

english = Numbers(currency="GBP")


@given(st.integers(-(10**12), 10**12))
def test_separators_change_no_digit(value):
    assert int(english.count(value).replace(THIN_SPACE, "").replace("\u2212", "-")) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "£0"), (0.5, "£0.50"), (0.004, "£0"), (99.99, "£99.99"), (99.999, "£100"), (1234567, "£1 234 567"), (-3.456, "−£3.46"),
     (None, DASH), (math.nan, DASH), (math.inf, DASH)],
)  # fmt: skip
def test_money(value, text):
    assert english.money(value).replace(THIN_SPACE, " ") == text


def test_a_currency_without_a_sign_is_written_out():
    assert Numbers(currency="CHF").money(12) == "CHF\u00a012.00"
    assert Numbers().money(1500).replace(THIN_SPACE, " ") == "1 500"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0%"), (0.034, "3.4%"), (0.5, "50%"), (1, "100%"), (-0.12, "−12%")]
)
def test_share(value, text):
    assert english.share(value) == text


def test_what_rounds_to_zero_has_no_minus():
    assert english.count(-0.2) == "0"


def test_dates_in_both_languages():
    day = datetime.date(2011, 9, 9)
    assert (english.date(day), Numbers("zh").date("2011-09-09")) == ("9 September 2011", "2011年9月9日")
    assert (english.month("2011-09"), Numbers("zh").month(15226)) == ("Sep 2011", "2011年9月")
    assert english.date(None) == DASH


@given(st.dates())
def test_days_since_1970_and_dates_are_the_same(day):
    assert as_date((day - datetime.date(1970, 1, 1)).days) == as_date(day.isoformat()) == day


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.000123, "0.0001"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123")]
)
def test_figures_have_three_digits(value, text):
    assert english.figure(value) == text
