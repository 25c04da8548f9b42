"""Which orders a refund belongs to."""

from collections import defaultdict

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.config import Settings
from regulars.features import orders
from regulars.pipeline.features import build_features

ONE = 10_000


def line(order, day, units, value, item="cup", user="ann"):
    return {"user_id": user, "day": day, "order_id": order, "item_id": item, "value": value * ONE,
            "quantity": units * ONE}  # fmt: skip


def refund(order, day, units, value, item="cup", user="ann"):
    return line(order, day, -units, -value, item, user) | {"type": "refund"}


def matched(store, rows):
    """(order, refund's day) -> (value, units); and the orders that are gone, with their days."""
    land(store, rows)
    tables = build_features(store, Settings(), 60)
    found = {
        (row["order_key"], row["refund_day"]): (row["refund_value"] / ONE, row["refund_quantity"] / ONE)
        for row in store.read(store.table("refund_matches")).to_pylist()
    }
    rows = store.read(tables.order_rows).to_pylist()
    return found, {row["order_key"]: row["gone_day"] for row in rows if row["gone_day"] is not None}


def test_two_refunds_of_one_unit_take_two_orders():
    found, gone = run(
        [line("A", 1, 1, 10), line("B", 20, 1, 10), refund("R1", 30, 1, 10), refund("R2", 31, 1, 10)]
    )
    assert found == {("B", 30): (10, 1), ("A", 31): (10, 1)}
    assert gone == {"A": 31, "B": 30}


def test_one_refund_of_two_lines():
    found, gone = run([line("A", 1, 6, 60), line("A", 1, 6, 60), refund("R", 9, 12, 120)])
    assert found == {("A", 9): (120, 12)}
    assert gone == {"A": 9}


def test_what_fits_nowhere_has_no_row():
    found, gone = run([line("A", 10, 1, 10), refund("R", 9, 1, 10), refund("Q", 12, 3, 30)])
    assert found == {("A", 12): (10, 1)}
    assert gone == {"A": 12}


def test_a_named_order_takes_its_units_from_the_guess():
    found, gone = run(
        [line("A", 1, 1, 10), line("B", 2, 1, 10), refund("B", 5, 1, 10), refund("R", 6, 1, 10)]
    )
    assert found == {("B", 5): (10, 1), ("A", 6): (10, 1)}
    assert gone == {"A": 6, "B": 5}


def test_the_remainder_of_split_money_is_on_the_last():
    rows = [line(name, day, 1, 50) for day, name in enumerate("ABC", start=1)]
    found, _ = run([*rows, refund("R", 9, 3, 0) | {"value": -100}])
    assert [round(found[name, 9][0] * ONE) for name in "CBA"] == [33, 33, 34]


def test_large_quantities_are_split_exactly():
    units = 90_000
    found, gone = run([line("A", 1, units, 7), line("B", 2, units, 7), refund("R", 9, 2 * units, 14)])
    assert found == {("A", 9): (7, units), ("B", 9): (7, units)}
    assert gone == {"A": 9, "B": 9}


def test_huge_quantities_stay_in_64_bits():
    units, money = 10**10, 10**8
    found, _ = run(
        [line("A", 1, units, money), line("B", 2, units, money), refund("R", 9, 2 * units, 2 * money)]
    )
    assert sum(value for value, _ in found.values()) == 2 * money
    assert abs(found["B", 9][0] / money - 1) < 1e-6


drawn_rows = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]), st.integers(1, 40), st.sampled_from(["x", "y", None]),
        st.sampled_from([None, "1", "2", "3"]), st.integers(1, 3), st.integers(0, 70_001), st.booleans(),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=12)
@given(drawn_rows)
def test_units_and_money_balance(drawn):
    from regulars.store.duckdb import Store

    rows = []
    for user, day, item, order, units, value, is_refund in drawn:
        make = refund if is_refund else line
        sign = -1 if is_refund else 1
        rows.append(make(order and user + order, day, units, 0, item, user) | {"value": sign * value})
    with Store(threads=1) as store:
        land(store, rows)
        tables = build_features(store, Settings(), 60)
        back = store.read(orders.refunds(tables.events, 60)).to_pylist()
        found = store.read(store.table("refund_matches")).to_pylist()
        lines = store.read(tables.order_lines).to_pylist()
    value, units = defaultdict(int), defaultdict(int)
    for row in found:
        value[row["refund_id"]] += row["refund_value"]
        units[row["refund_id"]] += row["refund_quantity"]
    for row in back:
        name = row["refund_id"]
        assert 0 <= value[name] <= row["refund_value"]
        assert 0 <= units[name] <= row["refund_quantity"]
        if units[name] == row["refund_quantity"]:
            assert value[name] == row["refund_value"]
    check_quantities(back, found, lines)


def check_quantities(back, found, lines):
    """Nameless refunds never take more of an item from an order than was bought there before."""
    known = {row["refund_id"]: row for row in back}
    bought, taken = defaultdict(int), defaultdict(int)
    for row in lines:
        bought[row["customer_id"], row["order_key"], row["item_id"]] += row["quantity"]
    for row in found:
        source = known[row["refund_id"]]
        if source["order_id"] != row["order_key"]:
            key = row["customer_id"], row["order_key"], source["item_id"]
            taken[key] += row["refund_quantity"]
            assert any(
                (ln["customer_id"], ln["order_key"], ln["item_id"]) == key and ln["day"] <= source["day"]
                for ln in lines
            )
    assert all(taken[key] <= bought[key] for key in taken)


def run(rows):
    from regulars.store.duckdb import Store

    with Store(threads=1) as store:
        return matched(store, rows)


def land(store, rows):
    from regulars.schema import EVENTS
    from regulars.store.landing import Landing

    columns = [c for c in EVENTS.columns if c.name not in ("event_id", "source", "import_id")]
    schema = pa.schema([(c.name, pa.int64() if c.type == "int64" else pa.string()) for c in columns])
    full = [
        {"type": "purchase", "source_row": n, "second": row["day"] * 86_400}
        | {"occurred_us": row["day"] * 86_400_000_000}
        | row
        for n, row in enumerate(rows)
    ]
    landing = Landing(store)
    landing.begin()
    landing.add_events(pa.RecordBatch.from_pylist(full, schema=schema))
    landing.land(
        {"import_id": "1", "source": "t", "file": "t", "sha256": "", "mapping": "{}", "imported_at": ""}
    )
