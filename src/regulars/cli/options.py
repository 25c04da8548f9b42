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
as_of_option = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
    help="Last day that counts, inclusive (YYYY-MM-DD); by default the last day with an event.",
)  # fmt: skip
