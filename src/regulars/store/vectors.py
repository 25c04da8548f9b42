"""Vectors of items in the store: staged with an import, kept per item and kind, read as one matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.store.migrations import field_list

if TYPE_CHECKING:
    from regulars.store.duckdb import Store

CHANGED = """SELECT s.item_id FROM work.latest_item_vectors s LEFT JOIN item_vectors v
    ON v.item_id = s.item_id AND v.kind = s.kind WHERE v.vector IS DISTINCT FROM s.vector"""
"""Items to which the staged vectors bring something new."""


def stage_vectors(store: Store) -> None:
    """Empty the staging table."""
    fields = field_list("item_vectors")
    store.connection.execute(f"CREATE OR REPLACE TABLE work.staged_item_vectors (seq BIGINT, {fields})")


def latest_vectors(store: Store) -> None:
    """Choose the latest staged vector of each item and kind."""
    store.connection.execute("""CREATE OR REPLACE TABLE work.latest_item_vectors AS
        SELECT item_id, kind, arg_max(vector, seq) AS vector FROM work.staged_item_vectors GROUP BY item_id, kind""")


def store_vectors(store: Store) -> None:
    """Lay the latest staged vectors over the stored ones, inside the transaction of an import.

    Vectors of another length come from another encoder and cannot be compared: those of the kind that have
    another length than the staged ones go.
    """
    run = store.connection.execute
    run("""DELETE FROM item_vectors v WHERE EXISTS (SELECT 1 FROM work.latest_item_vectors s
        WHERE s.kind = v.kind AND (s.item_id = v.item_id OR len(s.vector) <> len(v.vector)))""")
    run("INSERT INTO item_vectors SELECT * FROM work.latest_item_vectors ORDER BY kind, item_id")


def item_vectors(store: Store, kind: str = "item") -> tuple[list[str], NDArray[np.float32]]:
    """The ids of the items that have a vector of this kind, sorted, and the matrix of these: a row per item."""
    frame: Any = store.table("item_vectors")
    import narwhals as nw

    table = store.read(frame.filter(nw.col("kind") == kind).sort("item_id"))
    ids: Any = table.column("item_id").to_pylist()
    lists: Any = table.column("vector").combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = lists.chunk(0)
    numbers = np.asarray(lists.flatten(), dtype=np.float32)
    return ids, numbers.reshape(len(ids), -1) if ids else np.zeros((0, 0), np.float32)
