"""What every source has, and whole files of well-known logs."""

import dataclasses
from typing import get_args

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from regulars import schema
from regulars.collect.lines import EVENT_INPUT, REJECTED_INPUT
from regulars.collect.plan import Kind
from regulars.collect.sources import SOURCES, plan_import, plan_table


def test_sources_say_what_they_are():
    general = ["orders", "events", "items", "customers", "costs"]
    assert [name for name in SOURCES if name in general] == general
    assert {"online-retail", "cdnow", "shopify", "shopify-customers", "shopify-products"} <= set(SOURCES)
    for name, source in SOURCES.items():
        assert source.name == name and source.doc and source.kind in get_args(Kind)
        assert {option for group in source.needs for option in group} <= set(source.targets)


def test_columns_are_those_of_the_schema(read):
    found = read("date,customer,amount\n2024-01-01,c,5\nsoon,c,5\n")
    assert found.events.schema == EVENT_INPUT and found.rejected.schema == REJECTED_INPUT
    names = set(schema.EVENTS.names) - {"event_id", "source", "import_id"}
    assert set(EVENT_INPUT.names) == names
    assert (
        found.items.schema == schema.ITEMS.arrow_schema()
        and found.customers.schema == schema.CUSTOMERS.arrow_schema()
    )
    assert set(found.rejected["code"].to_pylist()) <= set(schema.REJECT_CODES)


def test_a_plan_is_shown_before_it_is_used(read, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("Datum;Kunde;Betrag;Notiz\n13.01.2024;7;12,50;x\n", encoding="utf-8")
    plan = plan_import(path, **read.settings())
    assert (plan.file, plan.source, plan.kind, plan.line_count_hint) == ("orders.csv", "orders", "events", 1)
    assert len(plan.sha256) == 64
    assert "not read: Notiz" in plan.notes and "cells are separated by semicolons" in plan.notes
    assert dataclasses.replace(plan).mapping == plan.mapping
    assert read.drained(plan).events.equals(read.drained(plan).events), "a plan can be run again"


def test_a_data_frame_is_a_file_in_memory(read):
    frame = pd.DataFrame(
        {"date": pd.to_datetime(["2024-01-01 10:00"]), "customer_id": [17850.0], "amount": [2.55]}
    )
    plan = plan_table(pa.Table.from_pandas(frame), **read.settings())
    row = read.drained(plan).events.to_pylist()[0]
    assert (row["user_id"], row["value"], row["source_row"]) == ("17850", 25_500, 1)
    assert plan.sha256 == plan_table(pa.Table.from_pandas(frame), **read.settings()).sha256


def test_one_customer_and_a_header_alone(read):
    assert read("date,customer,amount\n2024-01-01,c,5\n").events.num_rows == 1
    found = read("date,customer,amount\n")
    assert found.read == 0 and found.plan.source == "orders"


def test_time_of_tomorrow_is_allowed_and_later_is_not(read):
    found = read("date,customer,amount\n2025-06-02,c,5\n2025-06-03,c,5\n")
    assert found.codes == {3: "future_time"}


def test_json_key_that_comes_late_still_counts(read):
    lines = ['{"event":"view","time":"2024-01-01","user_id":"u"}'] * 3_000
    lines.append('{"event":"purchase","time":"2024-01-01","user_id":"u","value":3}')
    found = read("\n".join(lines), "events.jsonl")
    assert pc.sum(found.events["value"]).as_py() == 30_000


@pytest.mark.data
def test_rees46(read, data_dir):
    found = read(data_dir / "rees46_oct2019_sample" / "2019-Oct-first17435.csv")
    assert (found.plan.source, found.read, found.events.num_rows) == ("events", 17_435, 17_434)
    assert found.codes == {17_436: "broken_line"}, "the file's last line is cut"
    kinds = {
        row["values"]: row["counts"]
        for row in pc.value_counts(found.events["type"].combine_chunks()).to_pylist()
    }
    assert kinds == {"view": 17_055, "cart_add": 165, "purchase": 214}
    assert found.events["value"].null_count == 17_434 - 214
    assert found.properties()[0]["session_id"] == "72d76fde-8bb3-4e00-8c23-a032dfed738c"
    assert found.column("occurred_us")[0] == 1_569_888_000_000_000


@pytest.mark.data
def test_retailrocket(read, data_dir):
    found = read(data_dir / "retailrocket_events_sample" / "events_sample.parquet")
    kinds = {
        row["values"]: row["counts"]
        for row in pc.value_counts(found.events["type"].combine_chunks()).to_pylist()
    }
    assert kinds == {"view": 4_732, "cart_add": 377, "purchase": 60}
    assert pc.count_distinct(found.events["anonymous_id"]).as_py() == 1_092
    assert found.events["order_id"].null_count == 5_169 - 60


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "source", "lines"),
    [("completejourney/transactions_sample.parquet", "orders", 75_000), ("completejourney/products.parquet", "items", 92_331),
     ("completejourney/demographics.parquet", "customers", 801), ("telco_churn/Telco-Customer-Churn.csv", "customers", 7_043)],
)  # fmt: skip
def test_other_files_are_recognised(read, data_dir, name, source, lines):
    found = read(data_dir / name)
    assert (found.plan.source, found.read, found.rejected.num_rows) == (source, lines, 0)
