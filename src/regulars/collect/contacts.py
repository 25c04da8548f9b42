"""Contact data never enters the store: an e-mail address or phone number becomes a keyed hash.

The same address gives the same hash in one shop (so it still names one customer), and another one in every
other shop, because the key is the shop's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pyarrow as pa

from regulars.collect.kernels import Array, pc

PREFIX = "h:"

_EMAIL = r"""[^\s@,;:<>()"|]+@[^\s@,;:<>()"|]+\.[A-Za-z]{2,}"""
# Plain digits are an id as well as a phone number, so they count as a phone only with a plus sign, with the
# groups people write phones in, as a Chinese mobile number, or in a column that says so.
_PHONE = (
    r"(?:\+|00)\d[\d\s().\/-]{6,18}|\(0?\d{2,5}\)[\s-]?\d[\d\s-]{4,12}|0\d{2,5}[ \/-]\d[\d \/-]{4,12}"
    r"|\d{3}-\d{3}-\d{4}|1[3-9]\d{9}"
)
_DIGITS = r"\+?[\d\s().\/-]{7,20}"
_PHONE_COLUMN = re.compile(
    r"phone|mobile|mobil|telefon|téléphone|(^|[^a-z])tel([^a-z]|$)|handy|手机|电话", re.IGNORECASE
)
_EMAIL_INSIDE = re.compile(_EMAIL)
_PHONE_INSIDE = re.compile(r"(?<![\w.])\+\d[\d ().-]{7,16}\d(?!\w)")


def is_phone_column(name: str) -> bool:
    """Whether a column's name says that it holds phone numbers."""
    return _PHONE_COLUMN.search(name) is not None


def hashed_contact(value: str, key: bytes) -> str:
    """The keyed hash of an e-mail address (in lower case) or phone number (its digits).

    >>> hashed_contact("Ann@Example.org ", b"k") == hashed_contact("ann@example.org", b"k")
    True
    """
    plain = value.strip().lower()
    if "@" not in plain:
        plain = re.sub(r"\D", "", re.sub(r"^00", "+", plain))
    return PREFIX + hashlib.blake2b(plain.encode(), key=key, digest_size=16).hexdigest()


def hashed_contacts(strings: Array, key: bytes) -> Array:
    """:func:`hashed_contact` for each of the strings."""
    return _rewritten(strings, strings.is_valid(), lambda cell: hashed_contact(cell, key))


def without_contacts(strings: Array, key: bytes, column: str = "") -> Array:
    """The strings without contact data: a phone number, and an e-mail address anywhere in a cell, are hashed.

    >>> without_contacts(pa.array(["17850", "ann@example.org"]), b"k").to_pylist()[0]
    '17850'
    """
    phone = f"^(?:{_PHONE}|{_DIGITS})$" if is_phone_column(column) else f"^(?:{_PHONE})$"
    is_phone = pc.match_substring_regex(strings, phone)
    strings = _rewritten(strings, is_phone, lambda cell: hashed_contact(cell, key))
    has_email = pc.match_substring(strings, "@")
    return _rewritten(strings, has_email, lambda cell: _without_emails(cell, key))


def _rewritten(strings: Array, found: Array, rewrite: Callable[[str], str]) -> Array:
    """The strings, rewritten where ``found``; each distinct one once."""
    found = pc.fill_null(found, False)
    if not pc.any(found).as_py():
        return strings
    coded = strings.filter(found).dictionary_encode()
    texts = pa.array([rewrite(cell) for cell in coded.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(strings, found, texts.take(coded.indices))


def _without_emails(line: str, key: bytes) -> str:
    return _EMAIL_INSIDE.sub(lambda match: hashed_contact(match.group(), key), line)


def masked_text(line: str, key: bytes) -> str:
    """Free text with the e-mail addresses and international phone numbers in it replaced by hashes."""
    return _PHONE_INSIDE.sub(lambda match: hashed_contact(match.group(), key), _without_emails(line, key))


def masked_texts(strings: Array, key: bytes) -> Array:
    """:func:`masked_text` for each of the strings."""
    suspicious = pc.match_substring_regex(strings, r"@|\+\d")
    return _rewritten(strings, suspicious, lambda line: masked_text(line, key))
