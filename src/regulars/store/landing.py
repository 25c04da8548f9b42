"""Checked lines -> the store: staging, the identity of a line, and landing in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pyarrow as pa

from regulars.schema import EVENT_PROPERTIES, EVENTS, ORDERS, TABLES
from regulars.store.attributes import merge_attributes, store_attributes
from regulars.store.duckdb import Store, door, text_literal
from regulars.store.migrations import SQL_TYPES, field_list
from regulars.store.vectors import latest_vectors, stage_vectors, store_vectors
from regulars.store.versions import (
    compare_versions,
    kept_out,
    refuse_other_shop,
    replaced_of_other_day,
    store_versions,
    version_counts,
)

# What makes a line the same line: every column that a customer or a shopkeeper could tell apart.
CONTENT = (
    "type", "occurred_us", "user_id", "anonymous_id", "order_id", "item_id", "quantity", "value",
    "currency", "channel", "campaign", "properties",
)  # fmt: skip

OPEN_IMPORT = "open_import"
"""Name of a fact in ``meta`` that is there from the landing of a file until identities and the last full day are found."""

_OWN = ("event_id", "source", "import_id")
_ORDER = [column for column in ORDERS.columns if column.name not in ("source", "import_id")]


class Landing:
    """The way of one import into the store.

    Batches are staged beside the store; ``land`` moves them in together with the import's own record, so
    that an import that is killed half-way leaves nothing behind.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.replaced_of_other_day: list[str] = []
        self._compared = False

    def begin(self) -> None:
        """Empty the staging tables of an import."""
        self._compared = False
        fields = ", ".join(f"{c.name} {SQL_TYPES[c.type]}" for c in EVENTS.columns if c.name not in _OWN)
        rejected = field_list("events_rejected").removeprefix("line_id VARCHAR, ")
        with door():
            self.store.connection.execute(f"CREATE OR REPLACE TABLE work.staged (content VARCHAR, {fields})")
            self.store.connection.execute(f"CREATE OR REPLACE TABLE work.staged_rejected ({rejected})")
            self.store.connection.execute("CREATE OR REPLACE TABLE work.staged_rows (key VARCHAR)")
            fields = ", ".join(f"{column.name} {SQL_TYPES[column.type]}" for column in _ORDER)
            self.store.connection.execute(f"CREATE OR REPLACE TABLE work.staged_orders ({fields})")
            for name in ("items", "customers"):
                self.store.connection.execute(
                    f"CREATE OR REPLACE TABLE work.staged_{name} (seq BIGINT, {field_list(name)})"
                )
            stage_vectors(self.store)

    def add_events(self, batch: pa.RecordBatch) -> None:
        """Add checked events (``schema.EVENTS`` without event_id, source, import_id) to the staging table."""
        if batch.num_rows == 0:
            return
        names = [c.name for c in EVENTS.columns if c.name not in _OWN]
        # chr(30) marks a null, so that it differs from an empty text.
        parts = ", ".join(f"COALESCE({name}::VARCHAR, chr(30))" for name in CONTENT)
        self._insert(
            batch,
            f"INSERT INTO work.staged SELECT md5(concat_ws(chr(31), {parts})), {', '.join(names)}",
        )

    def add_orders(self, batch: pa.RecordBatch) -> None:
        """Add whole orders (``schema.ORDERS`` without source and import_id), each once, to the staging table.

        Staged events with the number of such an order are that order's, and come in only when it does.
        """
        if batch.num_rows:
            names = ", ".join(column.name for column in _ORDER)
            self._insert(batch, f"INSERT INTO work.staged_orders SELECT {names}")

    def add_rejected(self, batch: pa.RecordBatch, import_id: str, source: str, file: str) -> None:
        """Add rejected lines (source_row, code, message, payload) to the staging table."""
        if batch.num_rows == 0:
            return
        constants = ", ".join(text_literal(text) for text in (import_id, source, file))
        self._insert(
            batch, f"INSERT INTO work.staged_rejected SELECT {constants}, source_row, code, message, payload"
        )

    def add_rows(self, name: str, batch: pa.RecordBatch, seq: int, *, counted: bool) -> None:
        """Add items or customers; the later row wins, cell by cell: that of a later ``seq``, or of a later place in it.

        ``counted`` says that these rows are the file's own lines (an attribute file), and are not learned
        from order lines that are counted as events.
        """
        if batch.num_rows:
            columns = ", ".join(TABLES[name].names)
            # The row's place in its batch counts as well: one batch may name a key twice.
            place = f"{seq} * 1000000 + row_number() OVER ()"
            self._insert(batch, f"INSERT INTO work.staged_{name} SELECT {place}, {columns}")
            if counted:
                self._insert(batch, f"INSERT INTO work.staged_rows SELECT {TABLES[name].key[0]}")

    def add_vectors(self, batch: pa.RecordBatch, seq: int) -> None:
        """Add vectors of items (``schema.ITEM_VECTORS``) to the staging table; a later ``seq`` wins."""
        if batch.num_rows:
            self._insert(
                batch,
                f"INSERT INTO work.staged_item_vectors SELECT {seq} * 1000000 + row_number() OVER (), *",
            )

    def known_elsewhere(self, source: str) -> dict[str, int]:
        """Orders of the staged lines that the store has of the same customer and day from other sources, by these."""
        with door():
            rows = self.store.connection.execute(
                """
                SELECT e.source, count(DISTINCT e.order_id)
                FROM (SELECT DISTINCT order_id, user_id, day FROM work.staged WHERE type = 'purchase') s
                JOIN events e ON e.order_id = s.order_id AND e.user_id = s.user_id AND e.day = s.day
                WHERE e.source <> ? AND e.type = 'purchase' GROUP BY e.source ORDER BY e.source""",
                [source],
            ).fetchall()
        return {str(name): int(count) for name, count in rows}

    def compare(self, source: str) -> None:
        """Compare what is staged with what is stored; the export of another shop is refused (``ShopError``).

        Nothing is stored yet. ``land`` does it, unless it was done before.
        """
        self._number(source)
        compare_versions(self.store, source)
        refuse_other_shop(self.store)
        self.replaced_of_other_day = replaced_of_other_day(self.store)
        self._compared = True

    def land(
        self,
        record: dict[str, Any],
        replayed: tuple[str, list[int]] | None = None,
        *,
        erased_count: int = 0,
        erased_keys: Collection[str] = (),
    ) -> dict[str, int]:
        """Store what is staged and the import's own record, together or not at all; return its counts.

        The id of a line is a hash of the source, its content and k, where it is the k-th line with that
        content in its file. So the same file again adds nothing, an overlapping file adds what is new,
        and equal lines of one file are all kept (the union of multisets).

        An order of an export of whole orders is stored as a whole, in the version that has gone furthest
        (``store/versions.py``). Counts are lines; ``updated_count`` and ``older_count`` are orders.

        Parameters
        ----------
        record
            The row of ``imports`` without its counts; ``import_id`` and ``source`` are taken from it.
        replayed
            An earlier import's id and the source rows that were replayed: they leave quarantine first.
        erased_count
            Lines about erased people, which were not staged.
        erased_keys
            Keys of ids that the file has shown to be theirs: they are kept with those of ``schema.ERASED``.
        """
        source, import_id = str(record["source"]), str(record["import_id"])
        if not self._compared:
            self.compare(source)
        with door():
            latest_vectors(self.store)
        merge_attributes(self.store)
        with self.store.transaction():
            if replayed is not None:
                self._leave_quarantine(*replayed)
            self.store.set_meta(OPEN_IMPORT, import_id)
            store_versions(self.store, source, import_id)
            self._store_numbered(source, import_id)
            self.store.connection.execute("""INSERT INTO events_rejected
                SELECT r.* FROM work.numbered_rejected r ANTI JOIN events_rejected e ON e.line_id = r.line_id""")
            store_attributes(self.store)
            store_vectors(self.store)
            self._keep_erased(erased_keys, str(record["imported_at"]))
            counts = self._counts(import_id, erased_count)
            self.store.add_row("imports", record | {n: c for n, c in counts.items() if n != "older_count"})
        self._clear()
        return counts

    def _keep_erased(self, keys: Collection[str], at: str) -> None:
        for key in sorted(keys):
            self.store.connection.execute(
                "INSERT INTO erased (erased_key, erased_at) VALUES (?, ?)", [key, at]
            )

    def _counts(self, import_id: str, erased_count: int) -> dict[str, int]:
        """What became of the lines, by the names of ``schema.IMPORTS``, and ``older_count``."""
        single = "order_id IS NULL OR order_id NOT IN (SELECT order_id FROM work.versions)"
        lines, rejected, rows, same = self.store.one(f"""
            SELECT (SELECT count(*) FROM work.numbered WHERE {single}),
                (SELECT count(*) FROM work.staged_rejected), (SELECT count(*) FROM work.staged_rows),
                (SELECT count(*) FROM work.staged_rows WHERE key IN (SELECT key FROM work.same))""")
        stored, anonymous = self.store.one(
            f"""SELECT count(*), count(*) FILTER (user_id IS NULL AND anonymous_id IS NULL)
                FROM events WHERE import_id = ? AND ({single})""",
            [import_id],
        )
        whole = version_counts(self.store)
        return {
            "read_count": lines + rejected + rows + whole["stored"] + whole["duplicate"] + erased_count,
            "stored_count": stored + rows - same + whole["stored"],
            "duplicate_count": lines - stored + same + whole["duplicate"],
            "rejected_count": rejected,
            "erased_count": erased_count,
            "updated_count": whole["updated"],
            "anonymous_count": anonymous + whole["anonymous"],
            "older_count": whole["older"],
        }

    def _number(self, source: str) -> None:
        """Give each staged line its id."""
        with door():
            self.store.connection.execute(f"""
                CREATE OR REPLACE TABLE work.numbered AS
                SELECT md5({text_literal(source)} || chr(31) || content || chr(31) || k::VARCHAR) AS event_id,
                       * EXCLUDE (content, k)
                FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY content ORDER BY source_row) AS k FROM work.staged)
            """)
            self.store.connection.execute("""
                CREATE OR REPLACE TABLE work.numbered_rejected AS
                SELECT md5(concat_ws(chr(31), source, payload, ROW_NUMBER() OVER
                    (PARTITION BY source, payload ORDER BY source_row))) AS line_id, *
                FROM work.staged_rejected
            """)

    def _store_numbered(self, source: str, import_id: str) -> None:
        columns = ", ".join(f"n.{c.name}" for c in EVENTS.columns if c.name not in (*_OWN, "source_row"))
        lifted = ", ".join(_lift(column.name, column.type) for column in EVENT_PROPERTIES.values())
        self.store.connection.execute(f"""
            INSERT INTO events SELECT n.event_id, {text_literal(source)}, n.source_row, {text_literal(import_id)}, {columns}, {lifted}
            FROM work.numbered n ANTI JOIN events e ON e.event_id = n.event_id
            WHERE n.order_id IS NULL OR n.order_id NOT IN ({kept_out()})
            ORDER BY n.day, n.source_row, n.event_id
        """)

    def _leave_quarantine(self, import_id: str, source_rows: list[int]) -> None:
        cursor = pa.table({"source_row": pa.array(source_rows, pa.int64())})
        self.store.connection.register("replayed", cursor)
        self.store.connection.execute(
            "DELETE FROM events_rejected WHERE import_id = ? AND source_row IN (SELECT source_row FROM replayed)",
            [import_id],
        )
        self.store.connection.unregister("replayed")

    def _clear(self) -> None:
        names = ["staged", "numbered", "staged_rejected", "numbered_rejected", "staged_rows", "same",
                 "staged_orders", "versions", "staged_item_vectors", "latest_item_vectors"]  # fmt: skip
        for name in names + [
            f"{kind}_{of}" for kind in ("staged", "merged", "outdated") for of in ("items", "customers")
        ]:
            with door():
                self.store.connection.execute(f"DROP TABLE IF EXISTS work.{name}")

    def _insert(self, batch: pa.RecordBatch, insert: str) -> None:
        self.store.connection.register("incoming", pa.Table.from_batches([batch]))
        with door():
            self.store.connection.execute(f"{insert} FROM incoming")
        self.store.connection.unregister("incoming")


def _lift(name: str, type_: str) -> str:
    return f"TRY_CAST(json_extract_string(n.properties, '$.{name}') AS {SQL_TYPES[type_]})"
