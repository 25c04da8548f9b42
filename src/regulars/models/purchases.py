"""How often each customer will buy again: the NBD and BG/NBD models of repeat purchases.

A customer buys at random at a rate of their own; rates are gamma distributed over customers (shape ``r``,
scale ``alpha``). In the BG/NBD model each purchase may be the last, with a probability of the customer's
own that is beta distributed (``a``, ``b``); in the NBD model customers never leave.

Sources: Ehrenberg (1959) for the NBD; Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way",
Marketing Science 24(2), for the BG/NBD (FHL below).
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from regulars.models.cells import PurchaseCells, purchase_cells
from regulars.models.likelihood import maximise
from regulars.models.purchase_likelihood import beta_geo_likelihood, nbd_likelihood
from regulars.models.purchase_model import PurchaseModel

Array = np.ndarray[Any, Any]

SHAPE_LOW, SHAPE_HIGH = 1e-5, 1e5
SCALE_LOW, SCALE_HIGH = 1e-8, 1e12
DROPOUT_LIMIT = 1e-3
CONDITION_LIMIT = 1e10
LEAST_GAIN = 2.0
"""Two more parameters must raise the log-likelihood by more than this (Akaike)."""
ALIKE_SHAPE = 1000.0
"""From this ``r`` on rates vary by less than 3 % over customers."""
PRIOR_PURCHASES = 0.5
LEAST_PRIOR_DAYS = 365.0


class NBD(PurchaseModel):
    """Repeat purchases of customers who differ in how often they buy and never leave.

    Parameters
    ----------
    horizon_days
        The time ahead for which ``predict`` counts purchases.

    Notes
    -----
    ``fit`` takes ``frequency`` (repeat purchase days), ``recency_days`` (last - first purchase day),
    ``T_days`` (``as_of`` - first purchase day), one row per customer, or with ``customer_count`` one row per
    group of equal customers. It learns ``r_``, ``alpha_`` (days), ``log_likelihood_`` (times in days; see
    ``log_likelihood_in``), ``standard_errors_``, ``n_customers_``, ``repeat_purchase_count_`` and ``note_``.

    Where nobody has bought twice the likelihood has no maximum: the shop's rate is then estimated with half a
    purchase of prior mass (``r_`` = 0.5, ``alpha_`` = all customers' days, at least 365), and ``note_`` says so.

    Raises
    ------
    ColumnError
        A column is missing or holds values that cannot be; customers without a purchase are to be filtered
        out (``purchase_count > 0``).

    Examples
    --------
    >>> shop = {"frequency": [0, 1, 2, 6], "recency_days": [0, 30, 80, 300], "T_days": [300, 300, 300, 310]}
    >>> model = NBD(horizon_days=90).fit(shop)
    >>> model.expected_purchases(shop).round(2).tolist()
    [0.27, 0.45, 0.63, 1.32]
    """

    learned: ClassVar[tuple[str, ...]] = (
        "r_", "alpha_", "log_likelihood_", "n_customers_", "repeat_purchase_count_", "standard_errors_", "note_",
    )  # fmt: skip

    def _fit(self, columns: dict[str, Array]) -> None:
        cells = purchase_cells(columns)
        self._learn(cells)
        if self.repeat_purchase_count_ == 0:
            self._fit_without_repeats(cells)
            return
        scale = _mean_age(cells)
        start, low, high = _rate_range(self.repeat_purchase_count_ / self.n_customers_)
        best = maximise(nbd_likelihood(cells, scale), start, low, high, self.n_customers_)
        self._keep(best, scale)
        alike = "; customers do not differ in rate beyond chance" if self.r_ > ALIKE_SHAPE else ""
        self.note_ = f"NBD: nobody is assumed to leave{alike}"

    def _fit_without_repeats(self, cells: PurchaseCells) -> None:
        """The gamma distribution of the shop's one rate after half a purchase in all days seen."""
        self.r_ = PRIOR_PURCHASES
        self.alpha_ = max(float(np.sum(cells.customer_count * cells.T_days)), LEAST_PRIOR_DAYS)
        age = np.log1p(cells.T_days / self.alpha_)
        self.log_likelihood_ = 0.0 - float(self.r_ * np.sum(cells.customer_count * age))
        self.standard_errors_ = {"r": np.nan, "alpha": np.nan}
        self.note_ = "NBD: nobody bought twice; the rate is half a purchase in all days seen, not a fit"


class BetaGeoNBD(PurchaseModel):
    """Repeat purchases of customers who differ in how often they buy and how soon they leave (BG/NBD).

    Parameters
    ----------
    horizon_days
        The time ahead for which ``predict`` counts purchases.

    Notes
    -----
    ``fit`` takes ``frequency`` (repeat purchase days), ``recency_days`` (last - first purchase day),
    ``T_days`` (``as_of`` - first purchase day), one row per customer, or with ``customer_count`` one row per
    group of equal customers. It learns ``r_``, ``alpha_`` (days), ``a_``, ``b_``, ``log_likelihood_`` (times
    in days; papers print ``log_likelihood_in(7)``), ``standard_errors_`` (observed information),
    ``n_customers_``, ``repeat_purchase_count_``, ``dropout_found_`` and ``note_``.

    ``dropout_found_`` is False where the data do not show customers leaving: the mean drop-out a/(a+b) is
    under 0.001, the curvature of the likelihood has no digits left (condition above 1e10), the log-likelihood
    is less than 2 above the NBD's (Akaike's price of two parameters), or fewer than two customers bought twice
    (then ``r_`` and ``alpha_`` are the NBD's and ``a_`` is 0). ``fit_purchase_model`` uses the NBD then. No
    penalty is added anywhere: it would hide this.

    ``predict`` gives ``expected_purchases``, ``probability_alive`` and ``churn_probability`` (no purchase) for
    ``horizon_days``.

    Raises
    ------
    ColumnError
        A column is missing or holds values that cannot be; customers without a purchase are to be filtered
        out (``purchase_count > 0``).

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284, eq. 6 (likelihood), 8 (distribution),
    9 and 10 (expectations).

    Examples
    --------
    >>> shop = {
    ...     "frequency": [0, 1, 1, 3, 4, 6],
    ...     "recency_days": [0, 20, 200, 60, 250, 290],
    ...     "T_days": [300, 300, 280, 300, 310, 300],
    ...     "customer_count": [50, 20, 10, 8, 6, 6],
    ... }
    >>> model = BetaGeoNBD(horizon_days=90).fit(shop)
    >>> model.note_
    'BG/NBD: 46.2% leave after a purchase on average'
    >>> model.expected_purchases(shop).round(2).tolist()
    [0.07, 0.03, 0.16, 0.05, 0.82, 1.48]
    """

    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    learned: ClassVar[tuple[str, ...]] = (
        "r_", "alpha_", "a_", "b_", "log_likelihood_", "n_customers_", "repeat_purchase_count_",
        "standard_errors_", "dropout_found_", "note_",
    )  # fmt: skip

    a_: float
    b_: float
    dropout_found_: bool

    def _dropout(self) -> tuple[float, float]:
        return self.a_, self.b_

    def _fit(self, columns: dict[str, Array]) -> None:
        cells = purchase_cells(columns)
        self._learn(cells)
        if np.sum(cells.customer_count[cells.frequency > 0]) < 2:
            self._fit_without_dropout(columns)
            return
        scale = _mean_age(cells)
        start, low, high = _rate_range(self.repeat_purchase_count_ / self.n_customers_)
        start = np.concatenate([start, [1.0, 3.0]])
        low, high = np.append(low, [SHAPE_LOW] * 2), np.append(high, [SHAPE_HIGH] * 2)
        best = maximise(beta_geo_likelihood(cells, scale), start, low, high, self.n_customers_)
        self._keep(best, scale)
        plain = maximise(nbd_likelihood(cells, scale), start[:2], low[:2], high[:2], self.n_customers_)
        self._judge_dropout(best.condition, gain=(best.mean - plain.mean) * self.n_customers_)

    def _judge_dropout(self, condition: float, gain: float) -> None:
        leaving = self.a_ / (self.a_ + self.b_)
        doubts = {
            f"{leaving:.2%} leave after a purchase": leaving < DROPOUT_LIMIT,
            "the likelihood is flat": condition > CONDITION_LIMIT,
            "it explains the purchases no better than a model without": gain <= LEAST_GAIN,
        }
        reasons = [words for words, holds in doubts.items() if holds]
        self.dropout_found_ = not reasons
        self.note_ = f"BG/NBD: {leaving:.1%} leave after a purchase on average"
        if reasons:
            self.note_ = f"BG/NBD: no drop-out found: {', '.join(reasons)}"

    def _fit_without_dropout(self, columns: dict[str, Array]) -> None:
        plain = NBD()
        plain._fit(columns)
        self.r_, self.alpha_, self.log_likelihood_ = plain.r_, plain.alpha_, plain.log_likelihood_
        self.a_, self.b_, self.dropout_found_ = 0.0, 1.0, False
        self.standard_errors_ = {**plain.standard_errors_, "a": np.nan, "b": np.nan}
        self.note_ = f"BG/NBD: no drop-out found: fewer than two customers bought twice ({plain.note_})"


def fit_purchase_model(table: Any, horizon_days: float = 90) -> BetaGeoNBD | NBD:
    """The purchase model that the data can carry: BG/NBD, or NBD where no drop-out is found.

    Parameters
    ----------
    table
        ``frequency, recency_days, T_days`` and optionally ``customer_count``, as ``BetaGeoNBD.fit`` takes them.
    horizon_days
        The time ahead for which ``predict`` counts purchases.

    Returns
    -------
    A fitted model; its ``note_`` says in words which one it is and why.

    Examples
    --------
    >>> fit_purchase_model({"frequency": [0, 0], "recency_days": [0, 0], "T_days": [50, 30]}).note_
    'NBD, because no drop-out was found: nobody bought twice; the rate is half a purchase in all days seen, not a fit'
    """
    model = BetaGeoNBD(horizon_days=horizon_days).fit(table)
    if model.dropout_found_:
        return model
    plain = NBD(horizon_days=horizon_days).fit(table)
    plain.note_ = plain.note_.replace("NBD: ", "NBD, because no drop-out was found: ", 1)
    return plain


def _mean_age(cells: PurchaseCells) -> float:
    """Mean T in days: the unit of time of a fit, so that days, weeks and hours give the same fit."""
    mean = float(np.sum(cells.customer_count * cells.T_days) / np.sum(cells.customer_count))
    return mean if mean > 0 else 1.0


def _rate_range(purchases: float) -> tuple[Array, Array, Array]:
    """Start and bounds of r and alpha for so many repeats per customer in one unit of time."""
    start = np.array([0.5, np.clip(0.5 / purchases, SCALE_LOW, SCALE_HIGH)])
    return start, np.array([SHAPE_LOW, SCALE_LOW]), np.array([SHAPE_HIGH, SCALE_HIGH])
