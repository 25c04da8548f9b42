"""CDNOW (Fader and Hardie): purchases of a music shop, January 1997 to June 1998."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from regulars.collect import orders
from regulars.collect.cells import text
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Lines, with_nulls
from regulars.collect.plan import NamedSource
from regulars.collect.vocabulary import plain_word

_WORDS = {
    "user_id": ("masterid", "customer_id", "id", "cust"),
    "time": ("date",),
    "quantity": ("cds", "number_of_cds", "n_cds"),
    "value": ("sales", "dollar_value", "dollars"),
}
# The files as published have no header: the master has four columns, the sample five.
_BARE = {
    4: ("user_id", "time", "quantity", "value"),
    5: ("user_id", "", "time", "quantity", "value"),
}
_HEADERS = ({"masterid", "date", "cds", "sales"}, {"customerid", "date", "numberofcds", "dollarvalue"})


def cdnow_events(lines: Lines) -> dict[str, Array]:
    """Purchases without orders and items. Customer 4 of a sample file is customer 00004 of the master file."""
    quantity, has_quantity = orders.line_quantity(lines)
    value, has_value = orders.line_value(lines, quantity, has_quantity, np.zeros(lines.count, np.int64))
    columns = orders.line_columns(lines, has_value)
    lines.require("user_id", np.asarray(columns["user_id"].is_valid()), "a customer in every line")
    return {
        **columns,
        "user_id": pc.utf8_lpad(columns["user_id"], 5, "0"),
        "type": pa.array(["purchase"] * lines.count, pa.string()),
        "quantity": with_nulls(quantity, has_quantity),
        "value": with_nulls(value, has_value),
    }


def is_cdnow(sample: pa.RecordBatch) -> bool:
    """Whether a file has the columns of a CDNOW file, or no header but its dates in their place."""
    names = {plain_word(name) for name in sample.schema.names}
    if any(header <= names for header in _HEADERS):
        return True
    bare = bare_mapping(sample.schema.names)
    if not bare or sample.num_rows == 0:
        return False
    dates = text(sample.column(bare["time"]))
    return bool(pc.all(pc.match_substring_regex(dates, r"^199[78]\d{4}$")).as_py())


def bare_mapping(names: Sequence[str]) -> dict[str, str]:
    """The mapping of a file without a header, by the number of its columns.

    >>> bare_mapping(["column_1", "column_2", "column_3", "column_4"])["value"]
    'column_4'
    """
    if list(names) != [f"column_{place + 1}" for place in range(len(names))]:
        return {}
    return {target: name for target, name in zip(_BARE.get(len(names), ()), names, strict=False) if target}


def completed(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """The guessed mapping, or that of a file without a header."""
    return bare_mapping(names) or dict(mapping)


CDNOW = NamedSource(
    name="cdnow",
    kind="events",
    doc="CDNOW: purchases of a music shop 1997-98, the master file, the 1 in 10 sample, or either with a header",
    targets=tuple(_WORDS),
    needs=(("user_id",), ("time",), ("quantity",), ("value",)),
    check=cdnow_events,
    words=_WORDS,
    recognises=is_cdnow,
    complete=completed,
    notes=("customer ids are written with five digits, so that the sample and the master file agree",),
)
