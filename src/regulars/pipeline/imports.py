"""Files -> the store: plan, check, land; and the replay of rejected lines."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa

from regulars.collect.erasures import ErasedPeople
from regulars.collect.identity import identity_map
from regulars.collect.plan import ImportPlan
from regulars.collect.sources import plan_import, plan_replay, plan_table
from regulars.errors import ShopError
from regulars.models.tables import to_arrow
from regulars.pipeline.days import keep_last_full_day
from regulars.pipeline.order_sums import OrderSums
from regulars.pipeline.progress import Progress
from regulars.pipeline.shop import Shop
from regulars.schema import EVENT_TYPES
from regulars.store.contacts import merge_contacts
from regulars.store.duckdb import Store
from regulars.store.landing import OPEN_IMPORT, Landing
from regulars.store.lock import writing


@dataclass(frozen=True)
class ImportReport:
    """What became of one file, in lines: ``read = stored + duplicate + rejected + erased``.

    ``anonymous`` is a part of stored. ``updated`` counts orders whose stored version gave way to a later one;
    their lines are a part of stored. ``older`` counts orders that the store knows in a later version than the
    file's, which therefore stayed; their lines are a part of duplicate. ``notes`` were known before the file was
    read, ``found_notes`` only after. ``sums`` has one record per currency of a file of whole orders.
    """

    file: str
    source: str
    import_id: str
    mapping: Mapping[str, str]
    notes: tuple[str, ...]
    read: int
    stored: int
    duplicate: int
    rejected: int
    erased: int
    updated: int
    older: int
    anonymous: int
    rejected_codes: Mapping[str, int]
    found_notes: tuple[str, ...] = ()
    sums: tuple[Mapping[str, Any], ...] = ()


def now_us() -> int:
    """The clock, read here and nowhere deeper."""
    return int(dt.datetime.now(tz=dt.UTC).timestamp() * 1_000_000)


def import_files(
    shop: Shop,
    paths: Sequence[Path],
    *,
    source: str | None = None,
    mapping: Mapping[str, str] | None = None,
    wait_seconds: float = 0.0,
    progress: Progress | None = None,
    show_plan: Callable[[ImportPlan], None] | None = None,
) -> list[ImportReport]:
    """Import files into a shop, each in one step: a file lands whole or not at all.

    Every file is planned before the first is read, so that a wrong name or a missing column among many
    files changes nothing. ``show_plan`` is called with each plan before it is used.
    """
    plans = [
        plan_import(
            path, shop=shop.settings.shop, roles_known_types=EVENT_TYPES, source=source, mapping=mapping,
            now_us=now_us(), hash_key=shop.hash_key,
        )
        for path in paths
    ]  # fmt: skip
    progress = progress or Progress()
    with writing(shop.folder, "import", wait_seconds, progress.waiting):
        shop.refuse_open_erasure()
        return _land_all(shop, plans, progress, show_plan)


def import_frames(shop: Shop, frames: Iterable[Any], *, source: str | None = None) -> list[ImportReport]:
    """The same for data frames."""
    plans = [
        plan_table(
            to_arrow(frame)[0], file=f"frame-{number}", shop=shop.settings.shop,
            roles_known_types=EVENT_TYPES, source=source, mapping=None, now_us=now_us(), hash_key=shop.hash_key,
        )
        for number, frame in enumerate(frames, start=1)
    ]  # fmt: skip
    return _land_all(shop, plans, Progress(), None)


def replay_rejected(
    shop: Shop, *, mapping: Mapping[str, str] | None = None, import_id: str | None = None,
    wait_seconds: float = 0.0, progress: Progress | None = None,
) -> list[ImportReport]:  # fmt: skip
    """Send rejected lines through a (mended) mapping again; what passes leaves quarantine.

    Without ``import_id`` the lines of every import are replayed, each import with its own mapping;
    ``mapping`` lies over it.
    """
    progress = progress or Progress()
    reports = []
    with writing(shop.folder, "replay", wait_seconds, progress.waiting), shop.store() as store:
        shop.refuse_open_erasure()
        rejected = store.read(store.table("events_rejected"))
        imports = {row["import_id"]: row for row in store.read(store.table("imports")).to_pylist()}
        found: list[Any] = rejected.column("import_id").to_pylist()
        wanted = [import_id] if import_id else sorted(set(found))
        for name in wanted:
            if name not in imports:
                raise ShopError(f"there is no import {name}", allowed=", ".join(imports) or "none yet")
            rows = store.read(store.table("events_rejected").filter(nw.col("import_id") == name))
            if rows.num_rows == 0:
                continue
            record = imports[name]
            plan = plan_replay(
                rows, shop=shop.settings.shop, roles_known_types=EVENT_TYPES, source=record["source"],
                mapping={**json.loads(record["mapping"]), **(mapping or {})}, now_us=now_us(),
                hash_key=shop.hash_key,
            )  # fmt: skip
            source_rows: list[Any] = rows.column("source_row").to_pylist()
            reports.append(_land(shop, store, plan, progress, (name, source_rows)))
        _finish(shop, store)
    return reports


def _land_all(
    shop: Shop,
    plans: Sequence[ImportPlan],
    progress: Progress,
    show_plan: Callable[[ImportPlan], None] | None,
) -> list[ImportReport]:
    reports = []
    with shop.store() as store:
        try:
            for plan in plans:
                if show_plan:
                    show_plan(plan)
                reports.append(_land(shop, store, plan, progress, None))
        finally:
            if reports:  # what landed before a later file was stopped is whole, too
                _finish(shop, store)
    return reports


def _land(
    shop: Shop, store: Store, plan: ImportPlan, progress: Progress, replayed: tuple[str, list[int]] | None
) -> ImportReport:
    landing = Landing(store)
    landing.begin()
    import_id = f"{store.one('SELECT count(*) FROM imports')[0] + 1:06d}"
    codes: Counter[str] = Counter()
    notes: list[str] = []
    sums = OrderSums()
    contacts: list[pa.RecordBatch] = []
    people = ErasedPeople(store.read(store.table("erased")).column("erased_key").to_pylist(), shop.hash_key)
    erased = 0
    with progress.step("import", plan.line_count_hint):
        for seq, read in enumerate(plan.batches()):
            batch, left_out = people.without(read, plan.mapping)
            erased += left_out
            landing.add_events(batch.events)
            landing.add_orders(batch.orders)
            sums.add(batch.orders)
            landing.add_rejected(batch.rejected, import_id, plan.source, plan.file)
            landing.add_rows("items", batch.items, seq, counted=plan.kind == "items")
            landing.add_vectors(batch.vectors, seq)
            landing.add_rows("customers", batch.customers, seq, counted=plan.kind == "customers")
            found: list[Any] = batch.rejected.column("code").to_pylist()
            codes.update(found)
            notes += batch.notes
            contacts += [batch.contacts] if batch.contacts.num_rows else []
            progress.advance(batch.read_count)
    with progress.step("store"):
        notes += [
            f"{count} orders are in the shop already, from the source {other}, and now count twice: what one system sold "
            "belongs into a shop by one source; make a new shop with `regulars init DIR` and import the files there"
            for other, count in landing.known_elsewhere(plan.source).items()
        ]
        landing.compare(plan.source)
        if contacts:  # before the events: whoever dies in between imports the file again
            merge_contacts(shop.folder, pa.Table.from_batches(contacts))
        counts = landing.land(
            {
                "import_id": import_id,
                "source": plan.source,
                "file": plan.file,
                "sha256": plan.sha256,
                "mapping": json.dumps(dict(plan.mapping), sort_keys=True, ensure_ascii=False),
                "imported_at": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            },
            replayed,
            erased_count=erased,
            erased_keys=people.learned,
        )
    if landing.replaced_of_other_day:
        named = ", ".join(landing.replaced_of_other_day[:3])
        notes.append(
            f"{len(landing.replaced_of_other_day)} orders replaced one of the same number that was placed on another "
            f"day ({named}): are they orders of two shops?"
        )
    short = {name.removesuffix("_count"): count for name, count in counts.items()}
    report = ImportReport(
        plan.file, plan.source, import_id, dict(plan.mapping), plan.notes, **short,
        rejected_codes=dict(sorted(codes.items())), found_notes=tuple(notes), sums=tuple(sums.rows()),
    )  # fmt: skip
    progress.imported(report)
    return report


def finish_imports(shop: Shop, store: Store) -> None:
    """Do what follows the landing of files, if the last import was killed before it had."""
    if store.meta(OPEN_IMPORT) is not None:
        _finish(shop, store)


def _finish(shop: Shop, store: Store) -> None:
    """Make the identity map anew from every pair of ids that was seen together, and find the last full day."""
    links = store.links()
    if links.num_rows:
        store.write_identities(identity_map(links))
    keep_last_full_day(store, shop.settings, now_us())
    store.drop_meta(OPEN_IMPORT)
