"""The effect of an assignment and its interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import ColumnError
from regulars.evaluation.experiments import ROWS_PER_COVARIATE, effect
from regulars.evaluation.verdicts import verdict


def draw(rows=400, share=0.2, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.gamma(1.0, 10.0, rows)
    outcome = np.where(rng.random(rows) < 0.5, 0.0, rng.gamma(1.0, 1.0, rows) * size)
    return outcome, rng.random(rows) >= share, size


def test_without_covariates_it_is_the_difference_of_means():
    outcome, treated, _ = draw()
    found = effect(outcome, treated)
    assert found.difference == pytest.approx(outcome[treated].mean() - outcome[~treated].mean())
    assert (found.treated_mean, found.held_out_mean) == pytest.approx(
        (outcome[treated].mean(), outcome[~treated].mean())
    )


def test_a_covariate_that_predicts_makes_it_narrower():
    outcome, treated, size = draw(4000)
    plain, adjusted = effect(outcome, treated), effect(outcome, treated, {"size": size})
    assert adjusted.standard_error < plain.standard_error


def test_a_constant_effect_moves_everything_by_itself():
    outcome, treated, size = draw()
    before, after = (effect(outcome + gain * treated, treated, {"size": size}) for gain in (0.0, 7.0))
    assert after.difference == pytest.approx(before.difference + 7.0)
    assert np.subtract(after.interval(), before.interval()) == pytest.approx([7.0, 7.0])


@given(st.floats(0.1, 100), st.integers(0, 20))
def test_the_unit_of_money_changes_nothing(factor, seed):
    outcome, treated, size = draw(seed=seed)
    one, other = effect(outcome, treated, {"size": size}), effect(outcome * factor, treated, {"size": size})
    assert np.array(other.interval()) == pytest.approx(factor * np.array(one.interval()), rel=1e-6, abs=1e-9)


@given(st.integers(0, 30))
def test_swapping_the_arms_turns_the_interval_round(seed):
    outcome, treated, size = draw(seed=seed)
    low, high = effect(outcome, treated, {"size": size}).interval()
    assert effect(outcome, ~treated, {"size": size}).interval() == pytest.approx((-high, -low))


@given(st.integers(0, 30), st.floats(0.5, 0.99))
def test_a_higher_level_is_wider_and_holds_the_difference(seed, level):
    found = effect(*draw(seed=seed)[:2])
    low, high = found.interval(level)
    wider_low, wider_high = found.interval(level + 0.009)
    assert wider_low < low < found.difference < high < wider_high


def test_a_small_arm_borrows_the_variance_of_the_other():
    """Held-out people who all bought nothing say little about how much people differ."""
    outcome, treated, _ = draw(300, share=0.1)
    outcome[~treated] = 0.0
    alone = outcome[treated].var(ddof=1) / treated.sum()
    assert effect(outcome, treated).standard_error ** 2 > 3 * alone


def test_a_large_arm_keeps_its_own_variance():
    rng = np.random.default_rng(1)
    treated = np.arange(40_000) < 20_000
    outcome = np.where(treated, rng.normal(0, 3.0, 40_000), rng.normal(0, 1.0, 40_000))
    expected = outcome[treated].var() / 20_000 + outcome[~treated].var() / 20_000
    assert effect(outcome, treated).standard_error ** 2 == pytest.approx(expected, rel=0.01)


def test_small_arms_carry_few_covariates():
    outcome, treated, size = draw(200)
    few = treated.copy()
    few[np.flatnonzero(~treated)[ROWS_PER_COVARIATE - 1 :]] = True
    assert effect(outcome, few, {"size": size}) == effect(outcome, few)


def test_a_covariate_that_does_not_vary_changes_nothing():
    outcome, treated, _ = draw()
    assert effect(outcome, treated, {"one": np.ones(len(outcome))}) == effect(outcome, treated)


def test_what_cannot_be_told_is_nan():
    outcome, treated = np.zeros(50), np.arange(50) < 25
    assert np.isnan(effect(outcome, treated).interval()).all()
    assert np.isnan(effect(np.ones(3), np.array([True, True, False])).difference)
    assert verdict(effect(outcome, treated), 1.0, (0, 0)).code == "too_early"


def test_numbers_that_are_missing_are_refused():
    outcome, treated, size = draw()
    with pytest.raises(ColumnError, match="no finite number"):
        effect(np.append(outcome[1:], np.nan), treated)
    with pytest.raises(ColumnError, match="rows"):
        effect(outcome, treated, {"size": size[1:]})


def test_intervals_cover_where_the_truth_is_known():
    """Skewed, mostly zero money with 10 % held out: the interval at 95 % holds the truth 93 to 97 % of the time."""
    rng, inside, times = np.random.default_rng(3), 0, 2000
    for _ in range(times):
        size = rng.gamma(0.8, 20.0, 600)
        outcome = np.where(rng.random(600) < 0.6, 0.0, rng.gamma(1.0, 1.0, 600) * size)
        low, high = effect(outcome, rng.random(600) >= 0.1, {"size": np.sqrt(size)}).interval()
        inside += low <= 0.0 <= high
    assert 0.93 <= inside / times <= 0.97


def test_verdicts():
    outcome, treated, _ = draw(4000, share=0.5)
    noise = effect(outcome - outcome.mean(), treated)
    mean = abs(noise.difference)
    assert mean < 2 * noise.standard_error
    many = (1000, 1000)
    assert verdict(effect(outcome + 4.0 * treated, treated), 1.0, many).code == "pays"
    assert verdict(effect(outcome - 4.0 * treated, treated), 1.0, many).code == "does_not_pay"
    assert verdict(effect(outcome, treated), 5.0, many).code == "does_nothing"
    unsure = verdict(effect(outcome, treated), 0.01, many)
    assert unsure.code == "cannot_tell"
    assert unsure.needed_count > 4000
    assert verdict(effect(outcome + 4.0 * treated, treated), 1.0, (1000, 9)).code == "too_early"


def test_of_many_verdicts_each_asks_for_more():
    outcome, treated, _ = draw(4000, share=0.5)
    found = effect(outcome, treated)
    just = effect(outcome + (2.2 * found.standard_error - found.difference) * treated, treated)
    assert verdict(just, 0.01, (1000, 1000)).code == "pays"
    assert verdict(just, 0.01, (1000, 1000), together=6).code == "cannot_tell"
