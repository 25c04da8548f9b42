"""Which version of an order stays: an order that is exported again replaces itself, and never goes back.

An export of whole orders states each order anew: with another status, a larger refund, a corrected line. What
it says as a whole (its events and its row of ``schema.ORDERS``) is one version of the order. A version has gone
further than another when its ``progress`` is higher; where that is equal, when more was refunded; where that is
equal too, when the order names a later instant. So files may be imported in any order.
"""

from __future__ import annotations

from regulars.errors import ShopError
from regulars.schema import ORDERS
from regulars.store.duckdb import Store, door, text_literal

GONE_FURTHER = ("progress", "refund_value", "changed_us")
"""What is compared, the first first; nothing counts as less than anything."""

NEW, UPDATED, SAME, OLDER = "new", "updated", "same", "older"
_STATED = tuple(c.name for c in ORDERS.columns if c.name not in ("source", "order_id", "import_id"))
# A file may hold an order several times: how many lines that took says nothing of the order.
_COMPARED = tuple(name for name in _STATED if name != "line_count")
FEWEST_STRANGE = 3
"""From this many orders on, a file whose known numbers are mostly of other days is another shop's."""


def compare_versions(store: Store, source: str) -> None:
    """Say for each order of ``work.staged_orders`` what becomes of its version: ``work.versions``.

    ``work.numbered`` holds the events of the import with their ids. ``fate`` is ``new`` (the store does not know
    the order), ``same`` (it knows this very version), ``updated`` (the new version stays: it has gone at least
    as far, and says something else) or ``older`` (the stored version has gone further, and stays). Of two
    versions that have gone equally far the one that is imported later stays: it is the one that a mended mapping
    or a newer reader has made.
    """
    given, known = _rank("s"), _rank("t")
    equal = " AND ".join(
        f"s.{name} IS NOT DISTINCT FROM t.{name}" for name in (*_COMPARED, "event_count", "event_sum")
    )
    with door():
        store.connection.execute(f"""
            CREATE OR REPLACE TABLE work.versions AS
            WITH s AS ({_stated("work.staged_orders", "work.numbered")}),
                 t AS ({
            _stated(
                f"(SELECT * FROM orders WHERE source = {text_literal(source)})",
                f"(SELECT * FROM events WHERE source = {text_literal(source)})",
            )
        })
            SELECT s.order_id, s.line_count, s.user_id IS NULL AS is_anonymous,
                COALESCE(s.day <> t.day, FALSE) AS is_of_other_day,
                CASE WHEN t.order_id IS NULL THEN '{NEW}' WHEN {equal} THEN '{SAME}'
                     WHEN {given} >= {known} THEN '{UPDATED}' ELSE '{OLDER}' END AS fate
            FROM s LEFT JOIN t ON t.order_id = s.order_id""")


def refuse_other_shop(store: Store) -> None:
    """A file most of whose known orders were placed on another day is another shop's: their numbers only coincide.

    Raises
    ------
    ShopError
        Before anything is stored.
    """
    known, strange, example = store.one(
        f"""SELECT count(*) FILTER (fate <> '{NEW}'), count(*) FILTER (is_of_other_day),
            min(order_id) FILTER (is_of_other_day) FROM work.versions"""
    )
    if strange >= FEWEST_STRANGE and 2 * strange > known:
        raise ShopError(
            f"{strange} of the {known} orders whose number this shop knows were placed on another day ({example} is "
            "one): this is the export of another shop, and its orders would replace those that are stored",
            allowed="exports of one shop",
            fix="import it into a shop of its own: regulars init DIR",
        )


def replaced_of_other_day(store: Store) -> list[str]:
    """Orders that replaced one of the same number that was placed on another day, sorted."""
    with door():
        rows = store.connection.execute(
            f"SELECT order_id FROM work.versions WHERE is_of_other_day AND fate = '{UPDATED}' ORDER BY order_id"
        ).fetchall()
    return [str(row[0]) for row in rows]


def store_versions(store: Store, source: str, import_id: str) -> None:
    """Inside a transaction: replaced versions leave with their events, and the ledger rows that stay come in.

    The events of the new versions are stored by the caller, with all others; ``kept_out`` names those of
    versions that do not come in.
    """
    of = f"source = {text_literal(source)} AND order_id IN (SELECT order_id FROM work.versions WHERE fate = '{UPDATED}')"
    store.connection.execute(f"DELETE FROM events WHERE {of}")
    store.connection.execute(f"DELETE FROM orders WHERE {of}")
    columns = ", ".join(f"o.{name}" for name in _STATED)
    store.connection.execute(f"""
        INSERT INTO orders SELECT {text_literal(source)}, o.order_id, {text_literal(import_id)}, {columns}
        FROM work.staged_orders o JOIN work.versions v ON v.order_id = o.order_id
        WHERE v.fate IN ('{NEW}', '{UPDATED}') ORDER BY o.day, o.order_id""")


def kept_out() -> str:
    """A query of the orders whose version does not come in."""
    return f"SELECT order_id FROM work.versions WHERE fate IN ('{SAME}', '{OLDER}')"


def version_counts(store: Store) -> dict[str, int]:
    """Lines of the orders that came in (``stored``, of these ``anonymous``) and did not (``duplicate``); orders
    that were ``updated``, and those of which the store knows a later version (``older``)."""
    came = f"fate IN ('{NEW}', '{UPDATED}')"
    row = store.one(f"""
        SELECT COALESCE(sum(line_count) FILTER ({came}), 0)::BIGINT,
               COALESCE(sum(line_count) FILTER ({came} AND is_anonymous), 0)::BIGINT,
               COALESCE(sum(line_count) FILTER (NOT {came}), 0)::BIGINT,
               count(*) FILTER (fate = '{UPDATED}'), count(*) FILTER (fate = '{OLDER}') FROM work.versions""")
    return dict(zip(("stored", "anonymous", "duplicate", "updated", "older"), map(int, row), strict=True))


def _stated(orders: str, events: str) -> str:
    """The ledger rows of orders that the import states, with what identifies the set of their events."""
    return f"""
        SELECT o.order_id, {", ".join(f"o.{name}" for name in _STATED)},
            COALESCE(e.event_count, 0) AS event_count, COALESCE(e.event_sum, 0::UHUGEINT) AS event_sum
        FROM {orders} o LEFT JOIN (
            SELECT order_id, count(*) AS event_count, bit_xor(md5_number(event_id)) AS event_sum
            FROM {events} WHERE order_id IN (SELECT order_id FROM work.staged_orders) GROUP BY order_id
        ) e ON e.order_id = o.order_id
        WHERE o.order_id IN (SELECT order_id FROM work.staged_orders)"""


def _rank(alias: str) -> str:
    return "(" + ", ".join(f"COALESCE({alias}.{name}, 0)" for name in GONE_FURTHER) + ")"
