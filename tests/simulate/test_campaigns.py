"""Who is sent what: eligible customers, hold-outs by chance, a quiet end."""

import numpy as np
import pytest

from regulars.simulate.campaigns import PAID_CHANNELS, plan_campaigns
from regulars.simulate.customers import draw_people
from regulars.simulate.past import make_world
from regulars.simulate.purchases import first_spells, order_days
from regulars.simulate.responses import LEVER_NAMES, RESPONSE_DAYS, WIN_BACK
from regulars.simulate.streams import Streams
from regulars.simulate.visits import CHANNEL_NAMES

WORLD = make_world(0, 19_000, 19_729)


@pytest.fixture(scope="module")
def plan():
    people = draw_people(Streams(0), WORLD.season, WORLD.catalogue, 1500, WORLD.last_day)
    customer, day = order_days(
        Streams(0)("d"), WORLD.season, first_spells(people), people.rate, WORLD.last_day
    )
    return (
        people,
        customer,
        day,
        *plan_campaigns(Streams(0), people, customer, day, WORLD.first_day, WORLD.last_day),
    )


def test_only_who_agreed_and_has_joined_is_written_to(plan):
    people, _, _, _, messages = plan
    assert people.newsletter[messages.customer].all()
    assert (people.joined_day[messages.customer] < messages.day).all()
    assert messages.day.max() <= WORLD.last_day - RESPONSE_DAYS


def test_win_backs_are_for_who_has_not_bought_for_a_while(plan):
    _, customer, day, _, messages = plan
    for index in np.flatnonzero(messages.lever == WIN_BACK)[:300]:
        gaps = messages.day[index] - day[customer == messages.customer[index]]
        assert not ((gaps > 0) & (gaps <= 90)).any()


def test_the_hold_out_has_the_share_it_says(plan):
    *_, messages = plan
    for lever in ("engage", "win_back", "grow", "reward", "activate"):
        of = messages.lever == LEVER_NAMES.index(lever)
        assert of.sum() > 200
        assert messages.sent[of].mean() == pytest.approx(messages.share[of].mean(), abs=0.06)


def test_paid_visits_belong_to_the_quarters_campaign(plan):
    *_, campaigns, _ = plan
    channel = np.array([CHANNEL_NAMES.index("paid_search"), CHANNEL_NAMES.index("direct")])
    code = campaigns.ad_of(channel, np.array([19_100, 19_100]))  # 2022-04-18
    assert campaigns.names[code[0]] == "paid_search_2022_q2" and code[1] == -1
    assert len(set(campaigns.names)) == len(campaigns.names)
    assert {entry.channel for entry in campaigns.entries[campaigns.first_ad :]} == set(PAID_CHANNELS)
