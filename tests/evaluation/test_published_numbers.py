"""The naive rate on the CDNOW log as of 1997-12-31, 91 days ahead: numbers measured with other code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from regulars.evaluation.calibration import brier, calibration_error, log_loss
from regulars.evaluation.naive import naive_forecast
from regulars.evaluation.ranking import auc, normalised_gini, spearman
from regulars.evaluation.totals import mean_absolute_error, total_bias

CUT, HORIZON = np.datetime64("1997-12-31"), 91


def cdnow(path: Path) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Features at the cut, and purchase days and money of the horizon, per customer."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    customer = np.array([int(row[0]) for row in rows]) - 1
    day = np.array([f"{row[1][:4]}-{row[1][4:6]}-{row[1][6:]}" for row in rows], dtype="datetime64[D]")
    money = np.array([float(row[3]) for row in rows])
    count = customer.max() + 1
    past, future = day <= CUT, (day > CUT) & (day <= CUT + HORIZON)

    def days(inside: np.ndarray) -> np.ndarray:
        distinct = np.unique(np.column_stack((customer[inside], day[inside].astype(np.int64))), axis=0)
        return np.bincount(distinct[:, 0], minlength=count)

    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, customer[past], day[past].astype(np.int64))
    features = pa.table(
        {
            "purchase_day_count": days(past),
            "T_days": CUT.astype(np.int64) - first,
            "net_value": np.bincount(customer[past], weights=money[past], minlength=count),
        }
    )
    return features, days(future), np.bincount(customer[future], weights=money[future], minlength=count)


@pytest.mark.data
def test_the_naive_rate_on_cdnow(data_dir: Path) -> None:
    features, purchases, money = cdnow(data_dir / "cdnow" / "CDNOW_master.txt")
    forecast = naive_forecast(features, HORIZON)
    churn, value = (forecast[name].to_numpy() for name in ("naive_churn_probability", "naive_expected_value"))
    churned = (purchases == 0).astype(np.float64)
    assert (len(churned), round(1 - churned.mean(), 3)) == (23_570, 0.163)
    assert brier(churned, churn) == pytest.approx(0.1683, abs=5e-5)
    assert log_loss(churned, churn) == pytest.approx(0.527, abs=5e-4)
    assert auc(churned, churn) == pytest.approx(0.798, abs=5e-4)
    assert calibration_error(churned, churn) == pytest.approx(0.242, abs=5e-4)
    assert mean_absolute_error(money, value) == pytest.approx(22.1, abs=0.05)
    assert spearman(money, value) == pytest.approx(0.355, abs=5e-4)
    assert normalised_gini(money, value) == pytest.approx(0.717, abs=5e-4)
    assert total_bias(money, value) == pytest.approx(1.17, abs=5e-3)
