"""Step 2: features -> fitted models -> scores and groups, batch by batch."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.config import Settings
from regulars.errors import ShopError
from regulars.insight.sales import undated_refunds
from regulars.models.clv import CustomerLifetimeValue
from regulars.models.lifecycle import LifecycleRule
from regulars.models.purchases import BetaGeoNBD, fit_purchase_model
from regulars.models.rfm import RFM
from regulars.models.segments import ValueGroups
from regulars.models.spend import GammaGamma, SpendFrequencyCorrelation
from regulars.pipeline.features import FeatureTables
from regulars.pipeline.margins import Margin, shop_margin
from regulars.schema import CUSTOMER_SCORES, MONEY_UNITS, SEGMENTS
from regulars.store.engine import Engine

Note = dict[str, Any]

# All purchase days, not the repeats alone: the first order tells one-time buyers apart.
SPEND_COLUMNS = ["purchase_day_count", "mean_day_value", "mean_order_value"]
GROUP_COLUMNS = sorted({*LifecycleRule.requires, *RFM.requires, *ValueGroups.requires})


@dataclass(frozen=True)
class Models:
    """The fitted models of one run."""

    purchases: Any
    spend: GammaGamma
    clv: CustomerLifetimeValue
    lifecycle: LifecycleRule
    rfm: RFM
    groups: ValueGroups

    def save(self, folder: Path) -> None:
        """Write every model under its name."""
        for name, model in vars(self).items():
            model.save(folder / name)


def fit_models(
    store: Engine, tables: FeatureTables, settings: Settings, *, horizon_days: int | None = None
) -> tuple[Models, list[Note]]:
    """Fit every model as of the tables' day; return them with notes that a reader should know.

    The purchase model sees sufficient statistics (how many customers per frequency, recency and T); the
    others see at most ``fit_rows`` customers, drawn by a hash of the customer id.
    """
    value, notes = settings.value, []
    cells = store.read(
        tables.buyers.group_by("frequency", "recency_days", "T_days")
        .agg(customer_count=nw.len().cast(nw.Int64))
        .sort("frequency", "recency_days", "T_days")
    )
    purchases = fit_purchase_model(cells, horizon_days=horizon_days or value.churn_horizon_days)
    if not isinstance(purchases, BetaGeoNBD):
        notes.append({"code": "no_dropout", "values": {"model": type(purchases).__name__}})
    sample = store.read(
        store.sample(tables.buyers, settings.run.fit_rows, settings.run.seed).sort("customer_id")
    )
    buyers = int(pc.sum(cells.column("customer_count")).as_py() or 0)
    if not buyers:
        raise ShopError(
            "no customer has bought anything by this day: there is nothing to learn from",
            fix="import orders that name their customers, or choose a later day with --as-of",
        )
    if sample.num_rows < buyers:
        notes.append(
            {"code": "fit_sampled", "values": {"fit_rows": sample.num_rows, "customer_count": buyers}}
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SpendFrequencyCorrelation)
        spend = GammaGamma(count_column=SPEND_COLUMNS[0], value_column=SPEND_COLUMNS[1]).fit(
            sample.select(SPEND_COLUMNS)
        )
    if caught:
        notes.append({"code": "spend_correlated", "values": {"correlation": round(spend.correlation_, 2)}})
    margin = shop_margin(store, settings, tables)
    clv = CustomerLifetimeValue(
        horizon_days=value.clv_horizon_days,
        annual_discount_rate=value.annual_discount_rate,
        margin_rate=margin.rate,
        random_state=settings.run.seed,
    ).fit_from(purchases, spend)
    notes += _margin_note(margin) + _undated_note(store, tables)
    grouped = sample.select(GROUP_COLUMNS)
    models = Models(
        purchases, spend, clv, LifecycleRule().fit(grouped), RFM().fit(grouped), ValueGroups().fit(grouped)
    )
    return models, notes


def _margin_note(margin: Margin) -> list[Note]:
    if margin.source == "stated":
        return []
    values = {"margin_rate": margin.rate}
    if margin.source == "assumed":
        return [{"code": "margin_assumed", "values": values}]
    return [
        {"code": "margin_from_costs", "values": values | {"covered_share": round(margin.covered_share, 4)}}
    ]


def _undated_note(store: Engine, tables: FeatureTables) -> list[Note]:
    """How wrong sales of the day can be at most, because refunds have no day of their own in the export."""
    found = store.read(undated_refunds(tables.events, tables.as_of_day)).to_pylist()[0]
    if not found["value"]:
        return []
    values = {
        "purchase_count": found["order_count"],
        "refund_value": found["value"] / MONEY_UNITS,
        "share": round(found["value"] / found["gross"], 4) if found["gross"] else None,
    }
    return [{"code": "refunds_undated", "values": values}]


def score(
    store: Engine, tables: FeatureTables, models: Models, settings: Settings
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch, pa.RecordBatch]]:
    """Batches of (features with the hold-out draw, customer_scores, segments), sorted by customer."""
    drawn = store.holdout_draw(tables.customers, settings.decide.holdout_salt)
    for features in store.batches(drawn, settings.run.batch_rows):
        scores, segments = score_batch(features, models)
        yield features, scores, segments


def score_batch(features: pa.RecordBatch, models: Models) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Scores and groups of one batch of ``customer_features``; who never bought has a stage and nulls."""
    table = pa.Table.from_batches([features])
    count = np.asarray(table.column("purchase_day_count").to_numpy())
    bought = np.flatnonzero(count > 0)
    buyers = table.take(bought)
    staged = table.select(["customer_id", *LifecycleRule.requires]).append_column(
        "signed_up", table.column("signed_up_day").is_valid()
    )
    columns: dict[str, Any] = {
        "customer_id": table.column("customer_id"),
        "stage": models.lifecycle.predict(staged).column("stage"),
    }
    groups: dict[str, Any] = {"customer_id": table.column("customer_id")}
    if len(bought):
        for model in (models.purchases, models.spend, models.clv):
            predicted = model.predict(buyers)
            columns.update({name: predicted.column(name) for name in model.produces})
        for model in (models.rfm, models.groups):
            predicted = model.predict(buyers)
            groups.update({name: predicted.column(name) for name in model.produces})
    return (
        _spread(columns, CUSTOMER_SCORES.arrow_schema(), bought, len(table)),
        _spread(groups, SEGMENTS.arrow_schema(), bought, len(table)),
    )


def _spread(
    columns: dict[str, Any], schema: pa.Schema, rows: np.ndarray[Any, Any], size: int
) -> pa.RecordBatch:
    """Columns of some rows as columns of all rows; null elsewhere."""
    place = np.full(size, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    index: Any = pa.array(place, mask=place < 0)
    arrays = []
    for field in schema:
        column = columns.get(field.name)
        if column is None:
            arrays.append(pa.nulls(size, field.type))
            continue
        flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if pa.types.is_floating(flat.type):
            flat = pa.array(_rounded(flat.to_numpy(zero_copy_only=False)), from_pandas=True)
        arrays.append((flat if len(flat) == size else flat.take(index)).cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _rounded(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Values to 12 significant digits: what linear algebra leaves behind them differs between processors."""
    size = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0))
    unit = 10.0 ** (11 - np.clip(np.nan_to_num(size), -250, 250))
    return np.asarray(np.round(values * unit) / unit)
