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
    rate, r the response (``responses``), x = u V the value uplift, at most ``max_value_uplift``, c the
    cost per contact, V' = V + x, and D = discount_rate V' + fixed_discount:

    - won, where r > 0: r p customers buy once who would not have; each brings m V' and redeems D;
    - lost, where r < 0: -r (1 - p) would have bought and do not; each takes m V away;
    - anyway: the others of the 1 - p who would have bought; each brings m x more and redeems D;
    - cost = c + (won + anyway) D, and gain = m (won V' + anyway x - lost V) - cost.

    One order and one redemption a customer are counted, so a longer return is not promised. Cost is
    rounded up to whole units, so that sums of it never understate what a budget has to hold.

    Returns
    -------
    gain, cost
        int64, one per customer; gain is 0 (no candidate) where a score is missing.
    """
    response = responses(offer, people, offer.response_rate)
    margin, cost = _margin_and_cost(
        offer, people, margin_rate, response, offer.value_uplift_rate, people.order_value
    )
    known = ~np.isnan(margin)
    # np.round first: 0.05 x 10,000 is 500.00000000000006 in floating point, and no 501 units.
    cost_units = np.ceil(np.round(np.where(known, cost, 0.0) * MONEY_UNITS, 4)).astype(np.int64)
    margin_units = np.rint(np.where(known, margin, 0.0) * MONEY_UNITS).astype(np.int64)
    return np.where(known, margin_units - cost_units, 0), cost_units


def responses(offer: Offer, people: Prospects, rate: float) -> Floats:
    """``rate`` as it holds for each customer: halved for every ``response_half_life_days`` of silence.

    Flat where the offer names no half-life, and for customers who never bought. Both signs fade: whoever
    has stopped listening is neither won nor put off.
    """
    if not offer.response_half_life_days:
        return np.full(people.count, rate)
    silence = np.nan_to_num(people.days_since_last_purchase, nan=0.0)
    return np.asarray(rate * 0.5 ** (silence / offer.response_half_life_days))


def gain_interval(offer: Offer, people: Prospects, margin_rate: float) -> tuple[Floats, Floats]:
    """The range of the expected gain for each customer, in currency units.

    Three inputs are uncertain and taken as independent: response, value uplift and order value, each with
    its own range. One input alone moves the gain from its value to the lowest and the highest within that
    input's range; the moves of the three are added as squares, downward and upward apart (first-order
    propagation of error, JCGM 100:2008, 5.1.2). In response and uplift the gain only rises or only falls,
    so the ends of their ranges are enough; in the order value it may turn where the uplift reaches
    ``max_value_uplift``, so this point is looked at too. The probability of a purchase is taken as known:
    its error is measured by the calibration of the evaluation.

    The range of the order value is a 90 % interval. With a measured offer all three are, and so is the
    result, as far as its assumptions carry. With an assumed offer it mixes somebody's assumed ranges with
    that interval: it says what follows from the assumptions, and no probability belongs to it.

    Returns
    -------
    low, high
        float64 around the expected gain; nan where a score is missing. The range is about the mean over
        many such customers, not about what one of them will do.
    """
    uplift, value = offer.value_uplift_rate, people.order_value

    def gain(response_rate: float, uplift: float, order_value: Floats) -> Floats:
        response = responses(offer, people, response_rate)
        margin, cost = _margin_and_cost(offer, people, margin_rate, response, uplift, order_value)
        return margin - cost

    middle = gain(offer.response_rate, uplift, value)
    ranges = (
        [gain(rate, uplift, value) for rate in (offer.response_rate_low, offer.response_rate_high)],
        [
            gain(offer.response_rate, rate, value)
            for rate in (offer.value_uplift_rate_low, offer.value_uplift_rate_high)
        ],
        [gain(offer.response_rate, uplift, values) for values in _order_values(offer, people)],
    )
    down, up = np.zeros_like(middle), np.zeros_like(middle)
    for gains in ranges:
        down += np.maximum(middle - np.minimum.reduce(gains), 0.0) ** 2
        up += np.maximum(np.maximum.reduce(gains) - middle, 0.0) ** 2
    return middle - np.sqrt(down), middle + np.sqrt(up)


def _order_values(offer: Offer, people: Prospects) -> list[Floats]:
    """The ends of the order value's range, and where within it the uplift reaches its bound."""
    ends = [people.order_value_low, people.order_value_high]
    if offer.max_value_uplift and offer.value_uplift_rate > 0:
        turn = offer.max_value_uplift / offer.value_uplift_rate
        ends.append(np.clip(turn, people.order_value_low, people.order_value_high))
    return ends


def _margin_and_cost(
    offer: Offer,
    people: Prospects,
    margin_rate: float,
    response: Floats,
    uplift_rate: float,
    order_value: Floats,
) -> tuple[Floats, Floats]:
    no_purchase = people.no_purchase_probability
    won = np.maximum(response, 0.0) * no_purchase
    lost = np.maximum(-response, 0.0) * (1.0 - no_purchase)
    anyway = 1.0 - no_purchase - lost
    uplift = uplift_rate * order_value
    if offer.max_value_uplift:
        uplift = np.minimum(uplift, offer.max_value_uplift)
    value_with = order_value + uplift
    discount = offer.discount_rate * value_with + offer.fixed_discount
    cost = offer.cost_per_contact + (won + anyway) * discount
    margin = margin_rate * (won * value_with + anyway * uplift - lost * order_value)
    return margin, cost
