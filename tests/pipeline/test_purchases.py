"""A log of purchases as a table of customers: the same numbers as the features of a shop."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import regulars as rg
from regulars.config import Settings
from regulars.pipeline.features import build_features
from regulars.pipeline.shop import Shop

NAMES = {"customer": "who", "time": "at", "value": "paid"}


def of_features(log: pa.Table, as_of_day: int) -> pa.Table:
    """The features that a shop makes of the same purchases, buyers only."""
    shop = Shop.from_frame(
        pa.table({"user_id": log["who"], "date": log["at"], "value": log["paid"], "order_id": log["order"]}),
        source="orders",
    )
    with shop.store() as store:
        table = store.read(build_features(store, Settings(), as_of_day).buyers)
    return table.sort_by("customer_id")


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 40), st.integers(0, 500_00), st.integers(0, 12)), min_size=1, max_size=60
    ),
    st.integers(15, 45),
)  # fmt: skip
def test_it_equals_the_features_of_a_shop(rows: list[tuple[int, int, int, int]], last: int) -> None:
    start = dt.date(2025, 1, 1)
    log = pa.table(
        {
            "who": [f"c{who}" for who, *_ in rows],
            "at": [str(start + dt.timedelta(days=day)) for _, day, *_ in rows],
            "paid": [cents / 100 for _, _, cents, _ in rows],
            "order": [f"{who}-{order}" for who, _, _, order in rows],
        }
    )
    as_of = start + dt.timedelta(days=last)
    ours = rg.purchase_summary(log, **NAMES, order="order", as_of=as_of)
    theirs = of_features(log, (as_of - dt.date(1970, 1, 1)).days)
    assert ours.to_pylist() == theirs.select(ours.column_names).to_pylist()


@pytest.mark.data
def test_cdnow_equals_the_features_of_a_shop(data_dir: Any) -> None:
    columns = ["who", "sample", "at", "cds", "paid"]
    log = pd.read_csv(data_dir / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", names=columns, dtype=str)
    ours = rg.purchase_summary(log.assign(paid=log["paid"].astype(float)), **NAMES, as_of="1997-09-30")
    shop = Shop.from_frame(
        log.rename(columns={"who": "user_id", "at": "date", "paid": "value"})[["user_id", "date", "value"]]
    )
    with shop.store() as store:
        theirs = (
            store.read(build_features(store, Settings(), 10_134).buyers).sort_by("customer_id").to_pandas()
        )
    assert len(ours) == 2_357
    for name in ours.columns:
        assert np.array_equal(ours[name].fillna(-1), theirs[name].fillna(-1)), name
    model = rg.BetaGeoNBD().fit(ours)
    assert [round(model.r_, 3), round(model.alpha_ / 7, 2), round(model.a_, 2), round(model.b_, 2)] == [0.243, 4.41, 0.79, 2.43]  # fmt: skip


LOG = {"who": ["b", "a", "a"], "at": ["2025-01-05", "2025-01-01", "2025-01-31"], "paid": [7.0, 1.0, 3.0]}


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_the_kind_of_table_that_goes_in_comes_out(kind: Any) -> None:
    made = kind(LOG)
    out = rg.purchase_summary(made, **NAMES)
    assert type(out) is type(made)
    arrow = rg.purchase_summary(pa.table(LOG), **NAMES)
    assert arrow["customer_id"].to_pylist() == ["a", "b"] and arrow["T_days"].to_pylist() == [30, 26]
    flat = out.collect() if isinstance(out, pl.LazyFrame) else out
    assert list(map(str, flat["monetary_value"])) == (["3.0", "0.0"])


ID_TYPES = ["int64", "Int64", "float64", "object", "string", "string[pyarrow]", "str", "category"]


@pytest.mark.parametrize("dtype", ID_TYPES)
def test_every_type_of_id(dtype: str) -> None:
    log = pd.DataFrame({"who": [12, 7, 12], "at": ["2025-01-01"] * 3, "paid": [1, 2, 3]}).astype(
        {"who": dtype}
    )
    out = rg.purchase_summary(log, **NAMES)
    assert sorted(map(str, out["customer_id"])) == ["12", "7"]


@pytest.mark.parametrize(
    "at",
    [
        pd.to_datetime(["2025-01-01 23:30", "2025-01-02 00:30"]),
        pd.to_datetime(["2025-01-01 23:30", "2025-01-02 00:30"]).tz_localize("America/New_York"),
        [dt.date(2025, 1, 1), dt.date(2025, 1, 2)],
        ["31.12.2024", "01.01.2025"],
        pd.array(["2025-01-01", "2025-01-02"], dtype="string"),
        pd.Categorical(["2025-01-01", "2025-01-02"]),
        [20250101, 20250102],
    ],
)
def test_every_type_of_time(at: Any) -> None:
    out = rg.purchase_summary(pd.DataFrame({"who": ["a", "a"], "at": at}), customer="who", time="at")
    assert out[["frequency", "recency_days", "T_days"]].to_numpy().tolist() == [[1, 1, 1]]
    assert "monetary_value" not in out


@pytest.mark.parametrize(
    "paid",
    [
        [Decimal("1.10"), Decimal("2.20")],
        pd.array([1.1, 2.2], dtype="Float64"),
        ["1,10", "2,20"],
        ["£1.10", "£2.20"],
    ],
)
def test_every_type_of_money(paid: Any) -> None:
    log = pd.DataFrame({"who": ["a", "a"], "at": ["2025-01-01", "2025-01-02"], "paid": paid})
    assert rg.purchase_summary(log, **NAMES)["net_value"].tolist() == [3.3]


def test_rows_without_a_customer_or_after_the_day_are_left_out() -> None:
    log = pd.DataFrame(
        {"who": [1.0, None, 2.0], "at": ["2025-01-01", "2025-01-02", "2025-02-01"], "paid": [1, -5, 2]}
    )
    out = rg.purchase_summary(log, **NAMES, as_of=pd.Timestamp("2025-01-10 18:00"))
    assert out["customer_id"].tolist() == [1] and out["T_days"].tolist() == [9]


def test_nothing_in_nothing_out_but_the_columns() -> None:
    empty = rg.purchase_summary(pa.table({n: pa.array([], pa.string()) for n in LOG}), **NAMES)
    assert empty.num_rows == 0 and empty.schema.field("monetary_value").type == pa.float64()


@pytest.mark.parametrize(
    ("change", "names", "message"),
    [
        ({}, {"customer": "Who"}, r"no column Who \(customer=\).* Did you mean who\?"),
        ({"CustomerID": ["a"] * 3}, {"customer": "buyer"}, r'Is it CustomerID\?\n.*\nFix: customer="CustomerID"'),
        ({"at": ["2025-01-05", "soon", "x"]}, {}, r"at holds 'soon' in row 1 .*\(2 such rows\)"),
        ({"at": ["03/04/2025", "03/05/2025", "03/06/2025"]}, {}, "could be day first or month first"),
        ({"paid": [1.0, -2.0, 3.0]}, {}, r'paid holds .-2.0. in row 1 .*\n.*\nFix: leave the refunds out \(log\[log\["paid"\] >= 0\]'),
        ({"paid": [1.0, None, 3.0]}, {}, "paid is empty in row 1"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(change: dict[str, Any], names: dict[str, str], message: str) -> None:
    with pytest.raises(rg.ColumnError, match=f"(?s){message}"):
        rg.purchase_summary(pa.table({**LOG, **change}), **{**NAMES, **names})


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(rg.OptionError, match="as_of is 'today'"):
        rg.purchase_summary(LOG, **NAMES, as_of="today")


def test_models_take_it() -> None:
    rng = np.random.default_rng(0)
    count = 2_000
    log = pd.DataFrame(
        {
            "who": rng.integers(0, 200, count),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, count), unit="D"),
            "paid": rng.gamma(5, 4, count).round(2),
        }
    )
    table = rg.purchase_summary(log, **NAMES, as_of="2025-06-30")
    for model in (
        rg.BetaGeoNBD(),
        rg.GammaGamma(),
        rg.CustomerLifetimeValue(),
        rg.RFM(),
        rg.ValueGroups(),
        rg.LifecycleRule(),
    ):
        out: Any = model
        assert len(out.fit(table).predict(table)) == len(table)
