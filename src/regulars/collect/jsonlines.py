"""JSON Lines (and a JSON array of objects) -> batches of string cells, one column per key."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from regulars.collect.encodings import TextStats, open_text
from regulars.collect.records import BrokenLine, RawBatch
from regulars.errors import FileError

# A key that only some events have may come late; what comes later still is no column but a property.
_LINES_FOR_NAMES = 200_000
# Numbers stay the text they are in the file, so that no amount passes through a float.
_DECODER = msgspec.json.Decoder(float_hook=str)
_ENCODER = msgspec.json.Encoder(order="sorted")

Cells = dict[str, str | None]


def flat_cells(record: dict[str, Any], prefix: str = "") -> Cells:
    """One object as text cells; the keys of an object inside are joined by a dot.

    >>> flat_cells({"a": 1, "b": {"c": True, "d": None}, "e": [1, 2]})
    {'a': '1', 'b.c': 'true', 'b.d': None, 'e': '[1,2]'}
    """
    cells: Cells = {}
    for key, value in record.items():
        if isinstance(value, dict):
            cells.update(flat_cells(value, f"{prefix}{key}."))
        elif isinstance(value, str) or value is None:
            cells[prefix + key] = value
        elif isinstance(value, bool):
            cells[prefix + key] = "true" if value else "false"
        elif isinstance(value, list):
            cells[prefix + key] = _ENCODER.encode(value).decode()
        else:
            cells[prefix + key] = str(value)
    return cells


def cells_batch(rows: Sequence[Cells], columns: Sequence[str] | None = None) -> pa.RecordBatch:
    """Text cells as one record batch; a key that a row lacks is null there."""
    names = list(columns) if columns is not None else list(dict.fromkeys(itertools.chain.from_iterable(rows)))
    return pa.record_batch(
        [pa.array([row.get(name) for row in rows], pa.string()) for name in names], names=names
    )


class JsonRecords:
    """The lines of one JSON Lines file. Keys that appear later in the file than its sample are read, too."""

    def __init__(self, path: Path, stats: TextStats, *, is_array: bool) -> None:
        self._path, self._stats, self._is_array = path, stats, is_array
        self.notes = stats.notes
        self.line_count_hint: int | None = None if is_array else stats.line_count
        found: dict[str, None] = {}
        for _, item in itertools.islice(self._numbered(), _LINES_FOR_NAMES):
            if not isinstance(item, BrokenLine):
                found.update(dict.fromkeys(item))
        self.names: tuple[str, ...] = tuple(found)
        if not self.names:
            raise FileError(
                f"{path} holds no JSON object", allowed="one object per line, or an array of objects"
            )

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[RawBatch]:
        numbered = self._numbered()
        while chunk := list(itertools.islice(numbered, rows)):
            good = [(row, item) for row, item in chunk if isinstance(item, dict)]
            broken = tuple(item for _, item in chunk if isinstance(item, BrokenLine))
            cells = cells_batch([item for _, item in good], columns)
            yield RawBatch(cells, np.array([row for row, _ in good], np.int64), broken)

    def _numbered(self) -> Iterator[tuple[int, Cells | BrokenLine]]:
        return self._objects() if self._is_array else self._lines()

    def _lines(self) -> Iterator[tuple[int, Cells | BrokenLine]]:
        with open_text(self._path, self._stats) as stream:
            for row, line in enumerate(stream, start=1):
                text = line.strip().removeprefix(b"\xef\xbb\xbf")
                if text:
                    yield row, _parsed(row, text)

    def _objects(self) -> Iterator[tuple[int, Cells | BrokenLine]]:
        with open_text(self._path, self._stats) as stream:
            try:
                items = _DECODER.decode(stream.read().removeprefix(b"\xef\xbb\xbf"))
            except msgspec.DecodeError as error:
                raise FileError(
                    f"{self._path} begins like a JSON array but is none: {error}",
                    allowed="JSON Lines (one object per line) or a whole array of objects",
                ) from error
        for row, item in enumerate(items, start=1):
            yield (
                row,
                flat_cells(item)
                if isinstance(item, dict)
                else _no_object(row, _ENCODER.encode(item).decode()),
            )


def _parsed(row: int, text: bytes) -> Cells | BrokenLine:
    try:
        item = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return BrokenLine(
            row, "unreadable", f"the line is no JSON: {error}", text.decode("utf-8", errors="replace")
        )
    return flat_cells(item) if isinstance(item, dict) else _no_object(row, text.decode())


def _no_object(row: int, text: str) -> BrokenLine:
    return BrokenLine(row, "unreadable", "the line is no JSON object", text)
