"""Writes the shop's records to files, with the blemishes that every export has."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.simulate.arrays import Array, joined
from regulars.simulate.streams import Streams

MONEY_COLUMNS = ("unit_price", "discount", "line_total", "value", "price", "cost")
DIRTY_ORDERS = {
    "repeated_line": 3,
    "future_date": 2,
    "broken_amount": 3,
    "no_customer": 4,
    "second_currency": 3,
    "too_few_cells": 2,
}
"""How many of each blemish ``orders.csv`` gets; all are made of copies, so the truth stays whole."""
DIRTY_EVENTS = {"unknown_type": 2, "broken_time": 2, "too_few_cells": 1}
FUTURE_DATE = "2099-12-24 10:15:00"


@dataclass(frozen=True)
class Export:
    """One file and the named source of the importer that reads it."""

    path: Path
    source: str
    row_count: int


@dataclass(frozen=True)
class Exports:
    """The files that ``write_shop`` wrote; ``dirty`` counts the blemishes of each file by kind."""

    folder: Path
    files: tuple[Export, ...]
    dirty: dict[str, dict[str, int]]

    def path(self, source: str) -> Path:
        """The file of a source."""
        return next(export.path for export in self.files if export.source == source)


def csv_lines(table: pa.Table) -> list[bytes]:
    """The table as CSV, one entry per line, the header first; money with two decimals."""
    cells = [_as_text(name, table.column(name)) for name in table.column_names]
    rows = joined(*cells, separator=",")
    return [",".join(table.column_names).encode(), *(row.encode() for row in rows.to_pylist())]


def write_lines(path: Path, lines: list[bytes]) -> int:
    """Write the lines; return how many rows there are below the header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return len(lines) - 1


def soiled_orders(streams: Streams, lines: list[bytes]) -> tuple[list[bytes], dict[str, int]]:
    """``orders.csv`` with blemishes at random places; each is a copy of a line with something wrong.

    A copy that stands for an order of its own gets an order number after the last one.
    """
    header, rows = lines[0].decode().split(","), lines[1:]
    if not rows:
        return lines, {}
    last = max(int(row.split(b",", 1)[0][1:]) for row in rows)
    added: list[tuple[int, bytes]] = []
    rng = streams("dirty_orders")
    for kind, count in DIRTY_ORDERS.items():
        for place in rng.integers(0, len(rows), count):
            last += 1
            cells = dict(zip(header, _split(rows[place]), strict=True))
            added.append((int(place), _soiled(kind, cells, f"O{last}")))
    return [lines[0], *_spread(rows, added)], dict(DIRTY_ORDERS)


def soiled_events(streams: Streams, lines: list[bytes]) -> tuple[list[bytes], dict[str, int]]:
    """``events.csv`` with a few lines of an unknown type, with a broken time, or cut off."""
    rows = lines[1:]
    if not rows:
        return lines, {}
    added: list[tuple[int, bytes]] = []
    rng = streams("dirty_events")
    for kind, count in DIRTY_EVENTS.items():
        for place in rng.integers(0, len(rows), count):
            cells = _split(rows[place])
            changed = {
                "unknown_type": ["page_ping", *cells[1:]],
                "broken_time": [cells[0], "2025-02-30T25:61:00+00:00", *cells[2:]],
                "too_few_cells": cells[:4],
            }[kind]
            added.append((int(place), _join(changed)))
    return [lines[0], *_spread(rows, added)], dict(DIRTY_EVENTS)


def _soiled(kind: str, cells: dict[str, str], new_order: str) -> bytes:
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
    return _join(values[:6] if kind == "too_few_cells" else values)


def _spread(rows: list[bytes], added: list[tuple[int, bytes]]) -> list[bytes]:
    """The rows with each added line right after the row it was made from."""
    out, start = [], 0
    for place, line in sorted(added, key=lambda pair: pair[0]):
        out += rows[start : place + 1]
        out.append(line)
        start = place + 1
    return out + rows[start:]


def _split(line: bytes) -> list[str]:
    return next(csv.reader([line.decode()]))


def _join(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue().encode()


def _as_text(name: str, column: Array) -> Array:
    """A column's cells; words that hold a comma or a quote are quoted, once per distinct word."""
    if name in MONEY_COLUMNS and pa.types.is_floating(column.type):
        return _money_text(column)
    if not pa.types.is_dictionary(column.type):
        return column.combine_chunks().cast(pa.string())
    encoded = column.unify_dictionaries().combine_chunks()
    quoted = [_join([word]) if word else b"" for word in encoded.dictionary.to_pylist()]
    words = pa.array([word.decode() for word in quoted], type=pa.string())
    return pa.DictionaryArray.from_arrays(encoded.indices, words).cast(pa.string())


def _money_text(column: Array) -> Array:
    """Money as ``12.50``: each distinct amount is written once and looked up."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    texts = [f"{value:.2f}" for value in np.asarray(encoded.dictionary)]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, type=pa.string())).cast(
        pa.string()
    )
