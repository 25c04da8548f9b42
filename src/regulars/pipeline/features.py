"""Step 1: events -> the run's feature tables, each computed once and kept for the steps after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pyarrow as pa

from regulars.config import Settings
from regulars.features import customers, items, lifecycle, orders, returns
from regulars.insight.calendar import calendar, month_ends
from regulars.store.engine import Engine

Frame = nw.LazyFrame[Any]


@dataclass(frozen=True)
class FeatureTables:
    """The kept tables of one day; all are lazy frames on the run's store."""

    as_of_day: int
    events: Frame
    items: Frame
    order_lines: Frame
    order_rows: Frame
    day_rows: Frame
    customers: Frame

    @property
    def buyers(self) -> Frame:
        """Customers with a purchase that still stands: the only ones that purchase models see."""
        return self.customers.filter(nw.col("purchase_day_count") > 0)


def build_features(store: Engine, settings: Settings, as_of_day: int) -> FeatureTables:
    """Compute and keep the features of every customer as of a day, sorted by customer."""
    events, catalogue = store.events(settings.profile, as_of_day), store.table("items")
    lines = store.keep("order_lines", orders.lines(events, as_of_day))
    back = orders.refunds(events, as_of_day)
    matches = store.keep("refund_matches", returns.refund_matches(lines, back))
    rows = store.keep("order_rows", orders.orders(lines, matches))
    days = store.keep("day_rows", orders.purchase_days(rows))
    table = customers.customer_features(
        events, catalogue, as_of_day, order_lines=lines, order_rows=rows, day_rows=days
    )
    people = store.keep("customer_features", table.sort("customer_id"))
    return FeatureTables(as_of_day, events, catalogue, lines, rows, days, people)


def keep_calendar(store: Engine, as_of_day: int) -> Frame:
    """The days from the first event or order to ``as_of_day`` with their months."""
    first, _ = store.day_range() or (as_of_day, as_of_day)
    ordered = store.read(store.table("orders").select(nw.col("day").min())).column("day")[0].as_py()
    first = min(first, as_of_day, as_of_day if ordered is None else ordered)
    return store.keep_batches("calendar", [calendar(first, as_of_day)])


def lifecycle_by_month(store: Engine, tables: FeatureTables) -> tuple[Frame, Frame]:
    """The stage rule's features at each month end and at ``as_of_day``; and the steps between these days."""
    first, _ = store.day_range() or (tables.as_of_day, tables.as_of_day)
    ends = month_ends(min(first, tables.as_of_day), tables.as_of_day)
    column = pa.array(ends, pa.int64())
    days = store.keep_batches("month_ends", [pa.RecordBatch.from_pydict({"as_of_day": column})])
    pairs = {"as_of_day": pa.array(ends[1:], pa.int64()), "previous_day": pa.array(ends[:-1], pa.int64())}
    steps = store.keep_batches("month_steps", [pa.RecordBatch.from_pydict(pairs)])
    frame = lifecycle.lifecycle_features(tables.events, tables.order_rows, days, tables.as_of_day)
    return frame.sort("as_of_day", "customer_id"), steps


def interactions(store: Engine, tables: FeatureTables) -> Frame:
    """Who bought what, kept and sorted."""
    return store.keep("interactions", items.interactions(tables.order_lines).sort("customer_id", "item_id"))
