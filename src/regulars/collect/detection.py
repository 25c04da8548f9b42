"""Which source a file is, when nobody says: from its columns and first lines."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from regulars.collect.activity import type_codes
from regulars.collect.cells import text
from regulars.collect.interactions import is_interaction_log
from regulars.collect.kernels import pc
from regulars.collect.labelled import is_customer_table, traits
from regulars.collect.mapping import listed_columns
from regulars.collect.people import PERSON_TARGETS
from regulars.collect.plan import NamedSource, source_mapping
from regulars.collect.vocabulary import event_types_by_word, plain_word
from regulars.errors import MappingError

_GENERAL = ("orders", "events", "items", "customers", "costs")
_ORDER_SIGNS = frozenset({"order_id", "quantity", "unit_price", "value", "item_id", "time"})


def detect_source(
    sources: Mapping[str, NamedSource], sample: pa.RecordBatch, given: Mapping[str, str], file: str
) -> str:
    """The name of the source that a file's columns and first lines fit.

    Raises
    ------
    MappingError
        They fit none, or several.
    """
    for source in sources.values():
        if source.recognises(sample):
            return source.name
    found = {name: {**source_mapping(sources[name], sample, {}), **given} for name in _GENERAL}
    fitting = _fitting(sources, found, sample, given)
    names = listed_columns(sample.schema.names)
    if len(fitting) > 1:
        raise MappingError(
            f"{file} could be {' or '.join(fitting)}; its columns are {names}",
            allowed="; ".join(f"{name}: {sources[name].doc}" for name in fitting),
            fix=f"say which: --source {fitting[0]}",
        )
    if fitting:
        return fitting[0]
    if found["orders"].keys() & _ORDER_SIGNS:
        # Nearly an order file: the error about the missing column says more than a list of sources.
        return "orders"
    raise MappingError(
        f"{file} has no column that says what it is; its columns are {names}",
        allowed="; ".join(f"{name}: {source.doc}" for name, source in sources.items()),
        fix="name the source (--source orders), and write which column is what into mapping.toml",
    )


def _fitting(
    sources: Mapping[str, NamedSource],
    found: Mapping[str, Mapping[str, str]],
    sample: pa.RecordBatch,
    given: Mapping[str, str],
) -> list[str]:
    """The general sources that a file could be; more than one only where nothing tells them apart."""
    fits = {
        name: all(any(target in found[name] for target in group) for group in sources[name].needs)
        for name in _GENERAL
    }
    order, event = found["orders"], found["events"]
    if fits["events"] and ("type" in given or _share_of_known_types(sample, event.get("type")) >= 0.5):
        return ["events"]
    if fits["events"] and is_interaction_log(event, order):
        return ["events"]
    is_line = bool({"order_id", "item_id", "quantity"} & order.keys())
    if not is_line and is_customer_table(sample, found["customers"]):
        return ["customers"]
    has_customer = bool(order.keys() & {"anonymous_id", *PERSON_TARGETS})
    if fits["costs"] and not has_customer and "item_id" not in order:
        return ["costs"]
    if fits["orders"]:
        return ["orders"] if is_line or not traits(sample.schema.names) else ["orders", "customers"]
    if fits["items"] and not has_customer and "order_id" not in order:
        return ["items"]
    return ["customers"] if fits["customers"] and not is_line else []


def _share_of_known_types(sample: pa.RecordBatch, column: str | None) -> float:
    """Share of the sample's lines whose event type is known; none where no column says it."""
    if column is None:
        return 0.0
    if column.startswith("=") or sample.num_rows == 0:
        return 1.0
    words = {**event_types_by_word(), **type_codes(sample.schema.names)}
    counts = pc.value_counts(text(sample.column(column)).drop_null()).to_pylist()
    known = sum(entry["counts"] for entry in counts if plain_word(entry["values"]) in words)
    return float(known / max(sum(entry["counts"] for entry in counts), 1))
