"""The layout of a store, and how a store of an earlier format version gets it.

A later version has so far added tables and columns and changed nothing else, so one rule brings any earlier
store forward: what is missing is added, empty, or with the value that was true before anybody counted it. A
version that changes what is stored adds a step of its own here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from regulars.errors import StoreVersionError
from regulars.schema import EVENT_PROPERTIES, STORE_VERSION, TABLES, Column

SQL_TYPES = {
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "floats": "FLOAT[]",
}
STORED = (
    "events_rejected",
    "items",
    "item_vectors",
    "customers",
    "orders",
    "erased",
    "assignments",
    "imports",
    "runs",
)
OLDEST_VERSION = 1
# What an added column holds in rows that were stored before it: nothing had been erased or replaced then.
_BEFORE = {("imports", "erased_count"): 0, ("imports", "updated_count"): 0}


def field_list(name: str) -> str:
    """The columns of a table of ``schema.TABLES`` as the engine wants them."""
    return ", ".join(f"{column.name} {SQL_TYPES[column.type]}" for column in TABLES[name].columns)


def layout() -> dict[str, dict[str, str]]:
    """Every stored table with its columns and their types, in order."""
    columns = {name: _types(TABLES[name].columns) for name in ("events", *STORED)}
    columns["events"] |= _types(EVENT_PROPERTIES.values())
    columns["identities"] = dict.fromkeys(("id", "id_kind", "customer_id"), "VARCHAR") | {
        "linked_day": "BIGINT"
    }
    return columns


def lay_out(connection: duckdb.DuckDBPyConnection, path: Path | None) -> None:
    """Make the tables of a new store, or bring those of an earlier version forward, all or nothing.

    Raises
    ------
    StoreVersionError
        The store was written by a newer version of Regulars, or by none that is known.
    """
    version = _version(connection)
    if version == str(STORE_VERSION):
        return
    if version is not None:
        _refuse_unknown(version, path)
    connection.execute("BEGIN")
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS meta (name VARCHAR PRIMARY KEY, value VARCHAR)")
        for name, columns in layout().items():
            _complete(connection, name, columns)
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('version', ?)", [str(STORE_VERSION)])
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The format version that the store names; None for a store without tables."""
    if not _columns(connection, "meta"):
        return None
    rows = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchall()
    return str(rows[0][0]) if rows else "unknown"


def _refuse_unknown(version: str, path: Path | None) -> None:
    if version.isdigit() and int(version) > STORE_VERSION:
        raise StoreVersionError(
            f"the store {path} has format version {version}: a newer Regulars wrote it",
            allowed=f"versions {OLDEST_VERSION} to {STORE_VERSION}",
            fix="pip install --upgrade regulars",
        )
    if not version.isdigit() or int(version) < OLDEST_VERSION:
        raise StoreVersionError(
            f"the store {path} has format version {version}",
            allowed=f"versions {OLDEST_VERSION} to {STORE_VERSION}",
            fix="make a new shop with `regulars init DIR` and import the files there",
        )


def _complete(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str]) -> None:
    """Create a table, or add the columns that it lacks; its columns are then in the order of the layout."""
    there = _columns(connection, name)
    if there == list(columns):
        return
    fields = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    if not there:
        connection.execute(f"CREATE TABLE {name} ({fields})")
        return
    if there == list(columns)[: len(there)]:  # the large tables: no row is copied
        for column in list(columns)[len(there) :]:
            connection.execute(f'ALTER TABLE {name} ADD COLUMN "{column}" {columns[column]}')
        return
    connection.execute(f"ALTER TABLE {name} RENAME TO {name}_before")
    connection.execute(f"CREATE TABLE {name} ({fields})")
    kept = [column for column in columns if column in there]
    added = [column for column in columns if (name, column) in _BEFORE and column not in there]
    chosen = [f'"{column}"' for column in kept] + [str(_BEFORE[name, column]) for column in added]
    names = ", ".join(f'"{column}"' for column in kept + added)
    connection.execute(f"INSERT INTO {name} ({names}) SELECT {', '.join(chosen)} FROM {name}_before")
    connection.execute(f"DROP TABLE {name}_before")


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND table_name = ? "
        "ORDER BY column_index",
        [name],
    ).fetchall()
    return [str(row[0]) for row in rows]


def _types(columns: Iterable[Column]) -> dict[str, str]:
    return {column.name: SQL_TYPES[column.type] for column in columns}
