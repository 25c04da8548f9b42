"""What several commands do with a shop and print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.log import current_log, logged_progress

if TYPE_CHECKING:
    from regulars.pipeline.progress import Progress
    from regulars.pipeline.shop import Shop


def open_shop(folder: Path) -> Shop:
    from regulars.pipeline.shop import Shop

    return Shop.open(folder)


def shown_progress() -> Progress:
    from regulars.pipeline.progress import progress

    log = current_log()
    return logged_progress(log) if log.is_json else progress()


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_summary(shop: Shop, language: str) -> None:
    from regulars.pipeline.report import FILE_NAME, summary_text

    click.echo(summary_text(shop, language=language))
    report = shop.folder / FILE_NAME
    click.echo(f"\n{report}" if report.is_file() else f"\nregulars report --shop {shop.folder}")
