"""Where each customer stands in the lifecycle: one stage per customer and day.

``LifecycleRule`` learns its bounds once; the stages of earlier days use the same frozen bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from regulars.errors import OptionError
from regulars.models.base import Scorer
from regulars.models.gaps import Array, GapBounds, learn_bounds
from regulars.models.stages import Limits, Lives, checked_lives, stages
from regulars.models.tables import aligned, to_arrow


class StageRule(Scorer):
    """What both rules share: the columns, ``predict``, ``bounds`` and ``explain``."""

    requires = (
        "purchase_day_count",
        "frequency",
        "recency_days",
        "days_since_last_purchase",
        "gap_last_days",
    )
    optional = ("signed_up", "seen")
    produces = ("stage",)

    def limits(self, lives: Lives) -> Limits:
        """The days that separate the stages for these customers."""
        raise NotImplementedError

    def _predict(self, columns: dict[str, Array]) -> dict[str, Any]:
        lives = checked_lives(columns)
        return {"stage": stages(lives, self.limits(lives))}

    def bounds(self, table: Any) -> Any:
        """Each customer's bounds, in whole days since the last purchase.

        Returns
        -------
        table
            One row per row in: ``customer_id``, ``risk_bound_days`` (silent for longer: at risk),
            ``churn_bound_days`` (silent for longer: churned).
        """
        lives, arrow, kind = self._lives(table)
        limits = self.limits(lives)
        return self._table(
            table, arrow, kind, lives, risk_bound_days=limits.risk_days, churn_bound_days=limits.churn_days
        )

    def explain(self, table: Any) -> Any:
        """Why each customer is in the stage: the silence, the bounds, and what they are made of.

        Returns
        -------
        table
            One row per row in: ``customer_id, stage, days_since_last_purchase, risk_bound_days,
            churn_bound_days, gap_last_days, return_bound_days`` (a latest gap longer than this makes
            reactivated) and the rule's own parts.
        """
        lives, arrow, kind = self._lives(table)
        limits = self.limits(lives)
        return self._table(
            table,
            arrow,
            kind,
            lives,
            stage=stages(lives, limits),
            days_since_last_purchase=lives.days_since_last_purchase,
            risk_bound_days=limits.risk_days,
            churn_bound_days=limits.churn_days,
            gap_last_days=lives.gap_last_days,
            return_bound_days=limits.return_days,
            **self._parts(lives),
        )

    def _parts(self, lives: Lives) -> dict[str, Array]:
        return {}

    def _lives(self, table: Any) -> tuple[Lives, pa.Table, str]:
        self.check_fitted()
        arrow, kind = to_arrow(table)
        return checked_lives(self.columns(arrow)), arrow, kind

    def _table(self, table: Any, arrow: pa.Table, kind: str, lives: Lives, **columns: Any) -> Any:
        out: dict[str, Any] = {self.key: arrow.column(self.key)} if self.key in arrow.column_names else {}
        for name, values in columns.items():
            if isinstance(values, pa.Array):
                out[name] = values
            else:  # one value for all, or one per customer; nan is null
                out[name] = pa.array(np.broadcast_to(values, len(lives.frequency)), from_pandas=True)
        return aligned(pa.table(out), kind, table)


class LifecycleRule(StageRule):
    """Stages by each customer's own rhythm, shrunk to the shop's.

    A customer's expected gap is the own mean gap shrunk to the shop's mean gap: ``(recency_days + k *
    shop gap) / (frequency + k)``. Silent for longer than the gap that ``risk_quantile`` of the returning
    customers kept within, in units of their expected gap, is at risk; longer than that of
    ``churn_quantile`` is churned. A latest gap that passed the churn bound in force while it was open
    makes reactivated, until the next purchase. One purchase day inside one cycle (the median customer's
    mean gap) is new.

    Parameters
    ----------
    risk_quantile
        Of 100 gaps that ended in a purchase, 80 were shorter than the risk bound.
    churn_quantile
        Of 100 gaps that ended in a purchase, 95 were shorter than the churn bound.
    prior_gaps
        ``k``: how many gaps the shop's mean counts for; None learns it by maximum likelihood.
    loyal_purchase_days
        Purchase days from which a customer is loyal; None learns the smallest number of at least 3
        that at most a third of the buyers reach.
    default_gap_days
        The shop's mean gap while no customer has bought twice; the bounds are then those of buying at
        random with that gap (risk 97 days, churn 180 days).

    Attributes
    ----------
    shop_gap_days_, prior_gaps_, cycle_days_, risk_multiple_, churn_multiple_, loyal_purchase_days_
        Learned, and frozen: history at an earlier day uses the same.

    Notes
    -----
    ``fit`` takes one row per customer as of one day with the columns ``requires`` (days and counts as in
    ``schema.LIFECYCLE_FEATURES``); ``predict`` takes the same for any day, and ``signed_up`` and ``seen``
    where they are known. It gives ``stage``, one of ``schema.STAGES``; null for a row that was not seen.
    A missing column or a negative number is a ``ColumnError``; quantiles out of order an ``OptionError``.

    The quantiles are of gaps that ended; silences still open are not in them, so of all gaps begun more than
    5 % outlast the churn bound. Churned means unusually long silence, not certainty of leaving:
    ``churn_probability`` says how likely a return is. Correcting the quantiles for open or cut-off gaps
    (product-limit estimates) was tried on Online Retail and CDNOW: it left almost nobody churned.

    On Online Retail (two years, as of 2011-09-09) buyers inside the risk bound come back within 90 days in
    59 % of cases, at risk in 31 %, churned in 17 %. From one year of it the bounds are shorter and tell less:
    67 %, 44 % and 36 % on the same day.

    Examples
    --------
    >>> table = pa.table({
    ...     "customer_id": ["ann", "ben", "cy"], "purchase_day_count": [6, 1, 3], "frequency": [5, 0, 2],
    ...     "recency_days": [50, 0, 120], "days_since_last_purchase": [4, 3, 300], "gap_last_days": [9, None, 60]})
    >>> rule = LifecycleRule().fit(table)
    >>> rule.predict(table)["stage"].to_pylist()
    ['loyal', 'new', 'churned']
    >>> rule.bounds(table)["risk_bound_days"].to_pylist()
    [26, 56, 77]
    """

    learned = (
        "shop_gap_days_",
        "prior_gaps_",
        "cycle_days_",
        "risk_multiple_",
        "churn_multiple_",
        "loyal_purchase_days_",
    )

    def __init__(
        self,
        *,
        risk_quantile: float = 0.8,
        churn_quantile: float = 0.95,
        prior_gaps: float | None = None,
        loyal_purchase_days: int | None = None,
        default_gap_days: float = 60.0,
    ) -> None:
        self.risk_quantile = risk_quantile
        self.churn_quantile = churn_quantile
        self.prior_gaps = prior_gaps
        self.loyal_purchase_days = loyal_purchase_days
        self.default_gap_days = default_gap_days

    def _fit(self, columns: dict[str, Array]) -> None:
        lives = checked_lives(columns)
        learned = learn_bounds(
            lives.frequency,
            lives.recency_days,
            lives.gap_last_days,
            risk_quantile=self.risk_quantile,
            churn_quantile=self.churn_quantile,
            prior_gaps=self.prior_gaps,
            default_gap_days=self.default_gap_days,
        )
        self.shop_gap_days_ = learned.shop_gap_days
        self.prior_gaps_ = learned.prior_gaps
        self.cycle_days_ = learned.cycle_days
        self.risk_multiple_ = learned.risk_multiple
        self.churn_multiple_ = learned.churn_multiple
        self.loyal_purchase_days_ = self.loyal_purchase_days or _upper_third(lives.purchase_day_count)

    @property
    def gaps(self) -> GapBounds:
        """The learned bounds as one value."""
        return GapBounds(
            self.shop_gap_days_, self.prior_gaps_, self.cycle_days_, self.risk_multiple_, self.churn_multiple_
        )

    def limits(self, lives: Lives) -> Limits:
        gaps = self.gaps
        risk, churn = gaps.bounds(gaps.expected_gap(lives.frequency, lives.recency_days))
        # The bound in force while the latest gap was open: a long gap must not excuse itself.
        _, before = gaps.bounds(gaps.expected_gap(*_before_last_gap(lives)))
        return Limits(risk, churn, before, self.cycle_days_, self.loyal_purchase_days_)

    def _parts(self, lives: Lives) -> dict[str, Array]:
        weight = lives.frequency + self.prior_gaps_
        return {
            "expected_gap_days": self.gaps.expected_gap(lives.frequency, lives.recency_days),
            "expected_gap_own_days": lives.recency_days / weight,
            "expected_gap_shop_days": self.prior_gaps_ * self.shop_gap_days_ / weight,
        }


def _before_last_gap(lives: Lives) -> tuple[Array, Array]:
    last = np.nan_to_num(lives.gap_last_days)
    return np.maximum(lives.frequency - 1, 0), np.maximum(lives.recency_days - last, 0)


def _upper_third(purchase_day_count: Array) -> int:
    """The smallest number of purchase days, at least 3, that at most a third of the buyers reach."""
    buyers = np.sort(purchase_day_count[purchase_day_count > 0])
    if not len(buyers):
        return 3
    return max(3, int(buyers[-(len(buyers) // 3) - 1]) + 1)


class FixedDaysRule(StageRule):
    """Stages by the same fixed days for everybody: easy to say, blind to each customer's rhythm.

    Parameters
    ----------
    new_days
        A first purchase is new for this long.
    at_risk_days, churned_days
        Silent for longer than this is at risk, churned. A latest gap longer than ``churned_days`` makes
        reactivated.
    loyal_purchase_days
        Purchase days from which a customer is loyal.

    Notes
    -----
    Columns in and out are those of ``LifecycleRule``; ``fit`` learns nothing.

    Examples
    --------
    >>> table = pa.table({
    ...     "purchase_day_count": [6, 1], "frequency": [5, 0], "recency_days": [50, 0],
    ...     "days_since_last_purchase": [100, 3], "gap_last_days": [9, None]})
    >>> FixedDaysRule(at_risk_days=60).predict(table)["stage"].to_pylist()
    ['at_risk', 'new']
    """

    def __init__(
        self,
        *,
        new_days: int = 30,
        at_risk_days: int = 90,
        churned_days: int = 180,
        loyal_purchase_days: int = 3,
    ) -> None:
        self.new_days = new_days
        self.at_risk_days = at_risk_days
        self.churned_days = churned_days
        self.loyal_purchase_days = loyal_purchase_days

    def _fit(self, columns: dict[str, Array]) -> None:
        self.limits(checked_lives(columns))

    def limits(self, lives: Lives) -> Limits:
        if not 0 < self.at_risk_days < self.churned_days:
            raise OptionError(
                f"at_risk_days is {self.at_risk_days} and churned_days is {self.churned_days}",
                allowed="0 < at_risk_days < churned_days",
            )
        return Limits(
            self.at_risk_days, self.churned_days, self.churned_days, self.new_days, self.loyal_purchase_days
        )
