"""A shop from data frames: every kind of frame, and every type that a column of theirs can have."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from regulars.config import Settings
from regulars.config import Shop as ShopSettings
from regulars.pipeline.shop import Shop
from regulars.show.notebook import ResultTable

ORDERS: dict[str, list[Any]] = {
    "order_id": ["1", "1", "2"],
    "order_date": ["2025-03-01 10:00:00", "2025-03-01 10:00:00", "2025-04-02 23:30:00"],
    "customer_id": ["ann", "ann", "ben"],
    "item_id": ["tea", "cup", "tea"],
    "quantity": [1, 2, 1],
    "unit_price": [4.5, 2.25, 4.5],
}


def lines(frame: Any, zone: str = "UTC") -> list[tuple[Any, ...]]:
    shop = Shop.from_frame(frame, settings=Settings(shop=ShopSettings(currency="GBP", time_zone=zone)))
    with shop.store() as store:
        rows = store.read(store.table("events").sort("source_row"))
        assert store.table("events_rejected").collect().shape[0] == 0
    names = ("order_id", "day", "user_id", "item_id", "quantity", "value")
    return [tuple(row[name] for name in names) for row in rows.to_pylist()]


EXPECTED = [
    ("1", 20_148, "ann", "tea", 10_000, 45_000), ("1", 20_148, "ann", "cup", 20_000, 45_000),
    ("2", 20_180, "ben", "tea", 10_000, 45_000),
]  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        pl.LazyFrame,
        pa.table,
        dict,
        lambda columns: ResultTable(pa.table(columns)),
    ],
    ids=["pandas", "polars", "lazy", "arrow", "dict", "result"],
)
def test_every_kind_of_table(make: Any) -> None:
    assert lines(make(ORDERS)) == EXPECTED


PANDAS: dict[str, Any] = {
    "nullable": lambda frame: frame.convert_dtypes(),
    "pyarrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "python strings": lambda frame: frame.astype(dict.fromkeys(["customer_id", "item_id", "order_date"], "string[python]")),
    "objects": lambda frame: frame.astype(object),
    "categories": lambda frame: frame.astype(dict.fromkeys(["customer_id", "item_id", "order_id"], "category")),
    "decimals": lambda frame: frame.assign(unit_price=[Decimal("4.50"), Decimal("2.25"), Decimal("4.5")]),
    "times": lambda frame: frame.assign(order_date=pd.to_datetime(frame["order_date"])),
    "zoned times": lambda frame: frame.assign(order_date=pd.to_datetime(frame["order_date"], utc=True)),
    "python times": lambda frame: frame.assign(order_date=[dt.datetime.fromisoformat(t) for t in frame["order_date"]]).astype(object),
    "a time index": lambda frame: frame.assign(order_date=pd.to_datetime(frame["order_date"])).set_index("order_date"),
    "numbers for order ids": lambda frame: frame.assign(order_id=[1.0, 1.0, 2.0]),
    "a mixed column beside": lambda frame: frame.assign(note=[1, "two", None], span=pd.to_timedelta([1, 2, 3], unit="h")),
}  # fmt: skip


@pytest.mark.parametrize("kind", PANDAS)
def test_every_type_of_pandas(kind: str) -> None:
    assert lines(PANDAS[kind](pd.DataFrame(ORDERS))) == EXPECTED


POLARS: dict[str, Any] = {
    "categorical": pl.col("customer_id").cast(pl.Categorical),
    "enum": pl.col("item_id").cast(pl.Enum(["tea", "cup"])),
    "decimal": pl.col("unit_price").cast(pl.Decimal(10, 2)),
    "small": pl.col("quantity").cast(pl.UInt8),
    "time": pl.col("order_date").str.to_datetime(),
    "zoned time": pl.col("order_date").str.to_datetime().dt.replace_time_zone("UTC"),
}


@pytest.mark.parametrize("kind", POLARS)
def test_every_type_of_polars(kind: str) -> None:
    assert lines(pl.DataFrame(ORDERS).with_columns(POLARS[kind])) == EXPECTED


def test_times_with_a_zone_are_instants_and_those_without_are_the_shops() -> None:
    naive = pd.DataFrame(ORDERS).assign(order_date=pd.to_datetime(ORDERS["order_date"]))
    zoned = naive.assign(order_date=naive["order_date"].dt.tz_localize("UTC"))
    assert [row[1] for row in lines(naive, "Asia/Shanghai")] == [20_148, 20_148, 20_180]
    assert [row[1] for row in lines(zoned, "Asia/Shanghai")] == [20_148, 20_148, 20_181]


def test_results_turn_into_every_kind() -> None:
    result = ResultTable(pa.table({"customer_id": ["a"], "clv": [1.5]}))
    assert type(result.to_pandas()) is pd.DataFrame and type(result.to_polars()) is pl.DataFrame
    assert result.to_arrow().to_pydict() == result.to_polars().to_dict(as_series=False)


def test_features_read_what_a_log_without_types_says() -> None:
    from regulars.pipeline.features import build_features

    log = pd.DataFrame(
        {
            "user_id": ["ann", "ann", "ann"], "item_id": ["tea", "tea", "cup"], "timestamp": [1_740_823_200_000 + n for n in range(3)],
            "click": [1, 0, 0], "dwell_time": [10.0, 30.0, None], "rating": [0, 4, 2], "review_text": [None, "nice", None],
        }
    )  # fmt: skip
    shop = Shop.from_frame(log)
    with shop.store() as store:
        (row,) = store.read(build_features(store, Settings(), 20_200).customers).to_pylist()
    assert (row["dwell_seconds_mean"], row["rating_count"], row["rating_mean"]) == (20.0, 2, 3.0)
    assert row["touch_count"] == 3
