"""Phone numbers as tools take them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.decisions.phones import CALLING_CODES, COUNTRY_NAMES, e164


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("+44 1632 960001", None, "+441632960001"),
        ("0044 1632 960001", "France", "+441632960001"),
        ("'+441632960001", None, "+441632960001"),
        ("+44 (0) 1632 960001", None, "+441632960001"),
        ("(01632) 960001", "GB", "+441632960001"),
        ("06 12 34 56 78", "France", "+33612345678"),
        ("(415) 555-0100", "US", "+14155550100"),
        ("1-415-555-0100", "United States", "+14155550100"),
        ("06 698 0001", "IT", "+3906 6980001".replace(" ", "")),
        ("13812345678", "中国", "+8613812345678"),
        ("01632 960001", None, None),
        ("01632 960001", "Atlantis", None),
        ("12", "GB", None),
        ("", "GB", None),
        (None, "GB", None),
        ("unknown", "GB", None),
    ],
)
def test_numbers_as_people_write_them(phone, country, expected):
    assert e164(phone, country) == expected


@given(st.text(max_size=30), st.sampled_from([*CALLING_CODES, *COUNTRY_NAMES, None, "?"]))
def test_what_comes_out_is_a_number_or_nothing(phone, country):
    found = e164(phone, country)
    assert found is None or (found.startswith("+") and found[1:].isdigit() and 8 <= len(found[1:]) <= 15)


@given(st.sampled_from(["+441632960001", "+14155550100", "+33612345678"]))
def test_a_number_in_form_stays(phone):
    assert e164(phone) == phone
