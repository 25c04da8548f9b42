"""How customers can be reached, and whether they agreed to it: one file beside the store, for its owner alone, read by `export` and `erase`."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from regulars.schema import CONTACTS

FILE_NAME = "contacts.parquet"

# Arrow's stubs know no plain Python constants.
pc: Any = pyarrow.compute
CELLS = ("email", "phone", "country", "accepts_marketing")
# The instant of every cell is kept, so that files may come in any order.
_STATED = {cell: f"{cell}_stated_us" for cell in CELLS}
_LAYOUT = CONTACTS.arrow_schema()
_FILE_LAYOUT = pa.schema([*_LAYOUT, *(pa.field(name, pa.int64()) for name in _STATED.values())])


def merge_contacts(folder: Path, stated: pa.RecordBatch | pa.Table) -> int:
    """Lay statements over the kept contacts; return of how many customers something is known now.

    The later statement wins, cell by cell; at the same instant the larger text, and a refusal over a consent. So
    the order of the imports does not matter. The file is written beside the kept one and renamed: a process that is killed
    leaves one of the two, whole.

    Parameters
    ----------
    folder
        The shop's folder.
    stated
        Rows of ``schema.CONTACTS``; a customer may have several.
    """
    table = pa.Table.from_batches([stated]) if isinstance(stated, pa.RecordBatch) else stated
    if table.num_rows == 0:
        return read_contacts(folder).num_rows
    table = table.select(_LAYOUT.names).cast(_LAYOUT)
    for name in _STATED.values():
        table = table.append_column(name, table.column("stated_us"))
    merged = _merged(pa.concat_tables([_kept(folder), table.select(_FILE_LAYOUT.names)]))
    _write(folder, merged)
    return int(merged.num_rows)


def read_contacts(folder: Path) -> pa.Table:
    """Every contact: rows of ``schema.CONTACTS``, one per customer, ordered by id; empty where there is no file."""
    return _kept(folder).select(_LAYOUT.names)


def remove_contacts(folder: Path, user_ids: Collection[str]) -> int:
    """Remove the contacts of these ids; return how many there were. Nothing is written where there were none."""
    kept = _kept(folder)
    found = pc.is_in(kept.column("user_id"), value_set=pa.array(sorted(user_ids), pa.string()))
    count = int(pc.sum(found).as_py() or 0)
    if count:
        _write(folder, kept.filter(pc.invert(found)))
    return count


def _kept(folder: Path) -> pa.Table:
    path = folder / FILE_NAME
    if not path.is_file():
        return _FILE_LAYOUT.empty_table()
    # Not by memory map: the file is replaced while its old content may still be in use.
    return pq.read_table(path, memory_map=False).select(_FILE_LAYOUT.names).cast(_FILE_LAYOUT)


def _merged(rows: pa.Table) -> pa.Table:
    people = pa.table({"user_id": pc.unique(rows.column("user_id"))}).filter(pc.field("user_id").is_valid())
    for cell in CELLS:
        people = people.join(_latest(rows, cell), keys="user_id", join_type="left outer")
    instants = [people.column(name) for name in _STATED.values()]
    people = people.append_column("stated_us", pc.max_element_wise(*instants))
    return people.select(_FILE_LAYOUT.names).cast(_FILE_LAYOUT).sort_by("user_id").combine_chunks()


def _latest(rows: pa.Table, cell: str) -> pa.Table:
    """For each customer the latest value of one cell that is not null, and its instant."""
    said = rows.select(["user_id", cell, _STATED[cell]]).filter(pc.field(cell).is_valid())
    falls: Literal["ascending", "descending"] = "ascending" if cell == "accepts_marketing" else "descending"
    ordered = said.sort_by([("user_id", "ascending"), (_STATED[cell], "descending"), (cell, falls)])
    if ordered.num_rows < 2:
        return ordered
    ids = ordered.column("user_id").combine_chunks()
    first = pa.concat_arrays([pa.array([True]), pc.not_equal(ids[1:], ids[:-1])])
    return ordered.filter(first)


def _write(folder: Path, contacts: pa.Table) -> None:
    draft = folder / f".{FILE_NAME}.draft"
    draft.unlink(missing_ok=True)
    # The owner's alone from its first byte on.
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            pq.write_table(contacts, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / FILE_NAME)
    finally:
        draft.unlink(missing_ok=True)
