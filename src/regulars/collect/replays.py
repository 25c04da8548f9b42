"""Lines in quarantine -> lines to be read again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from regulars.collect.jsonlines import Cells, cells_batch, flat_cells
from regulars.collect.lines import RAW_LINE
from regulars.collect.records import BrokenLine, RawBatch
from regulars.errors import ShopError


class ReplayRecords:
    """The payloads of one import's rejected lines, with the numbers the lines had in their file."""

    def __init__(self, rejected: pa.Table) -> None:
        if rejected.num_rows == 0:
            raise ShopError("there are no rejected lines to replay", allowed="an import with rejected lines")
        self._rejected = rejected.sort_by("source_row")
        self.file = _one(rejected, "file")
        self.source = _one(rejected, "source")
        digest = hashlib.sha256("\n".join(map(str, rejected["payload"].to_pylist())).encode())
        self.sha256 = digest.hexdigest()
        self.line_count_hint: int | None = rejected.num_rows
        self.notes: tuple[str, ...] = ()
        # The keys of a payload are its file's columns, so any line that was split names them all.
        found: dict[str, None] = {}
        for batch in self.batches(50_000):
            found.update(dict.fromkeys(batch.cells.schema.names))
        self.names = tuple(found)

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[RawBatch]:
        for start in range(0, self._rejected.num_rows, rows):
            yield _batch(self._rejected.slice(start, rows), columns)


def _batch(rejected: pa.Table, columns: Sequence[str] | None) -> RawBatch:
    good: list[Cells] = []
    numbers: list[int] = []
    broken: list[BrokenLine] = []
    for line in rejected.select(["source_row", "code", "message", "payload"]).to_pylist():
        record = msgspec.json.decode(line["payload"])
        if RAW_LINE in record:
            broken.append(BrokenLine(line["source_row"], line["code"], line["message"], record[RAW_LINE]))
        else:
            good.append(flat_cells(record))
            numbers.append(line["source_row"])
    return RawBatch(cells_batch(good, columns), np.array(numbers, np.int64), tuple(broken))


def _one(rejected: pa.Table, column: str) -> str:
    return str(rejected[column][0].as_py()) if column in rejected.column_names else ""
