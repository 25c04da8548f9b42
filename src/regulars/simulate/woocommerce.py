"""The shop's orders as Customer/Order/Coupon Export of WooCommerce writes them, one row per item."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.simulate.addresses import email_address, phone_number
from regulars.simulate.layouts import copies, order_columns, write_rows
from regulars.simulate.season import Clock
from regulars.simulate.shopify import COUNTRY_CODES
from regulars.simulate.streams import Streams

_COLUMNS = (
    "order_id,order_number,date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,tax_total,discount_total,"
    "order_total,refunded_total,order_currency,payment_method,shipping_method,customer_id,billing_first_name,billing_last_name,"
    "billing_company,billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,billing_state,"
    "billing_country,shipping_first_name,shipping_last_name,shipping_address_1,shipping_address_2,shipping_postcode,"
    "shipping_city,shipping_state,shipping_country,shipping_company,customer_note,item_id,item_product_id,item_name,item_sku,"
    "item_price,item_quantity,item_subtotal,item_subtotal_tax,item_total,item_total_tax,item_refunded,item_refunded_qty,item_meta,"
    "shipping_items,fee_items,tax_items,coupon_items,refunds,order_notes,download_permissions_granted"
)
HEADER = tuple(_COLUMNS.split(","))
EXTRA_ORDERS = {"pending": 3, "on-hold": 2, "failed": 3, "checkout-draft": 1, "cancelled": 2}
"""Orders on top that are no sales; each is a copy of a good one under a number of its own."""

_GUESTS, _WITH_PHONE = 0.35, 0.6
_POSTAGE, _FREE_FROM = 395, 4_000  # pence
_TAX_RATE = 20
_ID_AHEAD = 3_000  # WordPress counts pages and pictures with the same numbers as orders


@dataclass
class _Line:
    """One order line, money in pence; ``back`` and ``back_value`` are the units that were returned and their worth."""

    item: str
    title: str
    quantity: int
    price: int
    off: int
    number: int
    back: int = 0
    back_value: int = 0

    @property
    def total(self) -> int:
        return self.quantity * self.price - self.off


@dataclass(frozen=True)
class _Order:
    """One order; ``returns`` are (second, line, units, pence)."""

    number: int
    second: int
    customer: str
    country: str
    lines: list[_Line] = field(default_factory=list)
    returns: list[tuple[int, _Line, int, int]] = field(default_factory=list)
    status: str = "completed"
    is_guest: bool = False

    @property
    def value(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def postage(self) -> int:
        return _POSTAGE if self.value < _FREE_FROM else 0

    @property
    def tax(self) -> int:
        return _tax(self.value)

    @property
    def total(self) -> int:
        return self.value + self.postage + self.tax

    @property
    def is_gone(self) -> bool:
        """Nothing of it was kept."""
        return 0 < self.value <= sum(pence for *_, pence in self.returns)


def write_woocommerce(
    path: Path, orders: pa.Table, streams: Streams, clock: Clock, newsletter: Mapping[str, bool]
) -> int:
    """Write the orders of :func:`tables.orders_table` as WooCommerce's export; return how many lines it has.

    Items are without tax. Times are of the shop's clock, without an offset. Guests have the customer number 0.
    Refunds stand with their day and items in the cell ``refunds``; ``clock`` and ``newsletter`` say nothing here.
    The latest order comes first.
    """
    found = _whole_orders(orders)
    rng = streams("woocommerce")
    guests = rng.random(len(found)) < _GUESTS
    found = [
        replace(order, is_guest=bool(guest), status="refunded" if order.is_gone else "completed")
        for order, guest in zip(found, guests, strict=True)
    ]
    found += _extra_orders(found, rng)
    latest_first = sorted(found, key=lambda one: (-one.second, -one.number))
    return write_rows(path, HEADER, (row for order in latest_first for row in _rows(order)))


def _whole_orders(orders: pa.Table) -> list[_Order]:
    """Lines and returns gathered by order; a return takes the first line of its item that has units left."""
    found: dict[str, _Order] = {}
    columns, seconds = order_columns(orders)
    for place, name in enumerate(columns["order_id"]):
        order = found.get(name) or _Order(
            int(name[1:]), seconds[place], columns["customer_id"][place], columns["country"][place]
        )
        found[name] = order
        item, quantity = columns["item_id"][place], columns["quantity"][place]
        total, price, off = (round(columns[c][place] * 100) for c in ("line_total", "unit_price", "discount"))
        if quantity < 0:
            line = next(
                one for one in order.lines if one.item == item and one.quantity - one.back >= -quantity
            )
            line.back, line.back_value = line.back - quantity, line.back_value - total
            order.returns.append((seconds[place], line, -quantity, -total))
        else:
            title = columns["item_name"][place]
            order.lines.append(_Line(item, title, quantity, price, off, place + 1))
    return list(found.values())


def _extra_orders(found: list[_Order], rng: np.random.Generator) -> list[_Order]:
    return [
        replace(
            found[place], number=number, status=kind, returns=[],
            lines=[replace(line, back=0, back_value=0) for line in found[place].lines],
        )
        for place, number, kind in copies([order.number for order in found], EXTRA_ORDERS, rng)
    ]  # fmt: skip


def _rows(order: _Order) -> Iterator[dict[str, str]]:
    """The rows of one order: its own cells stand on each."""
    shared = _order_cells(order) | _person(order)
    for line in order.lines:
        yield shared | {
            "item_id": str(line.number),
            "item_product_id": str(100 + int("".join(filter(str.isdigit, line.item)) or 0)),
            "item_name": line.title.replace("&", "&amp;"),
            "item_sku": line.item,
            "item_price": _money(line.price),
            "item_quantity": str(line.quantity),
            "item_subtotal": _money(line.quantity * line.price),
            "item_subtotal_tax": _money(_tax(line.quantity * line.price)),
            "item_total": _money(line.total),
            "item_total_tax": _money(_tax(line.total)),
            "item_refunded": _money(line.back_value),
            "item_refunded_qty": f"'-{line.back}" if line.back else "0",
        }


def _order_cells(order: _Order) -> dict[str, str]:
    refunds = _refunds(order)
    return {
        "order_id": str(order.number + _ID_AHEAD),
        "order_number": str(order.number),
        "date": _time(order.second),
        "status": order.status,
        "shipping_total": _money(order.postage),
        "shipping_tax_total": "0.00",
        "fee_total": "0.00",
        "fee_tax_total": "0.00",
        "tax_total": _money(order.tax),
        "discount_total": _money(sum(line.off for line in order.lines)),
        "order_total": _money(order.total),
        "refunded_total": _money(sum(pence for _, pence, _ in refunds)),
        "order_currency": "GBP",
        "payment_method": "stripe",
        "shipping_method": "Flat rate",
        "refunds": json.dumps(_refund_records(order, refunds), separators=(",", ":")) if refunds else "",
        "download_permissions_granted": "0",
    }


def _refunds(order: _Order) -> list[tuple[int, int, list[tuple[_Line, int, int]]]]:
    """(second, pence with tax, what came back) of each refund; with the last item the postage is given back."""
    by_second: dict[int, list[tuple[_Line, int, int]]] = {}
    for second, line, units, pence in order.returns:
        by_second.setdefault(second, []).append((line, units, pence))
    found = [(at, sum(p + _tax(p) for *_, p in back), back) for at, back in sorted(by_second.items())]
    if found and order.is_gone:
        at, _, back = found[-1]
        found[-1] = (at, order.total - sum(pence for _, pence, _ in found[:-1]), back)
    return found


def _refund_records(
    order: _Order, refunds: list[tuple[int, int, list[tuple[_Line, int, int]]]]
) -> list[dict[str, Any]]:
    return [
        {
            "id": order.number * 10 + place,
            "date": _time(second),
            "amount": _money(pence),
            "reason": "",
            "line_items": [
                {"refunded_item_id": str(line.number), "refund_total": _money(worth), "qty": -units}
                for line, units, worth in back
            ],
        }
        for place, (second, pence, back) in enumerate(refunds)
    ]


def _person(order: _Order) -> dict[str, str]:
    """Who ordered; names and addresses stand in every export, and no shop needs them here."""
    has_phone = int(order.customer[-2:]) < 100 * _WITH_PHONE
    address = {
        "first_name": "Sam",
        "last_name": order.customer,
        "address_1": "1 Example Street",
        "postcode": "00123",
        "city": "Sampleton",
        "country": COUNTRY_CODES.get(order.country, order.country),
    }
    cells = {f"{kind}_{name}": cell for kind in ("billing", "shipping") for name, cell in address.items()}
    return cells | {
        "customer_id": "0" if order.is_guest else str(int("".join(filter(str.isdigit, order.customer)))),
        "billing_email": email_address(order.customer),
        "billing_phone": f"'{phone_number(order.customer)}" if has_phone else "",
    }


def _tax(pence: int) -> int:
    return round(pence * _TAX_RATE / 100)


def _money(pence: int) -> str:
    """Pence as pounds.

    >>> _money(1205)
    '12.05'
    """
    return f"{pence // 100}.{pence % 100:02d}"


def _time(second: int) -> str:
    """A second of the shop's clock; WooCommerce writes no offset."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second):%Y-%m-%d %H:%M:%S}"
