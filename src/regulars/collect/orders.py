"""Order lines -> purchases, refunds and charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.collect.amounts import multiplied
from regulars.collect.cells import text
from regulars.collect.kernels import Array, spread
from regulars.collect.lines import Bools, Lines, with_nulls
from regulars.collect.objects import json_objects
from regulars.collect.people import CONTACT_TARGETS, person_ids
from regulars.collect.vocabulary import REFUND_STATUS, plain_status, plain_word
from regulars.schema import MONEY_UNITS

Ints = NDArray[np.int64]

TARGETS = (
    "time", "order_id", "user_id", "item_id", "quantity", "unit_price", "value", "order_total", "discount",
    "currency", "channel", "campaign", "country", "status", "title", "category", "anonymous_id", "session_id",
    *CONTACT_TARGETS,
)  # fmt: skip
NEEDS = (("time",), ("user_id", "anonymous_id", "email", "phone"), ("value", "unit_price"))


def order_mapping(mapping: Mapping[str, str], names: Sequence[str] = ()) -> dict[str, str]:
    """A guessed mapping in which the total of an order stands in for its lines where a row is a whole order.

    With items in the rows it does not: the total would be repeated on every line of the order.

    >>> order_mapping({"time": "Date", "order_total": "Total"})["value"]
    'Total'
    """
    completed = dict(mapping)
    plain = {plain_word(name): name for name in names}
    if "lineitemquantity" in plain and "name" in plain:
        # Shopify calls the number of an order its name.
        completed.setdefault("order_id", plain["name"])
    total = completed.pop("order_total", None)
    whole_orders = "item_id" not in completed and "title" not in completed
    if total and whole_orders and "value" not in completed and "unit_price" not in completed:
        completed["value"] = total
    return completed


def order_events(lines: Lines, refunded: Bools | None = None) -> dict[str, Array]:
    """One event per order line.

    A line whose status says cancelled, returned or refunded (or one of ``refunded``) is a ``refund`` with negative
    quantity and value. A negative quantity without such a status is rejected, and a negative amount with a quantity
    is a ``charge``.
    """
    refunded = is_refund_status(lines.text("status")) if refunded is None else refunded
    quantity, has_quantity = line_quantity(lines)
    discount, has_discount = line_discount(lines)
    value, has_value = line_value(lines, quantity, has_quantity, discount)
    counted = has_quantity & lines.has("quantity")
    backwards = np.where(counted, quantity < 0, value < 0) & ~refunded
    lines.reject(
        backwards, "refund_without_order", "quantity" if lines.has("quantity") else "value",
        "a negative line only with a status such as cancelled or refunded",
    )  # fmt: skip
    charge = ~refunded & counted & (quantity >= 0) & (value < 0)
    quantity = np.where(refunded, -np.abs(quantity), quantity)
    value = np.where(refunded, -np.abs(value), value)
    return {
        **line_columns(lines, has_value),
        "type": pa.array(np.where(refunded, "refund", np.where(charge, "charge", "purchase")), pa.string()),
        "quantity": with_nulls(quantity, has_quantity),
        "value": with_nulls(value, has_value),
        "properties": line_properties(lines, discount, has_discount),
    }


def line_columns(lines: Lines, priced: Bools) -> dict[str, Array]:
    """The columns that every order line has besides type, quantity and value."""
    times = lines.times()
    return {
        "user_id": person_ids(lines),
        "anonymous_id": lines.ids("anonymous_id"),
        "occurred_us": times.occurred_us,
        "day": times.day,
        "second": times.second,
        "order_id": lines.ids("order_id"),
        "item_id": lines.ids("item_id"),
        "currency": lines.currencies(priced),
        "channel": lines.text("channel"),
        "campaign": lines.text("campaign"),
    }


def line_quantity(lines: Lines) -> tuple[Ints, Bools]:
    """Units of each line, in ten-thousandths. Without a column for it, a line with an item or a price is one unit."""
    amounts = lines.amounts("quantity")
    if lines.has("quantity"):
        return amounts.units, amounts.valid
    single = np.full(lines.count, lines.has("unit_price") or lines.has("item_id"))
    return np.where(single, MONEY_UNITS, 0), single


def line_discount(lines: Lines) -> tuple[Ints, Bools]:
    """Money taken off each line, positive whichever sign the file writes."""
    amounts = lines.amounts("discount")
    return np.abs(amounts.units), amounts.valid & (amounts.units != 0)


def line_value(lines: Lines, quantity: Ints, has_quantity: Bools, discount: Ints) -> tuple[Ints, Bools]:
    """Money of each line: its total, else quantity times price less the discount; neither rejects the line."""
    total, price = lines.amounts("value"), lines.amounts("unit_price")
    product, fits = multiplied(quantity, price.units)
    # The discount makes a sale smaller and a refund smaller, too.
    product = product - np.where(quantity < 0, -discount, discount)
    priced = price.valid & has_quantity
    lines.reject(priced & ~fits & ~total.valid, "bad_number", "unit_price", "a line value below 900 billion")
    present = total.valid | priced
    needed = "value" if lines.has("value") else "unit_price"
    if needed == "unit_price" and lines.has("quantity"):
        lines.require("quantity", has_quantity, "a quantity in every line")
    lines.require(needed, present, "an amount in every line")
    return np.where(total.valid, total.units, product), present


def line_properties(lines: Lines, discount: Ints, has_discount: Bools) -> Array:
    """Discount and country as a JSON object."""
    taken = with_nulls(discount, has_discount).cast(pa.string())
    return json_objects({"country": (lines.text("country"), "text"), "discount_value": (taken, "number")})


def is_refund_status(status: Array) -> Bools:
    """Where a status word means that the line was cancelled, returned or refunded.

    >>> is_refund_status(pa.array(["Completed", "Storniert", "partially refunded", None])).tolist()
    [False, True, False, False]
    """
    coded = text(status).dictionary_encode()
    words = [plain_status(word) in REFUND_STATUS for word in coded.dictionary.to_pylist()]
    return spread(np.array(words, bool), coded)
