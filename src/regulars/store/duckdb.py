"""The store on DuckDB: one file, the only door to the engine.

Everything that needs an engine's own SQL lives here: identities of lines, de-duplication, JSON
properties, the hold-out draw. What comes out is lazy narwhals frames (``events``, ``table``) and Arrow
batches (``batches``), which ``store/spark.py`` gives as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import pyarrow as pa

from regulars.errors import NoSpace, RegularsError, ShopError, StoreBusy
from regulars.schema import ANONYMOUS_PREFIX, ROLES
from regulars.store.memory import memory_limit_mb
from regulars.store.migrations import lay_out

if TYPE_CHECKING:
    from regulars.config import Profile

EXPORTED = ("events", "items", "customers", "orders", "identities", "meta")
LAST_FULL_DAY = "last_full_day"
"""Name of a fact in ``meta``."""


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
        When a newer version of Regulars wrote the file; an older file is brought forward.
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
            # DuckDB 2.0.1 folds CASE WHEN x <> 0 over a sum to null behind a left join with an empty table:
            # its statistics say that x is 0. tests/store/test_duckdb.py shows whether a newer one is right.
            self.connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        try:
            with door():
                lay_out(self.connection, path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading -------------------------------------------------------------------------------------

    def events(self, profile: Profile, as_of_day: int | None = None) -> nw.LazyFrame[Any]:
        """Every event with its customer, its roles and its signed value.

        Columns of ``schema.EVENTS`` and ``schema.EVENT_PROPERTIES``, ``stated_day``, ``customer_id`` (null for
        lines without any id), ``is_touch`` .. ``is_end`` and ``signed_value`` (0 where the type has no value).
        With ``as_of_day`` a device belongs to a user only if the two were seen together by that day: whoever
        signs up later was a visitor then.

        A refund that its export gives no day (``is_undated``) was stored on the day of its order. Its ``day``
        is the last full day of the data, the only one of which it is certain that the money was back by then;
        ``stated_day`` is the stored day of every event.
        """
        roles = ", ".join(f"{_in_list('e.type', profile.event_types(role))} AS is_{role}" for role in ROLES)
        value = _in_list("e.type", profile.event_types("value"))
        device = "a.customer_id"
        if as_of_day is not None:
            stranger = f"'{ANONYMOUS_PREFIX}' || e.anonymous_id"
            device = f"CASE WHEN a.linked_day > {int(as_of_day)} THEN {stranger} ELSE a.customer_id END"
        full, day = self.last_full_day(), "e.day"
        if full is not None:
            day = f"CASE WHEN e.is_undated THEN greatest(e.day, {full}) ELSE e.day END"
        return self._frame(f"""
            SELECT e.* REPLACE ({day} AS day), e.day AS stated_day,
                COALESCE(u.customer_id, e.user_id, {device}) AS customer_id,
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
            table: pa.Table = frame.to_native().to_arrow_table()
        return table

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
        draw = f"('0x' || substr(md5({text_literal(salt)} || chr(31) || customer_id), 1, 13))::BIGINT / {16**13}.0"
        drawn: nw.LazyFrame[Any] = nw.from_native(native.project(f"*, ({draw})::DOUBLE AS holdout_draw"))
        return drawn

    def sample(self, frame: nw.LazyFrame[Any], rows: int, seed: int) -> nw.LazyFrame[Any]:
        """At most ``rows`` customers of ``frame``, those with the smallest hash of seed and id."""
        total = self.read(frame.select(nw.len().cast(nw.Int64).alias("n"))).column("n")[0].as_py()
        if total <= rows:
            return frame
        drawn = self.holdout_draw(frame, f"sample {seed}").sort("holdout_draw", "customer_id")
        return drawn.head(rows).drop("holdout_draw")

    def export_tables(self, folder: str | Path) -> list[Path]:
        """Write the stored tables (``EXPORTED``) as Parquet files for ``store/spark.py`` or anybody else."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{name}.parquet" for name in EXPORTED]
        for path in paths:
            with door():
                self.connection.execute(
                    f"COPY {path.stem} TO {text_literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
                )
        return paths

    def one(self, sql: str, parameters: Iterable[Any] = ()) -> Any:
        """The first row of a query of the store's own."""
        with door():
            rows = self.connection.execute(sql, list(parameters)).fetchall()
        return rows[0] if rows else None

    # Writing -------------------------------------------------------------------------------------

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
        return self.read(
            self._frame("""
                SELECT user_id, anonymous_id, min(occurred_us) AS first_us FROM events
                WHERE anonymous_id IS NOT NULL GROUP BY user_id, anonymous_id ORDER BY ALL""")
        )

    def write_identities(self, identities: pa.Table) -> None:
        """Replace the identity map (id, id_kind, customer_id); users that are their own customer need no row."""
        self.connection.register("incoming", identities)
        with self.transaction():
            self.connection.execute("DELETE FROM identities")
            self.connection.execute("""
                INSERT INTO identities SELECT i.id, i.id_kind, i.customer_id, l.linked_day FROM incoming i
                LEFT JOIN (SELECT anonymous_id, user_id, min(day) AS linked_day FROM events
                           WHERE anonymous_id IS NOT NULL AND user_id IS NOT NULL GROUP BY ALL) l
                    ON i.id_kind = 'anonymous' AND l.anonymous_id = i.id AND l.user_id = i.customer_id
                WHERE NOT (i.id_kind = 'user' AND i.id = i.customer_id) ORDER BY ALL""")
        self.connection.unregister("incoming")

    # Facts ---------------------------------------------------------------------------------------

    def meta(self, name: str) -> str | None:
        """A fact about the store itself (format version, currency, time zone)."""
        row = self.one("SELECT value FROM meta WHERE name = ?", [name])
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        with door():
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, value])

    def drop_meta(self, name: str) -> None:
        with door():
            self.connection.execute("DELETE FROM meta WHERE name = ?", [name])

    def last_full_day(self) -> int | None:
        """The last day of which the data are known to be whole, as the latest import found it; None before one."""
        value = self.meta(LAST_FULL_DAY)
        return None if value is None else int(value)

    def set_last_full_day(self, day: int) -> None:
        """Keep the last full day; undated refunds count from it, and it is the day of ``run`` and ``evaluate``."""
        self.set_meta(LAST_FULL_DAY, str(int(day)))

    def input_hash(self) -> str:
        """A fingerprint of the stored input that does not depend on the order of import."""
        queries = (
            "SELECT count(*), sum(md5_number_lower(event_id) >> 1) FROM events",
            "SELECT count(*), md5(string_agg(t::VARCHAR, chr(31) ORDER BY t::VARCHAR)) FROM items t",
            "SELECT count(*), sum(md5_number_lower(t::VARCHAR) >> 1) FROM customers t",
            "SELECT count(*), sum(md5_number_lower(t::VARCHAR) >> 1) FROM identities t",
            "SELECT count(*), sum(md5_number_lower(t::VARCHAR) >> 1) FROM (SELECT * EXCLUDE (import_id) FROM orders) t",
            f"SELECT count(*), max(value) FROM meta WHERE name = '{LAST_FULL_DAY}'",
        )
        parts = ["/".join(str(cell) for cell in self.one(sql)) for sql in queries]
        return str(self.one("SELECT md5(?)", [" ".join(parts)])[0])[:16]

    def day_range(self) -> tuple[int, int] | None:
        """First and last day with an event of a customer or a sale, or None for an empty store."""
        first, last = self.one("SELECT min(day), max(day) FROM events WHERE type <> 'cost'")
        return None if first is None else (int(first), int(last))

    # Inside --------------------------------------------------------------------------------------

    def _frame(self, sql: str) -> nw.LazyFrame[Any]:
        with door():
            frame: nw.LazyFrame[Any] = nw.from_native(self.connection.sql(sql))
        return frame

    def _place(self, name: str) -> str:
        kept = self.one(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'work' AND table_name = ?", [name]
        )
        return f'work."{name}"' if kept[0] else f'"{name}"'


@contextlib.contextmanager
def door() -> Iterator[None]:
    """The engine's errors in the words of ``errors.py``."""
    try:
        yield
    except duckdb.Error as error:
        raise _in_words(error) from error


def _in_words(error: duckdb.Error) -> RegularsError:
    text = str(error)
    if "No space left" in text or "max_temp_directory_size" in text:
        return NoSpace(
            "the disk is full; nothing that was stored before is lost", fix="free space, then try again"
        )
    if "lock on file" in text or "Conflicting lock" in text:
        return StoreBusy(
            "another command is writing to this shop", fix="wait until it is done, then try again"
        )
    first = text.splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return RegularsError(
            f"not enough memory: {first}",
            fix="set memory_limit_mb in the [run] section of regulars.toml to more than it is, or give less data",
        )
    return RegularsError(f"the store cannot do this: {first}")


def text_literal(value: str) -> str:
    """A text as a literal of the engine."""
    return "'" + value.replace("'", "''") + "'"


def _in_list(column: str, names: list[str]) -> str:
    return f"{column} IN ({', '.join(map(text_literal, names))})" if names else "FALSE"
