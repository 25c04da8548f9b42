"""A year of monthly exports of a shop whose orders change: whatever comes when and is cut off, the same store."""

import csv
import datetime as dt
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from regulars.config import Shop as ShopSettings
from regulars.pipeline.imports import import_files
from regulars.pipeline.shop import Shop, init_shop
from regulars.store.contacts import read_contacts

MONTHS = 12
ORDERS_A_MONTH = 14
COLUMNS = (
    "Name", "Email", "Financial Status", "Paid at", "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes",
    "Total", "Discount Code", "Discount Amount", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price",
    "Lineitem sku", "Cancelled at", "Refunded Amount", "Id", "Tags", "Source", "Phone",
)  # fmt: skip
KINDS = ("plain", "plain", "plain", "late payer", "part refund", "refund", "cancelled", "never paid", "guest")


# ---------------------------------------------------------------- the shop


def made_orders(seed):
    """Orders of a year: what was bought, and what becomes of each in later months."""
    chance = random.Random(seed)
    orders = []
    for month in range(MONTHS):
        for _ in range(ORDERS_A_MONTH):
            kind = chance.choice(KINDS)
            moment = dt.datetime(
                2024, month + 1, chance.randint(1, 28), chance.randint(8, 22), chance.randint(0, 59)
            )
            # The price of an item and its name change in the middle of the year.
            lines = [
                (
                    sku,
                    chance.randint(1, 3),
                    500 + 100 * sku + 50 * (month > 5),
                    f"Tea {sku}" + " new" * (month > 7),
                )
                for sku in chance.sample(range(12), chance.randint(1, 4))
            ]
            number = len(orders) + 1001
            orders.append(
                {"number": number, "kind": kind, "month": month, "moment": moment, "lines": lines,
                 "customer": None if kind == "guest" else chance.randint(1, 40), "change": month + chance.randint(0, 3),
                 "off": chance.choice([0, 0, 333])}
            )  # fmt: skip
    return orders


def as_of(order, month):
    """Status, refund in pence and instant of cancellation of an order at the end of a month."""
    total, done = order_total(order), month >= order["change"]
    later = order["moment"] + dt.timedelta(hours=5 + 24 * 30 * (order["change"] - order["month"]))
    if order["kind"] == "late payer":
        return ("paid" if done else "pending"), 0, None
    if order["kind"] == "never paid":
        return ("voided", 0, later) if done else ("pending", 0, None)
    if order["kind"] == "part refund" and done:
        first = total // 3
        return "partially_refunded", first if month == order["change"] else first + total // 5, None
    if order["kind"] == "refund" and done:
        return "refunded", total, None
    if order["kind"] == "cancelled" and done:
        return "refunded", total, later
    return "paid", 0, None


def order_total(order):
    return sum(quantity * price for _, quantity, price, _ in order["lines"]) - order["off"]


def changed_in(order, month):
    return order["month"] == month or (
        month > order["month"] and as_of(order, month) != as_of(order, month - 1)
    )


def rows(order, month):
    """The rows of one order, what belongs to the order on the first."""
    status, refund, cancelled = as_of(order, month)
    total, customer = order_total(order), order["customer"]
    first = {
        "Email": f"c{customer}@example.org" if customer else "", "Financial Status": status,
        "Paid at": "" if status in ("pending", "voided") else text(order["moment"]), "Accepts Marketing": "yes",
        "Currency": "GBP", "Subtotal": money(total), "Shipping": "0.00", "Taxes": "0.00", "Total": money(total),
        "Discount Code": "HELLO" if order["off"] else "", "Discount Amount": money(order["off"]),
        "Cancelled at": text(cancelled) if cancelled else "", "Refunded Amount": money(refund),
        "Id": str(5_000_000 + order["number"]), "Source": "web",
    }  # fmt: skip
    for place, (sku, quantity, price, name) in enumerate(order["lines"]):
        line = {"Name": f"#{order['number']}", "Created at": text(order["moment"]), "Lineitem quantity": quantity,
                "Lineitem name": name, "Lineitem price": money(price), "Lineitem sku": f"S{sku}"}  # fmt: skip
        yield {**(first if place == 0 else {}), **line}


def text(moment):
    return f"{moment:%Y-%m-%d %H:%M:%S} +0000"


def money(pence):
    return f"{pence / 100:.2f}"


def write_export(path, orders, month):
    """Newest first, as Shopify writes it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for order in reversed(orders):
            writer.writerows(rows(order, month))
    return path


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Twelve files with all orders so far, and twelve with those that were made or changed in the month."""
    folder, orders = tmp_path_factory.mktemp("exports"), made_orders(7)
    full, partial = [], []
    for month in range(MONTHS):
        known = [order for order in orders if order["month"] <= month]
        full.append(write_export(folder / f"all-{month:02d}.csv", known, month))
        changed = [order for order in known if changed_in(order, month)]
        partial.append(write_export(folder / f"changed-{month:02d}.csv", changed, month))
    return full, partial


@pytest.fixture
def empty(tmp_path):
    """Makes empty shops with one key, so that a customer has one id in all of them."""
    init_shop(tmp_path / "first", ShopSettings(currency="GBP", time_zone="Europe/London"))

    def make(name):
        shutil.copytree(tmp_path / "first", tmp_path / name)
        return Shop.open(tmp_path / name)

    return make


def content(shop):
    """What a shop holds, without what tells when and from which file it came."""
    queries = {
        "events": "SELECT * EXCLUDE (import_id, source_row) FROM events",
        "orders": "SELECT * EXCLUDE (import_id) FROM orders",
        **{name: f"SELECT * FROM {name}" for name in ("items", "customers", "identities")},
        "meta": "SELECT * FROM meta",
    }
    with shop.store() as store:
        found = {
            name: sorted(map(repr, store.connection.execute(query).fetchall()))
            for name, query in queries.items()
        }
    return found | {"contacts": read_contacts(shop.folder).to_pylist()}


# ---------------------------------------------------------------- in this process


def test_the_year_has_every_case(exports, empty):
    shop = empty("last")
    import_files(shop, [exports[0][-1]])
    with shop.store() as store:
        assert store.one("SELECT source, count(*) FROM orders GROUP BY source") == (
            "shopify",
            MONTHS * ORDERS_A_MONTH,
        )
        assert store.one("SELECT count(DISTINCT progress), count(DISTINCT left_out) FROM orders")[0] >= 4
        assert store.one("SELECT count(*) FROM events WHERE is_undated")[0] > 5
        assert store.one("SELECT count(*) FROM events WHERE is_cancellation")[0] > 3


def test_twelve_full_exports_are_the_last_one_alone(exports, empty):
    full, _ = exports
    alone, all_of_them = empty("alone"), empty("all")
    import_files(alone, full[-1:])
    reports = import_files(all_of_them, full)
    assert content(all_of_them) == content(alone)
    assert sum(report.updated for report in reports) > 12
    for report in reports:
        assert report.read == report.stored + report.duplicate
        assert report.rejected == report.older == 0


@pytest.mark.parametrize("kind", [0, 1], ids=["full", "partial"])
def test_the_order_of_the_files_does_not_matter(exports, empty, kind):
    files = exports[kind]
    straight = empty("straight")
    import_files(straight, files)
    for seed in range(2):
        shuffled = [*files, *files[:3]]
        random.Random(seed).shuffle(shuffled)
        shop = empty(f"shuffled-{seed}")
        reports = import_files(shop, shuffled)
        assert content(shop) == content(straight)
        assert sum(report.older for report in reports) > 0


def test_partial_exports_hold_the_same_orders_as_a_full_one(exports, empty):
    full, partial = exports
    one, other = empty("one"), empty("other")
    import_files(one, full[-1:])
    import_files(other, partial)
    names = ("events", "orders", "identities", "contacts")
    assert [content(one)[name] for name in names] == [content(other)[name] for name in names]


# ---------------------------------------------------------------- with kill -9


def start(shop, path):
    command = [sys.executable, "-m", "regulars", "import", str(path), "--shop", str(shop.folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [0, 1], ids=["full", "partial"])
def test_a_year_of_imports_that_are_killed_is_one_clean_import(exports, empty, kind):
    """Each month's import is killed at a random moment, once or twice, then done, now and then twice."""
    files = exports[kind]
    clean, killed = empty("clean"), empty("killed")
    import_files(clean, files[-1:] if kind == 0 else files)
    chance, died = random.Random(kind), 0
    began = time.monotonic()
    start(killed, files[0]).communicate()
    usual = time.monotonic() - began
    for path in files:
        for _ in range(chance.randint(1, 2)):
            process = start(killed, path)
            time.sleep(usual * chance.uniform(0.3, 1.05))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            died += process.returncode == -signal.SIGKILL
        for _ in range(chance.choice([1, 1, 2])):
            process = start(killed, path)
            said, _ = process.communicate()
            assert process.returncode == 0, said
    assert died > MONTHS // 2
    assert content(killed) == content(clean)
    left = {path.name for path in killed.folder.iterdir()} - {path.name for path in clean.folder.iterdir()}
    assert left <= {"lock", ".spill"}
