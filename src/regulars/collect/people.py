"""Who a line is about, and how that person can be reached: the only place where contact data is kept as it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from regulars import schema
from regulars.collect.cells import text
from regulars.collect.contacts import hashed_contacts, phone_as_written, plain_email, plain_phone, rewritten
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Lines
from regulars.collect.vocabulary import plain_word

CONTACT_TARGETS = ("email", "phone", "accepts_marketing")
PERSON_TARGETS = ("user_id", "email", "phone")
"""Each of these alone names a customer."""

_YES = (
    "yes", "y", "true", "t", "1", "on", "subscribed", "subscriber", "opt_in", "opted_in", "single_opt_in", "double_opt_in",
    "confirmed_opt_in", "confirmed", "accepted", "accepts", "granted", "consented", "explicitly_granted",
    "ja", "j", "wahr", "abonniert", "angemeldet", "eingewilligt", "bestätigt", "zugestimmt",
    "oui", "o", "vrai", "abonné", "abonnée", "inscrit", "inscrite", "accepté", "consenti",
    "是", "有", "对", "真", "已订阅", "订阅", "同意", "已同意", "接受", "已接受",
)  # fmt: skip
# Who has not confirmed yet, or cannot be reached any more, has not agreed.
_NO = (
    "no", "n", "false", "f", "0", "off", "unsubscribed", "not_subscribed", "never_subscribed", "non_subscribed", "nonsubscribed",
    "opt_out", "opted_out", "pending", "invalid", "redacted", "cleaned", "bounced", "suppressed", "archived", "transactional",
    "denied", "declined", "withdrawn", "revoked", "rejected", "inactive", "unconfirmed",
    "nein", "falsch", "abgemeldet", "nicht abonniert", "widerrufen", "abgelehnt",
    "non", "faux", "désabonné", "désabonnée", "désinscrit", "désinscrite", "non abonné", "refusé",
    "否", "无", "错", "假", "未订阅", "退订", "已退订", "不同意", "未同意", "拒绝", "取消订阅",
)  # fmt: skip


def person_ids(lines: Lines) -> Array:
    """The customer's id of each line; null where a line names nobody.

    The shop's own id where the file has one, else the keyed hash of the e-mail address, else that of the phone
    number. Spellings of an address or number agree (see ``contacts.py``), but a number without its country and
    the same number with it do not: the country of an order need not be that of a phone. An id that is itself an
    address, a number or a person's name is a keyed hash.
    """
    return pc.coalesce(lines.ids("user_id"), email_ids(lines), phone_ids(lines))


def email_ids(lines: Lines) -> Array:
    """The keyed hash of the e-mail address of each line; null where there is none."""
    return hashed_contacts(_identifying(lines.cells("email"), plain_email), lines.reading.hash_key)


def phone_ids(lines: Lines) -> Array:
    """The keyed hash of the phone number of each line; null where there is none."""
    return hashed_contacts(_identifying(lines.cells("phone"), plain_phone), lines.reading.hash_key)


def names_person(lines: Lines) -> bool:
    """Whether the file has a column that can name a customer."""
    return any(lines.has(target) for target in PERSON_TARGETS)


def contact_rows(lines: Lines) -> pa.RecordBatch:
    """Rows of ``schema.CONTACTS`` of the accepted lines that name a person and a way to reach it.

    Where the id of a line is an e-mail address or a phone number, that is a way to reach the person as well. A file
    without times (a list of customers) says what holds on the day the file was last changed.
    """
    layout = schema.CONTACTS.arrow_schema()
    if not names_person(lines):
        return pa.record_batch([pa.array([], item.type) for item in layout], schema=layout)
    as_id = text(lines.cells("user_id"))
    by_id = _if_hashed(as_id, lines)
    email = pc.coalesce(_each(text(lines.cells("email")), plain_email), _each(by_id, plain_email))
    phone = pc.coalesce(_each(text(lines.cells("phone")), _reachable), _each(by_id, _reachable))
    reachable = pc.or_(email.is_valid(), phone.is_valid())
    if not pc.any(reachable).as_py():
        return pa.record_batch([pa.array([], item.type) for item in layout], schema=layout)
    stated: Array = pa.array(np.full(lines.count, lines.reading.stated_us))
    if lines.has("time"):
        stated = pa.array(lines.times().occurred_us)
    batch = pa.record_batch(
        [person_ids(lines), email, phone, lines.text("country"), _consent(lines), stated], schema=layout
    )
    named = pc.and_(batch["user_id"].is_valid(), pa.array(lines.accepted))
    return batch.filter(pc.and_(named, reachable))


def _identifying(cells: Array, plain: object) -> Array:
    """Cells that are an address or a number, and those that were hashed before (lines that are replayed)."""
    strings = text(cells)
    hashed = pc.match_substring_regex(strings, "^h:[0-9a-f]{32}$")
    return pc.coalesce(_each(strings, plain), pc.if_else(hashed, strings, pa.scalar(None, pa.string())))


def _if_hashed(as_id: Array, lines: Lines) -> Array:
    """Ids as received where what is stored is another text: those that are contact data or a name."""
    if as_id.null_count == len(as_id):
        return as_id
    same = pc.fill_null(pc.equal(as_id, lines.ids("user_id")), True)
    return pc.if_else(same, pa.scalar(None, pa.string()), as_id)


def _each(strings: Array, plain: object) -> Array:
    return rewritten(strings, strings.is_valid(), plain)  # type: ignore[arg-type]


def _reachable(cell: str) -> str | None:
    return phone_as_written(cell) if plain_phone(cell) else None


def _consent(lines: Lines) -> Array:
    """What the cells about consent say; null where they say neither yes nor no."""
    coded = text(lines.cells("accepts_marketing")).dictionary_encode()
    yes, no = (frozenset(map(plain_word, words)) for words in (_YES, _NO))
    words = [plain_word(word) for word in coded.dictionary.to_pylist()]
    said = pa.array([True if word in yes else False if word in no else None for word in words], pa.bool_())
    return said.take(coded.indices)
