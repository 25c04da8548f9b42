"""Possible futures of spend: quantiles of the sum of a customer's purchases to come.

The number of purchases follows the purchase model (FHL 2005, eq. 8), their sum given the number is
gamma(p·n) / ν with ν ~ gamma(q + p·x, γ + x·m) (Fader and Hardie 2013, eq. 2).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from regulars.models.cells import PurchaseCells
from regulars.models.purchase_model import PurchaseModel
from regulars.models.spend import GammaGamma

Array = np.ndarray[Any, Any]

TAIL = 0.05
"""Share of futures below the low and above the high bound: 90 % lie between."""


class Futures:
    """The futures that every customer meets: draw j fixes a place in the count, in the sum and in the spread.

    Places are a lattice (an even grid for the count, steps of the plastic number for the other two), which
    fills the cube more evenly than random draws: the same quantiles from far fewer futures.
    """

    def __init__(self, draws: int, random_state: int, spend: GammaGamma) -> None:
        self.draws = draws
        self.spend = spend
        step = np.arange(draws)[:, None] * np.array([0.7548776662466927, 0.5698402909980532])
        places = (np.random.default_rng(random_state).random(2) + step) % 1.0
        self.sum_place, self.spread_place = np.clip(places, 1e-9, 1 - 1e-9).T
        self.sums = np.zeros((1, draws))

    def bounds(
        self, purchases: PurchaseModel, cells: PurchaseCells, spend_counts: Array, horizon_days: float
    ) -> tuple[Array, Array]:
        """The 5 % and 95 % quantile per cell of the spend within the horizon, in units of γ + x·m.

        ``spend_counts`` is the spend model's x of each cell.
        """
        counts = self._counts(purchases, cells, horizon_days)
        x, at = np.unique(spend_counts, return_inverse=True)
        spend = (
            self._sums_to(int(counts.max(initial=0)))[counts, np.arange(self.draws)] / self._spreads(x)[at]
        )
        low, high = (int(np.ceil(share * self.draws)) - 1 for share in (TAIL, 1 - TAIL))
        ordered = np.partition(spend, (low, high), axis=1)
        return ordered[:, low], ordered[:, high]

    def _counts(self, purchases: PurchaseModel, cells: PurchaseCells, horizon_days: float) -> Array:
        """Purchases per cell and draw: draw j of n has the count's quantile at 1 - (j + 1/2) / n."""
        reached = [np.full(len(cells), self.draws)]  # draws with at least 0, 1, 2, ... purchases
        for survival in purchases.survival_in_cells(cells, horizon_days):
            many = np.ceil(survival * self.draws - 0.5).astype(np.int64)
            reached.append(np.minimum(np.maximum(many, 0), reached[-1]))
            if not reached[-1].any():
                break
        exactly = -np.diff(np.stack(reached, axis=1), axis=1)
        most = exactly.shape[1]
        labels = np.tile(np.arange(most - 1, -1, -1), len(cells))
        return np.repeat(labels, exactly[:, ::-1].reshape(-1)).reshape(len(cells), self.draws)

    def _sums_to(self, most: int) -> Array:
        """Sums of 0..most gamma(p) values at each draw's place: gamma(p·n) quantiles."""
        from scipy.special import gammaincinv

        have = len(self.sums)
        if most >= have:
            n = np.arange(have, most + 1)[:, None]
            self.sums = np.concatenate([self.sums, gammaincinv(self.spend.p_ * n, self.sum_place)])
        return self.sums

    def _spreads(self, x: Array) -> Array:
        """ν ~ gamma(q + p·x) at each draw's place: a customer's purchases are gamma(p) / ν (FH eq. 2)."""
        from scipy.special import gammaincinv

        return np.asarray(gammaincinv((self.spend.q_ + self.spend.p_ * x)[:, None], self.spread_place))
