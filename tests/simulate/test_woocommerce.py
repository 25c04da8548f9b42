import csv
import datetime as dt
import html
from collections import defaultdict

import pytest

from regulars.config import Shop
from regulars.pipeline.imports import import_files
from regulars.pipeline.shop import Shop as OpenShop
from regulars.pipeline.shop import init_shop
from regulars.simulate.shop import write_shop
from regulars.simulate.woocommerce import EXTRA_ORDERS, HEADER

SETTINGS = Shop(name="Demo shop", currency="GBP", time_zone="Europe/London")
SIZE = {"customers": 150, "days": 260, "seed": 5}


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """The same shop with tidy orders and with WooCommerce's."""
    folder = tmp_path_factory.mktemp("layouts")
    return {
        layout: write_shop(folder / str(layout), folder / f"{layout}.truth", layout=layout, **SIZE)
        for layout in (None, "woocommerce")
    }


@pytest.fixture
def shop(tmp_path):
    init_shop(tmp_path / "shop", SETTINGS)
    return OpenShop.open(tmp_path / "shop")


def tidy_sums(path):
    """Purchases, discounts and returns by order, item and day, in ten-thousandths, from the tidy file as it stands."""
    bought, back, last = defaultdict(lambda: [0, 0]), defaultdict(int), None
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        for row in reader:
            # A repeated line stands right behind its model.
            if len(row) == len(header) and row != last:
                cells = dict(zip(header, row, strict=True))
                try:
                    value = round(float(cells["line_total"]) * 10_000)
                except ValueError:
                    continue
                order = cells["order_id"][1:]
                if cells["status"] == "completed":
                    bought[order][0] += value
                    bought[order][1] += round(float(cells["discount"]) * 10_000)
                else:
                    back[order, cells["item_id"], cells["order_date"][:10]] -= value
            last = row
    return bought, back


def test_the_file_is_as_woocommerce_writes_it(exports):
    path = exports["woocommerce"].path("woocommerce")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == HEADER and len(rows) == exports["woocommerce"].files[0].row_count
    orders = {row["order_number"]: row for row in rows}
    assert {row["status"] for row in rows} == {"completed", "refunded", *EXTRA_ORDERS}
    assert any(row["customer_id"] == "0" for row in rows) and all(row["billing_email"] for row in rows)
    for number, order in orders.items():
        items = sum(round(float(row["item_total"]) * 100) for row in rows if row["order_number"] == number)
        rest = sum(round(float(order[name]) * 100) for name in ("shipping_total", "tax_total"))
        assert round(float(order["order_total"]) * 100) == items + rest


def test_the_same_sums_to_the_cent_as_the_tidy_export(exports, shop):
    report = import_files(shop, [exports["woocommerce"].path("woocommerce")])[0]
    assert report.source == "woocommerce" and report.rejected == 0 and report.read == report.stored
    with shop.store() as store:
        events = store.read(store.table("events")).to_pylist()
        ledger = {row["order_id"]: row for row in store.read(store.table("orders")).to_pylist()}
        titles = store.read(store.table("items"))["title"].to_pylist()
    sums, back = defaultdict(lambda: [0, 0]), defaultdict(int)
    for event in events:
        if event["type"] == "purchase":
            sums[event["order_id"]][0] += event["value"]
            sums[event["order_id"]][1] += event["discount_value"] or 0
        elif event["type"] == "refund":
            day = str(dt.date.fromordinal(719_163 + event["day"]))
            back[event["order_id"], event["item_id"], day] -= event["value"]
    bought, returned = tidy_sums(exports[None].path("orders"))
    sales = {name for name, row in ledger.items() if row["left_out"] is None}
    assert set(sums) == sales and len(ledger) - len(sales) == sum(EXTRA_ORDERS.values())
    assert {name: sums[name] for name in sales} == {name: bought[name] for name in sales}
    # What the tidy file has more are its dirty lines, under order numbers after the last.
    assert back == {key: value for key, value in returned.items() if key[0] in sales}
    assert all(title == html.unescape(title) for title in titles)
    assert not any(row["refund_is_undated"] for row in ledger.values())
    assert {row["left_out"] for row in ledger.values()} == {None, "unpaid", "cancelled"}


def test_a_later_export_updates_what_changed(exports, shop, tmp_path):
    path = exports["woocommerce"].path("woocommerce")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    early = tmp_path / "early.csv"
    changed = {row["order_number"] for row in rows if row["refunds"]}
    with early.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        for row in rows:
            none = {
                "refunds": "",
                "refunded_total": "0.00",
                "item_refunded": "0.00",
                "item_refunded_qty": "0",
            }
            status = "processing" if row["status"] in ("completed", "refunded") else row["status"]
            writer.writerow(row | none | {"status": status})
    first, again, later = import_files(shop, [early, early, path])
    assert again.stored == 0 and again.duplicate == again.read == first.read
    assert later.updated >= len(changed) > 0
    once = tmp_path / "once"
    init_shop(once, SETTINGS)
    import_files(OpenShop.open(once), [path])
    with shop.store() as one, OpenShop.open(once).store() as other:
        for name in ("events", "orders"):
            assert contents(one, name) == contents(other, name)
    back = import_files(shop, [early])[0]
    assert back.updated == 0 and back.older == later.updated and back.stored == 0


def contents(store, name):
    """Rows without what differs from shop to shop: ids of people are hashes with the shop's key."""
    differs = ("import_id", "event_id", "user_id")
    rows = store.read(store.table(name)).to_pylist()
    return sorted(str({key: cell for key, cell in row.items() if key not in differs}) for row in rows)
