"""Who was assigned what, as the store keeps it: one row per run and customer, written once."""

from __future__ import annotations

import narwhals as nw
import pyarrow as pa

from regulars.schema import ASSIGNMENTS
from regulars.store.duckdb import Store, door


def record_assignments(store: Store, assignments: pa.Table) -> int:
    """Keep the rows of ``schema.ASSIGNMENTS`` that are not there yet; return how many were new.

    A customer whom a run has assigned stays as first assigned: the same file written again adds nothing, and
    the same list written for a second tool adds that tool to ``audience``, so that an erasure can name it.
    """
    before = store.one("SELECT count(*) FROM assignments")[0]
    store.connection.register("incoming", assignments)
    try:
        with store.transaction():
            store.connection.execute("""
                UPDATE assignments SET audience = assignments.audience || ', ' || i.audience FROM incoming i
                WHERE assignments.run_id = i.run_id AND assignments.customer_id = i.customer_id AND i.treated
                    AND NOT list_contains(string_split(assignments.audience, ', '), i.audience)""")
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


def assignments_hash(store: Store, day: int) -> str:
    """A fingerprint of what was assigned up to a day, whichever tools got the list; empty when nothing was."""
    count, total = store.one(
        "SELECT count(*), sum(md5_number_lower(t::VARCHAR) >> 1) "
        "FROM (SELECT * EXCLUDE (audience) FROM assignments WHERE assigned_day <= ?) t",
        [day],
    )
    return f"{count}/{total}" if count else ""
