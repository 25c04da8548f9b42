"""Who was assigned what, as the store keeps it: one row per run and customer, written once."""

from __future__ import annotations

import hashlib

import narwhals as nw
import pyarrow as pa

from regulars.schema import ASSIGNMENTS
from regulars.store.duckdb import Store, door


def record_assignments(store: Store, assignments: pa.Table) -> int:
    """Keep the rows of ``schema.ASSIGNMENTS`` that are not there yet; return how many were new.

    A customer whom a run has assigned stays as first assigned: the same file written for a second tool, or
    written again, adds nothing.
    """
    before = store.one("SELECT count(*) FROM assignments")[0]
    store.connection.register("incoming", assignments)
    try:
        with store.transaction():
            store.connection.execute("""
                INSERT INTO assignments BY NAME
                SELECT * FROM incoming ANTI JOIN assignments USING (run_id, customer_id)
                ORDER BY run_id, customer_id""")
    finally:
        with door():
            store.connection.unregister("incoming")
    return int(store.one("SELECT count(*) FROM assignments")[0] - before)


def assignments_until(store: Store, day: int) -> pa.Table:
    """What was assigned up to a day, sorted by day, run and customer; exactly ``schema.ASSIGNMENTS``."""
    frame = store.table("assignments").filter(nw.col("assigned_day") <= day)
    kept = store.read(frame.sort("assigned_day", "run_id", "customer_id"))
    return kept.select(ASSIGNMENTS.names).cast(ASSIGNMENTS.arrow_schema())


def assignments_hash(assignments: pa.Table) -> str:
    """A fingerprint of these assignments; empty when there are none."""
    if not assignments.num_rows:
        return ""
    digest = hashlib.sha256()
    for row in assignments.to_pylist():
        digest.update(repr(sorted(row.items())).encode())
    return digest.hexdigest()[:16]
