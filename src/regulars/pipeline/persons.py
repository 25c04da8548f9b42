"""An address, a number or an id -> everything that the shop knows one person by."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.collect.contacts import hashed_contact, hashed_name, plain_email, plain_phone
from regulars.collect.erasures import ErasedPeople, erased_key
from regulars.errors import OptionError
from regulars.schema import ANONYMOUS_PREFIX
from regulars.store import erasure
from regulars.store.duckdb import Store

KINDS = ("email", "phone", "id", "device")


@dataclass(frozen=True)
class Person:
    """Ids of one person as stored (``users``), devices, and whether the shop knows anything of them."""

    users: frozenset[str]
    devices: frozenset[str]
    is_known: bool


class Known:
    """What a shop knows people by: its store, and its contacts (``user_id``, ``email``, ``phone``)."""

    def __init__(self, store: Store, contacts: Sequence[dict[str, Any]], hash_key: bytes) -> None:
        self.store, self.contacts, self.key = store, contacts, hash_key
        self.reachable = {row["user_id"] for row in contacts}

    def person(self, words: str) -> Person:
        """Whom the words mean: an e-mail address, phone number, customer id, device id, or a name that is an id.

        ``email:``, ``phone:``, ``id:`` and ``device:`` before them say which it is.
        """
        kind, word = _kind(words)
        email = plain_email(word) if kind in ("", "email") else None
        digits = plain_phone(word) if kind in ("", "phone") and not email else None
        if kind in ("email", "phone") and not (email or digits):
            allowed = "an e-mail address" if kind == "email" else "a phone number of 7 to 15 digits"
            raise OptionError(f"what stands behind {kind}: is none", allowed=allowed)
        contact = {hashed_contact(word, self.key)} if email or digits else set()
        by_contact = self._known_users(contact | self._reached(email, digits))
        by_id, devices = set[str](), set[str]()
        if not email and kind != "phone":
            by_id = self._known_users({word, hashed_name(word, self.key)} if kind != "device" else ())
            plain = word.removeprefix(ANONYMOUS_PREFIX)
            devices = erasure.known_ids(self.store, (), {plain} if kind != "id" else ())[1]
        if digits and by_id and by_contact - by_id:
            raise OptionError(
                "a number is the id of one customer and the phone number of another",
                allowed="id:NUMBER or phone:NUMBER", fix="say which it is",
            )  # fmt: skip
        found = by_id | by_contact
        if not found and not devices and not contact:
            # Nobody yet: whoever comes under this id is kept out.
            found = {word} if kind != "device" else set()
            devices = {word} if kind != "id" else set()
            return self._person(found, devices, is_known=False)
        if by_id and not by_contact:
            contact = set()  # a number that is an id is no phone number of this person
        return self._person(found | contact, devices, is_known=bool(by_id or by_contact or devices))

    def _person(self, users: set[str], devices: set[str], *, is_known: bool) -> Person:
        users, devices = self._linked(users, devices)
        if not is_known:
            keys = erased_keys(users, devices, self.key)
            kept: list[Any] = self.store.read(self.store.table("erased")).column("erased_key").to_pylist()
            is_known = not keys.isdisjoint(kept)
            is_known = is_known or bool(quarantined_lines(self.store, ErasedPeople(keys, self.key)))
        return Person(frozenset(users), frozenset(devices), is_known)

    def _known_users(self, ids: Collection[str]) -> set[str]:
        """Of these ids those that the shop has a row or a contact of."""
        return erasure.known_ids(self.store, ids, ())[0] | (self.reachable & set(ids))

    def _reached(self, email: str | None, digits: str | None) -> set[str]:
        """The ids of customers with this address or number."""
        if email:
            return {row["user_id"] for row in self.contacts if row["email"] == email}
        if digits:
            return {row["user_id"] for row in self.contacts if plain_phone(row["phone"] or "") == digits}
        return set()

    def _linked(self, users: set[str], devices: set[str]) -> tuple[set[str], set[str]]:
        """These ids with the other ids of the same customers: by the identity map, and by a common e-mail address.

        A common phone number links nobody, because a household may have one; but the id that a number alone
        would get goes with the customer.
        """
        while True:
            before = (len(users), len(devices))
            users, devices = erasure.linked_ids(self.store, users, devices)
            mine = [row for row in self.contacts if row["user_id"] in users]
            emails = {row["email"] for row in mine if row["email"]}
            cells = (cell for row in mine for cell in (row["email"], row["phone"]) if cell)
            users |= {hashed_contact(cell, self.key) for cell in cells}
            users |= {row["user_id"] for row in self.contacts if row["email"] in emails}
            if (len(users), len(devices)) == before:
                return users, devices


def _kind(words: str) -> tuple[str, str]:
    kind, colon, word = words.strip().partition(":")
    if colon and kind in KINDS:
        return kind, word.strip()
    if not words.strip():
        raise OptionError("a person without a word", allowed="an e-mail address, phone number or id")
    return "", words.strip()


def erased_keys(users: Collection[str], devices: Collection[str], hash_key: bytes) -> frozenset[str]:
    """What is kept of these ids."""
    kept = {erased_key(user, hash_key) for user in users}
    return frozenset(kept | {erased_key(device, hash_key, "device") for device in devices})


def quarantined_lines(store: Store, people: ErasedPeople) -> tuple[str, ...]:
    """The ids of the lines in quarantine that are about these people."""
    imports = store.read(store.table("imports").select("import_id", "mapping")).to_pylist()
    mappings = {row["import_id"]: json.loads(row["mapping"]) for row in imports}
    return tuple(
        sorted(
            row["line_id"]
            for row in _quarantine(store)
            if people.is_named(row["payload"], mappings.get(row["import_id"], {}))
        )
    )


def _quarantine(store: Store) -> Iterator[dict[str, Any]]:
    frame = store.table("events_rejected").select("line_id", "import_id", "payload")
    for batch in store.batches(frame):
        yield from batch.to_pylist()
