"""What the lines of a file teach about items: the title, category and price of each."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from regulars import schema
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Lines

_LEARNED_FROM = ("purchase", "view", "click", "cart_add", "cart_remove", "checkout")
_COMPACT_ROWS = 500_000
_NAMED = ("title", "category")


class Catalogue:
    """Collects what a file says about its items, and gives one row per item at the end.

    The title and category that most lines give an item win (ties: first in the alphabet), and the price of the
    latest line (ties: the line further down). Refunds, charges and stock movements teach nothing: their texts
    are remarks such as "damaged".
    """

    def __init__(self) -> None:
        self._counts: dict[str, list[pa.Table]] = {name: [] for name in _NAMED}
        self._prices: list[pa.Table] = []

    def learn(self, lines: Lines, events: pa.RecordBatch) -> None:
        """Add the accepted lines of a batch; ``events`` are the events made of them."""
        named = [name for name in _NAMED if lines.has(name)]
        if not lines.has("item_id") or not (named or lines.has("unit_price")) or events.num_rows == 0:
            return
        teaches = pc.and_(
            pc.is_in(events["type"], value_set=pa.array(_LEARNED_FROM)), events["item_id"].is_valid()
        )
        accepted = pa.array(lines.accepted)
        for name in named:
            pairs = pa.table({"item_id": events["item_id"], name: lines.text(name).filter(accepted)})
            pairs = pairs.filter(teaches).drop_null()
            self._counts[name].append(pairs.group_by(["item_id", name]).aggregate([([], "count_all")]))
            self._counts[name] = _compacted(self._counts[name], _summed)
        if lines.has("unit_price"):
            price = self._price(lines).filter(accepted)
            keys = {name: events[name] for name in ("item_id", "occurred_us", "source_row")}
            self._prices.append(_latest(pa.table({**keys, "price": price}).filter(teaches).drop_null()))
            self._prices = _compacted(self._prices, _latest)

    def _price(self, lines: Lines) -> Array:
        amounts = lines.amounts("unit_price")
        return pa.array(amounts.units, mask=~(amounts.valid & (amounts.units > 0)))

    def rows(self) -> pa.RecordBatch:
        """One row of ``schema.ITEMS`` per item that was met, ordered by item id."""
        parts = [
            *(
                _winner(_summed(pa.concat_tables(found)), name)
                for name, found in self._counts.items()
                if found
            )
        ]
        if self._prices:
            parts.append(_latest(pa.concat_tables(self._prices)).select(["item_id", "price"]))
        layout = schema.ITEMS.arrow_schema()
        if not parts:
            return pa.record_batch([pa.array([], item.type) for item in layout], schema=layout)
        joined = parts[0]
        for part in parts[1:]:
            joined = joined.join(part, keys="item_id", join_type="full outer")
        joined = joined.sort_by("item_id").combine_chunks()
        arrays = [
            joined[item.name].combine_chunks()
            if item.name in joined.column_names
            else pa.nulls(joined.num_rows, item.type)
            for item in layout
        ]
        return pa.record_batch(arrays, schema=layout)


def _compacted(tables: list[pa.Table], reduce: object) -> list[pa.Table]:
    if sum(table.num_rows for table in tables[1:]) < _COMPACT_ROWS:
        return tables
    return [reduce(pa.concat_tables(tables))]  # type: ignore[operator]


def _summed(counts: pa.Table) -> pa.Table:
    keys = counts.column_names[:2]
    return counts.group_by(keys).aggregate([("count_all", "sum")]).rename_columns([*keys, "count_all"])


def _winner(counts: pa.Table, name: str) -> pa.Table:
    """The value of most lines for each item."""
    ordered = counts.sort_by([("item_id", "ascending"), ("count_all", "descending"), (name, "ascending")])
    return _first_of_item(ordered).select(["item_id", name])


def _latest(prices: Any) -> pa.Table:
    order = [("item_id", "ascending"), ("occurred_us", "descending"), ("source_row", "descending")]
    return _first_of_item(prices.sort_by(order))


def _first_of_item(ordered: pa.Table) -> pa.Table:
    if ordered.num_rows < 2:
        return ordered
    ids = ordered["item_id"].combine_chunks()
    changed = pc.not_equal(ids[1:], ids[:-1])
    return ordered.filter(pa.concat_arrays([pa.array([True]), changed]))
