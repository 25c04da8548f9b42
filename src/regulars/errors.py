"""Every error that Regulars raises, as one tree.

RegularsError
├── InputError                 exit code 2: something given is not right
│   ├── FileError              a file: missing, empty, of another kind, unreadable
│   ├── MappingError           a column mapping: a needed column is missing or named twice
│   ├── ConfigError            regulars.toml, offers.toml or rules.toml
│   ├── ColumnError            a table handed to a model lacks a column
│   ├── OptionError            an argument is outside what is allowed
│   └── ShopError              a folder that is no shop, or a shop without what is asked
├── NotFittedError             predict before fit
├── ModelNotPortable           a user's own estimator cannot be saved without pickle
├── StoreBusy                  exit code 3: another command writes
├── StoreVersionError          exit code 2: a store of another format version
├── NoSpace                    exit code 4: the disk is full
└── InternalError              exit code 1: an error of Regulars itself

Each has a stable ``code`` and says what was found, where, what is allowed and what to type.
"""

from __future__ import annotations

import difflib
import errno
import json
import re
import tempfile
import traceback
from collections.abc import Iterable

_EMAIL = re.compile(r"""[^\s@,;:<>()\[\]"'`|=]+@[^\s@,;:<>()\[\]"'`|=]+\.[A-Za-z]{2,}""")
_PHONE = re.compile(r"(?<![\w.])\+\d[\d ().-]{7,16}\d(?!\w)")
_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class RegularsError(Exception):
    """The root: catch it to catch everything that Regulars raises on purpose.

    Parameters
    ----------
    found
        What was found, in one sentence, with the place (file, line, column, option).
    allowed
        What would have been right.
    fix
        What to type or change.
    """

    code = "error"
    exit_code = 2

    def __init__(self, found: str, *, allowed: str = "", fix: str = "") -> None:
        self.found = found
        self.allowed = allowed
        self.fix = fix
        parts = [found]
        if allowed:
            parts.append(f"Allowed: {allowed}.")
        if fix:
            parts.append(f"Fix: {fix}")
        super().__init__("\n".join(parts))


class InputError(RegularsError):
    """Something that was given is not right."""

    code = "input"


class FileError(InputError):
    """A file is missing, empty, of another kind than its name says, or unreadable."""

    code = "file"


class MappingError(InputError):
    """The columns of a file cannot be mapped to events."""

    code = "mapping"


class ConfigError(InputError):
    """A settings file has a value that is not allowed."""

    code = "config"


class ColumnError(InputError):
    """A table lacks a column, or a column holds values that are not allowed."""

    code = "column"


class OptionError(InputError):
    """An argument or option is outside what is allowed."""

    code = "option"


class ShopError(InputError):
    """The folder is no shop, or the shop does not hold what is asked for."""

    code = "shop"


class NotFittedError(RegularsError):
    """A model was asked to predict before it was fitted."""

    code = "not_fitted"


class ModelNotPortable(RegularsError):
    """An estimator of the user's own cannot be saved without pickle, so a pipeline run refuses it."""

    code = "model_not_portable"


class StoreBusy(RegularsError):
    """Another command is writing to the shop."""

    code = "store_busy"
    exit_code = 3


class StoreVersionError(RegularsError):
    """The store was written by another version of Regulars."""

    code = "store_version"


class NoSpace(RegularsError):
    """The disk is full; what was stored before is untouched."""

    code = "no_space"
    exit_code = 4


class InternalError(RegularsError):
    """An error of Regulars itself; please report it with the file that the message names."""

    code = "internal"
    exit_code = 1


def in_words(error: Exception) -> RegularsError:
    """Any exception as one that a person can read; an unexpected one writes its details to a file.

    >>> in_words(FileNotFoundError(2, "No such file or directory", "orders.csv")).found
    'orders.csv: No such file or directory'
    """
    if isinstance(error, RegularsError):
        return error
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return NoSpace(
            "the disk is full; nothing that was stored before is lost", fix="free space, then try again"
        )
    if isinstance(error, OSError) and error.filename:
        return FileError(f"{error.filename}: {error.strerror}")
    return InternalError(
        f"an error of Regulars itself: {error!r}", fix=f"report it with {_kept_details(error)}"
    )


def _kept_details(error: Exception) -> str:
    """Write the traceback to a file of its own, without contact data; says where, or why there is none."""
    text = masked("".join(traceback.format_exception(error)))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="regulars-error-", suffix=".txt", encoding="utf-8", delete=False
        ) as file:
            file.write(text)
    except OSError as trouble:  # a full or a read-only disk
        return f"what you typed (its details could not be written: {trouble})"
    return f"the details in {file.name}"


def masked(text: str) -> str:
    """A text for a log: e-mail addresses and international phone numbers in it are masked.

    >>> masked("row 3: no number in 'ann@example.org', +44 20 7946 0958")
    "row 3: no number in '[e-mail]', [phone]"
    """
    return _PHONE.sub("[phone]", _EMAIL.sub("[e-mail]", text))


_KINDS = {
    "float": "a number", "int": "a whole number", "str": "text in quotes", "bool": "true or false",
    "array": "a list in square brackets", "object": "a table of names and values",
}  # fmt: skip


def wrong_value(message: str, raw: object, place: str, example: object = None) -> ConfigError:
    """A validation message of msgspec about settings as an error in words.

    Parameters
    ----------
    message
        For example ``Expected `float`, got `str` - at `$.value.margin_rate```.
    raw
        The settings as they were read, to say what was found.
    place
        File, and section or offer where that is known.
    example
        A value that would be right: the default, for the line to type.

    Examples
    --------
    >>> print(wrong_value("Expected `float` <= 1.0 - at `$.value.margin_rate`",
    ...                   {"value": {"margin_rate": 40}}, "regulars.toml", 0.4))
    regulars.toml: [value] margin_rate is 40
    Allowed: a number of at most 1.
    Fix: margin_rate = 0.4
    """
    expected, _, at = message.partition(" - at `")
    keys = [key for key in re.split(r"[.\[\]]+", at.strip("`").removeprefix("$")) if key]
    found: object = raw
    for key in keys:
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
    names = [key for key in keys if not key.isdigit() and key != "..."]
    section = f"[{'.'.join(names[:-1])}] " if len(names) > 1 else ""
    name = names[-1] if names else "the file"
    fix = "" if example is None else f"{name} = {_as_toml(example)}"
    return ConfigError(f"{place}: {section}{name} is {_as_toml(found)}", allowed=_allowed(expected), fix=fix)


def _allowed(expected: str) -> str:
    """What msgspec expected, in words."""
    kinds = re.findall(r"`(\w+)", expected.partition(", got")[0])
    words = " or ".join(_KINDS.get(kind, kind) for kind in kinds if kind != "null")
    if "matching regex" in expected:
        pattern = expected.partition("matching regex ")[2].strip("'")
        shape = {"^[A-Z]{3}$": "three capital letters, for example GBP"}
        return shape.get(pattern, "small letters, digits and _, a letter first")
    for sign, said in ((">=", "of at least"), ("<=", "of at most"), (">", "above"), ("<", "below")):
        match = re.search(rf"{sign} (-?[\d.e+]+)", expected)
        if match:
            return f"{words} {said} {float(match[1]):g}"
    if "of length" in expected:
        return "text that is not empty"
    return words or expected


def _as_toml(value: object) -> str:
    """A value as one writes it in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, str | dict) else str(value)


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice that looks most like ``word``, as a phrase, or nothing.

    >>> nearest("recency_day", ["frequency", "recency_days"])
    ' Did you mean recency_days?'
    """
    match = difflib.get_close_matches(word.lower(), list(choices), n=1, cutoff=0.6)
    return f" Did you mean {match[0]}?" if match else ""
