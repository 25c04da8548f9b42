"""What a measurement does to an offer, and to what is chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.decisions.learning import Measurement, learned_offers, posterior, response_of
from regulars.decisions.policy import decide
from regulars.decisions.rules import Rules

RATES = st.floats(-0.5, 0.5)
ERRORS = st.floats(0.001, 1.0)


@given(RATES, ERRORS)
def test_the_learned_response_lies_between_the_assumed_and_the_measured(offer, rate, error):
    assumed = offer()
    found = posterior(assumed, Measurement(rate, error, 400, 40))
    low, high = sorted((assumed.response_rate, rate))
    assert low - 1e-12 <= found.rate <= high + 1e-12
    assert found.low <= found.rate <= found.high
    assert found.high - found.low <= assumed.response_rate_high - assumed.response_rate_low + 1e-12


@given(RATES)
def test_the_more_data_the_more_the_measurement_weighs(offer, rate):
    weights = [posterior(offer(), Measurement(rate, error, 1, 1)).weight for error in (1.0, 0.1, 0.01, 0.001)]
    assert weights == sorted(weights)
    assert weights[0] < 0.01 < 0.99 < weights[-1]


def test_an_offer_counts_as_measured_from_half_the_weight_on(offer):
    (few,) = learned_offers([offer()], {"voucher": Measurement(0.02, 0.2, 400, 40)})
    (many,) = learned_offers([offer()], {"voucher": Measurement(0.02, 0.01, 40_000, 4_000)})
    assert few.assumed
    assert not many.assumed
    assert offer().response_rate > few.response_rate > many.response_rate > 0.02


def test_what_was_not_measured_stays_as_it_is(offer):
    offers = (offer(), offer(id="gift"))
    assert learned_offers(offers, {}) == offers
    assert learned_offers(offers, {"gift": Measurement(0.0, 0.01, 9, 9)})[0] == offers[0]


def test_a_range_without_width_is_not_moved(offer):
    sure = offer(response_rate_low=0.1, response_rate_high=0.1)
    (kept,) = learned_offers([sure], {"voucher": Measurement(0.0, 0.01, 9, 9)})
    assert kept == sure


@given(st.floats(-0.3, 0.3), st.floats(0.3, 1.0), st.floats(0.3, 1.0))
def test_a_response_wins_or_loses_as_many_as_were_measured(difference, won, lost):
    response = response_of(difference, won, lost)
    assert max(response, 0) * won - max(-response, 0) * lost == pytest.approx(difference, abs=1e-12)


def test_learning_moves_the_choice_to_what_works(customers, offer):
    """The offer that was assumed to be better is measured to do nothing: the other one takes its place."""
    people = customers(customer_id=[f"c{n:02d}" for n in range(20)], holdout_draw=np.linspace(0.2, 0.9, 20))
    offers = (offer(id="promising"), offer(id="plain", response_rate=0.05, response_rate_low=0.0))

    def chosen(catalogue):
        actions = decide(
            people, None, catalogue, Rules(), budget=100, holdout_share=0.1, margin_rate=0.4, currency="GBP",
            horizon_days=90, items_per_action=3, run_id="r",
        )  # fmt: skip
        return set(actions.column("offer_id").to_pylist()), set(actions.column("assumed").to_pylist())

    assert chosen(offers) == ({"promising"}, {True})
    nothing = learned_offers(offers, {"promising": Measurement(0.0, 0.005, 9_000, 1_000)})
    assert chosen(nothing) == ({"plain"}, {True})
    harm = Measurement(-0.05, 0.005, 9_000, 1_000)
    assert chosen(learned_offers(offers, {"promising": harm, "plain": harm})) == ({None}, {False})
    works = learned_offers(offers, {"plain": Measurement(0.3, 0.01, 9_000, 1_000)})
    assert chosen(works) == ({"plain"}, {False})
