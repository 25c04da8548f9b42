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
from regulars.store.snapshot import current_run, read_table

# What matters most stands first: a narrow terminal leaves out the rest.
CUSTOMER_COLUMNS = [
    "customer_id", "stage", "clv", "clv_low", "clv_high", "churn_probability", "value_group", "rfm_group",
    "expected_purchases", "expected_order_value", "probability_alive",
]  # fmt: skip
ACTION_COLUMNS = [
    "rank", "customer_id", "lever", "offer_id", "expected_gain", "cost", "reason_code", "item_ids", "channel",
    "expected_gain_low", "expected_gain_high", "assumed", "currency", "reason_values", "propensity", "holdout",
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


PUBLISHED: dict[str, Callable[[Path], pa.Table]] = {
    "customers": customers,
    "actions": actions,
    "segments": segments,
    "recommendations": recommendations,
    "stages": stages,
    "transitions": transitions,
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
        return table
    if name not in PUBLISHED:
        names = [*PUBLISHED, *STORED]
        raise OptionError(f"there is no table {name}.{nearest(name, names)}", allowed=", ".join(names))
    return PUBLISHED[name](current_run(shop.folder))


def _plain(table: pa.Table) -> pa.Table:
    """Without the run's id, which is the same in every row."""
    return table.drop_columns("run_id") if "run_id" in table.column_names else table
