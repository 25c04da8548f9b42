"""The shop's orders as Shopify exports them: one row per line item, what belongs to the order on its first row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from regulars.simulate.addresses import email_address, phone_number
from regulars.simulate.layouts import copies, order_columns, write_rows
from regulars.simulate.season import Clock
from regulars.simulate.streams import Streams

_LABELS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,"
    "Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
    "Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,"
    "Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,"
    "Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,"
    "Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,"
    "Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,"
    "Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
)
HEADER = tuple(_LABELS.split(","))
COUNTRY_CODES = {
    "United Kingdom": "GB",
    "Ireland": "IE",
    "Germany": "DE",
    "France": "FR",
    "Netherlands": "NL",
}
EXTRA_ORDERS = {"test": 3, "pending": 4, "authorized": 1, "expired": 1, "voided": 2}
"""Orders on top that are no sales; each is a copy of a good one under a number of its own."""

_GUESTS, _CANCELLED, _LINE_DISCOUNTS, _WITH_PHONE = 0.02, 0.5, 0.3, 0.6
_POSTAGE, _FREE_FROM = 395, 4_000  # pence
_TAX_RATE = 20
_FIRST_ID = 5_600_000_000_000


@dataclass(frozen=True)
class _Order:
    """One order; money in pence. ``back`` is what was returned of its items, ``back_second`` when, the last time."""

    number: int
    second: int
    customer: str
    country: str
    channel: str
    status: str = "paid"
    lines: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    back: int = 0
    back_second: int = 0
    is_guest: bool = False
    is_cancelled: bool = False
    has_line_discounts: bool = False

    @property
    def listed(self) -> int:
        return sum(quantity * price for _, _, quantity, price, _ in self.lines)

    @property
    def discount(self) -> int:
        return sum(line[4] for line in self.lines)


def write_shopify(
    path: Path, orders: pa.Table, streams: Streams, clock: Clock, newsletter: Mapping[str, bool]
) -> int:
    """Write the orders of :func:`tables.orders_table` as Shopify's export; return how many lines it has.

    Prices include taxes. What an order's lines were reduced by stands as the order's discount; what came back
    as one refund without a day, or as the day of ``Cancelled at``. A few orders have no e-mail address. The
    latest order comes first.
    """
    found = _whole_orders(orders)
    rng = streams("shopify")
    chance = rng.random((4, len(found)))
    for place, order in enumerate(found):
        whole = order.back >= order.listed - order.discount > 0
        found[place] = replace(
            order,
            status="refunded" if whole else "partially_refunded" if order.back else "paid",
            is_guest=bool(chance[0, place] < _GUESTS),
            is_cancelled=whole and bool(chance[1, place] < _CANCELLED),
            has_line_discounts=bool(chance[2, place] < _LINE_DISCOUNTS),
        )
    found += _extra_orders(found, rng)
    latest_first = sorted(found, key=lambda one: (-one.second, -one.number))
    rows = (
        row for order in latest_first for row in _rows(order, clock, newsletter.get(order.customer, False))
    )
    return write_rows(path, HEADER, rows)


def _whole_orders(orders: pa.Table) -> list[_Order]:
    """Lines and returns gathered by order."""
    found: dict[str, _Order] = {}
    columns, seconds = order_columns(orders)
    for place, name in enumerate(columns["order_id"]):
        if name not in found:
            found[name] = _Order(
                int(name[1:]),
                seconds[place],
                *(columns[c][place] for c in ("customer_id", "country", "channel")),
            )
        order = found[name]
        quantity, total = columns["quantity"][place], round(columns["line_total"][place] * 100)
        if quantity < 0:
            found[name] = replace(order, back=order.back - total, back_second=seconds[place])
            continue
        price, off = (round(columns[c][place] * 100) for c in ("unit_price", "discount"))
        order.lines.append((columns["item_id"][place], columns["item_name"][place], quantity, price, off))
    return list(found.values())


def _extra_orders(found: list[_Order], rng: np.random.Generator) -> list[_Order]:
    return [
        replace(found[place], number=number, status=kind, back=0, is_cancelled=kind == "voided")
        for place, number, kind in copies([order.number for order in found], EXTRA_ORDERS, rng)
    ]


def _rows(order: _Order, clock: Clock, newsletter: bool) -> Iterator[dict[str, str]]:
    """The rows of one order; all but the first have the order's name, address and time, and their own line."""
    shared = {
        "Name": f"#{order.number}",
        "Email": "" if order.is_guest else email_address(order.customer),
        "Created at": _time(order.second, clock),
        "Vendor": "Demo shop",
    }
    first = _first_row(order, clock, newsletter)
    for place, (item, title, quantity, price, off) in enumerate(order.lines):
        line = {
            "Lineitem quantity": str(quantity),
            "Lineitem name": title,
            "Lineitem price": _money(price),
            "Lineitem sku": item,
            "Lineitem requires shipping": "true",
            "Lineitem taxable": "true",
            "Lineitem fulfillment status": "fulfilled" if order.status.startswith("p") else "pending",
            "Lineitem discount": _money(off if order.has_line_discounts else 0),
        }
        yield shared | (first if place == 0 else {}) | line


def _first_row(order: _Order, clock: Clock, newsletter: bool) -> dict[str, str]:
    subtotal = order.listed - order.discount
    postage = _POSTAGE if subtotal < _FREE_FROM else 0
    total = subtotal + postage
    taxes = round(total * _TAX_RATE / (100 + _TAX_RATE))
    paid = order.status not in ("pending", "authorized", "expired", "voided")
    back = total if order.status == "refunded" else order.back
    gone_second = order.back_second or order.second + 3_600
    return {
        "Financial Status": "paid" if order.status == "test" else order.status,
        "Paid at": _time(order.second, clock) if paid else "",
        "Fulfillment Status": "fulfilled" if paid else "unfulfilled",
        "Fulfilled at": _time(order.second + 86_400, clock) if paid and not order.is_cancelled else "",
        "Accepts Marketing": "yes" if newsletter and not order.is_guest else "no",
        "Currency": "GBP",
        "Subtotal": _money(subtotal),
        "Shipping": _money(postage),
        "Taxes": _money(taxes),
        "Total": _money(total),
        "Discount Code": "THANKS" if order.discount else "",
        "Discount Amount": _money(order.discount),
        "Shipping Method": "Standard",
        "Cancelled at": _time(gone_second, clock) if order.is_cancelled else "",
        "Payment Method": "(for testing) Bogus Gateway" if order.status == "test" else "Shopify Payments",
        "Refunded Amount": _money(back),
        "Outstanding Balance": _money(0 if paid else total),
        "Id": str(_FIRST_ID + order.number),
        "Risk Level": "Low",
        "Source": "web",
        "Tax 1 Name": f"GB VAT {_TAX_RATE}%",
        "Tax 1 Value": _money(taxes),
    } | _person(order)  # fmt: skip


def _person(order: _Order) -> dict[str, str]:
    """Names and addresses, as every export has them and no shop needs them here."""
    called = f"Sam {order.customer}"
    address = {
        "Name": called,
        "Street": "1 Example Street",
        "Address1": "1 Example Street",
        "City": "Sampleton",
        "Zip": "'00123",
        "Country": COUNTRY_CODES.get(order.country, order.country),
    }
    cells = {f"{kind} {name}": cell for kind in ("Billing", "Shipping") for name, cell in address.items()}
    has_phone = int(order.customer[-2:]) < 100 * _WITH_PHONE and not order.is_guest
    return cells | {"Phone": f"'{phone_number(order.customer)}" if has_phone else ""}


def _money(pence: int) -> str:
    """Pence as pounds.

    >>> _money(1205)
    '12.05'
    """
    return f"{pence // 100}.{pence % 100:02d}"


def _time(second: int, clock: Clock) -> str:
    """A local second with its distance from UTC, as Shopify writes it."""
    offset = int(clock.offset(np.array([second]))[0])
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    return f"{local:%Y-%m-%d %H:%M:%S} +{offset // 3600:02d}00"
