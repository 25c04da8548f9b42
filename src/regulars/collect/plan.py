"""What a source is, and an import as it will be read: shown before it is used, then run batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from regulars import schema
from regulars.collect.catalogue import Catalogue
from regulars.collect.kernels import Array
from regulars.collect.lines import EVENT_INPUT, ORDER_INPUT, REJECTED_INPUT, Lines, Reading
from regulars.collect.mapping import guess_mapping
from regulars.collect.people import contact_rows
from regulars.collect.personal import id_column_of_names
from regulars.collect.records import RawBatch, Records
from regulars.collect.vectors import checked_vectors, vector_rows

Kind = Literal["events", "whole_orders", "items", "customers"]
BATCH_ROWS = 65_536


@dataclass(frozen=True)
class WholeOrders:
    """What a file of whole orders says.

    ``events`` has the columns of ``lines.EVENT_INPUT`` (purchases of sales, refunds with a day of their own or
    ``is_undated``, checkouts of unpaid orders), ``orders`` those of ``lines.ORDER_INPUT`` (every order that was
    met, sales or not), ``items`` those of ``schema.ITEMS``. ``notes`` say what only the whole file shows.
    """

    events: pa.RecordBatch
    orders: pa.RecordBatch
    items: pa.RecordBatch
    notes: tuple[str, ...] = ()


Check = (
    Callable[[Lines], Mapping[str, Array]]
    | Callable[[Lines], pa.RecordBatch]
    | Callable[[Lines], WholeOrders]
)
"""What a source does with a batch: columns of events by name, or rows of ``items`` or ``customers``; a source of
whole orders sees the whole file as one batch."""


def _as_guessed(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return dict(mapping)


def _nothing_to_say(sample: pa.RecordBatch, mapping: Mapping[str, str]) -> tuple[str, ...]:
    return ()


def _never(sample: pa.RecordBatch) -> bool:
    return False


@dataclass(frozen=True)
class NamedSource:
    """One kind of export: what it is, how its columns are found, and what becomes of a batch of its lines.

    ``needs`` is a list of alternatives: of each group one target must be mapped. ``words`` are column names of
    this source that come before the general ones, and ``complete`` mends what was guessed. ``recognises`` says
    whether a sample of lines has a layout that no other source has; the general sources leave it at no, and are
    told apart by what their columns could be. ``remarks`` are notes on a sample and its mapping. ``reads_whole``:
    lines are seen as one batch of the mapped columns alone (a source of whole orders always is), because what a
    line lacks stands in another.
    """

    name: str
    kind: Kind
    doc: str
    targets: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    check: Check
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: Callable[[Mapping[str, str], Sequence[str]], dict[str, str]] = _as_guessed
    recognises: Callable[[pa.RecordBatch], bool] = _never
    notes: tuple[str, ...] = ()
    remarks: Callable[[pa.RecordBatch, Mapping[str, str]], tuple[str, ...]] = _nothing_to_say
    reads_whole: bool = False


def source_mapping(source: NamedSource, sample: pa.RecordBatch, given: Mapping[str, str]) -> dict[str, str]:
    """The mapping that is given, completed by what the names and values of a sample say."""
    free = [name for name in sample.schema.names if name not in given.values()]
    targets = [target for target in source.targets if target not in given]
    guessed = guess_mapping(sample.select(free), targets, source.words)
    if "email" in guessed and id_column_of_names(sample, guessed):
        # Two people may share a name, and nobody shares an address.
        del guessed["user_id"]
    completed = source.complete({**guessed, **given}, sample.schema.names)
    return {
        **{t: column for t, column in completed.items() if t in given or column in free or column[:1] == "="},
        **given,
    }


@dataclass(frozen=True)
class CheckedBatch:
    """Lines of a file after the checks.

    For files of events ``read_count == events.num_rows + rejected.num_rows``; for files of whole orders it is
    the sum of ``orders.line_count``, the events of no such order and the rejected lines; the lines of the other kinds are in ``items`` or
    ``customers`` or in ``rejected``. The last batch of a file of events may hold no line but the items that the
    file has taught.

    ``events`` has the columns of ``lines.EVENT_INPUT``, ``rejected`` those of ``lines.REJECTED_INPUT``,
    ``orders`` those of ``lines.ORDER_INPUT``, ``contacts`` those of ``schema.CONTACTS``, ``vectors`` those of ``schema.ITEM_VECTORS``; ``notes`` say what only
    the lines themselves show.
    """

    read_count: int
    events: pa.RecordBatch
    rejected: pa.RecordBatch
    items: pa.RecordBatch
    customers: pa.RecordBatch
    orders: pa.RecordBatch
    contacts: pa.RecordBatch
    vectors: pa.RecordBatch
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    """What will be read, and how.

    ``mapping`` is target -> column of the file, or a constant written as ``=value``; ``notes`` say what was
    guessed and why; ``line_count_hint`` is for a progress bar, None where it is unknown.
    """

    path: Path
    file: str
    sha256: str
    source: str
    kind: Kind
    mapping: Mapping[str, str]
    notes: tuple[str, ...]
    line_count_hint: int | None
    columns: tuple[str, ...] = ()
    reads_whole: bool = False
    records: Records = field(repr=False, compare=False, kw_only=True)
    reading: Reading = field(repr=False, compare=False, kw_only=True)
    check: Check = field(repr=False, compare=False, kw_only=True)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[CheckedBatch]:
        """The file's lines, checked, at most ``rows`` at a time and in the order of the file.

        The same file gives the same lines whatever ``rows`` is. A file of whole orders comes as one batch,
        because lines of one order may stand anywhere in it; of its columns only the mapped ones are read. So do
        other sources that ``reads_whole``.
        """
        if self.kind == "whole_orders":
            yield self._whole_orders(_whole(self.records, self.reading))
            return
        if self.reads_whole:
            yield self._attributes(_whole(self.records, self.reading))
            return
        catalogue = Catalogue()
        for raw in self.records.batches(rows):
            lines = Lines(raw, self.reading)
            if self.kind == "events":
                yield self._events(lines, catalogue)
            else:
                yield self._attributes(lines)
        learned = catalogue.rows()
        if learned.num_rows:
            yield _checked(0, items=learned)

    def _events(self, lines: Lines, catalogue: Catalogue) -> CheckedBatch:
        events = lines.events(self.check(lines))  # type: ignore[arg-type]
        catalogue.learn(lines, events)
        return _checked(
            lines.raw.read_count, events=events, rejected=lines.rejected(), contacts=contact_rows(lines)
        )

    def _attributes(self, lines: Lines) -> CheckedBatch:
        vectors = checked_vectors(lines) if self.kind == "items" else {}
        rows: pa.RecordBatch = self.check(lines)  # type: ignore[assignment]
        return _checked(
            lines.raw.read_count, rejected=lines.rejected(), contacts=contact_rows(lines),
            vectors=vector_rows(lines, vectors), **{self.kind: rows},
        )  # fmt: skip

    def _whole_orders(self, lines: Lines) -> CheckedBatch:
        found: WholeOrders = self.check(lines)  # type: ignore[assignment]
        checked = _checked(
            lines.raw.read_count, events=found.events, orders=found.orders, items=found.items,
            rejected=lines.rejected(), contacts=contact_rows(lines),
        )  # fmt: skip
        return replace(checked, notes=found.notes)


def _whole(records: Records, reading: Reading) -> Lines:
    """All lines of a file in one batch, the mapped columns alone."""
    wanted = [name for name in records.names if name in set(reading.mapping.values())]
    batches = list(records.batches(BATCH_ROWS, wanted))
    cells = [pa.Table.from_batches([batch.cells]) for batch in batches if batch.cells.num_rows]
    table = pa.concat_tables(cells, promote_options="permissive").combine_chunks() if cells else None
    whole = (
        table.to_batches()[0]
        if table is not None
        else pa.record_batch([pa.array([], pa.string())] * len(wanted), names=wanted)
    )
    rows = [batch.source_row for batch in batches]
    return Lines(
        RawBatch(
            whole,
            np.concatenate(rows) if rows else np.array([], np.int64),
            tuple(line for batch in batches for line in batch.broken),
        ),
        reading,
    )


_LAYOUTS = {
    "events": EVENT_INPUT,
    "rejected": REJECTED_INPUT,
    "items": schema.ITEMS.arrow_schema(),
    "customers": schema.CUSTOMERS.arrow_schema(),
    "orders": ORDER_INPUT,
    "contacts": schema.CONTACTS.arrow_schema(),
    "vectors": schema.ITEM_VECTORS.arrow_schema(),
}


def _checked(read_count: int, **parts: pa.RecordBatch) -> CheckedBatch:
    """A batch in which every part that is not given is empty."""
    tables: dict[str, Any] = {name: parts.get(name, _none(layout)) for name, layout in _LAYOUTS.items()}
    return CheckedBatch(read_count, **tables)


def _none(layout: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([pa.array([], item.type) for item in layout], schema=layout)
