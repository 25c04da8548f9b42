import pytest

from regulars.errors import MappingError

HEADER = "order_id,date,customer_id,sku,name of item,qty,price,discount,status,currency,country,channel\n"


def orders(*rows):
    return HEADER + "".join(row + "\n" for row in rows)


def test_a_line_becomes_a_purchase(read):
    found = read(orders("O1,2024-07-01 10:30,C1,S1,Mug,3,2.55,0.5,paid,gbp,United Kingdom,email"))
    assert found.events.to_pylist() == [
        {
            "source_row": 2, "user_id": "C1", "anonymous_id": None, "type": "purchase", "occurred_us": 1_719_826_200_000_000,
            "day": 19_905, "second": 1_719_829_800, "order_id": "O1", "item_id": "S1", "quantity": 30_000, "value": 71_500,
            "currency": "GBP", "channel": "email", "campaign": None,
            "properties": '{"country":"United Kingdom","discount_value":5000}',
        }
    ]  # fmt: skip
    assert found.plan.source == "orders" and found.rejected.num_rows == 0


def test_returns_are_negative_whichever_sign_the_file_writes(read):
    found = read(
        orders(
            "O1,2024-07-01,C1,S1,,2,5,1,refunded,,,",
            "O1,2024-07-02,C1,S1,,-2,5,1,Returned,,,",
            "O2,2024-07-02,C1,S1,,1,5,,cancelled,,,",
        )
    )
    assert found.column("type") == ["refund"] * 3
    assert found.column("quantity") == [-20_000, -20_000, -10_000]
    assert found.column("value") == [-90_000, -90_000, -50_000]


def test_a_negative_quantity_without_a_cancelled_order_is_rejected(read):
    found = read(orders("O1,2024-07-01,C1,S1,,-2,5,,paid,,,", "O2,2024-07-01,C1,S1,,1,5,,,,,"))
    assert found.codes == {2: "refund_without_order"} and found.events.num_rows == 1
    assert "qty is '-2'" in found.rejected["message"][0].as_py()


def test_a_negative_amount_with_a_quantity_is_a_charge(read):
    found = read(orders("O1,2024-07-01,C1,VOUCHER,,1,-5,,paid,,,"))
    assert (found.column("type"), found.column("value")) == (["charge"], [-50_000])


def test_each_reason_to_reject(read):
    found = read(
        orders(
            ",soon,C1,S1,,1,5,,,,,", "O2,2031-01-01,C1,S1,,1,5,,,,,", "O3,2024-07-01,C1,S1,,1,inf,,,,,", "O4,2024-07-01,C1,S1,,x,5,,,,,",
            "O5,2024-07-01,C1,S1,,1,5,,,EUR,,", "O6,,C1,S1,,1,5,,,,,", "O7,2024-07-01,C1,S1,,,5,,,,,", "O8,2024-07-01,C1,S1,,1,,,,,,",
            "O9,2024-07-01,C1", "O10,2024-07-01,C1,S1,,1,€5,,,,,", "O11,2024-07-01,C1,S1,,99999999999999,99999999999999,,,,,", "O12,2024-07-01,C1,S1,,1,5,,,,,",
        )
    )  # fmt: skip
    assert found.codes == {
        2: "bad_time", 3: "future_time", 4: "bad_number", 5: "bad_number", 6: "bad_currency", 7: "missing_value", 8: "missing_value",
        9: "missing_value", 10: "broken_line", 11: "bad_currency", 12: "bad_number",
    }  # fmt: skip
    assert found.column("order_id") == ["O12"] and found.read == 12
    assert found.payload(0)["date"] == "soon" and found.payload(0)["order_id"] is None
    assert found.payload(8) == {"raw_line": "O9,2024-07-01,C1"}


def test_rows_without_a_customer_stay(read):
    assert read(orders("O1,2024-07-01,,S1,,1,5,,,,,")).column("user_id") == [None]


def test_one_row_per_order(read):
    found = read("Order;Datum;Kunde;Summe\n1;13.01.2024;7;1.234,50\n2;14.01.2024;8;12,5\n")
    assert found.plan.mapping == {
        "time": "Datum", "order_id": "Order", "user_id": "Kunde", "value": "Summe", "decimal_mark.value": "=comma",
    }  # fmt: skip
    assert found.column("value") == [12_345_000, 125_000] and found.column("quantity") == [None, None]


def test_the_total_of_an_order_is_no_line_value(read):
    """It would count once per line of the order."""
    with pytest.raises(MappingError, match="value or unit_price"):
        read("order_id,date,customer,sku,total\n1,2024-01-01,c,a,30\n1,2024-01-01,c,b,30\n")
    text = "order_id,date,customer,sku,total\n1,2024-01-01,c,a,30\n"
    assert read(text, mapping={"value": "total"}).column("value") == [300_000]


def test_total_wins_over_quantity_times_price(read):
    found = read(
        "order_id,date,customer,sku,qty,price,line_total\n1,2024-01-01,c,a,2,3,5.5\n1,2024-01-01,c,b,2,3,\n"
    )
    assert found.column("value") == [55_000, 60_000]


def test_ids_that_went_through_floats(read):
    found = read("order_id,date,customer_id,sku,qty,price\n536365.0,2024-01-01,17850.0,85123A,6.0,2.55\n")
    assert (found.column("user_id"), found.column("order_id"), found.column("quantity")) == (
        ["17850"],
        ["536365"],
        [60_000],
    )


def test_shopify_calls_the_order_number_a_name(read):
    text = (
        "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n"
        "#1001,ann@example.org,paid,2024-01-05 10:33:12 +0100,GBP,12.00,2024-01-05 10:33:10 +0100,2,Mug,6.00,MUG\n"
    )
    found = read(text)
    assert found.column("order_id") == ["#1001"] and found.column("value") == [120_000]
    assert found.column("user_id")[0].startswith("h:") and found.column("occurred_us") == [
        1_704_447_190_000_000
    ]
    assert found.items.to_pylist()[0] | {"attributes": 0} == {
        "item_id": "MUG", "title": "Mug", "category": None, "price": 60_000, "cost": None, "attributes": 0,
    }  # fmt: skip


def test_constants_fill_what_the_file_does_not_say(read):
    found = read(
        "date,customer,amount\n2024-01-01,c,5\n", mapping={"channel": "=shop floor", "country": "=France"}
    )
    assert found.column("channel") == ["shop floor"] and found.properties() == [{"country": "France"}]


@pytest.mark.parametrize(
    ("rows", "order"),
    [(["13/01/2024", "01/02/2024"], "=day_first"), (["01/13/2024", "02/01/2024"], "=month_first")],
)
def test_the_file_decides_about_day_and_month(read, rows, order):
    found = read("date,customer,amount\n" + "".join(f"{row},c,5\n" for row in rows))
    assert found.plan.mapping["date_order"] == order
    assert found.column("day") == [19_735, 19_754]


def test_mixed_date_formats_follow_the_majority(read):
    rows = ["13/01/2024", "14/01/2024", "01/15/2024", "2024-01-16", "03/04/2024"]
    found = read("date,customer,amount\n" + "".join(f"{row},c,5\n" for row in rows))
    assert found.codes == {4: "bad_time"} and found.events.num_rows == 4
    assert any("mixed date formats" in note for note in found.plan.notes)


def test_two_currencies(read):
    found = read("date,customer,amount,currency\n2024-01-01,c,5,GBP\n2024-01-01,c,5,eur\n2024-01-01,c,5,\n")
    assert found.codes == {3: "bad_currency"} and found.column("currency") == ["GBP", "GBP"]


def test_small_batches_give_the_same_events(read):
    rows = [
        f"O{i},2024-01-0{i % 9 + 1},C{i % 5},S{i % 3},Thing {i % 3},{i % 4},{i}.25,,,,," for i in range(60)
    ]
    whole, parts = read(orders(*rows)), read(orders(*rows), rows=7)
    assert whole.events.equals(parts.events.combine_chunks()) and whole.items.equals(
        parts.items.combine_chunks()
    )
