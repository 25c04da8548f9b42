"""People leave the store: every row of theirs, and the bytes that the rows stood in.

A deleted row stays readable in the file of a database until something else is written over it. So the store is
written anew without these rows, beside the old one, and takes its place by one rename.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from regulars.schema import ANONYMOUS_PREFIX
from regulars.store.duckdb import Store, door, text_literal
from regulars.store.memory import memory_limit_mb

pc: Any = pyarrow.compute
DRAFT = ".erasing.duckdb"
_NAMING = ("user_id", "customer_id")


@dataclass(frozen=True)
class Leaving:
    """Who leaves: ids as stored (``users``), devices, lines in quarantine, and the keys that stay of them.

    ``keys`` are rows of ``schema.ERASED``: ``erased_key`` and ``erased_at``.
    """

    users: tuple[str, ...]
    devices: tuple[str, ...]
    line_ids: tuple[str, ...]
    keys: tuple[str, ...]
    erased_at: str

    @property
    def customers(self) -> tuple[str, ...]:
        """The ids of result tables: users, and devices without one."""
        return (*self.users, *(ANONYMOUS_PREFIX + device for device in self.devices))


def known_ids(store: Store, users: Collection[str], devices: Collection[str]) -> tuple[set[str], set[str]]:
    """Of these ids those that the store has an event, order, attribute or assignment of."""
    _put(store.connection, "asked_users", users)
    _put(store.connection, "asked_devices", devices)
    with door():
        found = store.connection.execute("""
            SELECT user_id FROM events SEMI JOIN work.asked_users ON user_id = id
            UNION SELECT user_id FROM orders SEMI JOIN work.asked_users ON user_id = id
            UNION SELECT user_id FROM customers SEMI JOIN work.asked_users ON user_id = id
            UNION SELECT customer_id FROM assignments SEMI JOIN work.asked_users ON customer_id = id""").fetchall()
        seen = store.connection.execute(
            "SELECT DISTINCT anonymous_id FROM events SEMI JOIN work.asked_devices ON anonymous_id = id"
        ).fetchall()
    return {row[0] for row in found}, {row[0] for row in seen}


def linked_ids(store: Store, users: Collection[str], devices: Collection[str]) -> tuple[set[str], set[str]]:
    """These ids, and those that the identity map says are the same customers."""
    _put(store.connection, "asked_users", users)
    _put(store.connection, "asked_devices", devices)
    with door():
        rows = store.connection.execute("""
            WITH customers AS (
                SELECT id AS customer_id FROM work.asked_users
                UNION SELECT customer_id FROM identities JOIN work.asked_users a ON id_kind = 'user' AND a.id = identities.id
                UNION SELECT customer_id FROM identities JOIN work.asked_devices a ON id_kind = 'anonymous' AND a.id = identities.id)
            SELECT customer_id AS id, 'user' AS id_kind FROM customers
            UNION SELECT id, id_kind FROM identities SEMI JOIN customers USING (customer_id)""").fetchall()
    found_users = {
        str(row[0]) for row in rows if row[1] == "user" and not row[0].startswith(ANONYMOUS_PREFIX)
    }
    return found_users | set(users), {str(row[0]) for row in rows if row[1] != "user"} | set(devices)


def counts(store: Store, leaving: Leaving) -> dict[str, int]:
    """Rows of each stored table that will go."""
    _put_all(store.connection, leaving)
    found = {}
    for name, columns in _tables(store.connection, _main(store.connection)):
        gone = _gone(name, columns)
        if gone:
            number = int(store.one(f'SELECT count(*) FROM "{name}" WHERE {gone}')[0])
            if number:
                found[name] = number
    return found


def assigned(store: Store, leaving: Leaving) -> list[dict[str, Any]]:
    """The exported files that named them: audience, run and day, each once, in order."""
    _put_all(store.connection, leaving)
    with door():
        rows = store.connection.execute("""
            SELECT DISTINCT audience, run_id, assigned_day FROM assignments
            SEMI JOIN work.leaving_customers ON customer_id = id WHERE treated ORDER BY assigned_day, run_id, audience""")
        return [
            dict(zip(("audience", "run_id", "assigned_day"), row, strict=True)) for row in rows.fetchall()
        ]


def delete_rows(store: Store, leaving: Leaving) -> None:
    """Remove their rows from a store in memory."""
    _put_all(store.connection, leaving)
    tables = _tables(store.connection, _main(store.connection))
    with store.transaction():
        for name, columns in tables:
            gone = _gone(name, columns)
            if gone:
                store.connection.execute(f'DELETE FROM "{name}" WHERE {gone}')
        store.connection.execute(
            "UPDATE events SET anonymous_id = NULL WHERE anonymous_id IN (SELECT id FROM work.leaving_devices)"
        )
        store.connection.execute(_insert_keys("erased"))


def rewrite_store(path: Path, leaving: Leaving) -> None:
    """Write the store's file anew without their rows, and put it in the place of the old one.

    Nobody else may have the store open. A process that is killed leaves the old file or the new one, whole; the
    call may then be repeated.
    """
    draft = path.parent / DRAFT
    _remove(draft)
    config: dict[str, str | int] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": f"{memory_limit_mb()}MB",
        "temp_directory": str(path.parent / ".spill"),
    }
    with door(), duckdb.connect(":memory:", config=config) as connection:
        connection.execute("ATTACH ':memory:' AS work")
        _put_all(connection, leaving)
        # Opened for writing first, so that what a killed process left in the log is in the file.
        connection.execute(f"ATTACH {text_literal(str(path))} AS old")
        connection.execute("CHECKPOINT old")
        connection.execute("DETACH old")
        connection.execute(f"ATTACH {text_literal(str(path))} AS old (READ_ONLY)")
        connection.execute(f"ATTACH {text_literal(str(draft))} AS new")
        connection.execute("COPY FROM DATABASE old TO new (SCHEMA)")
        _copy(connection)
        connection.execute("CHECKPOINT new")
        connection.execute("DETACH new")
        connection.execute("DETACH old")
    draft.chmod(path.stat().st_mode & 0o777)
    _flush(draft)
    draft.replace(path)
    _flush(path.parent)
    shutil.rmtree(path.parent / ".spill", ignore_errors=True)


def tidy(folder: Path) -> None:
    """Remove what an erasure that was killed left beside the store."""
    _remove(folder / DRAFT)


def result_counts(folder: Path, leaving: Leaving) -> dict[str, int]:
    """Their rows in the tables of published runs, by ``run/table``; nothing is changed."""
    found = {}
    for path, theirs in _theirs(folder, leaving):
        number = int(pc.sum(theirs).as_py() or 0)
        if number:
            found[f"{path.parent.name}/{path.stem}"] = number
    return found


def rewrite_results(folder: Path, leaving: Leaving) -> None:
    """Write every table of a published run that has rows of theirs anew, without these."""
    # pathlib's * takes names that begin with a dot as well: what a killed process left goes first.
    for draft in (folder / "published").glob("*/.*.draft"):
        draft.unlink()
    for path, theirs in _theirs(folder, leaving):
        if pc.any(theirs).as_py():
            draft = path.with_name(f".{path.name}.draft")
            table = pq.read_table(path, memory_map=False)
            pq.write_table(table.filter(pc.invert(theirs)), draft, compression="zstd")
            _flush(draft)
            draft.replace(path)


def _theirs(folder: Path, leaving: Leaving) -> Iterator[tuple[Path, Any]]:
    """Tables of published runs with customers in them, and which rows are theirs."""
    customers = pa.array(sorted(leaving.customers), pa.string())
    for path in sorted((folder / "published").glob("*/*.parquet")):
        key = next((name for name in pq.read_schema(path).names if name in _NAMING), None)
        if key is not None:
            ids = pq.read_table(path, columns=[key], memory_map=False).column(key)
            yield path, pc.is_in(ids, value_set=customers)


def _put_all(connection: duckdb.DuckDBPyConnection, leaving: Leaving) -> None:
    _put(connection, "leaving_users", leaving.users)
    _put(connection, "leaving_devices", leaving.devices)
    _put(connection, "leaving_customers", leaving.customers)
    _put(connection, "leaving_lines", leaving.line_ids)
    _put(connection, "leaving_keys", leaving.keys)
    with door():
        connection.execute(
            f"CREATE OR REPLACE TABLE work.leaving_since AS SELECT {text_literal(leaving.erased_at)} AS erased_at"
        )


def _put(connection: duckdb.DuckDBPyConnection, name: str, ids: Collection[str]) -> None:
    connection.register("incoming", pa.table({"id": pa.array(sorted(set(ids)), pa.string())}))
    with door():
        connection.execute(f"CREATE OR REPLACE TABLE work.{name} AS SELECT id FROM incoming")
    connection.unregister("incoming")


def _main(connection: duckdb.DuckDBPyConnection) -> str:
    with door():
        return str(connection.execute("SELECT current_database()").fetchall()[0][0])


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, list[str]]]:
    """Every table of a store with its columns: one that a later version adds is looked at as well."""
    with door():
        rows = connection.execute(
            "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
            "WHERE database_name = ? AND NOT internal GROUP BY table_name ORDER BY table_name",
            [database],
        ).fetchall()
    return [(str(name), list(columns)) for name, columns in rows]


def _gone(name: str, columns: list[str]) -> str:
    """The condition under which a row of a table is theirs; empty where none can be."""
    if name == "events_rejected":
        return _in("line_id", "lines")
    if name == "identities":
        return f"({_in('customer_id', 'customers')} OR (id_kind = 'user' AND {_in('id', 'users')}) OR (id_kind <> 'user' AND {_in('id', 'devices')}))"
    if "user_id" in columns and "anonymous_id" in columns:
        return f"({_in('user_id', 'users')} OR (user_id IS NULL AND {_in('anonymous_id', 'devices')}))"
    if "user_id" in columns:
        return _in("user_id", "users")
    return _in("customer_id", "customers") if "customer_id" in columns else ""


def _in(column: str, of: str) -> str:
    return f"COALESCE({column} IN (SELECT id FROM work.leaving_{of}), FALSE)"


def _copy(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("BEGIN")
    for name, columns in _tables(connection, "old"):
        gone = _gone(name, columns)
        # A device that somebody else used as well is no longer named on that customer's rows.
        chosen = [
            f"CASE WHEN {_in(column, 'devices')} THEN NULL ELSE {column} END AS {column}"
            if column == "anonymous_id"
            else f'"{column}"'
            for column in columns
        ]
        where = f" WHERE NOT {gone}" if gone else ""
        connection.execute(f'INSERT INTO new."{name}" SELECT {", ".join(chosen)} FROM old."{name}"{where}')
    connection.execute(_insert_keys("new.erased"))
    connection.execute("COMMIT")


def _insert_keys(table: str) -> str:
    return f"""INSERT INTO {table} (erased_key, erased_at) SELECT id, erased_at FROM work.leaving_keys, work.leaving_since
        WHERE id NOT IN (SELECT erased_key FROM {table}) ORDER BY id"""


def _remove(database: Path) -> None:
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before the next step."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError:  # nor flushes what is open for reading
        return
    finally:
        os.close(handle)
