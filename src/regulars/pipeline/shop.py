"""A shop: its folder, its settings and its store, frozen in one handle without methods of analysis."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from regulars import config
from regulars.config import Settings, load_settings
from regulars.decisions.offers import default_offers_toml
from regulars.decisions.rules import default_rules_toml
from regulars.errors import ConfigError, ShopError, StoreBusy
from regulars.store.duckdb import Store
from regulars.store.lock import busy, holder, is_held_here
from regulars.store.snapshot import current_run, read_table

STORE_FILE = "store.duckdb"
ERASURE_JOURNAL = ".erasing.json"
"""What an erasure has begun; it is there only while one is not finished."""
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Shop:
    """The folder of a shop and its settings; open it with ``Shop.open`` or make one with ``Shop.from_frame``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> orders = pa.table({"order_id": ["1", "2"], "order_date": ["2025-03-01", "2025-04-02"],
    ...                    "customer_id": ["ann", "ann"], "item_id": ["tea", "tea"],
    ...                    "quantity": ["1", "2"], "unit_price": ["4.50", "4.50"], "currency": ["GBP", "GBP"]})
    >>> shop = Shop.from_frame(orders)
    >>> shop.settings.shop.currency
    'GBP'
    """

    folder: Path
    settings: Settings
    memory: Store | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(cls, folder: str | Path = ".") -> Shop:
        """The shop in a folder; a ``ShopError`` says how to make one where there is none."""
        return cls(Path(folder), load_settings(folder))

    @classmethod
    def from_frame(cls, *frames: Any, settings: Settings | None = None, source: str | None = None) -> Shop:
        """A shop in memory from tables of orders, events, items or customers.

        Parameters
        ----------
        frames
            pandas or polars data frames, or Arrow tables; columns are mapped as for a file.
        settings
            ``regulars.config.Settings``; by default those of a new shop.
        source
            The named source, as ``regulars import --source``; guessed from the columns by default.
        """
        from regulars.pipeline.imports import import_frames

        folder = Path(tempfile.mkdtemp(prefix="regulars-"))
        settings = settings or Settings()
        init_shop(folder, settings.shop)
        shop = cls(folder, settings, Store())
        weakref.finalize(shop, shutil.rmtree, folder, ignore_errors=True)  # goes with the handle
        import_frames(shop, frames, source=source)
        return shop

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """The shop's store, open."""
        if self.memory is not None:
            yield self.memory
            return
        with self._opened() as store:
            self._check_same(store)
            yield store

    def _opened(self) -> Store:
        """The store's file, which one process at a time may have open.

        A command that only reads has it for moments, so its end is waited for; who writes is named at once.
        """
        run = self.settings.run
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return Store(self.folder / STORE_FILE, memory_limit=run.memory_limit_mb, threads=run.threads)
            except StoreBusy:
                if not is_held_here(self.folder) and holder(self.folder):
                    raise busy(self.folder) from None
                if time.monotonic() >= until:
                    raise
                time.sleep(PATIENCE_SECONDS / 100)

    def refuse_open_erasure(self) -> None:
        """A ``ShopError`` while an erasure that was killed waits to be finished: nothing is built on half of one."""
        if (self.folder / ERASURE_JOURNAL).exists():
            raise ShopError(
                f"an erasure in {self.folder} was cut off before its end",
                fix=f"type the same regulars erase command again: it finishes what was begun (--shop {self.folder})",
            )

    def result(self, name: str) -> pa.Table:
        """A table of the newest published run."""
        return read_table(current_run(self.folder), name)

    @property
    def hash_key(self) -> bytes:
        """The secret that turns contact data into ids; it never leaves the folder."""
        path = self.folder / "access.json"
        if not path.is_file():
            raise ShopError(
                f"{self.folder} has no access.json, which holds the key that e-mail addresses are hashed with",
                fix="bring the file back from a backup; a new key would give every customer a new id",
            )
        return bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["hash_key"])

    def _check_same(self, store: Store) -> None:
        """Currency and zone are part of what is stored: they cannot change under it."""
        shop = self.settings.shop
        for name, value in (("currency", shop.currency), ("time_zone", shop.time_zone)):
            stored = store.meta(name)
            if stored is None:
                store.set_meta(name, value)
            elif stored != value and store.day_range() is not None:
                raise ConfigError(
                    f"{self.folder / config.FILE_NAME}: {name} is {value}, but the events were stored with {stored}",
                    allowed=stored,
                    fix=f"set {name} back, or make a new shop with `regulars init DIR` and import the files there",
                )
            elif stored != value:
                store.set_meta(name, value)


def init_shop(folder: Path, shop: config.Shop, *, language: str = "en") -> list[Path]:
    """Make a folder a shop: settings, offers (titles in ``language``), rules and a secret.

    What is there already stays as it is; returns the files that were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        config.FILE_NAME: config.default_toml(shop),
        "offers.toml": default_offers_toml(shop.currency, language),
        "rules.toml": default_rules_toml(),
        "access.json": json.dumps({"hash_key": secrets.token_hex(32)}) + "\n",
    }
    written = []
    for name, text in texts.items():
        path = folder / name
        if not path.exists():
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    (folder / "access.json").chmod(0o600)
    return written
