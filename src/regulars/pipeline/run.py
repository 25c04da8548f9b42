"""One pass of the pipeline, top to bottom: features, scores, decisions, publication."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa

from regulars import __version__
from regulars.decisions.offers import Offer, parse_offers
from regulars.decisions.policy import decide
from regulars.decisions.rules import Rules
from regulars.errors import OptionError
from regulars.features.items import item_features
from regulars.insight.calendar import date_of, day_of
from regulars.insight.cohorts import cohort_cells, cohorts
from regulars.insight.sales import left_out_sales, sales
from regulars.insight.transitions import transitions
from regulars.models.recommend.neighbours import ItemKNN
from regulars.pipeline.days import left_out_day, usual_day
from regulars.pipeline.features import (
    FeatureTables,
    build_features,
    interactions,
    keep_calendar,
    lifecycle_by_month,
)
from regulars.pipeline.imports import finish_imports
from regulars.pipeline.measure import measure
from regulars.pipeline.progress import Progress
from regulars.pipeline.rules import read_rules, unknown_exclusions
from regulars.pipeline.scores import Models, Note, fit_models, score
from regulars.pipeline.shop import Shop
from regulars.schema import (
    ACTIONS,
    COHORTS,
    CUSTOMER_FEATURES,
    CUSTOMER_SCORES,
    ITEM_FEATURES,
    LEFT_OUT_SALES,
    OFFER_EFFECTS,
    RECOMMENDATIONS,
    SALES,
    SEGMENTS,
    STAGE_HISTORY,
    TRANSITIONS,
)
from regulars.show.notebook import ResultTable
from regulars.store.assignments import assignments_hash
from regulars.store.duckdb import Store
from regulars.store.lock import writing
from regulars.store.memory import peak_memory_mb
from regulars.store.snapshot import Publication, read_table

PROSPECT_FEATURES = ["customer_id", "purchase_count", "days_since_last_purchase", "holdout_draw"]
PROSPECT_SCORES = ["stage", "churn_probability", "expected_order_value", "clv"]


@dataclass(frozen=True)
class RunResult:
    """A finished run: where its tables lie and what a reader should know."""

    run_id: str
    as_of: dt.date
    folder: Path
    row_counts: dict[str, int]
    step_seconds: dict[str, float]
    notes: list[Note]
    shop: Shop  # a shop in memory lives as long as its handle

    def table(self, name: str) -> ResultTable:
        """A result table by its name in ``schema.TABLES``; it shows itself in a notebook."""
        return self._shown(read_table(self.folder, name), name)

    def _shown(self, table: pa.Table, name: str) -> ResultTable:
        """A table with the currency and the horizons that the heads of its columns name."""
        shop, value = self.shop.settings.shop, self.shop.settings.value
        return ResultTable(
            table, name, currency=shop.currency, churn_days=value.churn_horizon_days, clv_days=value.clv_horizon_days
        )  # fmt: skip

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {count:,}" for name, count in self.row_counts.items())
        return f"Run {self.run_id} as of {self.as_of}; tables and their rows: {rows}"

    @property
    def customers(self) -> ResultTable:
        """Scores of every customer."""
        return self.table("customer_scores")

    @property
    def actions(self) -> ResultTable:
        """What to do for whom, best first."""
        return self._shown(self.table("actions").to_arrow().sort_by("rank"), "actions")


def run(
    shop: Shop, *, as_of: dt.date | None = None, wait_seconds: float = 0.0, progress: Progress | None = None
) -> RunResult:
    """Compute everything as of a day and publish it.

    Parameters
    ----------
    shop
        A shop with events.
    as_of
        The last day that counts, inclusive; by default the last full day of the data: not an unfinished one,
        and neither the day of the import nor a later one.
    wait_seconds
        How long to wait for another command that writes to the shop; 0 refuses at once.

    Returns
    -------
    RunResult
        The same input and settings give the same ``run_id`` and the same bytes in every table.

    Raises
    ------
    ShopError
        The shop has no events, or none up to that day.
    StoreBusy
        Another command writes to the shop, and still does after ``wait_seconds``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> orders = pa.table({"order_id": ["1", "2", "3"], "order_date": ["2025-03-01", "2025-04-02", "2025-04-20"],
    ...                    "customer_id": ["ann", "ann", "bob"], "item_id": ["tea", "tea", "pot"],
    ...                    "quantity": ["1", "2", "1"], "unit_price": ["4.50", "4.50", "20.00"]})
    >>> result = run(Shop.from_frame(orders))
    >>> result.as_of
    datetime.date(2025, 4, 20)
    >>> result.customers.to_arrow().column("customer_id").to_pylist()
    ['ann', 'bob']
    """
    progress = progress or Progress()
    started = dt.datetime.now(tz=dt.UTC)
    offers, rules = read_offers(shop), read_rules(shop)
    with writing(shop.folder, "run", wait_seconds, progress.waiting), shop.store() as store:
        shop.refuse_open_erasure()
        finish_imports(shop, store)
        as_of_day = _as_of_day(shop, store, as_of)
        facts = _facts(shop, store, as_of_day)
        with Publication(shop.folder, facts["run_id"], shop.settings.run.keep_runs) as publication:
            notes = _path(shop, store, as_of_day, publication, offers, rules, progress)
            notes += left_out_day(shop, store, as_of_day) if as_of is None else []
            folder = publication.finish()
        result = RunResult(
            facts["run_id"], date_of(as_of_day), folder, publication.row_counts, progress.seconds, notes, shop
        )
        _record(store, result, facts, started)
    progress.published(result)
    return result


def _path(
    shop: Shop, store: Store, as_of_day: int, publication: Publication, offers: tuple[Offer, ...], rules: Rules,
    progress: Progress,
) -> list[Note]:  # fmt: skip
    """The path from events to actions, each step written as soon as it is there; returns the run's notes."""
    rows = shop.settings.run.batch_rows
    with progress.step("features"):
        tables = build_features(store, shop.settings, as_of_day)
        calendar = keep_calendar(store, as_of_day)
        _publish_features(store, tables, publication, rows)
    with progress.step("fit"):
        models, notes = fit_models(store, tables, shop.settings)
        models.save(shop.folder / "models" / publication.run_id)
    with progress.step("score"):
        prospects = _publish_scores(store, tables, models, publication, shop)
    with progress.step("stages"):
        _publish_stages(store, tables, models, publication, rows)
    with progress.step("recommend"):
        recommended = _publish_recommendations(store, tables, publication, shop)
    with progress.step("measure"):
        measured = measure(store, tables, shop.settings, offers, models.clv.margin_rate)
        publication.write("offer_effects", measured.table.to_batches(), OFFER_EFFECTS.arrow_schema())
    with progress.step("decide"):
        learned = measured.offers
        _publish_actions(prospects, recommended, learned, rules, publication, shop, models.clv.margin_rate)
    with progress.step("insight"):
        _publish_insight(store, tables, calendar, publication)
    notes += unknown_exclusions(shop, prospects.column("customer_id"))
    return notes + _data_ends_before(store, as_of_day)


def _data_ends_before(store: Store, as_of_day: int) -> list[Note]:
    """A note when the run's day lies after the data: the silence since is counted as the customers'."""
    days = store.day_range()
    if days is None or as_of_day <= days[1]:
        return []
    values = {"last_on": str(date_of(days[1])), "silent_days": as_of_day - days[1]}
    return [{"code": "data_end_before", "values": values}]


def read_offers(shop: Shop) -> tuple[Offer, ...]:
    """The shop's ``offers.toml``; no file means no offers."""
    path = shop.folder / "offers.toml"
    if not path.is_file():
        return ()
    return parse_offers(path.read_text(encoding="utf-8-sig"), str(path), shop.settings.shop.currency)


def _as_of_day(shop: Shop, store: Store, as_of: dt.date | None) -> int:
    usual = usual_day(shop, store)
    if as_of is None:
        return usual
    days = store.day_range() or (usual, usual)
    if day_of(as_of) < days[0]:
        raise OptionError(
            f"as_of {as_of} is before the first event",
            allowed=f"a day from {date_of(days[0])} to {date_of(days[1])}",
        )
    return day_of(as_of)


def _facts(shop: Shop, store: Store, as_of_day: int) -> dict[str, str]:
    """What makes this run this run; the same facts give the same id."""
    texts = [(shop.folder / name) for name in ("offers.toml", "rules.toml")]
    offers = "".join(path.read_text(encoding="utf-8") for path in texts if path.is_file())
    # What was assigned decides what is measured, and so what the offers are taken to bring.
    offers += assignments_hash(store, as_of_day)
    config_hash = hashlib.sha256((shop.settings.result_hash() + offers).encode()).hexdigest()[:16]
    facts = {
        "as_of": str(date_of(as_of_day)),
        "config_hash": config_hash,
        "input_hash": store.input_hash(),
        "code_version": __version__,
    }
    short = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
    return {"run_id": f"{date_of(as_of_day):%Y%m%d}-{short}", **facts}


def _publish_features(store: Store, tables: FeatureTables, publication: Publication, rows: int) -> None:
    publication.write(
        "customer_features", store.batches(tables.customers, rows), CUSTOMER_FEATURES.arrow_schema()
    )
    catalogue = item_features(tables.events, tables.items, tables.as_of_day).sort("item_id")
    publication.write("item_features", store.batches(catalogue, rows), ITEM_FEATURES.arrow_schema())


def _publish_scores(
    store: Store, tables: FeatureTables, models: Models, publication: Publication, shop: Shop
) -> pa.Table:
    """Write scores and segments; return what the decision needs of every customer."""
    segments: list[pa.RecordBatch] = []
    prospects: list[pa.Table] = []

    def scores() -> Iterator[pa.RecordBatch]:
        for features, scored, grouped in score(store, tables, models, shop.settings):
            segments.append(grouped)
            prospects.append(_prospects(features, scored, grouped))
            yield scored

    publication.write("customer_scores", scores(), CUSTOMER_SCORES.arrow_schema())
    publication.write("segments", segments, SEGMENTS.arrow_schema())
    return pa.concat_tables(prospects)


def _prospects(features: pa.RecordBatch, scored: pa.RecordBatch, grouped: pa.RecordBatch) -> pa.Table:
    columns = {name: features.column(name) for name in PROSPECT_FEATURES}
    columns |= {name: scored.column(name) for name in PROSPECT_SCORES}
    return pa.table(columns | {"value_group": grouped.column("value_group")})


def _publish_stages(
    store: Store, tables: FeatureTables, models: Models, publication: Publication, rows: int
) -> None:
    """The stage at each month end under this run's bounds, and the moves between them."""
    features, steps = lifecycle_by_month(store, tables)

    def staged() -> Iterator[pa.RecordBatch]:
        for batch in store.batches(features, rows):
            table = pa.Table.from_batches([batch])
            stage = models.lifecycle.predict(table).column("stage")
            kept = table.select(["as_of_day", "customer_id"]).append_column("stage", stage)
            yield from kept.to_batches()

    history = store.keep_batches("stage_history", staged())
    ordered = history.sort("as_of_day", "customer_id")
    publication.write("stages", store.batches(ordered, rows), STAGE_HISTORY.arrow_schema())
    moves = transitions(history, steps).sort("as_of_day", "from_stage", "to_stage")
    publication.write("transitions", store.batches(moves, rows), TRANSITIONS.arrow_schema())


def _publish_recommendations(
    store: Store, tables: FeatureTables, publication: Publication, shop: Shop
) -> pa.Table | None:
    """Items for every customer; return the first few of each for the actions."""
    schema = RECOMMENDATIONS.arrow_schema()
    bought = store.read(interactions(store, tables))
    if bought.num_rows == 0:
        publication.write("recommendations", [], schema)
        return None
    settings = shop.settings
    model = ItemKNN().fit(bought)
    model.save(shop.folder / "models" / publication.run_id / "recommend")
    first: list[pa.Table] = []

    def ranked() -> Iterator[pa.RecordBatch]:
        people = tables.customers.select("customer_id")
        for batch in store.batches(people, settings.run.batch_rows):
            table = model.recommend(pa.Table.from_batches([batch]), settings.run.recommend_count)
            table = _named(table, schema)
            first.append(
                table.filter(pa.compute.field("rank") <= settings.decide.items_per_action).select(
                    ["customer_id", "rank", "item_id"]
                )
            )
            yield from table.to_batches()

    publication.write("recommendations", ranked(), schema)
    return pa.concat_tables(first)


def _named(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Recommendations with the column ``model``: popularity where no bought item speaks for the item."""
    reason = table.column("reason_item_id")
    model = pa.compute.if_else(reason.is_null(), "Popularity", "ItemKNN")
    return table.append_column("model", model).select(schema.names).cast(schema)


def _publish_actions(
    prospects: pa.Table, recommended: pa.Table | None, offers: Iterable[Offer], rules: Rules,
    publication: Publication, shop: Shop, margin_rate: float,
) -> None:  # fmt: skip
    settings = shop.settings
    table = decide(
        prospects,
        recommended,
        tuple(offers),
        rules,
        budget=settings.decide.budget,
        holdout_share=settings.decide.holdout_share,
        margin_rate=margin_rate,
        currency=settings.shop.currency,
        horizon_days=settings.value.churn_horizon_days,
        items_per_action=settings.decide.items_per_action,
        run_id=publication.run_id,
    )
    publication.write("actions", table.to_batches(), ACTIONS.arrow_schema())


def _publish_insight(
    store: Store, tables: FeatureTables, calendar: nw.LazyFrame[Any], publication: Publication
) -> None:
    records = store.table("orders")
    by_month = sales(tables.events, records, tables.day_rows, calendar, tables.as_of_day).sort("month")
    publication.write("sales", store.batches(by_month), SALES.arrow_schema())
    others = left_out_sales(records, calendar).sort(*LEFT_OUT_SALES.key)
    publication.write("left_out_sales", store.batches(others), LEFT_OUT_SALES.arrow_schema())
    cells = store.read(
        cohort_cells(tables.events, tables.order_rows, calendar, tables.as_of_day).sort(
            "cohort_index", "month_index"
        )
    )
    publication.write("cohorts", cohorts(cells, tables.as_of_day).to_batches(), COHORTS.arrow_schema())


def _record(store: Store, result: RunResult, facts: dict[str, str], started: dt.datetime) -> None:
    seconds = (dt.datetime.now(tz=dt.UTC) - started).total_seconds()
    store.add_row(
        "runs",
        facts
        | {
            "started_at": started.isoformat(timespec="microseconds"),
            "seconds": round(seconds, 3),
            "peak_memory_mb": round(peak_memory_mb(), 1),
            "row_counts": json.dumps(result.row_counts, sort_keys=True),
            "step_seconds": json.dumps({k: round(v, 3) for k, v in result.step_seconds.items()}),
            "notes": json.dumps(result.notes, sort_keys=True, ensure_ascii=False),
        },
    )
