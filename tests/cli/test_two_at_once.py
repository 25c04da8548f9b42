"""Commands that meet: each of them waits or is refused, and nothing is lost."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from regulars.cli import main

HEADER = "order_id,order_date,customer_id,item_id,quantity,unit_price,currency"


@pytest.fixture
def shop(tmp_path):
    assert CliRunner().invoke(main, ["init", str(tmp_path / "shop")]).exit_code == 0
    return tmp_path / "shop"


def write(folder, name, count=500):
    path = folder / f"{name}.csv"
    lines = [f"{name}{n},2024-01-{n % 28 + 1:02d},c{n % 97},i{n % 5},1,2.50,GBP" for n in range(count)]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def start(shop, *words):
    command = [sys.executable, "-m", "regulars", *map(str, words), "--shop", str(shop), "--format", "json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process):
    out, errors = process.communicate(timeout=240)
    return process.returncode, json.loads(out or errors)


def stored(shop):
    from regulars.pipeline.shop import Shop

    with Shop.open(shop).store() as store:
        return store.one("SELECT count(*) FROM events")[0]


def test_imports_that_wait_all_land(shop, tmp_path):
    processes = [start(shop, "import", write(tmp_path, name), "--wait", 120) for name in "abc"]
    assert [(code, record["stored"]) for code, record in map(said, processes)] == [(0, 500)] * 3
    assert stored(shop) == 1500


def test_of_imports_that_do_not_wait_each_lands_or_is_refused(shop, tmp_path):
    files = [write(tmp_path, name) for name in "abc"]
    ends = [said(process) for process in [start(shop, "import", path) for path in files]]
    for code, record in ends:
        assert (code == 0 and record["stored"] == 500) or (code == 3 and record["code"] == "store_busy"), (
            record
        )
    done = sum(code == 0 for code, _ in ends)
    assert done >= 1 and stored(shop) == 500 * done
    again = [said(start(shop, "import", path, "--wait", 120)) for path in files]
    assert all(code == 0 for code, _ in again) and stored(shop) == 1500


@pytest.mark.slow
def test_two_runs_at_once_publish_the_same(shop, tmp_path):
    assert said(start(shop, "import", write(tmp_path, "a", 2000)))[0] == 0
    first, second = [start(shop, "run", "--wait", 120) for _ in range(2)]
    (code, one), (other_code, two) = said(first), said(second)
    assert code == other_code == 0
    assert one["run_id"] == two["run_id"] and one["row_counts"] == two["row_counts"]
    assert (shop / "CURRENT").read_text().strip() == one["run_id"]
    assert [path.name for path in (shop / "published").iterdir()] == [one["run_id"]]
