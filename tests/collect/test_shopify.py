import csv
import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.collect.contacts import hashed_contact
from regulars.errors import MappingError

LATEST = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem compare at price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem taxable",
    "Lineitem fulfillment status",
    "Billing Name",
    "Billing Street",
    "Billing Address1",
    "Billing Address2",
    "Billing Company",
    "Billing City",
    "Billing Zip",
    "Billing Province",
    "Billing Country",
    "Billing Phone",
    "Shipping Name",
    "Shipping Street",
    "Shipping Address1",
    "Shipping Address2",
    "Shipping Company",
    "Shipping City",
    "Shipping Zip",
    "Shipping Province",
    "Shipping Country",
    "Shipping Phone",
    "Notes",
    "Note Attributes",
    "Cancelled at",
    "Payment Method",
    "Payment Reference",
    "Refunded Amount",
    "Vendor",
    "Outstanding Balance",
    "Employee",
    "Location",
    "Device ID",
    "Id",
    "Tags",
    "Risk Level",
    "Source",
    "Lineitem discount",
    "Tax 1 Name",
    "Tax 1 Value",
    "Tax 2 Name",
    "Tax 2 Value",
    "Tax 3 Name",
    "Tax 3 Value",
    "Tax 4 Name",
    "Tax 4 Value",
    "Tax 5 Name",
    "Tax 5 Value",
    "Phone",
    "Receipt Number",
    "Duties",
    "Billing Province Name",
    "Shipping Province Name",
    "Payment ID",
    "Payment Terms Name",
    "Next Payment Due At",
    "Payment References",
]
# Labels of other years: letter case, one l, a column more in front, sums of taxes and duties missing.
OTHER = [
    "Variant", "NAME", "email", "Financial status", "Paid At", "Accepts marketing", "CURRENCY", "subtotal", "Shipping",
    "Taxes", "total", "Discount code", "Discount amount", "Created At", "Lineitem Quantity", "Lineitem Name", "Lineitem Price",
    "Lineitem SKU", "Lineitem discount", "Canceled at", "Payment method", "Refunded amount", "ID", "tags", "Phone",
    "Shipping country", "Billing country", "Source", "Vendor",
]  # fmt: skip
HEADERS = {"latest": LATEST, "other": OTHER}


def written(rows, header=LATEST, delimiter=",", comma=False):
    """Rows given by the latest labels, as a file with the labels of ``header``; ``comma``: decimal commas."""
    labels = {name.lower().replace("cancelled", "canceled"): name for name in header}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    for row in rows:
        cells = {
            labels.get(key.lower().replace("cancelled", "canceled")): str(value) for key, value in row.items()
        }
        line = [cells.get(name, "") for name in header]
        if comma:
            line = [cell.replace(".", ",") if cell.replace(".", "", 1).isdigit() else cell for cell in line]
        writer.writerow(line)
    return text.getvalue()


def order(name, items, **facts):
    """One order as Shopify writes it: its own cells on the first row, name, e-mail and time on every row."""
    at = facts.pop("at", "2024-03-01 10:12:33 +0100")
    email = facts.pop("email", "ann@example.org")
    shared = {"Name": name, "Email": email, "Created at": at, "Vendor": "Acme"}
    first = {
        "Financial Status": "paid", "Paid at": at, "Currency": "GBP", "Shipping": "5.00", "Taxes": "0.00",
        "Discount Amount": "0.00", "Refunded Amount": "0.00", "Id": "55" + name[-4:], "Source": "web",
        "Accepts Marketing": "no", "Shipping Country": "GB", "Payment Method": "Shopify Payments",
    }  # fmt: skip
    worth = sum(quantity * price for _, quantity, price, *_ in items)
    first["Subtotal"] = f"{worth:.2f}"
    first |= {key: value for key, value in facts.items() if value is not None}
    first.setdefault("Total", f"{float(first['Subtotal'] or 0) + 5:.2f}")
    rows = []
    for place, (sku, quantity, price, *off) in enumerate(items):
        line = {
            "Lineitem quantity": quantity, "Lineitem name": f"The {sku}", "Lineitem price": f"{price:.2f}",
            "Lineitem sku": sku, "Lineitem discount": f"{off[0] if off else 0:.2f}",
        }  # fmt: skip
        rows.append(shared | (first if place == 0 else {}) | line)
    return rows


def sums(found):
    """Money of each order from its events: purchases, discounts, refunds."""
    result = {}
    rows = zip(
        found.column("order_id"), found.column("type"), found.column("value"), found.properties(), strict=True
    )
    for name, kind, value, properties in rows:
        bought, off, back = result.get(name, (0, 0, 0))
        if kind == "purchase":
            bought, off = bought + value, off + properties.get("discount_value", 0)
        elif kind == "refund":
            back -= value
        result[name] = (bought, off, back)
    return {name: tuple(part / 10_000 for part in parts) for name, parts in sorted(result.items())}


def ledger(found):
    return {row["order_id"]: row for row in found.orders.to_pylist()}


@pytest.mark.parametrize("version", HEADERS)
def test_cells_of_the_first_row_and_the_order_discount_go_to_every_line(read, version):
    rows = order(
        "#1001", [("A", 2, 10), ("B", 1, 9.99), ("C", 1, 0)], Subtotal="26.99", **{"Discount Amount": "3.00", "Discount Code": "TEN"}
    )  # fmt: skip
    found = read(written(rows, HEADERS[version]))
    assert found.plan.source == "shopify" and found.plan.kind == "whole_orders"
    assert found.column("type") == ["purchase"] * 3
    assert found.column("value") == [180_000, 89_900, 0] and sum(found.column("value")) == 269_900
    assert [properties.get("discount_value") for properties in found.properties()] == [20_000, 10_000, None]
    assert found.properties()[2] == {"country": "GB", "discount_code": "TEN", "vendor": "Acme"}
    assert set(found.column("user_id")) == {hashed_contact("ann@example.org", read.settings()["hash_key"])}
    assert found.column("channel") == ["web"] * 3 and found.column("order_id") == ["#1001"] * 3
    assert found.column("occurred_us") == [1_709_284_353_000_000] * 3
    row = ledger(found)["#1001"]
    assert (row["list_value"], row["discount_value"], row["value"]) == (299_900, 30_000, 269_900)
    assert (row["shipping_value"], row["total_value"], row["line_count"], row["progress"]) == (
        50_000,
        319_900,
        3,
        1,
    )
    assert row["left_out"] is None and row["status"] == "paid"
    assert found.items["item_id"].to_pylist() == ["A", "B", "C"]
    assert found.items["price"].to_pylist() == [100_000, 99_900, None]


def test_statuses(read):
    rows = [
        *order("#1", [("A", 1, 10)]),
        *order("#2", [("A", 1, 10)], **{"Financial Status": "partially_paid"}),
        *order("#3", [("A", 1, 10)], **{"Financial Status": "pending", "Paid at": None}),
        *order("#4", [("A", 1, 10)], **{"Financial Status": "authorized", "Paid at": None}),
        *order("#5", [("A", 1, 10)], **{"Financial Status": "expired", "Paid at": None}),
        *order("#6", [("A", 1, 10)], **{"Financial Status": "voided", "Paid at": None, "Cancelled at": "2024-03-02 09:00:00 +0100"}),
        *order("#7", [("A", 1, 10)], **{"Financial Status": "pending", "Paid at": None, "Cancelled at": "2024-03-02 09:00:00 +0100"}),
        *order("#8", [("A", 1, 10)], **{"Payment Method": "(for testing) Bogus Gateway"}),
        *order("#9", [("A", 1, 10)], Tags="wholesale, Test"),
        *order("#10", [("A", 1, 10)], Tags="contest, testimonial", **{"Financial Status": "Partially_Paid"}),
        *order("#11", [("A", 1, 10)], Currency="USD"),
        *order("#12", [("A", 1, 10)], **{"Financial Status": "on layaway"}),
    ]  # fmt: skip
    found = read(written(rows))
    assert {name: row["left_out"] for name, row in ledger(found).items()} == {
        "#1": None, "#2": None, "#3": "unpaid", "#4": "unpaid", "#5": "unpaid", "#6": "cancelled", "#7": "cancelled",
        "#8": "test", "#9": "test", "#10": None, "#11": "foreign_currency", "#12": None,
    }  # fmt: skip
    kinds = dict(zip(found.column("order_id"), found.column("type"), strict=True))
    assert {name for name, kind in kinds.items() if kind == "purchase"} == {"#1", "#2", "#10", "#12"}
    assert {name for name, kind in kinds.items() if kind == "checkout"} == {"#3", "#4", "#5", "#6", "#7"}
    assert set(found.codes.values()) == {"bad_currency"}
    progress = {name: row["progress"] for name, row in ledger(found).items()}
    assert [progress[name] for name in ("#1", "#3", "#6", "#7")] == [1, 0, 3, 3]
    assert any("1 orders with a Financial Status that is not known" in note for note in found.notes)


def test_refunds_and_cancellations(read):
    rows = [
        *order("#1", [("A", 1, 10), ("B", 2, 5)], **{"Financial Status": "partially_refunded", "Refunded Amount": "7.50"}),
        *order("#2", [("A", 1, 10), ("B", 2, 5)], **{"Financial Status": "refunded", "Refunded Amount": "25.00"}),
        *order("#3", [("A", 1, 10)], **{"Financial Status": "refunded", "Refunded Amount": "15.00",
                                        "Cancelled at": "2024-03-05 09:00:00 +0100"}),
        *order("#4", [("A", 1, 10)], **{"Cancelled at": "2024-03-06 09:00:00 +0100"}),
    ]  # fmt: skip
    found = read(written(rows))
    assert sums(found) == {"#1": (20, 0, 7.5), "#2": (20, 0, 20), "#3": (10, 0, 10), "#4": (10, 0, 10)}
    back = [
        (name, item, quantity, day, properties.get("is_undated"), properties.get("is_cancellation"))
        for kind, name, item, quantity, day, properties in zip(
            *(found.column(c) for c in ("type", "order_id", "item_id", "quantity", "day")), found.properties(), strict=True
        )
        if kind == "refund"
    ]  # fmt: skip
    placed = 19_783
    assert sorted(back, key=str) == [
        ("#1", None, None, placed, True, None),
        ("#2", "A", -10_000, placed, True, None),
        ("#2", "B", -20_000, placed, True, None),
        ("#3", "A", -10_000, placed + 4, None, True),
        ("#4", "A", -10_000, placed + 5, None, True),
    ]
    rows = ledger(found)
    assert [rows[name]["refund_value"] for name in rows] == [75_000, 250_000, 150_000, 100_000]
    assert [rows[name]["progress"] for name in rows] == [2, 3, 3, 3]
    assert [rows[name]["refund_is_undated"] for name in rows] == [True, True, False, False]
    assert [rows[name]["is_cancelled"] for name in rows] == [False, False, True, True]


def test_guests_are_counted_and_never_merged(read):
    named = {"Billing Name": "Ann Smith", "Billing Phone": "+44 20 7946 0958", "Shipping Name": "Ann Smith"}
    rows = [
        *order("#1", [("A", 1, 10)], email="", **named),
        *order("#2", [("A", 1, 10)], email="", **named),
        *order("#3", [("A", 1, 10)], email="ANN@example.org "),
        *order("#4", [("A", 1, 10)], email="", Phone="'+44 20 7946 0958"),
        *order("#5", [("A", 1, 10)], email="", Phone="0044 (20) 7946-0958"),
        *order("#6", [("A", 1, 10)], email="", Phone="4.47912E+11"),
    ]
    found = read(written(rows))
    key = read.settings()["hash_key"]
    phone = hashed_contact("+442079460958", key)
    assert found.column("user_id") == [None, None, hashed_contact("ann@example.org", key), phone, phone, None]
    assert len(found.orders) == 6 and sum(found.column("value")) == 600_000
    assert set(found.contacts["email"].to_pylist()) == {"ann@example.org", None}
    stored = str([found.events.to_pylist(), found.orders.to_pylist(), found.items.to_pylist()])
    assert "Smith" not in stored and "7946" not in stored and "ann@" not in stored


@pytest.mark.parametrize(
    ("at", "comma"),
    [
        ("2024-03-01 10:12:33 +0100", False),
        ("2024-03-01T09:12:33Z", False),
        ("'2024-03-01 09:12:33", False),
        ("45352.3837152778", False),
        ("45352.3837152778", True),
    ],
)
def test_times_and_spreadsheets(read, at, comma):
    rows = order("'#1001", [("'00123", 2, 10.5)], at=at, Subtotal="20.00", **{"Discount Amount": "1.00"})
    found = read(written(rows, delimiter=";" if comma else ",", comma=comma))
    assert found.column("order_id") == ["#1001"] and found.column("item_id") == ["00123"]
    assert found.column("occurred_us") == [1_709_284_353_000_000] and found.column("value") == [200_000]
    assert ledger(found)["#1001"]["discount_value"] == 10_000


@pytest.mark.parametrize(
    ("orders", "wanted", "note"),
    [
        ([("12.00", "17.00")] * 3, [True] * 3, "prices include taxes: Total is Subtotal + Shipping in 3 of 3"),
        ([("12.00", "19.00")] * 3, [False] * 3, "prices are before taxes"),
        # Tips and duties make the Total differ; most orders decide, and say so of those that fit neither.
        ([("12.00", "17.00"), ("12.00", "17.00"), ("12.00", "20.00")], [True] * 3, "in 2 of 3 orders"),
        ([("12.00", "17.00"), ("12.00", "19.00"), ("12.00", "19.00")], [True, False, False], "in 1 orders and not in 2"),
    ],
)  # fmt: skip
def test_whether_prices_include_taxes(read, orders, wanted, note):
    rows = [
        row
        for number, (subtotal, total) in enumerate(orders)
        for row in order(f"#{number}", [("A", 1, 12)], Subtotal=subtotal, Total=total, Taxes="2.00")
    ]
    found = read(written(rows))
    assert found.orders["tax_is_included"].to_pylist() == wanted
    assert found.orders["tax_value"].to_pylist() == [20_000] * 3
    assert any(note in text for text in found.notes), found.notes


def test_duties_and_a_file_without_taxes(read):
    rows = order("#1", [("A", 1, 12)], Total="20.00", Taxes="2.00", Duties="3.00")
    assert read(written(rows)).orders["tax_is_included"].to_pylist() == [True]
    plain = read(written(order("#1", [("A", 1, 12)])))
    assert plain.orders["tax_is_included"].to_pylist() == [None] and "the file states no taxes" in plain.notes


def test_discounts_of_lines(read):
    rows = [
        # Off one line, and in the order's discount as well.
        *order("#1", [("A", 2, 10, 4), ("B", 1, 10)], Subtotal="26.00", **{"Discount Amount": "4.00"}),
        # Off a line, and a code for the whole order.
        *order("#2", [("A", 2, 10, 4), ("B", 1, 10)], Subtotal="23.00", **{"Discount Amount": "7.00"}),
        # A part of the discount is off the postage.
        *order("#3", [("A", 1, 10)], Subtotal="9.00", **{"Discount Amount": "6.00"}),
        # The line's discount is not in the Subtotal.
        *order("#4", [("A", 1, 10, 4)], Subtotal="10.00"),
    ]
    found = read(written(rows))
    assert sums(found) == {"#1": (26, 4, 0), "#2": (23, 7, 0), "#3": (9, 1, 0), "#4": (10, 0, 0)}
    assert found.column("value")[2:4] == [141_500, 88_500]
    assert not any("edited" in note for note in found.notes)


def test_edited_orders_follow_their_subtotal(read):
    rows = [
        *order("#1", [("A", 1, 10), ("B", 0, 7), ("C", 2, 5)], Subtotal="15.00"),
        *order("#2", [("A", 1, 10), ("B", 1, 30)], Subtotal="50.00"),
        *order("#3", [("A", 0, 10)], Subtotal="0.00"),
        *order("#4", [("A", 1, 10)]),
    ]
    found = read(written(rows))
    assert sums(found) == {"#1": (15, 5, 0), "#2": (50, 0, 0), "#4": (10, 0, 0)}
    assert found.column("item_id") == ["A", "C", "A", "B", "A"]
    assert [row["line_count"] for row in found.orders.to_pylist()] == [3, 2, 1, 1]
    assert any(note.startswith("2 orders whose lines") for note in found.notes)


def test_tips_and_lines_of_nothing(read):
    tip = {"Lineitem quantity": "1", "Lineitem name": "Tip", "Lineitem price": "3.00"}
    first, second = order("#1", [("A", 1, 10)], Total="18.00"), order("#2", [("A", 1, 10)], Subtotal="13.00")
    shipping_only = [
        {k: v for k, v in row.items() if not k.startswith("Line")}
        for row in order("#3", [("A", 1, 10)], Subtotal="0.00")
    ]
    gift = order("#4", [("", 1, 50)])
    rows = [*first, {"Name": "#1", **tip}, *second, {"Name": "#2", **tip}, *shipping_only, *gift]
    found = read(written(rows))
    assert sums(found) == {"#1": (10, 0, 0), "#2": (13, 0, 0), "#4": (50, 0, 0)}
    assert found.column("item_id") == ["A", "A", "Tip", "The"]
    assert ledger(found)["#3"]["value"] == 0 and ledger(found)["#3"]["line_count"] == 1


def test_a_line_that_cannot_be_read_takes_its_order_along(read):
    rows = [
        *order("#1", [("A", 1, 10), ("B", 1, 10)]),
        *order("#2", [("A", 1, 10)], at="yesterday"),
        *order("#3", [("A", -1, 10)]),
        *order("#4", [("A", 1, 10)]),
    ]
    rows[1]["Lineitem price"] = "ten"
    found = read(written(rows))
    assert found.codes == {2: "bad_number", 3: "bad_number", 4: "bad_time", 5: "bad_number"}
    assert found.rejected["message"].to_pylist()[0].startswith("line 3 of its order: Lineitem price is 'ten'")
    assert list(ledger(found)) == ["#4"] and found.column("order_id") == ["#4"]


def test_an_order_without_its_first_row_is_not_half_an_order(read):
    rows = order("#1", [("A", 1, 10), ("B", 1, 10)])[1:] + order("#2", [("A", 1, 10)])
    found = read(written(rows))
    assert found.codes == {2: "missing_value"} and list(ledger(found)) == ["#2"]
    assert "first row" in found.rejected["message"][0].as_py()


def test_the_same_order_several_times_in_a_file(read):
    early = order("#1", [("A", 1, 10), ("B", 1, 5)])
    late = order(
        "#1",
        [("A", 1, 10), ("B", 1, 5)],
        **{"Financial Status": "partially_refunded", "Refunded Amount": "5.00"},
    )
    twice = order("#2", [("A", 1, 10), ("B", 1, 5)])
    found = read(written([*late, *early, *twice, *twice]))
    assert sums(found) == {"#1": (15, 0, 5), "#2": (15, 0, 0)}
    assert [row["line_count"] for row in found.orders.to_pylist()] == [4, 4]
    assert any(note.startswith("2 orders stand more than once") for note in found.notes)


def test_cells_that_were_filled_down(read):
    rows = order(
        "#1", [("A", 1, 10), ("A", 1, 10), ("B", 1, 5)], Subtotal="22.00", **{"Discount Amount": "3.00"}
    )
    filled = [rows[0] | row for row in rows]
    found = read(written(filled))
    assert sums(found) == {"#1": (22, 3, 0)} == sums(read(written(rows)))
    assert not any("more than once" in note for note in found.notes)


def test_two_orders_of_one_name(read):
    rows = [
        *order("#1", [("A", 1, 10)], Id="9002"),
        *order("#1", [("B", 1, 7)], Id="801"),
        *order("#2", [("C", 1, 1)]),
    ]
    found = read(written(rows))
    assert sums(found) == {"#1": (7, 0, 0), "#1/9002": (10, 0, 0), "#2": (1, 0, 0)}
    assert any("1 names belong to several orders" in note for note in found.notes)


def test_few_columns(read):
    found = read(
        "Name,Email,Financial Status,Total,Created at,Lineitem name\n"
        "#1,a@example.org,paid,30.00,2024-03-01 10:00:00 +0000,Lamp\n#1,,,,,Shade\n#2,b@example.org,pending,5,2024-03-02,Lamp\n"
    )
    assert found.column("type") == ["purchase", "purchase", "checkout"]
    assert found.column("value") == [150_000, 150_000, None] and found.column("item_id") == [
        "Lamp",
        "Shade",
        "Lamp",
    ]


def test_only_needed_columns_are_read(read):
    rows = order("#1", [("A", 1, 10)], Notes="call me: 020 7946 0958", **{"Shipping Street": "1 Main St"})
    rows[0]["Lineitem price"] = "ten"
    found = read(written(rows))
    assert (
        "Main St" not in found.rejected["payload"][0].as_py()
        and "7946" not in found.rejected["payload"][0].as_py()
    )
    assert not {"Notes", "Shipping Street", "Billing Name"} & set(found.payload())


orders_strategy = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 4), st.integers(0, 5_000), st.integers(0, 300)), min_size=1, max_size=4),
        st.integers(0, 12_000),
        st.sampled_from(["paid", "pending", "refunded", "partially_refunded"]),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


@given(orders_strategy, st.integers(0, 10**6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_sum_to_the_subtotal_wherever_they_stand(read, orders, seed):
    rows, wanted = [], {}
    for number, (items, subtotal, status) in enumerate(orders):
        name = f"#{1000 + number}"
        cents = [(sku, quantity, price / 100, off / 100) for sku, quantity, price, off in items]
        facts = {"Financial Status": status, "Refunded Amount": f"{subtotal / 300:.2f}"}
        rows += order(name, cents, Subtotal=f"{subtotal / 100:.2f}", **facts)
        wanted[name] = subtotal * 100
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    found = [read(written(content)) for content in (rows, mixed, rows)]
    for one in found:
        assert {row["order_id"]: row["value"] for row in one.orders.to_pylist()} == wanted
        assert sums(one) == sums(found[0])
    content = [name for name in found[0].events.column_names if name != "source_row"]
    events = [sorted(map(str, one.events.select(content).to_pylist())) for one in found]
    assert events[0] == events[1] == events[2], "lines in another order are the same events"
    assert found[0].events.equals(found[2].events) and found[0].orders.equals(found[2].orders)


def test_line_breaks_in_cells_that_are_not_read(read):
    rows = order(
        "#1",
        [("A", 1, 10), ("B", 1, 5)],
        Notes='Ring twice,\nthen "wait"\n\nplease',
        **{"Note Attributes": "a: 1\nb: 2"},
    )
    found = read(written([*rows, *order("#2", [("C", 1, 1)])]).replace("\r\n", "\n").encode("utf-8-sig"))
    assert sums(found) == {"#1": (15, 0, 0), "#2": (1, 0, 0)} and found.read == 3


def test_a_table_with_numbers_of_its_own(read):
    import pyarrow as pa

    from regulars.collect.sources import plan_table

    table = pa.table(
        {
            "Name": [1044.0, 1044.0, 1045.0],
            "Email": ["a@example.org", None, None],
            "Financial Status": ["paid", None, "paid"],
            "Created at": [45352.4253, None, 45352.5],
            "Subtotal": [29.5, None, 7.0],
            "Total": [29.5, None, 7.0],
            "Discount Amount": [0.5, None, 0],
            "Lineitem quantity": [2, 1, 1],
            "Lineitem name": ["Mug", "Tea", "Tea"],
            "Lineitem price": [10.0, 10, 7],
            "Lineitem sku": [123.0, 124.0, 124.0],
            "Phone": [None, None, 447912345678.0],
        }
    )
    found = read.drained(plan_table(table, **read.settings()))
    assert sums(found) == {"1044": (29.5, 0.5, 0), "1045": (7, 0, 0)}
    assert found.column("item_id") == ["123", "124", "124"]
    assert found.column("user_id")[2] == hashed_contact("447912345678", read.settings()["hash_key"])


def test_a_file_without_a_line(read):
    found = read(",".join(LATEST) + "\n", source="shopify")
    assert (found.read, len(found.events), len(found.orders)) == (0, 0, 0)


def test_refunds_beyond_the_order_and_free_orders(read):
    rows = [
        *order("#1", [("A", 1, 10)], **{"Financial Status": "refunded", "Refunded Amount": "40.00"}),
        *order("#2", [("A", 1, 10)], Subtotal="0.00", Total="0.00", **{"Discount Amount": "10.00", "Paid at": None}),
        *order("#3", [("A", 1, 10)], Subtotal="0.00", Total="0.00", **{"Cancelled at": "2024-03-02 09:00:00 +0100"}),
        *order("#4", [("A", 1, 10)], **{"Financial Status": "refunded", "Refunded Amount": ""}),
    ]  # fmt: skip
    found = read(written(rows))
    assert sums(found) == {"#1": (10, 0, 10), "#2": (0, 10, 0), "#3": (0, 10, 0), "#4": (10, 0, 10)}
    rows = ledger(found)
    assert [rows[name]["refund_value"] for name in rows] == [400_000, 0, 0, 150_000]
    assert found.column("type").count("refund") == 3


def test_months_put_together_in_one_file(read):
    january = order("#1", [("A", 1, 10), ("B", 2, 5)]) + order(
        "#2", [("A", 3, 10)], **{"Financial Status": "pending"}
    )
    february = (
        order("#1", [("A", 1, 10)], Subtotal="10.00")
        + order("#2", [("A", 3, 10)])
        + order("#3", [("C", 1, 1)])
    )
    march = order(
        "#1", [("A", 1, 10)], Subtotal="10.00", **{"Financial Status": "refunded", "Refunded Amount": "15.00"}
    )
    found = read(written([*january, *february, *march, *order("#3", [("C", 1, 1)])]))
    assert sums(found) == {"#1": (10, 0, 10), "#2": (30, 0, 0), "#3": (1, 0, 0)}
    assert sum(row["line_count"] for row in found.orders.to_pylist()) == found.read == 8
    assert any(note.startswith("3 orders stand more than once") for note in found.notes)


def test_copies_of_an_order_that_cost_nothing(read):
    rows = [
        *order("#1", [("S", 1, 0)]),
        *order("#2", [("S", 1, 0), ("T", 1, 0)]),
        *order("#3", [("A", 1, 10), ("B", 1, 20)], Subtotal="45.00"),
    ]
    found = read(written(rows + rows))
    assert found.column("item_id") == ["S", "S", "T", "A", "B"]
    assert sums(found) == {"#1": (0, 0, 0), "#2": (0, 0, 0), "#3": (45, 0, 0)}
    free = order("#1", [("S", 1, 0), ("T", 1, 0)])
    assert read(written([free[0] | row for row in free])).column("item_id") == ["S", "T"]


def test_filled_down_cells_of_edited_orders(read):
    removed = order("#1", [("A", 1, 10), ("B", 1, 20)], Subtotal="10.00")
    found = read(written([removed[0] | row for row in removed]))
    assert [row["list_value"] for row in found.orders.to_pylist()] == [300_000] and sums(found) == {
        "#1": (10, 20, 0)
    }


def test_a_status_that_was_filled_down_in_months_put_together(read):
    rows = order("#1", [("A", 1, 10), ("B", 2, 5), ("C", 1, 1)])
    filled = [row | {"Financial Status": "paid"} for row in rows]
    found = read(written(filled + filled))
    assert sums(found) == {"#1": (21, 0, 0)} and found.column("item_id") == ["A", "B", "C"]


def test_of_copies_that_went_equally_far_the_one_that_names_the_latest_instant_counts(read):
    early = order("#1", [("A", 1, 10)])
    late = order("#1", [("B", 1, 10), ("C", 1, 1)], **{"Fulfilled at": "2024-03-09 10:00:00 +0100"})
    assert read(written(late + early)).column("item_id") == ["B", "C"]
    assert read(written(early + late)).column("item_id") == ["B", "C"]


def test_an_id_that_a_spreadsheet_program_rounded_names_no_order(read):
    rounded = order("#1", [("A", 1, 10)], Id="6.09758E+12")
    found = read(written(rounded + order("#1", [("A", 1, 10)], Id="6097582719028")))
    assert sums(found) == {"#1": (10, 0, 0)}


def test_orders_that_were_rejected_are_not_called_edited(read):
    rows = order("#1", [("A", 1, 10)]) + order("#2", [("A", 1, 10)])
    rows[1]["Lineitem price"] = "ten"
    found = read(written(rows))
    assert found.codes and not any("edited" in note for note in found.notes)


def test_transaction_histories_are_refused_with_the_name_of_the_export_to_use(read):
    header = "Order,Name,Kind,Gateway,Created At,Status,Amount,Currency,Card Type\n"
    with pytest.raises(MappingError, match="transaction histories") as refused:
        read(header + "55,#1,sale,shopify_payments,2024-05-01 10:00:00 +0100,success,10.00,GBP,visa\n")
    assert "Export orders" in str(refused.value.fix)
