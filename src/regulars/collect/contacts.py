"""Contact data never enters the store: an e-mail address or phone number becomes a keyed hash.

The same address gives the same hash in one shop (so it still names one customer), and another one in every
other shop, because the key is the shop's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache

import pyarrow as pa

from regulars.collect.kernels import Array, pc

PREFIX = "h:"

# %40 is how links in exports write the sign, and the last one is how Chinese keyboards do.
_AT = "(?:@|%40|＠)"
_EMAIL = rf"""[^\s@＠,;:<>()"'|=&?/\\][^\s@＠,;:<>()"|=&?/\\]*{_AT}(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{{2,}})"""
# Plain digits are an id as well as a phone number, so they count as a phone only with a plus sign, with the
# groups people write phones in, as a Chinese mobile number, or in a column that says so.
_PHONE = (
    r"(?:\+|00\d{0,3}[\s().\/-])\d?[\d\s().\/-]{6,18}|\(0?\d{2,5}\)[\s-]?\d[\d\s-]{4,12}"
    r"|0\d{2,5}[ \/-]\d[\d \/-]{4,12}|\d{3}-\d{3}-\d{4}|1[3-9]\d{9}"
)
_DIGITS = r"\+?[\d\s().\/-]{7,20}"
_PHONE_COLUMN = re.compile(
    r"phone|mobile|mobil|telefon|téléphone|(^|[^a-z])tel([^a-z]|$)|handy|手机|电话", re.IGNORECASE
)
_EMAIL_INSIDE = re.compile(_EMAIL, re.IGNORECASE)
_PHONE_INSIDE = re.compile(r"(?<![\w.])(?:\+\d[\d ().-]{7,16}\d|\(0\d{1,4}\) ?\d[\d -]{4,10}\d)(?!\w)")
_PHONE_CELL = re.compile(r"\+?[\d\s().\/·-]+")
_EXTENSION = re.compile(r"\s*(?:ext\.?|extension|x|durchwahl|poste|转)\s*\d{1,6}$", re.IGNORECASE)
_HASHED = r"h:[0-9a-f]{32}"


def is_phone_column(name: str) -> bool:
    """Whether a column's name says that it holds phone numbers."""
    return _PHONE_COLUMN.search(name) is not None


# A file names most people many times, and each of their cells is asked for several times.
@lru_cache(1 << 17)
def plain_email(cell: str) -> str | None:
    """The e-mail address of a cell in one spelling; None where it holds none, or more than an address and a name.

    >>> plain_email(" Ann <mailto:Ann@Example.org> "), plain_email("none")
    ('ann@example.org', None)
    """
    found = _EMAIL_INSIDE.findall(cell)
    if len(found) != 1:
        return None
    return re.sub(_AT, "@", found[0].strip(".").lower(), flags=re.IGNORECASE)


def plain_phone(cell: str) -> str | None:
    """The digits of a phone number; None where a cell is no phone number.

    A leading ``00`` is a plus sign, ``(0)`` after a country code is no digit of the number, and an extension is
    left out. A number without its country stays without: ``020 7946 0958`` and ``+44 20 7946 0958`` are two
    numbers, because the country of an order need not be that of a phone.

    >>> plain_phone("'+44 (0)20 7946-0958"), plain_phone("0044.20.7946.0958"), plain_phone("020 7946 0958")
    ('442079460958', '442079460958', '02079460958')
    >>> plain_phone("4.42E+11"), plain_phone("12345"), plain_phone("0000000000")
    (None, None, None)
    """
    written = _EXTENSION.sub("", phone_as_written(cell))
    if not _PHONE_CELL.fullmatch(written):
        return None
    written = re.sub(r"^00", "+", written)
    if written.startswith("+"):
        written = written.replace("(0)", "")
    digits = re.sub(r"\D", "", written)
    # A placeholder such as 0000000000 would make one customer of many.
    return digits if 7 <= len(digits) <= 15 and len(set(digits)) > 1 else None


def phone_as_written(cell: str) -> str:
    """A phone number without what spreadsheets and links put before and after it.

    >>> phone_as_written("'+44 20 7946 0958"), phone_as_written("tel:02079460958"), phone_as_written("447946.0")
    ('+44 20 7946 0958', '02079460958', '447946')
    """
    return re.sub(r"^(?:tel:|\s|['’`=\"])+|(?<=\d)\.0$|[\s\"]+$", "", cell, flags=re.IGNORECASE)


def is_hashed(value: str) -> bool:
    """Whether a text is a keyed hash already."""
    return re.fullmatch(_HASHED, value) is not None


def hashed_contact(value: str, key: bytes) -> str:
    """The keyed hash of an e-mail address or phone number, the same for every spelling of it.

    >>> hashed_contact("Ann@Example.org ", b"k") == hashed_contact("mailto:ann@example.org", b"k")
    True
    """
    if is_hashed(value):
        return value
    return keyed(plain_email(value) or plain_phone(value) or value.strip().lower(), key)


def hashed_name(value: str, key: bytes) -> str:
    """The keyed hash of a person's name, whatever its capitals and blanks."""
    return value if is_hashed(value) else keyed(" ".join(value.lower().split()), key)


def keyed(plain: str, key: bytes) -> str:
    """The keyed hash of a text."""
    return PREFIX + hashlib.blake2b(plain.encode(), key=key, digest_size=16).hexdigest()


def hashed_contacts(strings: Array, key: bytes) -> Array:
    """:func:`hashed_contact` for each of the strings."""
    return rewritten(strings, strings.is_valid(), lambda cell: hashed_contact(cell, key))


def without_contacts(strings: Array, key: bytes, column: str = "") -> Array:
    """The strings without contact data: a phone number, and an e-mail address anywhere in a cell, are hashed.

    >>> without_contacts(pa.array(["17850", "ann@example.org"]), b"k").to_pylist()[0]
    '17850'
    """
    phone = f"^(?:{_PHONE}|{_DIGITS})$" if is_phone_column(column) else f"^(?:{_PHONE})$"
    is_phone = pc.match_substring_regex(strings, phone)
    strings = rewritten(strings, is_phone, lambda cell: hashed_contact(cell, key))
    return rewritten(strings, _has_at(strings), lambda cell: _without_emails(cell, key))


def rewritten(strings: Array, found: Array, rewrite: Callable[[str], str | None]) -> Array:
    """The strings, rewritten where ``found``; each distinct one once."""
    found = pc.fill_null(found, False)
    if not pc.any(found).as_py():
        return strings
    coded = strings.filter(found).dictionary_encode()
    texts = pa.array([rewrite(cell) for cell in coded.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(strings, found, texts.take(coded.indices))


def _has_at(strings: Array) -> Array:
    return pc.match_substring_regex(strings, _AT)


def _without_emails(line: str, key: bytes) -> str:
    return _EMAIL_INSIDE.sub(lambda match: hashed_contact(match.group(), key), line)


def masked_text(line: str, key: bytes) -> str:
    """Free text with the e-mail addresses and the phone numbers with a plus sign in it replaced by hashes."""
    return _PHONE_INSIDE.sub(lambda match: hashed_contact(match.group(), key), _without_emails(line, key))


def masked_texts(strings: Array, key: bytes) -> Array:
    """:func:`masked_text` for each of the strings."""
    suspicious = pc.match_substring_regex(strings, rf"{_AT}|\+\d|\(0\d")
    return rewritten(strings, suspicious, lambda line: masked_text(line, key))
