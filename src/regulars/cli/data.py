"""Commands that bring data in: import, replay, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.options import json_option, language_option, shop_option, wait_option
from regulars.cli.output import open_shop, print_json, shown_progress

if TYPE_CHECKING:
    from regulars.collect.plan import ImportPlan
    from regulars.pipeline.imports import ImportReport


@click.command("import", short_help="Import orders, events, items, customers or costs.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--source", metavar="NAME", help="Named source of the files; guessed from the columns by default."
)
@click.option(
    "--mapping", type=click.Path(dir_okay=False, path_type=Path), metavar="TOML", help="Which column is what, where the guess is wrong.",
)  # fmt: skip
@shop_option
@wait_option
@json_option
def import_(
    files: tuple[Path, ...],
    source: str | None,
    mapping: Path | None,
    folder: Path,
    wait_seconds: float,
    form: str,
) -> None:
    """Import orders, events, items, customers or costs from FILE (CSV, Parquet, JSON Lines, Excel).

    Importing the same or an overlapping file again stores nothing twice.
    """
    from regulars.pipeline.imports import import_files

    shop = open_shop(folder)
    show_plan = _print_plan if form == "table" else None
    reports = import_files(
        shop,
        list(files),
        source=source,
        mapping=_read_mapping(mapping),
        wait_seconds=wait_seconds,
        progress=shown_progress(),
        show_plan=show_plan,
    )
    _print_imports(reports, form, folder)


@click.command(short_help="Send rejected lines through a mended mapping.")
@click.option(
    "--mapping", type=click.Path(dir_okay=False, path_type=Path), metavar="TOML", help="The mended mapping."
)
@click.option(
    "--import", "import_id", metavar="ID", help="Only the lines of this import (see `show rejected`)."
)
@shop_option
@wait_option
@json_option
def replay(mapping: Path | None, import_id: str | None, folder: Path, wait_seconds: float, form: str) -> None:
    """Send rejected lines through the mended mapping again; what passes leaves quarantine."""
    from regulars.pipeline.imports import replay_rejected

    shop = open_shop(folder)
    reports = replay_rejected(
        shop,
        mapping=_read_mapping(mapping),
        import_id=import_id,
        wait_seconds=wait_seconds,
        progress=shown_progress(),
    )
    _print_imports(reports, form, folder)


@click.command()
@shop_option
@json_option
@language_option
def check(folder: Path, form: str, language: str) -> None:
    """Say in words what the data can carry and what it lacks."""
    from regulars.pipeline.check import check as pipeline
    from regulars.show.findings import findings_text

    shop = open_shop(folder)
    findings = pipeline(shop)
    if form == "json":
        print_json(findings)
        return
    click.echo(findings_text(findings, language=language, currency=shop.settings.shop.currency))


def _read_mapping(path: Path | None) -> dict[str, str] | None:
    from regulars.collect.mapping import load_mapping

    return None if path is None else load_mapping(path)


def _print_plan(plan: ImportPlan) -> None:
    from regulars.show.imports import plan_text

    click.echo(plan_text(plan.file, plan.source, plan.mapping, plan.notes))


def _print_imports(reports: list[ImportReport], form: str, folder: Path) -> None:
    from regulars.show.imports import COUNTS, imports_text

    records = [vars(report) for report in reports]
    if form == "json":
        total = {name: sum(record[name] for record in records) for name in COUNTS}
        print_json(total | {"files": records})
    else:
        click.echo(imports_text(records, shop=str(folder)))
