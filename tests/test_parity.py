"""One expression, two engines: every feature and insight table is the same on DuckDB and on Spark.

One random shop with everything that an engine may see differently (nulls, ties in time, days before 1970,
refunds of every kind, ids that are merged) is stored in DuckDB, exported and opened in Spark; then each table
is computed by both. Whole numbers and texts must be equal, floats to 1e-12 of their size.
"""

from __future__ import annotations

import importlib
import json
import math
import pkgutil
from types import SimpleNamespace

import narwhals as nw
import numpy as np
import pyarrow as pa
import pytest

from regulars.config import Settings
from regulars.errors import RegularsError, ShopError
from regulars.features import items, labels, margins, orders, outcomes
from regulars.insight import quality
from regulars.insight.cohorts import cohort_cells
from regulars.insight.sales import left_out_sales, sales, undated_refunds
from regulars.insight.transitions import transitions
from regulars.models.lifecycle import LifecycleRule
from regulars.pipeline.features import build_features, keep_calendar, lifecycle_by_month
from regulars.schema import EVENT_TYPES, EVENTS, ORDERS, TABLES
from regulars.store.duckdb import Store
from regulars.store.landing import Landing
from regulars.store.spark import SparkStore

pytestmark = pytest.mark.spark

EVENT_COUNT, CUSTOMER_COUNT, ITEM_COUNT = 4_000, 90, 30
FIRST_DAY, LAST_DAY, AS_OF_DAY = -45, 400, 290  # some days lie before 1970: division of negative numbers
HORIZON_DAYS = 90
TOLERANCE = 1e-12

# Table -> the columns that make its rows one of a kind; where none do, all columns.
KEYS = {
    "events": ["event_id"],
    "order_lines": ["event_id"],
    "refunds": ["refund_id"],
    "refund_matches": None,
    "order_rows": ["customer_id", "order_key"],
    "day_rows": ["customer_id", "day"],
    "customer_features": ["customer_id"],
    "lifecycle_features": ["customer_id", "as_of_day"],
    "item_features": ["item_id"],
    "interactions": ["customer_id", "item_id"],
    "labels": ["customer_id"],
    "sales": ["month"],
    "left_out_sales": ["currency", "month", "left_out"],
    "undated_refunds": None,
    "cost_sums": None,
    "outcomes": ["unit"],
    "discount_sums": None,
    "cohort_cells": ["cohort_index", "month_index"],
    "transitions": ["as_of_day", "from_stage", "to_stage"],
    "counts": None,
    "trading_days": ["day"],
    "day_ends": ["day"],
}


# ---------------------------------------------------------------- the shop


def random_events(chance: np.random.Generator) -> pa.RecordBatch:
    """Events of every type, in no order, as ``Landing.add_events`` takes them."""
    rows = [random_event(chance, number) for number in range(1, EVENT_COUNT + 1)]
    rows += [refund_of(chance, row, EVENT_COUNT + n) for n, row in enumerate(bought(rows)[::4], start=1)]
    names = [c.name for c in EVENTS.columns if c.name not in ("event_id", "source", "import_id")]
    types = {c.name: pa.int64() if c.type == "int64" else pa.string() for c in EVENTS.columns}
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema([(name, types[name]) for name in names]))


def random_event(chance, number):
    types = ["purchase"] * 24 + ["refund"] * 3 + list(EVENT_TYPES)
    kind = str(chance.choice(types))
    row = moment(chance, int(chance.integers(FIRST_DAY, LAST_DAY + 1))) | {
        "source_row": number,
        "type": kind,
        "currency": "GBP",
        "channel": one_of(chance, "mail", "Search", "", "søk"),
        "campaign": one_of(chance, "spring"),
        "properties": random_properties(chance),
        "item_id": f"item {chance.integers(ITEM_COUNT)}" if chance.random() < 0.85 else None,
    }
    if kind != "cost":
        row |= random_person(chance)
    if kind in ("purchase", "refund", "charge", "adjustment", "cost"):
        row |= random_money(chance, kind)
    return row


def moment(chance, day):
    """Few times of day, so that several events share an instant."""
    second = day * 86_400 + int(chance.choice([0, 7, 32_400, 43_200, 64_800, 86_399]))
    return {"day": day, "second": second, "occurred_us": second * 1_000_000}


def random_person(chance):
    """A user, a device, both or nobody; few customers buy most."""
    number = int(CUSTOMER_COUNT * chance.random() ** 2)
    names = ("ann", "Ann", "Änne", "李", "zoë ", "bob")
    who = chance.random()
    return {
        "user_id": f"{names[number % 6]}{number}" if who < 0.8 else None,
        "anonymous_id": f"device {number}" if 0.7 < who < 0.95 else None,
    }


def random_money(chance, kind):
    sign = -1 if kind in ("refund", "cost") else 1
    value = int(chance.integers(0, 2_000_000)) if chance.random() < 0.95 else 0
    quantity = 10_000 * int(chance.integers(1, 5))
    number = chance.random()
    return {
        "order_id": f"order {chance.integers(900)}" if number < 0.7 else None,
        "value": sign * value if chance.random() < 0.98 else None,
        "quantity": sign * quantity if chance.random() < 0.95 else None,
    }


def random_properties(chance):
    """What the store lifts out of the JSON, each present now and then."""
    found = {
        "country": one_of(chance, "France", "Österreich", "UK"),
        "rating": one_of(chance, 1.5, 4.0, 4.333),
        "dwell_seconds": one_of(chance, 0.0005, 12.25, 301.7),
        "discount_value": one_of(chance, 0, 5_000, 12_345),
        "session_id": one_of(chance, "s1"),
        "is_undated": one_of(chance, True, False),
        "is_cancellation": one_of(chance, True),
    }
    return json.dumps({name: value for name, value in found.items() if value is not None}, sort_keys=True)


def one_of(chance, *values):
    return values[chance.integers(len(values))] if chance.random() < 0.4 else None


def bought(rows):
    return [row for row in rows if row["type"] == "purchase" and row["value"]]


def refund_of(chance, row, number):
    """Money back for a line: some or all of it, with or without its order, of that item or of another."""
    part = chance.choice([0.5, 1, 1, 1.5])
    return row | moment(chance, row["day"] + int(chance.integers(0, 120))) | {
        "source_row": number,
        "type": "refund",
        "order_id": row["order_id"] if chance.random() < 0.5 else one_of(chance, "order 1", "unknown"),
        "item_id": row["item_id"] if chance.random() < 0.8 else None,
        "value": -int(row["value"] * part),
        "quantity": None if row["quantity"] is None else -int(row["quantity"] * part),
    }  # fmt: skip


def catalogue() -> pa.RecordBatch:
    """Items; some have no category, and some that are sold are not in it."""
    numbers = range(ITEM_COUNT - 4)
    categories = [None, "tea", "Tea", "pots", "çay"]
    return pa.RecordBatch.from_pydict(
        {
            "item_id": [f"item {n}" for n in numbers],
            "title": [f"No. {n}" if n % 5 else None for n in numbers],
            "category": [categories[n % 5] for n in numbers],
            "price": pa.array([n * 10_000 for n in numbers], pa.int64()),
            "cost": pa.array([None if n % 3 else n * 4_321 for n in numbers], pa.int64()),
            "attributes": pa.array(["{}" for _ in numbers], pa.string()),
        }
    )


def ledger(chance: np.random.Generator) -> pa.RecordBatch:
    """Whole orders of the events' order numbers and of others, a third of them no sale."""
    amounts = (
        "list_value",
        "discount_value",
        "value",
        "shipping_value",
        "tax_value",
        "total_value",
        "refund_value",
    )
    rows = [
        {name: int(chance.integers(0, 900_000)) if chance.random() < 0.95 else None for name in amounts}
        | {
            "order_id": f"order {number}",
            "day": int(chance.integers(FIRST_DAY - 9, LAST_DAY)),
            "currency": str(chance.choice(["GBP", "USD"])),
            "left_out": one_of(chance, "unpaid", "test", None),
            "progress": 1,
            "changed_us": 0,
        }
        for number in range(0, 1_000, 7)
    ]
    columns = [c for c in ORDERS.arrow_schema() if c.name not in ("source", "import_id")]
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema(columns))


def identities(events: pa.RecordBatch) -> pa.Table:
    """Every second device belongs to the user with its number; two users are one customer."""
    users = sorted({name for name in events.column("user_id").to_pylist() if name})
    number = {name: int("".join(filter(str.isdigit, name))) for name in users}
    rows = [("anonymous", f"device {number[name]}", name) for name in users if number[name] % 2]
    rows += [("user", users[3], users[4]), ("anonymous", "device 2", users[4])]
    return pa.table(
        dict(zip(("id_kind", "id", "customer_id"), map(list, zip(*rows, strict=True)), strict=True))
    )


@pytest.fixture(scope="module")
def duck():
    chance = np.random.default_rng(20111209)
    events = random_events(chance)
    with Store(threads=1) as store:
        landing = Landing(store)
        landing.begin()
        landing.add_events(events)
        landing.add_rows("items", catalogue(), 0, counted=False)
        landing.add_orders(ledger(chance))
        landing.land({"import_id": "000001", "source": "test", "file": "test", "sha256": "", "mapping": "{}",
                      "imported_at": ""})  # fmt: skip
        store.write_identities(identities(events))
        store.set_last_full_day(AS_OF_DAY - 10)
        yield store


@pytest.fixture(scope="module")
def spark(duck, tmp_path_factory):
    """The only Spark of the tests; settings for tables of a few hundred rows."""
    folder = tmp_path_factory.mktemp("tables")
    duck.export_tables(folder)
    settings = {
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
    }
    with SparkStore(folder, settings=settings) as store:
        yield store


# ---------------------------------------------------------------- the tables


def compute(store) -> dict[str, pa.Table]:
    """Every table of ``features`` and ``insight`` by the pipeline's own steps."""
    built = build_features(store, Settings(), AS_OF_DAY)
    events, lines, days = built.events, built.order_lines, built.day_rows
    months, records = keep_calendar(store, AS_OF_DAY), store.table("orders")
    stages, steps = lifecycle_by_month(store, built)
    stages = store.read(stages)
    predicted = LifecycleRule().fit(stages).predict(stages)
    history = pa.table({name: stages.column(name) for name in ("as_of_day", "customer_id")})
    history = history.append_column("stage", predicted.column("stage"))
    kept = store.keep_batches("stage_history", history.to_batches(100))
    frames = {
        "events": events,
        "order_lines": lines,
        "refunds": orders.refunds(events, AS_OF_DAY),
        "refund_matches": store.table("refund_matches"),
        "order_rows": built.order_rows,
        "day_rows": days,
        "customer_features": built.customers,
        "item_features": items.item_features(events, built.items, AS_OF_DAY),
        "interactions": items.interactions(lines),
        "labels": labels.labels(events, built.customers, AS_OF_DAY, HORIZON_DAYS),
        "sales": sales(events, records, days, months, AS_OF_DAY),
        "left_out_sales": left_out_sales(records, months),
        "undated_refunds": undated_refunds(events, AS_OF_DAY),
        "cost_sums": margins.cost_sums(lines, built.items),
        "outcomes": outcomes.outcomes(built.order_rows, units(store, built)),
        "discount_sums": outcomes.discount_sums(built.order_rows),
        "cohort_cells": cohort_cells(events, built.order_rows, months, AS_OF_DAY),
        "transitions": transitions(kept, steps),
        "counts": quality.counts(events),
        "trading_days": quality.trading_days(events),
        "day_ends": quality.day_ends(events),
    }
    return {name: store.read(frame) for name, frame in frames.items()} | {"lifecycle_features": stages}


def units(store, built):
    """Every third customer, assigned on one of several days."""
    people = (
        store.read(built.customers.select("customer_id").sort("customer_id"))
        .column("customer_id")
        .to_pylist()
    )
    first = [100 + 20 * (place % 9) for place in range(len(people[::3]))]
    table = pa.RecordBatch.from_pydict(
        {
            "unit": list(range(len(first))),
            "customer_id": people[::3],
            "first_day": first,
            "last_day": [d + 60 for d in first],
        }
    )
    return store.keep_batches("units", [table])


@pytest.fixture(scope="module")
def tables(duck, spark):
    return SimpleNamespace(duck=compute(duck), spark=compute(spark))


def ordered(table: pa.Table, key: list[str] | None) -> list[dict[str, object]]:
    names = key or table.column_names
    return sorted(table.to_pylist(), key=lambda row: [(row[name] is not None, row[name]) for name in names])


def same(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=0)
    return left == right and type(left) is type(right)


@pytest.mark.parametrize("name", KEYS)
def test_both_engines_give_the_same_rows(tables, name):
    duck, spark = tables.duck[name], tables.spark[name]
    assert spark.schema.names == duck.schema.names
    assert spark.schema.types == duck.schema.types
    left, right = ordered(duck, KEYS[name]), ordered(spark, KEYS[name])
    assert len(left) == len(right) > 0
    different = [
        f"{column}: {a[column]!r} on DuckDB, {b[column]!r} on Spark, at {[a[k] for k in KEYS[name] or []]}"
        for a, b in zip(left, right, strict=True)
        for column in a
        if not same(a[column], b[column])
    ]
    assert not different, "\n".join(different[:20])


def test_no_file_is_left_out():
    """Whoever adds a file to these rooms adds its tables to ``compute`` and ``KEYS``."""
    compared = {
        "features": {
            "behaviour",
            "customers",
            "items",
            "labels",
            "lifecycle",
            "margins",
            "orders",
            "outcomes",
            "returns",
        },
        "insight": {"calendar", "cohorts", "quality", "sales", "sums", "transitions"},
    }
    for room, files in compared.items():
        package = importlib.import_module(f"regulars.{room}")
        assert {module.name for module in pkgutil.iter_modules(package.__path__)} == files


def test_the_shop_has_every_case(tables):
    """A column that is null or the same in every row would prove nothing."""
    for name in ("customer_features", "item_features", "lifecycle_features", "labels"):
        table = tables.duck[name]
        flat = [c for c in table.column_names if len(table.column(c).unique()) < 2 and c != "seen"]
        assert not flat, (name, flat)
    assert {name for name in TABLES if name in KEYS} <= set(tables.duck)


def test_the_draw_is_the_same_number(duck, spark):
    salt = 'o\'clock \\ "day" 李'
    draws = [
        store.read(store.holdout_draw(store.table("customer_features").select("customer_id"), salt))
        for store in (duck, spark)
    ]
    left, right = (dict(zip(*table.to_pydict().values(), strict=True)) for table in draws)
    assert left == right
    assert len(set(left.values())) == len(left)


def test_batches_come_in_order_and_in_size(tables, spark):
    batches = list(spark.batches(spark.table("customer_features"), 16))
    assert max(batch.num_rows for batch in batches) <= 16
    assert pa.Table.from_batches(batches).equals(tables.spark["customer_features"])
    ids = [name for batch in batches for name in batch.column("customer_id").to_pylist()]
    assert ids == tables.duck["customer_features"].column("customer_id").to_pylist()


def test_samples_and_days_are_the_same(tables, duck, spark):
    sampled = [
        store.read(store.sample(store.table("customer_features"), 40, seed=3)) for store in (duck, spark)
    ]
    left, right = (set(table.column("customer_id").to_pylist()) for table in sampled)
    assert left == right
    assert 20 < len(left) < 60
    assert spark.day_range() == duck.day_range()
    assert spark.last_full_day() == duck.last_full_day() == AS_OF_DAY - 10


def test_trouble_is_told_in_plain_words(spark):
    with pytest.raises(ShopError, match=r"no table evnts\. Did you mean events\?"):
        spark.table("evnts")
    with pytest.raises(ShopError, match="no rows and no columns"):
        spark.keep_batches("nothing", [])
    broken = spark.table("items").with_columns(price=nw.col("item_id").cast(nw.Int64))
    with pytest.raises(RegularsError, match=r"^Spark stopped: .*CAST_INVALID_INPUT"):
        spark.read(broken)
    with pytest.raises(RegularsError, match=r"^Spark stopped: .*CAST_INVALID_INPUT"):
        list(spark.batches(broken))
