"""Exports of orders as they stand now, imported month by month."""

import pytest

from regulars.config import Shop as Settings
from regulars.pipeline.imports import import_files
from regulars.pipeline.shop import Shop, init_shop

HEADER = "order_id,date,customer_id,total,status\n"
MONTHS = [
    "1,2024-01-03 10:00,a,50,paid\n2,2024-01-04 10:00,b,20,pending\n3,2024-01-05 10:00,c,30,paid\n",
    "1,2024-01-03 10:00,a,50,refunded\n2,2024-01-04 10:00,b,20,paid\n3,2024-01-05 10:00,c,30,paid\n4,2024-02-01 10:00,a,5,test\n",
]


def store_of(folder, files):
    init_shop(folder, Settings(currency="GBP", time_zone="Europe/London"))
    shop = Shop.open(folder)
    reports = import_files(shop, files)
    with shop.store() as store:
        events = store.read(store.table("events")).to_pylist()
        orders = store.read(store.table("orders")).to_pylist()
    told = sorted((e["type"], e["order_id"], e["value"] or 0, bool(e["is_undated"])) for e in events)
    ledger = {
        row["order_id"]: (row["progress"], row["left_out"], row["value"], row["refund_value"])
        for row in orders
    }
    return told, ledger, reports


@pytest.mark.parametrize("turn", [(0, 1), (1, 0), (0, 1, 1), (1,)])
def test_the_last_export_alone_says_the_same(tmp_path, turn):
    files = []
    for number, text in enumerate(MONTHS):
        files.append(tmp_path / f"{number}.csv")
        files[-1].write_text(HEADER + text)
    told, ledger, reports = store_of(tmp_path / "shop", [files[number] for number in turn])
    assert told == [
        ("purchase", "1", 500_000, False), ("purchase", "2", 200_000, False), ("purchase", "3", 300_000, False),
        ("refund", "1", -500_000, True),
    ]  # fmt: skip
    assert ledger == {
        "1": (3, None, 500_000, 500_000), "2": (1, None, 200_000, 0), "3": (1, None, 300_000, 0), "4": (1, "test", 50_000, 0),
    }  # fmt: skip
    assert all(report.read == report.stored + report.duplicate + report.rejected for report in reports)
