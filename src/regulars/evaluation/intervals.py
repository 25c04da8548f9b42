"""How sure a metric is, and whether predicted intervals hold what they promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Metric = Callable[[Floats, Floats], float]

REPLICATES = 200
RESAMPLE_ROWS = 10_000
"""With more customers than this, replicates draw so many and the spread is scaled by the root of the ratio."""


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of customers whose actual value lies within their interval; nan without rows.

    >>> coverage(np.array([1.0, 5.0]), np.array([0.0, 0.0]), np.array([2.0, 2.0]))
    0.5
    """
    return float(np.mean((actual >= low) & (actual <= high))) if len(actual) else float("nan")


def bootstrap_intervals(
    metrics: Mapping[str, Metric],
    actual: Floats,
    predicted: Floats,
    *,
    random_state: int,
    replicates: int = REPLICATES,
) -> dict[str, tuple[float, float]]:
    """The 90 % interval of each metric, from customers drawn again with replacement.

    Percentile bootstrap (Efron and Tibshirani, 1993, chapter 13). With more than ``RESAMPLE_ROWS``
    customers each replicate draws that many, and the distance from the metric shrinks by
    sqrt(drawn / all) (m out of n bootstrap: Bickel, Gotze and van Zwet, 1997). All metrics see the same draws.

    Returns
    -------
    dict
        Metric name to (5 % quantile, 95 % quantile); nan where the metric is undefined. The rows' order
        matters to the draws: sort them first.

    Examples
    --------
    >>> from regulars.evaluation.totals import total_bias
    >>> actual, predicted = np.arange(1.0, 50.0), np.full(49, 25.0)
    >>> low, high = bootstrap_intervals({"bias": total_bias}, actual, predicted, random_state=0)["bias"]
    >>> low < 0 < high
    True
    """
    rows = len(actual)
    whole = {name: metric(actual, predicted) for name, metric in metrics.items()}
    if rows == 0:
        return dict.fromkeys(metrics, (float("nan"), float("nan")))
    drawn = min(rows, RESAMPLE_ROWS)
    found = {name: np.empty(replicates) for name in metrics}
    generator = np.random.default_rng(random_state)
    for replicate in range(replicates):
        pick = generator.integers(0, rows, drawn)
        some_actual, some_predicted = actual[pick], predicted[pick]
        for name, metric in metrics.items():
            found[name][replicate] = metric(some_actual, some_predicted)
    shrink = (drawn / rows) ** 0.5
    return {name: _ends(values, whole[name], shrink) for name, values in found.items()}


def _ends(values: Floats, whole: float, shrink: float) -> tuple[float, float]:
    defined = values[~np.isnan(values)]
    if np.isnan(whole) or not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(whole + (defined - whole) * shrink, [0.05, 0.95])
    return float(low), float(high)
