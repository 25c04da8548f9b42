"""Commands about single people: erase."""

from __future__ import annotations

from pathlib import Path

import click

from regulars.cli.options import json_option, language_option, shop_option, wait_option
from regulars.cli.output import open_shop, print_json


@click.command(short_help="Remove people from everything, and keep them out of later imports.")
@click.argument("persons", nargs=-1, metavar="[PERSON]...")
@click.option(
    "--file", "listed", type=click.Path(dir_okay=False, exists=True, path_type=Path), metavar="FILE",
    help="A text file with one person per line.",
)  # fmt: skip
@click.option(
    "--also-if-unknown", is_flag=True,
    help="Keep people of whom the shop knows nothing out of later imports, instead of refusing.",
)  # fmt: skip
@shop_option
@wait_option
@json_option
@language_option
def erase(
    persons: tuple[str, ...], listed: Path | None, also_if_unknown: bool, folder: Path, wait_seconds: float,
    form: str, language: str,
) -> None:  # fmt: skip
    """Remove people from everything that the shop keeps, and keep them out of later imports of old files.

    PERSON is an e-mail address, phone number, customer id or device id; `email:`, `phone:`, `id:` or `device:`
    before it says which. The receipt says what was removed where, and which exported files named the person.
    """
    from regulars.pipeline.erase import erase as pipeline

    asked = [*persons, *_lines_of(listed)]
    if not asked:
        raise click.UsageError(
            "Name a person, or a file of them: regulars erase PERSON, regulars erase --file FILE"
        )
    receipt = pipeline(open_shop(folder), asked, also_if_unknown=also_if_unknown, wait_seconds=wait_seconds)
    if form == "json":
        print_json(vars(receipt))
        return
    from regulars.show.receipts import receipt_text

    click.echo(receipt_text(vars(receipt), shop=str(folder), language=language))


def _lines_of(path: Path | None) -> list[str]:
    if path is None:
        return []
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [line.strip() for line in lines if line.strip()]
