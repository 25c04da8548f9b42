"""Published tables and facts -> the report and the one-screen summary."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from regulars import __version__
from regulars.insight.calendar import day_of
from regulars.pipeline.evaluate import evaluation_facts, kept_evaluation, speaks_of
from regulars.pipeline.run import read_offers
from regulars.pipeline.shop import Shop
from regulars.show.effects import effect_lines
from regulars.show.report import FEATURE_COLUMNS, render_report
from regulars.show.summary import WIDTH, age_in_days, summary
from regulars.show.words import Words
from regulars.store.snapshot import current_run, read_table

FILE_NAME = "report.html"
REPORT_TABLES = (
    "customer_features", "customer_scores", "segments", "stages", "transitions", "cohorts", "sales", "left_out_sales", "actions",
    "item_features", "offer_effects",
)  # fmt: skip


def write_report(shop: Shop, path: str | Path | None = None, *, language: str = "en") -> Path:
    """Write the newest run's report as one HTML file; return its path (by default SHOP/report.html).

    Raises
    ------
    ShopError
        Nothing was run yet.
    """
    tables = report_tables(shop)
    page = render_report(tables, report_facts(shop, tables), language)
    path = Path(path or shop.folder / FILE_NAME)
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def summary_text(
    shop: Shop, *, language: str = "en", width: int = WIDTH, today: dt.date | None = None
) -> str:
    """The newest run in one screen of plain words; with ``today`` it says when the data end long before."""
    tables = report_tables(shop)
    facts = report_facts(shop, tables)
    facts["folder"] = _as_typed(shop.folder)
    facts["effects"] = effect_lines(tables, facts, _plain_words(shop, language))
    if _is_of_this_run(shop):
        facts["report"] = f"{_as_typed(shop.folder)}/{FILE_NAME}"
    if today is not None:
        facts["data_age_days"] = age_in_days(facts["as_of"], today)
    return summary(facts, tables, language, width=width)


def _is_of_this_run(shop: Shop) -> bool:
    """Whether the report was written after the newest run."""
    report, pointer = shop.folder / FILE_NAME, shop.folder / "CURRENT"
    return report.is_file() and report.stat().st_mtime_ns >= pointer.stat().st_mtime_ns


def effects_text(shop: Shop, *, language: str = "en") -> str:
    """What exported offers brought, a sentence for all of them and one for each."""
    words = _plain_words(shop, language)
    tables = {"offer_effects": shop.result("offer_effects")}
    offers = {offer.id: offer.title for offer in read_offers(shop)}
    return "\n".join(effect_lines(tables, {"offers": offers}, words)) or words("effects.nothing")


def _plain_words(shop: Shop, language: str) -> Words:
    return Words(language, shop.settings.shop.currency, separator=",", minus="-")


def _as_typed(folder: Path) -> str:
    """A folder as a person would type it: from here where that is shorter."""
    try:
        near = folder.absolute().relative_to(Path.cwd())
    except ValueError:
        return folder.as_posix()
    return near.as_posix()


def report_tables(shop: Shop) -> dict[str, pa.Table]:
    """What the report draws from: the newest run, and the newest evaluation if it is about the same data."""
    run = current_run(shop.folder)
    tables = {
        name: read_table(run, name, columns=list(FEATURE_COLUMNS) if name == "customer_features" else None)
        for name in REPORT_TABLES
    }
    facts, record = evaluation_facts(shop.folder), _record(shop, run.name)
    if speaks_of(facts, as_of=record["as_of"], input_hash=record["input_hash"]):
        return tables | kept_evaluation(shop.folder)
    return tables


def _record(shop: Shop, run_id: str) -> dict[str, Any]:
    """What the store keeps of a run; of the same run made again, the latest."""
    with shop.store() as store:
        runs = [row for row in store.read(store.table("runs")).to_pylist() if row["run_id"] == run_id]
    return max(runs, key=lambda row: row["started_at"])


def report_facts(shop: Shop, tables: dict[str, pa.Table]) -> dict[str, Any]:
    """What no table holds: the shop, its settings, what was imported and what the run noted."""
    settings, run = shop.settings, current_run(shop.folder)
    with shop.store() as store:
        imports = _first_imports(store.read(store.table("imports")))
        first_day, _ = store.day_range() or (0, 0)
    record = _record(shop, run.name)
    actions = tables["actions"]
    checked = "evaluation_metrics" in tables
    notes = json.loads(record["notes"])
    if pc.any(actions.column("assumed")).as_py():
        notes.append({"code": "response_assumed", "values": {}})
    counts = ("read_count", "stored_count", "duplicate_count", "rejected_count", "anonymous_count")
    return {
        "shop_name": settings.shop.name,
        "currency": settings.shop.currency,
        "as_of": record["as_of"],
        "clv_horizon_days": settings.value.clv_horizon_days,
        "churn_horizon_days": settings.value.churn_horizon_days,
        "margin_rate": _margin_rate(notes, settings.value.margin_rate),
        "margin_rate_is_assumed": any(note["code"] == "margin_assumed" for note in notes),
        "budget": settings.decide.budget,
        "budget_spent": pc.sum(actions.column("cost")).as_py() or 0.0,
        "holdout_share": settings.decide.holdout_share,
        "offers": {offer.id: offer.title for offer in read_offers(shop)},
        "imports": {name: sum(row[name] for row in imports) for name in counts},
        "notes": notes,
        "history_days": day_of(dt.date.fromisoformat(record["as_of"])) - first_day,
        "checks": evaluation_facts(shop.folder).get("totals", []) if checked else [],
        "evaluation_is_of_other_data": bool(evaluation_facts(shop.folder)) and not checked,
        "code_version": __version__,
        "run_id": run.name,
    }


def _margin_rate(notes: list[dict[str, Any]], stated: float) -> float:
    """The rate that the run used: its note names it where it is not the shop's own."""
    used = [note["values"]["margin_rate"] for note in notes if note["code"].startswith("margin_")]
    return float(used[0]) if used else stated


def _first_imports(imports: pa.Table) -> list[dict[str, Any]]:
    """Each file once: importing it again changed nothing that its counts would say."""
    rows = sorted(imports.to_pylist(), key=lambda row: str(row["import_id"]), reverse=True)
    return list({(row["source"], row["sha256"]): row for row in rows}.values())
