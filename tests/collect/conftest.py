"""What the tests of this room share: a shop, and a file read to its end."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from regulars import config
from regulars.collect.plan import CheckedBatch, ImportPlan
from regulars.collect.sources import plan_import

NOW_US = int(dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC).timestamp() * 1_000_000)
KEY = b"a key of this shop"
_PARTS = ("events", "rejected", "items", "customers", "orders", "contacts")


@dataclass
class Imported:
    """Everything that came out of one file."""

    plan: ImportPlan
    read: int
    events: pa.Table
    rejected: pa.Table
    items: pa.Table
    customers: pa.Table
    orders: pa.Table
    contacts: pa.Table
    notes: tuple[str, ...] = ()

    @property
    def codes(self) -> dict[int, str]:
        return dict(
            zip(self.rejected["source_row"].to_pylist(), self.rejected["code"].to_pylist(), strict=True)
        )

    def column(self, name: str) -> list:
        return self.events[name].to_pylist()

    def properties(self) -> list[dict]:
        return [json.loads(cell) if cell else {} for cell in self.column("properties")]

    def payload(self, place: int = 0) -> dict:
        return json.loads(self.rejected["payload"][place].as_py())


def settings(**changes) -> dict:
    """The arguments of every plan."""
    shop = {"currency": "GBP", "time_zone": "Europe/London"}
    arguments = {"roles_known_types": (), "now_us": NOW_US, "hash_key": KEY}
    shop |= {name: changes.pop(name) for name in list(changes) if name in shop}
    return {"shop": config.Shop(**shop), **arguments, **changes}


def drained(plan: ImportPlan, rows: int = 65_536) -> Imported:
    """All batches of a plan; every line of it must be accounted for."""
    batches: list[CheckedBatch] = list(plan.batches(rows))
    tables = {
        name: pa.Table.from_batches([getattr(batch, name) for batch in batches]) for name in _PARTS if batches
    }
    for batch in batches:
        if plan.kind == "events":
            assert batch.read_count == batch.events.num_rows + batch.rejected.num_rows
        elif plan.kind == "whole_orders":
            # What belongs to no whole order is a line of its own.
            whole = set(batch.orders["order_id"].to_pylist())
            single = sum(order not in whole for order in batch.events["order_id"].to_pylist())
            counted = sum(batch.orders["line_count"].to_pylist()) + single
            assert batch.read_count == counted + batch.rejected.num_rows
        else:
            landed = batch.items if plan.kind == "items" else batch.customers
            assert batch.read_count == landed.num_rows + batch.rejected.num_rows
    empty = pa.table({"source_row": [], "code": [], "payload": []})
    parts = [tables.get(name, empty) for name in _PARTS]
    notes = plan.notes + tuple(note for batch in batches for note in batch.notes)
    return Imported(plan, sum(batch.read_count for batch in batches), *parts, notes)


@pytest.fixture
def read(tmp_path):
    """``read(text)`` or ``read(bytes)`` or ``read(path)``: the file planned and read to its end."""

    def reader(
        content: str | bytes | Path, name: str = "file.csv", *, rows: int = 65_536, **changes
    ) -> Imported:
        path = content if isinstance(content, Path) else tmp_path / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="")
        elif isinstance(content, bytes):
            path.write_bytes(content)
        return drained(plan_import(path, **settings(**changes)), rows)

    reader.drained = drained
    reader.settings = settings
    return reader
