"""E-mail addresses and phone numbers of customers, for exports that name people by these."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from regulars.simulate.arrays import Array

DOMAIN = "example.org"
"""Kept for examples by RFC 2606: no mail ever reaches it."""


def email_address(customer_id: str) -> str:
    """The e-mail address of a customer.

    >>> email_address("C000017")
    'c000017@example.org'
    """
    return f"{customer_id.lower()}@{DOMAIN}"


def phone_number(customer_id: str) -> str:
    """A phone number out of the range that is kept for films.

    >>> phone_number("C000017")
    '+447700900017'
    """
    return f"+447700900{customer_id[-3:]}"


def addressed(table: pa.Table, column: str) -> pa.Table:
    """The table with e-mail addresses instead of the customers' ids in a column."""
    ids: Array = table.column(column).cast(pa.string())
    text = pc.binary_join_element_wise(pc.utf8_lower(ids), DOMAIN, "@")
    return table.set_column(table.column_names.index(column), column, text)
