"""Items, and that neighbours exist among them."""

import numpy as np

from regulars.simulate.baskets import draw_lines
from regulars.simulate.catalogue import CATEGORY_NAMES, draw_catalogue
from regulars.simulate.habits import draw_habits
from regulars.simulate.streams import Streams

CATALOGUE = draw_catalogue(Streams(0))


def test_titles_and_codes_are_unique_and_sorted_by_category():
    assert len(set(CATALOGUE.titles)) == len(set(CATALOGUE.item_ids)) == len(CATALOGUE)
    assert (np.diff(CATALOGUE.category) >= 0).all()
    assert CATALOGUE.table().column("price").to_numpy().min() > 1


def test_popularity_sums_to_one_in_each_category_and_has_a_long_tail():
    for c in range(len(CATEGORY_NAMES)):
        shares = np.sort(CATALOGUE.popularity[CATALOGUE.category == c])[::-1]
        assert abs(shares.sum() - 1) < 1e-9
        assert shares[0] > 4 * np.median(shares)


def test_popular_items_are_drawn_from_the_category_asked_for():
    asked = np.repeat(np.arange(len(CATEGORY_NAMES)), 500)
    drawn = CATALOGUE.draw_popular(Streams(1)("draws"), asked)
    assert (CATALOGUE.category[drawn] == asked).all()


def test_companions_are_bought_together_more_often_than_chance():
    streams = Streams(2)
    none = np.zeros(2000)
    habits = draw_habits(streams, CATALOGUE, none, none, np.zeros(2000, dtype=np.int64), none + 0.3)
    lines = draw_lines(streams, CATALOGUE, habits, np.repeat(np.arange(2000), 5))
    baskets = np.zeros((10_000, len(CATALOGUE)), dtype=bool)
    baskets[lines.order, lines.item] = True
    together = baskets.T.astype(float) @ baskets
    by_chance = np.outer(baskets.sum(0), baskets.sum(0)) / len(baskets)
    pairs = np.repeat(np.arange(len(CATALOGUE)), 3), CATALOGUE.companions.ravel()
    assert together[pairs].sum() > 4 * by_chance[pairs].sum()
