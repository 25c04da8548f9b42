"""What files say about items and customers, laid over what is stored, cell by cell."""

from __future__ import annotations

from regulars.schema import TABLES
from regulars.store.duckdb import Store, door
from regulars.store.vectors import CHANGED

NAMES = ("items", "customers")
# Lines that say something about an item; a refund's text is a remark.
_TEACHING = "type IN ('purchase', 'view', 'click', 'cart_add', 'cart_remove', 'checkout')"


def merge_attributes(store: Store) -> None:
    """Lay the staged rows over the stored ones: ``work.merged_items`` and ``work.merged_customers``.

    The latest cell that is not null wins: of one file the later row, of two files the later import. What order
    lines teach about an item is as old as the latest of these lines: an older file that is imported later fills
    empty cells and changes nothing else, so files of orders may come in any order.
    """
    with door():
        store.connection.execute(f"""
            CREATE OR REPLACE TABLE work.outdated_items AS
            WITH given AS (SELECT item_id, max(occurred_us) AS at FROM work.numbered WHERE {_TEACHING} GROUP BY item_id),
                 known AS (SELECT item_id, max(occurred_us) AS at FROM events
                           WHERE {_TEACHING} AND item_id IN (SELECT item_id FROM work.staged_items) GROUP BY item_id)
            SELECT g.item_id AS key FROM given g JOIN known k ON k.item_id = g.item_id AND g.at < k.at""")
        store.connection.execute("CREATE OR REPLACE TABLE work.outdated_customers (key VARCHAR)")
        for name in NAMES:
            store.connection.execute(_merge(name))
        parts = " UNION ALL ".join(_same(name) for name in NAMES)
        store.connection.execute(f"CREATE OR REPLACE TABLE work.same AS {parts}")


def store_attributes(store: Store) -> None:
    """Inside a transaction: the merged rows take the place of the stored ones."""
    for name in NAMES:
        store.connection.execute(f"DELETE FROM {name}")
        store.connection.execute(f"INSERT INTO {name} SELECT * FROM work.merged_{name}")


def _merge(name: str) -> str:
    key, *rest = TABLES[name].names
    latest = ", ".join(f"arg_max({cell}, seq) FILTER ({cell} IS NOT NULL) AS {cell}" for cell in rest)
    merged = ", ".join(
        f"CASE WHEN o.key IS NULL THEN COALESCE(s.{cell}, t.{cell}) ELSE COALESCE(t.{cell}, s.{cell}) END AS {cell}"
        for cell in rest
    )
    return f"""
        CREATE OR REPLACE TABLE work.merged_{name} AS
        SELECT COALESCE(s.{key}, t.{key}) AS {key}, {merged}
        FROM {name} t FULL JOIN
             (SELECT {key}, {latest} FROM work.staged_{name} WHERE {key} IS NOT NULL GROUP BY {key}) s
             ON s.{key} = t.{key}
             LEFT JOIN work.outdated_{name} o ON o.key = s.{key} ORDER BY ALL"""


def _same(name: str) -> str:
    """Keys of a table that the staged rows leave as they are stored."""
    key, *rest = TABLES[name].names
    equal = " AND ".join(f"m.{column} IS NOT DISTINCT FROM t.{column}" for column in rest)
    others = f" WHERE m.{key} NOT IN ({CHANGED})" if name == "items" else ""
    return f"SELECT m.{key} AS key FROM work.merged_{name} m JOIN {name} t ON m.{key} = t.{key} AND {equal}{others}"
