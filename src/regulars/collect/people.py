"""Who a line is about, and how that person can be reached: the only place where contact data is kept as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from regulars import schema
from regulars.collect.cells import text
from regulars.collect.contacts import (
    is_hashed,
    keyed,
    phone_as_written,
    plain_email,
    plain_phone,
    rewritten,
)
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
    return _hashed(lines.cells("email"), plain_email, lines.reading.hash_key)


def phone_ids(lines: Lines) -> Array:
    """The keyed hash of the phone number of each line; null where there is none."""
    return _hashed(lines.cells("phone"), plain_phone, lines.reading.hash_key)


def names_person(lines: Lines) -> bool:
    """Whether the file has a column that can name a customer."""
    return any(lines.has(target) for target in PERSON_TARGETS)


def contact_rows(lines: Lines) -> pa.RecordBatch:
    """Rows of ``schema.CONTACTS`` of the accepted lines that name a person and a way to reach it, or its consent.

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
    consent = _consent(lines)
    # Who says no in a list without addresses may have left one in an order.
    says = pc.or_(pc.or_(email.is_valid(), phone.is_valid()), consent.is_valid())
    if not pc.any(says).as_py():
        return pa.record_batch([pa.array([], item.type) for item in layout], schema=layout)
    stated: Array = pa.array(np.full(lines.count, lines.reading.stated_us))
    if lines.has("time"):
        stated = pa.array(lines.times().occurred_us)
    batch = pa.record_batch(
        [person_ids(lines), email, phone, lines.text("country"), consent, stated], schema=layout
    )
    named = pc.and_(batch["user_id"].is_valid(), pa.array(lines.accepted))
    return batch.filter(pc.and_(named, says))


def _hashed(cells: Array, plain: Callable[[str], str | None], key: bytes) -> Array:
    """The keyed hashes of addresses or numbers; cells that were hashed before (lines that are replayed) stay."""

    def hashed(cell: str) -> str | None:
        if is_hashed(cell):
            return cell
        found = plain(cell)
        return None if found is None else keyed(found, key)

    return _each(text(cells), hashed)


def _if_hashed(as_id: Array, lines: Lines) -> Array:
    """Ids as received where what is stored is another text: those that are contact data or a name."""
    if as_id.null_count == len(as_id):
        return as_id
    same = pc.fill_null(pc.equal(as_id, lines.ids("user_id")), True)
    return pc.if_else(same, pa.scalar(None, pa.string()), as_id)


def _each(strings: Array, plain: Callable[[str], str | None]) -> Array:
    return rewritten(strings, strings.is_valid(), plain)


def _reachable(cell: str) -> str | None:
    return phone_as_written(cell) if plain_phone(cell) else None


def _consent(lines: Lines) -> Array:
    """What the cells about consent say; null where they say neither yes nor no."""
    coded = text(lines.cells("accepts_marketing")).dictionary_encode()
    yes, no = (frozenset(map(plain_word, words)) for words in (_YES, _NO))
    words = [plain_word(word) for word in coded.dictionary.to_pylist()]
    said = pa.array([True if word in yes else False if word in no else None for word in words], pa.bool_())
    return said.take(coded.indices)
