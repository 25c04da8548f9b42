"""The store on DuckDB: frames, roles, identities, the hold-out draw, errors."""

import subprocess
import sys

import duckdb
import narwhals as nw
import pyarrow as pa
import pytest

from regulars.config import Profile, Settings
from regulars.errors import StoreBusy, StoreVersionError
from regulars.store.duckdb import Store

PROFILE = Settings().profile


def test_events_carry_customer_roles_and_signed_value(stored):
    store = stored(
        [
            {"user_id": "ann", "day": 1, "value": 50_000, "properties": '{"rating":3.5,"country":"France"}'},
            {"anonymous_id": "d1", "day": 2, "type": "view", "value": 70_000},
            {"day": 3},
        ],
        identities=[{"id": "d1", "id_kind": "anonymous", "customer_id": "ann"}],
    )
    rows = store.read(store.events(PROFILE).sort("day")).to_pylist()
    assert [row["customer_id"] for row in rows] == ["ann", "ann", None]
    assert [row["is_convert"] for row in rows] == [True, False, True]
    assert [row["signed_value"] for row in rows] == [50_000, 0, 10_000]
    assert (rows[0]["rating"], rows[0]["country"]) == (3.5, "France")


def test_roles_come_from_the_profile_alone(stored):
    bank = Profile(roles={"visit": ("convert", "value")})
    store = stored([{"user_id": "ann", "day": 1, "type": "visit"}, {"user_id": "ann", "day": 2}])
    rows = store.read(store.events(bank).sort("day")).to_pylist()
    assert [row["is_convert"] for row in rows] == [True, False]
    assert [row["is_complaint"] for row in rows] == [False, False]


def test_a_ratio_behind_a_join_with_an_empty_table_is_right(stored):
    """DuckDB 2.0.1 gives null here while its statistics propagation is on."""
    store = stored(
        [
            {"user_id": "ann", "day": 1, "type": kind, "value": v}
            for kind, v in (("purchase", 90_000), ("refund", -10_000))
        ]
    )
    frame = store.events(PROFILE).filter(nw.col("is_value")).group_by("customer_id")
    sums = frame.agg(
        gross=nw.when(nw.col("signed_value") > 0)
        .then(nw.col("signed_value"))
        .otherwise(nw.lit(0))
        .sum()
        .cast(nw.Int64)
    )
    safe = nw.when(nw.col("gross") != 0).then(nw.col("gross"))
    assert store.read(sums.select(rate=90_000 / safe.cast(nw.Float64))).to_pylist() == [{"rate": 1.0}]


def test_the_holdout_draw_depends_on_salt_and_customer_alone():
    with Store() as store:
        people = pa.RecordBatch.from_pydict({"customer_id": [str(n) for n in range(4000)]})
        frame = store.keep_batches("people", [people])
        draws = (
            store.read(store.holdout_draw(frame, "salt").sort("customer_id"))
            .column("holdout_draw")
            .to_numpy()
        )
        few = store.read(store.holdout_draw(frame.filter(nw.col("customer_id") == "7"), "salt"))
        other = (
            store.read(store.holdout_draw(frame, "pepper").sort("customer_id"))
            .column("holdout_draw")
            .to_numpy()
        )
    assert few.column("holdout_draw")[0].as_py() in draws
    assert (draws >= 0).all() and (draws < 1).all()
    assert abs((draws < 0.1).mean() - 0.1) < 0.02
    assert abs(((draws < 0.1) & (other < 0.1)).mean() - 0.01) < 0.006


def test_batches_hold_every_row_once(stored):
    store = stored([{"user_id": str(n), "day": n} for n in range(25)])
    batches = list(store.batches(store.table("events").sort("day"), 10))
    assert sum(batch.num_rows for batch in batches) == 25
    assert max(batch.num_rows for batch in batches) <= 10


def test_reading_and_keeping_at_the_same_time(stored):
    store = stored([{"user_id": str(n), "day": n} for n in range(25)])
    kept = store.keep_batches("copy", store.batches(store.table("events").sort("day"), 7))
    assert len(store.read(kept)) == 25


def test_a_sample_is_seeded_and_about_the_size(stored):
    store = stored([{"user_id": str(n), "day": 1} for n in range(1000)])
    people = store.events(PROFILE).select("customer_id")
    first, again = (store.read(store.sample(people, 200, 1).sort("customer_id")) for _ in range(2))
    assert first == again
    assert len(first) == 200
    assert store.read(store.sample(people, 5000, 1)).num_rows == 1000


def test_the_input_hash_does_not_depend_on_the_order_of_import(stored):
    one, two = {"user_id": "a", "day": 1}, {"user_id": "b", "day": 2}
    assert stored([one, two]).input_hash() == stored([two, one]).input_hash()
    assert stored([one]).input_hash() != stored([two]).input_hash()


def test_no_extension_is_ever_fetched():
    with Store() as store, pytest.raises(duckdb.Error):
        store.connection.execute("LOAD httpfs")


def test_another_process_is_told_to_wait(tmp_path):
    path = tmp_path / "store.duckdb"
    with Store(path):
        code = (
            f"from regulars.store.duckdb import Store\nfrom pathlib import Path\nStore(Path({str(path)!r}))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert StoreBusy.__name__ in done.stderr


def test_a_store_of_another_version_is_refused(tmp_path):
    path = tmp_path / "store.duckdb"
    with Store(path) as store:
        store.set_meta("version", "99")
    with pytest.raises(StoreVersionError, match="version 99"):
        Store(path)


def test_a_failed_transaction_leaves_nothing(stored):
    store = stored([{"user_id": "a", "day": 1}])
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.connection.execute("DELETE FROM events")
        _ = 1 / 0
    assert store.one("SELECT count(*) FROM events")[0] == 1
