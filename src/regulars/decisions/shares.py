"""Allocation when a lever may hold only a share of the customers."""

from __future__ import annotations

from typing import Any

import numpy as np

from regulars.decisions.allocation import Allocation, allocate
from regulars.decisions.menu import Menu
from regulars.decisions.offers import Offer
from regulars.decisions.rules import Rules

Array = np.ndarray[Any, Any]


def allocate_within_shares(
    menu: Menu, offers: tuple[Offer, ...], rules: Rules, money: int, counted: Array
) -> tuple[Array, Array]:
    """The offer intended for each customer (-1 = none), and who lost a candidate because a lever was full.

    Allocates; where a lever holds more than its share, keeps the customers who gain most from it, closes
    the lever for all others, and allocates again: each lever is closed at most once.
    """
    gain = menu.gain.copy()
    closed = np.zeros(len(gain), dtype=bool)
    while True:
        found = allocate(gain, menu.cost, money, counted=counted)
        lever = _overfull(found.choice, offers, rules, counted)
        if lever is None:
            return found.choice, closed
        own = np.array([offer.lever == lever for offer in offers])
        keep = _first(found, gain, menu.cost, own, counted, _limit(rules, lever, counted))
        closed |= ~keep & (gain[:, own] > 0).any(axis=1)
        gain[np.ix_(~keep, own)] = 0


def _limit(rules: Rules, lever: str, counted: Array) -> int:
    return int(np.floor(round(rules.max_share_per_lever[lever] * int(counted.sum()), 6)))


def _overfull(choice: Array, offers: tuple[Offer, ...], rules: Rules, counted: Array) -> str | None:
    names = np.array([*(offer.lever for offer in offers), "none"])[choice]
    for lever in sorted(rules.max_share_per_lever):
        if int(((names == lever) & counted).sum()) > _limit(rules, lever, counted):
            return lever
    return None


def _first(found: Allocation, gain: Array, cost: Array, own: Array, counted: Array, limit: int) -> Array:
    """True for the customers who keep the lever: by gain less price of cost, hold-out in the same order."""
    rows = np.flatnonzero((found.choice >= 0) & own[found.choice])
    chosen = found.choice[rows]
    worth = gain[rows, chosen] - found.price * cost[rows, chosen]
    rows = rows[np.lexsort((rows, -worth))]
    place = np.cumsum(counted[rows])
    keep = np.zeros(len(gain), dtype=bool)
    keep[rows[np.where(counted[rows], place <= limit, place < limit)]] = True
    return keep
