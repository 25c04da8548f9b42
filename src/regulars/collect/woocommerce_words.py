"""What the exports of WooCommerce call things: columns of the three plug-ins and their versions, and statuses.

Columns are compared without case, blanks, underscores and punctuation (:func:`vocabulary.plain_word`): the names
stand as the plug-ins write them. Labels of Advanced Order Export are translated with the shop; where they are, the
columns go into a mapping.
"""

from __future__ import annotations

from typing import Literal

from regulars.collect.vocabulary import plain_word

PACKED_COLUMN_COUNT = 300
PACKED_TARGETS = tuple(f"line_item_{number}" for number in range(1, PACKED_COLUMN_COUNT + 1))
"""Import Export Suite writes one column per item of its largest order."""

ORDER_WORDS: dict[str, tuple[str, ...]] = {
    "order_id": ("order_number_formatted", "order_number", "Order Number"),
    "internal_id": ("order_id", "Order ID", "id"),
    "time": ("order_date", "date", "created_at", "Order Date"),
    "paid_at": ("paid_date", "date_paid", "Paid Date"),
    "completed_at": ("completed_date", "date_completed", "Completed Date", "completed_at"),
    "modified_at": ("modified_date", "date_modified", "Modification Date", "updated_at"),
    "refunded_at": ("first_refund_date", "Date of first refund"),
    "status": ("status", "order_status", "Order Status"),
    "currency": ("order_currency", "currency"),
    "email": ("billing_email", "Email (Billing)", "customer_email", "Customer User Email", "email"),
    "account_email": ("customer_email", "Customer User Email", "user_email"),
    "user_id": ("customer_id", "customer_user", "Customer User ID"),
    "phone": ("billing_phone", "Phone (Billing)", "phone"),
    "accepts_marketing": ("accepts_marketing", "marketing_opt_in", "mailchimp_woocommerce_is_subscribed", "newsletter"),
    "country": (
        "billing_country", "Country Code (Billing)", "Country Name (Billing)", "shipping_country", "Country Code (Shipping)",
    ),
    "shipping": ("shipping_total", "total_shipping", "order_shipping", "Order Shipping Amount"),
    "taxes": ("tax_total", "order_tax", "Order Total Tax Amount", "total_tax", "cart_tax", "Cart Tax Amount"),
    "fees": ("fee_total", "order_fees", "Order Total Fee"),
    "subtotal": ("order_subtotal", "Order Subtotal Amount"),
    "order_discount": ("discount_total", "total_discount", "cart_discount", "Cart Discount Amount", "order_discount"),
    "order_total": ("order_total", "total", "Order Total Amount"),
    "refund": ("refunded_total", "total_refunded", "order_refund", "Order Refund Amount"),
    "refunds": ("refunds", "refund_items"),
    "discount_code": ("coupon_code", "Coupon Code"),
    "channel": ("meta:_wc_order_attribution_utm_source", "wc order attribution utm source", "utm_source"),
}  # fmt: skip

ITEM_WORDS: dict[str, tuple[str, ...]] = {
    "line_items": ("line_items",),
    **{target: (target,) for target in PACKED_TARGETS},
    "line_id": ("item_id", "Item ID"),
    "item_id": ("item_sku", "SKU", "sku"),
    "product_id": ("item_product_id", "product_id", "Product Id"),
    "title": ("item_name", "Item Name", "product_name", "Product Name", "Product Name (main)"),
    "category": ("item_category", "Category"),
    "line_type": ("item_type", "order_item_type", "line_item_type", "line_type", "type"),
    "quantity": ("item_quantity", "quantity", "qty"),
    "net_quantity": ("Quantity (- Refund)",),
    "unit_price": ("Item Cost",),
    "list_price": ("item_price", "Item Cost Before Discount"),
    "line_subtotal": ("item_subtotal", "Order Line Subtotal"),
    "line_total": ("item_total", "Order Line Total", "Order Line (w/o tax)"),
    "line_total_with_tax": ("Order Line Total (include tax)",),
    "net_line_total": ("Order Line Total (- Refund)",),
    "line_refunded": ("item_refunded", "Order Line Total Refunded"),
    "line_refunded_quantity": ("item_refunded_qty",),
}

WORDS = ORDER_WORDS | ITEM_WORDS

SIGNS = (
    "line_items",
    "line_item_1",
    "item_product_id",
    "item_sku",
    "item_total",
    "item_subtotal",
    "item_refunded",
    "Email (Billing)",
    "Order Line Total",
    "Order Line (w/o tax)",
    "Order Total Amount",
    "Order Refund Amount",
    "Item Cost",
    "shipping_tax_total",
    "download_permissions_granted",
    "wt_import_key",
)
"""Columns that only exports of WooCommerce have; one of them beside an e-mail and an order is enough."""

Standing = Literal["sale", "unpaid", "cancelled", "refunded"]

# English as the database and the admin pages write it; labels of the field's other languages.
_STATUSES: dict[Standing, tuple[str, ...]] = {
    "sale": (
        "processing", "completed", "complete", "Abgeschlossen", "Fertiggestellt", "In Bearbeitung", "Terminée", "En cours",
        "Completado", "Procesando", "Completato", "In lavorazione", "Afgerond", "In behandeling", "已完成", "处理中", "正在处理",
    ),
    "unpaid": (
        "pending", "pending payment", "on-hold", "failed", "checkout-draft", "draft", "auto-draft",
        "Zahlung ausstehend", "Ausstehend", "In Wartestellung", "Wartend", "Fehlgeschlagen", "Gescheitert", "Entwurf",
        "En attente", "En attente de paiement", "Attente paiement", "En attente paiement", "Échouée", "Brouillon",
        "Pendiente de pago", "En espera", "Fallido", "In attesa di pagamento", "In sospeso", "Fallito",
        "Wachtend op betaling", "In de wacht", "Mislukt", "待付款", "等待付款", "保留", "失败", "草稿",
    ),
    "cancelled": (
        "cancelled", "canceled", "trash", "Storniert", "Abgebrochen", "Annulée", "Cancelado", "Annullato", "Geannuleerd", "已取消",
    ),
    "refunded": (
        "refunded", "Rückerstattet", "Erstattet", "Remboursée", "Reembolsado", "Rimborsato", "Terugbetaald", "已退款",
    ),
}  # fmt: skip

STANDINGS: dict[str, Standing] = {
    plain_word(word): standing for standing, words in _STATUSES.items() for word in words
}

COMPLETED = frozenset(
    map(plain_word, ("completed", "complete", "Abgeschlossen", "Fertiggestellt", "Terminée", "Completado", "Completato", "Afgerond", "已完成"))
)  # fmt: skip
"""Paid and sent: of an order that is also known as in process, this is the later version."""

NO_ITEMS = frozenset(
    map(
        plain_word,
        (
            "shipping", "shipping_line", "fee", "fee_line", "tax", "tax_line", "coupon", "coupon_line", "discount", "refund",
            "refund_line", "shop_order_refund", "order_refund",
        ),
    )
)  # fmt: skip
REFUND_LINES = frozenset(map(plain_word, ("refund", "refund_line", "shop_order_refund", "order_refund")))


UNKNOWN_SKU = "unknown_product"
"""The SKU that Customer/Order Export writes for a product that was deleted."""
