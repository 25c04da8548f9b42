"""The likelihoods of the NBD and BG/NBD models, as means over purchase cells with analytic gradients.

Sources: Ehrenberg (1959) for the NBD; Fader, Hardie and Lee (2005), Marketing Science 24(2), eq. 6, for the
BG/NBD (FHL below). Logs of times are taken once per distinct time and the gamma functions once per
frequency; only the odds of having left are computed cell by cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from regulars.models.cells import PurchaseCells
from regulars.models.likelihood import MeanLikelihood, log_rising

Array = np.ndarray[Any, Any]


def _by_value(values: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Distinct values, the sum of weights at each, and each row's position."""
    distinct, position = np.unique(values, return_inverse=True)
    return distinct, np.bincount(position, weights=weights, minlength=len(distinct)), position


def nbd_likelihood(cells: PurchaseCells, scale_days: float) -> MeanLikelihood:
    """ln L = ln Γ(r+x) - ln Γ(r) + r ln α - (r+x) ln(α+T), the mean over customers."""
    weight = cells.customer_count / np.sum(cells.customer_count)
    T, T_weight, at = _by_value(cells.T_days / scale_days, weight)
    T_repeats = np.bincount(at, weights=weight * cells.frequency, minlength=len(T))
    x_weight = np.bincount(cells.frequency.astype(np.int64), weights=weight)
    repeats = float(np.sum(T_repeats))

    def likelihood(log_parameters: Array) -> tuple[float, Array]:
        r, alpha = np.exp(log_parameters)
        rising, rising_slope = log_rising(r, len(x_weight) - 1)
        age, age_slope = np.log1p(T / alpha), T / (alpha + T)
        mean = np.sum(x_weight * rising) - np.sum((r * T_weight + T_repeats) * age) - repeats * np.log(alpha)
        by_r = np.sum(x_weight * rising_slope) - np.sum(T_weight * age)
        by_log_alpha = np.sum((r * T_weight + T_repeats) * age_slope) - repeats
        return float(mean), np.array([r * by_r, by_log_alpha])

    return likelihood


def beta_geo_likelihood(cells: PurchaseCells, scale_days: float) -> MeanLikelihood:
    """FHL eq. 6, the mean over customers: the NBD part, the drop-out part, and the odds of having left."""
    nbd = nbd_likelihood(cells, scale_days)
    weight = cells.customer_count / np.sum(cells.customer_count)
    x_weight = np.bincount(cells.frequency.astype(np.int64), weights=weight)
    largest = len(x_weight) - 1
    repeat = cells.frequency > 0
    x, w = cells.frequency[repeat], weight[repeat]
    x_at = x.astype(np.int64)
    T, T_at = np.unique(cells.T_days[repeat] / scale_days, return_inverse=True)
    t_x, t_x_at = np.unique(cells.recency_days[repeat] / scale_days, return_inverse=True)
    counts = np.arange(largest + 1.0)

    def likelihood(log_parameters: Array) -> tuple[float, Array]:
        r, alpha, a, b = np.exp(log_parameters)
        mean, nbd_gradient = nbd(log_parameters[:2])
        stay, stay_slope = log_rising(b, largest)  # B(a, b+x) / B(a, b) = (b)_x / (a+b)_x
        both, both_slope = log_rising(a + b, largest)
        mean += np.sum(x_weight * (stay - both))
        # d = ln of [a / (b+x-1)] · [(α+T) / (α+t_x)]^(r+x); the customer's term is ln(1 + e^d).
        before = np.maximum(b + counts - 1, 1e-300)
        silence = np.log1p(T / alpha)[T_at] - np.log1p(t_x / alpha)[t_x_at]
        d = (np.log(a) - np.log(before))[x_at] + (r + x) * silence
        small = np.exp(-np.abs(d))
        mean += np.sum(w * (np.maximum(d, 0) + np.log1p(small)))
        left = w * np.where(d > 0, 1.0, small) / (1 + small)
        silence_slope = (t_x / (alpha + t_x))[t_x_at] - (T / (alpha + T))[T_at]
        gradient = np.array([
            nbd_gradient[0] + r * np.sum(left * silence),
            nbd_gradient[1] + np.sum(left * (r + x) * silence_slope),
            -a * np.sum(x_weight * both_slope) + np.sum(left),
            b * np.sum(x_weight * (stay_slope - both_slope)) - b * np.sum(left / before[x_at]),
        ])  # fmt: skip
        return float(mean), gradient

    return likelihood
