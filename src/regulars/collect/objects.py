"""Columns -> one JSON object per row, keys sorted, nulls left out; built column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa

from regulars.collect.kernels import Array, pc

ValueKind = Literal["text", "number", "guess"]

# A value is written as a JSON number only where the number reads back as the same text, so that the same
# line of a CSV and of a Parquet file gives the same object, and no id loses a leading zero.
_NUMBER = r"^-?(?:0|[1-9]\d{0,14})(?:\.\d{0,9}[1-9])?$"
_CONTROL = r"[\x00-\x1f]"


def json_objects(columns: Mapping[str, tuple[Array, ValueKind]], *, keep_nulls: bool = False) -> Array:
    """One JSON object per row. Nulls are left out, and a row of nulls is null, unless ``keep_nulls``.

    ``text`` values become strings, ``number`` values are written as they are, and a ``guess`` becomes a number
    or truth value where its text is exactly one.

    >>> rows = {"b": (pa.array(["7", None]), "guess"), "a": (pa.array(['say "x"', None]), "text")}
    >>> json_objects(rows).to_pylist()
    ['{"a":"say \\\\"x\\\\"","b":7}', None]
    """
    if not columns:
        raise ValueError("json_objects needs at least one column to know the number of rows")
    # Each member brings its comma along, and a null becomes nothing: Arrow's own way of skipping nulls loses
    # the rows in which all are null.
    members = [
        _member(f",{_quoted(name)}:", *columns[name], keep_nulls=keep_nulls) for name in sorted(columns)
    ]
    joined = pc.binary_join_element_wise(*members, "")
    wrapped = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(joined, 1), "}", "")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), wrapped)


def _member(start: str, values: Array, kind: ValueKind, *, keep_nulls: bool) -> Array:
    encoded = pc.binary_join_element_wise(start, _encoded(values, kind), "")
    return pc.fill_null(encoded, f"{start}null" if keep_nulls else "")


def _encoded(values: Array, kind: ValueKind) -> Array:
    strings = values.cast(pa.string())
    if kind == "number":
        return strings
    quoted = pc.binary_join_element_wise('"', _escaped(strings), '"', "")
    if kind == "text":
        return quoted
    is_number = pc.match_substring_regex(strings, _NUMBER)
    quoted = pc.if_else(is_number, strings, quoted)
    is_truth = pc.match_substring_regex(strings, "^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$")
    if pc.any(is_truth).as_py():
        quoted = pc.if_else(is_truth, pc.utf8_lower(strings), quoted)
    return quoted


def _escaped(strings: Array) -> Array:
    if not pc.any(pc.match_substring_regex(strings, r'["\\\x00-\x1f]')).as_py():
        return strings
    strings = pc.replace_substring(strings, "\\", "\\\\")
    strings = pc.replace_substring(strings, '"', '\\"')
    for character, escape in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        strings = pc.replace_substring(strings, character, escape)
    return pc.replace_substring_regex(strings, _CONTROL, " ")


def _quoted(name: str) -> str:
    return str(_encoded(pa.array([name]), "text")[0].as_py())
