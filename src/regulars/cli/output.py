"""What several commands do with a shop and print."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.log import current_log, logged_progress

if TYPE_CHECKING:
    from regulars.pipeline.progress import Progress
    from regulars.pipeline.shop import Shop

SCREEN_WIDTH = 88


def open_shop(folder: Path) -> Shop:
    from regulars.pipeline.shop import Shop

    return Shop.open(folder)


def shown_progress() -> Progress:
    from regulars.pipeline.progress import progress

    log = current_log()
    return logged_progress(log) if log.is_json else progress()


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_summary(shop: Shop, language: str, *, is_made_up: bool = False) -> None:
    """The screen that a run ends in, as wide as the terminal; a made-up shop's data have no age."""
    from regulars.pipeline.report import summary_text

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else SCREEN_WIDTH
    today = None if is_made_up else dt.datetime.now(tz=shop.settings.zone).date()
    click.echo(summary_text(shop, language=language, width=width, today=today))
