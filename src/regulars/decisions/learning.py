"""What a measurement teaches: the measured response, shrunk towards the assumed one while data are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Z90

MEASURED_WEIGHT = 0.5
"""From this weight of the measurement on, a response counts as measured."""


@dataclass(frozen=True)
class Measurement:
    """What an experiment says of an offer's response: its value, standard error, and people per arm."""

    response_rate: float
    standard_error: float
    treated_count: int
    held_out_count: int


@dataclass(frozen=True)
class Posterior:
    """A response after the measurement: value, 90 % range, and the measurement's weight in it (0-1)."""

    rate: float
    low: float
    high: float
    weight: float


def response_of(difference: float, won_share: float, lost_share: float) -> float:
    """The response that a difference of purchase rates amounts to.

    Parameters
    ----------
    difference
        Purchase rate of the treated less that of the held-out.
    won_share
        Mean over the assigned of (probability of no purchase x fading of the response): a response of 1 would
        win so many.
    lost_share
        Mean of (probability of a purchase x fading): a response of -1 would lose so many.

    Examples
    --------
    >>> [round(response_of(difference, won_share=0.8, lost_share=0.2), 3) for difference in (0.04, -0.04)]
    [0.05, -0.2]
    """
    share = won_share if difference >= 0 else lost_share
    if not share > 0:
        return 0.0 if difference == 0 else float(np.sign(difference))
    return float(np.clip(difference / share, -1.0, 1.0))


def posterior(offer: Offer, measured: Measurement) -> Posterior:
    """The offer's response after a measurement.

    The range of ``offers.toml`` is taken as 90 % of a normal prior around ``response_rate``, and the measured
    response with its standard error as the likelihood: the posterior mean is their average, weighted by
    1 / variance (Gelman et al., Bayesian Data Analysis, 3rd ed., eq. 2.11). A range of no width is a statement
    that no measurement moves.

    Examples
    --------
    >>> offer = Offer(id="a", title="A", lever="grow", channel="email", stages=("active",), response_rate=0.08,
    ...               response_rate_low=0.0, response_rate_high=0.16)
    >>> learned = posterior(offer, Measurement(0.0, 0.0486, 4000, 400))
    >>> round(learned.rate, 3), round(learned.weight, 2)
    (0.04, 0.5)
    """
    spread = (offer.response_rate_high - offer.response_rate_low) / (2 * Z90)
    if spread <= 0 or not np.isfinite(measured.standard_error):
        return Posterior(offer.response_rate, offer.response_rate_low, offer.response_rate_high, 0.0)
    weight = spread**2 / (spread**2 + measured.standard_error**2)
    rate = (1.0 - weight) * offer.response_rate + weight * measured.response_rate
    half = Z90 * spread * (1.0 - weight) ** 0.5
    low, high = (float(np.clip(end, -1.0, 1.0)) for end in (rate - half, rate + half))
    return Posterior(rate, low, high, weight)


def learned_offers(offers: Sequence[Offer], measurements: Mapping[str, Measurement]) -> tuple[Offer, ...]:
    """The offers with what was measured of them, in the same order; the others as they are.

    Only the response is learned. How much larger the orders are with an offer stays as ``offers.toml`` says:
    who buys with it are other people than who buys without it, so comparing their orders does not tell.
    """
    return tuple(_learned(offer, measurements.get(offer.id)) for offer in offers)


def _learned(offer: Offer, measured: Measurement | None) -> Offer:
    if measured is None:
        return offer
    found = posterior(offer, measured)
    return msgspec.structs.replace(
        offer,
        response_rate=found.rate,
        response_rate_low=found.low,
        response_rate_high=found.high,
        measured=offer.measured or found.weight >= MEASURED_WEIGHT,
    )
