"""Commands that compute and show: run, evaluate, report, show, explain."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.options import as_of_option, json_option, language_option, shop_option, wait_option
from regulars.cli.output import open_shop, print_json, print_summary, shown_progress

if TYPE_CHECKING:
    from regulars.pipeline.evaluate import Evaluation
    from regulars.pipeline.explain import Explanation
    from regulars.pipeline.shop import Shop

VIEWS = (
    "customers", "actions", "segments", "recommendations", "stages", "transitions", "sales", "left-out", "effects",
    "rejected", "runs",
)  # fmt: skip
SHOWN_ROWS = 20


@click.command(short_help="Compute stages, scores and today's actions.")
@shop_option
@as_of_option
@wait_option
@json_option
@language_option
def run(folder: Path, as_of: dt.datetime | None, wait_seconds: float, form: str, language: str) -> None:
    """Compute stages, scores, groups, recommendations and today's actions, and publish them."""
    from regulars.pipeline import run as pipeline

    shop = open_shop(folder)
    result = pipeline.run(
        shop, as_of=as_of.date() if as_of else None, wait_seconds=wait_seconds, progress=shown_progress()
    )
    if form == "json":
        print_json(
            {"run_id": result.run_id, "as_of": str(result.as_of), "folder": str(result.folder),
             "row_counts": result.row_counts, "step_seconds": result.step_seconds, "notes": result.notes}
        )  # fmt: skip
        return
    print_summary(shop, language)


@click.command(short_help="Show results, rejected lines or runs.")
@click.argument("table", type=click.Choice(VIEWS), metavar="{" + ",".join(VIEWS) + "}")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
    help="csv and json have every column under its own name.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help=f"Rows; {SHOWN_ROWS} in a table, else all."
)
@shop_option
@language_option
def show(table: str, form: str, limit: int | None, folder: Path, language: str) -> None:
    """Show a table of the newest run, of the quarantine or of the runs."""
    from regulars.pipeline.views import view
    from regulars.show.terminal import print_csv, print_table

    shop = open_shop(folder)
    rows = view(shop, table)
    if form == "table":
        if table == "effects":
            from regulars.pipeline.report import effects_text

            click.echo(effects_text(shop, language=language) + "\n")
        value = shop.settings.value
        print_table(
            rows, limit or SHOWN_ROWS, language=language, currency=shop.settings.shop.currency,
            churn_days=value.churn_horizon_days, clv_days=value.clv_horizon_days,
        )  # fmt: skip
        return
    rows = rows if limit is None else rows.slice(0, limit)
    if form == "json":
        print_json(rows.to_pylist())
    else:
        print_csv(rows)


@click.command()
@click.argument("customer_id", metavar="CUSTOMER")
@shop_option
@json_option
@language_option
def explain(customer_id: str, folder: Path, form: str, language: str) -> None:
    """Say why CUSTOMER has its stage, its scores and its action."""
    from regulars.pipeline import explain as pipeline

    shop = open_shop(folder)
    explanation = pipeline.explain(shop, customer_id)
    if form == "json":
        print_json(explanation.as_dict())
    else:
        _print_explanation(explanation, shop, language)


@click.command(short_help="Compare earlier predictions with what happened.")
@click.option(
    "--origins", type=click.IntRange(min=1), default=2, show_default=True, help="Earlier cut-off days."
)
@click.option(
    "--horizon-days", type=click.IntRange(min=1),
    help="Days ahead that are checked; by default churn_horizon_days of regulars.toml.",
)  # fmt: skip
@shop_option
@as_of_option
@wait_option
@json_option
@language_option
def evaluate(
    origins: int, horizon_days: int | None, folder: Path, as_of: dt.datetime | None, wait_seconds: float, form: str,
    language: str,
) -> None:  # fmt: skip
    """Refit at earlier days and say how well purchases, spend and churn would have been predicted.

    Where the history allows it, one more day checks purchases and spend over clv_horizon_days, the horizon
    of the expected margin.
    """
    from regulars.pipeline import evaluate as pipeline

    shop = open_shop(folder)
    evaluation = pipeline.evaluate(
        shop,
        origins=origins,
        horizon_days=horizon_days,
        as_of=as_of.date() if as_of else None,
        wait_seconds=wait_seconds,
        progress=shown_progress(),
    )
    if form == "json":
        tables = {
            name: getattr(evaluation, name).to_arrow().to_pylist() for name in ("metrics", "calibration")
        }
        print_json({**vars(evaluation), **tables, **{
            name: [str(day) for day in getattr(evaluation, name)] for name in ("origins", "clv_origins")
        }})  # fmt: skip
    else:
        _print_evaluation(evaluation, shop, language)


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Default: SHOP/report.html",
)
@shop_option
@language_option
def report(output: Path | None, folder: Path, language: str) -> None:
    """Write the report: one HTML file that needs no network."""
    from regulars.pipeline.report import write_report

    click.echo(str(write_report(open_shop(folder), output, language=language)))


def _print_evaluation(evaluation: Evaluation, shop: Shop, language: str) -> None:
    from regulars.show.scorecard import print_scorecard

    print_scorecard(
        evaluation.metrics.to_arrow(),
        evaluation.calibration.to_arrow(),
        notes=evaluation.notes,
        language=language,
        currency=shop.settings.shop.currency,
    )


def _print_explanation(explanation: Explanation, shop: Shop, language: str) -> None:
    from regulars.show.customer import customer_text

    click.echo(
        customer_text(
            explanation.as_dict(),
            language=language,
            currency=shop.settings.shop.currency,
            clv_horizon_days=shop.settings.value.clv_horizon_days,
        )
    )
