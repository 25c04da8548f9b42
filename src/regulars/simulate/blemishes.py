"""The blemishes that every export has: repeated lines, impossible dates, broken amounts, cut lines."""

from __future__ import annotations

import csv

import pyarrow as pa

from regulars.simulate.exports import csv_row, csv_rows
from regulars.simulate.streams import Streams

IN_ORDERS = {
    "repeated_line": 3,
    "future_date": 2,
    "broken_amount": 3,
    "no_customer": 4,
    "second_currency": 3,
    "too_few_cells": 2,
}
"""How many of each ``orders.csv`` gets; all are copies of good lines, so the truth stays whole."""
IN_EVENTS = {"unknown_type": 2, "broken_time": 2, "too_few_cells": 1}
FUTURE_DATE = "2099-12-24 10:15:00"

Blemishes = dict[int, list[str]]
"""Lines to add after the row of each number."""


def orders_blemishes(streams: Streams, orders: pa.Table) -> tuple[Blemishes, dict[str, int]]:
    """Blemishes of ``orders.csv`` at random places, and how many of each kind.

    A copy that stands for an order of its own gets an order number after the last one.
    """
    if not orders.num_rows:
        return {}, {}
    added: Blemishes = {}
    rng = streams("dirty_orders")
    last = max(int(str(number)[1:]) for number in orders.column("order_id").unique().to_pylist())
    for kind, count in IN_ORDERS.items():
        for place in rng.integers(0, orders.num_rows, count).tolist():
            last += 1
            cells = dict(zip(orders.column_names, _cells(orders, place), strict=True))
            added.setdefault(place, []).append(_spoiled_order(kind, cells, f"O{last}"))
    return added, dict(IN_ORDERS)


def events_blemishes(streams: Streams, events: pa.Table) -> tuple[Blemishes, dict[str, int]]:
    """Blemishes of ``events.csv``: an unknown type, a time that is none, a line that was cut off."""
    if not events.num_rows:
        return {}, {}
    added: Blemishes = {}
    rng = streams("dirty_events")
    for kind, count in IN_EVENTS.items():
        for place in rng.integers(0, events.num_rows, count).tolist():
            cells = _cells(events, place)
            spoiled = {
                "unknown_type": ["page_ping", *cells[1:]],
                "broken_time": [cells[0], "2025-02-30T25:61:00+00:00", *cells[2:]],
                "too_few_cells": cells[:4],
            }[kind]
            added.setdefault(place, []).append(csv_row(spoiled))
    return added, dict(IN_EVENTS)


def _spoiled_order(kind: str, cells: dict[str, str], new_order: str) -> str:
    own = {"order_id": new_order, "status": "completed"}
    positive = {name: cells[name].removeprefix("-") for name in ("quantity", "line_total")}
    changes = {
        "repeated_line": {},
        "future_date": own | positive | {"order_date": FUTURE_DATE},
        "broken_amount": own | positive | {"unit_price": "#N/A", "line_total": "12.3.4"},
        "no_customer": own | positive | {"customer_id": ""},
        "second_currency": own | positive | {"currency": "EUR"},
        "too_few_cells": own,
    }[kind]
    values = list((cells | changes).values())
    return csv_row(values[:6] if kind == "too_few_cells" else values)


def _cells(table: pa.Table, place: int) -> list[str]:
    """The cells of one row as they are written."""
    return next(csv.reader(csv_rows(table.slice(place, 1))))
