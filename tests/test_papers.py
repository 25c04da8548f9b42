"""Numbers that papers and other packages print, from the data that they used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regulars.models.purchases import NBD, BetaGeoNBD, fit_purchase_model
from regulars.models.spend import GammaGamma

AS_OF, END = 19970930, 19980630  # 39 weeks to fit, 39 weeks to see


def day_number(date: int) -> int:
    text = str(date)
    return int(np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}").astype(int))


@pytest.fixture(scope="session")
def cdnow(data_dir: Path) -> dict[str, Any]:
    """The CDNOW sample (2,357 customers) as of 1997-09-30 to the day, and the purchase days of 39 weeks after."""
    path = data_dir / "cdnow" / "CDNOW_sample.txt"
    if not path.is_file():
        pytest.skip(f"data: no {path}")
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    spent: dict[str, dict[int, float]] = {}
    for customer, _, date, _, dollars in lines:
        days = spent.setdefault(customer, {})
        days[day_number(int(date))] = days.get(day_number(int(date)), 0.0) + float(dollars)
    as_of, rows, later = day_number(AS_OF), [], []
    for customer in sorted(spent):
        seen = sorted(day for day in spent[customer] if day <= as_of)
        values = [spent[customer][day] for day in seen[1:]]
        rows.append((len(values), seen[-1] - seen[0], as_of - seen[0], np.mean(values) if values else 0.0))
        later.append(len(spent[customer]) - len(seen))
    names = ("frequency", "recency_days", "T_days", "monetary_value")
    table: dict[str, Any] = dict(
        zip(names, (np.array(part) for part in zip(*rows, strict=True)), strict=True)
    )
    return {"table": table, "later": np.array(later)}


@pytest.mark.data
def test_bg_nbd_on_the_cdnow_sample(cdnow):
    """Fader, Hardie and Lee (2005), table 2 (.243, 4.414, .793, 2.426, -9582.4); digits of CLVTools' tests."""
    model = BetaGeoNBD().fit(cdnow["table"])
    assert model.n_customers_ == 2357
    assert model.r_ == pytest.approx(0.2425945, abs=1e-6)
    assert model.alpha_ == pytest.approx(30.895, abs=1e-3)
    assert model.alpha_ / 7 == pytest.approx(4.4136019, abs=1e-5)
    assert model.a_ == pytest.approx(0.7929199, abs=1e-5)
    assert model.b_ == pytest.approx(2.4258881, abs=5e-5)
    assert model.log_likelihood_in(7) == pytest.approx(-9582.429, abs=1e-3)
    assert model.dropout_found_
    assert fit_purchase_model(cdnow["table"]).note_ == model.note_


@pytest.mark.data
def test_standard_errors_on_the_cdnow_sample(cdnow):
    errors = BetaGeoNBD().fit(cdnow["table"]).standard_errors_
    assert errors["r"] == pytest.approx(0.01256, abs=1e-5)
    assert errors["alpha"] / 7 == pytest.approx(0.37822, abs=1e-5)
    assert errors["a"] == pytest.approx(0.18573, abs=1e-5)
    assert errors["b"] == pytest.approx(0.70541, abs=1e-5)


@pytest.mark.data
def test_nbd_on_the_cdnow_sample(cdnow):
    """Fader, Hardie and Lee (2005), table 2: r .385, alpha 12.072 weeks, log-likelihood -9763.7."""
    model = NBD().fit(cdnow["table"])
    assert model.r_ == pytest.approx(0.385, abs=5e-4)
    assert model.alpha_ / 7 == pytest.approx(12.072, abs=1e-3)
    assert model.log_likelihood_in(7) == pytest.approx(-9763.7, abs=0.05)


@pytest.mark.data
def test_holdout_correlation_on_the_cdnow_sample(cdnow):
    """Fader, Hardie and Lee (2005), table 3: .626 between expected and actual purchases of single customers."""
    expected = BetaGeoNBD().fit(cdnow["table"]).expected_purchases(cdnow["table"], horizon_days=273)
    assert cdnow["later"].sum() == 1882
    assert np.corrcoef(expected, cdnow["later"])[0, 1] == pytest.approx(0.626, abs=5e-4)


@pytest.mark.data
def test_gamma_gamma_on_the_cdnow_sample(cdnow):
    """Fader and Hardie (2013): 946 repeat buyers, p 6.25, q 3.74, gamma 15.44; likelihood of CLVTools' tests."""
    model = GammaGamma().fit(cdnow["table"])
    assert model.n_customers_ == 946
    assert model.p_ == pytest.approx(6.25, abs=5e-3)
    assert model.q_ == pytest.approx(3.74, abs=5e-3)
    assert model.gamma_ == pytest.approx(15.44, abs=5e-3)
    assert model.log_likelihood_ == pytest.approx(-4055.9177, abs=1e-3)
    assert model.correlation_ == pytest.approx(0.114, abs=5e-4)


def printed(unit_days: float = 1.0) -> Callable[..., float]:
    """The expectation with the parameters as printed, in weeks."""
    model = BetaGeoNBD()
    model.r_, model.alpha_, model.a_, model.b_ = 0.243, 4.414 * unit_days, 0.793, 2.426
    for name in set(model.learned) - {"r_", "alpha_", "a_", "b_"}:
        setattr(model, name, 0.0)

    def expected(frequency: int, recency: float, T: float, horizon: float) -> float:
        table = {"frequency": [frequency], "recency_days": [recency * unit_days], "T_days": [T * unit_days]}
        return float(model.expected_purchases(table, horizon_days=horizon * unit_days)[0])

    return expected


@pytest.mark.parametrize("unit_days", [1.0, 7.0])
def test_conditional_expectation_of_the_first_customer(unit_days):
    """Fader and Hardie's spreadsheet and the tests of lifetimes: customer 1 of the sample, 39 weeks ahead: 1.226."""
    assert printed(unit_days)(2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=5e-4)
