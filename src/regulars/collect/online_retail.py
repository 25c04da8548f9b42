"""Online Retail and Online Retail II of the UCI repository: order lines of a British gift wholesaler."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from regulars.collect import orders
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Lines, with_nulls
from regulars.collect.objects import json_objects
from regulars.collect.plan import NamedSource

# The two layouts differ in three names.
_WORDS = {
    "order_id": ("InvoiceNo", "Invoice"),
    "item_id": ("StockCode",),
    "title": ("Description",),
    "quantity": ("Quantity",),
    "time": ("InvoiceDate",),
    "unit_price": ("UnitPrice", "Price"),
    "user_id": ("CustomerID", "Customer ID"),
    "country": ("Country",),
}


def retail_events(lines: Lines) -> dict[str, Array]:
    """Every line becomes an event.

    Codes that begin neither with five digits nor with DCGS, PADS or SP (postage, fees, vouchers, manual corrections) are charges;
    invoices that begin with C are refunds; negative quantities on other invoices are stock adjustments.
    """
    quantity, has_quantity = orders.line_quantity(lines)
    value, has_value = orders.line_value(lines, quantity, has_quantity, np.zeros(lines.count, np.int64))
    columns = orders.line_columns(lines, has_value)
    lines.require("item_id", np.asarray(columns["item_id"].is_valid()), "a stock code in every line")
    product = _where(pc.match_substring_regex(columns["item_id"], r"^(\d{5}|DCGS|PADS|SP\d)"))
    cancelled = _where(pc.match_substring_regex(columns["order_id"], r"^[Cc]"))
    kinds = np.select([~product, cancelled, quantity < 0], ["charge", "refund", "adjustment"], "purchase")
    return {
        **columns,
        "type": pa.array(kinds, pa.string()),
        "quantity": with_nulls(quantity, has_quantity),
        "value": with_nulls(value, has_value),
        "properties": json_objects({"country": (lines.text("country"), "text")}),
    }


def _where(found: Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(pc.fill_null(found, False))


def is_retail(sample: pa.RecordBatch) -> bool:
    """Whether a file has the columns of one of the two layouts."""
    names = set(sample.schema.names)
    return {"StockCode", "InvoiceDate", "Quantity"} <= names and bool(names & {"InvoiceNo", "Invoice"})


ONLINE_RETAIL = NamedSource(
    name="online-retail",
    kind="events",
    doc="UCI Online Retail and Online Retail II: order lines of a gift wholesaler, Parquet, CSV or Excel",
    targets=tuple(_WORDS),
    needs=(("order_id",), ("item_id",), ("quantity",), ("time",), ("unit_price",), ("user_id",)),
    check=retail_events,
    words=_WORDS,
    recognises=is_retail,
    notes=(
        "invoices that begin with C are refunds; codes that begin neither with five digits nor with DCGS, PADS or SP are charges; "
        "negative quantities without C are stock adjustments",
        "stock codes are kept as written (15056bl and 15056BL are two items)",
    ),
)
