"""How well a score orders customers: AUC, Gini of money, rank correlation, share of the top tenth."""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]


def average_ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values sharing the mean of their places, so that no row order matters.

    >>> average_ranks(np.array([10.0, 30.0, 10.0])).tolist()
    [1.5, 3.0, 1.5]
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = ((last - counts + 1 + last) / 2.0)[inverse]
    return ranks


def auc(happened: Floats, probability: Floats) -> float:
    """P(a customer to whom it happened was scored above one to whom it did not), ties counting half.

    The area under the ROC curve as the Mann-Whitney statistic (Hanley and McNeil, 1982, eq. 1); nan where
    it happened to all or to none.

    >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    yes = happened > 0
    yes_count = int(yes.sum())
    no_count = len(yes) - yes_count
    if not yes_count or not no_count:
        return float("nan")
    rank_sum = float(average_ranks(probability)[yes].sum())
    return (rank_sum - yes_count * (yes_count + 1) / 2) / (yes_count * no_count)


def normalised_gini(actual: Floats, predicted: Floats) -> float:
    """How much of the best possible concentration of ``actual`` the prediction's order finds; 1 = all of it.

    Gini of ``actual`` in the order of ``predicted``, divided by that in its own order (Wang, Liu and Miao,
    2019, section 4), written as covariances with average ranks, which holds for ties and for negative
    values. Nan where all actual values are equal.

    >>> normalised_gini(np.array([0.0, 1.0, 5.0]), np.array([1.0, 2.0, 3.0]))
    1.0
    """
    if len(actual) == 0:
        return float("nan")
    middle = (len(actual) + 1) / 2
    perfect = float(np.sum(actual * (average_ranks(actual) - middle)))
    return (
        float(np.sum(actual * (average_ranks(predicted) - middle))) / perfect if perfect > 0 else float("nan")
    )


def top_decile_share(actual: Floats, predicted: Floats) -> float:
    """Share of the actual total that the tenth of customers with the highest prediction brought.

    Customers with equal predictions share their place, and a tenth that is no whole number of customers
    takes a part of the next one. Nan where the total is not positive.

    >>> top_decile_share(np.arange(10.0), np.arange(10.0))
    0.2
    """
    total = float(actual.sum())
    if len(actual) == 0 or total <= 0:
        return float("nan")
    _, inverse, counts = np.unique(-predicted, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, weights=actual)
    places = np.concatenate(([0], np.cumsum(counts)))
    return float(np.interp(len(actual) / 10, places, np.concatenate(([0.0], np.cumsum(sums))))) / total


def spearman(actual: Floats, predicted: Floats) -> float:
    """Correlation of the ranks, ties sharing theirs; nan where one side has a single value.

    >>> round(spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])), 12)
    0.8
    """
    if len(actual) == 0:
        return float("nan")
    a = average_ranks(actual) - (len(actual) + 1) / 2
    b = average_ranks(predicted) - (len(actual) + 1) / 2
    spread = float(np.sum(a * a)) * float(np.sum(b * b))
    return float(np.sum(a * b)) / spread**0.5 if spread > 0 else float("nan")
