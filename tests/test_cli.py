"""The command line as a person meets it: what it prints, how it ends, and that trouble is one clear message."""

import csv
import io
import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.cli.results import VIEWS

HEADER = "order_id,order_date,customer_id,item_id,quantity,unit_price,currency"


def call(*arguments, code=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A small demonstration shop; do not write to it."""
    folder = tmp_path_factory.mktemp("demo") / "shop"
    result = call("demo", "--shop", folder, "--customers", 200, "--days", 400)
    return folder, result.output


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    call("init", folder)
    return folder


def write(tmp_path, name, *lines, header=HEADER):
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_the_demo_ends_in_one_screen_and_a_report(demo):
    folder, output = demo
    assert (folder / "report.html").stat().st_size > 500_000
    assert str(folder / "report.html") in output
    assert len(output.splitlines()) <= 25
    assert (folder.with_name("shop.truth")).is_dir()


@pytest.mark.parametrize("table", VIEWS)
def test_show_prints_tables_csv_and_json(demo, table):
    folder, _ = demo
    assert call("show", table, "--shop", folder).stdout
    rows = json.loads(call("show", table, "--shop", folder, "--format", "json", "--limit", 3).stdout)
    lines = list(csv.DictReader(io.StringIO(call("show", table, "--shop", folder, "--format", "csv").stdout)))
    if table in (
        "effects",
        "left-out",
    ):  # the demonstration has exported no offer, and its orders name no status
        assert rows == lines == []
        return
    assert 0 < len(rows) <= 3
    assert list(lines[0]) == list(rows[0])
    assert len(lines) >= len(rows)


def test_json_stands_alone_on_standard_output(demo, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(demo[0], folder)
    for command in (["run"], ["evaluate", "--origins", "1"], ["check"], ["config", "show"], ["replay"]):
        json.loads(call(*command, "--shop", folder, "--format", "json").stdout)


def test_explain_and_check_in_both_languages(demo):
    folder, _ = demo
    customer = json.loads(
        call("show", "customers", "--shop", folder, "--format", "json", "--limit", 1).stdout
    )[0]
    english = call("explain", customer["customer_id"], "--shop", folder).stdout
    chinese = call("explain", customer["customer_id"], "--shop", folder, "--language", "zh").stdout
    assert "Stage" in english and "阶段" in chinese
    assert "{" not in english + chinese
    assert call("check", "--shop", folder).stdout.count("\n") >= 3


def test_import_prints_the_plan_and_the_counts(shop, tmp_path):
    path = write(
        tmp_path,
        "a.csv",
        "1,2024-01-05,ann,tea,1,2.50,GBP",
        "2,2024-01-06,,tea,1,2.50,GBP",
        "3,2024-01-07,bob,tea,1,2.50,USD",
    )
    output = call("import", path, "--shop", shop).stdout
    assert "source orders" in output
    assert "3 lines read = 2 stored + 0 known before + 1 rejected" in output
    record = json.loads(call("import", path, "--shop", shop, "--format", "json").stdout)
    assert record["read"] == record["stored"] + record["duplicate"] + record["rejected"] == 3


def test_no_shop_says_what_to_type(tmp_path):
    for command in (
        ["run"],
        ["check"],
        ["report"],
        ["evaluate"],
        ["show", "actions"],
        ["explain", "x"],
        ["config", "show"],
    ):
        assert "regulars init" in call(*command, "--shop", tmp_path, code=2).stderr


def test_init_leaves_what_is_there(shop):
    (shop / "regulars.toml").write_text('[shop]\nname = "Mine"\n')
    assert "already" in call("init", shop).stdout
    assert "Mine" in (shop / "regulars.toml").read_text()


def test_init_refuses_what_the_settings_would_refuse(tmp_path):
    assert "time_zone" in call("init", tmp_path / "a", "--time-zone", "Mars", code=2).stderr
    assert not (tmp_path / "a").exists()


def test_a_demo_never_writes_into_a_shop_of_ones_own(shop):
    assert "shop of its own" in call("demo", "--shop", shop, code=2).stderr


class TestBadInput:
    """Each of these gets one clear message, and nothing that was stored is lost."""

    def refused(self, shop, path, *words, code=2):
        error = call("import", path, "--shop", shop, code=code).stderr
        for word in words:
            assert word in error, error

    def test_an_empty_file(self, shop, tmp_path):
        (tmp_path / "empty.csv").write_bytes(b"")
        self.refused(shop, tmp_path / "empty.csv", "empty")

    def test_a_header_without_lines(self, shop, tmp_path):
        path = write(tmp_path, "head.csv")
        assert "0 lines read" in call("import", path, "--shop", shop).stdout

    def test_no_file(self, shop, tmp_path):
        self.refused(shop, tmp_path / "none.csv", "none.csv")

    def test_a_picture_called_csv(self, shop, tmp_path):
        (tmp_path / "a.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
        self.refused(shop, tmp_path / "a.csv", "a.csv")

    def test_a_parquet_file_called_csv_is_read(self, shop, tmp_path):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table(
            {"order_id": ["1"], "order_date": ["2024-01-05"], "customer_id": ["ann"], "total": [5.0]}
        )
        pq.write_table(table, tmp_path / "a.csv")
        assert "1 stored" in call("import", tmp_path / "a.csv", "--shop", shop).stdout

    def test_missing_columns(self, shop, tmp_path):
        path = write(tmp_path, "a.csv", "red,3", header="colour,size")
        self.refused(shop, path, "colour")

    def test_mixed_date_formats(self, shop, tmp_path):
        lines = [f"{n},{n + 12}/01/2024,ann,tea,1,2.50,GBP" for n in range(1, 12)]
        path = write(tmp_path, "a.csv", *lines, "50,01/25/2024,ann,tea,1,2.50,GBP")
        output = call("import", path, "--shop", shop).stdout
        assert "11 stored" in output
        assert "bad_time: 1" in output

    def test_decimal_commas(self, shop, tmp_path):
        path = write(
            tmp_path, "a.csv", "1;2024-01-05;ann;tea;1;1.234,56;GBP", header=HEADER.replace(",", ";")
        )
        call("import", path, "--shop", shop)
        call("run", "--shop", shop)
        assert "1,234.56" in call("show", "customers", "--shop", shop).stdout

    def test_a_future_date(self, shop, tmp_path):
        path = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP", "2,2099-01-05,ann,tea,1,2.50,GBP")
        assert "future_time: 1" in call("import", path, "--shop", shop).stdout

    def test_a_negative_quantity_without_a_cancelled_order(self, shop, tmp_path):
        path = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP", "2,2024-01-06,ann,tea,-1,2.50,GBP")
        assert "refund_without_order: 1" in call("import", path, "--shop", shop).stdout

    def test_two_currencies(self, shop, tmp_path):
        path = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP", "2,2024-01-06,ann,tea,1,2.50,EUR")
        assert "bad_currency: 1" in call("import", path, "--shop", shop).stdout

    @pytest.mark.parametrize(
        "lines",
        [
            ["1,2024-01-05,ann,tea,1,2.50,GBP"],
            ["1,2024-01-05,ann,tea,1,2.50,GBP", "2,2024-02-05,bob,pot,1,9.00,GBP"],
            ["1,2024-01-05,ann,tea,1,2.50,GBP", "2,2024-02-05,ann,pot,1,9.00,GBP"],
            ["1,2024-01-05,ann,tea,1,0,GBP"],
        ],
    )
    def test_one_customer_or_no_repeat_buyer(self, shop, tmp_path, lines):
        call("import", write(tmp_path, "a.csv", *lines), "--shop", shop)
        call("run", "--shop", shop)
        assert call("show", "actions", "--shop", shop).stdout
        call("report", "--shop", shop)
        assert call("check", "--shop", shop).stdout
        call("explain", "ann", "--shop", shop)
        assert "days" in call("evaluate", "--shop", shop, code=2).stderr

    def test_orders_without_customers(self, shop, tmp_path):
        call("import", write(tmp_path, "a.csv", "1,2024-01-05,,tea,1,2.50,GBP"), "--shop", shop)
        assert "name their customers" in call("run", "--shop", shop, code=2).stderr

    def test_a_byte_order_mark(self, shop, tmp_path):
        path = tmp_path / "a.csv"
        path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\n1,2024-01-05,ann,tea,1,2.50,GBP\n".encode())
        assert "1 stored" in call("import", path, "--shop", shop).stdout

    def test_a_wrong_setting_names_the_right_one(self, shop):
        (shop / "regulars.toml").write_text("[value]\nmargin_rat = 0.3\n")
        assert "margin_rate" in call("run", "--shop", shop, code=2).stderr

    def test_a_wrong_offer_names_the_file(self, shop, tmp_path):
        call("import", write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP"), "--shop", shop)
        (shop / "offers.toml").write_text('[[offer]]\nid = "x"\nlever = "bribe"\n')
        assert "offers.toml" in call("run", "--shop", shop, code=2).stderr


def test_a_second_writer_is_told_to_wait(shop, tmp_path):
    path = write(tmp_path, "a.csv", "1,2024-01-05,ann,tea,1,2.50,GBP")
    code = (
        "import sys\nfrom pathlib import Path\nfrom regulars.store.lock import writing\n"
        "with writing(Path(sys.argv[1]), 'import'):\n    print('held', flush=True); sys.stdin.readline()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(shop)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    for command in (["import", path], ["run"], ["evaluate"], ["replay"]):
        error = call(*command, "--shop", shop, code=3).stderr
        assert "regulars import" in error and "store_busy" in error and str(holder.pid) in error
    assert "waited 0.2 seconds" in call("import", path, "--shop", shop, "--wait", 0.2, code=3).stderr
    waiting = subprocess.Popen(
        [sys.executable, "-m", "regulars", "--log-format", "json", "import", str(path), "--shop", str(shop), "--wait", "60"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while '"waiting"' not in (line := waiting.stderr.readline()):
        assert line
    holder.communicate("\n", timeout=60)
    assert str(holder.pid) in line
    assert "1 stored" in waiting.communicate(timeout=60)[0] and waiting.returncode == 0


@pytest.mark.slow
def test_an_import_that_is_killed_and_repeated_loses_nothing(shop, tmp_path):
    import random
    import signal
    import time

    lines = [f"{n},2024-01-{n % 28 + 1:02d} 10:00:00,c{n % 997},i{n % 50},1,2.50,GBP" for n in range(200_000)]
    path = write(tmp_path, "a.csv", *lines)
    command = [sys.executable, "-m", "regulars", "import", str(path), "--shop", str(shop)]
    for delay in (0.4, 0.9, 1.5, 2.2, random.Random(1).uniform(0.5, 3)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    record = json.loads(call("import", path, "--shop", shop, "--format", "json").stdout)
    assert record["stored"] + record["duplicate"] == 200_000
    assert record["stored"] in (0, 200_000)  # a file lands whole or not at all
    again = json.loads(call("import", path, "--shop", shop, "--format", "json").stdout)
    assert again["duplicate"] == 200_000


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 9 MB; only root can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=9M", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"slow: a small disk needs root: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.slow
def test_a_full_disk_loses_nothing(small_disk, tmp_path):
    shop = small_disk / "shop"
    call("init", shop)
    few = write(tmp_path, "few.csv", "1,2024-01-05,ann,tea,1,2.50,GBP")
    call("import", few, "--shop", shop)
    lines = [
        f"{n},2024-01-{n % 28 + 1:02d} 10:00:00,c{n % 997}-{n * 7919 % 65521},i{n % 50},1,{n % 89}.50,GBP"
        for n in range(300_000)
    ]
    many = write(tmp_path, "many.csv", *lines)
    assert "disk is full" in call("import", many, "--shop", shop, code=4).stderr
    subprocess.run(["mount", "-o", "remount,size=200M", small_disk], check=True)
    assert json.loads(call("import", few, "--shop", shop, "--format", "json").stdout)["duplicate"] == 1
    assert json.loads(call("import", many, "--shop", shop, "--format", "json").stdout)["stored"] == 300_000


def test_try_goes_from_a_file_to_the_screen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path,
        "orders.csv",
        *(f"{n},2025-0{n % 9 + 1}-05 10:00,c{n % 7},tea,1,{n % 9 + 2}.50,SEK" for n in range(60)),
    )
    output = call("try", "orders.csv").stdout
    assert "orders.csv: read as orders" in output
    assert "60 lines read = 60 stored" in output
    assert "read as UTC" in output and "--time-zone ZONE" in output  # nobody is asked where nobody sits
    assert "amounts are taken for" not in output
    screen = output[output.index("\norders as of") + 1 :].splitlines()
    assert len(screen) <= 25
    assert "orders-shop/report.html" in screen[-1]
    assert 'currency = "SEK"' in (tmp_path / "orders-shop" / "regulars.toml").read_text(encoding="utf-8")
    assert "0 stored + 60 known before" in call("try", "orders.csv").stdout


def test_try_refuses_what_would_spoil_a_shop_or_a_folder(tmp_path):
    path = write(
        tmp_path, "orders.csv", *(f"{n},2025-01-0{n % 9 + 1},c{n % 3},tea,1,2.50,GBP" for n in range(20))
    )
    call("try", path)
    error = call("try", path, "--currency", "EUR", code=2).stderr
    assert "--currency is EUR" in error and "GBP" in error and "--shop" in error
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    assert "something else" in call("try", path, "--shop", tmp_path / "other", code=2).stderr
    assert (
        "no time zone" in call("try", path, "--shop", tmp_path / "new", "--time-zone", "Mars", code=2).stderr
    )
    assert not (tmp_path / "new").exists()
