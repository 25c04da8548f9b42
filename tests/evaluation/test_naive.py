"""The naive rate."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from regulars.errors import ColumnError, OptionError
from regulars.evaluation.naive import naive_forecast

FEATURES = pa.table(
    {
        "customer_id": ["old", "young", "today", "never"],
        "purchase_day_count": [8, 2, 1, 0],
        "T_days": [720, 30, 0, None],
        "net_value": [400.0, 100.0, -5.0, None],
    }
)


def test_each_customer_goes_on_as_so_far() -> None:
    found = naive_forecast(FEATURES, 90).to_pydict()
    assert found["customer_id"] == ["old", "young", "today", "never"]
    assert found["naive_expected_purchases"] == [1.0, 2.0, 1.0, 0.0]
    assert found["naive_expected_value"] == [50.0, 100.0, -5.0, 0.0]
    np.testing.assert_allclose(found["naive_churn_probability"], np.exp([-1.0, -2.0, -1.0, 0.0]))


def test_no_rows_and_no_key() -> None:
    found = naive_forecast(FEATURES.drop_columns(["customer_id"]).slice(0, 0), 90)
    assert found.num_rows == 0
    assert found.column_names == [
        "naive_churn_probability",
        "naive_expected_purchases",
        "naive_expected_value",
    ]


def test_mistakes() -> None:
    with pytest.raises(ColumnError, match="needs the column T_days"):
        naive_forecast(FEATURES.drop_columns(["T_days"]), 90)
    with pytest.raises(OptionError, match="horizon_days"):
        naive_forecast(FEATURES, 0)
