"""TOML text of ``offers.toml`` and ``rules.toml`` into frozen, checked records, with errors in plain words."""

from __future__ import annotations

import math
import tomllib
from typing import Any, TypeVar

import msgspec

from regulars.errors import ConfigError, nearest, wrong_value

Record = TypeVar("Record", bound=msgspec.Struct)

# A right value of each field, for the line that an error tells one to type.
EXAMPLES: dict[str, Any] = {
    "id": "summer_letter", "title": "Summer letter", "lever": "engage", "channel": "email", "stages": ["active"],
    "max_days_since_last_purchase": 365, "minimum_order_value": 20.0, "cost_per_contact": 0.05,
    "discount_rate": 0.1, "fixed_discount": 5.0, "carries_items": True, "response_rate": 0.03,
    "response_rate_low": 0.0, "response_rate_high": 0.06, "response_half_life_days": 90, "value_uplift_rate": 0.02,
    "value_uplift_rate_low": 0.0, "value_uplift_rate_high": 0.05, "max_value_uplift": 5.0, "measured": True,
    "source": "e-mail test of May", "channels": ["email"], "minimum_expected_gain": 0.0,
    "exclude_customers": ["C000123"], "exclude_stages": ["churned"], "exclude_value_groups": ["other"],
    "max_share_per_lever": 0.2,
}  # fmt: skip


def read_toml(text: str, where: str) -> dict[str, Any]:
    """The TOML ``text`` as a dict; ``ConfigError`` with line and column when it is no TOML.

    >>> read_toml('currency = "GBP"', "offers.toml")
    {'currency': 'GBP'}
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not TOML: {error}") from error


def record_from(raw: Any, kind: type[Record], place: str) -> Record:
    """``raw`` as a ``kind``; each mistake is a ``ConfigError`` that begins with ``place``.

    Raises
    ------
    ConfigError
        For an unknown field (with the nearest right one), a missing field, a value of the wrong type or
        outside its range, and for ``nan`` and ``inf``, which TOML allows and money does not.
    """
    try:
        record = msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _in_words(str(error), raw, kind, place) from error
    for name in kind.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{place}: {name} is {value}", allowed="a finite number")
    return record


def _in_words(message: str, raw: Any, kind: type[msgspec.Struct], place: str) -> ConfigError:
    allowed = "fields " + ", ".join(kind.__struct_fields__)
    field = message.split("`")[1] if "`" in message else ""
    if "unknown field" in message:
        return ConfigError(
            f"{place}: there is no field {field}.{nearest(field, kind.__struct_fields__)}", allowed=allowed
        )
    if "missing required field" in message:
        return ConfigError(f"{place}: the field {field} is missing", allowed=allowed)
    return wrong_value(
        message, raw, place, EXAMPLES.get(message.partition("`$.")[2].rstrip("`").partition("[")[0])
    )
