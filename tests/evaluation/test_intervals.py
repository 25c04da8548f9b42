"""Bootstrap intervals: they cover, they repeat, they shrink with more customers."""

from __future__ import annotations

import numpy as np
import pytest

from regulars.evaluation import intervals
from regulars.evaluation.intervals import bootstrap_intervals, coverage
from regulars.evaluation.totals import mean_absolute_error, total_bias

METRICS = {"mae": mean_absolute_error, "bias": total_bias}


def test_coverage_counts_both_ends() -> None:
    actual = np.array([1.0, 2.0, 3.0, 4.0])
    assert coverage(actual, np.full(4, 2.0), np.full(4, 3.0)) == 0.5
    assert np.isnan(coverage(np.zeros(0), np.zeros(0), np.zeros(0)))


@pytest.mark.parametrize("most", [10_000, 100])
def test_nine_of_ten_intervals_hold_the_truth(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """The mean absolute error of standard normal noise is sqrt(2 / pi), with and without m out of n."""
    monkeypatch.setattr(intervals, "RESAMPLE_ROWS", most)
    draw, hits = np.random.default_rng(0), 0
    for seed in range(200):
        noise = draw.normal(0, 1, 300)
        found = bootstrap_intervals(
            {"mae": mean_absolute_error}, noise, np.zeros(300), random_state=seed, replicates=100
        )
        low, high = found["mae"]
        hits += low <= np.sqrt(2 / np.pi) <= high
    assert 0.84 <= hits / 200 <= 0.96


def test_the_same_seed_gives_the_same_interval() -> None:
    actual, predicted = np.arange(1.0, 40.0), np.full(39, 20.0)
    first = bootstrap_intervals(METRICS, actual, predicted, random_state=3)
    assert bootstrap_intervals(METRICS, actual, predicted, random_state=3) == first
    assert bootstrap_intervals(METRICS, actual, predicted, random_state=4) != first
    assert (
        bootstrap_intervals({"bias": total_bias}, actual, predicted, random_state=3)["bias"] == first["bias"]
    )


def test_undefined_metrics_have_no_interval() -> None:
    found = bootstrap_intervals(METRICS, np.zeros(5), np.ones(5), random_state=0)
    assert np.isnan(found["bias"]).all()
    assert found["mae"] == (1.0, 1.0)
    empty = bootstrap_intervals(METRICS, np.zeros(0), np.zeros(0), random_state=0)
    assert np.isnan(empty["mae"]).all()
