"""The three groups that every shop asks for: who is worth most, who buys often for little, who is leaving."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from regulars.errors import ColumnError, OptionError
from regulars.models.base import Scorer
from regulars.models.gaps import Array, GapBounds, learn_bounds
from regulars.models.tables import require_columns, require_numbers, to_arrow
from regulars.schema import VALUE_GROUPS

# What each group calls for, as levers of schema.LEVERS; the sentences are the show room's.
STRATEGIES = {
    "high_value": "reward",
    "frequent_low_spend": "grow",
    "high_risk": "win_back",
    "other": "engage",
}

_DESCRIPTION: dict[str, pa.DataType] = {
    "value_group": pa.string(),
    "customer_count": pa.int64(),
    "customer_share": pa.float64(),
    "net_value": pa.float64(),
    "net_value_share": pa.float64(),
    "mean_purchase_count": pa.float64(),
    "mean_order_value": pa.float64(),
    "strategy": pa.string(),
}


class ValueGroups(Scorer):
    """Each customer in one of four groups: high_value, frequent_low_spend, high_risk or other.

    Precedence: high_risk first, because a customer who is leaving is first of all to be kept, then
    high_value and frequent_low_spend, which cannot overlap. ``fit`` learns the thresholds and freezes
    them.

    * high_risk: silent for longer than the risk bound of the customer's own rhythm (the bound that
      ``LifecycleRule`` calls at_risk, so the two agree on the same table), or, with
      ``risk_probability``, with at least that ``churn_probability``;
    * frequent: among the top ``frequent_share`` of buyers by orders, and at least two orders;
    * high_value: frequent, and the mean order above the buyers' quantile ``order_value_quantile``;
    * frequent_low_spend: frequent, and the mean order at or below it.

    Parameters
    ----------
    frequent_share
        Share of buyers that may count as frequent; ties at the threshold are left out.
    order_value_quantile
        The mean order value above which orders are expensive.
    risk_quantile, churn_quantile, prior_gaps, default_gap_days
        As in ``LifecycleRule``.
    risk_probability
        None: risk is silence. A number: risk is ``churn_probability`` of at least this.

    Notes
    -----
    Columns: ``purchase_count`` (orders), ``mean_order_value`` (money), ``days_since_last_purchase``,
    ``frequency, recency_days, gap_last_days`` (as in ``schema.CUSTOMER_FEATURES``; the last null without a
    repeat), and ``churn_probability`` where ``risk_probability`` is set. One row per customer who has
    bought; another row is a ``ColumnError``. ``predict`` gives ``value_group``.

    Examples
    --------
    >>> table = pa.table({
    ...     "purchase_count": [9, 8, 7, 1, 1, 1], "mean_order_value": [90.0, 5.0, 80.0, 20.0, 20.0, 20.0],
    ...     "days_since_last_purchase": [3, 3, 300, 3, 3, 3], "frequency": [8, 7, 6, 0, 0, 0],
    ...     "recency_days": [80, 70, 66, 0, 0, 0], "gap_last_days": [10, 10, 11, None, None, None]})
    >>> groups = ValueGroups(frequent_share=0.5).fit(table)
    >>> groups.predict(table)["value_group"].to_pylist()
    ['high_value', 'frequent_low_spend', 'high_risk', 'other', 'other', 'other']
    """

    requires = (
        "purchase_count",
        "mean_order_value",
        "days_since_last_purchase",
        "frequency",
        "recency_days",
        "gap_last_days",
    )
    optional = ("churn_probability",)
    produces = ("value_group",)
    learned = ("frequent_count_", "order_value_", "gap_bounds_")

    def __init__(
        self,
        *,
        frequent_share: float = 1 / 3,
        order_value_quantile: float = 0.5,
        risk_quantile: float = 0.8,
        churn_quantile: float = 0.95,
        prior_gaps: float | None = None,
        default_gap_days: float = 60.0,
        risk_probability: float | None = None,
    ) -> None:
        self.frequent_share = frequent_share
        self.order_value_quantile = order_value_quantile
        self.risk_quantile = risk_quantile
        self.churn_quantile = churn_quantile
        self.prior_gaps = prior_gaps
        self.default_gap_days = default_gap_days
        self.risk_probability = risk_probability

    def columns(self, table: Any) -> dict[str, Array]:
        arrow, _ = to_arrow(table)
        if self.risk_probability is not None:
            require_columns(arrow, self.optional, type(self).__name__)
        return super().columns(arrow)

    def _fit(self, columns: dict[str, Array]) -> None:
        for name in ("frequent_share", "order_value_quantile"):
            if not 0 < getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}", allowed="a share between 0 and 1")
        count, value = _orders(columns)
        if not len(count):
            raise ColumnError(
                "ValueGroups got a table without rows", allowed="at least one customer who has bought"
            )
        self.frequent_count_ = _frequent_count(count, self.frequent_share)
        self.order_value_ = float(np.quantile(value, self.order_value_quantile, method="inverted_cdf"))
        bounds = learn_bounds(
            *_gaps(columns),
            risk_quantile=self.risk_quantile,
            churn_quantile=self.churn_quantile,
            prior_gaps=self.prior_gaps,
            default_gap_days=self.default_gap_days,
        )
        self.gap_bounds_ = dict(vars(bounds))

    def _predict(self, columns: dict[str, Array]) -> dict[str, Any]:
        count, value = _orders(columns)
        frequent, expensive = count >= self.frequent_count_, value > self.order_value_
        group = np.select(
            [self._at_risk(columns), frequent & expensive, frequent],
            ["high_risk", "high_value", "frequent_low_spend"],
            default="other",
        )
        return {"value_group": pa.array(group.tolist(), pa.string())}

    def _at_risk(self, columns: dict[str, Array]) -> Array:
        silence = require_numbers(columns["days_since_last_purchase"], "days_since_last_purchase", low=0)
        if self.risk_probability is not None:
            probability = require_numbers(columns["churn_probability"], "churn_probability", low=0)
            return np.asarray(probability >= self.risk_probability)
        bounds = GapBounds(**self.gap_bounds_)
        frequency, recency, _ = _gaps(columns)
        risk_days, _ = bounds.bounds(bounds.expected_gap(frequency, recency))
        return np.asarray(silence > risk_days)

    def describe(self, table: Any) -> pa.Table:
        """The groups of a table: how many, what they are worth, what they call for.

        Returns
        -------
        pyarrow.Table
            One row per group, in the order of ``schema.VALUE_GROUPS``, empty groups too: ``value_group,
            customer_count, customer_share, net_value`` (money of standing orders), ``net_value_share,
            mean_purchase_count, mean_order_value`` (money; per order), ``strategy`` (one of
            ``schema.LEVERS``). Shares and means are null where there is nothing to divide by.
        """
        self.check_fitted()
        columns = self.columns(table)
        count, value = _orders(columns)
        group = np.array(self._predict(columns)["value_group"].to_pylist(), object)
        rows = [_row(name, group == name, count, count * value) for name in VALUE_GROUPS]
        return pa.Table.from_pylist(rows, schema=pa.schema(_DESCRIPTION))


def _orders(columns: dict[str, Array]) -> tuple[Array, Array]:
    count = require_numbers(columns["purchase_count"], "purchase_count", low=1)
    return count, require_numbers(columns["mean_order_value"], "mean_order_value")


def _gaps(columns: dict[str, Array]) -> tuple[Array, Array, Array]:
    frequency = require_numbers(columns["frequency"], "frequency", low=0)
    recency = require_numbers(columns["recency_days"], "recency_days", low=0)
    return (
        frequency,
        recency,
        require_numbers(columns["gap_last_days"], "gap_last_days", low=0, allow_nan=True),
    )


def _frequent_count(count: Array, share: float) -> int:
    """The smallest number of orders, at least 2, that at most ``share`` of the buyers reach."""
    buyers = np.sort(count)
    allowed = min(int(len(buyers) * share), len(buyers) - 1)
    return max(2, int(buyers[-allowed - 1]) + 1)


def _row(name: str, members: Array, count: Array, value: Array) -> dict[str, Any]:
    # Sorted before they are summed: the order of the rows must not show in the last digit.
    net, total = float(np.sort(value[members]).sum()), float(np.sort(value).sum())
    customers, orders = int(members.sum()), float(count[members].sum())
    return {
        "value_group": name,
        "customer_count": customers,
        "customer_share": customers / len(members) if len(members) else None,
        "net_value": net,
        "net_value_share": net / total if total else None,
        "mean_purchase_count": orders / customers if customers else None,
        "mean_order_value": net / orders if orders else None,
        "strategy": STRATEGIES[name],
    }
