"""How customers respond to each lever: drawn per seed, and never written where the shop can see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.schema import LEVERS
from regulars.simulate.arrays import Floats
from regulars.simulate.customers import People
from regulars.simulate.streams import Streams

LEVER_NAMES = tuple(name for name in LEVERS if name != "none")
WIN_BACK = LEVER_NAMES.index("win_back")
RESPONSE_DAYS = 21
"""An action changes the purchase rate of this many days, from the day after it."""
NOTHING_SHARE = 0.25
"""Chance that a lever does nothing at all in a shop."""


@dataclass(frozen=True)
class LeverEffects:
    """What each lever does in this shop on average; drawn once per seed.

    ``mean`` is the mean log of the factor on the purchase rate during ``RESPONSE_DAYS``; below 0 the lever
    does harm. ``by_price``, ``by_age`` and ``spread`` say how it differs between customers. ``revival`` is
    the log-odds that a win-back brings a customer back who is gone, minus infinity where it never does.
    """

    mean: Floats
    by_price: Floats
    by_age: Floats
    spread: Floats
    revival: float


@dataclass(frozen=True)
class Responses:
    """Each customer's true response: ``log_lift`` per lever, and the chance that a win-back revives."""

    log_lift: Floats
    revival: Floats


def draw_effects(streams: Streams) -> LeverEffects:
    """The shop's levers, from a wide distribution that includes nothing and harm.

    Examples
    --------
    >>> draw_effects(Streams(0)).mean.shape == (len(LEVER_NAMES),)
    True
    """
    rng, count = streams("lever_effects"), len(LEVER_NAMES)
    works = rng.random(count) >= NOTHING_SHARE
    mean = np.where(works, rng.normal(0.15, 0.45, count), 0.0)
    by_price = np.where(works, rng.normal(0.0, 0.2, count), 0.0)
    by_age = np.where(works, rng.normal(0.0, 0.15, count), 0.0)
    share = rng.beta(1.2, 9.0)
    revival = float(np.log(share / (1 - share))) if works[WIN_BACK] else -np.inf
    return LeverEffects(mean, by_price, by_age, np.where(works, 0.2, 0.0), revival)


def draw_responses(streams: Streams, effects: LeverEffects, people: People) -> Responses:
    """Each customer's response: the shop's mean, moved by price sensitivity, age and chance."""
    rng, count = streams("responses"), len(people)
    price_z = (people.price_sensitivity - 0.4) / 0.2
    age_z = (people.age - 43.0) / 15.0
    lift = effects.mean + np.outer(price_z, effects.by_price) + np.outer(age_z, effects.by_age)
    lift = lift + rng.normal(0.0, 1.0, (count, len(LEVER_NAMES))) * effects.spread
    odds = effects.revival + 0.5 * rng.normal(0.0, 1.0, count)
    return Responses(np.clip(lift, -1.5, 1.5), np.asarray(1.0 / (1.0 + np.exp(-odds))))
