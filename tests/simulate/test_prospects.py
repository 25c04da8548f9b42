"""Closed forms against what they must equal: simple cases, and the mean of simulated baskets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.simulate.baskets import draw_lines, draw_returns
from regulars.simulate.catalogue import draw_catalogue
from regulars.simulate.habits import draw_habits
from regulars.simulate.prospects import expected_orders, order_worth, purchase_probability
from regulars.simulate.season import Clock
from regulars.simulate.streams import Streams

positive = st.floats(1e-4, 0.5)


@given(rate=positive, drop_out=positive, days=st.integers(1, 120))
def test_without_season_the_sum_is_a_competition_of_two_exponentials(rate, drop_out, days):
    # Day by day, no order and still there with chance s = exp(-rate - drop_out); the customer stays a day
    # with q before buying on it, so no order ever = 1 - q (1 - exp(-rate)) (1 + s + ... + s^(days - 1)).
    stay, none = np.exp(-drop_out), np.exp(-rate)
    series = (1 - (stay * none) ** days) / (1 - stay * none)
    expected = stay * (1 - none) * series
    found = purchase_probability(np.array([rate]), np.array([drop_out]), np.ones(days))[0]
    assert found == pytest.approx(expected, abs=1e-12)


@given(rate=positive, drop_out=positive, lift=st.floats(-1.0, 1.0))
def test_a_lift_moves_the_probability_its_way(rate, drop_out, lift):
    values = np.array([rate]), np.array([drop_out]), np.linspace(0.8, 1.2, 60)
    change = purchase_probability(*values, np.array([lift]))[0] - purchase_probability(*values)[0]
    assert change * np.sign(lift) >= -1e-12


def test_orders_of_a_short_stay_are_fewer():
    rate, factors = np.array([0.02, 0.02]), np.ones(365)
    forever, soon = expected_orders(rate, np.array([1e-9, 0.1]), factors)
    assert forever == pytest.approx(7.3, rel=1e-4)
    assert soon == pytest.approx(0.02 * np.exp(-0.1) / (1 - np.exp(-0.1)), rel=1e-6)


def test_the_worth_of_an_order_is_the_mean_of_simulated_orders():
    streams, repeats = Streams(5), 4000
    catalogue, few = draw_catalogue(streams), np.arange(3.0) - 1
    habits = draw_habits(streams, catalogue, few, few, np.array([0, 1, 2]), np.array([0.1, 0.4, 0.8]))
    net, margin = order_worth(catalogue, habits)
    buyer = np.repeat(np.arange(3), repeats)
    lines = draw_lines(streams, catalogue, habits, buyer)
    second = np.zeros(len(buyer), dtype=np.int64)
    returns = draw_returns(streams, Clock(0, 60), catalogue, lines, second, 100)
    kept = lines.quantity.copy()
    kept[returns.line] -= returns.quantity
    who = buyer[lines.order]
    seen_net = np.bincount(who, weights=kept * (lines.price - lines.unit_discount)) / repeats / 100
    seen_margin = seen_net - np.bincount(who, weights=kept * lines_cost(catalogue, lines)) / repeats / 100
    np.testing.assert_allclose(seen_net, net, rtol=0.05)
    np.testing.assert_allclose(seen_margin, margin, rtol=0.07)


def lines_cost(catalogue, lines):
    return catalogue.cost[lines.item]
