"""Ids become codes in sorted order, whatever kind of table, text or order of rows they came in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import ColumnError, OptionError
from regulars.models.recommend.interactions import (
    check_count,
    codes_of,
    id_array,
    id_values,
    read_ids,
    read_interactions,
    rows_of,
)

pairs = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 9), st.integers(0, 99)), max_size=40
)


def table_of(rows: list[tuple[int, int, int, int]]) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array([f"c{row[0]}" for row in rows], pa.string()),
            "item_id": pa.array([f"i{row[1]}" for row in rows], pa.string()),
            "line_count": pa.array([row[2] for row in rows], pa.int64()),
            "last_day": pa.array([row[3] for row in rows], pa.int64()),
        }
    )


@given(pairs)
def test_rows_of_a_pair_are_joined(rows: list[tuple[int, int, int, int]]) -> None:
    found = read_interactions(table_of(rows), "Model")
    expected = {(c, i): (0, 0) for c, i, _, _ in rows}
    for customer, item, lines, day in rows:
        had = expected[customer, item]
        expected[customer, item] = (had[0] + lines, max(had[1], day))
    assert found.line_count is not None and found.last_day is not None
    got = {
        (found.customers[c].as_py(), found.items[i].as_py()): (lines, day)
        for c, i, lines, day in zip(
            found.customer_code.tolist(),
            found.item_code.tolist(),
            found.line_count.tolist(),
            found.last_day.tolist(),
            strict=True,
        )
    }
    assert got == {(f"c{c}", f"i{i}"): value for (c, i), value in expected.items()}
    assert found.customers.to_pylist() == sorted({f"c{row[0]}" for row in rows})


def test_the_matrix_is_ordered_and_rows_can_be_taken_with_gaps() -> None:
    found = read_interactions({"customer_id": [2, 1, 1], "item_id": ["b", "c", "a"]}, "Model")
    assert found.bought().toarray().tolist() == [[1, 0, 1], [0, 1, 0]]
    assert rows_of(found.bought(), np.array([1, -1, 0, 0])).toarray().tolist() == [
        [0, 1, 0],
        [0, 0, 0],
        [1, 0, 1],
        [1, 0, 1],
    ]


@pytest.mark.parametrize(
    "ids",
    [
        ["b", "a", "b"],
        pa.array(["b", "a", None], pa.large_string()),
        pa.chunked_array([["b"], ["a"]]).dictionary_encode(),
        np.array(["b", "a"]),
        pd.Series(["b", "a"]),
        pl.Series(["b", "a"]),
        pd.DataFrame({"customer_id": ["b", "a"]}),
        pl.DataFrame({"customer_id": ["b", "a"]}),
        {"b", "a"},
    ],
    ids=lambda ids: type(ids).__name__,
)
def test_ids_come_from_any_container(ids: object) -> None:
    found, kind = read_ids(ids, "customer_id", "Model")
    assert found.to_pylist() == ["a", "b"]
    assert (
        kind == type(ids).__module__.split(".")[0] if isinstance(ids, (pd.DataFrame, pl.DataFrame)) else kind
    )
    assert id_array(id_values(found)).equals(found)


def test_codes_of_unknown_ids_are_minus_one() -> None:
    known = pa.array(["a", "b"])
    assert codes_of(pa.array(["b", "z"]), known).tolist() == [1, -1]
    assert codes_of(pa.array([7]), known).tolist() == [-1]
    with pytest.raises(ColumnError, match="as at fit"):
        codes_of(pa.array(["b"]), pa.array([1, 2]))


def test_what_cannot_be_an_id_is_refused() -> None:
    with pytest.raises(ColumnError, match="column item_id is empty in row 1"):
        read_interactions({"customer_id": ["a", "b"], "item_id": ["x", None]}, "Model")
    with pytest.raises(ColumnError, match="ids are of type double"):
        read_interactions({"customer_id": [0.5], "item_id": ["x"]}, "Model")
    for n in (0, -1, 2.5, True):
        with pytest.raises(OptionError, match="at least 1"):
            check_count(n)  # type: ignore[arg-type]
