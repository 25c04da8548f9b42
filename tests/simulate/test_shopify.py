import csv
from collections import defaultdict

import pyarrow as pa
import pytest

from regulars.config import Shop
from regulars.errors import OptionError
from regulars.pipeline.imports import import_files
from regulars.pipeline.shop import Shop as OpenShop
from regulars.pipeline.shop import init_shop
from regulars.simulate.shop import write_shop
from regulars.simulate.shopify import EXTRA_ORDERS, HEADER

SETTINGS = Shop(name="Demo shop", currency="GBP", time_zone="Europe/London")
SIZE = {"customers": 150, "days": 260, "seed": 5}


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """The same shop with tidy orders and with Shopify's."""
    folder = tmp_path_factory.mktemp("layouts")
    return {
        layout: write_shop(folder / str(layout), folder / f"{layout}.truth", layout=layout, **SIZE)
        for layout in (None, "shopify")
    }


def tidy_sums(path):
    """Gross after discounts, discounts and refunds of each order in ten-thousandths, from the tidy file as it stands."""
    sums, last = defaultdict(lambda: [0, 0, 0]), None
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        for row in reader:
            # A repeated line stands right behind its model.
            if len(row) == len(header) and row != last:
                cells = dict(zip(header, row, strict=True))
                bought = cells["status"] == "completed"
                try:
                    value = round(float(cells["line_total"]) * 10_000)
                except ValueError:
                    continue
                order = sums["#" + cells["order_id"][1:]]
                if bought:
                    order[0] += value
                    order[1] += round(float(cells["discount"]) * 10_000)
                else:
                    order[2] -= value
            last = row
    return sums


def test_the_file_is_as_shopify_writes_it(exports):
    path = exports["shopify"].path("shopify")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (
        len(HEADER) == 79 and tuple(rows[0]) == HEADER and len(rows) == exports["shopify"].files[0].row_count
    )
    first = [row for row in rows if row["Financial Status"]]
    other = [row for row in rows if not row["Financial Status"]]
    assert other and all(row["Name"] and row["Lineitem price"] and not row["Subtotal"] for row in other)
    assert len({row["Name"] for row in rows}) == len(first)
    found = {row["Financial Status"] for row in first}
    assert found == {"paid", "refunded", "partially_refunded", "pending", "authorized", "expired", "voided"}
    assert any(not row["Email"] for row in first) and any(row["Cancelled at"] for row in first)
    assert sum("Bogus" in row["Payment Method"] for row in first) == EXTRA_ORDERS["test"]
    assert {"+0000", "+0100"} == {row["Created at"][-5:] for row in first}
    for row in first:
        assert float(row["Total"]) == pytest.approx(float(row["Subtotal"]) + float(row["Shipping"]))


def test_the_same_sums_to_the_cent_as_the_tidy_export(exports, tmp_path):
    init_shop(tmp_path / "shop", SETTINGS)
    shop = OpenShop.open(tmp_path / "shop")
    report = import_files(shop, [exports["shopify"].path("shopify")])[0]
    assert report.source == "shopify" and report.rejected == 0 and report.read == report.stored
    assert any(note.startswith("prices include taxes") for note in report.found_notes)
    with shop.store() as store:
        events = store.read(store.table("events"))
        ledger = {row["order_id"]: row for row in store.read(store.table("orders")).to_pylist()}
        contacts = store.read(store.table("customers"))
    sums = defaultdict(lambda: [0, 0, 0])
    for kind, order, value, off in zip(
        *(events[name].to_pylist() for name in ("type", "order_id", "value", "discount_value")), strict=True
    ):
        if kind == "purchase":
            sums[order][0] += value
            sums[order][1] += off or 0
        elif kind == "refund":
            sums[order][2] -= value
    wanted = tidy_sums(exports[None].path("orders"))
    sales = {name: row for name, row in ledger.items() if row["left_out"] is None}
    assert set(sums) == set(sales) and len(ledger) - len(sales) == sum(EXTRA_ORDERS.values())
    assert {name: sums[name] for name in sales} == {name: wanted[name] for name in sales}
    # What the tidy file has more are its dirty lines, under order numbers after the last.
    assert min(wanted.keys() - sales.keys()) > max(sales)
    assert sum(row["value"] for row in sales.values()) == sum(order[0] for order in sums.values())
    assert contacts.num_rows == 0


def test_the_other_files_name_the_same_people(exports, tmp_path):
    init_shop(tmp_path / "shop", SETTINGS)
    shop = OpenShop.open(tmp_path / "shop")
    files = exports["shopify"]
    import_files(shop, [files.path("shopify"), files.path("customers")])
    import_files(shop, [files.path("events")], source="events")
    with shop.store() as store:
        events = (
            store.read(store.table("events"))
            .select(["source", "user_id"])
            .group_by(["source", "user_id"])
            .aggregate([])
        )
        people = set(store.read(store.table("customers"))["user_id"].to_pylist())
    by_source = defaultdict(set)
    for row in pa.table(events).to_pylist():
        by_source[row["source"]].add(row["user_id"])
    buyers = by_source["shopify"] - {None}
    assert buyers <= people and buyers <= by_source["events"]
    stored = b"".join(path.read_bytes() for path in (tmp_path / "shop").rglob("*.duckdb"))
    assert b"@example.org" not in stored


def test_the_same_seed_writes_the_same_bytes(exports, tmp_path):
    again = write_shop(tmp_path / "s", tmp_path / "t", layout="shopify", **SIZE)
    assert again.path("shopify").read_bytes() == exports["shopify"].path("shopify").read_bytes()
    with pytest.raises(OptionError, match="layout=magento"):
        write_shop(tmp_path / "x", tmp_path / "y", layout="magento", **SIZE)
