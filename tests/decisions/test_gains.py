"""The expected gain of an offer: against a simulation, and its interval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.decisions.gains import gain_and_cost, gain_interval, responses
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


def test_a_harmful_response_takes_buyers_away(customers: Any, offer: Any) -> None:
    people = prospects(customers(churn_probability=[0.2, 1.0]), None, 0.1)
    harm = {"response_rate": -0.1, "response_rate_low": -0.2, "response_rate_high": 0.0}
    letter = offer(**harm, fixed_discount=2.0, value_uplift_rate=0.1, value_uplift_rate_high=0.1)
    gain, cost = gain_and_cost(letter, people, 0.4)
    # Of the 80 % who would have bought 8 % do not; 72 % spend 10 more and redeem 2. Nobody can be lost twice.
    assert cost.tolist() == [round((0.1 + 0.72 * 2) * MONEY_UNITS), round(0.1 * MONEY_UNITS)]
    assert gain[0] == round((0.4 * (0.72 * 10 - 0.08 * 100) - 0.1 - 0.72 * 2) * MONEY_UNITS)
    assert gain[1] == round(-0.1 * MONEY_UNITS)


def test_a_harmful_response_agrees_with_a_simulation(customers: Any, offer: Any) -> None:
    p, value, response, margin = 0.3, 80.0, -0.15, 0.4
    people = prospects(customers(churn_probability=[p], expected_order_value=[value]), None, 0.1)
    letter = offer(response_rate=response, response_rate_low=response, discount_rate=0.05)
    draw = np.random.default_rng(0)
    would = draw.random(400_000) >= p
    does = would & (draw.random(400_000) >= -response)
    change = does * (margin - 0.05) * value - would * margin * value - 0.1
    expected = gain_and_cost(letter, people, margin)[0][0] / MONEY_UNITS
    assert np.mean(change) == pytest.approx(expected, abs=4 * np.std(change) / np.sqrt(len(change)))


def test_an_interval_across_zero_reaches_below_the_cost_of_contact(customers: Any, offer: Any) -> None:
    exact = {"expected_order_value_low": [100.0], "expected_order_value_high": [100.0]}
    people = prospects(customers(churn_probability=[0.2], expected_order_value=[100.0], **exact), None, 0.1)
    low, high = gain_interval(offer(response_rate_low=-0.05), people, 0.4)
    assert low[0] == pytest.approx(-0.4 * 0.05 * 0.8 * 100 - 0.1)
    assert high[0] == pytest.approx(0.4 * 0.2 * 0.2 * 100 - 0.1)


EFFECT = st.floats(-1, 1)


@given(
    st.lists(EFFECT, min_size=3, max_size=3), st.lists(EFFECT, min_size=3, max_size=3), st.floats(0, 1),
    st.floats(0, 500), st.floats(0, 20), st.floats(0, 0.5),
)  # fmt: skip
def test_one_input_within_its_range_stays_within_the_interval(
    customers: Any, offer: Any, rates: Any, uplifts: Any, p: float, value: float, cap: float, discount: float
) -> None:
    people = prospects(customers(churn_probability=[p], expected_order_value=[value]), None, 0.1)
    names = ("_low", "", "_high")
    fields = {f"response_rate{end}": rate for end, rate in zip(names, sorted(rates), strict=True)}
    fields |= {f"value_uplift_rate{end}": rate for end, rate in zip(names, sorted(uplifts), strict=True)}
    fields |= {"max_value_uplift": cap, "discount_rate": discount}
    low, high = gain_interval(offer(**fields), people, 0.4)
    for share in np.linspace(0, 1, 7):
        inside = {
            name: fields[f"{name}_low"] + share * (fields[f"{name}_high"] - fields[f"{name}_low"])
            for name in ("response_rate", "value_uplift_rate")
        }
        order = people.order_value_low + share * (people.order_value_high - people.order_value_low)
        for changed, who in (
            ({**fields, "response_rate": inside["response_rate"]}, people),
            ({**fields, "value_uplift_rate": inside["value_uplift_rate"]}, people),
            (fields, replace(people, order_value=order)),
        ):
            gain = gain_and_cost(offer(**changed), who, 0.4)[0][0] / MONEY_UNITS
            assert low[0] - 2e-4 <= gain <= high[0] + 2e-4


def test_the_uplift_of_an_order_is_bounded(customers: Any, offer: Any) -> None:
    people = prospects(
        customers(churn_probability=[0.0] * 2, expected_order_value=[50.0, 9_475.0]), None, 0.1
    )
    uplift = {"value_uplift_rate": 0.05, "value_uplift_rate_high": 0.1, "fixed_discount": 3.0}
    free, _ = gain_and_cost(offer(**uplift), people, 0.4)
    bounded, _ = gain_and_cost(offer(**uplift, max_value_uplift=10.0), people, 0.4)
    assert bounded[0] == free[0]
    assert free[1] / MONEY_UNITS == pytest.approx(0.4 * 0.05 * 9_475 - 3.1)
    assert bounded[1] / MONEY_UNITS == pytest.approx(0.4 * 10 - 3.1)


def test_a_loss_of_order_value_is_not_bounded(customers: Any, offer: Any) -> None:
    people = prospects(customers(churn_probability=[0.0], expected_order_value=[1_000.0]), None, 0.1)
    smaller = offer(value_uplift_rate=-0.1, value_uplift_rate_low=-0.2, max_value_uplift=10.0)
    assert gain_and_cost(smaller, people, 0.4)[0][0] / MONEY_UNITS == pytest.approx(-0.4 * 100 - 0.1)


def test_the_response_fades_with_silence(customers: Any, offer: Any) -> None:
    silence = [0, 45, 90, 180, 360]
    people = prospects(customers(days_since_last_purchase=silence), None, 0.1)
    fading = offer(response_half_life_days=90)
    assert responses(fading, people, 0.1) == pytest.approx([0.1, 0.1 / 2**0.5, 0.05, 0.025, 0.00625])
    gain, _ = gain_and_cost(fading, people, 0.4)
    flat, _ = gain_and_cost(offer(), people, 0.4)
    assert gain[0] == flat[0]
    assert (np.diff(gain) < 0).all()
    low, high = gain_interval(fading, people, 0.4)
    assert (np.diff(high - low) < 0).all()


def test_without_a_half_life_or_a_purchase_the_response_is_flat(customers: Any, offer: Any) -> None:
    people = prospects(customers(days_since_last_purchase=[0, 400]), None, 0.1)
    assert responses(offer(), people, -0.02).tolist() == [-0.02, -0.02]
    never = prospects(customers(days_since_last_purchase=pa.nulls(2, pa.int64())), None, 0.1)
    assert responses(offer(response_half_life_days=90), never, 0.1).tolist() == [0.1, 0.1]
