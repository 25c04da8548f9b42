"""Which share of its sales the shop keeps: its own figure, what the catalogue's costs say, or an assumption."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw

from regulars.config import Settings
from regulars.features.margins import cost_sums
from regulars.pipeline.features import FeatureTables
from regulars.store.engine import Engine

FEWEST_COVERED = 0.5
"""Costs speak for the shop where they are known for at least this share of what was sold."""


@dataclass(frozen=True)
class Margin:
    """``rate`` is the share of net sales left after the cost of goods (0-1).

    ``source``: ``stated`` (regulars.toml), ``costs`` (the catalogue's costs) or ``assumed``; ``covered_share``
    is the share of sales of items with a known cost.
    """

    rate: float
    source: str
    covered_share: float = 0.0


def shop_margin(store: Engine, settings: Settings, tables: FeatureTables) -> Margin:
    """The margin rate of a run.

    A rate that the shop states as its own holds. Otherwise, where the catalogue has the cost of at least half
    of what was sold, the rate is what these lines left: 1 - cost / value, taxes taken out of the value where
    the prices hold them (by the share that the export states). Else the assumed rate holds.
    """
    value = settings.value
    if not value.margin_rate_is_assumed:
        return Margin(value.margin_rate, "stated")
    sums = store.read(cost_sums(tables.order_lines, tables.items)).to_pylist()[0]
    covered = (sums["covered_value"] or 0) / sums["value"] if sums["value"] else 0.0
    if covered < FEWEST_COVERED:
        return Margin(value.margin_rate, "assumed", covered)
    kept = 1 - _tax_share(store, tables.as_of_day) - sums["covered_cost"] / sums["covered_value"]
    return Margin(round(min(max(kept, 0.0), 1.0), 6), "costs", covered)


def _tax_share(store: Engine, as_of_day: int) -> float:
    """The share of what orders up to the day sold for that was tax inside the prices."""
    sold = store.table("orders").filter(nw.col("left_out").is_null(), nw.col("day") <= as_of_day)
    held = nw.when(nw.col("tax_is_included")).then(nw.col("tax_value")).otherwise(nw.lit(0))
    sums = store.read(
        sold.select(
            tax=held.sum().cast(nw.Int64),
            value=(nw.col("value") + nw.col("shipping_value").fill_null(0)).sum().cast(nw.Int64),
        )
    ).to_pylist()[0]
    return (sums["tax"] or 0) / sums["value"] if sums["value"] else 0.0
