"""What a customer will do next, given everything that is hidden: the oracle's answers in closed form."""

from __future__ import annotations

import numpy as np

from regulars.simulate.arrays import Floats
from regulars.simulate.baskets import DISCOUNT_RATES, EXTRA_UNITS, MAX_FURTHER_LINES, returned_share
from regulars.simulate.catalogue import COMPANION_SHARE, FAVOURITE_SHARE, Catalogue
from regulars.simulate.habits import Habits
from regulars.simulate.responses import RESPONSE_DAYS


def purchase_probability(
    rate: Floats, drop_out_rate: Floats, factors: Floats, log_lift: Floats | None = None
) -> Floats:
    """Chance of at least one order on the next days for customers who are still there.

    With q = exp(-drop_out_rate) the chance of staying one more day, S_k the sum of the first k day
    factors and H days, the chance of no order is

        sum over k < H of q^k (1 - q) exp(-rate S_k)  +  q^H exp(-rate S_H):

    the customer leaves after k days, or not at all. ``log_lift`` multiplies the factors of the first
    ``RESPONSE_DAYS`` by its exponential.

    Examples
    --------
    >>> rate, drop_out_rate = np.array([0.02]), np.array([1e-9])
    >>> purchase_probability(rate, drop_out_rate, np.ones(90)).round(4)  # 1 - exp(-1.8)
    array([0.8347])
    """
    stay = np.exp(-drop_out_rate)
    factor = 1.0 if log_lift is None else np.exp(log_lift)
    no_order, still_there, spent = np.zeros_like(rate), np.ones_like(rate), np.zeros_like(rate)
    for day, busy in enumerate(factors):
        no_order += still_there * (1 - stay) * np.exp(-rate * spent)
        still_there = still_there * stay
        spent = spent + busy * (factor if day < RESPONSE_DAYS else 1.0)
    return np.asarray(1.0 - no_order - still_there * np.exp(-rate * spent), dtype=np.float64)


def expected_orders(rate: Floats, drop_out_rate: Floats, factors: Floats) -> Floats:
    """Orders expected on the next days from customers who are still there: rate x sum of q^k x factor_k."""
    stay, still_there, total = np.exp(-drop_out_rate), np.ones_like(rate), np.zeros_like(rate)
    for busy in factors:
        still_there = still_there * stay
        total += still_there * busy
    return np.asarray(rate * total, dtype=np.float64)


def order_worth(catalogue: Catalogue, habits: Habits) -> tuple[Floats, Floats]:
    """Expected net value and margin of one order of each customer, in currency units, returns taken off.

    Let b be the customer's distribution over items by taste, M one step to a companion and c the share of
    companion lines. Line k has the distribution p_0 = b, p_k = c p_(k-1) M + (1 - c) b; unrolled, with
    item values v, it is worth b . [(cM)^k v + (1 - c) sum over m < k of (cM)^m v]. Line k exists with
    the chance that the number of further lines (Poisson, cut off at the longest order) is at least k.
    """
    kept = 1.0 - returned_share(catalogue)
    full_price = _over_lines(catalogue, habits, kept * catalogue.price)
    cost = _over_lines(catalogue, habits, kept * catalogue.cost)
    units = 1.0 + EXTRA_UNITS
    net = units * full_price * (1.0 - habits.discount_share * np.mean(DISCOUNT_RATES)) / 100.0
    return net, net - units * cost / 100.0


def _over_lines(catalogue: Catalogue, habits: Habits, values: Floats) -> Floats:
    """Expected sum of item values over the lines of one order of each customer."""
    exists = _chance_of_line(habits.further_lines)
    # A line of distribution b carried on by k companion steps is worth b . steps[k].
    steps = [values.astype(np.float64)]
    for _ in range(MAX_FURTHER_LINES):
        steps.append(COMPANION_SHARE * catalogue.companion_mean(steps[-1]))
    total = _by_taste(catalogue, habits, steps[0])
    fresh = np.zeros_like(steps[0])
    for k in range(1, MAX_FURTHER_LINES + 1):
        fresh = fresh + (1 - COMPANION_SHARE) * steps[k - 1]
        total += exists[k] * _by_taste(catalogue, habits, fresh + steps[k])
    return total


def _by_taste(catalogue: Catalogue, habits: Habits, values: Floats) -> Floats:
    """Expected value of one item drawn by each customer's taste."""
    popular = catalogue.category_mean(values)
    mixed = FAVOURITE_SHARE * values[habits.favourite] + (1 - FAVOURITE_SHARE) * popular[None, :]
    return np.asarray((habits.taste * mixed).sum(axis=1), dtype=np.float64)


def _chance_of_line(further_lines: Floats) -> list[Floats]:
    """For k = 0, 1, ...: the chance that an order has more than k lines."""
    term = np.exp(-further_lines)
    below = np.zeros_like(further_lines)
    chances = []
    for k in range(MAX_FURTHER_LINES + 1):
        chances.append(1.0 - below)
        below = below + term
        term = term * further_lines / (k + 1)
    return chances
