"""Commands about a shop as a whole: init, demo, config."""

from __future__ import annotations

from pathlib import Path

import click

from regulars.cli.options import json_option, language_option, shop_option
from regulars.cli.output import open_shop, print_json, print_summary, shown_progress


@click.command(short_help="Make DIR a shop, ready for imports.")
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


@click.command(short_help="Make a synthetic shop and run everything.")
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
        folder, customers=customers, days=days, seed=seed, language=language, progress=shown_progress()
    )
    print_summary(shop, language)


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
