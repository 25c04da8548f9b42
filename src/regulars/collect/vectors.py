"""Vectors of items that somebody has computed before: of a text, a picture, a video or the item itself.

A cell holds a list (Parquet), JSON such as ``[0.1, 0.2]``, or numbers with blanks, commas or semicolons between
them; or each number has a column of its own (``v0`` to ``v383``), and the first of these columns stands for all.
Numbers are kept as 32-bit floats, which is what encoders compute in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars import schema
from regulars.collect.cells import text
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools, Lines

KINDS = {"vector": "item", "text_vector": "text", "image_vector": "image", "video_vector": "video"}
"""Target of a mapping -> kind of the vector."""

TARGETS = (*KINDS, *(f"{target}_length" for target in KINDS))
_FAMILIES = tuple(
    f"{stem}{first}"
    for stem in ("v", "v_", "emb", "emb_", "embedding_", "dim_", "vec_", "e_", "f_")
    for first in "01"
)
WORDS: dict[str, tuple[str, ...]] = {
    "vector": ("vector", "embedding", "embeddings", "item_vector", "item_embedding", "vec", "emb", "features", *_FAMILIES),
    "text_vector": (
        "text_vector", "text_embedding", "text_embeddings", "title_embedding", "title_vector", "description_embedding",
        "description_vector", "sentence_embedding", "text_emb", "text_emb_0", "text_0",
    ),
    "image_vector": (
        "image_vector", "image_embedding", "image_embeddings", "picture_vector", "picture_embedding", "photo_embedding",
        "clip_embedding", "clip_vector", "image_emb", "image_emb_0", "image_0",
    ),
    "video_vector": ("video_vector", "video_embedding", "video_embeddings", "video_emb", "video_emb_0", "video_0"),
}  # fmt: skip

_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_FEWEST = 2


def family(names: Sequence[str], first: str) -> list[str]:
    """The columns that go on where ``first`` begins; none where it is a column alone.

    >>> family(["id", "v0", "v1", "v2", "v9"], "v0")
    ['v0', 'v1', 'v2']
    """
    found = re.fullmatch(r"(.*?)(\d+)", first)
    if not found or first not in names:
        return []
    stem, number, width = found[1], int(found[2]), len(found[2])
    members, known = [], set(names)
    while (name := f"{stem}{number:0{width}d}") in known or (name := f"{stem}{number}") in known:
        members.append(name)
        number += 1
    return members if len(members) >= _FEWEST else []


def vector_columns(mapping: Mapping[str, str], names: Sequence[str]) -> set[str]:
    """Every column that is read as a part of a vector."""
    mapped = [mapping[target] for target in KINDS if target in mapping]
    return {*mapped, *(name for first in mapped for name in family(names, first))}


def looks_like_vectors(sample: pa.RecordBatch, column: str) -> bool:
    """Whether most cells that say anything hold two or more numbers."""
    values, good = _read(sample, column)
    said = np.asarray(values.is_valid())
    return bool(said.any()) and float(np.mean((good & (_lengths(values) >= _FEWEST))[said])) > 0.5


def vector_lengths(sample: pa.RecordBatch, mapping: Mapping[str, str]) -> dict[str, str]:
    """How many numbers the vectors of a file have, as most of the sample say, in the words of a mapping."""
    found = {}
    for target in KINDS:
        if target not in mapping or f"{target}_length" in mapping:
            continue
        values, _ = _read(sample, mapping[target])
        counts = Counter(_lengths(values)[np.asarray(values.is_valid())].tolist())
        if counts:
            found[f"{target}_length"] = f"={max(counts, key=lambda length: (counts[length], -length))}"
    return found


def checked_vectors(lines: Lines) -> dict[str, Array]:
    """The vectors of each line by kind, null where there is none. A bad one rejects its line."""
    found = {}
    for target, kind in KINDS.items():
        if not lines.has(target):
            continue
        values, good = _read(lines.raw.cells, lines.reading.mapping[target])
        said = np.asarray(values.is_valid())
        lines.reject(said & ~good, "bad_vector", target, "finite numbers alone")
        length = lines.reading.mapping.get(f"{target}_length", "").removeprefix("=")
        if length.isdigit():
            wrong = said & (_lengths(values) != int(length))
            lines.reject(wrong, "bad_vector", target, f"{length} numbers, as most of the file's vectors have")
        found[kind] = values
    return found


def vector_rows(lines: Lines, found: Mapping[str, Array]) -> pa.RecordBatch:
    """Rows of ``schema.ITEM_VECTORS`` of the accepted lines."""
    layout = schema.ITEM_VECTORS.arrow_schema()
    ids, parts = lines.ids("item_id"), []
    for kind, values in found.items():
        kept = pc.and_(values.is_valid(), pa.array(lines.accepted))
        some = values.filter(kept)
        arrays = [ids.filter(kept), pa.array([kind] * len(some), pa.string()), some]
        parts.append(pa.record_batch(arrays, schema=layout))
    table = pa.Table.from_batches(parts, schema=layout).combine_chunks()
    return table.to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], schema=layout)


def _read(cells: pa.RecordBatch, column: str) -> tuple[Array, Bools]:
    """The vectors of a column (or of the family that it begins) as lists of floats, and which are finite."""
    members = family(cells.schema.names, column)
    if members:
        return _from_columns([cells.column(cells.schema.get_field_index(name)) for name in members])
    place = cells.schema.get_field_index(column)
    if place < 0:
        return pa.nulls(cells.num_rows, pa.list_(pa.float32())), np.ones(cells.num_rows, bool)
    array = cells.column(place)
    kind = array.type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if is_list and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
        return _judged(array.cast(pa.list_(pa.float32())))
    return _from_text(text(array))


def _from_columns(columns: Sequence[Array]) -> tuple[Array, Bools]:
    texts = [text(column) for column in columns]
    joined = pc.binary_join_element_wise(*(pc.fill_null(part, "") for part in texts), ",")
    empty = pc.equal(pc.replace_substring(joined, ",", ""), "")
    return _from_text(pc.if_else(empty, pa.scalar(None, pa.string()), joined))


def _from_text(strings: Array) -> tuple[Array, Bools]:
    # Lists of JSON lines come with their numbers as text.
    bare = pc.utf8_trim(pc.replace_substring(strings, '"', ""), " \t\r\n[](){}")
    bare = pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare)
    bare = pc.replace_substring(bare, ", ", ",")
    if pc.any(pc.match_substring_regex(bare, r"[;\s]")).as_py():
        # A comma with nothing before the next one is a missing number, several blanks are not.
        bare = pc.replace_substring_regex(bare, r"\s*[,;]\s*|\s+", ",")
    parts = pc.split_pattern(bare, ",")
    numbers = _floats(parts.values if len(parts) else pa.array([], pa.string()))
    return _judged(pa.ListArray.from_arrays(parts.offsets, numbers, mask=parts.is_null()))


def _floats(strings: Array) -> Array:
    """Numbers, and NaN for what is none."""
    try:
        return strings.cast(pa.float32())
    except pa.ArrowInvalid:  # one of them is none: each is looked at
        known = pc.if_else(pc.match_substring_regex(strings, _NUMBER), strings, pa.scalar("nan"))
        return known.cast(pa.float32())


def _judged(lists: Array) -> tuple[Array, Bools]:
    """The lists, and in which every number is there and finite."""
    owner = np.repeat(np.arange(len(lists)), _lengths(lists))
    numbers = np.asarray(pc.fill_null(pc.list_flatten(lists), float("nan")))
    bad = np.bincount(owner[~np.isfinite(numbers)], minlength=len(lists)) > 0
    return lists, ~bad


def _lengths(lists: Array) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0)).astype(np.int64)
