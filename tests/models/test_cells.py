"""Grouping customers who look the same to a purchase model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import ColumnError
from regulars.models.cells import distinct_rows, purchase_cells


@pytest.mark.parametrize("scale", [1, 1 / 7, 10_000_019])
@given(rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 9)), max_size=40))
def test_cells_and_positions_give_the_rows_back(scale, rows):
    columns = [np.array([row[i] for row in rows], dtype=float) * scale for i in range(3)]
    distinct, position = distinct_rows(columns)
    for column, values in zip(columns, distinct, strict=True):
        np.testing.assert_array_equal(values[position], column)
    assert len(distinct[0]) == len(set(rows))


def test_rows_that_do_not_fit_one_number_are_told_apart():
    wide = np.linspace(0.0, 1.0, 3_000_001)[:: 3_000_000 // 2]
    many = [np.random.default_rng(i).random(3000) for i in range(6)]  # 3000^6 combinations
    distinct, position = distinct_rows([np.concatenate([column, column]) for column in many])
    assert len(distinct[0]) == 3000
    np.testing.assert_array_equal(distinct[2][position][:3000], many[2])
    assert distinct_rows([wide])[0][0].tolist() == wide.tolist()


def test_cells_count_customers():
    table = {
        "frequency": [1, 0, 1],
        "recency_days": [5, 0, 5],
        "T_days": [9, 9, 9],
        "customer_count": [2, 7, 3],
    }
    cells = purchase_cells(table)
    assert cells.customer_count.tolist() == [7.0, 5.0]
    assert cells.inverse.tolist() == [1, 0, 1]
    assert len(cells.part(np.array([1]))) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frequency": [0.0, np.nan]}, "purchase_count > 0"),
        ({"T_days": [np.nan, 9.0]}, "T_days is empty in row 0"),
        ({"frequency": [0, -1]}, "at least 0"),
        ({"frequency": [0.5, 1]}, "whole numbers"),
        ({"frequency": [0, 10_000_000]}, "from 0 to 1,000,000"),
        ({"recency_days": [0, 10]}, "recency_days is 10 and T_days 9 in row 1"),
        ({"T_days": [9.0, np.inf]}, "finite"),
        ({"customer_count": [1, -2]}, "customer_count"),
    ],
)
def test_values_that_cannot_be_are_named(change, message):
    table = {"frequency": [0, 1], "recency_days": [0, 5], "T_days": [9, 9], **change}
    with pytest.raises(ColumnError, match=message):
        purchase_cells({name: np.array(values) for name, values in table.items()})
