"""What each customer is worth: the discounted margin of the purchases to come, with an interval.

Expected value = purchases expected within the horizon x value of a purchase x margin x discount. The interval
is that of the customer's own future, luck included, not of the mean.

Sources: Fader, Hardie and Lee (2005), "RFM and CLV", Journal of Marketing Research 42, for the product; the
distribution of counts is FHL (2005), Marketing Science 24(2), eq. 8, that of spend Fader and Hardie (2013).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from regulars.errors import OptionError
from regulars.models.base import Scorer
from regulars.models.cells import PurchaseCells, distinct_rows, purchase_cells
from regulars.models.futures import TAIL, Futures
from regulars.models.purchase_model import PurchaseModel
from regulars.models.purchases import NBD, BetaGeoNBD, fit_purchase_model
from regulars.models.spend import GammaGamma
from regulars.models.tables import aligned, to_arrow

Array = np.ndarray[Any, Any]

YEAR_DAYS = 365.0
DISCOUNT_NODES = 8  # nine digits within a year, five within ten
CELLS_AT_ONCE = 2_048
PURCHASE_MODELS: dict[str, type[PurchaseModel]] = {"BetaGeoNBD": BetaGeoNBD, "NBD": NBD}


class CustomerLifetimeValue(Scorer):
    """The discounted margin that each customer will bring within a horizon, and its 90 % interval.

    Parameters
    ----------
    horizon_days
        Purchases in the days after ``as_of`` up to this many count.
    annual_discount_rate
        Money a year later is worth 1 / (1 + rate) of money today; discounting is continuous in time.
    margin_rate
        Share of net sales that is left after the cost of goods.
    draws
        Number of futures from which the interval is taken; more draws, finer quantiles.
    random_state
        Seed of the futures. All customers meet the same ones, so a customer's interval depends neither on
        the order of rows nor on who else is in the table.

    Notes
    -----
    ``fit`` takes ``frequency, recency_days, T_days, monetary_value`` (and ``mean_order_value``, used where
    nobody bought twice), one row per customer with at least one purchase. It learns ``purchases_`` (BG/NBD, or
    NBD where no drop-out is found), ``spend_`` (gamma-gamma) and ``note_``. ``fit_from`` takes the two fitted;
    the columns are then those of the spend model in place of ``monetary_value`` (see ``GammaGamma``).

    ``predict`` gives per row, in currency units: ``clv``, the mean; ``clv_low`` and ``clv_high``, the 5 % and
    95 % quantiles of the customer's own future. A customer who most likely never returns has ``clv_low`` and
    even ``clv_high`` 0 with a small positive ``clv``: the mean is then made by rare returns.

    Raises
    ------
    ColumnError
        A column is missing or holds values that cannot be (see ``BetaGeoNBD``, ``GammaGamma``).
    OptionError
        A setting is outside what is allowed.

    Examples
    --------
    >>> shop = {
    ...     "frequency": [0, 1, 1, 3, 4, 6] * 5,
    ...     "recency_days": [0, 20, 200, 60, 250, 290] * 5,
    ...     "T_days": [300, 300, 280, 300, 310, 300] * 5,
    ...     "monetary_value": [0.0, 30.0, 12.5, 20.0, 25.0, 22.0] * 5,
    ... }
    >>> model = CustomerLifetimeValue(horizon_days=365, margin_rate=0.4).fit(shop)
    >>> values = model.predict(shop)
    >>> for name in model.produces:
    ...     print(name, values.column(name).to_numpy().round(2)[[0, 2, 5]].tolist())
    clv [8.89, 10.98, 35.73]
    clv_low [0.0, 0.0, 0.0]
    clv_high [30.02, 38.59, 92.67]
    """

    requires: ClassVar[tuple[str, ...]] = ("frequency", "recency_days", "T_days", "monetary_value")
    optional: ClassVar[tuple[str, ...]] = ("customer_count", "mean_order_value")
    produces: ClassVar[tuple[str, ...]] = ("clv", "clv_low", "clv_high")
    learned: ClassVar[tuple[str, ...]] = ("purchase_model_", "note_")

    purchases_: PurchaseModel
    spend_: GammaGamma
    purchase_model_: str
    note_: str

    def __init__(
        self,
        *,
        horizon_days: float = 365,
        annual_discount_rate: float = 0.1,
        margin_rate: float = 0.4,
        draws: int = 400,
        random_state: int = 0,
    ) -> None:
        self.horizon_days = horizon_days
        self.annual_discount_rate = annual_discount_rate
        self.margin_rate = margin_rate
        self.draws = draws
        self.random_state = random_state

    def needed(self) -> tuple[str, ...]:
        if not hasattr(self, "spend_"):
            return self.requires
        return tuple(dict.fromkeys(("frequency", "recency_days", "T_days", *self.spend_.needed())))

    def fit(self, table: Any) -> Self:
        """Learn both models from a table with the columns ``requires``; return ``self``."""
        vars(self).pop("spend_", None)  # its columns may be others than those of a new fit
        return super().fit(table)

    def fit_from(self, purchases: PurchaseModel, spend: GammaGamma) -> Self:
        """Take a purchase model and a spend model that are already fitted; return ``self``."""
        self._check_settings()
        purchases.check_fitted()
        spend.check_fitted()
        self.purchases_, self.spend_ = purchases, spend
        self.purchase_model_ = type(purchases).__name__
        self.note_ = f"{purchases.note_}; {spend.note_}"
        return self

    def explain(self, table: Any) -> Any:
        """The factors of each customer's value, one row per row: their product is ``clv``.

        ``expected_purchases`` (within the horizon), ``expected_order_value`` (currency units),
        ``margin_rate``, ``discount`` (0-1) and ``clv``; the key column first where the table has it.
        """
        self.check_fitted()
        arrow, kind = to_arrow(table)
        out: dict[str, Any] = {self.key: arrow.column(self.key)} if self.key in arrow.column_names else {}
        out.update(self._factors(self.columns(arrow)))
        return aligned(pa.table(out), kind, table)

    def save(self, folder: str | Path) -> Path:
        """Write the model and, in ``purchases`` and ``spend`` beside it, the two models it is made of."""
        folder = super().save(folder)
        self.purchases_.save(folder / "purchases")
        self.spend_.save(folder / "spend")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote."""
        model = super().load(folder)
        model.purchases_ = PURCHASE_MODELS[model.purchase_model_].load(Path(folder) / "purchases")
        model.spend_ = GammaGamma.load(Path(folder) / "spend")
        return model

    def _fit(self, columns: dict[str, Array]) -> None:
        self._check_settings()
        purchases = fit_purchase_model(columns, horizon_days=self.horizon_days)
        self.fit_from(purchases, GammaGamma().fit(columns))

    def _predict(self, columns: dict[str, Array]) -> dict[str, Any]:
        factors = self._factors(columns)
        low, high = self._spend_bounds(columns)
        # The futures are in units of the customer's own scale γ + x·m, hence one set per cell is enough.
        unit = self.spend_.order_scale(columns) * self.margin_rate * factors["discount"]
        return {"clv": factors["clv"], "clv_low": unit * low, "clv_high": unit * high}

    def _factors(self, columns: dict[str, Array]) -> dict[str, Array]:
        self._check_settings()
        cells = purchase_cells(columns)
        expected = self.purchases_.expected_in_cells(cells, float(self.horizon_days))
        discounted = self._discounted_in_cells(cells, expected)
        discount = np.divide(discounted, expected, out=np.ones(len(cells)), where=expected > 0)
        value = self.spend_._predict(columns)["expected_order_value"]
        purchases, discount = cells.rows(expected), cells.rows(discount)
        return {
            "expected_purchases": purchases,
            "expected_order_value": value,
            "margin_rate": np.full(len(value), float(self.margin_rate)),
            "discount": discount,
            "clv": purchases * value * self.margin_rate * discount,
        }

    def _discounted_in_cells(self, cells: PurchaseCells, expected: Array) -> Array:
        """Expected purchases, each discounted from its day: the integral of e^(-δu) dE[X(u)] over the horizon.

        By parts it is e^(-δh) E[X(h)] + δ ∫ e^(-δu) E[X(u)] du. E[X(u)] is smooth in v = ln(α + u), so a few
        Gauss-Legendre nodes in v give it.
        """
        horizon, alpha = float(self.horizon_days), self.purchases_.alpha_
        force = np.log1p(self.annual_discount_rate) / YEAR_DAYS
        discounted = np.exp(-force * horizon) * expected
        if force > 0:
            width = np.log1p(horizon / alpha) / 2
            for node, weight in zip(*np.polynomial.legendre.leggauss(DISCOUNT_NODES), strict=True):
                day = alpha * np.expm1(width * (node + 1))
                part = weight * width * (alpha + day) * force * np.exp(-force * day)
                discounted = discounted + part * self.purchases_.expected_in_cells(cells, float(day))
        return np.asarray(discounted)

    def _spend_bounds(self, columns: dict[str, Array]) -> tuple[Array, Array]:
        """The 5 % and 95 % quantile of the sum of future purchases per row, in units of γ + x·m."""
        cells, counts = self._cells_of_both(columns)
        low, high = np.zeros(len(cells)), np.zeros(len(cells))
        horizon = float(self.horizon_days)
        returning = next(self.purchases_.survival_in_cells(cells, horizon)) if len(cells) else low
        chosen = np.flatnonzero(returning > TAIL)  # for the others both quantiles are 0
        expected = self.purchases_.expected_in_cells(cells.part(chosen), horizon)
        chosen = chosen[np.argsort(expected, kind="stable")]
        futures = Futures(self.draws, self.random_state, self.spend_)
        for begin in range(0, len(chosen), CELLS_AT_ONCE):
            at = chosen[begin : begin + CELLS_AT_ONCE]
            part = cells.part(at)
            low[at], high[at] = futures.bounds(self.purchases_, part, counts[at], horizon)
        return cells.rows(low), cells.rows(high)

    def _cells_of_both(self, columns: dict[str, Array]) -> tuple[PurchaseCells, Array]:
        """Cells of equal purchases and equal count of the spend model, and that count."""
        cells = purchase_cells(columns)
        (of_cell, counts), inverse = distinct_rows(
            (cells.rows(np.arange(len(cells), dtype=np.float64)), self.spend_.counts(columns))
        )
        split = cells.part(of_cell.astype(np.int64))
        return replace(split, inverse=inverse), counts

    def _check_settings(self) -> None:
        if not 0 < self.horizon_days < np.inf:
            raise OptionError(f"horizon_days is {self.horizon_days}", allowed="a number of days above 0")
        if not 0 <= self.annual_discount_rate < np.inf:
            raise OptionError(
                f"annual_discount_rate is {self.annual_discount_rate}", allowed="0 or more, 0.1 = 10 %"
            )
        if not 0 <= self.margin_rate <= 1:
            raise OptionError(f"margin_rate is {self.margin_rate}", allowed="a share from 0 to 1")
        if self.draws < 20:
            raise OptionError(f"draws is {self.draws}", allowed="20 or more")
