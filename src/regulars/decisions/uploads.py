"""The file that each tool takes: its columns, in its words, with addresses hashed where the tool matches hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.decisions.phones import e164

TOOLS: dict[str, str] = {
    "csv": "a plain table: ids, addresses, offers, items and reasons",
    "klaviyo": "profiles for a Klaviyo list, with properties that a message can use",
    "mailchimp": "contacts for a Mailchimp audience, with tags and text fields",
    "google": "a Google Ads Customer Match list: hashed addresses",
    "meta": "a Meta customer list: hashed addresses, ids and values",
}

ADVERTISING = ("google", "meta")
"""Tools whose lists hold people and nothing about them: one list is one audience, so it holds one offer."""

TEXT_BYTES = 255
"""Mailchimp cuts text fields behind so many bytes."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Upload:
    """A file for a tool: its columns and rows of text, empty where nothing is known."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


def upload(people: Sequence[Row], tool: str) -> Upload:
    """The columns and rows of a tool's file.

    Parameters
    ----------
    people
        One mapping per person: ``customer_id, email, phone`` (as received), ``country, offer_id, title``
        (of the offer), ``lever, channel, item_ids, item_titles`` (lists), ``reason`` (a sentence), ``clv``
        (money), ``run_id``.
    tool
        One of ``TOOLS``.

    Returns
    -------
    Upload
        klaviyo: the first column is ``Email``, ``Phone Number`` is E.164, every other column becomes a
        property of the profile. mailchimp: ``Email Address``, ``Phone Number``, ``Tags`` (comma between), text
        fields of at most 255 bytes. google: ``Email`` and ``Phone`` as SHA-256 in small hexadecimal letters
        (of the trimmed address in small letters, dots of a gmail.com name left out; of the E.164 number).
        meta: ``email``, ``phone`` (SHA-256; the number's digits without the plus sign), ``extern_id`` (the
        customer's id), ``value`` (expected margin, at least 0). csv: everything plain.

    Examples
    --------
    >>> upload([{"customer_id": "7", "email": "Ann.Lee@Gmail.com", "phone": None}], "google").columns
    ('Email', 'Phone')
    """
    make = {"csv": _plain, "klaviyo": _klaviyo, "mailchimp": _mailchimp, "google": _google, "meta": _meta}[
        tool
    ]
    made = [make(person) for person in people]
    columns = tuple(made[0]) if made else tuple(make({}))
    return Upload(columns, [tuple(row.values()) for row in made])


def _plain(person: Row) -> dict[str, str]:
    return {
        "customer_id": _text(person, "customer_id"),
        "email": _text(person, "email"),
        "phone": _text(person, "phone"),
        "offer_id": _text(person, "offer_id"),
        "offer": _text(person, "title"),
        "lever": _text(person, "lever"),
        "channel": _text(person, "channel"),
        "item_ids": ";".join(person.get("item_ids") or ()),
        "item_titles": ";".join(person.get("item_titles") or ()),
        "reason": _text(person, "reason"),
        "run_id": _text(person, "run_id"),
    }


def _klaviyo(person: Row) -> dict[str, str]:
    return {
        "Email": _text(person, "email"),
        "Phone Number": _phone(person),
        "regulars_customer_id": _text(person, "customer_id"),
        "regulars_offer_id": _text(person, "offer_id"),
        "regulars_offer": _text(person, "title"),
        "regulars_lever": _text(person, "lever"),
        "regulars_channel": _text(person, "channel"),
        "regulars_item_ids": ";".join(person.get("item_ids") or ()),
        "regulars_items": "; ".join(person.get("item_titles") or ()),
        "regulars_run_id": _text(person, "run_id"),
    }


def _mailchimp(person: Row) -> dict[str, str]:
    return {
        "Email Address": _text(person, "email"),
        "Phone Number": _phone(person),
        "Tags": ",".join(part for part in ("regulars", _text(person, "offer_id")) if part),
        "Offer": _cut(_text(person, "title")),
        "Items": _cut("; ".join(person.get("item_titles") or ())),
        "Item Codes": _cut(";".join(person.get("item_ids") or ())),
        "Customer ID": _cut(_text(person, "customer_id")),
    }


def _google(person: Row) -> dict[str, str]:
    email = _text(person, "email").strip().lower()
    name, at, domain = email.partition("@")
    if domain in ("gmail.com", "googlemail.com"):
        email = name.replace(".", "") + at + domain
    return {"Email": _hashed(email), "Phone": _hashed(_phone(person))}


def _meta(person: Row) -> dict[str, str]:
    return {
        "email": _hashed(_text(person, "email").strip().lower()),
        "phone": _hashed(_phone(person).removeprefix("+")),
        "extern_id": _text(person, "customer_id"),
        "value": f"{max(person.get('clv') or 0.0, 0.0):.2f}",
    }


def _text(person: Row, name: str) -> str:
    return str(person.get(name) or "")


def _phone(person: Row) -> str:
    return e164(person.get("phone"), person.get("country")) or ""


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest() if value else ""


def _cut(value: str) -> str:
    return value.encode()[:TEXT_BYTES].decode(errors="ignore")
