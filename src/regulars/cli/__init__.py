"""The command line: one command per step of the pipeline, with the same name and arguments.

Each command imports what it needs when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from regulars.cli import audiences, data, results, shops


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


for _command in (
    shops.init, data.import_, data.check, data.replay, results.run, results.evaluate, results.report, results.show,
    results.explain, audiences.export, shops.config, shops.demo,
):  # fmt: skip
    main.add_command(_command)
