"""Personal data: where contact data may lie, and what is left of a person who was erased."""

import datetime as dt
import gzip
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.config import Settings
from regulars.errors import OptionError, ShopError
from regulars.pipeline.erase import erase
from regulars.pipeline.evaluate import evaluate
from regulars.pipeline.export import export_actions
from regulars.pipeline.imports import import_files, import_frames
from regulars.pipeline.report import write_report
from regulars.pipeline.run import run
from regulars.pipeline.shop import ERASURE_JOURNAL as JOURNAL
from regulars.pipeline.shop import Shop, init_shop
from regulars.store.contacts import read_contacts

CONTACTS = "contacts.parquet"
ANN, ANNS_PHONE, ANNS_ID, ANNS_DEVICE = "person3@example.org", "+44 20 7946 0003", "CUST-03", "device-03"
PERSONAL = ("@example.org", "7946 00", "20794600", "Per Son", "High Street", "AB3 1CD", "10.0.0.", "1980-02")
ORDER_COLUMNS = (
    "order_id,order_date,customer_id,email,phone,customer_name,shipping_address,zip,ip,note,sku,qty,price,"
    "accepts_marketing,birth_date,anonymous_id"
)  # fmt: skip


def order(number: int, who: int, **cells) -> str:
    day = dt.date(2025, 1, 1) + dt.timedelta(days=number)
    line = {
        "order_id": f"O{number}", "order_date": f"{day} 10:{number % 60:02d}", "customer_id": f"CUST-{who:02d}",
        "email": f"Person{who}@Example.org", "phone": f"'+44 (0)20 7946 {who:04d}", "customer_name": f"Per Son{who}",
        "shipping_address": f"{who} High Street", "zip": f"AB{who} 1CD", "ip": f"10.0.0.{who}",
        "note": f"mail person{who}@example.org or +44 20 7946 {who:04d}", "sku": f"SKU{number % 7}", "qty": 1,
        "price": f"{5 + number % 9}.50", "accepts_marketing": "yes", "birth_date": f"1980-02-{who % 27 + 1:02d}",
        "anonymous_id": f"device-{who:02d}",
    }  # fmt: skip
    return ",".join(str(cells.get(name, line[name])) for name in ORDER_COLUMNS.split(","))


def event(number: int, who: int, **cells) -> str:
    names = {"email": f"person{who}@example.org", "first_name": f"Per Son{who}", "zip": f"AB{who} 1CD"}
    properties = json.dumps({"colour": "red", **names}).replace('"', '""')
    line = {
        "type": "view", "time": f"2025-03-{number % 28 + 1:02d} 09:00", "user": f"CUST-{who:02d}",
        "device": f"device-{who:02d}", "mail": names["email"], "text": f"call +44 20 7946 {who:04d}, {names['email']}",
        "properties": f'"{properties}"',
    } | cells  # fmt: skip
    return ",".join(f'"{line[n]}"' if n == "text" else line[n] for n in line)


def bad_orders() -> list[str]:
    """Lines that cannot be read, with an address in every cell in turn, and one that cannot be split."""
    places = ORDER_COLUMNS.split(",")
    lines = [order(1, 3, **{"order_date": "never", place: f"x {ANN}"}) for place in places]
    return [
        *lines,
        *(order(1, 3, **{p: ANN}) for p in ("order_date", "qty", "price")),
        f"B,{ANN},{ANNS_PHONE}",
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Exports of a shop of 40 people: orders, events and customers."""
    folder = tmp_path_factory.mktemp("files")
    orders = [order(number, number % 40) for number in range(320)]
    events = [event(number, number % 40) for number in range(80)] + [event(1, 3, type="unheard of")]
    customers = [
        f"CUST-{who:02d},person{who}@example.org,+44 20 7946 {who:04d},Per Son{who},f,London,1980-02-{who % 27 + 1:02d},subscribed"
        for who in range(40)
    ]
    texts = {
        "orders of person1@example.org.csv": [ORDER_COLUMNS, *orders, *bad_orders()],
        "events.csv": ["event,time,user_id,anonymous_id,e-mail,review_text,properties", *events],
        "customers.csv": ["customer_id,email,phone,first_name,gender,city,birthday,newsletter", *customers],
    }
    for name, lines in texts.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [folder / name for name in texts]


@pytest.fixture(scope="module")
def whole(files, tmp_path_factory):
    """A shop that has gone the whole way, with an exported audience; do not write to it."""
    folder = tmp_path_factory.mktemp("whole") / "shop"
    init_shop(folder, Settings().shop)
    shop = Shop.open(folder)
    import_files(shop, files)
    run(shop)
    evaluate(shop)
    export_actions(shop, "csv")
    write_report(shop)
    return shop


@pytest.fixture
def shop(whole, tmp_path):
    """A copy of it to write to."""
    shutil.copytree(whole.folder, tmp_path / "shop")
    return Shop.open(tmp_path / "shop")


def contents(folder):
    """Every file, and what is packed inside one, as somebody would look who distrusts it."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield from unpacked(path.relative_to(folder).as_posix(), path.read_bytes(), path)


def unpacked(place, content, path=None):
    yield place, content
    if content[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(content))
        yield place, repr(table.to_pylist()).encode() + repr(table.schema).encode()
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield from unpacked(f"{place}/{name}", packed.read(name))
    elif content[:2] == b"\x1f\x8b":
        yield from unpacked(place, gzip.decompress(content))
    elif content[8:12] == b"DUCK" and path is not None:
        with duckdb.connect(str(path), read_only=True) as connection:
            for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
                yield f"{place}: {name}", repr(rows).encode()


def places_of(folder, *words, but=()):
    return [
        (place, word)
        for place, content in contents(folder)
        if place not in but
        for word in words
        if word.lower().encode() in content.lower()
    ]


def command(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_contact_data_lies_in_one_file_alone(whole):
    assert places_of(whole.folder, *PERSONAL, but=(CONTACTS,)) == []
    assert len(places_of(whole.folder, ANN)) == 1
    assert stat.S_IMODE((whole.folder / CONTACTS).stat().st_mode) == 0o600
    kept = {row["user_id"]: row for row in read_contacts(whole.folder).to_pylist()}
    assert kept[ANNS_ID]["email"] == ANN and kept[ANNS_ID]["accepts_marketing"] is True


def test_what_is_shown_and_said_holds_none(whole, files):
    folder = whole.folder
    for arguments in (
        ("show", "rejected"), ("show", "customers"), ("show", "actions"), ("show", "imports"), ("explain", ANNS_ID),
        ("check",), ("report",), ("run", "--format", "json"),
    ):  # fmt: skip
        shown = command(*arguments, "--shop", folder)
        assert not any(word.lower() in shown.output.lower() for word in PERSONAL), arguments
    # A file without a header: its first line is told as the names of its columns.
    headless = folder.with_name("headless.csv")
    headless.write_text(f"{ANN},1\n{ANN},2\n", encoding="utf-8")
    told = command("import", headless, "--shop", folder)
    assert told.exit_code == 2 and ANN not in told.output


def test_nothing_is_left_of_a_person(shop):
    receipt = erase(shop, [ANN])
    assert places_of(shop.folder, ANN, "person3@", ANNS_ID, ANNS_DEVICE, "7946 0003", "2079460003") == []
    assert receipt.rows.keys() >= {
        "events",
        "customers",
        "identities",
        "events_rejected",
        "assignments",
        "contacts",
    }
    assert receipt.rows["events"] == 8 + 2
    run_id = (shop.folder / "CURRENT").read_text().strip()
    assert receipt.results[f"{run_id}/actions"] == 1
    assert not (shop.folder / "report.html").exists() and "evaluation" in receipt.files
    kept = json.loads((shop.folder / receipt.path).read_text(encoding="utf-8"))
    assert kept["rows"] == receipt.rows
    assert read_contacts(shop.folder).num_rows == 39


def test_the_receipt_names_the_files_that_left_the_shop(shop):
    with shop.store() as store:
        (treated,) = store.one("SELECT min(customer_id) FROM assignments WHERE treated")
        (held_out,) = store.one("SELECT min(customer_id) FROM assignments WHERE NOT treated")
        (run_id,) = store.one("SELECT DISTINCT run_id FROM assignments")
    assert erase(shop, [held_out]).exported == ()
    day = f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"
    assert erase(shop, [treated]).exported == ({"audience": "csv", "run_id": run_id, "assigned_on": day},)


def test_the_other_people_stay_as_they_are(shop):
    def others(name):
        with shop.store() as store:
            return sorted(
                map(repr, store.connection.execute(f"SELECT * FROM {name} WHERE user_id <> ?", [ANNS_ID]).fetchall())
            )  # fmt: skip

    before = {name: others(name) for name in ("events", "customers")}
    erase(shop, [ANN])
    assert {name: others(name) for name in before} == before
    run(shop)
    with shop.store() as store:
        assert store.meta("currency") == "GBP"


@pytest.mark.parametrize(
    "person", ["Person3@EXAMPLE.org", "0044 20 7946 0003", "phone:+44 (0)20 7946 0003", ANNS_ID, "id:CUST-03", ANNS_DEVICE]
)  # fmt: skip
def test_every_way_to_name_a_person_finds_all_of_them(shop, person):
    erase(shop, [person])
    assert places_of(shop.folder, ANN, ANNS_ID, ANNS_DEVICE, "7946 0003") == []


def test_old_files_do_not_bring_them_back(shop, files):
    erase(shop, [ANN])
    reports = import_files(shop, files)
    assert all(
        report.read == report.stored + report.duplicate + report.rejected + report.erased
        for report in reports
    )
    assert [report.stored for report in reports] == [0, 0, 0] and all(report.erased for report in reports)
    assert places_of(shop.folder, ANN, ANNS_ID, ANNS_DEVICE, "7946 0003") == []


def test_whoever_has_their_address_is_the_same_person(shop, tmp_path):
    erase(shop, [ANN])
    (tmp_path / "new.csv").write_text(
        f"customer_id,email,city\nNEW-ID,{ANN},Rome\nOTHER,o@example.org,Rome\n"
    )
    (tmp_path / "later.csv").write_text(
        "order_id,order_date,customer_id,price\n1,2025-05-01,NEW-ID,5\n2,2025-05-01,OTHER,5\n"
    )
    first, second = import_files(shop, [tmp_path / "new.csv", tmp_path / "later.csv"])
    assert (first.erased, first.stored, second.erased, second.stored) == (1, 1, 1, 1)
    assert places_of(shop.folder, "NEW-ID", ANN) == []


def test_erasing_again_changes_nothing(shop):
    erase(shop, [ANN])
    before = (shop.folder / "store.duckdb").read_bytes()
    again = erase(shop, [ANN])
    assert not again.rows and not again.path and (shop.folder / "store.duckdb").read_bytes() == before


def test_an_unknown_person_is_refused_and_nobody_is_erased(shop):
    before = (shop.folder / "store.duckdb").read_bytes()
    with pytest.raises(OptionError, match="number 2 of the 2 persons"):
        erase(shop, [ANN, "stranger@example.org"])
    assert (shop.folder / "store.duckdb").read_bytes() == before
    told = command("erase", "stranger@example.org", "--shop", shop.folder)
    assert told.exit_code == 2 and "stranger" not in told.output and "--also-if-unknown" in told.output


def test_an_unknown_person_can_be_kept_out(shop, tmp_path):
    erase(shop, ["stranger@example.org"], also_if_unknown=True)
    path = tmp_path / "orders.csv"
    path.write_text(
        "order_id,order_date,email,price\n1,2025-05-01,Stranger@example.org,5\n2,2025-05-01,o@example.org,5\n"
    )
    (report,) = import_files(shop, [path])
    assert (report.erased, report.stored) == (1, 1)


def test_a_phone_of_two_people_erases_one_of_them(shop, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text(f"customer_id,email,phone,city\nBROTHER,brother@example.org,{ANNS_PHONE},Rome\n")
    import_files(shop, [path])
    erase(shop, [ANN])
    assert "BROTHER" in read_contacts(shop.folder)["user_id"].to_pylist()
    (report,) = import_files(shop, [path])
    assert report.erased == 0 and report.duplicate == 1


def test_a_device_of_two_people_keeps_the_others_events(shop, tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        f"event_type,event_time,user_id,anonymous_id\nview,2025-06-01,CUST-04,{ANNS_DEVICE}\nview,2025-06-02,,{ANNS_DEVICE}\n"
    )
    import_files(shop, [path])
    erase(shop, [ANN])
    assert places_of(shop.folder, ANNS_DEVICE) == []
    with shop.store() as store:
        assert (
            store.one(
                "SELECT count(*) FROM events WHERE day >= 20240 AND user_id = 'CUST-04' AND anonymous_id IS NULL"
            )[0]
            == 1
        )
    (report,) = import_files(shop, [path])
    assert (report.duplicate, report.erased) == (1, 1)


def test_the_command_gives_a_receipt_without_contact_data(shop, tmp_path):
    names = tmp_path / "persons.txt"
    names.write_text(f"{ANN}\n\nCUST-05\n", encoding="utf-8")
    told = command("erase", "--file", names, "--shop", shop.folder, "--format", "json")
    receipt = json.loads(told.output)
    assert told.exit_code == 0 and receipt["person_count"] == 2 and receipt["rows"]["customers"] == 2
    assert not any(word in told.output for word in (ANN, ANNS_ID, ANNS_DEVICE, "CUST-05"))
    for language in ("en", "zh"):
        text = command(
            "erase",
            "CUST-06" if language == "en" else "CUST-07",
            "--shop",
            shop.folder,
            "--language",
            language,
        )
        assert text.exit_code == 0 and "receipts/" in text.output and "CUST-0" not in text.output
    assert command("erase", "--shop", shop.folder).exit_code == 2


def test_files_that_regulars_did_not_write_are_named_and_not_touched(shop):
    (shop.folder / "old export.csv").write_text(f"email\n{ANN}\n")
    (shop.folder / "other.csv").write_text("email\nbob@example.org\n")
    receipt = erase(shop, [ANN])
    assert receipt.elsewhere == ("old export.csv",) and (shop.folder / "old export.csv").exists()


def test_a_shop_in_memory():
    orders = pa.table({
        "order_id": ["1", "2"], "order_date": ["2025-03-01", "2025-04-02"], "email": [ANN, "bob@example.org"],
        "price": ["4.50", "4.50"],
    })  # fmt: skip
    shop = Shop.from_frame(orders)
    assert read_contacts(shop.folder).num_rows == 2
    assert erase(shop, [ANN]).rows == {"events": 1, "contacts": 1}
    (report,) = import_frames(shop, [orders])
    assert (report.erased, report.duplicate) == (1, 1) and places_of(shop.folder, ANN) == []


KILLED = """
import sys
from regulars.pipeline.erase import erase
from regulars.pipeline.shop import Shop
shop = Shop.open(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
erase(shop, [sys.argv[2]])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_killed_at_any_moment_it_is_finished_by_the_next(whole, tmp_path):
    """From the first step to the last, a kill leaves a shop that opens, and the same command finishes."""
    for number in range(12):
        folder = tmp_path / f"shop{number}"
        shutil.copytree(whole.folder, folder)
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder), ANN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(number * 0.06)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        shop = Shop.open(folder)
        with shop.store() as store:
            assert store.one("SELECT count(*) FROM events WHERE user_id = ?", [ANNS_ID])[0] in (0, 10)
        erase(shop, [ANN])
        assert places_of(folder, ANN, ANNS_ID, ANNS_DEVICE, "7946 0003") == []
        assert not (folder / JOURNAL).exists() and not list(folder.glob(".*draft*"))
        shutil.rmtree(folder)


STEPS = ("rewrite_store", "rewrite_results", "_write_private", "remove_contacts")


@pytest.mark.parametrize("step", STEPS)
def test_an_error_in_any_step_is_finished_by_the_next(shop, monkeypatch, step):
    place = (
        "regulars.pipeline.erase"
        if step in ("_write_private", "remove_contacts")
        else "regulars.store.erasure"
    )
    with monkeypatch.context() as broken:
        if step == "_write_private":  # the journal is written, the receipt is not
            from regulars.pipeline import erase as module

            real = module._write_private
            broken.setattr(
                module, step, lambda path, record: real(path, record) if path.name == JOURNAL else 1 / 0
            )
        else:
            broken.setattr(f"{place}.{step}", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase(shop, [ANN])
    assert (shop.folder / JOURNAL).exists()
    with pytest.raises(ShopError, match="cut off before its end"):
        run(shop)
    receipt = erase(shop, [ANN])
    assert receipt.rows["events"] == 10 and (shop.folder / receipt.path).exists()
    assert places_of(shop.folder, ANN, ANNS_ID, ANNS_DEVICE, "7946 0003") == []
