"""Commands that carry results out of the shop: export."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.options import language_option, shop_option, wait_option
from regulars.cli.output import open_shop, print_json

if TYPE_CHECKING:
    from regulars.pipeline.export import Export

TOOL_NAMES = ("csv", "klaviyo", "mailchimp", "google", "meta")

OLD_DAYS = 7
"""Lists of a run that is older than this are old news: the data go on after it."""


@click.group(short_help="Write files for mail and advertising tools.")
def export() -> None:
    """Write files for mail and advertising tools."""


@export.command("actions", short_help="Write today's actions for a tool, and record who was assigned what.")
@click.option(
    "--for", "tool", type=click.Choice(TOOL_NAMES), required=True,
    help="The tool that takes the file; csv is a plain table.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Outside the shop's folder; by default SHOP-TOOL-RUN.csv beside it.",
)  # fmt: skip
@click.option("--offer", "offers", multiple=True, metavar="ID", help="Only this offer; may be given again.")
@click.option(
    "--include-unknown-consent", is_flag=True,
    help="Also people of whom no file says whether they agreed to messages.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="json prints one object and nothing else on standard output.",
)  # fmt: skip
@shop_option
@wait_option
@language_option
def export_actions(
    tool: str, output: Path | None, offers: tuple[str, ...], include_unknown_consent: bool, force: bool, form: str,
    folder: Path, wait_seconds: float, language: str,
) -> None:  # fmt: skip
    """Write the newest run's actions as the file that a tool takes, and record who was assigned what.

    Not in the file: customers held out by lot, those whom rules.toml keeps out, those who did not agree to
    messages, and those without an address. The next `regulars run` compares the people of the file with the
    held-out ones and says what the offers brought: `regulars show effects`.
    """
    from regulars.pipeline.export import export_actions as write

    written = write(
        open_shop(folder), tool, output, offers=offers, include_unknown_consent=include_unknown_consent,
        force=force, wait_seconds=wait_seconds, language=language,
    )  # fmt: skip
    if form == "json":
        print_json({**vars(written), "path": None if written.path is None else str(written.path)})
    else:
        _print_export(written, language)


def _as_typed(path: Path) -> Path:
    """A path from where one stands, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _print_export(written: Export, language: str) -> None:
    from regulars.show.words import Words

    words = Words(language, separator=",", minus="-")
    parts = [words(f"export.{key}", count=number) for key, number in written.counts.items() if number]
    click.echo(words("export.nobody") if written.path is None else str(_as_typed(written.path)))
    if parts:
        click.echo(words("export.joint").join(parts))
    age = (dt.date.today() - written.as_of).days
    if written.path is not None and age > OLD_DAYS:
        click.echo(words("export.old", date=words.date(written.as_of)))
    if written.recorded_count:
        click.echo(words("export.recorded", count=written.recorded_count))
