"""The shape in which every kind of file hands over its lines: raw cells, line numbers and broken lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.collect.kernels import Array, pc


@dataclass(frozen=True)
class BrokenLine:
    """A line that could not even be split into the file's cells."""

    source_row: int
    code: str
    message: str
    text: str


@dataclass(frozen=True)
class RawBatch:
    """Lines as read: cells (text, or the file's own types), their numbers in the file, and the broken ones.

    Blank lines are left out, so ``read_count`` counts the lines that hold something.
    """

    cells: pa.RecordBatch
    source_row: NDArray[np.int64]
    broken: tuple[BrokenLine, ...] = ()

    @property
    def read_count(self) -> int:
        return int(self.cells.num_rows) + len(self.broken)


class Records(Protocol):
    """A file (or table) that can be read any number of times, from the start, in batches.

    ``names`` are the file's columns, unique and never empty. ``line_count_hint`` is for a progress bar.
    ``notes`` say what was found out about the file before a line of it was read.
    """

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def line_count_hint(self) -> int | None: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[RawBatch]:
        """The lines, at most ``rows`` at a time; ``columns`` are enough for a first look at the values."""
        ...


def unique_names(header: Sequence[object]) -> tuple[str, ...]:
    """Column names without surrounding blanks, none empty, none twice.

    >>> unique_names([" a ", "", "a"])
    ('a', 'column_2', 'a.2')
    """
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        base = str(cell if cell is not None else "").strip() or f"column_{place}"
        name, count = base, 1
        while name in names:
            count += 1
            name = f"{base}.{count}"
        names.append(name)
    return tuple(names)


def without_blank_lines(cells: pa.RecordBatch, source_row: NDArray[np.int64]) -> RawBatch:
    """The batch without lines in which every cell is empty (blank lines, and the tail of spreadsheets)."""
    if cells.num_rows == 0 or cells.num_columns == 0:
        return RawBatch(cells, source_row)
    # Most files have a first cell in every line, and then the other columns need no look.
    blank = _empty(cells.column(0))
    for place in range(1, cells.num_columns):
        if not pc.any(blank).as_py():
            return RawBatch(cells, source_row)
        blank = pc.and_(blank, _empty(cells.column(place)))
    keep = pc.invert(blank)
    return RawBatch(cells.filter(keep), source_row[np.asarray(keep)])


def _empty(array: Array) -> Array:
    if pa.types.is_string(array.type):
        return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(array), ""), True)
    return array.is_null()


def sliced(batch: RawBatch, rows: int) -> Iterator[RawBatch]:
    """The batch in pieces of at most ``rows`` lines; its broken lines go with the first piece."""
    if batch.cells.num_rows <= rows:
        yield batch
        return
    for start in range(0, batch.cells.num_rows, rows):
        broken = batch.broken if start == 0 else ()
        yield RawBatch(batch.cells.slice(start, rows), batch.source_row[start : start + rows], broken)


@dataclass(frozen=True)
class TableRecords:
    """The lines of a table that is in memory already, for example a data frame."""

    table: pa.Table
    first_row: int = 1
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return unique_names(self.table.column_names)

    @property
    def line_count_hint(self) -> int | None:
        return int(self.table.num_rows)

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[RawBatch]:
        table = self.table.rename_columns(list(self.names))
        if columns is not None:
            table = table.select(list(columns))
        row = self.first_row
        for cells in table.to_batches(max_chunksize=rows):
            yield without_blank_lines(cells, np.arange(row, row + cells.num_rows, dtype=np.int64))
            row += cells.num_rows
