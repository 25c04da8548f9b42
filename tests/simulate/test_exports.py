"""The blemishes that every export has, and how cells are written."""

import pyarrow as pa

from regulars.simulate.exports import DIRTY_EVENTS, DIRTY_ORDERS, FUTURE_DATE, csv_lines


def _cells(small_shop, source):
    lines = small_shop.exports.path(source).read_text(encoding="utf-8").splitlines()
    return [line.split(",") for line in lines]


def test_each_blemish_of_the_orders_is_there(small_shop):
    header, *rows = _cells(small_shop, "orders")
    place = {name: header.index(name) for name in header}
    whole = [row for row in rows if len(row) == len(header)]
    found = {
        "repeated_line": len(whole) - len(set(map(tuple, whole))),
        "future_date": sum(row[place["order_date"]] == FUTURE_DATE for row in whole),
        "broken_amount": sum(row[place["line_total"]] == "12.3.4" for row in whole),
        "no_customer": sum(row[place["customer_id"]] == "" for row in whole),
        "second_currency": sum(row[place["currency"]] == "EUR" for row in whole),
        "too_few_cells": len(rows) - len(whole),
    }
    assert found == DIRTY_ORDERS == small_shop.truth.settings["dirty_rows"]["orders"]


def test_each_blemish_of_the_events_is_there(small_shop):
    header, *rows = _cells(small_shop, "events")
    assert sum(row[0] == "page_ping" for row in rows) == DIRTY_EVENTS["unknown_type"]
    assert sum(row[1].startswith("2025-02-30") for row in rows) == DIRTY_EVENTS["broken_time"]
    assert sum(len(row) < len(header) for row in rows) == DIRTY_EVENTS["too_few_cells"]


def test_cells_with_commas_are_quoted_money_has_two_decimals_and_nulls_are_empty():
    words = pa.array(['a "b", c', None]).dictionary_encode()
    table = pa.table({"text": words, "cost": [12.5, None], "count": [1, 2]})
    assert csv_lines(table) == [b"text,cost,count", b'"a ""b"", c",12.50,1', b",,2"]
