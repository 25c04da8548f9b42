"""How far can it be trusted: refit at earlier days and compare with what happened next."""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from regulars.config import Settings
from regulars.errors import OptionError
from regulars.evaluation.naive import naive_forecast
from regulars.evaluation.scorecard import EvaluationResult, evaluate_origin
from regulars.evaluation.splits import origins as forecast_origins
from regulars.features.labels import labels
from regulars.insight.calendar import date_of, day_of
from regulars.models.clv import CustomerLifetimeValue
from regulars.pipeline.days import usual_day
from regulars.pipeline.features import build_features
from regulars.pipeline.imports import finish_imports
from regulars.pipeline.progress import Progress
from regulars.pipeline.scores import Models, Note, fit_models
from regulars.pipeline.shop import Shop
from regulars.show.notebook import ResultTable
from regulars.show.scorecard import print_scorecard
from regulars.store.duckdb import Store
from regulars.store.lock import writing

FOLDER = "evaluation"
FAR_TARGETS = ["purchases", "spend"]
"""What is checked over the margin's horizon; churn is about the churn horizon alone."""


@dataclass(frozen=True)
class Evaluation:
    """What the models would have said at earlier days, beside a naive rate.

    ``metrics`` has one row per origin, horizon, target, model and metric; ``calibration`` one row per origin,
    model and tenth of the customers by predicted churn. ``clv_origins`` are the days from which the margin's
    own horizon was checked besides (purchases and spend); none where the history is too short for it. ``totals``
    has one entry per origin and horizon: how many of how many customers bought and what they spent, as predicted,
    as the naive rate had it, and as it happened.
    """

    origins: tuple[dt.date, ...]
    horizon_days: int
    clv_origins: tuple[dt.date, ...]
    clv_horizon_days: int
    as_of: dt.date
    metrics: ResultTable
    calibration: ResultTable
    notes: list[Note]
    totals: list[dict[str, Any]]

    def __repr__(self) -> str:
        text = io.StringIO()
        print_scorecard(self.metrics.to_arrow(), self.calibration.to_arrow(), notes=self.notes, file=text)
        return text.getvalue().rstrip("\n")

    @property
    def last_days(self) -> list[dt.date]:
        """The last day that each forecast was compared with."""
        horizons = [(self.origins, self.horizon_days), (self.clv_origins, self.clv_horizon_days)]
        return [day + dt.timedelta(days) for cuts, days in horizons for day in cuts]


def evaluate(
    shop: Shop,
    *,
    origins: int = 2,
    horizon_days: int | None = None,
    as_of: dt.date | None = None,
    wait_seconds: float = 0.0,
    progress: Progress | None = None,
) -> Evaluation:
    """Refit at ``origins`` earlier days and say how well the next ``horizon_days`` were predicted.

    The margin looks further ahead (``clv_horizon_days``): where the history allows it, its horizon is checked
    from one more day, for purchases and spend.

    Parameters
    ----------
    shop
        A shop with at least ``origins + 1`` horizons of history.
    origins
        How many cut-off days; the last one lies ``horizon_days`` before the last day of the data.
    horizon_days
        By default the profile's churn horizon.
    as_of
        The last day that counts, as in ``run``; by default the last full day of the data.

    Raises
    ------
    OptionError
        There is not enough history; says how many days are needed.
    """
    progress = progress or Progress()
    horizon = horizon_days or shop.settings.value.churn_horizon_days
    clv_horizon = shop.settings.value.clv_horizon_days
    with writing(shop.folder, "evaluate", wait_seconds, progress.waiting), shop.store() as store:
        shop.refuse_open_erasure()
        finish_imports(shop, store)
        usual = usual_day(shop, store)
        days = store.day_range() or (usual, usual)
        last = usual if as_of is None else min(days[1], day_of(as_of))
        cuts = forecast_origins(last, origins, horizon, days[0])
        scored, notes, sums = [], [], []
        for cut in cuts:
            with progress.step("origin"):
                result, found, total = _scored(store, shop.settings, cut, horizon)
            scored.append(result)
            notes += found
            sums.append(total)
        far, found, totals = (
            _far_horizon(store, shop.settings, last, days[0], progress)
            if clv_horizon != horizon
            else ([], [], [])
        )
        input_hash = store.input_hash()
    evaluation = Evaluation(
        tuple(date_of(cut) for cut in cuts), horizon,
        tuple(date_of(last - clv_horizon) for _ in far), clv_horizon, date_of(last),
        ResultTable(pa.concat_tables([result.metrics for result in [*scored, *far]]), "evaluation_metrics"),
        ResultTable(pa.concat_tables([result.calibration for result in scored]), "evaluation_calibration"),
        notes + found, sums + totals,
    )  # fmt: skip
    _keep(shop, evaluation, input_hash)
    return evaluation


def _scored(
    store: Store, settings: Settings, cut: int, horizon_days: int
) -> tuple[EvaluationResult, list[Note], dict[str, Any]]:
    """The scorecard of one origin, what the fits noted there, and the totals."""
    day = str(date_of(cut))
    table, notes = predictions(store, settings, cut, horizon_days)
    result = evaluate_origin(table, origin_on=day, horizon_days=horizon_days, seed=settings.run.seed)
    totals = {"origin_on": day, "horizon_days": horizon_days, **_totals(table)}
    return result, [note | {"origin_on": day} for note in notes], totals


def _totals(table: pa.Table) -> dict[str, Any]:
    """How many customers bought and what they spent in all: predicted, by the naive rate, and as it happened."""

    def added(values: Any) -> float:
        numbers: list[float] = pc.cast(values, pa.float64()).to_pylist()
        return float(f"{math.fsum(numbers):.12g}")

    churn, naive = table.column("churn_probability"), table.column("naive_churn_probability")
    return {
        "customer_count": table.num_rows,
        "buyers_predicted": round(table.num_rows - added(churn), 1),
        "buyers_naive": round(table.num_rows - added(naive), 1),
        "buyers_happened": round(table.num_rows - added(table.column("churned"))),
        "spend_predicted": added(table.column("expected_value")),
        "spend_naive": added(table.column("naive_expected_value")),
        "spend_happened": added(table.column("future_net_value")),
    }


def _far_horizon(
    store: Store, settings: Settings, last: int, first: int, progress: Progress
) -> tuple[list[EvaluationResult], list[Note], list[dict[str, Any]]]:
    """The margin's horizon from one origin: purchases and spend; a note where the history is too short."""
    horizon = settings.value.clv_horizon_days
    try:
        (cut,) = forecast_origins(last, 1, horizon, first)
        with progress.step("origin"):
            result, notes, totals = _scored(store, settings, cut, horizon)
    except OptionError:
        note = {"code": "horizon_not_checked", "values": {"horizon_days": horizon}}
        return [], [note | {"origin_on": str(date_of(last))}], []
    kept = pc.is_in(result.metrics.column("target"), value_set=pa.array(FAR_TARGETS))
    return [EvaluationResult(result.metrics.filter(kept), result.calibration)], notes, [totals]


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


def _keep(shop: Shop, evaluation: Evaluation, input_hash: str) -> None:
    """Keep the newest evaluation for the report, with what it was made from; swapped in file by file."""
    target = shop.folder / FOLDER
    target.mkdir(exist_ok=True)
    facts_path = target / "facts.json"
    facts_path.unlink(missing_ok=True)  # tables without facts count as none: no mix of old and new is read
    for name, table in (("metrics", evaluation.metrics), ("calibration", evaluation.calibration)):
        draft = target / f".{name}.draft"
        pq.write_table(table.to_arrow(), draft, compression="zstd")
        draft.replace(target / f"{name}.parquet")
    facts = {
        "as_of": str(evaluation.as_of),
        "config_hash": shop.settings.result_hash(),
        "input_hash": input_hash,
        "horizon_days": evaluation.horizon_days,
        "origins": [str(day) for day in evaluation.origins],
        "clv_horizon_days": evaluation.clv_horizon_days,
        "clv_origins": [str(day) for day in evaluation.clv_origins],
        "last_day": str(max(evaluation.last_days)),
        "notes": evaluation.notes,
        "totals": evaluation.totals,
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    facts_path.write_text(text, encoding="utf-8", newline="\n")


def evaluation_facts(folder: Path) -> dict[str, Any]:
    """What the newest evaluation was made from: days, horizons and hashes; empty where none was made."""
    path = folder / FOLDER / "facts.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return facts


def speaks_of(facts: dict[str, Any], *, as_of: str, input_hash: str) -> bool:
    """Whether an evaluation says something about a run: the same input, and nothing later than the run's day."""
    return facts.get("input_hash") == input_hash and str(facts.get("last_day", "9999")) <= as_of


def kept_evaluation(folder: Path) -> dict[str, pa.Table]:
    """The newest evaluation's tables, ``evaluation_metrics`` and ``evaluation_calibration``; empty where none was made."""
    paths: Sequence[tuple[str, Path]] = (
        ("evaluation_metrics", folder / FOLDER / "metrics.parquet"),
        ("evaluation_calibration", folder / FOLDER / "calibration.parquet"),
    )
    return {name: pq.read_table(path) for name, path in paths if path.is_file()}
