"""Columns that name a person, a place where one lives, or a machine: what is in them is not stored.

Contact data has targets of its own (``email``, ``phone``); everything else here serves no feature and no export,
so it is dropped when it is read, from properties and attributes as well as from lines in quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec
import numpy as np
import pyarrow as pa

from regulars.collect.cells import text
from regulars.collect.contacts import (
    hashed_contact,
    hashed_name,
    masked_texts,
    plain_email,
    rewritten,
    without_contacts,
)
from regulars.collect.kernels import Array, pc
from regulars.collect.vocabulary import COLUMN_WORDS, plain_word

NameWord = Literal["always", "where it looks like one", "never"]

# What says whose name or address it is; the word that matters stands behind or before it.
_WHOSE = frozenset(
    (
        "billing", "shipping", "customer", "client", "buyer", "user", "member", "contact", "recipient", "receiver", "consignee", "reviewer", "author",
        "delivery", "invoice", "account", "default", "home", "mailing", "postal", "primary", "secondary", "guest", "person",
        "personal", "browser", "remote", "context", "traits", "geo", "the", "of",
        "kunde", "kunden", "rechnungs", "rechnung", "liefer", "lieferung", "versand", "besteller", "empfänger", "der", "des",
        "facturation", "livraison", "destinataire", "acheteur", "de", "du", "la", "le",
    )
)  # fmt: skip
_NAMES = (
    "name", "full_name", "first_name", "last_name", "middle_name", "given_name", "family_name", "surname", "fname", "lname",
    "maiden_name", "nickname", "username", "user_name", "screen_name", "login", "initials", "attention", "attn",
    "Vorname", "Nachname", "Familienname", "Vor- und Nachname", "Ansprechpartner", "Benutzername", "Spitzname",
    "nom", "prénom", "nom complet", "nom de famille", "nom et prénom", "prénom et nom", "interlocuteur", "pseudo",
    "firstname", "lastname", "fullname",
)  # fmt: skip
_PLACES = (
    "company", "company_name", "organization", "organisation", "address", "address_line", "address1", "address2", "street",
    "street_address", "street_name", "street_number", "house_number", "house_no", "apartment", "po_box", "zip", "zip_code", "postal_code",
    "postcode", "post_code", "latitude", "longitude", "lat", "lng", "lon", "coordinates", "location_coordinates",
    "Firma", "Firmenname", "Unternehmen", "Adresse", "Anschrift", "Adresszusatz", "Straße", "Strasse", "Hausnummer", "PLZ", "Postleitzahl",
    "société", "entreprise", "raison sociale", "rue", "numéro de rue", "complément d'adresse", "code postal", "CP",
)  # fmt: skip
_MACHINES = (
    "ip", "ip_address", "ip_addr", "client_ip", "addr", "mac_address", "imei", "idfa", "gaid", "advertising_id", "IP-Adresse",
    "adresse IP",
)  # fmt: skip
_PAPERS = (
    "iban", "bic", "account_number", "bank_account", "card_number", "credit_card", "credit_card_number", "card_holder",
    "cardholder_name", "passport", "passport_number", "ssn", "social_security_number", "national_id", "tax_id", "tax_number",
    "vat_number", "vat_id", "Kontonummer", "Kontoinhaber", "Steuernummer", "USt-IdNr", "Umsatzsteuer-ID", "Ausweisnummer",
    "numéro de carte", "numéro de TVA", "numéro de sécurité sociale",
)  # fmt: skip
# Chinese has no blanks between words, so a part of the name is enough.
_CHINESE = (
    "姓名", "名字", "姓氏", "收货人", "收件人", "联系人", "昵称", "用户名", "地址", "街道", "门牌", "邮编", "邮政编码", "公司", "身份证",
    "护照", "银行卡", "卡号", "税号", "邮箱", "电子邮件", "手机", "电话",
)  # fmt: skip
_BIRTH = (
    "birth_date", "date_of_birth", "birthday", "birthdate", "dob", "born", "born_on", "Geburtsdatum", "Geburtstag",
    "date de naissance", "naissance", "anniversaire", "生日", "出生日期",
)  # fmt: skip
# Names of id columns that hold a person's name, and those that may hold a name or a number.
_NAME_IDS = (
    "customer_name", "client_name", "buyer_name", "billing_name", "shipping_name", "Kundenname", "nom du client", "nom client",
    "Name des Kunden", "客户姓名", "客户名称", "买家姓名", "会员姓名",
)  # fmt: skip
_NAME_OR_NUMBER = (
    "customer", "client", "buyer", "user", "member", "Kunde", "Kundin", "Käufer", "acheteur", "客户", "用户", "买家", "会员",
)  # fmt: skip

_LOOKS_LIKE_A_NAME = r"^[^\d_@]*(?:[^\W\d_][.,]?\s+[^\W\d_]|[^\x00-\x7f])[^\d_@]*$|^[A-Z][a-z]+$"


_OBJECT = "properties."


def _plain(words: Sequence[str]) -> frozenset[str]:
    return frozenset(map(plain_word, words))


_PERSONAL = _plain(
    (*_NAMES, *_PLACES, *_MACHINES, *_PAPERS, *COLUMN_WORDS["email"], *COLUMN_WORDS["phone"], "IP地址", "fax")
)
_BIRTHS, _IDS_OF_NAMES, _IDS_OR_NAMES = _plain(_BIRTH), _plain(_NAME_IDS), _plain(_NAME_OR_NUMBER)


def is_personal(column: str, *, inside: str = "") -> bool:
    """Whether a column's name says that it holds a name, an address, contact data, papers or a machine's address.

    ``inside`` names the object whose key it is: in an object of its own, ``name`` is more often that of an item.

    >>> [is_personal(name) for name in ("First Name (Billing)", "Lieferadresse", "Shipping Zip", "收货地址", "ip")]
    [True, True, True, True, True]
    >>> [is_personal(name) for name in ("city", "product_name", "colour", "user_agent", "ship_date")]
    [False, False, False, False, False]
    """
    plain = plain_word(column)
    if inside or column.startswith(_OBJECT):
        column = column.removeprefix(_OBJECT)
        if plain_word(column) == "name":
            return is_personal(f"{inside.removesuffix('s')} name") and inside not in ("", "properties")
        return is_personal(column)
    if plain in _PERSONAL or plain in _IDS_OF_NAMES or any(word in column for word in _CHINESE):
        return True
    # A file without a header has its first line for names.
    return "@" in column or _without_whose(column) in _PERSONAL


def _without_whose(column: str) -> str:
    """A column's name without the words that say whose it is and without a number at its end."""
    spaced = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", column)
    words = [word.lower() for word in re.split(r"[\W_]+", spaced) if word and not word.isdigit()]
    kept = [word for word in words if word not in _WHOSE]
    plain = re.sub(r"\d+$", "", plain_word(" ".join(kept)))
    return re.sub(r"^(?:rechnungs|liefer|kunden|versand|empfanger)(?=.)", "", plain)


def is_birth_date(column: str) -> bool:
    """Whether a column's name says that it holds dates of birth, of which the year alone is kept."""
    return plain_word(column) in _BIRTHS or plain_word(_without_whose(column)) in _BIRTHS


def year_of(strings: Array) -> Array:
    """The year of dates of birth; null where none of four digits is written.

    >>> year_of(pa.array(["1984-03-05", "5.3.1984", "05/03/84"])).to_pylist()
    ['1984', '1984', None]
    """
    years = pc.extract_regex(strings, r"(?:^|\D)(?P<year>(?:19|20)\d\d)(?:\D|$)")
    return pc.struct_field(years, "year")


def names_in(column: str) -> NameWord:
    """Whether an id column holds people's names, by its own name."""
    plain = plain_word(column)
    if plain in _IDS_OF_NAMES or (is_personal(column) and _without_whose(column) in _plain(_NAMES)):
        return "always"
    return "where it looks like one" if plain in _IDS_OR_NAMES else "never"


def look_like_names(strings: Array) -> Array:
    """Where a cell looks like a person's name: words without digits, a capitalised word, or other letters than ASCII.

    >>> look_like_names(pa.array(["Ann Smith", "Schmidt", "王伟", "17850", "C-17", "ann", "ACME"])).to_pylist()
    [True, True, True, False, False, False, False]
    """
    return pc.fill_null(pc.match_substring_regex(strings, _LOOKS_LIKE_A_NAME), False)


def hashed_ids(strings: Array, key: bytes, column: str) -> Array:
    """Ids of customers without contact data and without people's names: these become keyed hashes."""
    with_address = pc.match_substring(strings, "@")
    strings = rewritten(
        strings, with_address, lambda cell: hashed_contact(cell, key) if plain_email(cell) else cell
    )
    strings = without_contacts(strings, key, column)
    holds = names_in(column)
    if holds == "never":
        return strings
    found = strings.is_valid() if holds == "always" else look_like_names(strings)
    return rewritten(strings, found, lambda cell: hashed_name(cell, key))


def id_column_of_names(sample: pa.RecordBatch, mapping: Mapping[str, str]) -> str | None:
    """The column of the customer's id where it seems to hold people's names."""
    column = mapping.get("user_id", "")
    if column not in sample.schema.names or names_in(column) == "never":
        return None
    strings = text(sample.column(column)).drop_null()
    if names_in(column) == "always" or _share(look_like_names(strings)) >= 0.5:
        return column
    return None


def _share(found: Array) -> float:
    return float(np.mean(found)) if len(found) else 0.0


def personal_columns(sample: pa.RecordBatch, used: Collection[str]) -> list[str]:
    """The columns of a file, beside those that are used, whose cells are not stored."""
    found = []
    for name in sample.schema.names:
        if name in used:
            continue
        if is_personal(name):
            found.append(name)
        elif names_in(name) != "never":
            strings = text(sample.column(name)).drop_null()
            if pc.any(look_like_names(strings)).as_py():
                found.append(name)
    return found


def impersonal(cells: Array, key: bytes, column: str) -> Array:
    """Cells of a column that no target uses, as text: contact data hashed, dates of birth cut to their year."""
    strings = text(cells)
    if is_birth_date(column):
        return year_of(strings)
    nested = pc.match_substring_regex(strings, r"^\[?\{.*\}\]?$")
    strings = rewritten(strings, nested, without_personal_keys)
    return masked_texts(without_contacts(strings, key, column), key)


def without_personal_keys(cell: str) -> str:
    """A JSON text without the keys that are personal, however deep; other text as it is.

    >>> without_personal_keys('{"colour":"red","first_name":"Ann"}'), without_personal_keys("{x}")
    ('{"colour":"red"}', '{x}')
    """
    try:
        value = msgspec.json.decode(cell)
    except msgspec.DecodeError:
        return cell
    return msgspec.json.encode(_impersonal_value(value)).decode()


def _impersonal_value(value: Any, inside: str = "properties") -> Any:
    if isinstance(value, list):
        return [_impersonal_value(item, inside) for item in value]
    if isinstance(value, dict):
        kept = (key for key in value if not is_personal(key, inside=inside))
        return {key: _impersonal_value(value[key], key) for key in kept}
    return value
