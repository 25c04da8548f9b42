"""The demonstration: a synthetic shop whose exports go the way of anybody's files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from regulars.config import Shop as ShopSettings
from regulars.errors import OptionError, ShopError
from regulars.pipeline.evaluate import evaluate
from regulars.pipeline.imports import ImportReport, import_files
from regulars.pipeline.progress import Progress
from regulars.pipeline.report import write_report
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop, init_shop
from regulars.simulate.shop import exports_folder, write_shop

NAME = "Demo shop"


def make_demo(
    folder: Path,
    *,
    customers: int = 5000,
    days: int = 731,
    seed: int = 0,
    language: str = "en",
    layout: str | None = None,
    progress: Progress | None = None,
    on_import: Callable[[ImportReport], None] | None = None,
) -> Shop:
    """Make a shop in ``folder``: simulate, import, run, evaluate, report.

    The simulator writes exports to ``FOLDER.exports`` and the truth to ``FOLDER.truth``, which nothing here
    reads. ``layout`` writes the orders as a shop system exports them (``simulate.shop.LAYOUTS``). A folder that
    holds a shop that is no demonstration is refused.

    Raises
    ------
    ShopError
        The folder holds another shop.
    """
    progress = progress or Progress()
    if (folder / "regulars.toml").exists() and not exports_folder(folder).is_dir():
        raise ShopError(f"{folder} holds a shop of its own", fix="regulars demo --shop ANOTHER_FOLDER")
    with progress.step("simulate"):
        truth = folder.with_name(folder.name + ".truth")
        exports = write_shop(folder, truth, customers=customers, days=days, seed=seed, layout=layout)
    init_shop(folder, ShopSettings(name=NAME, currency="GBP", time_zone="Europe/London"), language=language)
    shop = Shop.open(folder)
    for export in exports.files:
        for report in import_files(shop, [export.path], source=export.source, progress=progress):
            if on_import:
                on_import(report)
    run(shop, progress=progress)
    with contextlib.suppress(OptionError):  # a history too short to be checked: the summary says so
        evaluate(shop, progress=progress)
    with progress.step("report"):
        write_report(shop, language=language)
    return shop
