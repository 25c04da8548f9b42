"""Writes the shop's records to CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.simulate.arrays import Array, joined

MONEY_COLUMNS = ("unit_price", "discount", "line_total", "value", "price", "cost")
WRITE_ROWS = 50_000
"""Rows that are text at one time; more would only cost memory."""


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


def csv_rows(table: pa.Table) -> list[str]:
    """The rows as CSV text; money with two decimals, a null as an empty cell."""
    cells = [_as_text(name, table.column(name)) for name in table.column_names]
    rows: list[str] = joined(*cells, separator=",").to_pylist()
    return rows


def csv_row(cells: list[str]) -> str:
    """One line of CSV.

    >>> csv_row(["a", "b, c", ""])
    'a,"b, c",'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def write_csv(path: Path, table: pa.Table, blemishes: Mapping[int, list[str]] | None = None) -> int:
    """Write a table with a header, and after the row of each number the extra lines made from it.

    Returns how many lines there are below the header.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(table.column_names) + "\n")
        for start in range(0, table.num_rows, WRITE_ROWS):
            rows = csv_rows(table.slice(start, WRITE_ROWS))
            lines = list(_with_blemishes(rows, start, blemishes or {}))
            file.write("\n".join(lines) + "\n")
            count += len(lines)
    return count


def _with_blemishes(rows: list[str], start: int, blemishes: Mapping[int, list[str]]) -> Iterator[str]:
    for number, row in enumerate(rows, start):
        yield row
        yield from blemishes.get(number, ())


def _as_text(name: str, column: Array) -> Array:
    """A column's cells; words that hold a comma or a quote are quoted, once per distinct word."""
    if name in MONEY_COLUMNS and pa.types.is_floating(column.type):
        return _money_text(column)
    if not pa.types.is_dictionary(column.type):
        return column.combine_chunks().cast(pa.string())
    encoded = column.unify_dictionaries().combine_chunks()
    words = [
        csv_row([word]) if word and ("," in word or '"' in word) else word
        for word in encoded.dictionary.to_pylist()
    ]
    return pa.array(words, type=pa.string()).take(encoded.indices)


def _money_text(column: Array) -> Array:
    """Money as ``12.50``: each distinct amount is written once and looked up."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    texts = [f"{value:.2f}" for value in np.asarray(encoded.dictionary)]
    return pa.array(texts, type=pa.string()).take(encoded.indices)
