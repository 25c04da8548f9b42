from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.collect.amounts import (
    MarkEvidence,
    choose_decimal_mark,
    foreign_currency,
    mark_evidence,
    multiplied,
    ten_thousandths,
)


def one(text, mark="either"):
    found = ten_thousandths(pa.array([text]), mark)
    return int(found.units[0]) if found.valid[0] else None


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0.001", 10), ("2.55", 25_500), ("-3", -30_000), ("+3", 30_000), (".5", 5_000), ("5.", 50_000), ("£1,234.50", 12_345_000),
        ("1.234,56", 12_345_600), ("12,5", 125_000), ("1 234,50 €", 12_345_000), ("1\u00a0234,50", 12_345_000), ("(12.00)", -120_000),
        ("12-", -120_000), ("\u22124", -40_000), ("1'234.50", 12_345_000), ("USD 12", 120_000), ("12 kr", 120_000), ("1e3", 10_000_000),
        ("1.5E-05", 0), ("1,23,456.00", 1_234_560_000), ("1,234", 12_340_000), ("0,123", 1_230), ("0.00005", 0), ("0.00015", 2),
        ("0.000150001", 2), ("0.00025", 2), ("99999999999.9999", 999_999_999_999_999),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, units):
    assert one(text) == units


@pytest.mark.parametrize(
    "text", ["inf", "-Infinity", "abc", "10%", "1,2,3", "-", "--1", "1.2.3", "123456789012345678", "12:30"]
)
def test_what_is_no_number(text):
    found = ten_thousandths(pa.array([text]))
    assert found.present[0] and not found.valid[0]


def test_empty_is_neither_present_nor_valid():
    found = ten_thousandths(pa.array(["", None, "NaN"]))
    assert not found.present.any() and not found.valid.any()


def test_the_mark_of_the_column_decides():
    assert one("1,234", "point") == 12_340_000 and one("1,234", "comma") == 12_340
    assert one("12,5", "point") is None and one("12.5", "comma") is None
    assert one("1.234", "comma") == 12_340_000


def test_typed_columns():
    floats = ten_thousandths(pa.array([2.55, float("inf"), float("nan"), None, 1e300]))
    assert floats.units.tolist() == [25_500, 0, 0, 0, 0]
    assert floats.present.tolist() == [True, True, False, False, True]
    assert floats.valid.tolist() == [True, False, False, False, False]
    assert ten_thousandths(pa.array([3, None], pa.uint32())).units.tolist() == [30_000, 0]
    assert ten_thousandths(pa.array([Decimal("0.0015")])).units.tolist() == [15]
    assert ten_thousandths(pa.array(["2"]).dictionary_encode()).units.tolist() == [20_000]


@given(st.lists(st.decimals(-(10**10), 10**10, allow_nan=False, places=6), min_size=1, max_size=20))
def test_text_is_exact_and_rounds_half_to_even(values):
    found = ten_thousandths(pa.array([format(value, "f") for value in values]), "point")
    expected = [int((value * 10_000).to_integral_value(ROUND_HALF_EVEN)) for value in values]
    assert found.valid.all() and found.units.tolist() == expected


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_products_round_half_to_even(quantity, price):
    product, fits = multiplied(np.array([quantity]), np.array([price]))
    assert fits[0]
    assert product[0] == int((Decimal(quantity) * price / 10_000).to_integral_value(ROUND_HALF_EVEN))


def test_products_that_do_not_fit():
    huge = np.array([8 * 10**18])
    assert not multiplied(huge, huge)[1][0]


def test_evidence_and_choice_of_the_mark():
    assert mark_evidence(pa.array(["12,5", "1.234,56", "7"])) == MarkEvidence(comma=2)
    assert mark_evidence(pa.array(["12.5", "1,234.56", "0.125", "1,234,567"])) == MarkEvidence(point=4)
    assert mark_evidence(pa.array(["1,234", "1.234"])) == MarkEvidence(unclear_comma=1, unclear_point=1)
    assert mark_evidence(pa.array([1.5])) == MarkEvidence()
    assert choose_decimal_mark(MarkEvidence(), "q", comma_elsewhere=False) == ("either", "")
    assert choose_decimal_mark(MarkEvidence(point=3), "q", comma_elsewhere=True) == ("point", "")
    assert choose_decimal_mark(MarkEvidence(unclear_comma=3), "q", comma_elsewhere=True)[0] == "comma"
    assert choose_decimal_mark(MarkEvidence(unclear_comma=3), "q", comma_elsewhere=False)[0] == "point"
    mark, note = choose_decimal_mark(MarkEvidence(point=2, comma=3), "Preis", comma_elsewhere=False)
    assert mark == "comma" and "bad_number" in note


def test_signs_of_other_currencies():
    assert foreign_currency(pa.array(["£5", "€5", "5", None, "EUR 5"]), "GBP").tolist() == [
        False,
        True,
        False,
        False,
        True,
    ]
    assert foreign_currency(pa.array(["$5", "(5)"]), "CAD") is None
    assert foreign_currency(pa.array([5.0]), "GBP") is None
