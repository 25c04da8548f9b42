"""The gamma-gamma model: fit, shrinkage, and what it does where the data say too little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import ColumnError, NotFittedError
from regulars.models.spend import GammaGamma, SpendFrequencyCorrelation, gamma_gamma_likelihood

logs = st.floats(-2.0, 2.0)


@given(p=logs, q=logs, gamma=logs)
def test_likelihood_is_equation_1a_with_its_slope(p, q, gamma):
    from scipy.special import gammaln

    x, m, count = np.array([1.0, 1, 2, 3]), np.array([0.4, 2.0, 1.1, 0.7]), np.array([5.0, 2, 1, 1])
    likelihood = gamma_gamma_likelihood(x, m, count)
    at = np.array([p, q, gamma])
    p, q, gamma = np.exp(at)
    paper = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
    paper += (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(gamma + x * m)
    mean, gradient = likelihood(at)
    assert mean == pytest.approx(np.average(paper, weights=count), rel=1e-9, abs=1e-10)
    slope = [(likelihood(at + move)[0] - likelihood(at - move)[0]) / 2e-5 for move in np.eye(3) * 1e-5]
    np.testing.assert_allclose(gradient, slope, rtol=1e-5, atol=1e-7)


def test_fit_recovers_the_truth_within_its_errors(simulated):
    table, future = simulated(20_000)
    model = GammaGamma().fit(table)
    for name, truth in {"p": 6.0, "q": 4.0, "gamma": 15.0}.items():
        assert abs(getattr(model, f"{name}_") - truth) < 3.5 * model.standard_errors_[name]
    again = future["purchases"] > 0
    spent = future["money"][again] / future["purchases"][again]
    expected = model.predict(table).column("expected_order_value").to_numpy()[again]
    assert expected.mean() == pytest.approx(spent.mean(), rel=0.03)
    assert abs(model.correlation_) < 0.05


def test_currency_rows_order_and_groups_do_not_matter(simulated):
    table = simulated(2000)[0]
    model = GammaGamma().fit(table)
    cents = GammaGamma().fit({**table, "monetary_value": 100 * table["monetary_value"]})
    assert (cents.p_, cents.q_, cents.gamma_ / 100) == pytest.approx(
        (model.p_, model.q_, model.gamma_), rel=1e-9
    )
    turned = GammaGamma().fit({name: values[::-1] for name, values in table.items()})
    assert (turned.p_, turned.q_, turned.gamma_) == (model.p_, model.q_, model.gamma_)
    twice = GammaGamma().fit({**table, "customer_count": np.full(2000, 2)})
    assert twice.q_ == pytest.approx(model.q_, rel=1e-9)
    assert twice.standard_errors_["q"] == pytest.approx(model.standard_errors_["q"] / np.sqrt(2), rel=1e-5)


def test_forecast_lies_between_the_customers_own_mean_and_everybodys(simulated):
    table = simulated(5000)[0]
    model = GammaGamma().fit(table)
    expected = model.predict(table).column("expected_order_value").to_numpy()
    everybody = model.population_mean()
    repeat = table["frequency"] > 0
    np.testing.assert_allclose(expected[~repeat], everybody, rtol=1e-12)
    own = table["monetary_value"][repeat]
    low, high = np.minimum(own, everybody), np.maximum(own, everybody)
    assert ((expected[repeat] >= low - 1e-9) & (expected[repeat] <= high + 1e-9)).all()


def test_infinite_mean_is_tied_to_the_pooled_mean():
    rng = np.random.default_rng(0)
    x = rng.poisson(1.0, 4000) + 1
    value = rng.gamma(4.0 * x) / rng.gamma(0.8, 0.1, 4000) / x
    model = GammaGamma(correlation_limit=1.0).fit({"frequency": x, "monetary_value": value})
    assert model.mean_is_tied_
    assert model.q_ > 1
    assert model.population_mean() == pytest.approx(value.mean(), rel=1e-9)
    assert "infinite" in model.note_


SMALL = {
    "no rows": ([], [], None, 0.0),
    "no repeat": ([0, 0], [0.0, 0.0], None, 0.0),
    "no repeat, order values": ([0, 0], [0.0, 0.0], [10.0, 30.0], 20.0),
    "one repeat buyer": ([3, 0], [12.0, 0.0], [99.0, 99.0], 12.0),
    "two values": ([3, 1, 1], [12.0, 18.0, 18.0], None, 16.0),
    "all refunded": ([3, 1], [-5.0, 0.0], None, 0.0),
}


@pytest.mark.parametrize(("frequency", "value", "orders", "mean"), SMALL.values(), ids=SMALL.keys())
def test_too_few_repeat_buyers_fall_back_to_the_pooled_mean(frequency, value, orders, mean):
    table = {"frequency": frequency, "monetary_value": value}
    if orders:
        table["mean_order_value"] = orders
    model = GammaGamma().fit(table)
    assert model.fallback_
    assert model.population_mean() == pytest.approx(mean)
    assert "not fitted" in model.note_
    expected = model.predict({"frequency": [0, 5], "monetary_value": [0.0, mean]}).column(0).to_numpy()
    np.testing.assert_allclose(expected, mean)


def test_refunded_repeat_buyers_are_counted_and_expected_to_spend_little(simulated):
    table = simulated(1000)[0]
    clean = GammaGamma().fit(table)
    refunded = {name: np.append(values, [5, 5]) for name, values in table.items()}
    refunded["monetary_value"][-2:] = [0.0, -40.0]
    model = GammaGamma().fit(refunded)
    assert model.ignored_count_ == 2
    assert model.q_ == pytest.approx(clean.q_, rel=1e-9)
    expected = model.predict(refunded).column("expected_order_value").to_numpy()
    assert expected[-1] == expected[-2]
    assert 0 < expected[-1] < 0.3 * model.population_mean()


def test_spend_that_moves_with_frequency_is_warned_of():
    x = np.arange(1, 60)
    with pytest.warns(SpendFrequencyCorrelation, match=r"correlate at 1\.00"):
        model = GammaGamma().fit({"frequency": x, "monetary_value": 2.0 * x})
    assert model.correlation_ == pytest.approx(1.0)
    few = GammaGamma().fit({"frequency": [1, 2, 4], "monetary_value": [5.0, 9.0, 20.0]})
    assert few.correlation_ > 0.9  # of three customers: chance, so no warning


def test_save_and_load_forecast_the_same(simulated, tmp_path):
    table = simulated(500)[0]
    model = GammaGamma().fit(table)
    again = GammaGamma.load(model.save(tmp_path / "model"))
    assert again.predict(table).equals(model.predict(table))
    assert again.note_ == model.note_
    assert GammaGamma.load(
        GammaGamma().fit({"frequency": [0], "monetary_value": [0.0]}).save(tmp_path / "b")
    ).fallback_


def test_mistakes_are_explained():
    with pytest.raises(NotFittedError):
        GammaGamma().predict({"frequency": [1], "monetary_value": [2.0]})
    with pytest.raises(ColumnError, match="Rename zbar to monetary_value"):
        GammaGamma().fit({"frequency": [1], "zbar": [2.0]})
    with pytest.raises(ColumnError, match="monetary_value holds nan in row 1"):
        GammaGamma().fit({"frequency": [0, 2], "monetary_value": [None, None]})


def test_columns_are_settings(simulated, tmp_path):
    table = simulated(2000)[0]
    named = {"purchase_day_count": table["frequency"], "mean_day_value": table["monetary_value"]}
    model = GammaGamma(count_column="purchase_day_count", value_column="mean_day_value").fit(named)
    plain = GammaGamma().fit(table)
    assert (model.p_, model.q_, model.gamma_) == (plain.p_, plain.q_, plain.gamma_)
    again = GammaGamma.load(model.save(tmp_path / "spend"))
    assert again.predict(named).column(0).equals(plain.predict(table).column(0))
    with pytest.raises(ColumnError, match="GammaGamma needs the column purchase_day_count"):
        model.predict({name: table[name] for name in model.requires})
    with pytest.raises(ColumnError, match=r"purchase_day_count holds 1\.5 in row 0"):
        model.predict({"purchase_day_count": [1.5], "mean_day_value": [9.0]})
