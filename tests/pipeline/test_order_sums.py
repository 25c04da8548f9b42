"""The sums of a file of whole orders."""

import pyarrow as pa

from regulars.collect.lines import ORDER_INPUT
from regulars.pipeline.order_sums import OrderSums
from regulars.show.imports import imports_text

POUND = 10_000


def batch(*rows):
    return pa.RecordBatch.from_pylist(list(rows), schema=ORDER_INPUT)


def test_by_currency_and_with_what_is_no_sale():
    sums = OrderSums()
    sums.add(
        batch({"currency": "GBP", "list_value": 10 * POUND, "discount_value": POUND, "value": 9 * POUND})
    )
    sums.add(
        batch(
            {"currency": "GBP", "value": 5 * POUND, "refund_value": 6 * POUND, "is_cancelled": True, "refund_is_undated": True},
            {"currency": "GBP", "value": 7 * POUND, "left_out": "unpaid"},
            {"currency": "USD", "value": 7 * POUND, "left_out": "foreign_currency"},
        )
    )  # fmt: skip
    pounds, dollars = sums.rows()
    assert (pounds["order_count"], pounds["value"], pounds["list_value"], pounds["refund_value"]) == (
        2,
        14,
        10,
        6,
    )
    assert (pounds["cancelled_value"], pounds["undated_refund_value"]) == (6, 6)
    assert pounds["left_out"] == {"unpaid": 1}
    assert dollars == {"currency": "USD", "order_count": 0, "left_out": {"foreign_currency": 1}}


def test_nothing_is_no_row():
    assert OrderSums().rows() == []


def test_what_a_person_reads_has_cents():
    sums = OrderSums()
    sums.add(
        batch(
            {"currency": "GBP", "list_value": 12_345_600, "value": 12_345_600},
            {"currency": "USD", "left_out": "test"},
        )
    )
    names = ("read", "stored", "duplicate", "rejected", "erased", "updated", "older", "anonymous")
    report = {"file": "a.csv", "rejected_codes": {}, "sums": sums.rows(), **dict.fromkeys(names, 0)}
    text = imports_text([report], shop="s")
    assert "1,234.56 before discounts" in text and "no sale (USD): 1 a test" in text
