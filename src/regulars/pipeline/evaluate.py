"""How far can it be trusted: refit at earlier days and compare with what happened next."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from regulars.config import Settings
from regulars.errors import OptionError, ShopError
from regulars.evaluation.naive import naive_forecast
from regulars.evaluation.scorecard import evaluate_origin
from regulars.evaluation.splits import origins as forecast_origins
from regulars.features.labels import labels
from regulars.insight.calendar import date_of, day_of
from regulars.models.clv import CustomerLifetimeValue
from regulars.pipeline.features import build_features
from regulars.pipeline.progress import Progress
from regulars.pipeline.scores import Models, Note, fit_models
from regulars.pipeline.shop import Shop
from regulars.show.notebook import ResultTable
from regulars.show.scorecard import print_scorecard
from regulars.store.duckdb import Store
from regulars.store.lock import writing

FOLDER = "evaluation"


@dataclass(frozen=True)
class Evaluation:
    """What the models would have said at earlier days, beside a naive rate.

    ``metrics`` has one row per origin, target, model and metric; ``calibration`` one row per origin, model
    and tenth of the customers by predicted churn.
    """

    origins: tuple[dt.date, ...]
    horizon_days: int
    metrics: ResultTable
    calibration: ResultTable
    notes: list[Note]

    def __repr__(self) -> str:
        text = io.StringIO()
        tables = (self.metrics.to_arrow(), self.calibration.to_arrow())
        print_scorecard(*tables, horizon_days=self.horizon_days, notes=self.notes, file=text)
        return text.getvalue().rstrip("\n")


def evaluate(
    shop: Shop,
    *,
    origins: int = 2,
    horizon_days: int | None = None,
    as_of: dt.date | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Refit at ``origins`` earlier days and say how well the next ``horizon_days`` were predicted.

    Parameters
    ----------
    shop
        A shop with at least ``origins + 1`` horizons of history.
    origins
        How many cut-off days; the last one lies ``horizon_days`` before the last day of the data.
    horizon_days
        By default the profile's churn horizon.
    as_of
        The last day that counts, as in ``run``; by default the last day with an event.

    Raises
    ------
    OptionError
        There is not enough history; says how many days are needed.
    """
    progress = progress or Progress()
    horizon = horizon_days or shop.settings.value.churn_horizon_days
    with writing(shop.folder, "evaluate"), shop.store() as store:
        days = store.day_range()
        if days is None:
            raise ShopError("the shop has no events yet", fix="regulars import FILE")
        last = days[1] if as_of is None else min(days[1], day_of(as_of))
        cuts = forecast_origins(last, origins, horizon, days[0])
        metrics, bins, notes = [], [], []
        for cut in cuts:
            with progress.step("origin"):
                table, found = predictions(store, shop.settings, cut, horizon)
                result = evaluate_origin(table, origin_on=str(date_of(cut)), seed=shop.settings.run.seed)
                metrics.append(result.metrics)
                bins.append(result.calibration)
                notes += [note | {"origin_on": str(date_of(cut))} for note in found]
    evaluation = Evaluation(
        tuple(date_of(cut) for cut in cuts), horizon,
        ResultTable(pa.concat_tables(metrics), "evaluation_metrics"),
        ResultTable(pa.concat_tables(bins), "evaluation_calibration"), notes,
    )  # fmt: skip
    _keep(shop.folder, evaluation)
    return evaluation


def predictions(
    store: Store, settings: Settings, origin_day: int, horizon_days: int
) -> tuple[pa.Table, list[Note]]:
    """What was known at the origin, what was predicted, and what happened: one row per buyer."""
    tables = build_features(store, settings, origin_day)
    buyers = store.read(tables.buyers)
    if buyers.num_rows == 0:
        raise OptionError(
            f"nobody had bought by {date_of(origin_day)}", fix="ask for fewer origins or a shorter horizon"
        )
    models, notes = fit_models(store, tables, settings, horizon_days=horizon_days)
    known = store.read(labels(tables.events, tables.customers, origin_day, horizon_days).sort("customer_id"))
    known = known.filter(
        pc.is_in(known.column("customer_id"), value_set=buyers.column("customer_id").combine_chunks())
    )
    columns = _predicted(buyers, models, settings, horizon_days)
    for name in known.column_names[1:]:
        columns[name] = known.column(name)
    naive = naive_forecast(buyers, horizon_days)
    for name in naive.column_names:
        columns.setdefault(name, naive.column(name))
    return pa.table(columns), notes


def _predicted(buyers: pa.Table, models: Models, settings: Settings, horizon_days: int) -> dict[str, Any]:
    bought = models.purchases.predict(buyers)
    spend = models.spend.predict(buyers).column("expected_order_value")
    # The money of the horizon itself: no margin, no discount.
    money = CustomerLifetimeValue(
        horizon_days=horizon_days, annual_discount_rate=0.0, margin_rate=1.0, random_state=settings.run.seed
    ).fit_from(models.purchases, models.spend)
    value = money.predict(buyers)
    return {
        "customer_id": buyers.column("customer_id"),
        "churn_probability": bought.column("churn_probability"),
        "expected_purchases": bought.column("expected_purchases"),
        "expected_value": pc.multiply(bought.column("expected_purchases"), spend),
        "value_low": value.column("clv_low"),
        "value_high": value.column("clv_high"),
    }


def _keep(folder: Path, evaluation: Evaluation) -> None:
    """Keep the newest evaluation for the report; swapped in file by file."""
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    for name, table in (("metrics", evaluation.metrics), ("calibration", evaluation.calibration)):
        draft = target / f".{name}.draft"
        pq.write_table(table.to_arrow(), draft, compression="zstd")
        draft.replace(target / f"{name}.parquet")
    facts = {"horizon_days": evaluation.horizon_days, "origins": [str(day) for day in evaluation.origins],
             "notes": evaluation.notes}  # fmt: skip
    (target / "facts.json").write_text(
        json.dumps(facts, sort_keys=True, ensure_ascii=False), encoding="utf-8"
    )


def kept_evaluation(folder: Path) -> dict[str, pa.Table]:
    """The newest evaluation's tables, ``evaluation_metrics`` and ``evaluation_calibration``; empty where none was made."""
    paths: Sequence[tuple[str, Path]] = (
        ("evaluation_metrics", folder / FOLDER / "metrics.parquet"),
        ("evaluation_calibration", folder / FOLDER / "calibration.parquet"),
    )
    return {name: pq.read_table(path) for name, path in paths if path.is_file()}
