"""A small shop on disk, made once: the simulator's exports, imported like anybody's files."""

import shutil

import pytest

from regulars.config import Shop as ShopSettings
from regulars.pipeline.imports import import_files
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop, init_shop
from regulars.simulate.shop import write_shop


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    """The files of a synthetic shop of 300 customers over 400 days."""
    folder = tmp_path_factory.mktemp("exports") / "shop"
    return write_shop(folder, folder.with_name("shop.truth"), customers=300, days=400, seed=3)


@pytest.fixture(scope="session")
def imported(exports, tmp_path_factory):
    """A shop with these files; do not write to it."""
    folder = tmp_path_factory.mktemp("imported")
    init_shop(folder, ShopSettings(name="Test", currency="GBP", time_zone="Europe/London"))
    shop = Shop.open(folder)
    for export in exports.files:
        import_files(shop, [export.path], source=export.source)
    return shop


@pytest.fixture(scope="session")
def finished(imported, tmp_path_factory):
    """A copy of that shop after a run; do not write to it."""
    folder = tmp_path_factory.mktemp("finished") / "shop"
    shutil.copytree(imported.folder, folder)
    shop = Shop.open(folder)
    return shop, run(shop)


@pytest.fixture
def shop(imported, tmp_path):
    """A copy of the imported shop to write to."""
    folder = tmp_path / "shop"
    shutil.copytree(imported.folder, folder)
    return Shop.open(folder)
