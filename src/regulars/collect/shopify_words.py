"""The words of Shopify's export of orders: its labels through the years, statuses, and signs of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from regulars.collect.mapping import columns_named
from regulars.collect.vocabulary import plain_word
from regulars.errors import MappingError

# Labels differ between the years of an export; letter case, blanks and signs do not count.
WORDS = {
    "order_id": ("Name", "Order Name", "Order"),
    "time": ("Created at", "Processed at", "Paid at"),
    "sku": ("Lineitem sku", "Lineitem variant sku"),
    "title": ("Lineitem name", "Lineitem title"),
    "quantity": ("Lineitem quantity",),
    "unit_price": ("Lineitem price",),
    "line_discount": ("Lineitem discount",),
    "vendor": ("Vendor", "Lineitem vendor"),
    "email": ("Email", "Customer Email", "Contact Email"),
    "phone": ("Phone", "Customer Phone"),
    "accepts_marketing": ("Accepts Marketing", "Accepts Email Marketing", "Buyer Accepts Marketing"),
    "status": ("Financial Status",),
    "paid_at": ("Paid at",),
    "fulfilled_at": ("Fulfilled at", "Fulfillment Date"),
    "cancelled_at": ("Cancelled at", "Canceled at"),
    "currency": ("Currency",),
    "subtotal": ("Subtotal",),
    "shipping": ("Shipping",),
    "taxes": ("Taxes", "Tax"),
    "duties": ("Duties",),
    "order_total": ("Total",),
    "order_discount": ("Discount Amount",),
    "discount_code": ("Discount Code", "Discount Codes"),
    "refund": ("Refunded Amount",),
    "country": ("Shipping Country", "Shipping Country Code"),
    "billing_country": ("Billing Country", "Billing Country Code"),
    "payment_method": ("Payment Method", "Gateway"),
    "shop_order_id": ("Id", "Order Id"),
    "tags": ("Tags", "Order Tags"),
    "channel": ("Source", "Source Name"),
}  # fmt: skip
OF_LINES = ("order_id", "sku", "title", "quantity", "unit_price", "line_discount", "vendor")
OF_ORDERS = tuple(target for target in WORDS if target not in OF_LINES)
GUARDED = (
    "order_id",
    "sku",
    "shop_order_id",
    "time",
    "paid_at",
    "fulfilled_at",
    "cancelled_at",
    "status",
    "currency",
)

NOT_PAID = {"pending", "authorized", "authorised", "expired", "unpaid", "paymentpending", "overdue"}
VOID = {"voided", "void"}
SOLD = {"paid", "partiallypaid", "partiallyrefunded", "refunded"}
_LINE_ITEMS = frozenset({"lineitemname", "lineitemquantity", "lineitemprice", "lineitemsku"})
_TRANSACTIONS = frozenset({"order", "name", "kind", "gateway", "amount"})
TEST_PAYMENT = r"(?i)\bbogus\b|\btest(?:ing)?\b"
TEST_TAG = r"(?i)(?:^|,)\s*test(?:[ _-]?orders?)?\s*(?:,|$)"


def is_shopify_orders(sample: pa.RecordBatch) -> bool:
    """Whether a file has the columns of Shopify's export of orders, or of its transaction histories."""
    names = frozenset(map(plain_word, sample.schema.names))
    return _is_transactions(names) or (
        "name" in names
        and bool(names & _LINE_ITEMS)
        and bool(names & {"financialstatus", "createdat", "paidat"})
    )


def _is_transactions(names: frozenset[str]) -> bool:
    return names >= _TRANSACTIONS and not names & _LINE_ITEMS


def order_columns(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Target -> column by names alone.

    Raises
    ------
    MappingError
        The file is the transaction histories, which have payments and neither items nor customers.
    """
    if _is_transactions(frozenset(map(plain_word, names))):
        raise MappingError(
            "these are Shopify's transaction histories: they have payments, and neither items nor customers; their "
            "columns are " + ", ".join(names),
            allowed="Shopify's export of orders, with Lineitem name, Lineitem quantity and Lineitem price",
            fix="choose Orders > Export > Export orders in the admin page, not transaction histories, and import that file",
        )
    return columns_named(WORDS, names)
