"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

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
wait_option = click.option(
    "--wait", "wait_seconds", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS",
    help="Wait so long for another command that writes to the shop, instead of ending with exit code 3 at once.",
)  # fmt: skip
as_of_option = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
    help="Last day that counts, inclusive (YYYY-MM-DD); by default the last full day of the data.",
)  # fmt: skip
