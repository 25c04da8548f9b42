"""Commands that put a shop into one file and take it out again: backup, restore."""

from __future__ import annotations

from pathlib import Path

import click

from regulars.cli.options import shop_option, wait_option
from regulars.cli.output import open_shop, shown_progress


@click.command(short_help="Write a shop into one FILE.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@shop_option
@wait_option
def backup(file: Path, folder: Path, wait_seconds: float) -> None:
    """Write everything of a shop that cannot be made again into FILE, a new zip archive.

    It holds the contacts of customers and the key of their ids: keep it where nobody else can read it.
    """
    from regulars.pipeline import backup as pipeline

    made = pipeline.backup(open_shop(folder), file, wait_seconds=wait_seconds, progress=shown_progress())
    click.echo(f"{made.path}: {made.file_count} files, {made.byte_count:,} bytes; it holds personal data.")


@click.command(short_help="Make DIR the shop of a backup.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
def restore(file: Path, folder: Path) -> None:
    """Make DIR, which must not exist or be empty, the shop that is in FILE; checksums are verified first."""
    from regulars.pipeline import backup as pipeline

    made = pipeline.restore(file, folder)
    click.echo(f"{made.path} is the shop of {file} again: {made.file_count} files.")
    click.echo(f"Next: regulars run --shop {folder}")
