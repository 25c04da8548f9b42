"""The exports of WooCommerce, each layout and version with its traps."""

import datetime as dt
import importlib.util
import random
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from regulars.collect.contacts import hashed_contact
from regulars.collect.sources import plan_import, plan_table
from regulars.errors import MappingError

_spec = importlib.util.spec_from_file_location(
    "woocommerce_files", Path(__file__).with_name("woocommerce_files.py")
)
files = sys.modules["woocommerce_files"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(files)
LAYOUTS, Item, Order, csv_text = files.LAYOUTS, files.Item, files.Order, files.csv_text
advanced, advanced_refund = files.advanced, files.advanced_refund
skyverge_items, skyverge_orders = files.skyverge_items, files.skyverge_orders
suite_items, suite_orders = files.suite_items, files.suite_orders


def ledger(found):
    return {row["order_id"]: row for row in found.orders.to_pylist()}


def bought(found, kind="purchase"):
    rows = [row for row in found.events.to_pylist() if row["type"] == kind]
    rows.sort(key=lambda row: (row["order_id"], row["item_id"] or ""))
    return [(row["order_id"], row["item_id"], row["quantity"], row["value"]) for row in rows]


BASKET = [
    Order(
        "1001", [Item("A", 3, 18.0, 20.0), Item("B", 1, 9.99, name="Salt &amp; Pepper; size: L|XL")], tax=5.6
    ),
    Order("1002", [Item("A", 1, 10)], shipping=0, email="Bob@Example.org "),
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_says_the_same(read, layout):
    found = read(csv_text(LAYOUTS[layout](BASKET)))
    assert (found.plan.source, found.plan.kind, found.codes) == ("woocommerce", "whole_orders", {})
    assert bought(found) == [
        ("1001", "A", 30_000, 180_000), ("1001", "B", 10_000, 99_900), ("1002", "A", 10_000, 100_000),
    ]  # fmt: skip
    rows = ledger(found)
    assert (rows["1001"]["list_value"], rows["1001"]["discount_value"], rows["1001"]["value"]) == (
        299_900,
        20_000,
        279_900,
    )
    assert (rows["1001"]["shipping_value"], rows["1001"]["tax_value"], rows["1001"]["total_value"]) == (
        50_000,
        56_000,
        385_900,
    )
    assert (
        rows["1001"]["tax_is_included"] is False
        and rows["1001"]["progress"] == 1
        and rows["1001"]["left_out"] is None
    )
    assert sum(row["line_count"] for row in rows.values()) == found.read
    assert found.items["title"].to_pylist() == ["The A", "Salt & Pepper; size: L|XL"]
    key = read.settings()["hash_key"]
    assert set(found.column("user_id")) == {
        hashed_contact(name, key) for name in ("ann@example.org", "bob@example.org")
    }
    assert "amounts of items are without tax" in " ".join(found.notes)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_statuses(read, layout):
    statuses = [
        "processing",
        "completed",
        "pending",
        "on-hold",
        "failed",
        "checkout-draft",
        "cancelled",
        "trash",
        "refunded",
    ]
    text = csv_text(LAYOUTS[layout]([Order(f"10{n}", status=word) for n, word in enumerate(statuses)]))
    found = read(text)
    rows = ledger(found)
    # A file with days of payment shows that the cancelled ones were not paid, and they may be yet.
    gone = 0 if "paid" in text.splitlines()[0].lower() else 3
    assert [rows[f"10{n}"]["left_out"] for n in range(9)] == [
        None, None, "unpaid", "unpaid", "unpaid", "unpaid", "cancelled", "cancelled", None,
    ]  # fmt: skip
    assert [rows[f"10{n}"]["progress"] for n in range(9)] == [1, 1, 0, 0, 0, 0, gone, gone, 3]
    assert [row[0] for row in bought(found)] == ["100", "101", "108"]
    assert [row[0] for row in bought(found, "checkout")] == ["102", "103", "104", "105", "106", "107"]
    assert bought(found, "refund") == [("108", "MUG", -10_000, -100_000)]
    assert found.properties()[-1]["is_undated"] is True
    # Nothing says how much of 15.00 was given back, but the status says all of it.
    assert rows["108"]["refund_value"] == 150_000 and rows["108"]["refund_is_undated"]


def test_a_status_of_the_shop_counts_as_paid_and_is_named(read):
    found = read(
        csv_text(skyverge_items([Order("1", status="wc-shipped"), Order("2", status="Shipped"), Order("3")]))
    )
    assert len(bought(found)) == 3 and ledger(found)["1"]["progress"] == 1
    assert any("counted as paid: Shipped (1), wc-shipped (1)" in note for note in found.notes)


@pytest.mark.parametrize(
    ("word", "left_out"),
    [
        ("Zahlung ausstehend", "unpaid"),
        ("Storniert", "cancelled"),
        ("Échouée", "unpaid"),
        ("Abgeschlossen", None),
    ],
)
def test_labels_in_the_shops_language(read, word, left_out):
    assert ledger(read(csv_text(advanced([Order("1", status=word)]))))["1"]["left_out"] == left_out


def test_a_cancelled_order_that_had_been_paid_is_taken_back(read):
    orders = [Order("1", status="cancelled", paid="2024-03-01 10:12:40"), Order("2", status="cancelled")]
    found = read(csv_text(suite_orders(orders)))
    assert bought(found) == [("1", "MUG", 10_000, 100_000)] and bought(found, "refund") == [
        ("1", "MUG", -10_000, -100_000)
    ]
    assert found.properties()[-1] == {"country": "GB", "is_cancellation": True, "is_undated": True}
    row = ledger(found)["1"]
    assert (row["is_cancelled"], row["progress"], row["refund_value"], row["left_out"]) == (
        True,
        3,
        150_000,
        None,
    )
    assert row["changed_us"] > ledger(found)["2"]["changed_us"]


def dated_refunds():
    return [
        Order(
            "1", [Item("A", 2, 20, refunded=10.0, refunded_quantity=1), Item("B", 1, 5)], tax=2, refunds=[("2024-03-09 12:00:00", 11.0)]
        ),
        Order("2", [Item("A", 1, 10), Item("B", 1, 5)], refunds=[("2024-03-09 12:00:00", 8.0), ("2024-04-02 09:30:00", 12.0)]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "layout", ["skyverge items", "skyverge orders", "skyverge json", "suite orders", "suite items"]
)
def test_refunds_with_dates(read, layout):
    found = read(csv_text(LAYOUTS[layout](dated_refunds())))
    back = [row for row in found.events.to_pylist() if row["type"] == "refund"]
    assert [(row["order_id"], row["item_id"], row["value"], row["day"]) for row in back] == [
        ("1", "A", -100_000, 19_791), ("2", None, -80_000, 19_791), ("2", None, -70_000, 19_815),
    ]  # fmt: skip
    assert all("is_undated" not in (row["properties"] or "") for row in back)
    rows = ledger(found)
    assert (rows["1"]["refund_value"], rows["1"]["progress"], rows["1"]["refund_is_undated"]) == (
        110_000,
        2,
        False,
    )
    assert (rows["2"]["refund_value"], rows["2"]["progress"], rows["2"]["refund_is_undated"]) == (
        200_000,
        3,
        False,
    )


def test_a_whole_refund_on_one_day_names_its_items(read):
    orders = [
        Order(
            "1",
            [Item("A", 2, 20), Item("B", 1, 5)],
            status="refunded",
            refunds=[("2024-03-09 12:00:00", 30.0)],
        )
    ]
    found = read(csv_text(skyverge_items(orders)))
    assert bought(found, "refund") == [("1", "A", -20_000, -200_000), ("1", "B", -10_000, -50_000)]
    assert ledger(found)["1"]["refund_is_undated"] is False


def test_a_refund_of_postage_alone_is_no_product(read):
    rows = skyverge_orders([Order("1", refunds=[("2024-03-09 12:00:00", 5.0)])], as_json=True)
    rows[0]["refunds"] = (
        '[{"id":"9","date":"2024-03-09 12:00:00","amount":"5.00","line_items":[{"refunded_item_id":"77","refund_total":5}]}]'
    )
    found = read(csv_text(rows))
    assert bought(found, "refund") == [] and ledger(found)["1"]["refund_value"] == 50_000


def test_json_refunds_name_their_items(read):
    rows = skyverge_orders([Order("1", [Item("A", 2, 20), Item("B", 1, 5)], refunded=25.0)], as_json=True)
    rows[0]["refunds"] = (
        '[{"date":"2024-03-09 12:00:00","amount":"10.00","line_items":[{"refunded_item_id":"10","refund_total":10,"qty":-1}]},'
        '{"date":"2024-04-09 12:00:00","amount":"15.00","line_items":[{"refunded_item_id":10,"refund_total":10,"qty":-1},'
        '{"refunded_item_id":11,"refund_total":5,"qty":"-1"}]}]'
    )
    found = read(csv_text(rows))
    assert bought(found, "refund") == [
        ("1", "A", -10_000, -100_000), ("1", "A", -10_000, -100_000), ("1", "B", -10_000, -50_000),
    ]  # fmt: skip
    assert sorted(row["day"] for row in found.events.to_pylist()) == [19_783, 19_783, 19_791, 19_822, 19_822]


def test_refunds_without_dates(read):
    items = [Item("A", 2, 20, refunded=10.0, refunded_quantity=1), Item("B", 1, 5)]
    lines = read(csv_text(skyverge_items([Order("1", items, refunded=10.0)], dated=False)))
    assert bought(lines, "refund") == [("1", "A", -10_000, -100_000)]
    assert lines.properties()[-1]["is_undated"] is True and ledger(lines)["1"]["refund_is_undated"]
    order = read(csv_text(advanced([Order("1", [Item("A", 2, 20), Item("B", 1, 5)], refunded=10.0)])))
    assert bought(order, "refund") == [("1", None, None, -100_000)] and ledger(order)["1"]["progress"] == 2


def test_advanced_refund_rows_have_a_day_and_count_once(read):
    parent = Order("1", [Item("A", 2, 20), Item("B", 1, 5)], refunded=12.0)
    back = advanced_refund(parent, "2024-03-09 12:00", [Item("A", 1, 10)], 12.0)
    for rows in (advanced([parent]) + back, back + advanced([parent])):
        found = read(csv_text(rows))
        assert bought(found) == [("1", "A", 20_000, 200_000), ("1", "B", 10_000, 50_000)]
        assert bought(found, "refund") == [("1", "A", -10_000, -100_000)]
        assert [row["day"] for row in found.events.to_pylist() if row["type"] == "refund"] == [19_791]
        row = ledger(found)["1"]
        assert (row["refund_value"], row["refund_is_undated"], row["line_count"], row["status"]) == (
            120_000,
            False,
            3,
            "Completed",
        )
        assert row["total_value"] == 300_000


def test_an_amount_that_was_refunded_without_items(read):
    parent = Order("1", [Item("A", 2, 20)], refunded=4.0)
    back = advanced_refund(parent, "2024-03-09 12:00", [], 4.0)
    found = read(csv_text(advanced([parent]) + back))
    assert (
        bought(found, "refund") == [("1", None, None, -40_000)]
        and ledger(found)["1"]["refund_value"] == 40_000
    )


def test_a_refund_whose_order_is_in_another_file_is_kept_apart(read):
    found = read(
        csv_text(advanced_refund(Order("1"), "2024-03-09 12:00", [Item()], 10.0) + advanced([Order("2")]))
    )
    assert found.codes == {2: "refund_without_order"} and list(ledger(found)) == ["2"]
    assert "export a longer period" in found.rejected["message"][0].as_py()


def test_the_day_of_the_first_refund(read):
    rows = advanced([Order("1", refunded=15.0), Order("2")])
    found = read(
        csv_text(
            [
                row | {"Date of first refund": "2024-03-09"} if row["Order Number"] == "1" else row
                for row in rows
            ]
        )
    )
    back = [row for row in found.events.to_pylist() if row["type"] == "refund"]
    assert [(row["value"], row["day"]) for row in back] == [(-100_000, 19_791)]
    assert any("first refund" in note for note in found.notes)


def test_a_price_per_unit_with_two_decimals_is_brought_to_the_cent(read):
    """10.00 for three is 3.33 each; the order's subtotal is exact."""
    orders = [Order("1", [Item("A", 3, 10.0), Item("B", 7, 10.0, 12.0)]), Order("2", [Item("A", 3, 10.0)])]
    found = read(csv_text(advanced(orders, ("Quantity", "Item Cost"))))
    assert {name: row["value"] for name, row in ledger(found).items()} == {"1": 200_000, "2": 100_000}
    assert ledger(found)["1"]["discount_value"] == 20_000
    assert sum(row[3] for row in bought(found)) == 300_000


def test_quantities_that_lack_what_came_back(read):
    """The default fields of Advanced Order Export: no quantity sold, no line total."""
    orders = [
        Order("1", [Item("A", 2, 20, refunded=10, refunded_quantity=1), Item("B", 1, 5)], refunded=10.0),
        Order("2", [Item("A", 1, 10, refunded=10, refunded_quantity=1), Item("B", 3, 15)], refunded=12.0),
        Order("3", [Item("A", 1, 10)]),
        Order("4", [Item("A", 1, 10, refunded=10, refunded_quantity=1)], status="refunded", refunded=15.0),
    ]
    found = read(csv_text(advanced(orders, ("Quantity (- Refund)", "Item Cost"))))
    assert bought(found) == [
        ("1", "A", 20_000, 200_000), ("1", "B", 10_000, 50_000), ("2", "A", 10_000, 100_000), ("2", "B", 30_000, 150_000),
        ("3", "A", 10_000, 100_000), ("4", "A", 10_000, 100_000),
    ]  # fmt: skip
    assert bought(found, "refund") == [
        ("1", "A", -10_000, -100_000), ("2", "A", -10_000, -100_000), ("4", "A", -10_000, -100_000),
    ]  # fmt: skip
    assert any("quantities lack what came back" in note for note in found.notes)


def test_rows_that_are_no_items(read):
    rows = skyverge_items([Order("1", [Item("A", 2, 20)])])
    kinds = [("line_item", rows[0])]
    kinds += [(kind, rows[0] | {"item_name": kind, "item_sku": "", "item_total": "5.00", "item_quantity": "1"})
              for kind in ("shipping", "fee", "tax", "coupon")]  # fmt: skip
    found = read(csv_text([row | {"item_type": kind} for kind, row in kinds]))
    assert bought(found) == [("1", "A", 20_000, 200_000)] and ledger(found)["1"]["line_count"] == 5


def test_a_row_for_each_further_coupon_is_no_item(read):
    first = advanced([Order("1", [Item("A", 1, 8, 10)])])[0] | {
        "Coupon Code": "TEN",
        "Discount Amount": "1.00",
    }
    second = first | {
        "SKU": "",
        "Item #": "",
        "Item Name": "",
        "Quantity": "",
        "Item Cost": "",
        "Order Line Total": "",
        "Coupon Code": "WELCOME",
    }
    blank = {
        name: "" if name not in ("Coupon Code", "Discount Amount") else cell for name, cell in second.items()
    }
    for more in (second, blank):
        found = read(csv_text([first, more]))
        assert bought(found) == [("1", "A", 10_000, 80_000)] and ledger(found)["1"]["line_count"] == 2
        assert (
            ledger(found)["1"]["discount_value"] == 20_000 and found.properties()[0]["discount_code"] == "TEN"
        )


def test_order_cells_on_the_first_row_only(read):
    rows = advanced([Order("1", [Item("A", 1, 10), Item("B", 1, 5)]), Order("2", [Item("A", 1, 10)])])
    of_items = {"SKU", "Item #", "Item Name", "Quantity", "Item Cost", "Order Line Total"}
    rows[1] = {name: cell if name in of_items else "" for name, cell in rows[1].items()}
    assert bought(read(csv_text(rows))) == [
        ("1", "A", 10_000, 100_000),
        ("1", "B", 10_000, 50_000),
        ("2", "A", 10_000, 100_000),
    ]


def test_an_order_without_items_is_worth_its_total_less_postage_and_taxes(read):
    found = read(csv_text(skyverge_orders([Order("1", [], fees=0, tax=0, shipping=3.0), Order("2")])))
    assert bought(found) == [("2", "MUG", 10_000, 100_000)] and ledger(found)["1"]["value"] == 0
    rows = [
        {name: cell for name, cell in row.items() if name != "line_items"}
        for row in skyverge_orders([Order("1")])
    ]
    found = read(csv_text(rows), source="woocommerce")
    assert bought(found) == [("1", None, None, 100_000)]


def test_who_bought(read):
    orders = [
        Order("1", email="Ann@Example.org", customer="0"),
        Order("2", email="ann@example.org", customer="17"),
        Order("3", email="", customer="17"),
        Order("4", email="", customer="0"),
        Order("5", email="", customer="", account="carl@example.org"),
    ]
    found = read(csv_text(suite_items(orders)))
    key = read.settings()["hash_key"]
    ann, carl = (hashed_contact(name, key) for name in ("ann@example.org", "carl@example.org"))
    assert {row["order_id"]: row["user_id"] for row in found.orders.to_pylist()} == {
        "1": ann, "2": ann, "3": "17", "4": None, "5": carl,
    }  # fmt: skip
    assert found.column("user_id") == [ann, ann, "17", None, carl]
    contacts = {row["user_id"]: row["email"] for row in found.contacts.to_pylist()}
    assert contacts == {ann: "ann@example.org", carl: "carl@example.org"}


def test_the_account_names_the_customer_where_there_is_no_other_address(read):
    rows = [
        {k: v for k, v in row.items() if k != "billing_email"}
        for row in suite_orders([Order("1", account="ann@example.org")])
    ]
    found = read(csv_text(rows))
    assert found.plan.source == "woocommerce" and found.plan.mapping["email"] == "customer_email"
    assert found.column("user_id") == [hashed_contact("ann@example.org", read.settings()["hash_key"])]


def test_what_an_item_is_called(read):
    items = [
        Item("S1", product_id="5"),
        Item("", product_id="8"),
        Item("unknown_product", product_id="0", name="Old &amp; gone"),
    ]
    for layout in ("skyverge items", "skyverge orders", "suite orders"):
        assert [row[1] for row in bought(read(csv_text(LAYOUTS[layout]([Order("1", items)]))))] == [
            "8",
            "Old & gone",
            "S1",
        ]


def test_orders_in_another_currency(read):
    found = read(
        csv_text(
            skyverge_items([Order("1", [Item("A"), Item("B")], currency="EUR"), Order("2", currency="gbp")])
        )
    )
    assert found.codes == {2: "bad_currency", 3: "bad_currency"}
    row = ledger(found)["1"]
    assert (row["left_out"], row["line_count"], row["currency"], row["value"]) == (
        "foreign_currency",
        0,
        "EUR",
        200_000,
    )


def test_one_bad_line_sends_its_order_to_quarantine(read):
    rows = skyverge_items([Order("1", [Item("A"), Item("B")]), Order("2")])
    rows[1]["item_total"] = "ten"
    found = read(csv_text(rows))
    assert found.codes == {2: "bad_number", 3: "bad_number"} and list(ledger(found)) == ["2"]
    assert found.rejected["message"][0].as_py().startswith("line 3 of its order: item_total is 'ten'")


@pytest.mark.parametrize(
    "cell", ['[{"name": "Mug", "quan', "just words", "name:Mug|quantity:2", "name:Mug|quantity:x|total:3"]
)
def test_a_cell_of_items_that_cannot_be_read(read, cell):
    rows = skyverge_orders([Order("1"), Order("2")])
    rows[0]["line_items"] = cell
    found = read(csv_text(rows))
    assert list(found.codes) == [2] and set(found.codes.values()) <= {"unreadable", "bad_number"}
    assert [row[0] for row in bought(found)] == ["2"]


def test_old_versions(read):
    """Version 3 of Customer/Order Export: no subtotals, no escapes, the discount on the order alone."""
    text = (
        "order_id,order_number,date,status,shipping_total,tax_total,cart_discount,order_discount,discount_total,order_total,refunded_total,"
        "order_currency,customer_id,billing_email,line_items,coupons\n"
        "71,#1001,2015-03-01 10:00:00,completed,5.00,0.00,3.00,3.00,3.00,22.00,0.00,GBP,0,ann@example.org,"
        '"name:Tea: green; loose|sku:TEA|quantity:2|total:12.00|refunded:0.00|meta:Size=L|tax:0.00;name:Mug|sku:MUG|quantity:1|total:5.00|'
        'refunded:0.00|meta:|tax:0.00",code:TEN\n'
    )
    found = read(text)
    assert bought(found) == [("1001", "MUG", 10_000, 50_000), ("1001", "TEA", 20_000, 120_000)]
    row = ledger(found)["1001"]
    assert (row["list_value"], row["discount_value"], row["value"]) == (200_000, 30_000, 170_000)
    assert "Tea: green; loose" in found.items["title"].to_pylist()


def test_the_format_made_for_import(read):
    text = (
        "id,order_number,order_number_formatted,created_at,status,total,total_shipping,cart_tax,shipping_tax,total_discount,total_refunded,"
        "payment_method,currency,customer_user,billing_email,line_items,shipping_lines,refunds\n"
        "71,,,2024-03-01 10:00:00,completed,17.00,5.00,2.00,0.00,0.00,0.00,bacs,GBP,0,ann@example.org,"
        '"[{""id"":5,""name"":""Mug &quot;big&quot;"",""product_id"":3,""sku"":""MUG"",""quantity"":1,""subtotal"":""10.00"",""total"":""10.00"",'
        '""refunded"":""0.00"",""meta"":{""Size"":""L""},""tax_data"":{""total"":{""1"":""2.00""}}}]","[]",\n'
    )
    found = read(text)
    assert bought(found) == [("71", "MUG", 10_000, 100_000)] and found.items["title"].to_pylist() == [
        'Mug "big"'
    ]
    assert (ledger(found)["71"]["total_value"], ledger(found)["71"]["tax_value"]) == (170_000, 20_000)


def test_names_count_without_case_blanks_and_underscores(read):
    rows = [
        {name.upper().replace("_", " "): cell for name, cell in row.items()} for row in skyverge_items(BASKET)
    ]
    assert bought(read(csv_text(rows))) == bought(read(csv_text(skyverge_items(BASKET))))


def test_decimal_commas(read):
    def comma(cell):
        return cell.replace(".", ",") if cell.replace(".", "", 1).isdigit() and "." in cell else cell

    rows = [{name: comma(cell) for name, cell in row.items()} for row in advanced(BASKET)]
    assert bought(read(csv_text(rows, ";"))) == bought(read(csv_text(advanced(BASKET))))
    packed = skyverge_orders(BASKET)
    packed = [
        row | {"line_items": row["line_items"].replace(".00", ",00").replace(".99", ",99")} for row in packed
    ]
    assert bought(read(csv_text(packed))) == bought(read(csv_text(skyverge_orders(BASKET))))


def test_times_without_an_offset_are_of_the_shops_zone(read):
    text = csv_text(skyverge_items([Order("1", date="2024-07-01 10:00:00")]))
    assert read(text).column("occurred_us") == [1_719_824_400_000_000]
    found = read(text, time_zone="UTC")
    assert found.column("occurred_us") == [1_719_828_000_000_000]
    assert any("times have no offset" in note and "time_zone" in note for note in found.notes)
    assert not any("times have no offset" in note for note in read(text).notes)


def test_items_that_hold_their_tax_are_found_by_the_sums(read):
    orders = [Order(str(n), [Item("A", 1, 12.0)], tax=2.0) for n in range(3)]
    rows = [row | {"order_total": "17.00"} for row in skyverge_items(orders)]
    found = read(csv_text(rows))
    assert ledger(found)["0"]["tax_is_included"] is True and "hold the taxes" in found.notes[-1]
    alone = read(
        csv_text(
            [row | {"Order Line Total (include tax)": "12.00"} for row in advanced(orders, ("Quantity",))]
        )
    )
    assert bought(alone)[0] == ("0", "A", 10_000, 120_000) and ledger(alone)["0"]["tax_is_included"] is True


def test_orders_whose_parts_do_not_sum_are_counted(read):
    rows = skyverge_items([Order("1"), Order("2", fees=3.0)])
    found = read(
        csv_text([{name: cell for name, cell in row.items() if name != "fee_total"} for row in rows])
    )
    assert any(
        note.startswith("1 of 2 orders: items, postage, fees and taxes do not sum") for note in found.notes
    )


@pytest.mark.parametrize(
    "header",
    ["Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),N. Revenue",
     "Date,Order #,Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net sales,Attribution"],
)  # fmt: skip
def test_the_analytics_report_is_refused(read, tmp_path, header):
    path = tmp_path / "woocommerce-orders-report.csv"
    path.write_text(header + "\n2024-03-01 10:00:00,1001," + ",".join("x" * header.count(",")) + "\n")
    for source in (None, "woocommerce"):
        with pytest.raises(MappingError, match="Advanced Order Export"):
            plan_import(path, **read.settings(), source=source)


def test_read_twice_is_the_same(read):
    text = csv_text(suite_orders(BASKET + dated_refunds()))
    one, two = read(text), read(text, rows=3)
    assert one.events.equals(two.events) and one.orders.equals(two.orders) and one.items.equals(two.items)


def test_nothing_personal_is_in_quarantine(read):
    rows = skyverge_items([Order("1", [Item("A")], date="soon")])
    found = read(csv_text(rows))
    payload = found.rejected["payload"][0].as_py()
    assert found.codes == {2: "bad_time"} and "ann@example.org" not in payload and "Mill Lane" not in payload
    assert "ring twice" not in payload and "Lee" not in payload


amounts = st.integers(0, 30_000).map(lambda cents: cents / 100)


@st.composite
def shops(draw):
    orders = []
    for number in range(draw(st.integers(1, 4))):
        items = []
        for place in range(draw(st.integers(1, 4))):
            total, off = draw(amounts), draw(st.integers(0, 2_000)) / 100
            items.append(Item(f"S{place % 3}", draw(st.integers(1, 5)), total, round(total + off, 2)))
        status = draw(st.sampled_from(["completed", "processing", "pending", "cancelled", "refunded"]))
        order = Order(str(100 + number), items, status, shipping=draw(amounts), tax=draw(amounts))
        parts = draw(st.integers(0, 2))
        order.refunds = [
            (f"2024-04-{place + 2:02d} 08:00:00", round(order.total / (place + 2), 2))
            for place in range(parts)
        ]
        orders.append(order)
    return orders


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shops(), st.randoms(use_true_random=False))
def test_sums_to_the_cent_in_every_layout_and_order_of_lines(read, orders, luck: random.Random):
    seen = set()
    for write in LAYOUTS.values():
        rows = write(orders)
        luck.shuffle(rows)
        found = read(csv_text(rows))
        assert found.rejected.num_rows == 0
        worth, back = (
            dict.fromkeys([o.number for o in orders], 0),
            dict.fromkeys([o.number for o in orders], 0),
        )
        for row in found.events.to_pylist():
            if row["type"] == "purchase":
                worth[row["order_id"]] += row["value"]
            elif row["type"] == "refund":
                back[row["order_id"]] -= row["value"]
        rows = ledger(found)
        for order in orders:
            row, cents = rows[order.number], round(sum(item.total for item in order.items) * 100)
            assert row["value"] == row["list_value"] - row["discount_value"] == cents * 100
            assert row["discount_value"] == round(order.discount * 100) * 100
            sale = row["left_out"] is None
            assert worth[order.number] == (cents * 100 if sale else 0)
            given = round(order.refunded_total * 100) * 100
            whole = order.status == "refunded" or (order.status == "cancelled" and sale)
            assert back[order.number] == (cents * 100 if whole else min(given, cents * 100)) * sale
        seen.add(
            tuple(
                sorted(
                    (name, row["value"], row["refund_value"], row["left_out"] or row["progress"])
                    for name, row in rows.items()
                )
            )
        )
    assert len(seen) == 1


def test_types_of_a_workbook(read):
    """Numbers and times of a table are no text."""
    table = pa.table(
        {
            "order_id": [71.0, 71.0], "order_date": [dt.datetime(2024, 3, 1, 10)] * 2, "status": ["completed"] * 2,
            "billing_email": ["ann@example.org"] * 2, "customer_id": [0.0, 0.0], "order_total": [15.0, 15.0],
            "item_sku": ["A", "B"], "item_quantity": [1, 2], "item_total": [10.0, 5.0],
        }
    )  # fmt: skip
    found = read.drained(plan_table(table, **read.settings()))
    assert bought(found) == [("71", "A", 10_000, 100_000), ("71", "B", 20_000, 50_000)]


@pytest.mark.parametrize("packed", ["line_items", "line_item_1"])
def test_empty_columns_of_the_other_layout(read, packed):
    """A format of a shop's own may have the columns of both layouts; the rows are items all the same."""
    plain = skyverge_items(BASKET)
    both = [row | {packed: ""} for row in plain]
    assert bought(read(csv_text(both))) == bought(read(csv_text(plain)))
    full = [row | {"line_items": skyverge_orders(BASKET)[0]["line_items"]} for row in plain]
    assert bought(read(csv_text(full))) == bought(read(csv_text(plain)))


def test_a_number_with_and_without_its_sign(read):
    """One export of a shop writes #1001, another 1001: it is one order."""
    signed = [row | {"order_number": "#" + row["order_number"]} for row in suite_items(BASKET)]
    assert list(ledger(read(csv_text(signed)))) == ["1001", "1002"]


BEFORE = [
    Order("1", [Item("A", 2, 20.0)], status="processing"),
    Order("2", [Item("A", 1, 10.0), Item("B", 1, 4.0)], date="2024-03-02 09:00:00"),
]
AFTER = [
    Order("1", [Item("A", 2, 20.0)], status="refunded", refunds=[("2024-04-02 08:00:00", 25.0)]),
    Order("2", [Item("A", 1, 10.0), Item("B", 1, 4.0)], date="2024-03-02 09:00:00"),
]


@pytest.mark.parametrize("layout", ["skyverge items", "skyverge orders", "skyverge json", "suite orders"])
@pytest.mark.parametrize("turned", [False, True])
def test_two_exports_in_one_file(read, layout, turned):
    """Put together in a spreadsheet, in either order: the later version of each order counts once."""
    before, after = LAYOUTS[layout](BEFORE), LAYOUTS[layout](AFTER)
    found = read(csv_text(after + before if turned else before + after))
    alone = read(csv_text(after))
    assert bought(found) == bought(alone) and bought(found, "refund") == bought(alone, "refund")
    rows, single = ledger(found), ledger(alone)
    for name in rows:
        assert {k: v for k, v in rows[name].items() if k != "line_count"} == {
            k: v for k, v in single[name].items() if k != "line_count"
        }
    assert sum(row["line_count"] for row in rows.values()) == len(before) + len(after)
    assert any("more than once in the file" in note for note in found.notes)
