"""Out: today's actions as the file that a mail or advertising tool takes, and a record of who was assigned what."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.decisions.audiences import Person, audience
from regulars.decisions.uploads import Upload, upload
from regulars.errors import FileError
from regulars.insight.calendar import day_of
from regulars.pipeline.rules import read_rules
from regulars.pipeline.run import read_offers
from regulars.pipeline.shop import Shop
from regulars.show.words import Words
from regulars.store.assignments import record_assignments
from regulars.store.contacts import read_contacts
from regulars.store.duckdb import Store
from regulars.store.lock import writing
from regulars.store.snapshot import current_run, read_table


@dataclass(frozen=True)
class Export:
    """A written file: where it lies (None where nobody is left to write to), who is in it and who is not.

    ``counts`` has ``in_file``, ``held_out`` and, of ``decisions.audiences.LEFT_OUT``, how many were left out
    for each reason; ``recorded_count`` is how many assignments were new. ``as_of`` is the run's day: what is
    bought after it counts as the lists' effect.
    """

    path: Path | None
    tool: str
    run_id: str
    counts: dict[str, int]
    recorded_count: int

    @property
    def as_of(self) -> dt.date:
        return dt.date.fromisoformat(self.run_id[:8])


def export_actions(
    shop: Shop,
    tool: str,
    output: str | Path | None = None,
    *,
    offers: Sequence[str] = (),
    include_unknown_consent: bool = False,
    force: bool = False,
    wait_seconds: float = 0.0,
    language: str = "en",
) -> Export:
    """Write the newest run's actions as the file that ``tool`` takes, and record who was assigned what.

    The file has contact data, so it is written beside the shop's folder and never inside it, readable by its
    owner alone, whole or not at all. Held-out customers, those whom ``rules.toml`` keeps out, those who did not
    agree to messages and those without the address that the tool needs are not in it. The people of the file
    and the held-out customers who passed the same questions become rows of ``schema.ASSIGNMENTS``: the next run
    compares the two.

    Parameters
    ----------
    tool
        One of ``decisions.uploads.TOOLS``: csv, klaviyo, mailchimp, google, meta.
    output
        Where to; by default ``SHOP-TOOL-RUN_ID.csv`` beside the shop's folder.
    offers
        Ids of offers; empty = all. google and meta take one at a time unless these name more.
    include_unknown_consent
        True: write to people of whom no file says whether they agreed, too. Whoever said no is never in it.
    force
        Write over a file that is there.
    wait_seconds
        How long to wait for another command that writes to the shop.
    language
        Of the reasons in a plain table.

    Raises
    ------
    OptionError
        Unknown tool or offer.
    FileError
        The output lies inside the shop's folder, is there already, or its folder is missing.
    ShopError
        Nothing was run yet.
    StoreBusy
        Another command writes to the shop, and still does after ``wait_seconds``.
    """
    run = current_run(shop.folder)
    path = _output_path(shop, tool, run.name, output, force)
    with writing(shop.folder, "export", wait_seconds), shop.store() as store:
        shop.refuse_open_erasure()
        found = audience(
            read_table(run, "actions"),
            _customers(run, _margin_rate(store, run.name, shop)),
            _contacts(shop, store),
            read_offers(shop),
            read_rules(shop),
            tool,
            assigned_day=day_of(dt.date.fromisoformat(run.name[:8])),
            only=offers,
            include_unknown_consent=include_unknown_consent,
        )
        if not found.people:
            return Export(None, tool, run.name, found.counts, 0)
        words = Words(language, shop.settings.shop.currency, separator=",", minus="-")
        people = _described(found.people, run, words)
        with _written_beside(path, upload(people, tool)):
            # Recorded before the file appears: a file without a record could never be measured.
            recorded = record_assignments(store, found.assignments)
    return Export(path, tool, run.name, found.counts, recorded)


def _output_path(shop: Shop, tool: str, run_id: str, output: str | Path | None, force: bool) -> Path:
    folder = shop.folder.resolve()
    path = (
        Path(output).resolve() if output is not None else folder.parent / f"{folder.name}-{tool}-{run_id}.csv"
    )
    if path.is_relative_to(folder):
        raise FileError(
            f"{path} lies inside the shop's folder, where no contact data may lie",
            allowed="a file outside it",
            fix=f"--output {folder.parent / path.name}",
        )
    if not path.parent.is_dir():
        raise FileError(f"there is no folder {path.parent}", fix=f"mkdir -p {path.parent}")
    if path.exists() and not force:
        raise FileError(f"{path} is there already", fix="name another file with --output, or say --force")
    return path


def _margin_rate(store: Store, run_id: str, shop: Shop) -> float:
    """The margin rate that the run counted with."""
    runs = [row for row in store.read(store.table("runs")).to_pylist() if row["run_id"] == run_id]
    notes = json.loads(max(runs, key=lambda row: row["started_at"])["notes"]) if runs else []
    used = [note["values"]["margin_rate"] for note in notes if note["code"].startswith("margin_")]
    return float(used[0]) if used else shop.settings.value.margin_rate


def _customers(run: Path, margin_rate: float) -> pa.Table:
    """What the audience needs of every customer; the margin expected without an action, 0 where unknown."""
    scores = read_table(run, "customer_scores")
    orders, value = (
        np.nan_to_num(np.asarray(scores.column(name).to_numpy(), dtype=np.float64))
        for name in ("expected_purchases", "expected_order_value")
    )
    groups = read_table(run, "segments", columns=["value_group"])  # the same customers in the same order
    return pa.table(
        {
            "customer_id": scores.column("customer_id"),
            "stage": scores.column("stage"),
            "value_group": groups.column("value_group"),
            "churn_probability": scores.column("churn_probability"),
            "expected_margin": margin_rate * orders * np.maximum(value, 0.0),
            "clv": scores.column("clv"),
        }
    )


def _contacts(shop: Shop, store: Store) -> pa.Table:
    """The contact of each customer: of the ids that are one customer, what was stated last, cell by cell; of a yes
    and a no that were stated together the no counts."""
    contacts = read_contacts(shop.folder)
    known = store.read(store.table("identities"))
    joined = known.filter(pc.field("id_kind") == "user")
    place: Any = pc.index_in(contacts.column("user_id"), value_set=joined.column("id").combine_chunks())
    merged = joined.column("customer_id").combine_chunks().take(pc.cast(place, pa.int64()).combine_chunks())
    ids: Any = pc.coalesce(merged, contacts.column("user_id"))
    table = contacts.append_column("customer_id", ids).sort_by(
        [
            ("customer_id", "ascending"),
            ("stated_us", "ascending"),
            ("accepts_marketing", "descending"),
            ("user_id", "ascending"),
        ]
    )
    latest: dict[str, dict[str, Any]] = {}
    for row in table.to_pylist():
        into = latest.setdefault(row["customer_id"], dict.fromkeys(row))
        into.update({name: cell for name, cell in row.items() if cell is not None})
    names = ["customer_id", "email", "phone", "country", "accepts_marketing"]
    kinds = pa.schema([(name, pa.bool_() if name == "accepts_marketing" else pa.string()) for name in names])
    return pa.Table.from_pylist([{name: row[name] for name in names} for row in latest.values()], kinds)


def _described(people: Sequence[Person], run: Path, words: Words) -> list[Person]:
    """People with the titles of their items and the reason in words."""
    items = read_table(run, "item_features", columns=["item_id", "title"])
    titles = dict(zip(items.column("item_id").to_pylist(), items.column("title").to_pylist(), strict=True))
    return [
        {
            **person,
            "item_titles": [titles.get(item) or item for item in person["item_ids"] or ()],
            "reason": words.reason(person["reason_code"], person["reason_values"]),
        }
        for person in people
    ]


@contextlib.contextmanager
def _written_beside(path: Path, content: Upload) -> Iterator[None]:
    """Write a file under another name, and give it its own when the block has ended well."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    draft = Path(name)  # mkstemp makes it readable by its owner alone
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(content.columns)
            writer.writerows(content.rows)
        yield
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
