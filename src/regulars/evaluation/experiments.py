"""What an offer brought: treated against held-out customers, as they were assigned, with an honest interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.errors import ColumnError

LEVEL = 0.95
"""Coverage of an experiment's interval. (Other intervals here are at 90 %: this one decides whether money is
spent again, and a 5 % chance of being wrong is what people expect of a test.)"""

ROWS_PER_COVARIATE = 10
"""A covariate is used where the smaller arm has at least this many people for each."""

FEWEST_PEOPLE = 2

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Effect:
    """The difference that being assigned makes, per person, and how sure it is.

    ``treated_mean`` and ``held_out_mean`` are the arms' means as they would be if both held the same customers
    (adjusted by the covariates); their difference is ``difference``. ``skewness`` is that of its sampling
    distribution, ``degrees`` its degrees of freedom. Everything but the counts is nan where an arm has fewer
    than two people, and the interval is where nobody's outcome differs.
    """

    treated_count: int
    held_out_count: int
    treated_mean: float
    held_out_mean: float
    difference: float
    standard_error: float
    skewness: float
    degrees: float

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The interval of the difference at ``level`` (0-1), corrected for skewness (Hall, 1992)."""
        if not self.standard_error > 0:
            return float("nan"), float("nan")
        from scipy.special import stdtrit

        quantile = float(stdtrit(self.degrees, 0.5 + level / 2))
        low, high = (_untransformed(end, self.skewness) for end in (quantile, -quantile))
        return self.difference - self.standard_error * low, self.difference - self.standard_error * high


def effect(outcome: Floats, treated: Flags, covariates: Mapping[str, Floats] | None = None) -> Effect:
    """The intention-to-treat effect: everybody counts in the arm that they were assigned to.

    In each arm the outcome is regressed on the covariates, centred at the mean of both arms; the difference of
    the two intercepts is the effect (Lin, 2013: never less precise than the difference of means in large
    samples, whatever the true relation is). Covariates must be known before the assignment. Errors are
    heteroscedasticity-robust, each residual divided by one minus its leverage (HC3, MacKinnon and White, 1985),
    with Welch's degrees of freedom. Money is skewed and mostly zero, and the held-out are few: the third moment
    of the same terms gives the skewness of the difference, and Hall's monotone cubic transformation (Hall,
    1992; for two samples Zhou and Dinh, 2005) moves the ends so that each is missed about equally often.
    ``benchmarks/experiments.py`` measures the coverage beside Welch's t, the bootstrap-t and others.

    Parameters
    ----------
    outcome
        One number per person, zeros included.
    treated
        True where the person was assigned to treatment.
    covariates
        Name to one number per person, without nan, known before assignment; in the order of their worth: the
        last are left out where an arm is small (``ROWS_PER_COVARIATE``). One that does not vary is left out.

    Returns
    -------
    Effect

    Raises
    ------
    ColumnError
        The columns differ in length, or hold what is no finite number.

    References
    ----------
    Lin, W. (2013). Agnostic notes on regression adjustments to experimental data. Annals of Applied Statistics
    7(1), 295-318. MacKinnon, J. and White, H. (1985). Some heteroskedasticity-consistent covariance matrix
    estimators. Journal of Econometrics 29(3), 305-325. Hall, P. (1992). On the removal of skewness by
    transformation. JRSS B 54(1), 221-228. Zhou, X.-H. and Dinh, P. (2005). Nonparametric confidence intervals
    for the one- and two-sample problems. Biostatistics 6(2), 187-200.

    Examples
    --------
    >>> outcome = np.array([0.0, 3.0, 9.0, 4.0, 0.0, 2.0, 1.0, 1.0])
    >>> found = effect(outcome, np.array([True] * 4 + [False] * 4))
    >>> found.difference, found.held_out_count
    (3.0, 4)
    """
    columns = dict(covariates or {})
    _check(outcome, treated, columns)
    counts = int(treated.sum()), int((~treated).sum())
    if min(counts) < FEWEST_PEOPLE:
        return Effect(*counts, *[float("nan")] * 6)
    design = _design(columns, len(outcome), min(counts))
    arms = [_intercept(outcome[rows], design[rows]) for rows in (treated, ~treated)]
    (treated_mean, treated_terms), (held_out_mean, held_out_terms) = arms
    variances = [float(np.sum(terms**2)) for terms in (treated_terms, held_out_terms)]
    variance = sum(variances)
    error = float(np.sqrt(variance))
    third = float(np.sum(treated_terms**3) - np.sum(held_out_terms**3))
    spare = [count - 1 - design.shape[1] for count in counts]
    parts = [part**2 / max(free, 1) for part, free in zip(variances, spare, strict=True)]
    return Effect(
        *counts,
        treated_mean,
        held_out_mean,
        treated_mean - held_out_mean,
        error,
        third / error**3 if error > 0 else float("nan"),
        variance**2 / sum(parts) if error > 0 else float("nan"),
    )


def _check(outcome: Floats, treated: Flags, covariates: Mapping[str, Floats]) -> None:
    for name, column in {"outcome": outcome, **covariates}.items():
        if len(column) != len(treated):
            raise ColumnError(f"{name} has {len(column)} rows, and {len(treated)} people were assigned")
        if not np.isfinite(column).all():
            raise ColumnError(f"{name} holds what is no finite number", allowed="a number for each person")


def _design(covariates: Mapping[str, Floats], rows: int, smaller_arm: int) -> Floats:
    """The covariates that the smaller arm can carry, centred and scaled."""
    kept: list[Floats] = []
    for column in covariates.values():
        if (len(kept) + 1) * ROWS_PER_COVARIATE > smaller_arm:
            break
        spread = float(np.std(column))
        if spread > 1e-9 * max(1.0, float(np.abs(column).max(initial=0.0))):
            kept.append((column - column.mean()) / spread)
    return np.column_stack(kept) if kept else np.zeros((rows, 0))


def _intercept(outcome: Floats, design: Floats) -> tuple[float, Floats]:
    """An arm's mean at the covariates' mean of both arms, and each person's part in its error (HC3)."""
    table = np.column_stack((np.ones(len(outcome)), design))
    inverse = np.linalg.pinv(table.T @ table)
    coefficients = inverse @ (table.T @ outcome)
    residuals = outcome - table @ coefficients
    leverage = np.einsum("ij,jk,ik->i", table, inverse, table)
    weights = table @ inverse[0]
    return float(coefficients[0]), weights * residuals / np.maximum(1.0 - leverage, 1e-6)


def _untransformed(quantile: float, skewness: float) -> float:
    """The quantile of the studentised difference whose transformed value is ``quantile``.

    Hall's transformation is g(t) = t + a t^2 + a^2 t^3 / 3 + b with a = skewness / 3 and b = skewness / 6; it
    rises everywhere, and its inverse is (cbrt(1 + 3 a (q - b)) - 1) / a.
    """
    a, b = skewness / 3.0, skewness / 6.0
    if abs(a) < 1e-9:
        return quantile
    return float((np.cbrt(1.0 + 3.0 * a * (quantile - b)) - 1.0) / a)
