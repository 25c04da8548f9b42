"""Commands about a shop as a whole: init, try, demo, config."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli import questions
from regulars.cli.options import json_option, language_option, shop_option
from regulars.cli.output import open_shop, print_json, print_summary, shown_progress

if TYPE_CHECKING:
    from regulars.collect.plan import ImportPlan
    from regulars.pipeline.imports import ImportReport
    from regulars.pipeline.trial import Trial


@click.command(short_help="Make DIR a shop, ready for imports.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--name", default="My shop", show_default=True, help="The shop's name, for the report.")
@click.option("--currency", default="GBP", show_default=True, help="ISO 4217 code of all amounts.")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of times without an offset.")
@language_option
def init(folder: Path, name: str, currency: str, time_zone: str, language: str) -> None:
    """Make DIR a shop: settings, offers and rules to edit, and an empty store."""
    from regulars.config import Shop as ShopSettings
    from regulars.config import default_toml, parse_settings
    from regulars.pipeline.shop import init_shop

    settings = ShopSettings(name=name, currency=currency.upper(), time_zone=time_zone)
    parse_settings(default_toml(settings), "the options")  # says what is wrong before anything is written
    written = init_shop(folder, settings, language=language)
    if not written:
        click.echo(f"{folder} is a shop already; nothing was changed.")
        return
    click.echo(f"{folder} is a shop now: " + ", ".join(path.name for path in written))
    click.echo(f"Next: regulars import ORDERS.csv --shop {folder}")


@click.command("try", short_help="From FILE to stages, values and today's actions, in one go.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--shop", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="The shop's folder; by default beside the first FILE, under its name.",
)  # fmt: skip
@click.option(
    "--currency", metavar="CODE", help="ISO 4217 code of all amounts; found in the files by default."
)
@click.option(
    "--time-zone", metavar="ZONE", help="Zone of times without an offset, for example Europe/London."
)
@click.option(
    "--source", metavar="NAME", help="Named source of all files; guessed from the columns by default."
)
@click.option(
    "--mapping", type=click.Path(dir_okay=False, path_type=Path), metavar="TOML",
    help="Which column is what, where the guess is wrong.",
)  # fmt: skip
@language_option
def try_(
    files: tuple[Path, ...], folder: Path | None, currency: str | None, time_zone: str | None, source: str | None,
    mapping: Path | None, language: str,
) -> None:  # fmt: skip
    """From FILE (orders, products, customers, in any order) to stages, values and today's actions, in one go.

    Makes a shop, imports, runs, checks the forecast at an earlier day, and writes the report. The same command
    again updates the shop; nothing is stored twice.
    """
    from regulars.collect.mapping import load_mapping
    from regulars.config import Shop as ShopSettings
    from regulars.pipeline import trial

    given = load_mapping(mapping) if mapping else None
    plan = trial.plan_trial(files, folder, source=source, mapping=given)
    code, zone, notes = _place(plan, currency, time_zone, language)
    name = plan.folder.name.removesuffix("-shop").replace("-", " ") or plan.folder.name
    settings = ShopSettings(name=name, currency=code, time_zone=zone)
    shop, reports = trial.try_files(
        plan, files, settings, source=source, mapping=given, language=language,
        progress=shown_progress(), show_plan=_print_source(language),
    )  # fmt: skip
    for note in notes:
        click.echo(f"  {note}")
    _print_counts(reports, language)
    click.echo()
    print_summary(shop, language)


def _print_source(language: str) -> Callable[[ImportPlan], None]:
    """One line per file before it is read: what it was taken for."""
    from regulars.show.words import Words

    def show(plan: ImportPlan) -> None:
        click.echo(Words(language)("trial.read_as", file=plan.file, source=plan.source))

    return show


def _print_counts(reports: list[ImportReport], language: str) -> None:
    """What became of the lines of each file, one line per file."""
    from regulars.show.words import Words

    words = Words(language, separator=",", minus="-")
    for report in reports:
        click.echo(words("trial.counts", file=report.file, read=report.read, stored=report.stored,
                         duplicate=report.duplicate, rejected=report.rejected))  # fmt: skip


def _place(
    plan: Trial, currency: str | None, time_zone: str | None, language: str
) -> tuple[str, str, list[str]]:
    """Currency and time zone of a trial: as given, as found, as asked once, or assumed with a note."""
    from regulars.errors import OptionError
    from regulars.show.words import Words

    words = Words(language)
    notes: list[str] = []
    try:
        code = questions.currency_code(currency) if currency else None
        zone = questions.zone_name(time_zone) if time_zone else None
    except click.BadParameter as error:
        raise OptionError(error.message) from error
    if plan.shop is not None:  # what is stored has its currency and zone already
        stored = plan.shop.settings.shop
        for name, wanted, there in (
            ("currency", code, stored.currency),
            ("time-zone", zone, stored.time_zone),
        ):
            if wanted and wanted != there:
                raise OptionError(
                    f"--{name} is {wanted}, but {plan.folder} is a shop with {there}",
                    fix=f"name another folder: --shop {plan.folder.name}-2",
                )
        return stored.currency, stored.time_zone, notes
    if code is None and plan.currency is None:
        code = questions.DEFAULT_CURRENCY
        if questions.may_ask():
            code = questions.asked(words("trial.ask_currency"), code, questions.currency_code)
        else:
            notes.append(words("trial.currency_assumed", currency=code))
    if zone is None:
        zone = questions.DEFAULT_ZONE
        if plan.has_open_times and questions.may_ask():
            zone = questions.asked(words("trial.ask_zone"), questions.machine_zone(), questions.zone_name)
        elif plan.has_open_times:
            notes.append(words("trial.zone_assumed", zone=zone))
    return code or plan.currency or questions.DEFAULT_CURRENCY, zone, notes


@click.command(short_help="Make a synthetic shop and run everything.")
@click.option("--customers", type=click.IntRange(min=50), default=5000, show_default=True, help="How many sign up.")  # fmt: skip
@click.option("--days", type=click.IntRange(min=120), default=731, show_default=True, help="Length of the history.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed makes the same shop.")
@click.option("--shop", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-shop"),
              metavar="DIR", show_default=True, help="Where to make it.")  # fmt: skip
@click.option("--write", "layout", type=click.Choice(["shopify", "woocommerce"]), help="Write the orders as this shop system exports them.")  # fmt: skip
@language_option
def demo(customers: int, days: int, seed: int, folder: Path, layout: str | None, language: str) -> None:
    """Make a synthetic shop, import its exports like anybody's, and run everything."""
    from regulars.simulate.demo import make_demo

    shop = make_demo(
        folder,
        customers=customers,
        days=days,
        seed=seed,
        language=language,
        layout=layout,
        progress=shown_progress(),
    )
    print_summary(shop, language, is_made_up=True)


@click.group()
def config() -> None:
    """The settings of a shop."""


@config.command("show")
@shop_option
@json_option
def config_show(folder: Path, form: str) -> None:
    """Show every setting with its value, the defaults included."""
    import msgspec

    shop = open_shop(folder)
    settings = msgspec.to_builtins(shop.settings)
    if form == "json":
        print_json(settings)
        return
    from regulars.show.settings import settings_text

    click.echo(settings_text(settings))
