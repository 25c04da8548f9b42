"""Files about items and customers -> rows of the ``items`` and ``customers`` tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from regulars import schema
from regulars.collect import vectors
from regulars.collect.kernels import Array
from regulars.collect.lines import Lines, with_nulls
from regulars.collect.objects import json_objects
from regulars.collect.people import CONTACT_TARGETS, PERSON_TARGETS, person_ids

ITEM_TARGETS = ("item_id", "title", "category", "unit_price", "cost", "currency", *vectors.TARGETS)
CUSTOMER_TARGETS = ("user_id", *CONTACT_TARGETS, "country")
CUSTOMER_NEEDS = (("user_id", "email", "phone"),)
ITEM_WORDS = {
    "unit_price": ("list_price", "price"),
    "item_id": ("id", "handle"),
    "title": ("title", "name"),
    **vectors.WORDS,
}


def item_rows(lines: Lines) -> pa.RecordBatch:
    """One row per line of a catalogue; columns that are no column of ``items`` become attributes."""
    ids = lines.ids("item_id")
    lines.require("item_id", np.asarray(ids.is_valid()), "an item code in every line")
    price, cost = lines.amounts("unit_price"), lines.amounts("cost")
    lines.currencies(price.valid | cost.valid)
    return _rows(
        lines,
        schema.ITEMS.arrow_schema(),
        [
            ids,
            lines.text("title"),
            lines.text("category"),
            with_nulls(price.units, price.valid),
            with_nulls(cost.units, cost.valid),
            _attributes(lines),
        ],
    )


def customer_rows(lines: Lines) -> pa.RecordBatch:
    """One row per line about a customer; every other column is an attribute, but for what is personal."""
    ids = person_ids(lines)
    named = next((target for target in PERSON_TARGETS if lines.has(target)), "user_id")
    lines.require(named, np.asarray(ids.is_valid()), "a customer id in every line")
    return _rows(lines, schema.CUSTOMERS.arrow_schema(), [ids, _attributes(lines, "country")])


def _rows(lines: Lines, layout: pa.Schema, arrays: Sequence[Array]) -> pa.RecordBatch:
    batch = pa.record_batch(list(arrays), schema=layout)
    return batch if lines.accepted.all() else batch.filter(pa.array(lines.accepted))


def _attributes(lines: Lines, *also: str) -> Array:
    """Columns that no target uses, and those of the targets ``also``, as one JSON object per line."""
    columns = {}
    vector = vectors.vector_columns(lines.reading.mapping, lines.raw.cells.schema.names)
    mapped = (lines.reading.mapping.get(target, "") for target in also)
    others = (name for name in lines.other_columns() if name not in vector)
    for name in (*others, *(name for name in mapped if name in lines.raw.cells.schema.names)):
        strings = lines.other_text(name)
        if strings.null_count < len(strings):
            columns[name] = (strings, "guess")
    if not columns:
        return pa.nulls(lines.count, pa.string())
    return json_objects(columns)  # type: ignore[arg-type]
