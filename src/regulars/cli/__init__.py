"""The command line: one command per step of the pipeline, with the same name and arguments.

Each command imports what it needs when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import click

from regulars.cli import audiences, backups, data, people, results, shops
from regulars.cli.group import Regulars


@click.group(cls=Regulars, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True,
    envvar="REGULARS_LOG_FORMAT", show_envvar=True,
    help="json writes what happens as JSON lines to standard error, errors included, and draws no bars.",
)  # fmt: skip
@click.version_option(package_name="regulars", prog_name="regulars")
def main(log_format: str) -> None:
    """Who a shop's customers are, what each is worth, what to do for whom today, and whether it paid.

    Begin with `regulars demo`, or with your own orders: `regulars try orders.csv`.
    """


for _command in (
    shops.init, shops.try_, data.import_, data.check, data.replay, results.run, results.evaluate, results.report, results.show,
    results.explain, audiences.export, people.erase, backups.backup, backups.restore, shops.config,
    shops.demo,
):  # fmt: skip
    main.add_command(_command)
