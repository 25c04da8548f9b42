"""NBD and BG/NBD: fits, forecasts and their hazards."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from regulars.errors import ColumnError, NotFittedError, OptionError
from regulars.models.cells import purchase_cells
from regulars.models.purchase_model import beta_quadrature
from regulars.models.purchases import NBD, BetaGeoNBD, fit_purchase_model


def beta_geo(r=0.2426, alpha=30.895, a=0.7929, b=2.4259, horizon_days=90.0):
    """A model with given parameters."""
    model = BetaGeoNBD(horizon_days=horizon_days)
    model.r_, model.alpha_, model.a_, model.b_ = r, alpha, a, b
    model.log_likelihood_, model.n_customers_, model.repeat_purchase_count_ = 0.0, 1.0, 1.0
    model.standard_errors_, model.dropout_found_, model.note_ = {}, True, ""
    return model


def customer(frequency, recency_days, T_days):
    return {"frequency": [frequency], "recency_days": [recency_days], "T_days": [T_days]}


histories = st.tuples(st.integers(0, 60), st.floats(0, 1), st.floats(0, 400))
shapes = st.floats(0.05, 8.0)


# ---------------------------------------------------------------- forecasts


@given(history=histories, r=shapes, alpha=st.floats(10, 200), a=shapes, b=shapes, horizon=st.floats(1, 700))
def test_expectation_is_the_papers_equation_10(history, r, alpha, a, b, horizon):
    from scipy.special import hyp2f1

    x, share, T = history
    t_x = share * T if x else 0.0
    assume(abs(a - 1) > 1e-3 and abs(a + b + x - 1) > 1e-3)
    model = beta_geo(r, alpha, a, b)
    z = horizon / (alpha + T + horizon)
    series = hyp2f1(r + x, b + x, a + b + x - 1, z)
    paper = (a + b + x - 1) / (a - 1) * (1 - ((alpha + T) / (alpha + T + horizon)) ** (r + x) * series)
    if x:
        paper /= 1 + a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x)
    ours = model.expected_purchases(customer(x, t_x, T), horizon_days=horizon)[0]
    # SciPy's series and the factor 1 / (a - 1) cost the paper's form some digits.
    assert ours == pytest.approx(paper, rel=1e-6, abs=1e-12)


@given(history=histories, r=shapes, alpha=st.floats(5, 200), a=st.floats(0, 8.0), b=shapes)
def test_expectation_is_the_sum_of_the_chances_of_at_least_n(history, r, alpha, a, b):
    x, share, T = history
    model = beta_geo(r, alpha, a, b)
    cells = purchase_cells(customer(x, share * T if x else 0.0, T))
    survival = (float(chance[0]) for chance in model.survival_in_cells(cells, 20.0))
    chances = list(itertools.takewhile(lambda chance: chance > 1e-14, survival))
    assert all(0 <= later <= earlier + 1e-15 for earlier, later in itertools.pairwise(chances))
    assert model.expected_in_cells(cells, 20.0)[0] == pytest.approx(sum(chances), rel=1e-8, abs=1e-11)


def test_expectation_at_a_equal_to_1_is_the_limit():
    near = [beta_geo(a=1 + step).expected_purchases(customer(4, 100, 200))[0] for step in (-1e-7, 0.0, 1e-7)]
    assert near[0] == pytest.approx(near[1], rel=1e-6)
    assert near[2] == pytest.approx(near[1], rel=1e-6)


def test_without_dropout_the_expectation_is_the_nbds():
    table = customer(4, 100, 200)
    rate = (0.2426 + 4) / (30.895 + 200)
    assert beta_geo(a=0.0, b=1.0).expected_purchases(table)[0] == pytest.approx(90 * rate, rel=1e-12)
    assert beta_geo(a=1e-9).expected_purchases(table)[0] == pytest.approx(90 * rate, rel=1e-6)


def test_extreme_customers_stay_finite():
    table = {
        "frequency": [5000, 5000, 0, 0, 1],
        "recency_days": [6000, 6000, 0, 0, 1],
        "T_days": [6000, 9000, 0, 9000, 9000],
    }
    out = beta_geo(horizon_days=3650).predict(table)
    for name in BetaGeoNBD.produces:
        values = out.column(name).to_numpy()
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    alive = out.column("probability_alive").to_numpy()
    assert alive[0] > 0.999
    assert alive[1] < 1e-100
    assert alive[2] == alive[3] == 1


def test_forecasts_meet_the_future_of_simulated_customers(simulated):
    table, future = simulated(40_000)
    model = BetaGeoNBD().fit(table)
    expected = model.expected_purchases(table, horizon_days=365)
    bought = future["purchases"] > 0
    chance = model.probability_of_purchase(table, horizon_days=365)
    assert expected.mean() == pytest.approx(future["purchases"].mean(), rel=0.05)
    for low, high in itertools.pairwise((0, 0.2, 0.4, 0.6, 0.8, 1.0)):
        group = (chance >= low) & (chance < high)
        assert chance[group].mean() == pytest.approx(bought[group].mean(), abs=0.03)
    for group in (table["frequency"] == 0, table["frequency"] == 2, table["frequency"] > 5):
        assert expected[group].mean() == pytest.approx(future["purchases"][group].mean(), rel=0.1)


def test_churn_is_no_purchase_within_the_horizon():
    table = {"frequency": [0, 3], "recency_days": [0, 50], "T_days": [60, 90]}
    model = beta_geo(horizon_days=45)
    churn = model.predict(table).column("churn_probability").to_numpy()
    np.testing.assert_allclose(churn, 1 - model.probability_of_purchase(table, horizon_days=45), rtol=1e-12)


@pytest.mark.parametrize("count", [6, 24, 64])
def test_quadrature_has_the_moments_of_the_beta(count):
    b = np.array([0.3, 4.0, 900.0])
    node, weight = beta_quadrature(0.4, b, count)
    for power in range(1, 8):
        k = np.arange(power)
        moment = np.prod((0.4 + k) / (0.4 + b[:, None] + k), axis=1)
        np.testing.assert_allclose(np.sum(weight * node**power, axis=1), moment, rtol=1e-11)


# ---------------------------------------------------------------- fits


def test_fit_recovers_the_truth_within_its_errors(simulated):
    model = BetaGeoNBD().fit(simulated(20_000)[0])
    truth = {"r": 0.8, "alpha": 60.0, "a": 0.8, "b": 2.4}
    for name, value in truth.items():
        assert abs(getattr(model, f"{name}_") - value) < 3.5 * model.standard_errors_[name]
    assert model.dropout_found_
    plain = NBD().fit(simulated(20_000, a=0.0)[0])
    assert abs(plain.r_ - 0.8) < 3.5 * plain.standard_errors_["r"]
    assert abs(plain.alpha_ - 60.0) < 3.5 * plain.standard_errors_["alpha"]


def test_standard_errors_are_the_spread_over_samples(simulated):
    models = [BetaGeoNBD().fit(simulated(1500, seed=seed)[0]) for seed in range(60)]
    for name in ("r", "alpha"):
        spread = np.std([getattr(model, f"{name}_") for model in models])
        said = np.median([model.standard_errors_[name] for model in models])
        assert 0.7 < said / spread < 1.4


def test_units_of_time_do_not_matter(simulated):
    table = simulated(2000)[0]
    days = BetaGeoNBD().fit(table)
    for unit in (7.0, 1 / 86_400):
        other = BetaGeoNBD().fit(
            {**table, "recency_days": table["recency_days"] / unit, "T_days": table["T_days"] / unit}
        )
        assert other.alpha_ * unit == pytest.approx(days.alpha_, rel=1e-9)
        assert (other.r_, other.a_, other.b_) == pytest.approx((days.r_, days.a_, days.b_), rel=1e-9)
        assert other.log_likelihood_ == pytest.approx(days.log_likelihood_in(unit), rel=1e-10)


@pytest.mark.parametrize("model", [BetaGeoNBD(), NBD()])
def test_grouped_rows_and_their_order_give_the_same_fit(simulated, model):
    table = {name: np.round(values) for name, values in simulated(2000)[0].items()}
    cells = purchase_cells(table)
    groups = {
        "frequency": cells.frequency,
        "recency_days": cells.recency_days,
        "T_days": cells.T_days,
        "customer_count": cells.customer_count,
    }
    single = model.fit(table).alpha_, model.log_likelihood_
    assert (model.fit(groups).alpha_, model.log_likelihood_) == single
    assert (model.fit({n: v[::-1] for n, v in table.items()}).alpha_, model.log_likelihood_) == single


def test_degenerate_dropout_is_found_out(simulated):
    table = simulated(4000, a=0.0)[0]
    model = BetaGeoNBD().fit(table)
    assert not model.dropout_found_
    assert "no drop-out found" in model.note_
    fallback = fit_purchase_model(table, horizon_days=30)
    assert isinstance(fallback, NBD)
    assert fallback.horizon_days == 30
    assert fallback.note_.startswith("NBD, because no drop-out was found")
    expected = fallback.expected_purchases(table, horizon_days=90)
    assert model.expected_purchases(table).mean() == pytest.approx(expected.mean(), rel=0.02)


def test_dropout_that_is_the_same_for_all_is_no_degenerate_one(simulated):
    table, _ = simulated(8000, a=300.0, b=700.0)
    model = fit_purchase_model(table)
    assert isinstance(model, BetaGeoNBD)
    assert model.a_ / (model.a_ + model.b_) == pytest.approx(0.3, abs=0.05)
    assert np.isfinite(model.expected_purchases(table, horizon_days=2000)).all()


DEGENERATE = {
    "empty": customer(0, 0, 0) | {"customer_count": [0]},
    "one customer, one purchase": customer(0, 0, 40),
    "one customer, four purchases": customer(3, 30, 40),
    "all bought today": {"frequency": [0, 0], "recency_days": [0, 0], "T_days": [0, 0]},
    "no repeat buyer": {"frequency": [0] * 50, "recency_days": [0] * 50, "T_days": list(range(50))},
    "two repeat buyers": {"frequency": [3, 1], "recency_days": [30, 10], "T_days": [40, 40]},
    "all the same": {"frequency": [3] * 9, "recency_days": [30] * 9, "T_days": [40] * 9},
}


@pytest.mark.parametrize("table", DEGENERATE.values(), ids=DEGENERATE.keys())
def test_small_shops_get_a_forecast_and_a_reason(table):
    for model in (BetaGeoNBD().fit(table), NBD().fit(table), fit_purchase_model(table)):
        assert model.note_
        out = model.predict(table)
        for name in model.produces:
            assert np.isfinite(out.column(name).to_numpy()).all()
    assert isinstance(fit_purchase_model(table), NBD)


def test_no_repeat_buyer_means_half_a_purchase_in_all_days():
    model = NBD().fit({"frequency": [0] * 10, "recency_days": [0] * 10, "T_days": [100] * 10})
    assert (model.r_, model.alpha_) == (0.5, 1000.0)
    assert "half a purchase" in model.note_


def test_no_rows_at_all():
    nothing: dict[str, list[int]] = {"frequency": [], "recency_days": [], "T_days": []}
    model = fit_purchase_model(nothing)
    assert model.n_customers_ == 0
    assert model.predict(nothing).num_rows == 0


# ---------------------------------------------------------------- the protocol


def test_predict_keeps_the_key_and_leaves_the_input_alone(simulated):
    table = pa.table(
        {"customer_id": ["b", "a"], "frequency": [1, 0], "recency_days": [9, 0], "T_days": [30, 20]}
    )
    before = table.to_pydict()
    out = beta_geo().predict(table)
    assert out.column_names == ["customer_id", *BetaGeoNBD.produces]
    assert out.column("customer_id").to_pylist() == ["b", "a"]
    assert table.to_pydict() == before


@pytest.mark.parametrize("family", [BetaGeoNBD, NBD])
def test_save_and_load_forecast_the_same(simulated, tmp_path, family):
    table = simulated(500)[0]
    model = family(horizon_days=45).fit(table)
    again = family.load(model.save(tmp_path / "model"))
    assert again.predict(table).equals(model.predict(table))
    assert again.summary().equals(model.summary())
    assert again.note_ == model.note_


def test_summary_says_how_sure_the_parameters_are(simulated):
    summary = BetaGeoNBD().fit(simulated(3000)[0]).summary().to_pydict()
    assert summary["parameter"] == ["r", "alpha", "a", "b"]
    assert summary["unit"] == ["-", "days", "-", "-"]
    for low, estimate, high in zip(summary["low"], summary["estimate"], summary["high"], strict=True):
        assert 0 < low < estimate < high
    assert np.isnan(BetaGeoNBD().fit(customer(3, 30, 40)).summary().column("high").to_numpy()[2])


def test_mistakes_are_explained():
    with pytest.raises(NotFittedError):
        BetaGeoNBD().predict(customer(1, 2, 3))
    with pytest.raises(ColumnError, match="Rename T to T_days"):
        BetaGeoNBD().fit({"frequency": [1], "recency_days": [2], "T": [3]})
    with pytest.raises(ColumnError, match="purchase_count > 0"):
        beta_geo().predict({"frequency": [1, None], "recency_days": [1, None], "T_days": [9, None]})
    for horizon in (0, -5, np.inf):
        with pytest.raises(OptionError, match="horizon_days"):
            beta_geo().expected_purchases(customer(1, 2, 3), horizon_days=horizon)
