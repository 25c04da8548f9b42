"""The store's file is open in one process at a time: who writes is named, who reads is waited for."""

import contextlib
import subprocess
import sys
import threading

import pytest

from regulars.config import Shop as ShopSettings
from regulars.errors import StoreBusy
from regulars.pipeline import shop as module
from regulars.pipeline.shop import Shop, init_shop
from regulars.store.lock import writing

OPEN = """
import contextlib, sys
from pathlib import Path
from regulars.pipeline.shop import Shop
from regulars.store.lock import writing
shop = Shop.open(sys.argv[1])
with writing(shop.folder, "run") if sys.argv[2] == "writer" else contextlib.nullcontext(), shop.store():
    print("open", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def shop(tmp_path):
    init_shop(tmp_path / "shop", ShopSettings())
    return Shop.open(tmp_path / "shop")


def opened(shop, kind):
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN, str(shop.folder), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout.readline() == "open\n"
    return process


def test_a_reader_learns_who_writes_at_once(shop):
    writer = opened(shop, "writer")
    with pytest.raises(StoreBusy, match=f"regulars run \\(process {writer.pid}"), shop.store():
        pass
    writer.communicate("\n", timeout=60)
    with shop.store() as store:
        assert store.day_range() is None


def test_a_writer_and_a_reader_wait_for_a_reader(shop):
    for holding in (writing(shop.folder, "run"), contextlib.nullcontext()):
        reader = opened(shop, "reader")
        ending = threading.Timer(0.3, reader.communicate, ["\n"])
        ending.start()
        with holding, shop.store() as store:
            assert store.day_range() is None
        ending.join()


def test_a_reader_that_does_not_end_is_told_in_the_end(shop, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    reader = opened(shop, "reader")
    with pytest.raises(StoreBusy), shop.store():
        pass
    reader.communicate("\n", timeout=60)
