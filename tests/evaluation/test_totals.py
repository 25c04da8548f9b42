"""Amounts: the total with its sign, and the single customer, against scikit-learn's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from regulars.evaluation.totals import mean_absolute_error, root_mean_squared_error, total_bias


def test_errors_are_scikit_learns() -> None:
    draw = np.random.default_rng(0)
    actual, predicted = draw.normal(5, 3, 50), draw.normal(4, 3, 50)
    assert mean_absolute_error(actual, predicted) == pytest.approx(
        metrics.mean_absolute_error(actual, predicted)
    )
    expected = metrics.root_mean_squared_error(actual, predicted)
    assert root_mean_squared_error(actual, predicted) == pytest.approx(expected)


def test_bias_has_its_sign() -> None:
    assert total_bias(np.array([10.0, 0.0]), np.array([4.0, 4.0])) == pytest.approx(-0.2)
    assert total_bias(np.array([10.0, -5.0]), np.array([5.0, 5.0])) == pytest.approx(1.0)


def test_without_rows_or_total_it_is_undefined() -> None:
    empty = np.zeros(0)
    for metric in (total_bias, mean_absolute_error, root_mean_squared_error):
        assert np.isnan(metric(empty, empty))
    assert np.isnan(total_bias(np.zeros(3), np.ones(3)))
