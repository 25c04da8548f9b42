"""What an offer is expected to bring and to cost for each customer, against doing nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Prospects
from regulars.schema import MONEY_UNITS

Floats = np.ndarray[Any, np.dtype[np.float64]]
Units = np.ndarray[Any, np.dtype[np.int64]]


def gain_and_cost(offer: Offer, people: Prospects, margin_rate: float) -> tuple[Units, Units]:
    """Expected gain and cost of ``offer`` for each customer, in ten-thousandths of the currency unit.

    With p the probability of no purchase within the horizon, V the expected order value, m the margin
    rate, r the response rate, u the value uplift, c the cost per contact, V' = V (1 + u), and
    D = discount_rate V' + fixed_discount:

    - won: r p customers buy once who would not have; each brings m V' and redeems D;
    - anyway: 1 - p would have bought; each brings m u V more and redeems D;
    - cost = c + (r p + 1 - p) D, and gain = m (r p V' + (1 - p) u V) - cost.

    One order and one redemption a customer are counted, so a longer return is not promised. Cost is
    rounded up to whole units, so that sums of it never understate what a budget has to hold.

    Returns
    -------
    gain, cost
        int64, one per customer; gain is 0 (no candidate) where a score is missing.
    """
    margin, cost = _margin_and_cost(
        offer, people, margin_rate, offer.response_rate, offer.value_uplift_rate, people.order_value
    )
    known = ~np.isnan(margin)
    # np.round first: 0.05 x 10,000 is 500.00000000000006 in floating point, and no 501 units.
    cost_units = np.ceil(np.round(np.where(known, cost, 0.0) * MONEY_UNITS, 4)).astype(np.int64)
    margin_units = np.rint(np.where(known, margin, 0.0) * MONEY_UNITS).astype(np.int64)
    return np.where(known, margin_units - cost_units, 0), cost_units


def gain_interval(offer: Offer, people: Prospects, margin_rate: float) -> tuple[Floats, Floats]:
    """The 90 % interval of the expected gain for each customer, in currency units.

    Three inputs are uncertain and taken as independent: response rate, value uplift and order value, each
    with its 90 % interval. Gain is linear in each of them, so one input alone moves it from its value to
    that input's end; the moves of the three are added as squares, downward and upward apart (first-order
    propagation of error, JCGM 100:2008, 5.1.2). The probability of a purchase is taken as known: its
    error is measured by the calibration of the evaluation.

    Returns
    -------
    low, high
        float64 around the expected gain; nan where a score is missing. The interval is about the mean
        over many such customers, not about what one of them will do.
    """

    def gain(response: float, uplift: float, order_value: Floats) -> Floats:
        margin, cost = _margin_and_cost(offer, people, margin_rate, response, uplift, order_value)
        return margin - cost

    response, uplift, value = offer.response_rate, offer.value_uplift_rate, people.order_value
    middle = gain(response, uplift, value)
    ends = (
        (gain(offer.response_rate_low, uplift, value), gain(offer.response_rate_high, uplift, value)),
        (
            gain(response, offer.value_uplift_rate_low, value),
            gain(response, offer.value_uplift_rate_high, value),
        ),
        (gain(response, uplift, people.order_value_low), gain(response, uplift, people.order_value_high)),
    )
    down, up = np.zeros_like(middle), np.zeros_like(middle)
    for one, other in ends:
        down += np.maximum(middle - np.minimum(one, other), 0.0) ** 2
        up += np.maximum(np.maximum(one, other) - middle, 0.0) ** 2
    return middle - np.sqrt(down), middle + np.sqrt(up)


def _margin_and_cost(
    offer: Offer, people: Prospects, margin_rate: float, response: float, uplift: float, order_value: Floats
) -> tuple[Floats, Floats]:
    won = response * people.no_purchase_probability
    anyway = 1.0 - people.no_purchase_probability
    value_with = order_value * (1.0 + uplift)
    discount = offer.discount_rate * value_with + offer.fixed_discount
    cost = offer.cost_per_contact + (won + anyway) * discount
    margin = margin_rate * (won * value_with + anyway * (uplift * order_value))
    return margin, cost
