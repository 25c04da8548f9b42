"""The command line: one command per step of the pipeline, with the same name and arguments.

Each command imports what it needs when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from regulars.collect.plan import ImportPlan
    from regulars.pipeline.evaluate import Evaluation
    from regulars.pipeline.explain import Explanation
    from regulars.pipeline.imports import ImportReport
    from regulars.pipeline.progress import Progress
    from regulars.pipeline.shop import Shop

VIEWS = ("customers", "actions", "segments", "recommendations", "stages", "transitions", "rejected", "runs")
SHOWN_ROWS = 20

shop_option = click.option(
    "--shop", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), metavar="DIR",
    help="The shop's folder; the current one by default.",
)  # fmt: skip
language_option = click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the words.",
)
json_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="json prints one object and nothing else on standard output.",
)  # fmt: skip
as_of_option = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
    help="Last day that counts, inclusive (YYYY-MM-DD); by default the last day with an event.",
)  # fmt: skip


class Regulars(click.Group):
    """The group of commands; trouble ends in one clear message and an exit code, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from regulars.errors import in_words

        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # `regulars show ... | head`
            sys.stderr.close()
            sys.exit(0)
        except Exception as error:
            trouble = in_words(error)
            click.echo(f"regulars: {trouble}\n[{trouble.code}]", err=True)
            sys.exit(trouble.exit_code)


@click.group(cls=Regulars, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="regulars", prog_name="regulars")
def main() -> None:
    """Who a shop's customers are, what each is worth, what to do for whom today, and whether it paid.

    Begin with `regulars demo`, or with your own orders: `regulars init myshop`, then
    `regulars import orders.csv --shop myshop`, then `regulars run --shop myshop`.
    """


@main.command(short_help="Make DIR a shop, ready for imports.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--name", default="My shop", show_default=True, help="The shop's name, for the report.")
@click.option("--currency", default="GBP", show_default=True, help="ISO 4217 code of all amounts.")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of times without an offset.")
def init(folder: Path, name: str, currency: str, time_zone: str) -> None:
    """Make DIR a shop: settings, offers and rules to edit, and an empty store."""
    from regulars.config import Shop as ShopSettings
    from regulars.config import default_toml, parse_settings
    from regulars.pipeline.shop import init_shop

    settings = ShopSettings(name=name, currency=currency.upper(), time_zone=time_zone)
    parse_settings(default_toml(settings), "the options")  # says what is wrong before anything is written
    written = init_shop(folder, settings)
    if not written:
        click.echo(f"{folder} is a shop already; nothing was changed.")
        return
    click.echo(f"{folder} is a shop now: " + ", ".join(path.name for path in written))
    click.echo(f"Next: regulars import ORDERS.csv --shop {folder}")


@main.command("import", short_help="Import orders, events, items, customers or costs.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--source", metavar="NAME", help="Named source of the files; guessed from the columns by default."
)
@click.option(
    "--mapping", type=click.Path(dir_okay=False, path_type=Path), metavar="TOML", help="Which column is what, where the guess is wrong.",
)  # fmt: skip
@shop_option
@json_option
def import_(
    files: tuple[Path, ...], source: str | None, mapping: Path | None, folder: Path, form: str
) -> None:
    """Import orders, events, items, customers or costs from FILE (CSV, Parquet, JSON Lines, Excel).

    Importing the same or an overlapping file again stores nothing twice.
    """
    from regulars.pipeline.imports import import_files

    shop = _open(folder)
    show_plan = _print_plan if form == "table" else None
    reports = import_files(
        shop,
        list(files),
        source=source,
        mapping=_read_mapping(mapping),
        progress=_progress(),
        show_plan=show_plan,
    )
    _print_imports(reports, form, folder)


@main.command(short_help="Send rejected lines through a mended mapping.")
@click.option(
    "--mapping", type=click.Path(dir_okay=False, path_type=Path), metavar="TOML", help="The mended mapping."
)
@click.option(
    "--import", "import_id", metavar="ID", help="Only the lines of this import (see `show rejected`)."
)
@shop_option
@json_option
def replay(mapping: Path | None, import_id: str | None, folder: Path, form: str) -> None:
    """Send rejected lines through the mended mapping again; what passes leaves quarantine."""
    from regulars.pipeline.imports import replay_rejected

    shop = _open(folder)
    reports = replay_rejected(shop, mapping=_read_mapping(mapping), import_id=import_id, progress=_progress())
    _print_imports(reports, form, folder)


@main.command(short_help="Compute stages, scores and today's actions.")
@shop_option
@as_of_option
@json_option
@language_option
def run(folder: Path, as_of: dt.datetime | None, form: str, language: str) -> None:
    """Compute stages, scores, groups, recommendations and today's actions, and publish them."""
    from regulars.pipeline import run as pipeline

    shop = _open(folder)
    result = pipeline.run(shop, as_of=as_of.date() if as_of else None, progress=_progress())
    if form == "json":
        _print_json(
            {"run_id": result.run_id, "as_of": str(result.as_of), "folder": str(result.folder),
             "row_counts": result.row_counts, "step_seconds": result.step_seconds, "notes": result.notes}
        )  # fmt: skip
        return
    _print_summary(shop, language)


@main.command(short_help="Show results, rejected lines or runs.")
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

    shop = _open(folder)
    rows = view(shop, table)
    if form == "table":
        value = shop.settings.value
        print_table(
            rows, limit or SHOWN_ROWS, language=language, currency=shop.settings.shop.currency,
            churn_days=value.churn_horizon_days, clv_days=value.clv_horizon_days,
        )  # fmt: skip
        return
    rows = rows if limit is None else rows.slice(0, limit)
    if form == "json":
        _print_json(rows.to_pylist())
    else:
        print_csv(rows)


@main.command()
@click.argument("customer_id", metavar="CUSTOMER")
@shop_option
@json_option
@language_option
def explain(customer_id: str, folder: Path, form: str, language: str) -> None:
    """Say why CUSTOMER has its stage, its scores and its action."""
    from regulars.pipeline import explain as pipeline

    shop = _open(folder)
    explanation = pipeline.explain(shop, customer_id)
    if form == "json":
        _print_json(explanation.as_dict())
    else:
        _print_explanation(explanation, shop, language)


@main.command(short_help="Compare earlier predictions with what happened.")
@click.option(
    "--origins", type=click.IntRange(min=1), default=2, show_default=True, help="Earlier cut-off days."
)
@click.option(
    "--horizon-days", type=click.IntRange(min=1),
    help="Days ahead that are checked; by default churn_horizon_days of regulars.toml.",
)  # fmt: skip
@shop_option
@as_of_option
@json_option
@language_option
def evaluate(
    origins: int, horizon_days: int | None, folder: Path, as_of: dt.datetime | None, form: str, language: str
) -> None:
    """Refit at earlier days and say how well purchases, spend and churn would have been predicted.

    Where the history allows it, one more day checks purchases and spend over clv_horizon_days, the horizon
    of the expected margin.
    """
    from regulars.pipeline import evaluate as pipeline

    shop = _open(folder)
    evaluation = pipeline.evaluate(
        shop,
        origins=origins,
        horizon_days=horizon_days,
        as_of=as_of.date() if as_of else None,
        progress=_progress(),
    )
    if form == "json":
        tables = {
            name: getattr(evaluation, name).to_arrow().to_pylist() for name in ("metrics", "calibration")
        }
        _print_json({**vars(evaluation), **tables, **{
            name: [str(day) for day in getattr(evaluation, name)] for name in ("origins", "clv_origins")
        }})  # fmt: skip
    else:
        _print_evaluation(evaluation, shop, language)


@main.command()
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

    click.echo(str(write_report(_open(folder), output, language=language)))


@main.command(short_help="Make a synthetic shop and run everything.")
@click.option("--customers", type=click.IntRange(min=50), default=5000, show_default=True, help="How many sign up.")  # fmt: skip
@click.option("--days", type=click.IntRange(min=120), default=731, show_default=True, help="Length of the history.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed makes the same shop.")
@click.option("--shop", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-shop"),
              metavar="DIR", show_default=True, help="Where to make it.")  # fmt: skip
@language_option
def demo(customers: int, days: int, seed: int, folder: Path, language: str) -> None:
    """Make a synthetic shop, import its exports like anybody's, and run everything."""
    from regulars.simulate.demo import make_demo

    shop = make_demo(
        folder, customers=customers, days=days, seed=seed, language=language, progress=_progress()
    )
    _print_summary(shop, language)


@main.group()
def config() -> None:
    """The settings of a shop."""


@config.command("show")
@shop_option
@json_option
def config_show(folder: Path, form: str) -> None:
    """Show every setting with its value, the defaults included."""
    import msgspec

    shop = _open(folder)
    settings = msgspec.to_builtins(shop.settings)
    if form == "json":
        _print_json(settings)
        return
    from regulars.show.settings import settings_text

    click.echo(settings_text(settings))


@main.command()
@shop_option
@json_option
@language_option
def check(folder: Path, form: str, language: str) -> None:
    """Say in words what the data can carry and what it lacks."""
    from regulars.pipeline.check import check as pipeline
    from regulars.show.findings import findings_text

    shop = _open(folder)
    findings = pipeline(shop)
    if form == "json":
        _print_json(findings)
        return
    click.echo(findings_text(findings, language=language, currency=shop.settings.shop.currency))


def _open(folder: Path) -> Shop:
    from regulars.pipeline.shop import Shop

    return Shop.open(folder)


def _progress() -> Progress:
    from regulars.pipeline.progress import progress

    return progress()


def _read_mapping(path: Path | None) -> dict[str, str] | None:
    from regulars.collect.mapping import load_mapping

    return None if path is None else load_mapping(path)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _print_plan(plan: ImportPlan) -> None:
    from regulars.show.imports import plan_text

    click.echo(plan_text(plan.file, plan.source, plan.mapping, plan.notes))


def _print_imports(reports: list[ImportReport], form: str, folder: Path) -> None:
    from regulars.show.imports import COUNTS, imports_text

    records = [vars(report) for report in reports]
    if form == "json":
        total = {name: sum(record[name] for record in records) for name in COUNTS}
        _print_json(total | {"files": records})
    else:
        click.echo(imports_text(records, shop=str(folder)))


def _print_summary(shop: Shop, language: str) -> None:
    from regulars.pipeline.report import FILE_NAME, summary_text

    click.echo(summary_text(shop, language=language))
    report = shop.folder / FILE_NAME
    click.echo(f"\n{report}" if report.is_file() else f"\nregulars report --shop {shop.folder}")


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
