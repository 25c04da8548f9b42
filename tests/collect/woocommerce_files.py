"""Orders of a made-up WooCommerce shop, written as each of its exports writes them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field

BILLING = {
    "first_name": "Ann",
    "last_name": "Lee",
    "address_1": "1 Mill Lane",
    "postcode": "AB1 2CD",
    "city": "Leeds",
}


@dataclass
class Item:
    sku: str = "MUG"
    quantity: int = 1
    total: float = 10.0
    """Money of the line after discounts, without tax."""
    subtotal: float | None = None
    refunded: float = 0.0
    refunded_quantity: int = 0
    name: str = ""
    product_id: str = ""

    @property
    def before(self) -> float:
        return self.total if self.subtotal is None else self.subtotal

    @property
    def label(self) -> str:
        return self.name or f"The {self.sku}"


@dataclass
class Order:
    number: str
    items: list[Item] = field(default_factory=lambda: [Item()])
    status: str = "completed"
    date: str = "2024-03-01 10:12:33"
    email: str = "ann@example.org"
    customer: str = "0"
    currency: str = "GBP"
    shipping: float = 5.0
    fees: float = 0.0
    tax: float = 0.0
    refunds: list[tuple[str, float]] = field(default_factory=list)
    """Dates and amounts."""
    paid: str = ""
    account: str = ""
    refunded: float | None = None

    @property
    def discount(self) -> float:
        return sum(item.before - item.total for item in self.items)

    @property
    def total(self) -> float:
        return sum(item.total for item in self.items) + self.shipping + self.fees + self.tax

    @property
    def refunded_total(self) -> float:
        return sum(amount for _, amount in self.refunds) if self.refunded is None else self.refunded


def money(value: float) -> str:
    return f"{value:.2f}"


def csv_text(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _escaped(value: object) -> str:
    text = str(value)
    for mark in ":|;":
        text = text.replace(mark, "\\" + mark)
    return text


def _packed(fields: dict[str, object], escape: bool = True) -> str:
    return "|".join(f"{key}:{_escaped(value) if escape else value}" for key, value in fields.items())


def _sky_order(order: Order, dated: bool, as_json: bool) -> dict[str, str]:
    refunds = [
        {"id": str(900 + place), "date": date, "amount": money(amount), "reason": "too late; sorry"}
        for place, (date, amount) in enumerate(order.refunds)
    ]
    cells = {
        "order_id": f"7{order.number}", "order_number": order.number, "order_number_formatted": order.number,
        "date": order.date, "status": order.status, "shipping_total": money(order.shipping), "shipping_tax_total": "0.00",
        "fee_total": money(order.fees), "tax_total": money(order.tax), "discount_total": money(order.discount),
        "order_total": money(order.total), "refunded_total": money(order.refunded_total), "order_currency": order.currency,
        "customer_id": order.customer, "billing_email": order.email, "billing_phone": "", "billing_country": "GB",
        "customer_note": "ring twice", **{f"billing_{name}": value for name, value in BILLING.items()},
    }  # fmt: skip
    if dated:
        cells["refunds"] = json.dumps(refunds) if as_json and refunds else ";".join(map(_packed, refunds))
    return cells


def _sky_fields(order: Order, place: int, item: Item) -> dict[str, object]:
    return {
        "id": f"{order.number}{place}", "name": item.label, "product_id": item.product_id or "12", "sku": item.sku,
        "quantity": item.quantity, "subtotal": money(item.before), "subtotal_tax": "0.00", "total": money(item.total),
        "total_tax": "0.00", "refunded": money(item.refunded), "refunded_qty": -item.refunded_quantity, "meta": "Size=L,Colour=Blue",
    }  # fmt: skip


def skyverge_items(orders: list[Order], dated: bool = True) -> list[dict[str, str]]:
    """Customer/Order/Coupon Export, one row per item."""
    rows = []
    for order in orders:
        for place, item in enumerate(order.items):
            fields = _sky_fields(order, place, item)
            rows.append(
                _sky_order(order, dated, False)
                | {f"item_{name}": str(value) for name, value in fields.items()}
            )
    return rows


def skyverge_orders(orders: list[Order], as_json: bool = False, dated: bool = True) -> list[dict[str, str]]:
    """Customer/Order/Coupon Export, one row per order, its items in one cell."""
    rows = []
    for order in orders:
        fields = [_sky_fields(order, place, item) for place, item in enumerate(order.items)]
        packed = json.dumps(fields) if as_json else ";".join(map(_packed, fields))
        rows.append(_sky_order(order, dated, as_json) | {"line_items": packed})
    return rows


def _suite_order(order: Order) -> dict[str, str]:
    refunds = [{"amount": money(a), "reason": "changed|mind", "date": date} for date, a in order.refunds]
    return {
        "order_id": f"7{order.number}", "order_number": order.number, "order_date": order.date, "paid_date": order.paid,
        "status": f"wc-{order.status}", "shipping_total": money(order.shipping), "fee_total": money(order.fees),
        "tax_total": money(order.tax), "cart_discount": money(order.discount), "discount_total": money(order.discount),
        "order_total": money(order.total), "order_currency": order.currency, "customer_id": order.customer,
        "customer_email": order.account, "billing_email": order.email, "billing_country": "GB",
        "customer_ip_address": "203.0.113.7", "refund_items": ";".join(_packed(r, False) for r in refunds),
    }  # fmt: skip


def suite_orders(orders: list[Order]) -> list[dict[str, str]]:
    """Import Export Suite, one row per order, one column per item."""
    rows = []
    for order in orders:
        row = _suite_order(order)
        for place, item in enumerate(order.items, start=1):
            fields = {
                "name": item.label, "product_id": item.product_id or "12", "sku": item.sku, "quantity": item.quantity,
                "total": money(item.total), "sub_total": money(item.before), "meta:pa_size": "L",
            }  # fmt: skip
            fields |= {"refunded": money(item.refunded)} if item.refunded else {}
            row[f"line_item_{place}"] = _packed(fields, False)
        rows.append(row)
    return rows


def suite_items(orders: list[Order]) -> list[dict[str, str]]:
    """Import Export Suite, one row per item."""
    return [_suite_order(order) | _suite_item(item) for order in orders for item in order.items]


def _suite_item(item: Item) -> dict[str, str]:
    return {
        "item_product_id": item.product_id or "12", "item_name": item.label, "item_sku": item.sku,
        "item_quantity": str(item.quantity), "item_subtotal": money(item.before), "item_total": money(item.total),
        "item_refunded": money(item.refunded) if item.refunded else "",
        "item_refunded_qty": str(item.refunded_quantity) if item.refunded_quantity else "",
    }  # fmt: skip


LABELS = {"completed": "Completed", "processing": "Processing", "on-hold": "On hold", "pending": "Pending payment",
          "failed": "Failed", "cancelled": "Cancelled", "refunded": "Refunded", "checkout-draft": "Draft", "trash": "Trash"}  # fmt: skip


def _advanced_order(order: Order) -> dict[str, str]:
    return {
        "Order Number": order.number, "Order Status": LABELS.get(order.status, order.status), "Order Date": order.date[:16],
        "Customer Note": "", "First Name (Billing)": "Ann", "Last Name (Billing)": "Lee", "City (Billing)": "Leeds",
        "Country Code (Billing)": "GB", "Email (Billing)": order.email, "Phone (Billing)": "",
        "Cart Discount Amount": money(order.discount), "Order Subtotal Amount": money(sum(i.before for i in order.items)),
        "Order Shipping Amount": money(order.shipping), "Order Refund Amount": money(order.refunded_total),
        "Order Total Amount": money(order.total), "Order Total Tax Amount": money(order.tax), "Currency": order.currency,
    }  # fmt: skip


def advanced(
    orders: list[Order], fields: tuple[str, ...] = ("Quantity", "Item Cost", "Order Line Total")
) -> list[dict[str, str]]:
    """Advanced Order Export, one row per item; ``fields`` are the ones of its items beside SKU and name."""
    rows = []
    for order in orders:
        for place, item in enumerate(order.items, start=1):
            cells = {
                "Quantity": str(item.quantity), "Quantity (- Refund)": str(item.quantity - item.refunded_quantity),
                "Item Cost": money(item.total / item.quantity), "Order Line Total": money(item.total),
                "Order Line Subtotal": money(item.before), "Order Line Total Refunded": money(item.refunded),
            }  # fmt: skip
            rows.append(
                _advanced_order(order)
                | {"SKU": item.sku, "Item #": str(place), "Item Name": item.label}
                | {name: cells[name] for name in fields}
                | {"Coupon Code": "", "Discount Amount": "", "Discount Amount Tax": ""}
            )
    return rows


def advanced_refund(order: Order, date: str, items: list[Item], total: float) -> list[dict[str, str]]:
    """A refund as Advanced Order Export writes it: an order of its own with the number of its parent."""
    shared = _advanced_order(order) | {
        "Order Status": "Refunded", "Order Date": date, "Order Total Amount": money(-total), "Order Refund Amount": "0",
        "Order Subtotal Amount": money(-sum(item.total for item in items)), "Order Shipping Amount": "0",
        "Cart Discount Amount": "0",
    }  # fmt: skip
    rows = [
        shared
        | {
            "SKU": item.sku, "Item #": "1", "Item Name": item.label, "Quantity": str(-item.quantity),
            "Item Cost": money(item.total / item.quantity), "Order Line Total": money(-item.total),
        }
        for item in items
    ]  # fmt: skip
    return rows or [shared]


LAYOUTS = {
    "skyverge items": skyverge_items,
    "skyverge orders": skyverge_orders,
    "skyverge json": lambda orders: skyverge_orders(orders, as_json=True),
    "suite orders": suite_orders,
    "suite items": suite_items,
    "advanced": advanced,
}
