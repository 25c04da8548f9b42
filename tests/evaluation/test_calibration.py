"""Calibration metrics against scikit-learn's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from regulars.evaluation.calibration import brier, calibration_by_decile, calibration_error, log_loss

rows = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40)


@given(rows)
def test_brier_and_log_loss_are_scikit_learns(pairs: list[tuple[bool, float]]) -> None:
    happened = np.array([float(yes) for yes, _ in pairs])
    probability = np.array([p for _, p in pairs])
    assert brier(happened, probability) == pytest.approx(metrics.brier_score_loss(happened, probability))
    if ((probability == 0) | (probability > 1e-10)).all():
        expected = metrics.log_loss(happened, probability, labels=[0, 1])
        assert log_loss(happened, probability) == pytest.approx(expected, rel=1e-6)


def test_deciles_of_distinct_predictions_are_tenths() -> None:
    draw = np.random.default_rng(0)
    probability = draw.permutation(np.linspace(0.005, 0.995, 100))
    happened = (draw.random(100) < probability).astype(np.float64)
    found = calibration_by_decile(happened, probability)
    assert found.decile.tolist() == list(range(1, 11))
    assert found.customer_count.tolist() == [10] * 10
    np.testing.assert_allclose(found.predicted, np.linspace(0.05, 0.95, 10))
    for decile in range(10):
        inside = (probability > decile / 10) & (probability < (decile + 1) / 10)
        assert found.observed[decile] == pytest.approx(happened[inside].mean())


def test_equal_predictions_stay_together() -> None:
    found = calibration_by_decile(np.array([1.0, 0.0, 1.0, 1.0]), np.full(4, 0.3))
    assert (found.decile.tolist(), found.customer_count.tolist()) == ([6], [4])
    assert (found.predicted.tolist(), found.observed.tolist()) == ([0.3], [0.75])


@given(rows)
def test_deciles_hold_everybody(pairs: list[tuple[bool, float]]) -> None:
    happened = np.array([float(yes) for yes, _ in pairs])
    probability = np.array([p for _, p in pairs])
    found = calibration_by_decile(happened, probability)
    assert found.customer_count.sum() == len(pairs)
    assert found.decile.tolist() == sorted(set(found.decile.tolist()))
    assert (np.diff(found.predicted) >= -1e-12).all()
    assert (found.observed * found.customer_count).sum() == pytest.approx(happened.sum())


def test_perfect_calibration_has_no_error() -> None:
    probability = np.repeat([0.25, 0.75], 40)
    happened = np.tile([1.0, 0.0, 0.0, 0.0], 10), np.tile([0.0, 1.0, 1.0, 1.0], 10)
    assert calibration_error(np.concatenate(happened), probability) == pytest.approx(0)
    assert calibration_error(np.concatenate(happened), 1 - probability) == pytest.approx(0.5)


def test_nothing_is_undefined() -> None:
    empty = np.zeros(0)
    for metric in (brier, log_loss, calibration_error):
        assert np.isnan(metric(empty, empty))
    assert len(calibration_by_decile(empty, empty).decile) == 0
