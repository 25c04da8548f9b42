"""The expected gain of an offer: against a simulation, and its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from regulars.decisions.gains import gain_and_cost, gain_interval
from regulars.decisions.prospects import prospects
from regulars.schema import MONEY_UNITS


def test_by_hand(customers: Any, offer: Any) -> None:
    people = prospects(customers(), None, 0.1)
    voucher = offer(discount_rate=0.1, fixed_discount=1.0, value_uplift_rate=0.2, value_uplift_rate_high=0.2)
    gain, cost = gain_and_cost(voucher, people, 0.4)
    # 5 % come who would not have, 50 % would anyway; each order is 120 and redeems 13; the contact is 0.10.
    assert cost.tolist() == [round((0.1 + 0.55 * 13) * MONEY_UNITS)] * 2
    assert gain.tolist() == [round((0.4 * (0.05 * 120 + 0.5 * 20) - 0.1 - 0.55 * 13) * MONEY_UNITS)] * 2


def test_agrees_with_a_simulation(customers: Any, offer: Any) -> None:
    p, value, response, uplift, margin = 0.7, 80.0, 0.15, 0.1, 0.4
    people = prospects(customers(churn_probability=[p], expected_order_value=[value]), None, 0.1)
    voucher = offer(
        response_rate=response, discount_rate=0.2, fixed_discount=2.0, value_uplift_rate=uplift,
        value_uplift_rate_high=0.2,
    )  # fmt: skip
    draw = np.random.default_rng(0)
    anyway = draw.random(400_000) >= p
    won = ~anyway & (draw.random(400_000) < response)
    without = np.where(anyway, value * margin, 0.0)
    order = value * (1 + uplift)
    bought = np.where(anyway | won, order * margin - 0.2 * order - 2.0, 0.0) - 0.1
    expected = gain_and_cost(voucher, people, margin)[0][0] / MONEY_UNITS
    error = np.std(bought - without) / np.sqrt(len(won))
    assert np.mean(bought - without) == pytest.approx(expected, abs=4 * error)


def test_cost_is_rounded_up_and_whole_units_stay(customers: Any, offer: Any) -> None:
    people = prospects(customers(churn_probability=[1.0, 1.0]), None, 0.1)
    assert gain_and_cost(offer(cost_per_contact=0.05), people, 0.4)[1].tolist() == [500, 500]
    assert gain_and_cost(offer(cost_per_contact=0.05001), people, 0.4)[1].tolist() == [501, 501]


def test_content_that_costs_nothing_has_no_cost(customers: Any, offer: Any) -> None:
    people = prospects(customers(), None, 0.1)
    gain, cost = gain_and_cost(offer(cost_per_contact=0.0), people, 0.4)
    assert cost.tolist() == [0, 0]
    assert (gain > 0).all()


def test_without_a_score_there_is_no_gain(customers: Any, offer: Any) -> None:
    people = prospects(customers(churn_probability=[None, 0.5]), None, 0.1)
    gain, _ = gain_and_cost(offer(), people, 0.4)
    assert gain[0] == 0 < gain[1]


def test_the_interval_holds_the_gain_and_widens_with_doubt(customers: Any, offer: Any) -> None:
    people = prospects(customers(), None, 0.1)
    gain = gain_and_cost(offer(), people, 0.4)[0] / MONEY_UNITS
    low, high = gain_interval(offer(), people, 0.4)
    wide_low, wide_high = gain_interval(offer(response_rate_high=0.5), people, 0.4)
    assert (low < gain).all()
    assert (gain < high).all()
    assert (wide_high > high).all()
    assert wide_low == pytest.approx(low)


def test_with_only_the_response_in_doubt_its_ends_are_the_interval(customers: Any, offer: Any) -> None:
    exact = {"expected_order_value_low": [100.0], "expected_order_value_high": [100.0]}
    people = prospects(customers(expected_order_value=[100.0], **exact), None, 0.1)
    low, high = gain_interval(offer(), people, 0.4)
    assert low[0] == pytest.approx(0.4 * 0.05 * 0.5 * 100 - 0.1)
    assert high[0] == pytest.approx(0.4 * 0.2 * 0.5 * 100 - 0.1)


def test_the_interval_covers_when_the_inputs_are_normal(customers: Any, offer: Any) -> None:
    people = prospects(customers(), None, 0.1)
    voucher = offer(response_rate_low=0.05, response_rate_high=0.15, discount_rate=0.02)
    low, high = gain_interval(voucher, people, 0.4)
    draw = np.random.default_rng(1)
    sd = (people.order_value_high[0] - 100) / 1.645
    response, value = draw.normal(0.1, 0.05 / 1.645, 100_000), draw.normal(100, sd, 100_000)
    gain = 0.5 * response * value * 0.4 - (0.1 + (0.5 * response + 0.5) * 0.02 * value)
    assert np.mean((gain >= low[0]) & (gain <= high[0])) == pytest.approx(0.9, abs=0.02)
