"""What a customer's next purchase is worth: the gamma-gamma model of spend.

A purchase's value is gamma distributed around the customer's own mean (shape ``p``), and these means are
spread over customers (``q``, ``gamma``), independent of how often they buy.

Source: Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value" (FH below); Fader, Hardie and Lee
(2005), "RFM and CLV", Journal of Marketing Research 42.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np

from regulars.models.base import Scorer
from regulars.models.cells import whole_frequency
from regulars.models.likelihood import MeanLikelihood, maximise
from regulars.models.tables import require_numbers

Array = np.ndarray[Any, Any]

LOW, HIGH = np.array([1e-4, 1e-4, 1e-10]), np.array([1e5, 1e5, 1e10])  # p, q, gamma / mean value
ASSUMED_SHAPES = (6.0, 4.0)
"""p and q where a shop has too few repeat buyers: near those of the music shop in FH (6.25, 3.74)."""
FEWEST_VALUES = 3
CHANCE = 3.0
"""A correlation below this many standard errors (of 1 / √customers) may be chance."""
ALIKE_SHAPE = 1000.0
"""From this ``q`` on customers' mean values vary by less than about 3 %."""


class SpendFrequencyCorrelation(UserWarning):
    """Spend per purchase moves with frequency, which the gamma-gamma model assumes it does not."""


class GammaGamma(Scorer):
    """The expected value of each customer's next purchase day.

    Parameters
    ----------
    count_column, value_column
        The columns of x and of m: how many purchase days a customer's mean value is of, and that mean. The
        paper's are the repeat days, ``frequency`` and ``monetary_value``; with ``purchase_day_count`` and
        ``mean_day_value`` the first day says something too, and one-time buyers get values of their own.
    correlation_limit
        ``fit`` warns with ``SpendFrequencyCorrelation`` where count and value correlate more
        strongly than this (either sign) and by more than chance.

    Notes
    -----
    ``fit`` takes the two columns (the value in currency units), one row per customer (or per group, with
    ``customer_count``). Rows with a count of 0 say nothing; customers whose value is 0 or less (all refunded)
    cannot be gamma distributed: they are left out of the fit and counted in ``ignored_count_``. It learns ``p_``, ``q_``, ``gamma_`` (currency units),
    ``log_likelihood_``, ``n_customers_`` (that were used), ``correlation_``, ``standard_errors_``, and:

    ``fallback_``: fewer than three different values were there, so p and q are assumed (6 and 4) and the mean
    over customers is the pooled mean: of the customers' values, else of the optional column
    ``mean_order_value``, else 0.

    ``mean_is_tied_``: the fit wanted q <= 1, where the mean over customers is infinite; p and q were fitted
    again with that mean tied to the pooled mean.

    ``note_`` says all this in words.

    ``predict`` gives ``expected_order_value`` for every row; with a count of 0 it is the mean over customers.

    Raises
    ------
    ColumnError
        A column is missing, a count is no whole number, or a customer with a count has no value.

    Examples
    --------
    >>> shop = {
    ...     "frequency": [0, 1, 1, 2, 4, 5, 6, 8],
    ...     "monetary_value": [0.0, 60.0, 9.0, 42.0, 35.0, 12.0, 80.0, 25.0],
    ... }
    >>> model = GammaGamma().fit(shop)
    >>> model.predict(shop).column("expected_order_value").to_numpy().round(2).tolist()
    [39.14, 47.6, 26.92, 40.79, 36.11, 18.15, 71.97, 27.19]
    """

    requires: ClassVar[tuple[str, ...]] = ("frequency", "monetary_value")
    optional: ClassVar[tuple[str, ...]] = ("customer_count", "mean_order_value")
    produces: ClassVar[tuple[str, ...]] = ("expected_order_value",)
    learned: ClassVar[tuple[str, ...]] = (
        "p_", "q_", "gamma_", "log_likelihood_", "n_customers_", "ignored_count_", "correlation_",
        "standard_errors_", "fallback_", "mean_is_tied_", "note_",
    )  # fmt: skip

    p_: float
    q_: float
    gamma_: float
    log_likelihood_: float
    n_customers_: float
    ignored_count_: float
    correlation_: float
    standard_errors_: dict[str, float]
    fallback_: bool
    mean_is_tied_: bool
    note_: str

    def __init__(
        self,
        *,
        count_column: str = "frequency",
        value_column: str = "monetary_value",
        correlation_limit: float = 0.4,
    ) -> None:
        self.count_column = count_column
        self.value_column = value_column
        self.correlation_limit = correlation_limit

    def needed(self) -> tuple[str, ...]:
        return (self.count_column, self.value_column)

    def population_mean(self) -> float:
        """The mean over customers of their mean value of a purchase day: p·γ / (q - 1), FH section 2."""
        self.check_fitted()
        return self.p_ * self.gamma_ / (self.q_ - 1)

    def counts(self, columns: dict[str, Array]) -> Array:
        """x per row: the purchase days that the customer's mean value is of."""
        return whole_frequency(columns[self.count_column], self.count_column)

    def order_scale(self, columns: dict[str, Array]) -> Array:
        """γ + x·m per row: the scale of what the data say about a customer's mean (FH eq. 2)."""
        x = self.counts(columns)
        m = _values(x, columns[self.value_column], self.value_column)
        # A customer who got everything back counts as having spent 0.
        return np.asarray(self.gamma_ + x * np.maximum(m, 0.0))

    def _predict(self, columns: dict[str, Array]) -> dict[str, Any]:
        x = self.counts(columns)
        # FH eq. 5.
        return {"expected_order_value": self.p_ * self.order_scale(columns) / (self.p_ * x + self.q_ - 1)}

    def _fit(self, columns: dict[str, Array]) -> None:
        days = self.counts(columns)
        value = _values(days, columns[self.value_column], self.value_column)
        count = np.asarray(columns.get("customer_count", np.ones(len(days))), dtype=np.float64)
        telling = (days > 0) & (count > 0)
        used = telling & (value > 0)
        x, m, w = days[used], value[used], count[used]
        order = np.lexsort((w, m, x))  # so that sums do not depend on the order of rows
        x, m, w = x[order], m[order], w[order]
        self.n_customers_ = float(np.sum(w))
        self.ignored_count_ = float(np.sum(count[telling & ~used]))
        self.fallback_ = len(np.unique(m)) < FEWEST_VALUES
        self.mean_is_tied_ = False
        self.correlation_ = _correlation(x, m, w)
        if self.fallback_:
            self._assume(_pooled_mean(m, w, columns))
            return
        self._learn(x, m, w)
        self._warn_of_correlation()

    def _learn(self, x: Array, m: Array, w: Array) -> None:
        scale = float(np.sum(w * m) / np.sum(w))
        likelihood = gamma_gamma_likelihood(x, m / scale, w)
        best = maximise(likelihood, np.array([5.0, 4.0, 0.6]), LOW, HIGH, self.n_customers_)
        p, q, gamma = best.parameters
        errors = best.standard_errors * np.array([1.0, 1.0, scale])
        alike = "; customers do not differ in spend beyond chance" if q > ALIKE_SHAPE else ""
        self.note_ = f"gamma-gamma{alike}"
        if q <= 1:
            best = maximise(_tied(likelihood), np.array([5.0, 1.0]), LOW[:2], HIGH[:2], self.n_customers_)
            p, over = best.parameters
            q, gamma = 1 + over, over / p
            errors = np.append(best.standard_errors, np.nan)
            self.mean_is_tied_ = True
            self.note_ = (
                "gamma-gamma with its mean tied to the pooled mean: the free fit's mean is infinite (q <= 1)"
            )
        self.p_, self.q_, self.gamma_ = float(p), float(q), float(gamma * scale)
        self.log_likelihood_ = float((best.mean - np.log(scale)) * self.n_customers_)
        self.standard_errors_ = dict(zip(("p", "q", "gamma"), errors.tolist(), strict=True))

    def _assume(self, mean: float) -> None:
        self.p_, self.q_ = ASSUMED_SHAPES
        self.gamma_ = mean * (self.q_ - 1) / self.p_
        self.log_likelihood_ = float("nan")
        self.standard_errors_ = {"p": float("nan"), "q": float("nan"), "gamma": float("nan")}
        seen = "the pooled mean is used" if mean > 0 else "no spend was seen, so it is 0"
        self.note_ = f"gamma-gamma not fitted: fewer than {FEWEST_VALUES} different values; {seen}"

    def _warn_of_correlation(self) -> None:
        strong = abs(self.correlation_) > self.correlation_limit
        if strong and abs(self.correlation_) * np.sqrt(self.n_customers_) > CHANCE:
            warnings.warn(
                f"{self.count_column} and {self.value_column} correlate at {self.correlation_:.2f}; the gamma-gamma model takes"
                " them as independent, so values of frequent buyers are off. Fit groups of customers apart, or"
                " raise correlation_limit if you accept it.",
                SpendFrequencyCorrelation,
                stacklevel=4,
            )


def _values(days: Array, values: Any, name: str) -> Array:
    """Mean values; a customer whose count of days is 0 may have none."""
    value = require_numbers(values, name, allow_nan=True).copy()
    value[(days == 0) & np.isnan(value)] = 0.0
    return require_numbers(value, name)


def _pooled_mean(m: Array, w: Array, columns: dict[str, Array]) -> float:
    """The mean over the customers used, else over everybody's ``mean_order_value``, else 0."""
    if len(m):
        return float(np.sum(w * m) / np.sum(w))
    order = np.asarray(columns.get("mean_order_value", np.zeros(0)), dtype=np.float64)
    order = np.sort(order[order > 0])
    return float(np.mean(order)) if len(order) else 0.0


def _correlation(x: Array, m: Array, w: Array) -> float:
    """Pearson's correlation of count and value; 0 where either does not vary."""
    if len(x) < 2:
        return 0.0
    share = w / np.sum(w)
    dx, dm = x - np.sum(share * x), m - np.sum(share * m)
    spread = float(np.sqrt(np.sum(share * dx**2) * np.sum(share * dm**2)))
    return float(np.sum(share * dx * dm)) / spread if spread > 0 else 0.0


def gamma_gamma_likelihood(x: Array, m: Array, count: Array) -> MeanLikelihood:
    """FH eq. 1a, the mean over customers, who come sorted by ``x``.

    ln Γ(px+q) - ln Γ(px) - ln Γ(q) + q ln γ + (px-1) ln m + px ln x - (px+q) ln(γ+xm), where the last
    terms join to q ln(γ/xm) - ln m - (px+q) ln(1 + γ/xm).
    """
    from scipy.special import gammaln, psi

    weight = count / np.sum(count)
    one_over_total = 1 / (x * m)
    distinct, first = np.unique(x, return_index=True)
    x_weight = np.add.reduceat(weight, first)
    mean_log_total = -np.sum(weight * np.log(one_over_total))
    mean_log_m = mean_log_total - np.sum(x_weight * np.log(distinct))

    def likelihood(log_parameters: Array) -> tuple[float, Array]:
        p, q, gamma = np.exp(log_parameters)
        px, px_q = p * distinct, p * distinct + q
        ratio = gamma * one_over_total
        excess = np.add.reduceat(weight * np.log1p(ratio), first)  # per frequency, as everything below
        shrinkage = np.add.reduceat(weight * ratio / (1 + ratio), first)
        mean = np.sum(x_weight * (gammaln(px_q) - gammaln(px)) - px_q * excess) - gammaln(q) - mean_log_m
        mean += q * (log_parameters[2] - mean_log_total)
        slope = psi(px_q)
        by_p = np.sum(distinct * (x_weight * (slope - psi(px)) - excess))
        by_q = np.sum(x_weight * slope - excess) - psi(q) + log_parameters[2] - mean_log_total
        by_log_gamma = q - np.sum(px_q * shrinkage)
        return float(mean), np.array([p * by_p, q * by_q, by_log_gamma])

    return likelihood


def _tied(likelihood: MeanLikelihood) -> MeanLikelihood:
    """The likelihood in (p, q - 1) with γ = (q - 1) / p, so that the mean over customers is 1 (the pooled mean)."""

    def tied(log_parameters: Array) -> tuple[float, Array]:
        log_p, log_over = log_parameters
        over = np.exp(log_over)
        mean, gradient = likelihood(np.array([log_p, np.log1p(over), log_over - log_p]))
        by_over = gradient[1] * over / (1 + over) + gradient[2]
        return mean, np.array([gradient[0] - gradient[2], by_over])

    return tied
