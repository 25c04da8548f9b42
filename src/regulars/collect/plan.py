"""What a source is, and an import as it will be read: shown before it is used, then run batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyarrow as pa

from regulars import schema
from regulars.collect.attributes import no_rows
from regulars.collect.catalogue import Catalogue
from regulars.collect.kernels import Array
from regulars.collect.lines import EVENT_INPUT, REJECTED_INPUT, Lines, Reading
from regulars.collect.mapping import guess_mapping
from regulars.collect.records import Records

Kind = Literal["events", "items", "customers"]
BATCH_ROWS = 65_536

Check = Callable[[Lines], Mapping[str, Array]] | Callable[[Lines], pa.RecordBatch]
"""What a source does with a batch: columns of events by name, or rows of ``items`` or ``customers``."""


def _as_guessed(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return dict(mapping)


def _never(sample: pa.RecordBatch) -> bool:
    return False


@dataclass(frozen=True)
class NamedSource:
    """One kind of export: what it is, how its columns are found, and what becomes of a batch of its lines.

    ``needs`` is a list of alternatives: of each group one target must be mapped. ``words`` are column names of
    this source that come before the general ones, and ``complete`` mends what was guessed. ``recognises`` says
    whether a sample of lines has a layout that no other source has; the general sources leave it at no, and are
    told apart by what their columns could be.
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


def source_mapping(source: NamedSource, sample: pa.RecordBatch, given: Mapping[str, str]) -> dict[str, str]:
    """The mapping that is given, completed by what the names and values of a sample say."""
    free = [name for name in sample.schema.names if name not in given.values()]
    targets = [target for target in source.targets if target not in given]
    guessed = guess_mapping(sample.select(free), targets, source.words)
    completed = source.complete({**guessed, **given}, sample.schema.names)
    return {**{t: column for t, column in completed.items() if t in given or column in free}, **given}


@dataclass(frozen=True)
class CheckedBatch:
    """Lines of a file after the checks.

    For files of events ``read_count == events.num_rows + rejected.num_rows``; the lines of the other kinds
    are in ``items`` or ``customers`` or in ``rejected``. The last batch of a file of events may hold no line
    but the items that the file has taught.

    ``events`` has the columns of ``lines.EVENT_INPUT``, ``rejected`` those of ``lines.REJECTED_INPUT``.
    """

    read_count: int
    events: pa.RecordBatch
    rejected: pa.RecordBatch
    items: pa.RecordBatch
    customers: pa.RecordBatch


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
    records: Records = field(repr=False, compare=False, kw_only=True)
    reading: Reading = field(repr=False, compare=False, kw_only=True)
    check: Check = field(repr=False, compare=False, kw_only=True)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[CheckedBatch]:
        """The file's lines, checked, at most ``rows`` at a time and in the order of the file.

        The same file gives the same lines whatever ``rows`` is.
        """
        catalogue = Catalogue()
        for raw in self.records.batches(rows):
            lines = Lines(raw, self.reading)
            if self.kind == "events":
                yield self._events(lines, catalogue)
            else:
                yield self._attributes(lines)
        learned = catalogue.rows()
        if learned.num_rows:
            yield CheckedBatch(
                0, _none(EVENT_INPUT), _none(REJECTED_INPUT), learned, no_rows(schema.CUSTOMERS)
            )

    def _events(self, lines: Lines, catalogue: Catalogue) -> CheckedBatch:
        events = lines.events(self.check(lines))  # type: ignore[arg-type]
        catalogue.learn(lines, events)
        read = lines.raw.read_count
        return CheckedBatch(read, events, lines.rejected(), no_rows(schema.ITEMS), no_rows(schema.CUSTOMERS))

    def _attributes(self, lines: Lines) -> CheckedBatch:
        rows = self.check(lines)
        items = rows if self.kind == "items" else no_rows(schema.ITEMS)
        customers = rows if self.kind == "customers" else no_rows(schema.CUSTOMERS)
        return CheckedBatch(lines.raw.read_count, _none(EVENT_INPUT), lines.rejected(), items, customers)  # type: ignore[arg-type]


def _none(layout: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([pa.array([], item.type) for item in layout], schema=layout)
