"""Phone numbers in the one form that mail and advertising tools take: E.164, as ``+441632960001``."""

from __future__ import annotations

import re

# Calling codes (ITU-T E.164) by ISO 3166 code, and by the names that exports write.
CALLING_CODES = {
    "AE": "971", "AR": "54", "AT": "43", "AU": "61", "BE": "32", "BG": "359", "BR": "55", "CA": "1", "CH": "41",
    "CL": "56", "CN": "86", "CO": "57", "CZ": "420", "DE": "49", "DK": "45", "EE": "372", "ES": "34", "FI": "358",
    "FR": "33", "GB": "44", "GR": "30", "HK": "852", "HR": "385", "HU": "36", "ID": "62", "IE": "353", "IL": "972",
    "IN": "91", "IS": "354", "IT": "39", "JP": "81", "KR": "82", "LT": "370", "LU": "352", "LV": "371", "MX": "52",
    "MY": "60", "NL": "31", "NO": "47", "NZ": "64", "PH": "63", "PL": "48", "PT": "351", "RO": "40", "RS": "381",
    "SA": "966", "SE": "46", "SG": "65", "SI": "386", "SK": "421", "TH": "66", "TR": "90", "TW": "886", "UA": "380",
    "US": "1", "VN": "84", "ZA": "27",
}  # fmt: skip
COUNTRY_NAMES = {
    "united kingdom": "GB", "uk": "GB", "great britain": "GB", "england": "GB", "united states": "US", "usa": "US",
    "united states of america": "US", "germany": "DE", "deutschland": "DE", "france": "FR", "spain": "ES",
    "italy": "IT", "netherlands": "NL", "belgium": "BE", "austria": "AT", "switzerland": "CH", "ireland": "IE",
    "eire": "IE", "portugal": "PT", "sweden": "SE", "norway": "NO", "denmark": "DK", "finland": "FI", "poland": "PL",
    "canada": "CA", "australia": "AU", "new zealand": "NZ", "japan": "JP", "china": "CN", "中国": "CN",
    "hong kong": "HK", "singapore": "SG", "india": "IN", "mexico": "MX", "brazil": "BR", "south africa": "ZA",
}  # fmt: skip

# The 0 that stands for "long distance" inside a country is not dialled from abroad; where these countries
# write one, it is a part of the number.
KEEPS_ZERO = ("IT",)
SHORTEST, LONGEST = 8, 15
"""Digits of a whole number with its calling code: the longest that E.164 allows, the shortest in use."""


def e164(phone: str | None, country: str | None = None) -> str | None:
    """A phone number as ``+`` and digits, or None where the number or its country cannot be told.

    Parameters
    ----------
    phone
        As received: ``+44 1632 960001``, ``0044 1632 960001``, ``(01632) 960001``.
    country
        Of the number where it names none: an ISO code or a name as exports write it.

    Examples
    --------
    >>> e164("+44 (0)1632 960001"), e164("01632 960001", "United Kingdom"), e164("01632 960001")
    ('+441632960001', '+441632960001', None)
    """
    if not phone:
        return None
    plain = re.sub(r"^\s*['(]*\s*00", "+", phone.replace("(0)", "")).strip(" '(")
    digits = re.sub(r"\D", "", plain)
    if not plain.startswith("+"):
        code = calling_code(country)
        if code is None or not digits:
            return None
        digits = _with_code(digits, code, keeps_zero=country_code(country) in KEEPS_ZERO)
    return "+" + digits if SHORTEST <= len(digits) <= LONGEST else None


def country_code(country: str | None) -> str | None:
    """The ISO code of a country as received, or None.

    >>> country_code("uk"), country_code("Atlantis")
    ('GB', None)
    """
    word = (country or "").strip()
    code = COUNTRY_NAMES.get(word.lower(), word.upper())
    return code if code in CALLING_CODES else None


def calling_code(country: str | None) -> str | None:
    """The calling code of a country as received, or None."""
    code = country_code(country)
    return None if code is None else CALLING_CODES[code]


def _with_code(digits: str, code: str, *, keeps_zero: bool) -> str:
    if code == "1":  # North America dials its own calling code inside the country too
        return digits if len(digits) == 11 and digits.startswith("1") else code + digits
    return code + (digits if keeps_zero else digits.removeprefix("0"))
