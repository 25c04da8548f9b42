"""How far predicted amounts miss: the total with its sign, and the single customer."""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]


def total_bias(actual: Floats, predicted: Floats) -> float:
    """Predicted total / actual total - 1: -0.2 = a fifth too little; nan where the actual total is not positive.

    >>> total_bias(np.array([60.0, 40.0]), np.array([70.0, 10.0]))
    -0.2
    """
    total = float(actual.sum())
    return float((predicted.sum() - total) / total) if total > 0 else float("nan")


def mean_absolute_error(actual: Floats, predicted: Floats) -> float:
    """Mean distance per customer, in the unit of the values. Predicting 0 for everyone can win it: read the bias too.

    >>> mean_absolute_error(np.array([1.0, 3.0]), np.array([2.0, 1.0]))
    1.5
    """
    return float(np.mean(np.abs(predicted - actual))) if len(actual) else float("nan")


def root_mean_squared_error(actual: Floats, predicted: Floats) -> float:
    """Root of the mean squared distance per customer, in the unit of the values.

    >>> root_mean_squared_error(np.array([0.0, 0.0]), np.array([3.0, 3.0]))
    3.0
    """
    return float(np.sqrt(np.mean((predicted - actual) ** 2))) if len(actual) else float("nan")
