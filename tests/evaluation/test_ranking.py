"""Ranking metrics against scikit-learn's and scipy's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from regulars.evaluation.ranking import auc, average_ranks, normalised_gini, spearman, top_decile_share

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)
EMPTY = np.zeros(0)


def split(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows, dtype=np.float64)
    return table[:, 0], table[:, 1]


@given(st.lists(st.integers(0, 6), max_size=30))
def test_ranks_are_scipys(values: list[int]) -> None:
    assert average_ranks(np.array(values, dtype=np.float64)).tolist() == stats.rankdata(values).tolist()


@given(pairs)
def test_auc_is_scikit_learns(rows: list[tuple[int, int]]) -> None:
    happened, score = split(rows)
    happened = (happened > 2).astype(np.float64)
    if len(set(happened)) == 1:
        assert np.isnan(auc(happened, score))
    else:
        assert auc(happened, score) == pytest.approx(metrics.roc_auc_score(happened, score))


@given(pairs)
def test_spearman_is_scipys(rows: list[tuple[int, int]]) -> None:
    actual, predicted = split(rows)
    if len(set(actual)) == 1 or len(set(predicted)) == 1:
        assert np.isnan(spearman(actual, predicted))
    else:
        assert spearman(actual, predicted) == pytest.approx(stats.spearmanr(actual, predicted).statistic)


def lorenz_gini(actual: np.ndarray, order: np.ndarray) -> float:
    """Gini from the cumulative curve, as the challenge that made the normalised one known computes it."""
    running = np.cumsum(actual[np.argsort(-order, kind="stable")]) / actual.sum()
    return float(running.sum() - (len(actual) + 1) / 2)


def test_gini_is_that_of_the_cumulative_curve() -> None:
    draw = np.random.default_rng(0)
    actual, predicted = draw.lognormal(0, 1, 200), draw.random(200)
    expected = lorenz_gini(actual, predicted) / lorenz_gini(actual, actual)
    assert normalised_gini(actual, predicted) == pytest.approx(expected)


@given(pairs)
def test_gini_ends(rows: list[tuple[int, int]]) -> None:
    actual, _ = split(rows)
    if len(set(actual)) == 1:
        assert np.isnan(normalised_gini(actual, actual))
    else:
        assert normalised_gini(actual, actual) == pytest.approx(1)
        assert normalised_gini(actual, -actual) == pytest.approx(-1)
        assert normalised_gini(actual, np.zeros(len(actual))) == pytest.approx(0)
        assert normalised_gini(actual - 3, actual) == pytest.approx(1)  # negative values are no trouble


def test_gini_of_yes_and_no_is_twice_the_auc_less_one() -> None:
    draw = np.random.default_rng(1)
    happened, score = (draw.random(300) < 0.3).astype(np.float64), draw.random(300)
    assert normalised_gini(happened, score) == pytest.approx(2 * auc(happened, score) - 1)


def test_top_decile() -> None:
    actual = np.arange(20.0)
    assert top_decile_share(actual, actual) == pytest.approx((19 + 18) / 190)
    assert top_decile_share(actual, np.zeros(20)) == pytest.approx(0.1)  # no order: a tenth
    assert top_decile_share(np.arange(15.0), np.arange(15.0)) == pytest.approx((14 + 13 / 2) / 105)


@given(st.permutations(range(12)))
def test_row_order_does_not_matter(order: list[int]) -> None:
    actual = np.array([0, 0, 1, 2, 3, 3, 5, 8, 0, 1, 1, 4], dtype=np.float64)
    predicted = np.array([1, 1, 1, 2, 2, 2, 3, 3, 0, 0, 0, 3], dtype=np.float64)
    for metric in (normalised_gini, top_decile_share, spearman):
        assert metric(actual[order], predicted[order]) == pytest.approx(metric(actual, predicted))


@pytest.mark.parametrize("metric", [auc, normalised_gini, top_decile_share, spearman])
def test_nothing_and_all_zeros_are_undefined(metric) -> None:  # type: ignore[no-untyped-def]
    assert np.isnan(metric(EMPTY, EMPTY))
    assert np.isnan(metric(np.zeros(5), np.arange(5.0)))
