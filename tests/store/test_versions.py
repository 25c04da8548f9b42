"""Orders that are exported again: which version stays, and what is counted."""

from itertools import permutations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.errors import ShopError
from regulars.schema import EVENTS, ORDERS
from regulars.store.duckdb import Store
from regulars.store.landing import Landing

EVENT_SCHEMA = pa.schema(
    [field for field in EVENTS.arrow_schema() if field.name not in ("event_id", "source", "import_id")]
)
ORDER_SCHEMA = pa.schema(
    [field for field in ORDERS.arrow_schema() if field.name not in ("source", "import_id")]
)
US = 86_400_000_000


def order(
    number, *, day=1, lines=2, progress=1, refund=0, changed=1, user="ann", left_out=None, value=50_000
):
    """One order as an export states it: its ledger row and its events."""
    ledger = {
        "order_id": number, "user_id": user, "day": day, "currency": "GBP", "status": f"progress {progress}",
        "left_out": left_out, "list_value": lines * value, "discount_value": 0, "value": lines * value,
        "refund_value": refund, "refund_is_undated": False, "is_cancelled": False, "progress": progress,
        "changed_us": changed * US, "line_count": lines,
    }  # fmt: skip
    event = {
        "day": 1, "second": 86_400, "occurred_us": US, "order_id": number, "user_id": user, "currency": "GBP",
        "type": "purchase" if left_out is None else "checkout", "quantity": 10_000, "value": value,
        "item_id": "tea", "properties": "{}",
    }  # fmt: skip
    events = [] if left_out == "test" else [event | {"source_row": n} for n in range(lines)]
    if refund:
        events.append(event | {"type": "refund", "source_row": 0, "quantity": -10_000, "value": -refund})
    return ledger, events


def land(store, orders, import_id="1", source="shopify", loose=()):
    landing = Landing(store)
    landing.begin()
    events = [event for _, events in orders for event in events] + list(loose)
    landing.add_events(pa.RecordBatch.from_pylist(events, schema=EVENT_SCHEMA))
    landing.add_orders(pa.RecordBatch.from_pylist([ledger for ledger, _ in orders], schema=ORDER_SCHEMA))
    record = {"import_id": import_id, "source": source, "file": "f", "sha256": "", "mapping": "{}"}
    return landing.land(record | {"imported_at": ""})


def counted(counts):
    names = ("read", "stored", "duplicate", "updated", "older")
    return tuple(counts[f"{name}_count"] for name in names)


def content(store):
    """What is stored, without what says when and from where it came in."""
    return [
        sorted(
            store.connection.execute(f"SELECT * EXCLUDE (import_id{more}) FROM {name}").fetchall(), key=repr
        )
        for name, more in (("events", ", source_row"), ("orders", ""))
    ]


def test_a_new_order_and_the_same_again():
    with Store() as store:
        assert counted(land(store, [order("1"), order("2", lines=3)])) == (5, 5, 0, 0, 0)
        assert counted(land(store, [order("1"), order("2", lines=3)], "2")) == (5, 0, 5, 0, 0)
        assert store.one("SELECT count(*) FROM events")[0] == 5
        assert store.one("SELECT count(*), min(import_id), max(import_id) FROM orders") == (2, "1", "1")


@pytest.mark.parametrize(
    "later", [{"progress": 3}, {"progress": 2, "refund": 20_000}, {"changed": 9}, {"lines": 3}]
)
def test_a_later_version_takes_the_place_of_the_stored_one(later):
    with Store() as store:
        land(store, [order("1"), order("2")])
        lines = later.get("lines", 2)
        assert counted(land(store, [order("1", **later)], "2")) == (lines, lines, 0, 1, 0)
        rows = dict(store.connection.execute("SELECT order_id, import_id FROM orders").fetchall())
        assert rows == {"1": "2", "2": "1"}
        lines += 1 if "refund" in later else 0
        assert store.one("SELECT count(*) FROM events WHERE order_id = '1'")[0] == lines
        assert store.one("SELECT count(*) FROM events WHERE order_id = '2'")[0] == 2


def test_an_earlier_version_is_known_already():
    with Store() as store:
        land(store, [order("1", progress=2, refund=20_000, changed=3)])
        before = content(store)
        for number, older in enumerate(
            ({"progress": 1, "changed": 9}, {"progress": 2, "refund": 10_000, "changed": 9}), 2
        ):
            assert counted(land(store, [order("1", **older)], str(number))) == (2, 0, 2, 0, 1)
        assert content(store) == before


def test_of_two_versions_that_have_gone_equally_far_the_later_import_stays():
    with Store() as store:
        land(store, [order("1", value=50_000)])
        assert counted(land(store, [order("1", value=49_999)], "2")) == (2, 2, 0, 1, 0)
        assert store.one("SELECT sum(value) FROM events")[0] == 99_998


def test_the_stages_of_an_order_in_any_order_of_import():
    """Not paid, paid, refunded in part, refunded: whatever comes when, the last one stays, each line once."""
    stages = [
        order("1", progress=0, left_out="unpaid"),
        order("1", progress=1),
        order("1", progress=2, refund=10_000),
        order("1", progress=2, refund=30_000),
        order("1", progress=3, refund=100_000),
    ]
    with Store() as store:
        land(store, [stages[-1]])
        alone = content(store)
    for sequence in permutations(stages):
        with Store(threads=1) as store:
            for number, stage in enumerate(sequence):
                counts = land(store, [stage], str(number))
                assert counts["read_count"] == counts["stored_count"] + counts["duplicate_count"] == 2
            assert content(store) == alone


def test_an_order_that_leaves_no_event_is_in_the_ledger():
    with Store() as store:
        assert counted(land(store, [order("1", left_out="test")])) == (2, 2, 0, 0, 0)
        assert counted(land(store, [order("1", left_out="test")], "2")) == (2, 0, 2, 0, 0)
        assert store.one("SELECT count(*) FROM events")[0] == 0


def test_orders_of_nobody_are_counted_in_lines():
    with Store() as store:
        assert land(store, [order("1", user=None, refund=5_000), order("2")])["anonymous_count"] == 2


def test_two_sources_keep_their_orders_apart():
    with Store() as store:
        land(store, [order("1")])
        assert counted(land(store, [order("1", progress=3)], "2", source="woocommerce")) == (2, 2, 0, 0, 0)
        assert store.one("SELECT count(*) FROM orders")[0] == 2


def test_lines_of_no_whole_order_are_counted_one_by_one():
    ledger, events = order("1")
    loose = [event | {"order_id": "loose"} for event in events]
    with Store() as store:
        assert counted(land(store, [(ledger, events)], loose=loose)) == (4, 4, 0, 0, 0)
        assert counted(land(store, [(ledger | {"progress": 0}, events)], "2", loose=loose)) == (4, 0, 4, 0, 1)


versions = st.builds(
    order, st.sampled_from("123"), lines=st.integers(1, 3), progress=st.integers(0, 3),
    refund=st.sampled_from([0, 7, 40_000]), changed=st.integers(1, 3),
)  # fmt: skip


@settings(max_examples=15)
@given(st.lists(st.lists(versions, max_size=3, unique_by=lambda version: version[0]["order_id"]), max_size=4))
def test_each_order_stays_in_the_version_that_has_gone_furthest(files):
    with Store(threads=1) as store:
        for number, file in enumerate(files):
            land(store, file, str(number))
        kept = store.connection.execute(
            "SELECT order_id, progress, refund_value, changed_us, line_count FROM orders"
        ).fetchall()
        events = dict(store.connection.execute("SELECT order_id, count(*) FROM events GROUP BY 1").fetchall())
    best = {}
    for ledger, _ in (version for file in files for version in file):
        rank = (ledger["progress"], ledger["refund_value"], ledger["changed_us"])
        if rank >= best.get(ledger["order_id"], ((), 0))[0]:
            best[ledger["order_id"]] = (rank, ledger["line_count"])
    assert {number: (tuple(rank), lines) for number, *rank, lines in kept} == best
    for number, (rank, lines) in best.items():
        assert events[number] == lines + (rank[1] > 0)


def test_the_export_of_another_shop_is_refused_before_anything_is_stored():
    store = Store()
    land(store, [order(f"#{n}") for n in range(6)])
    before = content(store)
    with pytest.raises(ShopError, match=r"4 of the 6 orders.*another shop"):
        land(store, [order(f"#{n}", day=2 if n < 4 else 1, value=70_000) for n in range(6)], "2")
    assert content(store) == before


def test_an_order_of_the_same_number_and_another_day_is_named():
    store = Store()
    land(store, [order("#1"), order("#2")])
    landing = Landing(store)
    landing.begin()
    ledger, events = order("#1", day=9, value=70_000)
    landing.add_events(pa.RecordBatch.from_pylist(events, schema=EVENT_SCHEMA))
    landing.add_orders(pa.RecordBatch.from_pylist([ledger], schema=ORDER_SCHEMA))
    landing.compare("shopify")
    assert landing.replaced_of_other_day == ["#1"]


def test_how_often_an_order_stood_in_its_file_does_not_count():
    store = Store()
    ledger, events = order("#1")
    assert counted(land(store, [(ledger, events)]))[3:] == (0, 0)
    assert counted(land(store, [(ledger | {"line_count": 4}, events)], "2")) == (4, 0, 4, 0, 0)
