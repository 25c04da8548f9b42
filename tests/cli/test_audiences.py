"""`regulars export` and `regulars show effects`."""

import json
import shutil

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.config import Shop as ShopSettings
from regulars.pipeline.imports import import_files
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop, init_shop
from regulars.simulate.shop import write_shop


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "shop"
    exports = write_shop(folder, folder.with_name("shop.truth"), customers=200, days=300, seed=1)
    init_shop(folder, ShopSettings(currency="GBP", time_zone="Europe/London"))
    shop = Shop.open(folder)
    for export in exports.files:
        if export.source in ("orders", "items"):
            import_files(shop, [export.path], source=export.source)
    run(shop)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made, tmp_path / "shop")
    return tmp_path / "shop"


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_file_and_who_is_not_in_it_are_said(folder):
    done = call("export", "actions", "--for", "csv", "--include-unknown-consent", "--shop", folder)
    assert done.exit_code == 0, done.output
    path, counts, old, recorded = done.output.strip().splitlines()
    assert "effects count from that day" in old  # the demonstration ends long ago
    assert path.startswith(str(folder.parent))
    assert "in the file" in counts
    assert "held out by lot" in counts
    assert "assignments recorded" in recorded


def test_nobody_is_said_and_json_is_one_object(folder):
    nobody = call("export", "actions", "--for", "csv", "--shop", folder)
    assert "No file was written" in nobody.output
    assert "--include-unknown-consent" in nobody.output
    done = call("export", "actions", "--for", "csv", "--format", "json", "--shop", folder)
    assert json.loads(done.stdout)["path"] is None
    assert [path for path in folder.parent.iterdir() if path.suffix == ".csv"] == []


def test_a_place_inside_the_shop_is_refused(folder):
    done = call(
        "export",
        "actions",
        "--for",
        "csv",
        "--include-unknown-consent",
        "--output",
        folder / "a.csv",
        "--shop",
        folder,
    )
    assert done.exit_code == 2
    assert "inside the shop's folder" in done.output


@pytest.mark.parametrize("language", ["en", "zh"])
def test_effects_say_what_to_type_until_there_are_any(folder, language):
    before = call("show", "effects", "--shop", folder, "--language", language)
    assert "regulars export actions" in before.output
    assert (
        call("export", "actions", "--for", "csv", "--include-unknown-consent", "--shop", folder).exit_code
        == 0
    )
    run(Shop.open(folder))
    after = call("show", "effects", "--shop", folder, "--language", language)
    assert after.exit_code == 0
    assert {"en": "too early to tell", "zh": "为时尚早"}[language] in after.output
    rows = json.loads(call("show", "effects", "--format", "json", "--shop", folder).stdout)
    assert rows[-1]["offer_id"] is None
