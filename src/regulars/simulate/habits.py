"""How customers fill a basket: tastes, favourites, how many lines, and how often at a discount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.simulate.arrays import Floats, Ints
from regulars.simulate.catalogue import CATEGORY_NAMES, Catalogue, category_shares
from regulars.simulate.streams import Streams

MEAN_FURTHER_LINES = 1.24


@dataclass(frozen=True)
class Habits:
    """One row per customer: ``taste`` over categories (sums to 1), the ``favourite`` item of each category,
    the mean number of ``further_lines`` beyond an order's first, and ``discount_share``, the chance that a
    line is bought at a discount."""

    taste: Floats
    favourite: Ints
    further_lines: Floats
    discount_share: Floats

    def __len__(self) -> int:
        return len(self.further_lines)


def draw_habits(
    streams: Streams,
    catalogue: Catalogue,
    age_z: Floats,
    income_z: Floats,
    gender: Ints,
    price_sensitivity: Floats,
) -> Habits:
    """Habits that age, income, gender and price sensitivity move modestly."""
    rng, count = streams("basket_habits"), len(age_z)
    categories = np.tile(np.arange(len(CATEGORY_NAMES)), count)
    favourite = catalogue.draw_popular(streams("favourites"), categories)
    return Habits(
        taste=_draw_tastes(streams("tastes"), age_z, gender),
        favourite=favourite.reshape(count, len(CATEGORY_NAMES)),
        further_lines=rng.gamma(2.0, MEAN_FURTHER_LINES / 2.0, count) * np.exp(0.12 * income_z),
        discount_share=0.05 + 0.3 * price_sensitivity,
    )


def _draw_tastes(rng: np.random.Generator, age_z: Floats, gender: Ints) -> Floats:
    """Dirichlet tastes: gardens and kitchens for older customers, toys for the middle, bath for women."""
    names = np.array(CATEGORY_NAMES)
    by_age = np.select(
        [names == "Garden", names == "Kitchen", names == "Accessories"], [0.45, 0.15, -0.3], 0.0
    )
    middle = np.where(names == "Toys", 0.5, 0.0)
    by_gender = np.select([names == "Bath and Body", names == "Garden"], [0.4, -0.2], 0.0)
    lift = np.outer(age_z, by_age) + np.outer(np.exp(-(age_z**2)) - 0.5, middle)
    lift += np.outer(np.where(gender == 0, 0.5, -0.5), by_gender)
    weights = rng.standard_gamma(2.4 * category_shares()[None, :] * np.exp(lift)) + 1e-4
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)
