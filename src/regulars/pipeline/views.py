"""What ``regulars show`` shows: the published tables in the order and width that people want."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from regulars.errors import OptionError, nearest
from regulars.pipeline.shop import Shop
from regulars.schema import STAGES
from regulars.store.snapshot import current_run, published_runs, read_table

# What matters most stands first: a narrow terminal leaves out the rest.
CUSTOMER_COLUMNS = [
    "customer_id", "stage", "clv", "clv_low", "clv_high", "churn_probability", "value_group", "rfm_group",
    "expected_purchases", "expected_order_value", "probability_alive",
]  # fmt: skip
ACTION_COLUMNS = [
    "rank", "customer_id", "lever", "offer_id", "expected_gain", "cost", "reason_code", "item_ids", "channel",
    "expected_gain_low", "expected_gain_high", "assumed", "currency", "reason_values", "propensity", "holdout",
]  # fmt: skip
SALES_COLUMNS = [
    "net_value", "order_count", "list_value", "discount_value", "refund_value", "cancelled_value", "shipping_value",
    "tax_value", "other_refund_value", "charge_value", "left_out_count", "undated_refund_value", "gross_value",
    "anonymous_value", "customer_count", "new_customer_count", "currency",
]  # fmt: skip
NOT_SUMMED = {"customer_count", "currency"}
TOTAL = "total"

EFFECT_COLUMNS = [
    "offer_id", "verdict", "margin_difference", "margin_difference_low", "margin_difference_high", "treated_count",
    "held_out_count", "follow_up_days", "expected_gain_mean", "purchase_rate_treated", "purchase_rate_held_out",
    "purchase_rate_difference", "purchase_rate_difference_low", "purchase_rate_difference_high",
    "response_rate_used", "response_rate_used_low", "response_rate_used_high", "response_rate_measured",
    "response_rate_measured_low", "response_rate_measured_high", "response_rate_assumed", "measured_weight",
    "margin_treated", "margin_held_out", "smallest_effect", "needed_count",
]  # fmt: skip


def customers(run: Path) -> pa.Table:
    """Scores and groups of every customer, the most valuable first."""
    scores = _plain(read_table(run, "customer_scores"))
    groups = _plain(read_table(run, "segments")).select(["rfm_group", "value_group"])
    for name in groups.column_names:  # both are written in the order of customer_id
        scores = scores.append_column(name, groups.column(name))
    return scores.select(CUSTOMER_COLUMNS).sort_by([("clv", "descending"), ("customer_id", "ascending")])


def actions(run: Path) -> pa.Table:
    """Today's actions, the one that brings most first."""
    table = read_table(run, "actions").select(ACTION_COLUMNS)
    return table.sort_by([("rank", "ascending"), ("customer_id", "ascending")])


def segments(run: Path) -> pa.Table:
    """The RFM groups: how many customers, what they are worth."""
    groups = read_table(run, "segments", columns=["rfm_group", "value_group"])
    table = groups.append_column("clv", read_table(run, "customer_scores", columns=["clv"]).column("clv"))
    table = table.filter(pc.is_valid(table.column("rfm_group")))
    total = pc.sum(table.column("clv")).as_py() or 1.0
    summed = table.group_by(["rfm_group", "value_group"]).aggregate(
        [("clv", "count"), ("clv", "mean"), ("clv", "sum")]
    )
    shared = summed.append_column("clv_share", pc.divide(summed.column("clv_sum"), total))
    named = shared.rename_columns(
        {"clv_count": "customer_count", "clv_mean": "mean_clv", "clv_sum": "total_clv"}
    )
    return named.sort_by(
        [("total_clv", "descending"), ("rfm_group", "ascending"), ("value_group", "ascending")]
    )


def recommendations(run: Path) -> pa.Table:
    """Items for each customer with their titles."""
    table = _plain(read_table(run, "recommendations"))
    titles = read_table(run, "item_features", columns=["item_id", "title"])
    joined = table.join(titles, keys="item_id", join_type="left outer")
    columns = ["customer_id", "rank", "item_id", "title", "score", "reason_item_id", "reason_share", "model"]
    return joined.select(columns).sort_by([("customer_id", "ascending"), ("rank", "ascending")])


def stages(run: Path) -> pa.Table:
    """How many customers were in each stage at each month end, the latest first."""
    table = read_table(run, "stages", columns=["as_of_day", "stage"])
    counted = table.group_by(["as_of_day", "stage"]).aggregate([("stage", "count")])
    place = pc.index_in(counted.column("stage"), value_set=pa.array(list(STAGES)))
    named = counted.rename_columns({"stage_count": "customer_count"}).append_column("place", place)
    ordered = named.sort_by([("as_of_day", "descending"), ("place", "ascending")])
    return ordered.select(["as_of_day", "stage", "customer_count"])


def transitions(run: Path) -> pa.Table:
    """Moves between stages, the latest month first."""
    table = _plain(read_table(run, "transitions"))
    order: Any = [("as_of_day", "descending"), ("customer_count", "descending"), ("from_stage", "ascending"), ("to_stage", "ascending")]  # fmt: skip
    return table.sort_by(order)


def sales(run: Path) -> pa.Table:
    """The shop's sums by month, the latest first, and of all months in the last row."""
    table = _plain(read_table(run, "sales")).sort_by([("month", "descending")])
    table = table.select(["month", *SALES_COLUMNS])
    # Who bought in two months is one customer: only money and orders add up.
    summed = {name: pc.sum(table.column(name)).as_py() for name in SALES_COLUMNS if name not in NOT_SUMMED}
    total = pa.Table.from_pylist([{"month": TOTAL, **summed}], schema=table.schema)
    return pa.concat_tables([table, total]) if table.num_rows else table


def _total(column: Any) -> Any:
    """The sum, without what adding floats leaves beyond the ten-thousandths that money is stored in."""
    total = pc.sum(column).as_py()
    return round(total, 4) if isinstance(total, float) else total


def left_out(run: Path) -> pa.Table:
    """Orders that are no sale, with the reason, the latest first."""
    table = _plain(read_table(run, "left_out_sales"))
    return table.sort_by([("month", "descending"), ("currency", "ascending"), ("left_out", "ascending")])


def effects(run: Path) -> pa.Table:
    """What exported offers brought, all of them together last; empty where nothing was exported."""
    return _plain(read_table(run, "offer_effects")).select(EFFECT_COLUMNS)


PUBLISHED: dict[str, Callable[[Path], pa.Table]] = {
    "customers": customers,
    "actions": actions,
    "segments": segments,
    "recommendations": recommendations,
    "stages": stages,
    "transitions": transitions,
    "sales": sales,
    "left-out": left_out,
    "effects": effects,
}
STORED = {"rejected": "events_rejected", "runs": "runs"}


def view(shop: Shop, name: str) -> pa.Table:
    """One of ``regulars show``'s tables.

    Raises
    ------
    OptionError
        There is no such table.
    ShopError
        Nothing was run yet.
    """
    if name in STORED:
        with shop.store() as store:
            table = store.read(store.table(STORED[name]))
        if name == "rejected":
            table = table.drop_columns("line_id")
            table = table.sort_by([("import_id", "ascending"), ("source_row", "ascending")])
        if name == "runs":
            table = _with_published(table, published_runs(shop.folder))
        return table
    if name not in PUBLISHED:
        names = [*PUBLISHED, *STORED]
        raise OptionError(f"there is no table {name}.{nearest(name, names)}", allowed=", ".join(names))
    return PUBLISHED[name](current_run(shop.folder))


def _with_published(runs: pa.Table, published: dict[str, bool]) -> pa.Table:
    """Runs, each with whether its tables still lie in ``published`` and whether it is the newest one there."""
    names: list[Any] = runs.column("run_id").to_pylist()
    place = runs.column_names.index("as_of") + 1
    for name, values in (
        ("is_newest", [published.get(run, False) for run in names]),
        ("is_published", [run in published for run in names]),
    ):
        runs = runs.add_column(place, name, pa.array(values, pa.bool_()))
    return runs


def _plain(table: pa.Table) -> pa.Table:
    """Without the run's id, which is the same in every row."""
    return table.drop_columns("run_id") if "run_id" in table.column_names else table
