"""What can be done for each customer: every offer's expected gain and cost, where the rules allow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.decisions.gains import gain_and_cost
from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Prospects, Texts
from regulars.decisions.rules import Rules, eligible, excluded
from regulars.schema import MONEY_UNITS

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Menu:
    """Customers x offers: expected gain and cost in ten-thousandths; gain 0 = no candidate.

    A candidate is an offer that the customer may get and that is expected to bring something, and no less
    than the rules ask for.
    """

    gain: Array
    cost: Array
    best: Array
    """Per customer the offer of the largest gain among those it may get, paying or not; -1 = none."""
    best_gain: Array
    excluded: Array
    """True where the rules keep the customer out of every action."""

    @property
    def pays(self) -> Array:
        """True where at least one offer is a candidate."""
        return np.asarray((self.gain > 0).any(axis=1))


def menu(people: Prospects, offers: tuple[Offer, ...], rules: Rules, margin_rate: float) -> Menu:
    """The menu of all ``people`` under ``rules``, offers in the order of the catalogue."""
    gain = np.zeros((people.count, len(offers)), dtype=np.int64)
    cost = np.zeros_like(gain)
    best = np.full(people.count, -1, dtype=np.int64)
    best_gain = np.full(people.count, np.iinfo(np.int64).min)
    out = excluded(people, rules)
    least = max(int(np.ceil(round(rules.minimum_expected_gain * MONEY_UNITS, 4))), 1)
    for column, offer in enumerate(offers):
        may = eligible(offer, people, rules) & ~out
        worth, price = gain_and_cost(offer, people, margin_rate)
        better = may & (worth > best_gain)
        best[better], best_gain[better] = column, worth[better]
        gain[:, column] = np.where(may & (worth >= least), worth, 0)
        cost[:, column] = price
    return Menu(gain, cost, best, best_gain, out)


def chosen(values: Array, choice: Array) -> Array:
    """``values[customer, choice]``, and 0 where nothing is chosen."""
    padded = np.column_stack((values, np.zeros(len(values), dtype=np.int64)))
    return padded[np.arange(len(values)), choice]


def named(words: list[str], choice: Array, nothing: str | None = None) -> Texts:
    """The word of each customer's choice, ``nothing`` where it is -1."""
    return pa.array([*words, nothing], pa.string()).take(np.where(choice < 0, len(words), choice))
