"""TOML text of ``offers.toml`` and ``rules.toml`` into frozen, checked records, with errors in plain words."""

from __future__ import annotations

import math
import tomllib
from typing import Any, TypeVar

import msgspec

from regulars.errors import ConfigError, nearest

Record = TypeVar("Record", bound=msgspec.Struct)


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
        raise _in_words(str(error), kind, place) from error
    for name in kind.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{place}: {name} is {value}", allowed="a finite number")
    return record


def _in_words(message: str, kind: type[msgspec.Struct], place: str) -> ConfigError:
    allowed = "fields " + ", ".join(kind.__struct_fields__)
    field = message.split("`")[1] if "`" in message else ""
    if "unknown field" in message:
        return ConfigError(
            f"{place}: there is no field {field}.{nearest(field, kind.__struct_fields__)}", allowed=allowed
        )
    if "missing required field" in message:
        return ConfigError(f"{place}: the field {field} is missing", allowed=allowed)
    return ConfigError(f"{place}: {message.replace('`$.', '`').replace('`$`', place)}")
