"""Responses to levers: a wide distribution per seed that includes nothing and harm."""

import numpy as np

from regulars.simulate.customers import draw_people
from regulars.simulate.past import make_world
from regulars.simulate.responses import LEVER_NAMES, WIN_BACK, draw_effects, draw_responses
from regulars.simulate.streams import Streams


def test_over_seeds_levers_help_do_nothing_and_harm():
    means = np.array([draw_effects(Streams(seed)).mean for seed in range(300)])
    assert means.shape == (300, len(LEVER_NAMES))
    assert 0.18 < (means == 0).mean() < 0.32
    assert 0.15 < (means < 0).mean() < 0.45
    assert 0.3 < (means > 0).mean() < 0.65


def test_a_lever_that_does_nothing_does_it_for_everybody():
    seed = next(s for s in range(100) if draw_effects(Streams(s)).mean[WIN_BACK] == 0)
    world = make_world(seed, 19_000, 19_400)
    people = draw_people(Streams(seed), world.season, world.catalogue, 50, world.last_day)
    responses = draw_responses(Streams(seed), world.effects, people)
    assert (responses.log_lift[:, WIN_BACK] == 0).all()
    assert (responses.revival == 0).all()
