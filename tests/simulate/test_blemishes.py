"""The blemishes that every export has."""

from regulars.simulate.blemishes import FUTURE_DATE, IN_EVENTS, IN_ORDERS


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
    assert found == IN_ORDERS == small_shop.truth.settings["dirty_rows"]["orders"]


def test_each_blemish_of_the_events_is_there(small_shop):
    header, *rows = _cells(small_shop, "events")
    assert sum(row[0] == "page_ping" for row in rows) == IN_EVENTS["unknown_type"]
    assert sum(row[1].startswith("2025-02-30") for row in rows) == IN_EVENTS["broken_time"]
    assert sum(len(row) < len(header) for row in rows) == IN_EVENTS["too_few_cells"]
