"""The store on DuckDB: one file, the only door to the engine.

Everything that needs an engine's own SQL lives here: identities of lines, de-duplication, JSON
properties, the hold-out draw. What comes out is lazy narwhals frames (``events``, ``table``) and Arrow
batches (``batches``), which ``store/spark.py`` gives as well.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import pyarrow as pa

from regulars.errors import NoSpace, RegularsError, ShopError, StoreBusy, StoreVersionError
from regulars.schema import EVENT_PROPERTIES, EVENTS, MONEY_UNITS, ROLES, STORE_VERSION, TABLES, Table
from regulars.store.memory import memory_limit_mb

if TYPE_CHECKING:
    from regulars.config import Profile

SQL_TYPES = {"int64": "BIGINT", "float64": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN"}
STORED = ("events_rejected", "items", "customers", "imports", "runs")

# What makes a line the same line: every column that a customer or a shopkeeper could tell apart.
CONTENT = (
    "type", "occurred_us", "user_id", "anonymous_id", "order_id", "item_id", "quantity", "value",
    "currency", "channel", "campaign", "properties",
)  # fmt: skip
SEPARATOR = "\x1f"


class Store:
    """A shop's tables on DuckDB.

    Parameters
    ----------
    path
        The store's file; None keeps everything in memory.
    memory_limit_mb_, threads
        0 takes what the machine (or its container) allows.

    Raises
    ------
    StoreBusy
        When another process writes to the file.
    StoreVersionError
        When the file has another format version.
    """

    def __init__(self, path: Path | None = None, *, memory_limit: int = 0, threads: int = 0) -> None:
        self.path = path
        config: dict[str, str | int] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": f"{memory_limit or memory_limit_mb()}MB",
            "preserve_insertion_order": "true",
        }
        if threads:
            config["threads"] = threads
        if path is not None:
            config["temp_directory"] = str(path.parent / ".spill")
        with door():
            self.connection = duckdb.connect(str(path) if path else ":memory:", config=config)
            self.connection.execute("ATTACH ':memory:' AS work")
        self._lock = threading.Lock()
        self._create()

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading -------------------------------------------------------------------------------------

    def events(self, profile: Profile) -> nw.LazyFrame[Any]:
        """Every event with its customer, its roles and its signed value.

        Columns of ``schema.EVENTS`` and ``schema.EVENT_PROPERTIES``, ``customer_id`` (null for lines
        without any id), ``is_touch`` .. ``is_end`` and ``signed_value`` (0 where the type has no value).
        """
        roles = ", ".join(f"{_in_list('e.type', profile.event_types(role))} AS is_{role}" for role in ROLES)
        value = _in_list("e.type", profile.event_types("value"))
        return self._frame(f"""
            SELECT e.*, COALESCE(u.customer_id, e.user_id, a.customer_id) AS customer_id,
                {roles}, CASE WHEN {value} THEN e.value ELSE 0 END AS signed_value
            FROM events e
            LEFT JOIN identities u ON u.id_kind = 'user' AND u.id = e.user_id
            LEFT JOIN identities a ON a.id_kind = 'anonymous' AND a.id = e.anonymous_id
        """)

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """A stored or kept table as a lazy frame."""
        return self._frame(f"SELECT * FROM {self._place(name)}")

    def batches(self, frame: nw.LazyFrame[Any], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows of a frame as Arrow batches of at most ``rows`` rows: the only crossing into memory."""
        with door():
            reader = frame.to_native().to_arrow_reader(rows)
        try:
            while True:
                with door():
                    try:
                        batch = reader.read_next_batch()
                    except StopIteration:
                        return
                yield batch
        finally:
            reader.close()

    def read(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """A small frame as one Arrow table."""
        with door():
            return frame.to_native().to_arrow_table()

    def keep(self, name: str, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame once and give it back as a table of this run; spills to disk when large."""
        with door():
            relation = frame.to_native()
            self.connection.execute(f'CREATE OR REPLACE TABLE work."{name}" AS {relation.sql_query()}')
        return self._frame(f'SELECT * FROM work."{name}"')

    def keep_batches(self, name: str, batches: Iterable[pa.RecordBatch]) -> nw.LazyFrame[Any]:
        """The same for batches that come from a model."""
        writer = self.connection.cursor()
        made = False
        for batch in batches:
            writer.register("incoming", batch)
            into = f'INSERT INTO work."{name}"' if made else f'CREATE OR REPLACE TABLE work."{name}" AS'
            with door():
                writer.execute(f"{into} SELECT * FROM incoming")
            made = True
        if not made:
            raise ShopError(f"the table {name} has no rows and no columns")
        writer.close()
        return self._frame(f'SELECT * FROM work."{name}"')

    def holdout_draw(self, frame: nw.LazyFrame[Any], salt: str) -> nw.LazyFrame[Any]:
        """``frame`` with ``holdout_draw``, a number in [0, 1) that depends on salt and customer id alone."""
        native = frame.to_native()
        # 13 hex digits are 52 bits: exact in a double, on every engine with md5.
        draw = f"('0x' || substr(md5({_text(salt)} || chr(31) || customer_id), 1, 13))::BIGINT / {16**13}.0"
        return nw.from_native(native.project(f"*, ({draw})::DOUBLE AS holdout_draw"))

    def one(self, sql: str, parameters: Iterable[Any] = ()) -> Any:
        """The first row of a query of the store's own."""
        with door():
            rows = self.connection.execute(sql, list(parameters)).fetchall()
        return rows[0] if rows else None

    # Importing -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside lands together or not at all."""
        with door():
            self.connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                # A full disk may have ended the transaction already.
                with contextlib.suppress(duckdb.Error):
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def stage_begin(self) -> None:
        """Empty the staging tables of an import."""
        fields = ", ".join(f"{c.name} {SQL_TYPES[c.type]}" for c in EVENTS.columns if c.name not in _OWN)
        rejected = _fields("events_rejected").removeprefix("line_id VARCHAR, ")
        with door():
            self.connection.execute(f"CREATE OR REPLACE TABLE work.staged (content UHUGEINT, {fields})")
            self.connection.execute(f"CREATE OR REPLACE TABLE work.staged_rejected ({rejected})")
            self.connection.execute("CREATE OR REPLACE TABLE work.staged_rows (key VARCHAR)")
            for name in ("items", "customers"):
                self.connection.execute(f"CREATE OR REPLACE TABLE work.staged_{name} (seq BIGINT, {_fields(name)})")

    def stage_events(self, batch: pa.RecordBatch) -> None:
        """Add checked events (``schema.EVENTS`` without event_id, source, import_id) to the staging table."""
        if batch.num_rows == 0:
            return
        names = [c.name for c in EVENTS.columns if c.name not in _OWN]
        # chr(30) marks a null, so that it differs from an empty text.
        parts = ", ".join(f"COALESCE({name}::VARCHAR, chr(30))" for name in CONTENT)
        self._insert(batch, f"INSERT INTO work.staged SELECT md5_number(concat_ws(chr(31), {parts})), {', '.join(names)}")

    def stage_rejected(self, batch: pa.RecordBatch, import_id: str, source: str, file: str) -> None:
        """Add rejected lines (source_row, code, message, payload) to the staging table."""
        if batch.num_rows == 0:
            return
        constants = ", ".join(_text(text) for text in (import_id, source, file))
        self._insert(
            batch, f"INSERT INTO work.staged_rejected SELECT {constants}, source_row, code, message, payload"
        )

    def stage_rows(self, name: str, batch: pa.RecordBatch, seq: int, *, counted: bool) -> None:
        """Add items or customers; a later ``seq`` wins, cell by cell.

        ``counted`` says that these rows are the file's own lines (an attribute file), and are not learned
        from order lines that are counted as events.
        """
        if batch.num_rows:
            columns = ", ".join(TABLES[name].names)
            self._insert(batch, f"INSERT INTO work.staged_{name} SELECT {seq}, {columns}")
            if counted:
                self._insert(batch, f"INSERT INTO work.staged_rows SELECT {TABLES[name].key[0]}")

    def land(self, record: dict[str, Any], replayed: tuple[str, list[int]] | None = None) -> dict[str, int]:
        """Store what is staged and the import's own record, together or not at all; return its counts.

        The id of a line is a hash of the source, its content and k, where it is the k-th line with that
        content in its file. So the same file again adds nothing, an overlapping file adds what is new,
        and equal lines of one file are all kept (the union of multisets).

        Parameters
        ----------
        record
            The row of ``imports`` without its counts; ``import_id`` and ``source`` are taken from it.
        replayed
            An earlier import's id and the source rows that were replayed: they leave quarantine first.
        """
        self._number(str(record["source"]))
        for name in ("items", "customers"):
            self._merge(TABLES[name])
        with self.transaction():
            if replayed is not None:
                self._leave_quarantine(*replayed)
            stored, anonymous = self._store_numbered(str(record["source"]), str(record["import_id"]))
            self.connection.execute("""INSERT INTO events_rejected
                SELECT r.* FROM work.numbered_rejected r ANTI JOIN events_rejected e ON e.line_id = r.line_id""")
            for name in ("items", "customers"):
                self.connection.execute(f"DELETE FROM {name}")
                self.connection.execute(f"INSERT INTO {name} SELECT * FROM work.merged_{name}")
            staged, rejected, rows = self.one("""SELECT (SELECT count(*) FROM work.numbered),
                (SELECT count(*) FROM work.staged_rejected), (SELECT count(*) FROM work.staged_rows)""")
            counts = {
                "read_count": staged + rejected + rows,
                "stored_count": stored + rows,
                "duplicate_count": staged - stored,
                "rejected_count": rejected,
                "anonymous_count": anonymous,
            }
            self.add_row("imports", record | counts)
        self._stage_end()
        return counts

    def add_row(self, name: str, row: dict[str, Any]) -> None:
        """Append one record to ``imports`` or ``runs``."""
        columns = ", ".join(row)
        with door():
            self.connection.execute(
                f"INSERT INTO {name} ({columns}) VALUES ({', '.join('?' * len(row))})", list(row.values())
            )

    # Identities ----------------------------------------------------------------------------------

    def links(self) -> pa.Table:
        """Every pair of ids seen on one event: user_id, anonymous_id (either may be null), first_us."""
        with door():
            return self.connection.execute("""
                SELECT user_id, anonymous_id, min(occurred_us) AS first_us FROM events
                WHERE anonymous_id IS NOT NULL GROUP BY user_id, anonymous_id ORDER BY ALL
            """).to_arrow_table()

    def write_identities(self, identities: pa.Table) -> None:
        """Replace the identity map (id, id_kind, customer_id); users that are their own customer need no row."""
        self.connection.register("incoming", identities)
        with self.transaction():
            self.connection.execute("DELETE FROM identities")
            self.connection.execute("""
                INSERT INTO identities SELECT id, id_kind, customer_id FROM incoming
                WHERE NOT (id_kind = 'user' AND id = customer_id) ORDER BY ALL""")
        self.connection.unregister("incoming")

    # Facts ---------------------------------------------------------------------------------------

    def meta(self, name: str) -> str | None:
        """A fact about the store itself (format version, currency, time zone)."""
        row = self.one("SELECT value FROM meta WHERE name = ?", [name])
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        with door():
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, value])

    def input_hash(self) -> str:
        """A fingerprint of the stored input that does not depend on the order of import."""
        parts = []
        for sql in (
            "SELECT count(*), sum(md5_number_lower(event_id)::UHUGEINT % 9223372036854775807) FROM events",
            "SELECT count(*), md5(string_agg(t::VARCHAR, chr(31) ORDER BY t::VARCHAR)) FROM items t",
            "SELECT count(*), sum(md5_number_lower(t::VARCHAR)::UHUGEINT % 9223372036854775807) FROM customers t",
            "SELECT count(*), sum(md5_number_lower(t::VARCHAR)::UHUGEINT % 9223372036854775807) FROM identities t",
        ):
            parts.append("/".join(str(cell) for cell in self.one(sql)))
        return str(self.one("SELECT md5(?)", [" ".join(parts)])[0])[:16]

    def day_range(self) -> tuple[int, int] | None:
        """First and last day with an event of a customer or a sale, or None for an empty store."""
        first, last = self.one("SELECT min(day), max(day) FROM events WHERE type <> 'cost'")
        return None if first is None else (int(first), int(last))

    # Inside --------------------------------------------------------------------------------------

    def _frame(self, sql: str) -> nw.LazyFrame[Any]:
        with door():
            return nw.from_native(self.connection.sql(sql))

    def _place(self, name: str) -> str:
        kept = self.one(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'work' AND table_name = ?", [name]
        )
        return f'work."{name}"' if kept[0] else f'"{name}"'

    def _insert(self, batch: pa.RecordBatch, insert: str) -> None:
        self.connection.register("incoming", pa.Table.from_batches([batch]))
        with door():
            self.connection.execute(f"{insert} FROM incoming")
        self.connection.unregister("incoming")

    def _number(self, source: str) -> None:
        """Give each staged line its id."""
        with door():
            self.connection.execute(f"""
                CREATE OR REPLACE TABLE work.numbered AS
                SELECT md5({_text(source)} || chr(31) || content::VARCHAR || chr(31) || k::VARCHAR) AS event_id,
                       * EXCLUDE (content, k)
                FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY content ORDER BY source_row) AS k FROM work.staged)
            """)
            self.connection.execute("""
                CREATE OR REPLACE TABLE work.numbered_rejected AS
                SELECT md5(concat_ws(chr(31), source, payload, ROW_NUMBER() OVER
                    (PARTITION BY source, payload ORDER BY source_row))) AS line_id, *
                FROM work.staged_rejected
            """)

    def _store_numbered(self, source: str, import_id: str) -> tuple[int, int]:
        columns = ", ".join(f"n.{c.name}" for c in EVENTS.columns if c.name not in (*_OWN, "source_row"))
        lifted = ", ".join(_lift(column.name, column.type) for column in EVENT_PROPERTIES.values())
        self.connection.execute(f"""
            INSERT INTO events SELECT n.event_id, {_text(source)}, n.source_row, {_text(import_id)}, {columns}, {lifted}
            FROM work.numbered n ANTI JOIN events e ON e.event_id = n.event_id
            ORDER BY n.day, n.source_row, n.event_id
        """)
        stored, anonymous = self.one(
            "SELECT count(*), count(*) FILTER (user_id IS NULL AND anonymous_id IS NULL) FROM events WHERE import_id = ?",
            [import_id],
        )
        return int(stored), int(anonymous)

    def _leave_quarantine(self, import_id: str, source_rows: list[int]) -> None:
        cursor = pa.table({"source_row": pa.array(source_rows, pa.int64())})
        self.connection.register("replayed", cursor)
        self.connection.execute(
            "DELETE FROM events_rejected WHERE import_id = ? AND source_row IN (SELECT source_row FROM replayed)",
            [import_id],
        )
        self.connection.unregister("replayed")

    def _merge(self, table: Table) -> None:
        """Lay staged rows over the stored ones by key: the latest cell that is not null wins."""
        key = table.key[0]
        rest = [name for name in table.names if name != key]
        latest = ", ".join(f"arg_max({name}, seq) FILTER ({name} IS NOT NULL) AS {name}" for name in rest)
        merged = ", ".join(f"COALESCE(s.{name}, t.{name}) AS {name}" for name in rest)
        with door():
            self.connection.execute(f"""
                CREATE OR REPLACE TABLE work.merged_{table.name} AS
                SELECT COALESCE(s.{key}, t.{key}) AS {key}, {merged}
                FROM {table.name} t FULL JOIN
                     (SELECT {key}, {latest} FROM work.staged_{table.name} WHERE {key} IS NOT NULL GROUP BY {key}) s
                     ON s.{key} = t.{key} ORDER BY {key}""")

    def _stage_end(self) -> None:
        names = ["staged", "numbered", "staged_rejected", "numbered_rejected", "staged_rows"]
        for name in names + [f"{kind}_{of}" for kind in ("staged", "merged") for of in ("items", "customers")]:
            with door():
                self.connection.execute(f"DROP TABLE IF EXISTS work.{name}")

    def _create(self) -> None:
        known = self.one("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'meta' AND database_name <> 'work'")
        if known[0]:
            version = self.meta("version")
            if version != str(STORE_VERSION):
                raise StoreVersionError(
                    f"the store {self.path} has format version {version}",
                    allowed=f"version {STORE_VERSION}",
                    fix="use the version of Regulars that wrote it, or import the files into a new shop",
                )
            return
        properties = ", ".join(f"{c.name} {SQL_TYPES[c.type]}" for c in EVENT_PROPERTIES.values())
        with self.transaction():
            self.connection.execute("CREATE TABLE meta (name VARCHAR PRIMARY KEY, value VARCHAR)")
            self.connection.execute(f"CREATE TABLE events ({_fields('events')}, {properties})")
            self.connection.execute("CREATE TABLE identities (id VARCHAR, id_kind VARCHAR, customer_id VARCHAR)")
            for name in STORED:
                self.connection.execute(f"CREATE TABLE {name} ({_fields(name)})")
            self.set_meta("version", str(STORE_VERSION))


_OWN = ("event_id", "source", "import_id")


@contextlib.contextmanager
def door() -> Iterator[None]:
    """The engine's errors in the words of ``errors.py``."""
    try:
        yield
    except duckdb.IOException as error:
        text = str(error)
        if "lock on file" in text or "Conflicting lock" in text:
            raise StoreBusy(
                "another command is writing to this shop", fix="wait until it is done, then try again"
            ) from error
        if "No space left" in text or "failed to offload" in text.lower():
            raise NoSpace("the disk is full; nothing that was stored before is lost", fix="free space, then try again") from error
        raise RegularsError(f"the store cannot be read: {text.splitlines()[0]}") from error
    except duckdb.OutOfMemoryException as error:
        if "max_temp_directory_size" in str(error) or "No space left" in str(error):
            raise NoSpace("the disk is full; nothing that was stored before is lost", fix="free space, then try again") from error
        raise RegularsError(
            f"not enough memory: {str(error).splitlines()[0]}",
            fix="set memory_limit_mb in the [run] section of regulars.toml to more than it is, or give less data",
        ) from error


def money(units: int | None) -> float:
    """Stored money as currency units.

    >>> money(123_4500)
    123.45
    """
    return (units or 0) / MONEY_UNITS


def _text(value: str) -> str:
    """A text as a literal of the engine."""
    return "'" + value.replace("'", "''") + "'"


def _fields(name: str) -> str:
    return ", ".join(f"{column.name} {SQL_TYPES[column.type]}" for column in TABLES[name].columns)


def _in_list(column: str, names: list[str]) -> str:
    return f"{column} IN ({', '.join(map(_text, names))})" if names else "FALSE"


def _lift(name: str, type_: str) -> str:
    return f"TRY_CAST(json_extract_string(n.properties, '$.{name}') AS {SQL_TYPES[type_]})"
