"""Excel workbooks -> batches of string cells, through calamine (the extra ``excel``)."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.collect.records import RawBatch, unique_names, without_blank_lines
from regulars.errors import FileError

_HEADER_ROWS = 50


class WorkbookRecords:
    """The lines of a workbook: its first sheet with a header, and every other sheet with the same one.

    Line numbers count the rows of the first sheet, header included, and go on through the next sheets.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._workbook = _open_workbook(path)
        self.names: tuple[str, ...] = ()
        self.line_count_hint: int | None = 0
        self._sheets: list[tuple[str, int]] = []
        others = []
        for sheet in self._workbook.sheet_names:
            header_row, header, height = self._header(sheet)
            if header and self.names in ((), header):
                self.names = header
                self._sheets.append((sheet, header_row))
                self.line_count_hint = (self.line_count_hint or 0) + height - header_row - 1
            else:
                others.append(sheet)
        if not self.names:
            raise FileError(
                f"{path} is an Excel workbook without a table",
                fix="put the column names into a row of the first sheet",
            )
        self.notes: tuple[str, ...] = (f"sheets read: {', '.join(name for name, _ in self._sheets)}",)
        if others:
            self.notes += (f"sheets left out, because their columns differ: {', '.join(others)}",)

    def _header(self, sheet: str) -> tuple[int, tuple[str, ...], int]:
        """The first row that holds at least two cells, its names, and the number of rows of the sheet."""
        table = self._workbook.get_sheet_by_name(sheet)
        for place, row in enumerate(itertools.islice(table.iter_rows(), _HEADER_ROWS)):
            if sum(cell not in ("", None) for cell in row) >= 2:
                return place, unique_names(row), _height(table)
        return 0, (), 0

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[RawBatch]:
        wanted = (
            [self.names.index(name) for name in columns] if columns is not None else range(len(self.names))
        )
        before = 0
        for sheet, header_row in self._sheets:
            table = self._workbook.get_sheet_by_name(sheet)
            numbered = enumerate(table.iter_rows(), start=before + 1)
            lines = itertools.islice(numbered, header_row + 1, None)
            while chunk := list(itertools.islice(lines, rows)):
                arrays = [pa.array([_cell(row[place]) for _, row in chunk], pa.string()) for place in wanted]
                cells = pa.record_batch(arrays, names=[self.names[place] for place in wanted])
                yield without_blank_lines(cells, np.array([number for number, _ in chunk], np.int64))
            before += _height(table)


def _open_workbook(path: Path) -> Any:
    try:
        import python_calamine
    except ImportError as error:
        raise FileError(
            f"{path} is an Excel workbook, and the reader for these is not installed",
            fix="pip install 'regulars[excel]', or save the sheet as CSV",
        ) from error
    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, OSError) as error:
        raise FileError(f"{path} looks like an Excel workbook but cannot be read: {error}") from error


def _height(table: Any) -> int:
    """Rows of a sheet down to its last cell, those above the first one included."""
    return int(table.end[0]) + 1 if table.end else 0


def _cell(value: Any) -> str | None:
    """A cell as text: whole numbers without ``.0``, times in ISO form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
    return None if value is None or value == "" else str(value)
