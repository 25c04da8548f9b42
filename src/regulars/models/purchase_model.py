"""What every model of repeat purchases can say about a customer, once its parameters are known.

Rates of purchase are gamma distributed over customers (shape ``r``, scale ``alpha``); each purchase is the
last one with a probability that is beta distributed (``a``, ``b``). A model without drop-out has a = 0.

Source: Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2) (FHL
below).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from regulars.errors import OptionError
from regulars.models.base import Scorer
from regulars.models.cells import PurchaseCells, purchase_cells
from regulars.models.likelihood import Optimum
from regulars.models.tables import vector

Array = np.ndarray[Any, Any]

VALUES_AT_ONCE = 131_072
NODE_COUNTS = np.array([6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512])


class PurchaseModel(Scorer):
    """What NBD and BG/NBD share: forecasts from ``r_, alpha_`` and the drop-out ``(a, b)``; NBD has a = 0."""

    requires: ClassVar[tuple[str, ...]] = ("frequency", "recency_days", "T_days")
    optional: ClassVar[tuple[str, ...]] = ("customer_count",)
    produces: ClassVar[tuple[str, ...]] = ("expected_purchases", "probability_alive", "churn_probability")
    parameters: ClassVar[tuple[str, ...]] = ("r", "alpha")

    r_: float
    alpha_: float
    log_likelihood_: float
    n_customers_: float
    repeat_purchase_count_: float
    standard_errors_: dict[str, float]
    note_: str

    def __init__(self, *, horizon_days: float = 90) -> None:
        self.horizon_days = horizon_days

    def expected_purchases(self, table: Any, horizon_days: float | None = None) -> Any:
        """Purchase days expected in the ``horizon_days`` after ``as_of``, one number per row.

        A series where ``table`` is a pandas (with its index) or polars frame, else NumPy. FHL eq. 10. For a customer of today (frequency, recency_days and T_days 0) it is FHL eq. 9.
        """
        cells = self._cells(table)
        values = cells.rows(self.expected_in_cells(cells, self._horizon(horizon_days)))
        return vector(values, table, "expected_purchases")

    def probability_alive(self, table: Any) -> Any:
        """Probability that the customer has not left for good, one number per row, as ``expected_purchases``.

        It is not identified by purchases alone (other models with an equal fit give other values): show it,
        and act on ``probability_of_purchase``. FHL give it in the note on P(alive); without repeat it is 1.
        """
        cells = self._cells(table)
        return vector(cells.rows(self.alive_in_cells(cells)), table, "probability_alive")

    def probability_of_purchase(self, table: Any, horizon_days: float | None = None) -> Any:
        """Probability of at least one purchase in the ``horizon_days`` after ``as_of``, one number per row, as
        ``expected_purchases``."""
        cells = self._cells(table)
        values = cells.rows(next(self.survival_in_cells(cells, self._horizon(horizon_days))))
        return vector(values, table, "probability_of_purchase")

    def log_likelihood_in(self, unit_days: float) -> float:
        """The log-likelihood with times in units of ``unit_days`` (7: weeks), as papers print it.

        Each repeat purchase has a density per unit of time, so the unit adds ln(unit_days) per repeat.
        """
        self.check_fitted()
        return float(self.log_likelihood_ + self.repeat_purchase_count_ * np.log(unit_days))

    def summary(self) -> pa.Table:
        """One row per parameter: estimate, standard error and 90 % interval (Wald on the log scale)."""
        self.check_fitted()
        names = self.parameters
        estimate = np.array([getattr(self, f"{name}_") for name in names])
        error = np.array([self.standard_errors_[name] for name in names])
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.exp(1.6448536269514722 * error / estimate)
            low, high = estimate / spread, estimate * spread
        units = ["days" if name == "alpha" else "-" for name in names]
        return pa.table(
            {
                "parameter": list(names),
                "unit": units,
                "estimate": estimate,
                "standard_error": error,
                "low": low,
                "high": high,
            }
        )

    def alive_in_cells(self, cells: PurchaseCells) -> Array:
        """P(alive) per cell: 1 / (1 + odds of having left), with the odds in logs, so that nothing overflows."""
        odds = self._log_odds_left(cells)
        return np.where(odds > 0, np.exp(-np.maximum(odds, 0)), 1.0) / (1.0 + np.exp(-np.abs(odds)))

    def expected_in_cells(self, cells: PurchaseCells, horizon_days: float) -> Array:
        """Expected purchases per cell.

        FHL eq. 10 is P(alive) times the mean over p ~ beta(a, b + x) of (1 - (1 + p·t/(α+T))^-(r+x)) / p,
        from which they integrate to a ₂F₁. We take that mean by Gauss-Jacobi quadrature for the beta weight:
        nothing is 0/0 at a = 1, and nothing overflows for thousands of purchases.
        """
        expected = np.empty(len(cells))
        alive = self.alive_in_cells(cells)
        reach = horizon_days / (self.alpha_ + cells.T_days)
        for chosen, probability, weight in self._dropout_nodes(cells.frequency, reach):
            shape = (self.r_ + cells.frequency[chosen])[:, None]
            left = -np.expm1(-shape * np.log1p(probability * reach[chosen][:, None]))
            expected[chosen] = np.sum(weight * (left / probability), axis=1)
        return expected * alive

    def survival_in_cells(self, cells: PurchaseCells, horizon_days: float) -> Iterator[Array]:
        """P(at least n purchases in the horizon) per cell, for n = 1, 2, 3, ... without end.

        Given alive, n purchases need n arrivals (NBD with shape r + x; FHL eq. 8) and n - 1 times staying,
        (b + x)_(n-1) / (a + b + x)_(n-1), which are independent.
        """
        a, b = self._dropout()
        shape = self.r_ + cells.frequency
        reach = horizon_days / (self.alpha_ + cells.T_days)
        stays = self.alive_in_cells(cells)
        log_mass = -shape * np.log1p(reach)
        tail = -np.expm1(log_mass)
        n = 1
        while True:
            yield stays * tail
            log_mass = log_mass + np.log(reach / (1 + reach) * (shape + n - 1) / n)
            tail = np.maximum(tail - np.exp(log_mass), 0.0)
            stays = stays * (b + cells.frequency + n - 1) / (a + b + cells.frequency + n - 1)
            n += 1

    def _predict(self, columns: dict[str, Array]) -> dict[str, Any]:
        cells, horizon = purchase_cells(columns), self._horizon(None)
        return {
            "expected_purchases": cells.rows(self.expected_in_cells(cells, horizon)),
            "probability_alive": cells.rows(self.alive_in_cells(cells)),
            "churn_probability": cells.rows(1.0 - next(self.survival_in_cells(cells, horizon))),
        }

    def _cells(self, table: Any) -> PurchaseCells:
        self.check_fitted()
        return purchase_cells(self.columns(table))

    def _horizon(self, horizon_days: float | None) -> float:
        horizon = self.horizon_days if horizon_days is None else horizon_days
        if not 0 < horizon < np.inf:
            raise OptionError(f"horizon_days is {horizon}", allowed="a number of days above 0")
        return float(horizon)

    def _dropout(self) -> tuple[float, float]:
        """The beta distribution of leaving after a purchase; a = 0: nobody leaves."""
        return 0.0, 1.0

    def _log_odds_left(self, cells: PurchaseCells) -> Array:
        """ln of P(left) / P(alive): FHL eq. 6, second part over the first; minus infinity without a repeat."""
        a, b = self._dropout()
        odds = np.full(len(cells), -np.inf)
        repeat = cells.frequency > 0
        if a > 0:
            x, t_x, T = cells.frequency[repeat], cells.recency_days[repeat], cells.T_days[repeat]
            silence = np.log1p((T - t_x) / (self.alpha_ + t_x))
            odds[repeat] = np.log(a) - np.log(b + x - 1) + (self.r_ + x) * silence
        return odds

    def _dropout_nodes(self, frequency: Array, reach: Array) -> Iterator[tuple[Array, Array, Array]]:
        """Chunks of cells with as many nodes and weights of beta(a, b + frequency) as each cell needs."""
        a, b = self._dropout()
        needed = nodes_needed(self.r_ + frequency, reach) if a > 0 else np.ones(len(reach), dtype=np.int64)
        for count in np.unique(needed):
            group = np.flatnonzero(needed == count)
            distinct, position = np.unique(frequency[group], return_inverse=True)
            probability, weight = beta_quadrature(a, b + distinct, int(count))
            step = max(1, VALUES_AT_ONCE // int(count))
            for begin in range(0, len(group), step):
                at = position[begin : begin + step]
                yield group[begin : begin + step], probability[at], weight[at]

    def _learn(self, cells: PurchaseCells) -> None:
        self.n_customers_ = float(np.sum(cells.customer_count))
        self.repeat_purchase_count_ = float(np.sum(cells.customer_count * cells.frequency))

    def _keep(self, best: Optimum, scale_days: float) -> None:
        """Parameters, errors and likelihood in days, from a fit with times in units of ``scale_days``."""
        unit = np.array([scale_days if name == "alpha" else 1.0 for name in self.parameters])
        for name, value in zip(self.parameters, best.parameters * unit, strict=True):
            setattr(self, f"{name}_", float(value))
        self.standard_errors_ = {
            name: float(error)
            for name, error in zip(self.parameters, best.standard_errors * unit, strict=True)
        }
        total = best.mean * self.n_customers_
        self.log_likelihood_ = float(total - self.repeat_purchase_count_ * np.log(scale_days))


def nodes_needed(shape: Array, reach: Array) -> Array:
    """Quadrature nodes for 12 digits of the mean over p of (1 - (1 + p·reach)^-shape) / p.

    The integrand has its pole at p = -1/reach. On the ellipse around 0..1 that goes a share θ of the way
    there it is at most (1 - θ)^-shape, and n nodes divide that by ρ(θ)^2n; the best θ of a few counts.
    """
    fewest = np.full(len(reach), np.inf)
    fixed = [np.full(len(reach), share) for share in (0.15, 0.3, 0.5, 0.7, 0.85)]
    for share in (*fixed, *(np.minimum(0.5, growth / shape) for growth in (3, 10, 30, 100))):
        beyond = 2 * share / reach
        rho = 1 + beyond + np.sqrt(beyond * (beyond + 2))
        fewest = np.minimum(fewest, (28 - shape * np.log1p(-share)) / (2 * np.log(rho)))
    at = np.searchsorted(NODE_COUNTS, fewest)
    return np.asarray(NODE_COUNTS[np.minimum(at, len(NODE_COUNTS) - 1)])


def beta_quadrature(a: float, b: Array, count: int) -> tuple[Array, Array]:
    """Nodes and weights (each len(b) x count) for the mean of a function of p ~ beta(a, b), by Golub-Welsch.

    The Jacobi matrix of the beta weight on 0..1 is written without differences of large numbers, so that
    small p keep their digits when ``b`` is large. ``a`` = 0 is all mass at p = 0.

    >>> p, weight = beta_quadrature(2.0, np.array([3.0]), 4)
    >>> float((weight * p**3).sum().round(12))  # E[p³] = 2·3·4 / (5·6·7)
    0.114285714286
    """
    k = np.arange(1, count)
    b = b[:, None]
    total = a + b
    main = np.empty((len(b), count))
    main[:, :1] = a / total
    main[:, 1:] = (2 * k * (k + total - 1) + a * (total - 2)) / ((2 * k + total - 2) * (2 * k + total))
    k = k[1:]
    beside = np.empty((len(b), count - 1))
    beside[:, :1] = a * b / (total**2 * (total + 1))
    beside[:, 1:] = k * (k + a - 1) * (k + b - 1) * (k + total - 2)
    beside[:, 1:] /= (2 * k + total - 2) ** 2 * (2 * k + total - 1) * (2 * k + total - 3)
    matrix = np.zeros((len(b), count, count))
    at = np.arange(count)
    matrix[:, at, at] = main
    matrix[:, at[1:], at[:-1]] = np.sqrt(beside)
    nodes, vectors = np.linalg.eigh(matrix)
    # Rounding may put the smallest node at 0 or below; the limit p -> 0 of every mean we take is regular.
    return np.clip(nodes, 1e-200, 1.0), vectors[:, 0, :] ** 2
