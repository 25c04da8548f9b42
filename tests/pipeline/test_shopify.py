import itertools
import shutil

import pytest

from regulars.config import Shop as Settings
from regulars.pipeline.imports import import_files, replay_rejected
from regulars.pipeline.shop import Shop, init_shop

HEADER = (
    "Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount,Id,Phone\n"
)


def exported(*orders):
    """(number, month, status, refund, cancelled at): two lines each, 30.00 less a discount of 3.00."""
    rows = [HEADER]
    for number, month, status, refund, cancelled in orders:
        at = f"2024-{month:02d}-03 10:00:00 +0100"
        paid = "" if status in ("pending", "voided") else at
        rows.append(
            f"#{number},c{number % 3}@example.org,{status},{paid},yes,GBP,27.00,5.00,0.00,32.00,3.00,{at},1,Mug,10.00,MUG,"
            f"{cancelled},{refund:.2f},{9000 + number},\n#{number},c{number % 3}@example.org,,,,,,,,,,{at},2,Tea,10.00,TEA,,,,\n"
        )
    return "".join(rows)


MONTHS = [
    exported((1, 1, "paid", 0, ""), (2, 1, "pending", 0, ""), (3, 1, "paid", 0, "")),
    exported((1, 1, "partially_refunded", 5, ""), (2, 1, "paid", 0, ""), (3, 1, "paid", 0, ""), (4, 2, "paid", 0, "")),
    exported(
        (1, 1, "refunded", 32, ""), (2, 1, "paid", 0, ""), (3, 1, "paid", 0, "2024-03-05 09:00:00 +0100"),
        (4, 2, "paid", 0, ""), (5, 3, "voided", 0, "2024-03-05 09:00:00 +0100"),
    ),
]  # fmt: skip


@pytest.fixture
def shop(tmp_path):
    def opened(name):
        init_shop(tmp_path / name, Settings(name="A shop", currency="GBP", time_zone="Europe/London"))
        # The key of hashes is each shop's own; with one key the shops can be compared.
        secret = tmp_path / "access.json"
        if not secret.exists():
            shutil.copy(tmp_path / name / "access.json", secret)
        shutil.copy(secret, tmp_path / name / "access.json")
        return Shop.open(tmp_path / name)

    return opened


def imported(shop, folder, *texts):
    reports = []
    for number, text in enumerate(texts):
        path = folder / f"orders_export_{number}.csv"
        path.write_text(text, encoding="utf-8")
        reports += import_files(shop, [path])
    return reports


def contents(shop):
    with shop.store() as store:
        ledger = store.read(store.table("orders")).to_pylist()
        events = store.read(store.table("events")).to_pylist()
        items = store.read(store.table("items")).to_pylist()
    for row in ledger + events:
        row.pop("import_id")
        row.pop("source_row", None)
    events = sorted(events, key=lambda row: row["event_id"])
    return sorted(ledger, key=lambda row: row["order_id"]), events, items


def test_every_order_of_monthly_exports_ends_as_the_last_alone(shop, tmp_path):
    alone = shop("alone")
    imported(alone, tmp_path, MONTHS[-1])
    wanted = contents(alone)
    for number, order in enumerate(itertools.permutations(range(3))):
        other = shop(f"shop{number}")
        reports = imported(other, tmp_path, *(MONTHS[place] for place in order))
        assert contents(other) == wanted
        assert all(report.read == report.stored + report.duplicate for report in reports)
    ledger, events, _ = wanted
    assert [row["left_out"] for row in ledger] == [None, None, None, None, "cancelled"]
    kinds = [event["type"] for event in events]
    assert kinds.count("purchase") == 8 and kinds.count("refund") == 4 and kinds.count("checkout") == 2
    assert sum(event["value"] or 0 for event in events) == 2 * 270_000


def test_updated_orders_are_counted(shop, tmp_path):
    here = shop("here")
    first, second, third, again, old = imported(here, tmp_path, *MONTHS, MONTHS[-1], MONTHS[0])
    assert (first.read, first.stored, first.updated) == (6, 6, 0)
    assert (second.read, second.stored, second.updated) == (8, 6, 2)
    assert (third.read, third.stored, third.updated) == (10, 6, 2)
    assert (again.stored, again.duplicate, again.updated) == (0, 10, 0)
    assert (old.stored, old.duplicate, old.older) == (0, 6, 3)


def test_a_rejected_order_is_replayed_as_a_whole(shop, tmp_path):
    here = shop("here")
    spoiled = MONTHS[0].replace(
        "#1,c1@example.org,,,,,,,,,,2024-01-03 10:00:00 +0100,2",
        "#1,c1@example.org,,,,,,,,,,2024-01-03 10:00:00 +0100,two",
    )
    report = imported(here, tmp_path, spoiled)[0]
    assert (report.read, report.stored, report.rejected) == (6, 4, 2)
    again = replay_rejected(here)[0]
    assert (again.read, again.rejected) == (2, 2)
    mended = imported(here, tmp_path, MONTHS[0])[0]
    assert (mended.stored, mended.duplicate, mended.rejected) == (2, 4, 0)
    replayed = replay_rejected(here, mapping={"quantity": "=1"})[0]
    assert replayed.rejected == 0 and replayed.read == 2
    with here.store() as store:
        people = set(store.read(store.table("orders"))["user_id"].to_pylist())
    assert len(people) == 3 and None not in people


def test_no_address_outside_the_contacts(shop, tmp_path):
    here = shop("here")
    imported(here, tmp_path, *MONTHS)
    found = [
        path for path in here.folder.rglob("*") if path.is_file() and b"@example.org" in path.read_bytes()
    ]
    assert [path.name for path in found] == ["contacts.parquet"]


def test_orders_that_another_source_brought_are_named(shop, tmp_path):
    path = tmp_path / "orders_export.csv"
    path.write_text(MONTHS[0], encoding="utf-8")
    before = shop("once")
    import_files(before, [path], source="orders")  # as versions did that did not know the export
    (report,) = import_files(before, [path])
    assert report.source == "shopify" and any(
        "2 orders are in the shop already" in n for n in report.found_notes
    )
    (again,) = import_files(before, [path])
    assert again.stored == 0
    (alone,) = import_files(shop("alone"), [path])
    assert not any("already" in note for note in alone.found_notes)
