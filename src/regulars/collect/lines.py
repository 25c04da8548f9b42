"""One batch of lines while it is checked: cells by target, and the first reason why a line cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars import schema
from regulars.collect import amounts as amounts_of
from regulars.collect import times as times_of
from regulars.collect.amounts import Amounts, DecimalMark, foreign_currency, ten_thousandths
from regulars.collect.cells import id_text, text
from regulars.collect.contacts import hashed_contacts, keyed, masked_text, masked_texts, without_contacts
from regulars.collect.dates import DateOrder
from regulars.collect.kernels import Array, pc
from regulars.collect.objects import json_objects
from regulars.collect.personal import hashed_ids, impersonal
from regulars.collect.records import BrokenLine, RawBatch
from regulars.collect.times import Instants, instants

Bools = NDArray[np.bool_]

_STORED_LATER = ("event_id", "source", "import_id")
EVENT_INPUT: pa.Schema = pa.schema(
    [column for column in schema.EVENTS.arrow_schema() if column.name not in _STORED_LATER]
)
"""The columns of checked events: ``schema.EVENTS`` without what the store adds."""

REJECTED_INPUT: pa.Schema = pa.schema(
    [
        column
        for column in schema.EVENTS_REJECTED.arrow_schema()
        if column.name in ("source_row", "code", "message", "payload")
    ]
)
"""The columns of rejected lines: ``schema.EVENTS_REJECTED`` without what the import knows."""

ORDER_INPUT: pa.Schema = pa.schema(
    [column for column in schema.ORDERS.arrow_schema() if column.name not in ("source", "import_id")]
)
"""The columns of whole orders: ``schema.ORDERS`` without what the import knows."""

RAW_LINE = "raw_line"
"""Key of a payload whose line could not be split into cells: the line as it stands in the file."""

_FUTURE_US = schema.DAY_SECONDS * 1_000_000


@dataclass(frozen=True)
class Reading:
    """How the lines of one file are read; decided once for the whole file.

    ``mapping`` is target -> column or ``=constant``; ``marks`` the decimal mark of each number target;
    ``dropped`` the columns of which nothing is stored (see ``personal.py``), and ``keeps_broken_lines`` whether
    lines that could not be split into cells may be kept as they are: not where they could hold such a column.
    ``stated_us`` is the instant for which a file without times speaks: that of its last change.
    """

    mapping: Mapping[str, str]
    zone: str
    currency: str
    known_types: frozenset[str]
    now_us: int
    hash_key: bytes
    date_order: DateOrder | None = None
    marks: Mapping[str, DecimalMark] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    keeps_broken_lines: bool = True
    stated_us: int = 0


@dataclass(frozen=True)
class _Reason:
    code: str
    target: str
    column: str
    allowed: str


class Lines:
    """The lines of one batch. Reading a target's cells rejects the lines whose cell is no such thing."""

    def __init__(self, raw: RawBatch, reading: Reading) -> None:
        self.raw, self.reading = raw, reading
        self.count = int(raw.cells.num_rows)
        self._reason = np.full(self.count, -1, np.int16)
        self._reasons: list[_Reason] = []
        self._amounts: dict[str, Amounts] = {}
        self._put: dict[str, Array] = {}
        self._because: NDArray[np.int64] = np.arange(self.count)

    def has(self, target: str) -> bool:
        return target in self.reading.mapping or target in self._put

    def put(self, target: str, cells: Array) -> None:
        """Let a target have these cells instead of its column's own, one per line: carried down, or cleaned.

        A line in quarantine keeps its own cells.
        """
        self._put[target] = cells
        self._amounts.pop(target, None)

    def cells(self, target: str) -> Array:
        """Raw cells of a target; nulls where it is not mapped or this batch lacks its column."""
        if target in self._put:
            return self._put[target]
        column = self.reading.mapping.get(target)
        if column is None:
            return pa.nulls(self.count, pa.string())
        if column.startswith("="):
            return pa.array([column[1:]] * self.count, pa.string())
        place = self.raw.cells.schema.get_field_index(column)
        return pa.nulls(self.count, pa.string()) if place < 0 else self.raw.cells.column(place)

    def text(self, target: str) -> Array:
        """Cells as trimmed text, contact data hashed."""
        return without_contacts(text(self.cells(target)), self.reading.hash_key)

    def free_text(self, target: str) -> Array:
        """Cells that people wrote themselves: contact data inside a sentence is hashed, too."""
        return masked_texts(self.text(target), self.reading.hash_key)

    def ids(self, target: str) -> Array:
        """Cells as ids: trimmed, without the ``.0`` of floats; contact data and people's names hashed."""
        column = self.reading.mapping.get(target, "")
        made_plain = hashed_ids if target == "user_id" else without_contacts
        return made_plain(id_text(self.cells(target)), self.reading.hash_key, column)

    def amounts(self, target: str) -> Amounts:
        """Cells in ten-thousandths; lines with something else in the cell are rejected."""
        if target in self._amounts:
            return self._amounts[target]
        cells = self.cells(target)
        amounts = ten_thousandths(cells, self.reading.marks.get(target, "either"))
        foreign = foreign_currency(cells, self.reading.currency)
        if foreign is not None:
            self.reject(foreign, "bad_currency", target, f"amounts in {self.reading.currency}")
        self.reject(
            amounts.present & ~amounts.valid, "bad_number", target, f"a number such as {amounts_of.ALLOWED}"
        )
        self._amounts[target] = amounts
        return amounts

    def times(self, target: str = "time", *, needed: bool = True) -> Instants:
        """Times of the lines; what is no time, or later than tomorrow, is rejected, and so is nothing if ``needed``."""
        cells = self.cells(target)
        found = instants(cells, self.reading.zone, self.reading.date_order)
        empty = ~np.asarray(text(cells).is_valid())
        if needed:
            self.reject(empty, "missing_value", target, "a time in every line")
        self.reject(~found.valid & ~empty, "bad_time", target, f"a time such as {times_of.ALLOWED}")
        late = found.occurred_us > self.reading.now_us + _FUTURE_US
        self.reject(late, "future_time", target, "times up to now")
        return found

    def currencies(self, priced: Bools) -> Array:
        """The currency of each line with money; a line in another currency than the shop's is rejected."""
        shop = self.reading.currency
        given = pc.utf8_upper(text(self.cells("currency")))
        other = np.asarray(pc.fill_null(pc.not_equal(given, shop), False))
        self.reject(other & priced, "bad_currency", "currency", f"amounts in {shop}")
        return pc.if_else(pa.array(priced), shop, pa.scalar(None, pa.string()))

    def require(self, target: str, present: Bools, allowed: str) -> None:
        """Lines without a needed cell are rejected."""
        self.reject(~present, "missing_value", target, allowed)

    def reject(self, lines: Bools, code: str, target: str, allowed: str) -> None:
        """Mark ``lines`` as rejected for a reason; a line keeps the first reason it was given."""
        first = lines & (self._reason < 0)
        if first.any():
            self._reasons.append(_Reason(code, target, self.reading.mapping.get(target, target), allowed))
            self._reason[first] = len(self._reasons) - 1

    def reject_together(self, order: NDArray[np.int64]) -> None:
        """Lines of an order (its place per line) of which one line is rejected are all rejected, for that reason."""
        rejected = np.flatnonzero(self._reason >= 0)[::-1]
        if len(rejected) == 0:
            return
        culprit = np.full(int(order.max()) + 1, -1, np.int64)
        culprit[order[rejected]] = rejected
        follows = self.accepted & (culprit[order] >= 0)
        self._because = np.where(follows, culprit[order], self._because)
        self._reason = self._reason[self._because]

    @property
    def accepted(self) -> Bools:
        return np.asarray(self._reason < 0)

    def other_columns(self) -> list[str]:
        """Columns of this batch that no target uses and that hold nothing personal."""
        used = self.reading.dropped.union(self.reading.mapping.values())
        return [name for name in self.raw.cells.schema.names if name not in used]

    def other_text(self, column: str) -> Array:
        """Cells of a column that no target uses, as text without contact data."""
        return impersonal(self.raw.cells.column(column), self.reading.hash_key, column)

    def events(self, columns: Mapping[str, Array]) -> pa.RecordBatch:
        """The accepted lines as events; a column that is left out is null."""
        given = {"source_row": pa.array(self.raw.source_row), **columns}
        arrays = [
            typed(given[item.name], item.type) if item.name in given else pa.nulls(self.count, item.type)
            for item in EVENT_INPUT
        ]
        batch = pa.record_batch(arrays, schema=EVENT_INPUT)
        return batch if self.accepted.all() else batch.filter(pa.array(self.accepted))

    def rejected(self) -> pa.RecordBatch:
        """The rejected and the broken lines, in the order of the file."""
        places = np.flatnonzero(self._reason >= 0)
        codes, messages = self._explained(places)
        payloads = self.payloads(places)
        broken = self.raw.broken
        rows = np.concatenate(
            [self.raw.source_row[places], np.array([b.source_row for b in broken], np.int64)]
        )
        batch = pa.record_batch(
            [
                pa.array(rows),
                pa.array([*codes, *(line.code for line in broken)], pa.string()),
                pa.array([*messages, *(line.message for line in broken)], pa.string()),
                pa.array([*payloads, *(self._raw_payload(line) for line in broken)], pa.string()),
            ],
            schema=REJECTED_INPUT,
        )
        return batch.take(np.argsort(rows, kind="stable"))

    def _explained(self, places: NDArray[np.intp]) -> tuple[list[str], list[str]]:
        codes = [""] * len(places)
        messages = [""] * len(places)
        for number, reason in enumerate(self._reasons):
            mine = np.flatnonzero(self._reason[places] == number)
            because = self._because[places[mine]]
            found = self._values(reason, because)
            column = masked_text(reason.column.lstrip("="), self.reading.hash_key)
            for place, cause, value in zip(mine, because, found, strict=True):
                codes[place] = reason.code
                row = "" if cause == places[place] else f"line {self.raw.source_row[cause]} of its order: "
                messages[place] = f"{row}{column} {value}; allowed: {reason.allowed}"
        return codes, messages

    def _values(self, reason: _Reason, places: NDArray[np.intp]) -> list[str]:
        index = self.raw.cells.schema.get_field_index(reason.column)
        if index < 0:
            return ["is said for every line" if reason.column.startswith("=") else "is missing"] * len(places)
        cells = self._put.get(reason.target, self.raw.cells.column(index))
        values = self._stored(reason.column, cells.take(places)).to_pylist()
        return ["is empty" if v is None else f"is {v[:80]!r}" for v in values]

    def payloads(self, places: NDArray[np.intp]) -> list[str]:
        """Lines as JSON objects, keys being the file's columns; contact data is hashed, what is personal left out."""
        if len(places) == 0:
            return []
        chosen = self.raw.cells.take(places)
        columns = {
            name: self._stored(name, column)
            for name, column in zip(chosen.schema.names, chosen.columns, strict=True)
            if name not in self.reading.dropped
        }
        if not columns:
            return ["{}"] * len(places)
        objects = json_objects(
            {name: (strings, "text") for name, strings in columns.items()}, keep_nulls=True
        )
        return [str(payload) for payload in objects.to_pylist()]

    def _stored(self, column: str, cells: Array) -> Array:
        """Cells of a column as they may be stored: an id's, a contact's or any other."""
        key = self.reading.hash_key
        targets = {target for target, name in self.reading.mapping.items() if name == column}
        if targets & {"email", "phone"}:
            return hashed_contacts(text(cells), key)
        if "user_id" in targets:
            return masked_texts(hashed_ids(text(cells), key, column), key)
        if targets:
            return masked_texts(without_contacts(text(cells), key, column), key)
        return impersonal(cells, key, column)

    def _raw_payload(self, line: BrokenLine) -> str:
        key = self.reading.hash_key
        kept = masked_text(line.text, key) if self.reading.keeps_broken_lines else keyed(line.text, key)
        return str(json_objects({RAW_LINE: (pa.array([kept], pa.string()), "text")})[0].as_py() or "{}")


def typed(values: Array, kind: pa.DataType) -> Array:
    """Values as an Arrow column of one type."""
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return array if array.type == kind else array.cast(kind)


def with_nulls(values: NDArray[np.int64], present: Bools) -> Array:
    """Integers as an Arrow column, null where not ``present``."""
    return pa.array(values, mask=~present)
