"""The optimiser: the same optimum from anywhere, to the last digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.models.cells import purchase_cells
from regulars.models.likelihood import log_rising, maximise
from regulars.models.purchase_likelihood import beta_geo_likelihood, nbd_likelihood

HARD = {  # no repeat, t_x = T, T = 0, thousands of purchases, one purchase long ago
    "frequency": [0, 3, 0, 3000, 1, 2],
    "recency_days": [0, 200, 0, 3500, 1, 30],
    "T_days": [300, 200, 0, 3600, 400, 39],
    "customer_count": [50, 10, 3, 1, 20, 10],
}
logs = st.floats(-3.0, 3.0)


@pytest.mark.parametrize(("family", "size"), [(nbd_likelihood, 2), (beta_geo_likelihood, 4)])
@given(point=st.tuples(logs, logs, logs, logs))
def test_gradient_is_the_slope_of_the_likelihood(family, size, point):
    likelihood = family(purchase_cells(HARD), 100.0)
    at = np.array(point[:size])
    slope = [(likelihood(at + move)[0] - likelihood(at - move)[0]) / 2e-5 for move in np.eye(size) * 1e-5]
    np.testing.assert_allclose(likelihood(at)[1], slope, rtol=1e-5, atol=1e-5)


@given(r=logs, alpha=logs, a=logs, b=logs)
def test_beta_geo_likelihood_is_the_papers_equation_6(r, alpha, a, b):
    from scipy.special import beta, gamma

    r, alpha, a, b = np.exp([r, alpha, a, b])
    x, t_x, T = np.array([0, 1, 4]), np.array([0.0, 0.3, 1.0]), np.array([1.0, 0.3, 1.5])
    dead = np.zeros(3)
    dead[1:] = beta(a + 1, b + x[1:] - 1) / beta(a, b) / (alpha + t_x[1:]) ** (r + x[1:])
    alive = beta(a, b + x) / beta(a, b) / (alpha + T) ** (r + x)
    expected = np.mean(np.log(gamma(r + x) * alpha**r / gamma(r) * (alive + dead)))
    cells = purchase_cells({"frequency": x, "recency_days": t_x, "T_days": T})
    mean, _ = beta_geo_likelihood(cells, 1.0)(np.log([r, alpha, a, b]))
    assert mean == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("start", [(0.5, 0.5, 1.0, 3.0), (5.0, 0.01, 0.1, 0.1), (0.01, 30.0, 20.0, 20.0)])
def test_optimum_does_not_depend_on_the_start(simulated, start):
    cells = purchase_cells(simulated(3000)[0])
    bounds = np.full(4, 1e-6), np.full(4, 1e6)
    best = maximise(beta_geo_likelihood(cells, 200.0), np.array(start), *bounds, 3000)
    assert best.gradient_norm <= 1e-12
    again = maximise(beta_geo_likelihood(cells, 200.0), best.parameters * 1.1, *bounds, 3000)
    np.testing.assert_allclose(again.parameters, best.parameters, rtol=1e-9)


def test_a_parameter_at_its_bound_has_no_standard_error():
    def rising(point):  # grows without end in the first, has its top at 1 in the second
        return float(point[0] - point[1] ** 2), np.array([1.0, -2 * point[1]])

    best = maximise(rising, np.ones(2) * 2, np.full(2, 1e-3), np.full(2, 1e3), 50)
    assert best.at_bound.tolist() == [True, False]
    assert best.parameters.round(9).tolist() == [1000.0, 1.0]
    assert np.isnan(best.standard_errors[0])
    assert best.standard_errors[1] == pytest.approx(0.1)


@given(base=st.floats(1e-3, 1e3), largest=st.integers(0, 60))
def test_log_rising_is_the_difference_of_log_gammas(base, largest):
    from scipy.special import gammaln, psi

    value, slope = log_rising(base, largest)
    x = np.arange(largest + 1)
    np.testing.assert_allclose(value, gammaln(base + x) - gammaln(base), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(slope, psi(base + x) - psi(base), rtol=1e-8, atol=1e-9)
