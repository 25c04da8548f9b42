"""The sums of a file of whole orders, as an admin page shows them: by currency, with what is no sale and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from regulars.schema import MONEY_UNITS

AMOUNTS = (
    "list_value",
    "discount_value",
    "value",
    "shipping_value",
    "tax_value",
    "total_value",
    "refund_value",
)


@dataclass
class OrderSums:
    """Sums of the ledger rows of one file, in ten-thousandths until ``rows`` divides them."""

    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    left_out: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, orders: pa.RecordBatch) -> None:
        """Add rows of ``lines.ORDER_INPUT``."""
        if orders.num_rows == 0:
            return
        table = pa.Table.from_batches([orders])
        for currency in pc.unique(table.column("currency")).to_pylist():
            same = pc.field("currency") == currency if currency else pc.field("currency").is_null()
            mine = table.filter(same)
            self._add(str(currency or ""), mine.filter(pc.field("left_out").is_null()))
            for reason in mine.column("left_out").drop_null().to_pylist():
                key = (str(currency or ""), str(reason))
                self.left_out[key] = self.left_out.get(key, 0) + 1

    def _add(self, currency: str, sales: pa.Table) -> None:
        if sales.num_rows == 0:
            return
        into = self.sums.setdefault(currency, {})
        found = {name: _sum(sales, name) for name in AMOUNTS}
        found["order_count"] = sales.num_rows
        found["cancelled_value"] = _sum(sales.filter(pc.field("is_cancelled")), "refund_value")
        found["undated_refund_value"] = _sum(sales.filter(pc.field("refund_is_undated")), "refund_value")
        for name, value in found.items():
            into[name] = into.get(name, 0) + value

    def rows(self) -> list[dict[str, Any]]:
        """One record per currency: the amounts in its units, ``order_count``, and ``left_out`` by reason."""
        records = []
        for currency in sorted({*self.sums, *(of for of, _ in self.left_out)}):
            sums = self.sums.get(currency, {})
            counted = {"order_count": sums.get("order_count", 0)}
            money = {name: value / MONEY_UNITS for name, value in sums.items() if name not in counted}
            reasons = {
                reason: count for (of, reason), count in sorted(self.left_out.items()) if of == currency
            }
            records.append({"currency": currency, **counted, **money, "left_out": reasons})
        return records


def _sum(table: pa.Table, name: str) -> int:
    return int(pc.sum(table.column(name)).as_py() or 0)
