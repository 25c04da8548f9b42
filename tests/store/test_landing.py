"""Staging and landing: identities of lines, multisets, quarantine, items."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.schema import EVENTS, TABLES
from regulars.store.duckdb import Store
from regulars.store.landing import Landing

COLUMNS = [c for c in EVENTS.columns if c.name not in ("event_id", "source", "import_id")]
SCHEMA = pa.schema([(c.name, pa.int64() if c.type == "int64" else pa.string()) for c in COLUMNS])
REJECTED = pa.schema(
    [("source_row", pa.int64()), ("code", pa.string()), ("message", pa.string()), ("payload", pa.string())]
)


def land(store, contents, import_id, source="orders", rejected=(), replayed=None):
    landing = Landing(store)
    landing.begin()
    rows = [
        {"source_row": n, "type": "purchase", "day": 0, "occurred_us": 0, "second": 0, "item_id": c}
        for n, c in enumerate(contents)
    ]
    landing.add_events(pa.RecordBatch.from_pylist(rows, schema=SCHEMA))
    bad = [
        {"source_row": n, "code": "bad_time", "message": "?", "payload": p} for n, p in enumerate(rejected)
    ]
    landing.add_rejected(pa.RecordBatch.from_pylist(bad, schema=REJECTED), import_id, source, "file")
    return landing.land(
        {
            "import_id": import_id,
            "source": source,
            "file": "f",
            "sha256": "",
            "mapping": "{}",
            "imported_at": "",
        },
        replayed,
    )


def items_of(store):
    return sorted(store.read(store.table("events")).column("item_id").to_pylist())


def test_the_same_file_again_stores_nothing():
    with Store() as store:
        assert land(store, ["a", "a", "b"], "1")["stored_count"] == 3  # equal lines of one file are all real
        assert land(store, ["a", "a", "b"], "2") == {
            "read_count": 3, "stored_count": 0, "duplicate_count": 3, "rejected_count": 0, "erased_count": 0, "updated_count": 0, "anonymous_count": 0,
            "older_count": 0,
        }  # fmt: skip


@settings(max_examples=20)
@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_overlapping_files_give_the_union_of_multisets(first, second):
    with Store(threads=1) as store:
        land(store, first, "1")
        land(store, second, "2")
        assert items_of(store) == sorted(
            x for x in "abc" for _ in range(max(first.count(x), second.count(x)))
        )


def test_two_sources_do_not_share_lines():
    with Store() as store:
        land(store, ["a"], "1", source="orders")
        assert land(store, ["a"], "2", source="events")["stored_count"] == 1


def test_null_and_empty_text_are_different_lines():
    with Store() as store:
        assert land(store, [None, ""], "1")["stored_count"] == 2
        assert land(store, ["", None], "2")["stored_count"] == 0


def test_rejected_lines_are_kept_once_and_leave_when_replayed():
    with Store() as store:
        land(store, ["a"], "1", rejected=["x", "x", "y"])
        again = land(store, ["a"], "2", rejected=["x", "x", "y"])
        assert again["rejected_count"] == 3
        assert store.one("SELECT count(*) FROM events_rejected")[0] == 3
        land(store, ["b"], "3", replayed=("1", [0, 1, 2]))
        assert store.one("SELECT count(*) FROM events_rejected")[0] == 0


def test_items_are_laid_over_each_other_cell_by_cell():
    kinds = pa.schema(
        [
            (n, pa.int64() if n in ("price", "cost") else pa.string())
            for n in ("item_id", "title", "category", "price", "cost", "attributes")
        ]
    )

    def add(store, rows, import_id):
        landing = Landing(store)
        landing.begin()
        for seq, row in enumerate(rows):
            landing.add_rows("items", pa.RecordBatch.from_pylist([row], schema=kinds), seq, counted=True)
        return landing.land(
            {
                "import_id": import_id,
                "source": "items",
                "file": "f",
                "sha256": "",
                "mapping": "{}",
                "imported_at": "",
            }
        )

    with Store() as store:
        add(
            store,
            [{"item_id": "tea", "title": "Tea", "price": 5}, {"item_id": "tea", "title": None, "price": 6}],
            "1",
        )
        counts = add(store, [{"item_id": "tea", "category": "drinks"}], "2")
        again = add(store, [{"item_id": "tea", "category": "drinks"}], "3")
        (tea,) = store.read(store.table("items")).to_pylist()
    assert (again["stored_count"], again["duplicate_count"]) == (0, 1)
    assert counts["read_count"] == counts["stored_count"] == 1
    assert (tea["title"], tea["price"], tea["category"]) == ("Tea", 6, "drinks")


def test_an_import_that_dies_while_it_lands_leaves_nothing(tmp_path):
    path = tmp_path / "store.duckdb"
    with Store(path) as store:
        land(store, ["a"], "1")

        class Killed(Exception):
            pass

        def die(name, row):
            raise Killed

        store.add_row = die
        with pytest.raises(Killed):
            land(store, ["b"], "2")
    with Store(path) as store:
        assert items_of(store) == ["a"]
        assert land(store, ["b"], "2")["stored_count"] == 1


def test_what_order_lines_teach_about_an_item_is_as_old_as_the_latest_of_them():
    """An older file that comes later fills empty cells and changes nothing else."""
    files = {
        "1": (10, {"title": "Old tea", "category": "drinks", "price": 5}),
        "2": (20, {"title": "Tea", "category": None, "price": 6}),
    }
    kinds = [(n, pa.int64() if n in ("price", "cost") else pa.string()) for n in TABLES["items"].names]

    def add(store, number):
        at, cells = files[number]
        landing = Landing(store)
        landing.begin()
        row = {
            "source_row": 1,
            "type": "purchase",
            "day": 0,
            "occurred_us": at,
            "second": 0,
            "item_id": "tea",
        }
        landing.add_events(pa.RecordBatch.from_pylist([row], schema=SCHEMA))
        item = {"item_id": "tea", **cells}
        landing.add_rows(
            "items", pa.RecordBatch.from_pylist([item], schema=pa.schema(kinds)), 0, counted=False
        )
        landing.land({"import_id": number, "source": "orders", "file": "f", "sha256": "", "mapping": "{}", "imported_at": ""})  # fmt: skip

    for sequence in ("12", "21", "212", "121"):
        with Store(threads=1) as store:
            for number in sequence:
                add(store, number)
            (tea,) = store.read(store.table("items")).to_pylist()
        assert (tea["title"], tea["category"], tea["price"]) == ("Tea", "drinks", 6), sequence
