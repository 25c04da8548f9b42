"""From files to the two screens in one go: make a shop, import, run, check against the past, report."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regulars import config
from regulars.collect.plan import ImportPlan
from regulars.collect.previews import Preview, main_currency, preview
from regulars.errors import OptionError, ShopError
from regulars.pipeline.evaluate import evaluate
from regulars.pipeline.imports import ImportReport, import_files, now_us
from regulars.pipeline.progress import Progress
from regulars.pipeline.report import write_report
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop, init_shop
from regulars.schema import EVENT_TYPES

ORIGINS = 1
"""Earlier days that a trial checks: one says how far off the forecast was, and each costs a fit."""


@dataclass(frozen=True)
class Trial:
    """What is known before anything is written.

    ``shop`` is the shop that the folder holds already, if any; ``currency`` stands for nearly all lines that name
    one (None: none does); ``has_open_times`` says that times lack an offset from UTC.
    """

    folder: Path
    shop: Shop | None
    previews: tuple[Preview, ...]
    currency: str | None
    has_open_times: bool


def trial_folder(paths: Sequence[Path]) -> Path:
    """The folder of a trial: beside the first file, under its name.

    >>> trial_folder([Path("data/My orders 2024.csv.gz")]).as_posix()
    'data/My-orders-2024-shop'
    """
    stem = paths[0].name.split(".")[0] or "my"
    return paths[0].parent / (re.sub(r"[^\w-]+", "-", stem).strip("-") + "-shop")


def plan_trial(
    paths: Sequence[Path], folder: Path | None = None, *, source: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Trial:  # fmt: skip
    """Look at the files and at the folder; nothing is written.

    Raises
    ------
    ShopError
        The folder holds something else than a shop.
    FileError, MappingError, OptionError
        A file cannot be read, or its columns are not understood.
    """
    folder = folder or trial_folder(paths)
    shop = _shop_in(folder)
    previews = tuple(
        preview(path, source=source, mapping=mapping, known_types=EVENT_TYPES, now_us=now_us())
        for path in paths
    )
    open_times = any(one.has_open_times for one in previews)
    return Trial(folder, shop, previews, main_currency(previews), open_times)


def _shop_in(folder: Path) -> Shop | None:
    """The shop in a folder that is there; None where there is nothing."""
    if (folder / config.FILE_NAME).is_file():
        return Shop.open(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ShopError(
            f"{folder} holds something else, and a trial writes only into a folder of its own",
            allowed="an empty or a new folder, or a shop",
            fix=f"name another one: --shop {folder.name}-2",
        )
    return None


def try_files(
    trial: Trial,
    paths: Sequence[Path],
    shop: config.Shop,
    *,
    source: str | None = None,
    mapping: Mapping[str, str] | None = None,
    language: str = "en",
    progress: Progress | None = None,
    show_plan: Callable[[ImportPlan], None] | None = None,
) -> tuple[Shop, list[ImportReport]]:
    """Make the shop, import the files, run, check at one earlier day where the history allows it, and report.

    Parameters
    ----------
    trial
        What ``plan_trial`` found; a shop that is there is updated, and keeps its own settings.
    paths
        The files, in any order.
    shop
        Name, currency and time zone of a new shop.
    source, mapping
        As ``import_files`` takes them.

    Returns
    -------
    The shop, ready to be shown, and what became of each file.

    Raises
    ------
    ShopError
        The files hold no events.
    """
    progress = progress or Progress()
    init_shop(trial.folder, shop, language=language)
    opened = Shop.open(trial.folder)
    reports = import_files(
        opened, list(paths), source=source, mapping=mapping, progress=progress, show_plan=show_plan
    )
    run(opened, progress=progress)
    _check_against_the_past(opened, progress)
    with progress.step("report"):
        write_report(opened, language=language)
    return opened, reports


def _check_against_the_past(shop: Shop, progress: Progress) -> None:
    """Evaluate at one earlier day; a history that is too short is no error here, the screen says it."""
    try:
        evaluate(shop, origins=ORIGINS, progress=progress)
    except OptionError:
        return
