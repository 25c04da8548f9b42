"""Customer lifetime value: the mean, and how often the interval holds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from regulars.errors import ColumnError, NotFittedError, OptionError
from regulars.models.clv import CustomerLifetimeValue
from regulars.models.purchases import NBD, BetaGeoNBD
from regulars.models.spend import GammaGamma


def columns(model, table):
    out = model.predict(table)
    return [out.column(name).to_numpy() for name in model.produces]


@pytest.mark.parametrize("leaving", [0.8, 0.0])
def test_interval_covers_90_percent_of_futures(simulated, leaving):
    table, future = simulated(20_000, a=leaving)
    model = CustomerLifetimeValue(margin_rate=1.0, annual_discount_rate=0.0).fit(table)
    assert model.purchase_model_ == ("BetaGeoNBD" if leaving else "NBD")
    clv, low, high = columns(model, table)
    money = future["money"]
    assert clv.mean() == pytest.approx(money.mean(), rel=0.06)
    assert np.mean(money > high) == pytest.approx(0.05, abs=0.012)
    # Where nothing may come the low bound is 0 and cannot be missed.
    assert np.mean(money < low) <= 0.06
    certain = low > 0
    if certain.sum() > 500:
        assert np.mean(money[certain] < low[certain]) == pytest.approx(0.05, abs=0.015)


ALL_DAYS = {"count_column": "purchase_day_count", "value_column": "mean_day_value"}


@pytest.mark.parametrize("leaving", [0.8, 0.0])
def test_with_all_purchase_days_the_interval_covers_and_one_time_buyers_differ(simulated, tmp_path, leaving):
    table, future = simulated(20_000, a=leaving)
    purchases, spend = (BetaGeoNBD() if leaving else NBD()).fit(table), GammaGamma(**ALL_DAYS).fit(table)
    model = CustomerLifetimeValue(margin_rate=1.0, annual_discount_rate=0.0).fit_from(purchases, spend)
    clv, low, high = columns(model, table)
    money, certain = future["money"], low > 0
    assert clv.mean() == pytest.approx(money.mean(), rel=0.06)
    assert np.mean(money > high) == pytest.approx(0.05, abs=0.012)
    assert np.mean(money < low) <= 0.06
    if certain.sum() > 500:
        assert np.mean(money[certain] < low[certain]) == pytest.approx(0.05, abs=0.015)
    once = np.flatnonzero((table["frequency"] == 0) & (table["T_days"] < 100))
    assert np.corrcoef(clv[once], table["mean_day_value"][once])[0, 1] > 0.5
    product = model.explain(table)
    assert np.array_equal(product.column("clv").to_numpy(), clv)
    again = CustomerLifetimeValue.load(model.save(tmp_path / "clv"))
    assert again.needed() == ("frequency", "recency_days", "T_days", "purchase_day_count", "mean_day_value")
    part = {name: values[:50] for name, values in table.items()}
    for ours, whole in zip(columns(again, part), (clv, low, high), strict=True):
        np.testing.assert_allclose(ours, whole[:50], rtol=1e-12)


def test_a_new_fit_reads_the_columns_of_the_paper_again(simulated):
    table = simulated(300)[0]
    model = CustomerLifetimeValue().fit_from(BetaGeoNBD().fit(table), GammaGamma(**ALL_DAYS).fit(table))
    plain = {name: table[name] for name in CustomerLifetimeValue.requires}
    with pytest.raises(ColumnError, match="CustomerLifetimeValue needs the column purchase_day_count"):
        model.predict(plain)
    again, fresh = model.fit(plain).predict(plain), CustomerLifetimeValue().fit(plain).predict(plain)
    assert again.equals(fresh)


def test_interval_is_that_of_plain_simulation(simulated):
    table = simulated(3000)[0]
    purchases, spend = BetaGeoNBD().fit(table), GammaGamma().fit(table)
    model = CustomerLifetimeValue(margin_rate=1.0, annual_discount_rate=0.0, draws=2000)
    one = {"frequency": [9], "recency_days": [330.0], "T_days": [350.0], "monetary_value": [40.0]}
    rng, count = np.random.default_rng(7), 200_000
    rate = rng.gamma(purchases.r_ + 9, 1 / (purchases.alpha_ + 350), count)
    leaving = rng.beta(purchases.a_, purchases.b_ + 9, count)
    arrivals = rng.poisson(365 * rate)
    bought = np.minimum(arrivals, rng.geometric(leaving))
    bought *= rng.random(count) < purchases.probability_alive(one)[0]
    spread = rng.gamma(spend.q_ + 9 * spend.p_, 1 / (spend.gamma_ + 9 * 40.0), count)
    money = np.where(bought > 0, rng.gamma(spend.p_ * np.maximum(bought, 1)) / spread, 0.0)
    clv, low, high = (float(value[0]) for value in columns(model.fit_from(purchases, spend), one))
    assert clv == pytest.approx(money.mean(), rel=0.01)
    assert low == pytest.approx(np.quantile(money, 0.05), rel=0.03, abs=1e-9)
    assert high == pytest.approx(np.quantile(money, 0.95), rel=0.03)


def test_value_is_the_product_of_its_parts(simulated):
    table = {"customer_id": np.arange(300), **simulated(300)[0]}
    model = CustomerLifetimeValue(annual_discount_rate=0.2, margin_rate=0.3).fit(table)
    parts = model.explain(table)
    assert parts.column_names[0] == "customer_id"
    names = ("expected_purchases", "expected_order_value", "margin_rate", "discount")
    product = np.prod([parts.column(name).to_numpy() for name in names], axis=0)
    np.testing.assert_allclose(product, columns(model, table)[0], rtol=1e-12)
    discount = parts.column("discount").to_numpy()
    assert ((discount > 1 / 1.2) & (discount < 1)).all()


def test_discounting_is_the_integral_over_the_horizon(simulated):
    table = simulated(50)[0]
    purchases = BetaGeoNBD().fit(simulated(3000)[0])
    spend = GammaGamma().fit(simulated(3000)[0])
    model = CustomerLifetimeValue(annual_discount_rate=0.5, horizon_days=730).fit_from(purchases, spend)
    steps = np.linspace(0, 730, 1461)  # half days
    expected = np.stack([purchases.expected_purchases(table, max(day, 1e-9)) for day in steps])
    middle = 1.5 ** (-(steps[1:] + steps[:-1]) / 2 / 365)
    summed = np.sum(np.diff(expected, axis=0) * middle[:, None], axis=0)
    parts = model.explain(table)
    ours = parts.column("discount").to_numpy() * parts.column("expected_purchases").to_numpy()
    np.testing.assert_allclose(ours, summed, rtol=3e-6)


def test_money_scales_and_discount_lowers(simulated):
    table = simulated(400)[0]
    purchases, spend = BetaGeoNBD().fit(table), GammaGamma().fit(table)

    def value(**settings):
        return columns(CustomerLifetimeValue(**settings).fit_from(purchases, spend), table)

    for half, whole in zip(value(margin_rate=0.4), value(margin_rate=0.8), strict=True):
        np.testing.assert_allclose(2 * half, whole, rtol=1e-12)
    for cheap, dear in zip(value(annual_discount_rate=0.3), value(annual_discount_rate=0.0), strict=True):
        assert (cheap <= dear).all()
    assert (value(horizon_days=730)[0] > value(horizon_days=365)[0]).all()
    assert np.all(value(margin_rate=0.0)[2] == 0)


def test_a_customers_interval_depends_on_nobody_else(simulated):
    table = simulated(400)[0]
    model = CustomerLifetimeValue(random_state=3).fit(table)
    whole = columns(model, table)
    for chosen in (slice(None, None, -1), slice(0, 400, 7), slice(11, 12)):
        part = columns(model, {name: values[chosen] for name, values in table.items()})
        for ours, theirs in zip(part, whole, strict=True):
            np.testing.assert_allclose(ours, theirs[chosen], rtol=1e-12)
    same = columns(CustomerLifetimeValue(random_state=3).fit(table), table)
    assert all(np.array_equal(a, b) for a, b in zip(same, whole, strict=True))
    other = columns(CustomerLifetimeValue(random_state=4).fit(table), table)
    assert np.array_equal(other[0], whole[0])
    assert not np.array_equal(other[2], whole[2])


SMALL = {
    "empty": ([], [], [], []),
    "one customer, one purchase": ([0], [0], [40], [0.0]),
    "one customer, four purchases": ([3], [30], [40], [10.0]),
    "no repeat buyer": ([0] * 30, [0] * 30, list(range(30)), [0.0] * 30),
    "all bought today": ([0, 0], [0, 0], [0, 0], [0.0, 0.0]),
    "a heavy buyer": ([3000, 2, 0, 1] * 5, [3500, 100, 0, 9] * 5, [3501] * 20, [10.0, 20.0, 0.0, 12.0] * 5),
    "refunded": ([2, 1, 4, 0], [9, 8, 30, 0], [60] * 4, [-5.0, 20.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("values", SMALL.values(), ids=SMALL.keys())
def test_small_and_odd_shops_get_values(values):
    names = ("frequency", "recency_days", "T_days", "monetary_value")
    table = {name: np.array(part, dtype=float) for name, part in zip(names, values, strict=True)}
    table["mean_order_value"] = np.full(len(values[0]), 25.0)
    model = CustomerLifetimeValue().fit(table)
    for part in columns(model, table):
        assert np.isfinite(part).all()
        assert (part >= 0).all()
    clv, low, high = columns(model, table)
    assert (low <= high).all()
    assert (clv > 0).all()


@pytest.mark.parametrize("leaving", [0.8, 0.0])
def test_save_and_load_value_the_same(simulated, tmp_path, leaving):
    table = simulated(2000, a=leaving)[0]
    model = CustomerLifetimeValue(horizon_days=180, draws=100).fit(table)
    again = CustomerLifetimeValue.load(model.save(tmp_path / "clv"))
    assert again.predict(table).equals(model.predict(table))
    assert type(again.purchases_) is (BetaGeoNBD if leaving else NBD)
    assert again.get_params() == model.get_params()
    assert again.note_ == model.note_


def test_kind_of_table_and_key_come_out_as_they_went_in(simulated):
    import pandas as pd

    table = pd.DataFrame({"customer_id": [f"c{i}" for i in range(200)], **simulated(200)[0]})
    before = table.copy()
    out = CustomerLifetimeValue().fit(table).predict(table)
    assert list(out.columns) == ["customer_id", "clv", "clv_low", "clv_high"]
    pd.testing.assert_frame_equal(table, before)
    assert isinstance(CustomerLifetimeValue().fit(table).predict(pa.table(simulated(20)[0])), pa.Table)


@pytest.mark.parametrize(
    "setting",
    [{"horizon_days": 0}, {"margin_rate": 1.5}, {"annual_discount_rate": -0.1}, {"draws": 5}],
)
def test_settings_outside_what_is_allowed_are_named(simulated, setting):
    with pytest.raises(OptionError, match=next(iter(setting))):
        CustomerLifetimeValue(**setting).fit(simulated(50)[0])


def test_predict_before_fit():
    with pytest.raises(NotFittedError):
        CustomerLifetimeValue().predict({"frequency": [0]})
