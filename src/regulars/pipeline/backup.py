"""A shop into one file and out of it again, while nobody writes to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from regulars import __version__
from regulars.errors import ShopError
from regulars.pipeline.progress import Progress
from regulars.pipeline.shop import STORE_FILE, Shop
from regulars.store.backup import restore_backup, write_backup
from regulars.store.lock import writing


@dataclass(frozen=True)
class Backup:
    """An archive or the shop that was made of it: where it lies, and how much is in it."""

    path: Path
    file_count: int
    byte_count: int


def backup(shop: Shop, path: Path, *, wait_seconds: float = 0.0, progress: Progress | None = None) -> Backup:
    """Write everything of a shop that cannot be made again into one new file.

    Settings, offers, rules, the store, contacts, the key of contact data, published runs, models and the newest
    evaluation. The file holds personal data: it is readable by its owner alone. People who are erased later are
    still in it.

    Raises
    ------
    FileError
        The file exists already, or its folder does not.
    ShopError
        The shop is in memory.
    StoreBusy
        Another command writes to the shop, and still does after ``wait_seconds``.
    """
    if shop.memory is not None:
        raise ShopError("a shop in memory has no files to back up", fix="open a shop in a folder")
    progress = progress or Progress()
    with writing(shop.folder, "backup", wait_seconds, progress.waiting):
        shop.refuse_open_erasure()
        if (shop.folder / STORE_FILE).exists():
            with shop.store():
                pass  # closing writes into the file what a killed command left in the log beside it
        facts = {
            "code_version": __version__,
            "made_at": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        }
        files = write_backup(shop.folder, path, facts)
    return Backup(path, len(files), path.stat().st_size)


def restore(path: Path, folder: Path) -> Backup:
    """Make a new folder the shop that a backup holds; every file is held against its checksum first.

    Raises
    ------
    FileError
        The file is no backup, or was damaged.
    ShopError
        The folder is a shop already, or has something else in it.
    """
    files = restore_backup(path, folder)
    Shop.open(folder)  # its settings can be read by this version
    return Backup(folder, len(files), sum(file.stat().st_size for file in files))
