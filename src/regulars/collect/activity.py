"""Lines of a shop's tracking -> events of every type."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars import schema
from regulars.collect.amounts import multiplied
from regulars.collect.cells import text
from regulars.collect.interactions import FLAGS, SIGNS, flags_as_said, is_rated, kinds_by_columns
from regulars.collect.jsonlines import Cells, flat_cells
from regulars.collect.kernels import Array, pc, spread
from regulars.collect.lines import Bools, Lines, with_nulls
from regulars.collect.objects import ValueKind, json_objects
from regulars.collect.orders import line_columns, line_discount
from regulars.collect.people import CONTACT_TARGETS, names_person
from regulars.collect.personal import is_birth_date, is_personal, year_of
from regulars.collect.vocabulary import event_types_by_word, plain_word
from regulars.schema import MONEY_UNITS

TARGETS = (
    "type", "time", "user_id", "anonymous_id", "session_id", "item_id", "order_id", "quantity", "value", "unit_price",
    "discount", "currency", "channel", "campaign", "country", "rating", "text", "query", "dwell_seconds", "title",
    "category", *FLAGS, *CONTACT_TARGETS,
)  # fmt: skip
NEEDS = (("time",), ("type", *SIGNS), ("user_id", "anonymous_id", "session_id", "email", "phone"))
MONEY_TYPES = ("purchase", "refund", "charge", "cost")

_NUMBERS = ("rating", "dwell_seconds")
_TEXTS = ("country", "session_id", "query", "text")
_PREFIX = "properties."

Ints = NDArray[np.int64]


def activity_events(lines: Lines) -> dict[str, Array]:
    """One event per line; what is no column of an event goes into its properties.

    A ``refund`` has negative quantity and value, whichever sign the file writes; any other sale with a negative
    one is rejected. A price belongs to the value only where money moves; elsewhere it is a property. Where no
    column says the type, the others do (``interactions.py``).
    """
    kinds = event_types(lines) if lines.has("type") else kinds_by_columns(lines)
    is_money = np.isin(kinds, MONEY_TYPES)
    quantity, has_quantity = _quantity(lines, kinds)
    discount, has_discount = line_discount(lines)
    value, has_value, price = _value(lines, quantity, has_quantity, discount, is_money)
    refund, sale = kinds == "refund", np.isin(kinds, ("purchase", "cart_add", "cart_remove", "checkout"))
    lines.reject(
        sale & ((quantity < 0) | (has_value & (value < 0))), "refund_without_order",
        "quantity" if lines.has("quantity") else "value", "negative quantities and values only in refunds",
    )  # fmt: skip
    columns = line_columns(lines, has_value)
    if not names_person(lines) and not lines.has("anonymous_id"):
        columns["anonymous_id"] = lines.ids("session_id")
    return {
        **columns,
        "type": pa.array(kinds, pa.string()),
        "quantity": with_nulls(np.where(refund, -np.abs(quantity), quantity), has_quantity),
        "value": with_nulls(np.where(refund, -np.abs(value), value), has_value),
        "properties": _properties(lines, with_nulls(discount, has_discount), price),
    }


def event_types(lines: Lines) -> NDArray[np.object_]:
    """The event type of each line; a word that is neither a type nor a known name for one rejects the line."""
    known = {plain_word(name): name for name in lines.reading.known_types}
    words = event_types_by_word() | known | type_codes(lines.raw.cells.schema.names)
    coded = lines.text("type").dictionary_encode()
    kinds = [words.get(plain_word(word), "") for word in coded.dictionary.to_pylist()]
    lines.require("type", np.asarray(coded.indices.is_valid()), "an event type in every line")
    found = spread(np.array(kinds, dtype=object), coded)
    found[found == 0] = ""
    allowed = f"{', '.join(sorted(schema.EVENT_TYPES))}, or a common name for one"
    lines.reject(found == "", "unknown_type", "type", allowed)
    return found


def _quantity(lines: Lines, kinds: NDArray[np.object_]) -> tuple[Ints, Bools]:
    amounts = lines.amounts("quantity")
    # One event of a purchase or cart is one unit where the file does not count.
    single = np.isin(kinds, ("purchase", "refund", "cart_add", "cart_remove")) & ~amounts.present
    single &= np.asarray(text(lines.cells("item_id")).is_valid())
    return np.where(single, MONEY_UNITS, amounts.units), amounts.valid | single


def _value(
    lines: Lines, quantity: Ints, has_quantity: Bools, discount: Ints, is_money: Bools
) -> tuple[Ints, Bools, Array]:
    """Value in ten-thousandths, where there is one, and the price of lines in which no money moved."""
    total, price = lines.amounts("value"), lines.amounts("unit_price")
    product, fits = multiplied(np.where(has_quantity, quantity, MONEY_UNITS), price.units)
    product = product - np.where(quantity < 0, -discount, discount)
    lines.reject(price.valid & ~fits & is_money, "bad_number", "unit_price", "a line value below 900 billion")
    present = total.valid | (price.valid & is_money)
    if lines.has("value") or lines.has("unit_price"):
        needed = "value" if lines.has("value") else "unit_price"
        lines.require(needed, present | ~is_money, "an amount in every purchase, refund, charge and cost")
    asked = with_nulls(price.units, price.valid & ~is_money)
    return np.where(total.valid, total.units, product), present, asked


def _properties(lines: Lines, discount: Array, price: Array) -> Array:
    columns: dict[str, tuple[Array, ValueKind]] = {"discount_value": (discount.cast(pa.string()), "number")}
    if price.null_count < len(price):
        columns["price"] = (decimal_text(price), "number")
    for name in _NUMBERS:
        if lines.has(name):
            amounts = lines.amounts(name)
            said = amounts.valid if name != "rating" or lines.has("type") else is_rated(lines)
            columns[name] = (decimal_text(with_nulls(amounts.units, said)), "number")
    for name in _TEXTS:
        if lines.has(name):
            columns[name] = (lines.free_text(name), "text")
    if not lines.has("item_id"):
        # Without an item, its title and category describe the event.
        columns.update(
            {name: (lines.text(name), "text") for name in ("title", "category") if lines.has(name)}
        )
    elif lines.has("title") and lines.has("text"):
        columns["title"] = (lines.free_text("title"), "text")  # of the review
    for column, strings in (flags_as_said(lines) | _other_columns(lines)).items():
        columns.setdefault(column, (strings, "guess"))
    return json_objects(columns)


def _other_columns(lines: Lines) -> dict[str, Array]:
    """Cells that no target uses; a column ``properties`` that holds JSON objects is opened up."""
    found: dict[str, Array] = {}
    for column in lines.other_columns():
        strings = lines.other_text(column)
        if column == "properties" and pc.any(pc.starts_with(strings, "{")).as_py():
            found.update(_opened(strings))
        elif strings.null_count < len(strings):
            found[column.removeprefix(_PREFIX)] = strings
    return found


def _opened(objects: Array) -> dict[str, Array]:
    rows = [_cells(item) for item in objects.to_pylist()]
    names = sorted({name for row in rows for name in row if not is_personal(name, inside="properties")})
    opened = {name: text(pa.array([row.get(name) for row in rows], pa.string())) for name in names}
    return {name: year_of(cells) if is_birth_date(name) else cells for name, cells in opened.items()}


def _cells(item: str | None) -> Cells:
    if item is None:
        return {}
    try:
        record = msgspec.json.decode(item)
    except msgspec.DecodeError:
        record = item
    return flat_cells(record) if isinstance(record, dict) else {"properties": item}


def decimal_text(units: Array) -> Array:
    """Ten-thousandths as decimal text without zeros at its end.

    >>> decimal_text(pa.array([125000, -5, None, 40000])).to_pylist()
    ['12.5', '-0.0005', None, '4']
    """
    values = np.asarray(pc.fill_null(units, 0))
    whole, part = np.divmod(np.abs(values), MONEY_UNITS)
    tail = pc.utf8_rtrim(pc.utf8_lpad(pa.array(part).cast(pa.string()), 4, "0"), "0")
    dotted = pc.if_else(pc.equal(tail, ""), "", pc.binary_join_element_wise(".", tail, ""))
    sign = pa.array(np.where(values < 0, "-", ""), pa.string())
    joined = pc.binary_join_element_wise(sign, pa.array(whole).cast(pa.string()), dotted, "")
    return pc.if_else(units.is_valid(), joined, pa.scalar(None, pa.string()))


def type_codes(names: Sequence[str]) -> dict[str, str]:
    """Event types of logs that write numbers instead of words, told by their columns.

    >>> type_codes(["timestamp", "visitorid", "event", "itemid", "transactionid"])["2"]
    'purchase'
    """
    if {"visitorid", "event", "itemid", "transactionid"} <= set(map(plain_word, names)):
        return {"0": "view", "1": "cart_add", "2": "purchase"}
    return {}


def cost_events(lines: Lines) -> dict[str, Array]:
    """One ``cost`` event per line: money that the shop spent on a campaign."""
    spent = lines.amounts("cost")
    lines.require("cost", spent.present, "an amount in every line")
    columns = line_columns(lines, spent.valid)
    return {
        **columns,
        "user_id": pa.nulls(lines.count, pa.string()),
        "type": pa.array(["cost"] * lines.count, pa.string()),
        "value": with_nulls(spent.units, spent.valid),
        "properties": _others(lines),
    }


def _others(lines: Lines) -> Array:
    columns = {name: (strings, "guess") for name, strings in _other_columns(lines).items()}
    return json_objects(columns) if columns else pa.nulls(lines.count, pa.string())  # type: ignore[arg-type]
