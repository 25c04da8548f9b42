"""The purchase process: Poisson orders on the days of a spell, moved by messages."""

import numpy as np
import pytest

from regulars.simulate.customers import draw_people
from regulars.simulate.past import make_world
from regulars.simulate.purchases import Messages, Spells, harmed_orders, lifted_orders, order_days, revivals
from regulars.simulate.responses import LEVER_NAMES, RESPONSE_DAYS, WIN_BACK, Responses
from regulars.simulate.streams import Streams

WORLD = make_world(0, 19_000, 19_729)
COUNT = 3000


@pytest.fixture(scope="module")
def people():
    return draw_people(Streams(0), WORLD.season, WORLD.catalogue, COUNT, WORLD.last_day)


def _messages(day, lever, sent=True):
    return Messages(
        customer=np.arange(COUNT),
        day=np.full(COUNT, day),
        campaign=np.zeros(COUNT, dtype=np.int64),
        lever=np.full(COUNT, lever),
        share=np.full(COUNT, 0.5),
        sent=np.full(COUNT, sent),
    )


def _responses(lift, revival=0.0):
    return Responses(np.full((COUNT, len(LEVER_NAMES)), lift), np.full(COUNT, revival))


def _whole_spells():
    return Spells(np.arange(COUNT), np.full(COUNT, WORLD.first_day), np.full(COUNT, WORLD.last_day))


def test_orders_are_as_many_as_rate_and_season_say():
    rate = np.full(COUNT, 0.02)
    customer, day = order_days(Streams(1)("days"), WORLD.season, _whole_spells(), rate, WORLD.last_day)
    counts = np.bincount(customer, minlength=COUNT)
    mean = 0.02 * WORLD.season.between(WORLD.first_day, WORLD.last_day)
    assert counts.mean() == pytest.approx(mean, rel=0.03)
    assert counts.var() == pytest.approx(mean, rel=0.1)
    assert day.min() >= WORLD.first_day and day.max() <= WORLD.last_day


def test_a_lift_adds_orders_on_the_response_days_only(people):
    day = WORLD.first_day + 200
    messages, responses = _messages(day, 2), _responses(np.log(2.0))
    customer, when, message = lifted_orders(
        Streams(1), WORLD.season, people, responses, messages, _whole_spells(), WORLD.last_day
    )
    expected = people.rate.sum() * WORLD.season.between(day + 1, day + RESPONSE_DAYS)
    assert len(customer) == pytest.approx(expected, rel=0.1)
    assert when.min() > day and when.max() <= day + RESPONSE_DAYS
    assert (messages.customer[message] == customer).all()


def test_harm_drops_the_share_it_says(people):
    day = WORLD.first_day + 200
    customer, when = order_days(
        Streams(1)("days"), WORLD.season, _whole_spells(), np.full(COUNT, 0.05), WORLD.last_day
    )
    gone = harmed_orders(Streams(1), _responses(np.log(0.4)), _messages(day, 1), customer, when)
    window = (when > day) & (when <= day + RESPONSE_DAYS)
    assert not gone[~window].any()
    assert gone[window].mean() == pytest.approx(0.6, abs=0.04)


def test_only_a_win_back_that_was_sent_revives_who_is_gone(people):
    day = WORLD.last_day - 30
    gone = people.last_day < day
    sure = _responses(0.0, 1.0)
    back = revivals(Streams(1), people, sure, _messages(day, WIN_BACK))
    assert set(back.customer.tolist()) == set(np.flatnonzero(gone).tolist())
    assert (back.first == day + 1).all()
    assert len(revivals(Streams(1), people, sure, _messages(day, WIN_BACK, sent=False)).customer) == 0
    assert len(revivals(Streams(1), people, sure, _messages(day, 0)).customer) == 0


def test_messages_without_effect_change_nothing(people):
    messages, responses = _messages(WORLD.first_day + 100, 2), _responses(0.0)
    extra = lifted_orders(
        Streams(1), WORLD.season, people, responses, messages, _whole_spells(), WORLD.last_day
    )
    assert len(extra[0]) == 0
    customer = np.arange(COUNT)
    assert not harmed_orders(Streams(1), responses, messages, customer, np.full(COUNT, 19_110)).any()
