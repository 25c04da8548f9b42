"""Shopify's exports of customers and of products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from regulars import schema
from regulars.collect.cells import id_text, text
from regulars.collect.grouping import grouped
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools, Lines, with_nulls
from regulars.collect.mapping import columns_named
from regulars.collect.objects import json_objects
from regulars.collect.people import person_ids
from regulars.collect.plan import NamedSource
from regulars.collect.vocabulary import plain_word

_CUSTOMER_WORDS = {
    "email": ("Email",),
    "phone": ("Phone",),
    "accepts_marketing": ("Accepts Email Marketing", "Accepts Marketing", "Email Marketing Consent"),
    "country": ("Default Address Country Code", "Country Code", "Default Address Country", "Country"),
    "province": ("Default Address Province Code", "Province Code", "Default Address Province", "Province"),
    "shop_customer_id": ("Customer ID", "Id"),
    "total_spent": ("Total Spent",),
    "total_orders": ("Total Orders", "Orders Count"),
    "tags": ("Tags",),
}

# The labels of the export since 2024 stand behind those before it.
_PRODUCT_WORDS = {
    "handle": ("Handle", "URL handle"),
    "title": ("Title",),
    "sku": ("Variant SKU", "SKU"),
    "unit_price": ("Variant Price", "Price"),
    "cost": ("Cost per item", "Variant Cost"),
    "vendor": ("Vendor",),
    "product_type": ("Type", "Product Type"),
    "category": ("Product Category", "Standardized Product Type"),
    "tags": ("Tags",),
    "status": ("Status",),
    "option1": ("Option1 Value",),
    "option2": ("Option2 Value",),
    "option3": ("Option3 Value",),
}
_OF_PRODUCTS = ("title", "vendor", "product_type", "category", "tags", "status")
_OPTIONS = ("option1", "option2", "option3")


def shopify_customers(lines: Lines) -> pa.RecordBatch:
    """One row per customer, by the same id as in orders: the hash of the e-mail address, else of the phone number."""
    ids = person_ids(lines)
    lines.require("email", np.asarray(ids.is_valid()), "an e-mail address or a phone number in every line")
    spent, count = lines.amounts("total_spent"), lines.amounts("total_orders")
    attributes = json_objects(
        {
            "shop_customer_id": (_unguarded(lines.ids("shop_customer_id")), "text"),
            "country": (lines.text("country"), "text"),
            "province": (lines.text("province"), "text"),
            "tags": (lines.text("tags"), "text"),
            "total_spent": (_numbers(spent.units, spent.valid), "guess"),
            "total_orders": (_numbers(count.units, count.valid), "guess"),
        }
    )
    return _rows(lines, schema.CUSTOMERS, {"user_id": ids, "attributes": attributes})


def shopify_products(lines: Lines) -> pa.RecordBatch:
    """One row per variant, by the code that its order lines have: the SKU, else the name of the order line.

    What belongs to the product stands on the first row of its Handle. A row of a further picture is no variant;
    it says nothing new about the product's first one. The first row of a code wins.
    """
    products = grouped(lines.ids("handle"))
    for target in filter(lines.has, _OF_PRODUCTS):
        lines.put(target, products.carried(lines.cells(target)))
    price, cost = lines.amounts("unit_price"), lines.amounts("cost")
    title = lines.text("title")
    code = pc.coalesce(_unguarded(lines.ids("sku")), _named_variant(lines, title))
    variant = (
        price.valid | np.asarray(lines.ids("sku").is_valid()) | np.asarray(lines.text("option1").is_valid())
    )
    first = products.first_where(variant)[products.of_line]
    row = np.where(variant, np.arange(lines.count), np.where(first < 0, np.arange(lines.count), first))
    ids = code.take(pa.array(row))
    lines.require("sku", np.asarray(ids.is_valid()), "a SKU or a title for every product")
    return _rows(
        lines,
        schema.ITEMS,
        {
            "item_id": ids,
            "title": title,
            "category": pc.coalesce(lines.text("product_type"), lines.text("category")),
            "price": with_nulls(price.units, price.valid & variant),
            "cost": with_nulls(cost.units, cost.valid & variant),
            "attributes": json_objects(
                {name: (lines.text(name), "text") for name in ("vendor", "tags", "status")}
            ),
        },
    )


def _named_variant(lines: Lines, title: Array) -> Array:
    """Title, and the options of a variant that has some: so an order line calls it."""
    values = [text(lines.cells(name)) for name in _OPTIONS]
    given = [
        pc.if_else(pc.equal(value, "Default Title"), pa.scalar(None, pa.string()), value) for value in values
    ]
    # Every option after the first brings its separator along, so that a missing one leaves none.
    joined = pc.coalesce(given[0], "")
    for value in given[1:]:
        joined = pc.binary_join_element_wise(
            joined, pc.coalesce(pc.binary_join_element_wise(" / ", value, ""), ""), ""
        )
    named = pc.binary_join_element_wise(title, joined, " - ")
    return pc.if_else(pc.equal(joined, ""), title, named)


def _unguarded(ids: Array) -> Array:
    return pc.replace_substring_regex(id_text(ids), r"^['’`]\s*", "")


def _numbers(units: np.ndarray[tuple[int], np.dtype[np.int64]], valid: Bools) -> Array:
    return text(pa.array(units / schema.MONEY_UNITS, mask=~valid))


def _rows(lines: Lines, table: schema.Table, columns: Mapping[str, Array]) -> pa.RecordBatch:
    """The accepted lines; of several with one key the first keeps its cells, so that no later one contradicts it."""
    key = table.key[0]
    keys = grouped(columns[key])
    again = pa.array(keys.first_line[keys.of_line] != np.arange(lines.count))
    arrays = [
        columns[item.name]
        if item.name == key
        else pc.if_else(again, pa.scalar(None, item.type), columns[item.name].cast(item.type))
        for item in table.arrow_schema()
    ]
    return pa.record_batch(arrays, schema=table.arrow_schema()).filter(pa.array(lines.accepted))


def _plain_names(sample: pa.RecordBatch) -> set[str]:
    return set(map(plain_word, sample.schema.names))


def is_shopify_customers(sample: pa.RecordBatch) -> bool:
    """Whether a file has the columns of Shopify's export of customers."""
    names = _plain_names(sample)
    consent = bool(names & {"acceptsemailmarketing", "acceptsmarketing"})
    totals = {"totalspent", "totalorders"} <= names
    return "email" in names and "name" not in names and (totals or (consent and "taxexempt" in names))


def is_shopify_products(sample: pa.RecordBatch) -> bool:
    """Whether a file has the columns of Shopify's export of products, of either generation of labels."""
    names = _plain_names(sample)
    old = "handle" in names and bool(names & {"variantsku", "variantprice"})
    new = "urlhandle" in names and bool(names & {"sku", "price"})
    return "title" in names and (old or new)


def _customer_columns(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return columns_named(_CUSTOMER_WORDS, names)


def _product_columns(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return columns_named(_PRODUCT_WORDS, names)


SHOPIFY_CUSTOMERS = NamedSource(
    name="shopify-customers",
    kind="customers",
    doc="Shopify, Customers > Export: consent, tags, country; names and addresses are not read",
    targets=tuple(_CUSTOMER_WORDS),
    needs=(("email", "phone"),),
    check=shopify_customers,
    words=_CUSTOMER_WORDS,
    complete=_customer_columns,
    recognises=is_shopify_customers,
    reads_whole=True,
)
SHOPIFY_PRODUCTS = NamedSource(
    name="shopify-products",
    kind="items",
    doc="Shopify, Products > Export: titles, types, prices and what a product costs, one row per variant",
    targets=tuple(_PRODUCT_WORDS),
    needs=(("sku", "title"),),
    check=shopify_products,
    words=_PRODUCT_WORDS,
    complete=_product_columns,
    recognises=is_shopify_products,
    reads_whole=True,
)
