"""Whether predicted probabilities come true: Brier score, log loss, calibration by decile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.evaluation.ranking import average_ranks

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

DECILES = 10


def brier(happened: Floats, probability: Floats) -> float:
    """Mean squared error of the probabilities (Brier, 1950): 0 is perfect; nan without rows.

    >>> brier(np.array([1.0, 0.0]), np.array([0.8, 0.4]))
    0.1
    """
    return float(np.mean((probability - happened) ** 2)) if len(happened) else float("nan")


def log_loss(happened: Floats, probability: Floats) -> float:
    """Mean of -log of the probability given to what happened; nan without rows.

    Probabilities are kept one floating-point step away from 0 and 1 (as scikit-learn does), so that a
    wrong certainty costs 36 and not infinity.

    >>> round(log_loss(np.array([1.0, 0.0]), np.array([0.5, 0.5])), 6)
    0.693147
    """
    if not len(happened):
        return float("nan")
    step = np.finfo(np.float64).eps
    p = np.clip(probability, step, 1 - step)
    return float(-np.mean(happened * np.log(p) + (1 - happened) * np.log1p(-p)))


@dataclass(frozen=True)
class Deciles:
    """Customers in ten groups of equal size by prediction, the lowest first; empty groups are left out."""

    decile: Ints
    predicted: Floats
    observed: Floats
    customer_count: Ints


def calibration_by_decile(happened: Floats, probability: Floats) -> Deciles:
    """Mean prediction and what came of it in each tenth of the customers, by prediction.

    Customers with equal predictions stay together (in the group of their middle place), so groups are
    of unequal size where many predictions are equal, and the row order does not matter.

    >>> found = calibration_by_decile(np.array([0.0, 1.0, 1.0]), np.array([0.1, 0.9, 0.9]))
    >>> found.decile.tolist(), found.predicted.tolist(), found.observed.tolist()
    ([2, 7], [0.1, 0.9], [0.0, 1.0])
    """
    place = (average_ranks(probability) - 0.5) / max(len(probability), 1)
    group = np.minimum((place * DECILES).astype(np.int64), DECILES - 1)
    count = np.bincount(group, minlength=DECILES)
    there = np.flatnonzero(count)
    predicted = np.bincount(group, weights=probability, minlength=DECILES)[there] / count[there]
    observed = np.bincount(group, weights=happened, minlength=DECILES)[there] / count[there]
    return Deciles(there + 1, predicted, observed, count[there].astype(np.int64))


def calibration_error(happened: Floats, probability: Floats) -> float:
    """Expected calibration error: mean distance of prediction and outcome over the deciles, by customers.

    Naeini, Cooper and Hauskrecht (2015), with groups of equal size; nan without rows.

    >>> calibration_error(np.array([0.0, 1.0]), np.array([0.25, 0.75]))
    0.25
    """
    if not len(happened):
        return float("nan")
    found = calibration_by_decile(happened, probability)
    distance = np.abs(found.predicted - found.observed)
    return float(np.sum(distance * found.customer_count) / len(happened))
