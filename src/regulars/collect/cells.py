"""Cells as clean text: trimmed, null where nothing is said, ids without the tail that floats leave."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from regulars.collect.kernels import Array, pc

# What exports write where they have nothing. "NA" is not among them: it is Namibia.
EMPTY_WORDS = (
    "",
    "null",
    "NULL",
    "Null",
    "nan",
    "NaN",
    "NAN",
    "None",
    "<NA>",
    "\\N",
    "N/A",
    "n/a",
    "#N/A",
    "NaT",
)


def text(array: Array) -> Array:
    """The cells of one column as strings; null where a cell is empty or one of ``EMPTY_WORDS``.

    Whole numbers that a file stores as floats lose the ``.0``; times become ISO text; nested values JSON.

    >>> text(pa.array([17850.0, None, 2.5])).to_pylist()
    ['17850', None, '2.5']
    >>> text(pa.array([" a ", "NaN", ""])).to_pylist()
    ['a', None, None]
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        return text(array.cast(kind.value_type))
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_floating(kind):
        return _float_text(array)
    if pa.types.is_nested(kind):
        return _nested_text(array)
    if pa.types.is_duration(kind):
        return array.cast(pa.int64()).cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _trimmed(pa.array([_decoded(cell) for cell in array.to_pylist()], pa.string()))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _trimmed(array.cast(pa.string()))
    return array.cast(pa.string())


@cache
def _empty_words() -> Array:
    # Not at import: making an array of Python objects loads pandas where it is installed.
    return pa.array(EMPTY_WORDS, pa.string())


def _trimmed(strings: Array) -> Array:
    trimmed = pc.utf8_trim_whitespace(strings)
    empty = pc.is_in(trimmed, value_set=_empty_words())
    if not pc.any(empty).as_py():
        return trimmed
    return pc.if_else(empty, pa.scalar(None, pa.string()), trimmed)


def _float_text(array: Array) -> Array:
    """Floats as text: 17850.0 is '17850', and NaN is nothing."""
    numbers = array.cast(pa.float64())
    numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), 1e15))
    as_int = pc.if_else(whole, numbers, 0.0).cast(pa.int64()).cast(pa.string())
    return pc.if_else(whole, as_int, numbers.cast(pa.string()))


def _nested_text(array: Array) -> Array:
    import msgspec

    encode = msgspec.json.Encoder(order="sorted", enc_hook=str).encode
    return pa.array(
        [None if cell is None else encode(cell).decode() for cell in array.to_pylist()], pa.string()
    )


def _decoded(cell: bytes | None) -> str | None:
    return None if cell is None else cell.decode("utf-8", errors="replace")


def id_text(array: Array) -> Array:
    """Cells of an id column: as received, trimmed; a number that went through floats loses its ``.0``.

    >>> id_text(pa.array(["17850.0", "A-1", "10.0x"])).to_pylist()
    ['17850', 'A-1', '10.0x']
    """
    strings = text(array)
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return strings
    if not pc.any(pc.ends_with(strings, ".0")).as_py():
        return strings
    return pc.replace_substring_regex(strings, r"^(\d+)\.0$", r"\1")
