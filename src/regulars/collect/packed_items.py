"""Cells of a WooCommerce export that hold several records: the items or the refunds of one order.

Two writings are read: JSON, and ``key:value|key:value;key:value|...`` with a backslash before a separator that
belongs to a value. Old versions of the plug-ins write no backslashes, and names then bring the separators in (the
``;`` of ``&amp;`` above all): a piece that does not begin like a record or a known key continues what stood before.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

KEYS = frozenset(
    {
        "id", "name", "product_id", "sku", "quantity", "qty", "subtotal", "sub_total", "subtotal_tax", "total", "total_tax",
        "tax", "tax_data", "refunded", "refunded_qty", "meta", "_variation_id", "variation_id", "price", "item_price",
        "date", "amount", "reason", "line_items", "type", "item_type", "tax_class",
    }
)  # fmt: skip
_SEPARATORS = {mark: re.compile(rf"(?<!\\){re.escape(mark)}") for mark in ";|:"}
_ESCAPED = re.compile(r"\\([:|;])")


class PackedCellError(ValueError):
    """A cell that is neither of the two writings."""


def packed_records(cell: str) -> list[dict[str, Any]]:
    """The records of one cell; values are text, nested JSON stays as lists and objects.

    Raises
    ------
    PackedCellError
        The cell begins like JSON and is none (it was cut off, for example by a spreadsheet's limit of 32,767
        letters), or it has no ``key:value``.

    >>> packed_records("id:7|name:Salt &amp; Pepper|quantity:2|total:10.00;id:8|name:Mug|quantity:1|total:4.50")[0]["name"]
    'Salt & Pepper'
    >>> packed_records('[{"name": "Mug", "quantity": 2, "total": 9.10}]')
    [{'name': 'Mug', 'quantity': '2', 'total': '9.10'}]
    """
    text = cell.strip()
    if not text:
        return []
    if text[0] in "[{":
        return _from_json(text)
    return [_fields(record) for record in _split_records(text)]


def _from_json(text: str) -> list[dict[str, Any]]:
    try:
        # Numbers stay text, so that no amount goes through a float.
        found = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise PackedCellError("the JSON of the cell is cut off or damaged") from error
    records = list(found.values()) if _is_keyed(found) else found
    records = records if isinstance(records, list) else [records]
    if not all(isinstance(record, dict) for record in records):
        raise PackedCellError("the JSON of the cell holds no records")
    return [{key: _plain(value) for key, value in record.items()} for record in records]


def _is_keyed(found: object) -> bool:
    """Whether JSON is an object of records ({"12": {...}}), as PHP writes lists with gaps."""
    return isinstance(found, dict) and bool(found) and all(isinstance(v, dict) for v in found.values())


def _plain(value: object) -> Any:
    if isinstance(value, str):
        return html.unescape(value)
    return value if isinstance(value, list | dict) else "" if value is None else str(value)


def _split(text: str, mark: str, most: int = -1) -> list[str]:
    """Text split at a separator that no backslash stands before."""
    if "\\" not in text:
        return text.split(mark, most)
    return _SEPARATORS[mark].split(text, maxsplit=max(most, 0))


def _split_records(text: str) -> list[str]:
    """The records of a cell; each begins with the key that the first one begins with."""
    first = _split(text, ":", 1)
    if len(first) < 2:
        raise PackedCellError("the cell has no key:value")
    start = first[0].strip() + ":"
    records: list[str] = []
    for piece in _split(text, ";"):
        if piece.lstrip().startswith(start):
            records.append(piece)
        elif records:
            records[-1] += ";" + piece
    return [record.strip().rstrip(";") for record in records]


def _fields(record: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    last = ""
    for piece in _split(record, "|"):
        if piece.startswith("meta:"):
            # meta:KEY:VALUE or meta:KEY=VALUE, one piece each; what an item looks like is not needed.
            last = ""
            continue
        parts = _split(piece, ":", 1)
        if len(parts) == 2 and parts[0].strip() in KEYS:
            # The item's own fields come first; what a buyer had engraved may be called a name, too.
            last = "" if parts[0].strip() in fields else parts[0].strip()
            if last:
                fields[last] = parts[1]
        elif last:
            fields[last] += "|" + piece
    return {key: _unmarked(value) for key, value in fields.items()}


def _unmarked(value: str) -> str:
    """A value without the backslashes and entities of its writing."""
    plain = _ESCAPED.sub(r"\1", value) if "\\" in value else value
    return (html.unescape(plain) if "&" in plain else plain).strip()


def value_of(record: Mapping[str, Any], *names: str) -> str | None:
    """The first of several fields that a record has and that says something.

    >>> value_of({"sku": "", "product_id": "12"}, "sku", "product_id")
    '12'
    """
    found = (record.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value not in ("", "null")), None)
