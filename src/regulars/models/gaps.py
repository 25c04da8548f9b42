"""How long a customer's silence may be before it means something, learned from the gaps between purchases.

A customer who buys every week and one who buys every winter are not late after the same number of days.
So each is measured in units of the own expected gap, which is shrunk to the shop's when the customer has
few gaps, and the shop's customers together say how many such units are unusual.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.errors import OptionError

Array = np.ndarray[Any, Any]

# Quantiles of few gaps are noise: they are averaged with those of random (exponential) buying as if this
# many customers of that kind had been seen. At 2,000 repeat customers it is one part in a hundred.
RANDOM_BUYERS = 20
TYPICAL_PRIOR_GAPS = 2.0


@dataclass(frozen=True)
class GapBounds:
    """The learned part: what one gap is in this shop, and how many gaps of silence are unusual."""

    shop_gap_days: float
    prior_gaps: float
    cycle_days: float
    risk_multiple: float
    churn_multiple: float

    def expected_gap(self, gap_count: Array, gap_sum_days: Array) -> Array:
        """Days to the next purchase of a customer who comes back: own mean gap shrunk to the shop's.

        The posterior mean of an exponential gap under an inverse-gamma prior of shape ``prior_gaps + 1``
        and mean ``shop_gap_days``: the prior counts as ``prior_gaps`` gaps of the shop's length.
        """
        mean: Array = (gap_sum_days + self.prior_gaps * self.shop_gap_days) / (gap_count + self.prior_gaps)
        return mean

    def bounds(self, expected_gap_days: Array) -> tuple[Array, Array]:
        """Whole days of silence up to which a customer is fine, and up to which not yet gone."""
        risk = np.maximum(_whole_days(expected_gap_days * self.risk_multiple), 1)
        churn = np.maximum(_whole_days(expected_gap_days * self.churn_multiple), risk + 1)
        return risk, churn


def learn_bounds(
    frequency: Array,
    recency_days: Array,
    gap_last_days: Array,
    *,
    risk_quantile: float,
    churn_quantile: float,
    prior_gaps: float | None,
    default_gap_days: float,
) -> GapBounds:
    """Learn ``GapBounds`` from one row per customer as of one day.

    Each customer's latest completed gap is divided by what the gaps before it let expect, so the
    quantiles are of gaps that the expectation had not seen. Without any repeat customer the shop's gap
    is ``default_gap_days`` and the quantiles are those of random buying.
    """
    check_quantiles(risk_quantile, churn_quantile)
    repeat = (frequency > 0) & (gap_last_days > 0)
    # One order of summation, whatever the order of the rows.
    order = np.lexsort((gap_last_days[repeat], recency_days[repeat], frequency[repeat]))
    count, total, last = (values[repeat][order] for values in (frequency, recency_days, gap_last_days))
    means = total / count
    shop_gap = float(means.mean()) if len(means) else float(default_gap_days)
    learned = GapBounds(
        shop_gap_days=round(shop_gap, 4),
        prior_gaps=round(_prior_gaps(count, total, shop_gap) if prior_gaps is None else float(prior_gaps), 2),
        cycle_days=round(max(float(np.median(means)) if len(means) else shop_gap, 1.0), 4),
        risk_multiple=1.0,
        churn_multiple=1.0,
    )
    unit = last / learned.expected_gap(count - 1, total - last)
    return GapBounds(
        learned.shop_gap_days,
        learned.prior_gaps,
        learned.cycle_days,
        _multiple(unit, risk_quantile),
        _multiple(unit, churn_quantile),
    )


def check_quantiles(risk_quantile: float, churn_quantile: float) -> None:
    """Raise ``OptionError`` unless 0 < risk < churn < 1."""
    if not 0 < risk_quantile < churn_quantile < 1:
        raise OptionError(
            f"risk_quantile is {risk_quantile} and churn_quantile is {churn_quantile}",
            allowed="0 < risk_quantile < churn_quantile < 1, for example 0.8 and 0.95",
        )


def _whole_days(days: Array) -> Array:
    # The last bits of a product differ between machines; a day must not.
    return np.ceil(days - 1e-6).astype(np.int64)


def _multiple(unit: Array, quantile: float) -> float:
    """The quantile of gaps in units of the expected gap, steadied by ``RANDOM_BUYERS``."""
    random = -math.log(1.0 - quantile)
    seen = float(np.quantile(unit, quantile, method="inverted_cdf")) if len(unit) else random
    return round((len(unit) * seen + RANDOM_BUYERS * random) / (len(unit) + RANDOM_BUYERS), 4)


def _prior_gaps(count: Array, total: Array, shop_gap: float) -> float:
    """How many gaps the shop's mean counts for: maximum likelihood, with a weak prior around 2.

    The sum of x exponential gaps with an inverse-gamma mean has the density (Hardie and Fader's
    gamma-gamma model, equation 1a, with p = 1 and q = k + 1):
    Gamma(x + q) / (Gamma(x) Gamma(q)) * s^(x-1) * (k m)^q / (s + k m)^(x+q).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    def loss(log_k: float) -> float:
        k = math.exp(log_k)
        scale, q = k * shop_gap, k + 1.0
        terms = gammaln(count + q) - gammaln(q) + q * math.log(scale) - (count + q) * np.log(total + scale)
        return float(-terms.sum() + 0.5 * (log_k - math.log(TYPICAL_PRIOR_GAPS)) ** 2)

    best = minimize_scalar(loss, bounds=(math.log(0.1), math.log(100.0)), method="bounded")
    return math.exp(float(best.x))
