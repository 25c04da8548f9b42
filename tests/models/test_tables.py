"""Tables in and out: kinds, odd columns, and what a missing column is called elsewhere."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import regulars as rg
from regulars.errors import ColumnError
from regulars.models.tables import require_columns, to_arrow
from regulars.show.notebook import ResultTable

SUMMARY = {
    "customer_id": ["a", "b", "c"],
    "frequency": [2, 1, 3],
    "recency": [30.0, 10.0, 60.0],
    "T": [90.0, 80.0, 70.0],
    "monetary_value": [5.0, 4.0, 9.0],
}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table, dict])
@pytest.mark.parametrize("key", [True, False])
def test_a_summary_of_another_library_is_told_what_to_rename(make: Any, key: bool) -> None:
    columns = SUMMARY if key else {name: values for name, values in SUMMARY.items() if name != "customer_id"}
    with pytest.raises(ColumnError) as caught:
        rg.BetaGeoNBD().fit(make(columns))
    found, allowed, fix = str(caught.value).splitlines()
    assert found.startswith(
        "BetaGeoNBD needs the column recency_days and the column T_days, and the table has "
    )
    assert found.endswith(
        "Rename recency to recency_days, T to T_days: lifetimes and pymc-marketing have other words."
    )
    assert allowed == "Allowed: columns frequency, recency_days, T_days."
    assert 'table.rename(columns={"recency": "recency_days", "T": "T_days"}) in pandas' in fix
    assert 'table.rename({"recency": "recency_days", "T": "T_days"}) in polars' in fix
    assert 'in days here: multiply by 7 what was made with freq="W"' in fix


@pytest.mark.filterwarnings("ignore::regulars.models.spend.SpendFrequencyCorrelation")
def test_what_the_message_says_to_type_works() -> None:
    renames = {"recency": "recency_days", "T": "T_days"}
    for table in (pd.DataFrame(SUMMARY).rename(columns=renames), pl.DataFrame(SUMMARY).rename(renames)):
        assert len(rg.BetaGeoNBD().fit(table).predict(table)) == 3
        assert len(rg.CustomerLifetimeValue().fit(table).predict(table)) == 3


def test_the_halves_of_calibration_and_holdout_are_known_too() -> None:
    table = pa.table({"frequency_cal": [1], "recency_cal": [2], "T_cal": [3]})
    with pytest.raises(
        ColumnError, match="Rename frequency_cal to frequency, recency_cal to recency_days, T_cal to T_days"
    ):
        require_columns(table, ("frequency", "recency_days", "T_days"), "NBD")


def test_a_word_of_no_library_gets_the_nearest_column() -> None:
    with pytest.raises(ColumnError, match=r"the table has frequenzy\. Did you mean frequenzy\?"):
        require_columns(pa.table({"frequenzy": [1]}), ("frequency",), "NBD")


@pytest.mark.parametrize("values", [pd.to_timedelta([3, 2, 1], unit="D"), pd.to_datetime(["2025-01-01"] * 3)])
def test_times_are_no_numbers(values: Any) -> None:
    table = pd.DataFrame({"frequency": [1, 0, 1], "recency_days": values, "T_days": [9, 9, 9]})
    with pytest.raises(
        ColumnError, match=r"column recency_days holds time(s| spans)\n.*\n.*\.dt\.days in pandas"
    ):
        rg.BetaGeoNBD().fit(table)


def test_named_levels_of_a_pandas_index_are_columns() -> None:
    frame = pd.DataFrame(
        {"n": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["customer_id", None])
    )
    assert to_arrow(frame)[0].to_pydict() == {"n": [1, 2], "customer_id": ["a", "b"]}


def test_columns_named_twice_and_numbers_as_names_do_no_harm() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["n", "n", 7])
    assert to_arrow(frame)[0].to_pydict() == {"n": [1], "7": [3]}


def test_results_and_relations_go_in() -> None:
    table = pa.table({"customer_id": ["a"], "n": [1]})
    assert to_arrow(ResultTable(table)) == (table, "pyarrow")
    assert to_arrow(table.to_batches()[0]) == (table, "pyarrow")
    relation = duckdb.sql("SELECT 'a' AS customer_id, 1::BIGINT AS n")
    assert to_arrow(relation)[0].to_pydict() == table.to_pydict()


@pytest.mark.parametrize("nothing", [3, "orders.csv", np.zeros(3), None])
def test_what_is_no_table_is_refused(nothing: Any) -> None:
    with pytest.raises(ColumnError, match="is no table"):
        to_arrow(nothing)
