"""The named sources: one entry per export or public log that Regulars reads, and the plan of an import.

A new source is one :class:`NamedSource` in :data:`SOURCES` (in a file of its own where it has rules of its
own) and its test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from regulars import config, schema
from regulars.collect import activity, attributes, costs, order_statuses, orders
from regulars.collect.cdnow import CDNOW
from regulars.collect.contacts import masked_text
from regulars.collect.detection import detect_source
from regulars.collect.files import OpenFile, open_file
from regulars.collect.formats import file_formats
from regulars.collect.interactions import interaction_mapping
from regulars.collect.labelled import USER_WORDS, label_notes
from regulars.collect.lines import Reading
from regulars.collect.mapping import checked_mapping, require_targets
from regulars.collect.online_retail import ONLINE_RETAIL
from regulars.collect.personal import id_column_of_names, is_birth_date, personal_columns
from regulars.collect.plan import CheckedBatch, ImportPlan, NamedSource, source_mapping
from regulars.collect.records import Records, TableRecords
from regulars.collect.replays import ReplayRecords
from regulars.collect.shopify import SHOPIFY
from regulars.collect.shopify_lists import SHOPIFY_CUSTOMERS, SHOPIFY_PRODUCTS
from regulars.collect.vectors import vector_columns, vector_lengths
from regulars.collect.woocommerce import WOOCOMMERCE
from regulars.errors import OptionError, nearest

__all__ = ["SOURCES", "CheckedBatch", "ImportPlan", "NamedSource", "plan_import", "plan_replay", "plan_table"]

_SAMPLE_ROWS = 2_000

SOURCES: dict[str, NamedSource] = {
    source.name: source
    for source in (
        ONLINE_RETAIL,
        CDNOW,
        WOOCOMMERCE,
        SHOPIFY,
        SHOPIFY_CUSTOMERS,
        SHOPIFY_PRODUCTS,
        NamedSource(
            name="orders",
            kind="events",
            doc="any export with one row per order line, or per order",
            targets=orders.TARGETS,
            needs=orders.NEEDS,
            check=orders.order_events,
            complete=orders.order_mapping,
        ),
        NamedSource(
            name="events",
            kind="events",
            doc="any log of visits, views, carts, purchases, ratings, reviews, messages and so on, one row per event",
            targets=activity.TARGETS,
            needs=activity.NEEDS,
            check=activity.activity_events,
            complete=interaction_mapping,
        ),
        NamedSource(
            name="items",
            kind="items",
            doc="a catalogue: item, title, category, price, cost; other columns become attributes",
            targets=attributes.ITEM_TARGETS,
            needs=(("item_id",),),
            check=attributes.item_rows,
            words=attributes.ITEM_WORDS,
        ),
        NamedSource(
            name="customers",
            kind="customers",
            doc="what is known about customers: the id; other columns become attributes, but for names and addresses",
            targets=attributes.CUSTOMER_TARGETS,
            needs=attributes.CUSTOMER_NEEDS,
            check=attributes.customer_rows,
            words=USER_WORDS,
            remarks=label_notes,
        ),
        NamedSource(
            name="costs",
            kind="events",
            doc="what campaigns cost: day, campaign, cost; exports of Meta, Google and other advertising tools",
            targets=costs.TARGETS,
            needs=costs.NEEDS,
            check=activity.cost_events,
            words=costs.WORDS,
            complete=costs.cost_mapping,
        ),
    )
}


def plan_import(
    path: str | Path,
    *,
    shop: config.Shop,
    roles_known_types: Collection[str],
    source: str | None = None,
    mapping: Mapping[str, str] | None = None,
    now_us: int,
    hash_key: bytes,
) -> ImportPlan:
    """How a file will be read: its source, its columns, its dates and numbers. Nothing is stored.

    Parameters
    ----------
    path
        CSV (any delimiter), JSON Lines, Parquet, Arrow or Excel; the kind is found in the bytes.
    shop
        Gives the currency, and the time zone of times without an offset.
    roles_known_types
        Event types that the shop's profile knows, beside ``schema.EVENT_TYPES``.
    source
        A name of :data:`SOURCES`; None: found in the columns.
    mapping
        Target -> column, or ``=value`` for a constant; completes and overrides what is guessed.
    now_us
        The present, UTC microseconds; later times are rejected (one day is allowed).
    hash_key
        The shop's key for hashing contact data, 16 to 64 bytes.

    Raises
    ------
    FileError
        The file is missing, empty or of a kind that is not read.
    MappingError
        A needed column is not found, or the columns fit several sources: the message has the TOML to type.
    OptionError
        There is no such source.
    """
    return _plan(
        open_file(path), shop=shop, roles_known_types=roles_known_types, source=source, mapping=mapping,
        now_us=now_us, hash_key=hash_key,
    )  # fmt: skip


def plan_table(
    table: pa.Table,
    *,
    file: str = "table",
    shop: config.Shop,
    roles_known_types: Collection[str],
    source: str | None = None,
    mapping: Mapping[str, str] | None = None,
    now_us: int,
    hash_key: bytes,
) -> ImportPlan:
    """:func:`plan_import` for a table that is in memory, for example a data frame; rows count from 1."""
    records = TableRecords(table)
    opened = OpenFile(Path(file), "table", _table_sha256(table), records, ())
    return _plan(
        opened, shop=shop, roles_known_types=roles_known_types, source=source, mapping=mapping,
        now_us=now_us, hash_key=hash_key,
    )  # fmt: skip


def plan_replay(
    rejected: pa.Table,
    *,
    shop: config.Shop,
    roles_known_types: Collection[str],
    source: str | None = None,
    mapping: Mapping[str, str] | None = None,
    now_us: int,
    hash_key: bytes,
) -> ImportPlan:
    """Rejected lines of one import, to be read again with a mended mapping.

    Parameters
    ----------
    rejected
        Rows of ``events_rejected`` of one import; lines keep their ``source_row``.
    mapping
        The mapping of that import (``imports.mapping``) with what was mended; it holds the choices about dates
        and decimal marks that were made from the whole file, which the rejected lines alone would not repeat.
    source
        As for :func:`plan_import`; None: the source that the rows name.

    A line that could not be split into cells stays rejected: it has to be mended in the file.
    """
    records = ReplayRecords(rejected)
    opened = OpenFile(Path(records.file), "replay", records.sha256, records, ())
    return _plan(
        opened, shop=shop, roles_known_types=roles_known_types, source=source or records.source, mapping=mapping,
        now_us=now_us, hash_key=hash_key,
    )  # fmt: skip


def _plan(
    opened: OpenFile,
    *,
    shop: config.Shop,
    roles_known_types: Collection[str],
    source: str | None,
    mapping: Mapping[str, str] | None,
    now_us: int,
    hash_key: bytes,
) -> ImportPlan:
    records, given = opened.records, dict(mapping or {})
    sample = _sample(records)
    named = SOURCES[
        _known_source(source) if source else detect_source(SOURCES, sample, given, opened.path.name)
    ]
    given = checked_mapping(given, records.names, named.targets)
    found = source_mapping(named, sample, given)
    found |= vector_lengths(sample, found)
    require_targets(found, named.needs, records.names, file=opened.path.name, source=named.name)
    order, marks, choices, notes = file_formats(records, found, shop.currency)
    if named.name == "orders" and order_statuses.states_orders(records, found, marks):
        named = replace(named, kind="whole_orders", check=order_statuses.stated_orders, reads_whole=True)
    dropped, personal_notes = _personal(named, sample, found)
    reading = Reading(
        mapping={target: column for target, column in found.items() if target in named.targets},
        zone=shop.time_zone,
        currency=shop.currency,
        known_types=frozenset(roles_known_types) | frozenset(schema.EVENT_TYPES),
        now_us=now_us,
        hash_key=hash_key,
        date_order=order,
        marks=marks,
        dropped=dropped,
        keeps_broken_lines=(named.name == "orders" or not named.reads_whole) and not personal_notes,
        stated_us=_changed_us(opened.path, now_us),
    )
    used = dropped | vector_columns(found, records.names) | set(found.values())
    unused = [name for name in records.names if name not in used]
    notes = [
        *opened.notes,
        *named.notes,
        *notes,
        *_unused_note(named, unused),
        *personal_notes,
        *named.remarks(sample, found),
    ]
    masked = {target: masked_text(column, hash_key) for target, column in (found | choices).items()}
    return ImportPlan(
        path=opened.path, file=masked_text(opened.path.name, hash_key), sha256=opened.sha256, source=named.name,
        kind=named.kind, mapping=masked, notes=tuple(masked_text(note, hash_key) for note in notes), line_count_hint=records.line_count_hint, columns=records.names,
        reads_whole=named.reads_whole, records=records, reading=reading, check=named.check,
    )  # fmt: skip


def _changed_us(path: Path, now_us: int) -> int:
    """When a file was last changed, UTC microseconds, at most now; now for a table in memory."""
    return min(path.stat().st_mtime_ns // 1000, now_us) if path.is_file() else now_us


def _table_sha256(table: pa.Table) -> str:
    digest = hashlib.sha256(str(table.schema.remove_metadata()).encode())
    for batch in table.combine_chunks().to_batches():
        digest.update(batch.serialize())
    return digest.hexdigest()


def _sample(records: Records) -> pa.RecordBatch:
    for raw in records.batches(_SAMPLE_ROWS):
        if raw.cells.num_rows:
            # A batch of JSON lines may lack keys that come later in the file.
            read = dict(zip(raw.cells.schema.names, raw.cells.columns, strict=True))
            columns = [read.get(name, pa.nulls(raw.cells.num_rows, pa.string())) for name in records.names]
            return pa.record_batch(columns, names=list(records.names))
    return pa.record_batch([pa.array([], pa.string()) for _ in records.names], names=list(records.names))


def _known_source(name: str) -> str:
    if name not in SOURCES:
        raise OptionError(f"there is no source {name}.{nearest(name, SOURCES)}", allowed=", ".join(SOURCES))
    return name


def _personal(
    named: NamedSource, sample: pa.RecordBatch, mapping: Mapping[str, str]
) -> tuple[frozenset[str], list[str]]:
    """The columns of which nothing is stored, and what a reader should know about them."""
    if named.kind == "items":
        return frozenset(), []
    dropped = personal_columns(sample, mapping.values())
    notes = []
    if dropped:
        notes.append(f"personal, nothing of it is stored: {_listed(dropped)}")
    births = [name for name in sample.schema.names if name not in mapping.values() and is_birth_date(name)]
    if births and (named.kind == "customers" or named.name == "events"):
        notes.append(f"only the year is stored: {_listed(births)}")
    names = id_column_of_names(sample, mapping)
    if names:
        notes.append(
            f"{names} holds names of people: each becomes a keyed hash, and people of one name become one"
        )
    return frozenset(dropped), notes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (" and others" if len(names) > 12 else "")


def _unused_note(named: NamedSource, unused: Sequence[str]) -> tuple[str, ...]:
    if not unused:
        return ()
    listed = _listed(unused)
    if named.kind != "events" and not named.reads_whole:
        return (f"kept as attributes: {listed}",)
    return (
        (f"kept as properties: {listed}",) if named.name in ("events", "costs") else (f"not read: {listed}",)
    )
