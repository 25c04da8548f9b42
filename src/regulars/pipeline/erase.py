"""A person leaves a shop: found by address, number or id, removed from everything, and kept out of later imports."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import narwhals as nw

from regulars.collect.contacts import masked_text
from regulars.collect.erasures import ErasedPeople
from regulars.errors import OptionError
from regulars.insight.calendar import date_of
from regulars.pipeline.evaluate import FOLDER as EVALUATION
from regulars.pipeline.persons import Known, erased_keys, quarantined_lines
from regulars.pipeline.report import FILE_NAME as REPORT
from regulars.pipeline.shop import ERASURE_JOURNAL, STORE_FILE, Shop
from regulars.store import erasure
from regulars.store.contacts import read_contacts, remove_contacts
from regulars.store.duckdb import Store
from regulars.store.erasure import Leaving
from regulars.store.lock import writing

RECEIPTS = "receipts"

_OWN_FILES = frozenset(
    ("regulars.toml", "offers.toml", "rules.toml", "access.json", "lock", "CURRENT", REPORT, ERASURE_JOURNAL)
)
_OWN_FOLDERS = frozenset(("published", "models", EVALUATION, RECEIPTS, ".spill"))
_COMPRESSED = frozenset(
    (".xlsx", ".zip", ".gz", ".parquet", ".arrow", ".feather", ".zst", ".bz2", ".xz", ".tar")
)


@dataclass(frozen=True)
class Receipt:
    """What an erasure removed: counts and places, and nothing that names the person.

    ``rows`` counts by table of the store (``contacts`` among them), ``results`` by ``run/table``; ``files`` were
    removed whole. ``exported`` are files that left the shop with the person in them, each with ``audience``,
    ``run_id`` and ``assigned_on``; ``elsewhere`` are files in the shop's folder that Regulars did not write and
    that name the person, or cannot be looked into. ``erased_keys`` keep the person out of later imports. ``path``
    is the receipt's own file in the shop's folder; empty where there was nothing to do.
    """

    erased_at: str
    person_count: int
    erased_keys: tuple[str, ...]
    rows: dict[str, int] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    exported: tuple[dict[str, str], ...] = ()
    elsewhere: tuple[str, ...] = ()
    path: str = ""


def erase(
    shop: Shop, persons: Sequence[str], *, also_if_unknown: bool = False, wait_seconds: float = 0.0
) -> Receipt:
    """Remove people from a shop and keep them out of later imports of old files.

    Removed are their events, orders, attributes, contacts, lines in quarantine, links to devices, assignments,
    their rows of every published run, models that keep what customers bought, the evaluation and the report. The
    store's file is written anew, so that nothing of them is left in its bytes. A process that is killed leaves
    the state before, or one that the same command finishes.

    Parameters
    ----------
    persons
        E-mail addresses, phone numbers, customer ids or device ids; ``email:``, ``phone:``, ``id:`` and
        ``device:`` before one say which it is. The customers that share an address of theirs go with them.
    also_if_unknown
        Keep people of whom the shop knows nothing out of later imports, instead of refusing.

    Raises
    ------
    OptionError
        The shop knows nothing of a person (nothing was erased then), or one of them could be two.
    StoreBusy
        Another command uses the shop.
    """
    with writing(shop.folder, "erase", wait_seconds):
        finished = finish_erasure(shop)
        with shop.store() as store:
            leaving, receipt = _prepared(shop, store, persons, also_if_unknown)
            is_new = bool(receipt.rows or receipt.results) or not _is_kept_out(store, leaving)
        if not is_new:
            return finished or replace(receipt, path="")
        _write_journal(shop.folder, leaving, receipt)
        return finish_erasure(shop) or receipt


def finish_erasure(shop: Shop) -> Receipt | None:
    """Carry out what the journal of an erasure says, from its start; None where there is no journal.

    Every step may be repeated, so an erasure that was killed is finished by the next one.
    """
    folder, path = shop.folder, shop.folder / ERASURE_JOURNAL
    erasure.tidy(folder)
    if not path.is_file():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    leaving = Leaving(**{name: _as_tuple(value) for name, value in record["leaving"].items()})
    receipt = Receipt(**{name: _as_tuple(value) for name, value in record["receipt"].items()})
    if shop.memory is not None:
        erasure.delete_rows(shop.memory, leaving)
    else:
        erasure.rewrite_store(folder / STORE_FILE, leaving)
    erasure.rewrite_results(folder, leaving)
    for name in receipt.files:
        place = folder / name
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    # The contacts go last: they say which ids an address belongs to.
    remove_contacts(folder, leaving.users)
    if receipt.path:
        _write_private(folder / receipt.path, asdict(receipt))
    path.unlink()
    return receipt


def _prepared(
    shop: Shop, store: Store, persons: Sequence[str], also_if_unknown: bool
) -> tuple[Leaving, Receipt]:
    """Who leaves, and what will go: everything is counted before anything is removed."""
    contacts = read_contacts(shop.folder).select(["user_id", "email", "phone"]).to_pylist()
    known = Known(store, contacts, shop.hash_key)
    found = [known.person(person) for person in persons]
    unknown = [number for number, one in enumerate(found, start=1) if not one.is_known]
    if unknown and not also_if_unknown:
        raise OptionError(
            f"the shop knows nothing of {_numbered(unknown, len(persons))}; nothing was erased",
            allowed="an e-mail address, phone number, customer id or device id, spelled as in the files",
            fix="look at the spelling, or keep the person out of later imports all the same: --also-if-unknown",
        )
    users = frozenset[str]().union(*(one.users for one in found))
    devices = frozenset[str]().union(*(one.devices for one in found))
    people = ErasedPeople(erased_keys(users, devices, shop.hash_key), shop.hash_key)
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    leaving = Leaving(
        tuple(sorted(users)),
        tuple(sorted(devices)),
        quarantined_lines(store, people),
        tuple(sorted(people.keys)),
        now,
    )
    return leaving, _receipt(shop, store, leaving, contacts, len(persons))


def _is_kept_out(store: Store, leaving: Leaving) -> bool:
    kept = store.read(store.table("erased").filter(nw.col("erased_key").is_in(list(leaving.keys))))
    return bool(kept.num_rows == len(leaving.keys))


def _receipt(
    shop: Shop, store: Store, leaving: Leaving, contacts: Sequence[dict[str, Any]], person_count: int
) -> Receipt:
    mine = [row for row in contacts if row["user_id"] in set(leaving.users)]
    rows = erasure.counts(store, leaving)
    if mine:
        rows["contacts"] = len(mine)
    results = erasure.result_counts(shop.folder, leaving)
    exported = tuple(
        {
            "audience": one["audience"],
            "run_id": one["run_id"],
            "assigned_on": str(date_of(one["assigned_day"])),
        }
        for one in erasure.assigned(store, leaving)
    )
    removed = rows or results
    files = tuple(_files_to_remove(shop.folder, leaving)) if removed else ()
    words = [row[name] for row in mine for name in ("email", "phone") if row[name]]
    elsewhere = tuple(masked_text(name, shop.hash_key) for name in _elsewhere(shop.folder, words))
    stamp = "".join(letter for letter in leaving.erased_at[:19] if letter.isdigit())
    number = hash_of(leaving.keys)
    return Receipt(
        leaving.erased_at, person_count, leaving.keys, rows, results, files, exported, elsewhere,
        path=f"{RECEIPTS}/erased-{stamp}-{number}.json",
    )  # fmt: skip


def hash_of(keys: Sequence[str]) -> str:
    """A short name for a set of erased people."""
    return min(keys).removeprefix("e:")[:8] if keys else "nobody"


def _files_to_remove(folder: Path, leaving: Leaving) -> Iterator[str]:
    """Files that hold what customers bought, or numbers and pictures that were made of them."""
    for path in sorted((folder / "models").glob("**/model.json")):
        # A recommender keeps who bought what; the next run makes it anew.
        if '"customers_"' in path.read_text(encoding="utf-8"):
            yield path.parent.relative_to(folder).as_posix()
    for name in (EVALUATION, REPORT):
        if (folder / name).exists():
            yield name


def _elsewhere(folder: Path, words: Sequence[str]) -> Iterator[str]:
    """Files in the shop's folder that Regulars did not write, and that name one of the words or cannot be read."""
    needles = [word.lower().encode() for word in words]
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        own = (
            place.parts[0] in _OWN_FOLDERS
            or path.name in _OWN_FILES
            or path.name.startswith((STORE_FILE, "contacts.parquet"))
        )
        if own or not path.is_file():
            continue
        if path.suffix.lower() in _COMPRESSED:
            yield place.as_posix()
            continue
        with contextlib.suppress(OSError):
            content = path.read_bytes().lower()
            if any(needle in content for needle in needles):
                yield place.as_posix()


def _numbered(unknown: Sequence[int], count: int) -> str:
    """Which of the persons, without naming them: what is said here may end in a log."""
    if count == 1:
        return "this person"
    return f"{', '.join(f'number {number}' for number in unknown)} of the {count} persons"


def _write_journal(folder: Path, leaving: Leaving, receipt: Receipt) -> None:
    _write_private(folder / ERASURE_JOURNAL, {"leaving": asdict(leaving), "receipt": asdict(receipt)})


def _write_private(path: Path, record: dict[str, Any]) -> None:
    """A JSON file for its owner alone, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f".{path.name.lstrip('.')}.draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        json.dump(record, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
