"""Delimited text (CSV, TSV, semicolons, pipes, columns of blanks) -> batches of string cells.

Arrow reads and splits the lines; a line with the wrong number of cells does not stop it but comes back as a
broken line. Line numbers count records, with the header as line 1, as a spreadsheet shows them.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from regulars.collect.cells import EMPTY_WORDS
from regulars.collect.encodings import TextStats, open_text, squeezed
from regulars.collect.kernels import pc
from regulars.collect.quotes import tolerant_records
from regulars.collect.records import BrokenLine, RawBatch, sliced, unique_names, without_blank_lines
from regulars.errors import FileError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
BLANKS = " "
_BLOCK_BYTES = 1 << 22
_SAMPLE_BYTES = 1 << 18
_SAMPLE_LINES = 200
_FEWEST_CELLS = 3
_MOST_TITLES = 5


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out: the mark between its cells and where its header ends."""

    delimiter: str
    names: tuple[str, ...]
    lines_before: int = 0
    has_header: bool = True


def sniff_layout(sample: str) -> Layout:
    """The layout of a delimited file from its first lines.

    >>> sniff_layout("id;name\\n1;a\\n2;b\\n").delimiter
    ';'
    >>> sniff_layout(" 00001 19970101  1   11.77\\n").names
    ('column_1', 'column_2', 'column_3', 'column_4')
    """
    lines_before = len(sample) - len(sample.lstrip("\r\n"))
    lines_before = sample[:lines_before].count("\n")
    body = sample.lstrip("\r\n")
    if body[:4].lower() == "sep=" and len(body) > 4:
        # Excel's own note about the delimiter.
        return _layout(body.split("\n", 1)[-1], body[4], lines_before + 1)
    scores = {mark: _evenness(body, mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: scores[mark])
    if scores[best][1] > 1:
        titles = _title_lines(body, best) if scores[best][1] >= _FEWEST_CELLS else 0
        return _layout("".join(body.splitlines(keepends=True)[titles:]), best, lines_before + titles)
    widths = Counter(len(line.split()) for line in body.splitlines()[:_SAMPLE_LINES] if line.strip())
    width, count = widths.most_common(1)[0] if widths else (1, 0)
    if width > 1 and count >= 0.9 * sum(widths.values()):
        return _layout(body, BLANKS, lines_before)
    return _layout(body, ",", lines_before)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    if delimiter == BLANKS:
        return [line.split() for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) == _SAMPLE_LINES:
                break
    except csv.Error:
        pass  # the sample may end inside a quoted cell; the rows before it are enough to judge by
    return rows


def _title_lines(text: str, delimiter: str) -> int:
    """Lines above the header that hold one cell: the title of a report and its period.

    >>> _title_lines("Campaign report\\n1 May - 2 May\\nCampaign,Day,Cost\\nBrand,2025-05-01,3.50\\n", ",")
    2
    """
    for count, line in enumerate(text.splitlines()[: _MOST_TITLES + 1]):
        rows = _rows(line, delimiter)
        if rows and len(rows[0]) > 1:
            return count
    return 0


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    """Share of the sample's lines that have as many cells as most, and that number of cells."""
    widths = Counter(len(row) for row in _rows(text, delimiter))
    if not widths:
        return 0.0, 1
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    if width == 1:
        # A header with cells above lines without any is a file whose lines are all broken.
        return (0.0, 1) if max(widths) == 1 else (0.01, max(widths))
    return count / sum(widths.values()), width


def _layout(body: str, delimiter: str, lines_before: int) -> Layout:
    rows = _rows(body, delimiter)
    first = rows[0] if rows else [""]
    has_header = not all(_is_value(cell) for cell in first)
    header: Sequence[str] = first if has_header else [""] * len(first)
    return Layout(delimiter, unique_names(header), lines_before, has_header)


def _is_value(cell: str) -> bool:
    """Whether a cell of the first line is data and no column name: it has digits and no word."""
    cell = cell.strip()
    return cell in EMPTY_WORDS or (any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell)))


class DelimitedRecords:
    """The lines of one delimited text file."""

    def __init__(self, path: Path, stats: TextStats) -> None:
        self._path, self._stats = path, stats
        with open_text(path, stats) as stream:
            sample = stream.read(_SAMPLE_BYTES).decode("utf-8", errors="replace").removeprefix("\ufeff")
        if not sample.strip():
            raise FileError(f"{path} is empty", fix="export it again and look at its size")
        self._layout = sniff_layout(sample)
        self._header_only = not sample.strip("\r\n").count("\n") and not sample.strip("\r\n").count("\r")
        self.names = self._layout.names
        self.line_count_hint: int | None = max(stats.line_count - self._layout.has_header, 0)
        self.notes = self._described()

    @property
    def delimiter(self) -> str:
        return self._layout.delimiter

    def _described(self) -> tuple[str, ...]:
        notes = list(self._stats.notes)
        if self._layout.delimiter == BLANKS:
            notes.append("cells are separated by blanks")
        elif self._layout.delimiter != ",":
            notes.append(
                f"cells are separated by {DELIMITERS.get(self._layout.delimiter, self._layout.delimiter)}"
            )
        if not self._layout.has_header:
            notes.append(f"the first line is data and no header: columns are called {', '.join(self.names)}")
        return tuple(notes)

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[RawBatch]:
        if self._header_only and self._layout.has_header:
            return
        if self._stats.has_stray_quotes:
            # A quote is never closed: Arrow would take all lines up to the next quote for one cell.
            yield from self._line_by_line(rows, 0)
            return
        lines_read = 0
        try:
            for batch, line_breaks in self._arrow_batches(columns):
                lines_read += batch.read_count + line_breaks
                kept = without_blank_lines(batch.cells, batch.source_row)
                yield from sliced(RawBatch(kept.cells, kept.source_row, batch.broken), rows)
        except pa.ArrowInvalid:
            # A stray pair of quotes far apart: the rest of the file is read line by line.
            yield from self._line_by_line(rows, lines_read)

    @property
    def _first_row(self) -> int:
        return self._layout.lines_before + int(self._layout.has_header) + 1

    def _arrow_batches(self, columns: Sequence[str] | None) -> Iterator[tuple[RawBatch, int]]:
        """Batches as Arrow reads them, each with the number of line breaks inside its cells."""
        broken: list[BrokenLine] = []

        def keep(line: Any) -> str:
            broken.append(self._wrong_width(int(line.number), int(line.actual_columns), str(line.text)))
            return "skip"

        row = self._first_row
        with open_text(self._path, self._stats) as stream:
            source = squeezed(stream) if self.delimiter == BLANKS else stream
            reader = pacsv.open_csv(source, *self._options(keep, columns))
            for cells in reader:
                numbers = _numbers(row, cells.num_rows, broken)
                row = int(numbers[-1]) + 1 if len(numbers) else row
                mine, broken[:] = _split(broken, row)
                yield RawBatch(cells, numbers, mine), self._line_breaks(cells, mine)
            if broken:
                empty = pa.record_batch(
                    [pa.array([], pa.string()) for _ in columns or self.names], list(columns or self.names)
                )
                yield RawBatch(empty, np.zeros(0, np.int64), tuple(broken)), 0

    def _options(self, keep: Any, columns: Sequence[str] | None) -> tuple[Any, Any, Any]:
        reading = pacsv.ReadOptions(
            use_threads=False,  # only then are broken lines numbered
            block_size=_BLOCK_BYTES,
            skip_rows=self._layout.lines_before,
            column_names=list(self.names),
            skip_rows_after_names=int(self._layout.has_header),
        )
        parsing = pacsv.ParseOptions(
            delimiter="\t" if self.delimiter == BLANKS else self.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,  # they count as lines, and are dropped afterwards
            invalid_row_handler=keep,
        )
        converting = pacsv.ConvertOptions(
            column_types={name: pa.string() for name in self.names},
            strings_can_be_null=False,
            include_columns=list(columns) if columns is not None else [],
        )
        return reading, parsing, converting

    def _wrong_width(self, row: int, width: int, line: str) -> BrokenLine:
        found = f"the line has {width} cells where the file has {len(self.names)} columns"
        return BrokenLine(row, "broken_line", found, line.rstrip("\r\n"))

    def _line_breaks(self, cells: pa.RecordBatch, broken: Sequence[BrokenLine]) -> int:
        if not self._stats.quote_count:
            return 0
        inside = sum(pc.sum(pc.count_substring(column, "\n")).as_py() or 0 for column in cells.columns)
        return inside + sum(line.text.count("\n") for line in broken)

    def _line_by_line(self, rows: int, lines_read: int) -> Iterator[RawBatch]:
        """The lines from a place on, such that a stray quote spoils only the line it is in."""
        skip = self._first_row - 1 + lines_read
        mark = "\t" if self.delimiter == BLANKS else self.delimiter
        with open_text(self._path, self._stats) as stream:
            source = squeezed(stream) if self.delimiter == BLANKS else stream
            text = io.TextIOWrapper(source, "utf-8-sig", errors="replace")
            records = tolerant_records(text, mark, len(self.names), skip)
            while chunk := list(itertools.islice(records, rows)):
                yield self._tolerated(chunk)

    def _tolerated(self, chunk: Sequence[tuple[int, list[str] | None, str]]) -> RawBatch:
        good: list[list[str]] = []
        numbers: list[int] = []
        broken: list[BrokenLine] = []
        for row, cells, line in chunk:
            if cells is None:
                found = "a quote in the line is never closed"
                broken.append(BrokenLine(row, "broken_line", found, line))
            elif len(cells) != len(self.names):
                broken.append(self._wrong_width(row, len(cells), line))
            else:
                good.append(cells)
                numbers.append(row)
        columns = zip(*good, strict=True) if good else [()] * len(self.names)
        batch = pa.record_batch([pa.array(cells, pa.string()) for cells in columns], names=list(self.names))
        kept = without_blank_lines(batch, np.array(numbers, np.int64))
        return RawBatch(kept.cells, kept.source_row, tuple(broken))


def _numbers(row: int, count: int, broken: Sequence[BrokenLine]) -> NDArray[np.int64]:
    """Numbers of ``count`` good lines from ``row`` on, leaving out those of the broken ones."""
    if not broken:
        return np.arange(row, row + count, dtype=np.int64)
    skipped = [line.source_row for line in broken]
    return np.setdiff1d(np.arange(row, row + count + len(skipped), dtype=np.int64), skipped)[:count]


def _split(broken: Sequence[BrokenLine], row: int) -> tuple[tuple[BrokenLine, ...], list[BrokenLine]]:
    """Broken lines before line ``row``, and those that Arrow found reading ahead."""
    return tuple(line for line in broken if line.source_row < row), [b for b in broken if b.source_row >= row]
