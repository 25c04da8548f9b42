"""Lines about people who were erased do not come in again, from whichever old file they are read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa

from regulars.collect.contacts import hashed_contact
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import RAW_LINE, Bools
from regulars.collect.plan import CheckedBatch

IdKind = Literal["user", "device"]
PREFIX = "e:"

_HASHED = re.compile(r"h:[0-9a-f]{32}")
_BETWEEN_CELLS = re.compile(r"[\s,;|\"']+")


def erased_key(stored_id: str, hash_key: bytes, kind: IdKind = "user") -> str:
    """What is kept of an erased id: a keyed hash from which nobody can tell the id without the shop's key.

    >>> erased_key("17850", b"k") == erased_key("17850", b"other"), erased_key("17850", b"k")[:2]
    (False, 'e:')
    """
    digest = hashlib.blake2b(f"{kind} {stored_id}".encode(), key=hash_key, digest_size=16, person=b"erased")
    return PREFIX + digest.hexdigest()


class ErasedPeople:
    """Who was erased from a shop, and the way to leave them out of an import.

    Parameters
    ----------
    keys
        ``erased_key`` of the table ``erased``; without any, batches come back as they are at no cost.
    hash_key
        The shop's secret.

    A customer whom a file gives the e-mail address of an erased person (or, without an address, the phone
    number) is that person; ``learned`` are the keys of such ids, to be kept with the others.
    """

    def __init__(self, keys: Collection[Any], hash_key: bytes) -> None:
        self.keys, self.hash_key = frozenset(keys), hash_key
        self.learned: set[str] = set()

    def without(self, batch: CheckedBatch, mapping: Mapping[str, str]) -> tuple[CheckedBatch, int]:
        """The batch without their lines, and how many lines of the file these were.

        ``mapping`` is the plan's: it says where a line in quarantine names its customer.
        """
        if not self.keys:
            return batch, 0
        self._learn(batch.contacts)
        orders_out = self._users(batch.orders["user_id"])
        gone = batch.orders.filter(pa.array(orders_out))
        events_out = self._events(batch.events)
        if gone.num_rows:
            events_out |= np.asarray(pc.is_in(batch.events["order_id"], value_set=gone["order_id"]))
        customers_out = self._users(batch.customers["user_id"])
        rejected_out = self._rejected(batch.rejected, mapping)
        # The lines of a whole order are counted in its ledger row; its events are no lines.
        single = ~np.asarray(pc.is_in(batch.events["order_id"], value_set=batch.orders["order_id"]))
        lines_out = int(pc.sum(gone["line_count"]).as_py() or 0) + (events_out & single).sum()
        kept = replace(
            batch,
            events=batch.events.filter(pa.array(~events_out)),
            orders=batch.orders.filter(pa.array(~orders_out)),
            customers=batch.customers.filter(pa.array(~customers_out)),
            contacts=batch.contacts.filter(pa.array(~self._users(batch.contacts["user_id"]))),
            rejected=batch.rejected.filter(pa.array(~rejected_out)),
        )
        return kept, int(lines_out + customers_out.sum() + rejected_out.sum())

    def is_erased(self, stored_id: str, kind: IdKind = "user") -> bool:
        """Whether an id, as it would be stored, is one of theirs."""
        key = erased_key(stored_id, self.hash_key, kind)
        return key in self.keys or key in self.learned

    def _learn(self, contacts: pa.RecordBatch) -> None:
        named = pa.Table.from_batches([contacts.select(["user_id", "email", "phone"])])
        # A person of many orders is asked for once.
        for row in named.group_by(named.column_names, use_threads=False).aggregate([]).to_pylist():
            # A phone may be a household's; an address is one person's.
            contact = row["email"] or row["phone"]
            if contact is None or self.is_erased(row["user_id"]):
                continue
            if self.is_erased(hashed_contact(contact, self.hash_key)):
                self.learned.add(erased_key(row["user_id"], self.hash_key))

    def _events(self, events: pa.RecordBatch) -> Bools:
        nobody = np.asarray(events["user_id"].is_null())
        return self._users(events["user_id"]) | (nobody & self._users(events["anonymous_id"], "device"))

    def _users(self, ids: Array, kind: IdKind = "user") -> Bools:
        coded = ids.dictionary_encode()
        erased = [self.is_erased(item, kind) for item in coded.dictionary.to_pylist()]
        known = pa.array(erased, pa.bool_()).take(coded.indices)
        return np.asarray(pc.fill_null(known, False))

    def _rejected(self, rejected: pa.RecordBatch, mapping: Mapping[str, str]) -> Bools:
        payloads = rejected["payload"].to_pylist()
        return np.array([self.is_named(str(payload), mapping) for payload in payloads], np.bool_)

    def is_named(self, payload: str, mapping: Mapping[str, str]) -> bool:
        """Whether a line in quarantine is about an erased person, as far as it can be read."""
        line = msgspec.json.decode(payload)
        user, device, email, phone = (
            _cell(line, mapping.get(name)) for name in ("user_id", "anonymous_id", "email", "phone")
        )
        # A phone may be a household's: it says who it is only where nothing else does.
        hashed = set(_HASHED.findall(payload)) - ({phone} if user or email else set())
        if any(self.is_erased(found) for found in hashed):
            return True
        if RAW_LINE in line:
            # It cannot be read again before it is mended, so a cell that may be an id is enough.
            words = set(_BETWEEN_CELLS.split(str(line[RAW_LINE]))) - {""}
            return any(self.is_erased(word) or self.is_erased(word, "device") for word in words)
        if user is not None:
            return self.is_erased(user)
        return device is not None and self.is_erased(device, "device")


def _cell(line: Mapping[str, object], column: str | None) -> str | None:
    value = line.get(column) if column else None
    return None if value is None or value == "" else re.sub(r"^(\d+)\.0$", r"\1", str(value).strip())
