"""Delimited text whose quotes do not match, one line after the other."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

# A cell that goes on for more lines than this is taken for a quote that was never closed.
_LONGEST_CELL_LINES = 50

Record = tuple[int, list[str] | None, str]


def tolerant_records(lines: Iterable[str], delimiter: str, width: int, skip: int = 0) -> Iterator[Record]:
    """Line number, cells and text of each record after the first ``skip`` lines; blank lines are left out.

    The cells are None where a quote is never closed. Such a line is a record of its own, unless it and some of
    the lines after it together are one record of ``width`` cells.

    >>> list(tolerant_records(['a,"b', 'c,d', 'e,"f', 'g"'], ",", 2))
    [(1, None, 'a,"b'), (2, ['c', 'd'], 'c,d'), (3, ['e', 'f\\ng'], 'e,"f\\ng"')]
    """
    source = enumerate((line.rstrip("\r\n") for line in lines), start=1)
    ahead: deque[tuple[int, str]] = deque()
    while True:
        row, line = ahead.popleft() if ahead else next(source, (0, ""))
        if not row:
            return
        if row <= skip or not line.strip():
            continue
        cells = _cells(line, delimiter)
        if cells is None:
            cells, line = _joined(line, ahead, source, delimiter, width)
        yield row, cells, line


def _joined(
    line: str, ahead: deque[tuple[int, str]], source: Iterator[tuple[int, str]], delimiter: str, width: int
) -> tuple[list[str] | None, str]:
    """The record that begins with a line, as far as lines after it complete it."""
    text = line
    for count in range(_LONGEST_CELL_LINES):
        if count == len(ahead):
            following = next(source, None)
            if following is None:
                break
            ahead.append(following)
        text += "\n" + ahead[count][1]
        # Only a line with a quote can close the cell.
        cells = _cells(text, delimiter) if '"' in ahead[count][1] else None
        if cells is not None and len(cells) == width:
            for _ in range(count + 1):
                ahead.popleft()
            return cells, text
    return None, line


def _cells(text: str, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
