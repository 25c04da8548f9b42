"""Order lines with a status: orders as they stand now, and logs that tell line by line."""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

HEADER = "order_id,date,customer_id,sku,qty,price,discount,status\n"


def orders(*rows):
    return HEADER + "".join(row + "\n" for row in rows)


def told(found):
    names = ("type", "order_id", "item_id", "quantity", "value")
    return [tuple(row[name] for name in names) for row in found.events.to_pylist()]


def ledger(found):
    return {row["order_id"]: row for row in found.orders.to_pylist()}


def test_a_refunded_order_was_sold_and_came_back_on_a_day_that_nobody_knows(read):
    found = read(
        orders(
            "1,2024-01-03,c,A,2,5,1,paid", "2,2024-01-04,d,A,2,5,1,refunded", "2,2024-01-04,d,B,1,3,,Refunded"
        )
    )
    assert told(found) == [
        ("purchase", "1", "A", 20_000, 90_000), ("purchase", "2", "A", 20_000, 90_000), ("purchase", "2", "B", 10_000, 30_000),
        ("refund", "2", "A", -20_000, -90_000), ("refund", "2", "B", -10_000, -30_000),
    ]  # fmt: skip
    back = found.events.to_pylist()[-1]
    assert json.loads(back["properties"]) == {"is_undated": True} and back["day"] == 19_726
    rows = ledger(found)
    assert (
        rows["1"]["progress"],
        rows["1"]["list_value"],
        rows["1"]["discount_value"],
        rows["1"]["value"],
    ) == (1, 100_000, 10_000, 90_000)
    assert (
        rows["2"]["progress"],
        rows["2"]["refund_value"],
        rows["2"]["refund_is_undated"],
        rows["2"]["line_count"],
    ) == (3, 120_000, True, 2)
    assert any("1 orders whose status says refunded or cancelled" in note for note in found.notes)


def test_one_row_per_order(read):
    found = read(
        "Order;Datum;Kunde;Summe;Status\n1;13.01.2024;7;12,50;Storniert\n2;14.01.2024;8;12,5;Bezahlt\n"
    )
    assert told(found) == [
        ("purchase", "1", None, None, 125_000), ("purchase", "2", None, None, 125_000), ("refund", "1", None, None, -125_000),
    ]  # fmt: skip
    assert found.properties()[-1] == {"is_cancellation": True, "is_undated": True}
    assert ledger(found)["1"]["is_cancelled"] and not ledger(found)["2"]["is_cancelled"]


@pytest.mark.parametrize("word", ["pending", "On Hold", "unbezahlt", "en attente de paiement", "待付款"])
def test_what_nobody_paid_is_no_sale(read, word):
    found = read(orders(f"1,2024-01-03,c,A,2,5,,{word}", "2,2024-01-03,c,A,2,5,,paid"))
    assert told(found) == [("checkout", "1", "A", 20_000, None), ("purchase", "2", "A", 20_000, 100_000)]
    row = ledger(found)["1"]
    assert (row["left_out"], row["progress"], row["value"], row["status"]) == ("unpaid", 0, 100_000, word)
    assert found.column("currency") == [None, "GBP"]


def test_statuses_as_the_database_of_a_shop_writes_them(read):
    """WooCommerce writes wc- before them; a query of its tables has no other sign of it."""
    words = ["wc-completed", "wc-cancelled", "wc-refunded", "wc-on-hold", "trash", "Denied", "Reversed"]
    found = read(orders(*(f"{n},2024-01-03,c,A,1,5,,{word}" for n, word in enumerate(words))))
    rows = ledger(found)
    assert [rows[str(n)]["left_out"] for n in range(7)] == [None, None, None, "unpaid", None, "unpaid", None]
    assert [rows[str(n)]["is_cancelled"] for n in range(7)] == [False, True, False, False, True, False, False]
    assert [rows[str(n)]["refund_value"] > 0 for n in range(7)] == [
        False,
        True,
        True,
        False,
        True,
        False,
        True,
    ]


def test_tests_are_counted_apart(read):
    found = read(orders("1,2024-01-03,c,A,2,5,,test", "2,2024-01-03,c,A,2,5,,paid"))
    assert [row[1] for row in told(found)] == ["2"] and ledger(found)["1"]["left_out"] == "test"


@pytest.mark.parametrize(
    "rows",
    [("1,2024-01-03,c,A,2,5,,paid", "1,2024-01-09,c,A,-1,5,,refunded", "2,2024-01-05,c,A,1,5,,cancelled"),
     ("1,2024-01-03,c,A,2,5,,paid", "1,2024-01-09,c,A,1,5,,refunded"), ("1,2024-01-03,c,A,2,5,,paid", "2,2024-01-03,c,A,2,5,,done")],
)  # fmt: skip
def test_a_log_of_lines_is_read_line_by_line(read, rows):
    """A negative line, a refund beside its purchase, and nothing but sales."""
    found = read(orders(*rows))
    kinds = ["refund" if "refunded" in row or "cancelled" in row else "purchase" for row in rows]
    assert found.column("type") == kinds and found.orders.num_rows == 0


def test_a_refund_beside_a_purchase_stays_what_it_is_in_a_file_of_whole_orders(read):
    found = read(
        orders(
            "1,2024-01-03,c,A,2,5,,paid", "1,2024-01-09,c,A,1,5,,refunded", "2,2024-01-05,c,A,1,5,,pending"
        )
    )
    assert found.column("type") == ["purchase", "refund", "checkout"] and list(ledger(found)) == ["2"]


def test_one_bad_line_keeps_its_whole_order_out(read):
    found = read(
        orders(
            "1,2024-01-03,c,A,2,5,,refunded",
            "1,soon,c,B,2,5,,refunded",
            "2,2024-01-03,c,A,2,5,,pending",
            ",2024-01-03,c,A,1,5,,",
        )
    )
    assert found.codes == {2: "bad_time", 3: "bad_time"} and list(ledger(found)) == ["2"]
    assert [row[:2] for row in told(found)] == [("checkout", "2"), ("purchase", None)]


def test_lines_are_streamed_where_no_status_needs_the_whole_file(read):
    assert read("order_id,date,customer,sku,amount\n1,2024-01-01,c,a,5\n").plan.kind == "events"
    assert read("date,customer,sku,amount,status\n2024-01-01,c,a,5,refunded\n").plan.kind == "events"
    assert read(orders("1,2024-01-03,c,A,2,5,,paid")).plan.kind == "events"
    assert (
        read(orders("1,2024-01-03,c,A,2,5,,paid", "2,2024-01-03,c,A,2,5,,void")).plan.kind == "whole_orders"
    )


words = st.sampled_from(["paid", "refunded", "cancelled", "pending", "test", ""])


@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(words, st.lists(st.integers(1, 500), min_size=1, max_size=3)), min_size=1, max_size=5),
    st.randoms(),
)
def test_sums_do_not_depend_on_the_order_of_lines(read, shop, luck):
    rows = [
        f"{n},2024-01-03,c,S{p},1,{price},,{word}"
        for n, (word, prices) in enumerate(shop)
        for p, price in enumerate(prices)
    ]
    luck.shuffle(rows)
    found = read(orders(*rows))
    bought = sum(row[4] for row in told(found) if row[0] == "purchase")
    back = sum(row[4] for row in told(found) if row[0] == "refund")
    worth = {
        word: 10_000 * sum(sum(prices) for name, prices in shop if name == word)
        for word in ("paid", "", "refunded", "cancelled")
    }
    assert bought == sum(worth.values()) and back == -worth["refunded"] - worth["cancelled"]
