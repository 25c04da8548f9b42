"""What an offer brought: treated against held-out customers, as they were assigned, with an honest interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

ARM_VARIATION = 0.35
"""How far the variance of an arm is taken to lie from that of both arms together before its own people are seen
(a share of it, one standard deviation): offers move what people spend by some tenths at most."""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Effect:
    """The difference that being assigned makes, per person, and how sure it is.

    ``treated_mean`` and ``held_out_mean`` are the arms' means as they would be if both held the same customers
    (adjusted by the covariates); their difference is ``difference``. ``degrees`` are the degrees of freedom of
    ``standard_error``. Everything but the counts is nan where an arm has fewer than two people, and the
    interval is where nobody's outcome differs.
    """

    treated_count: int
    held_out_count: int
    treated_mean: float
    held_out_mean: float
    difference: float
    standard_error: float
    degrees: float

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The interval of the difference at ``level`` (0-1), by Student's t."""
        if not self.standard_error > 0:
            return float("nan"), float("nan")
        from scipy.special import stdtrit

        half = self.standard_error * float(stdtrit(self.degrees, 0.5 + level / 2))
        return self.difference - half, self.difference + half


def effect(outcome: Floats, treated: Flags, covariates: Mapping[str, Floats] | None = None) -> Effect:
    """The intention-to-treat effect: everybody counts in the arm that they were assigned to.

    In each arm the outcome is regressed on the covariates, centred at the mean of both arms; the difference of
    the two intercepts is the effect (Lin, 2013: never less precise than the difference of means in large
    samples, whatever the true relation is). Covariates must be known before the assignment.

    Money is skewed, mostly zero, and the held-out are few. An arm of few people that happens to lack a large
    buyer has too small a mean and too small a variance at once, so that intervals from its own variance claim a
    gain too often. The variance of each arm is therefore moderated as in Smyth (2004): an average of its own
    (HC3, MacKinnon and White, 1985) and that of the residuals of both arms, weighted by how well its own is
    known. Its relative sampling variance is (kurtosis - 1) / people; how far arms may differ is
    ``ARM_VARIATION``. With many people an arm's own variance is all that counts. Degrees of freedom follow from
    the same weights (Satterthwaite, 1946). ``benchmarks/experiments.py`` measures the coverage beside Welch's t,
    Hall's transformation and the bootstrap-t.

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
    estimators. Journal of Econometrics 29(3), 305-325. Smyth, G. (2004). Linear models and empirical Bayes
    methods for assessing differential expression. Statistical Applications in Genetics and Molecular Biology
    3(1). Satterthwaite, F. (1946). An approximate distribution of estimates of variance components. Biometrics
    Bulletin 2(6), 110-114.

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
        nan = float("nan")
        return Effect(*counts, nan, nan, nan, nan, nan)
    design = _design(columns, len(outcome), min(counts))
    arms = [_fitted(outcome[rows], design[rows]) for rows in (treated, ~treated)]
    variance, degrees = _moderated(arms)
    first, second = (arm.mean for arm in arms)
    return Effect(*counts, first, second, first - second, float(np.sqrt(variance)), degrees)


@dataclass(frozen=True)
class _Arm:
    """One arm: its mean at the covariates' mean of both arms, the variance of that mean by HC3, the residuals
    (each divided by the root of one minus its leverage), and the sum of the squared weights of its people."""

    mean: float
    variance: float
    residuals: Floats
    weight: float


def _fitted(outcome: Floats, design: Floats) -> _Arm:
    table = np.column_stack((np.ones(len(outcome)), design))
    inverse = np.linalg.pinv(table.T @ table)
    coefficients = inverse @ (table.T @ outcome)
    residuals = outcome - table @ coefficients
    spare = np.maximum(1.0 - np.einsum("ij,jk,ik->i", table, inverse, table), 1e-6)
    weights = table @ inverse[0]
    variance = float(np.sum((weights * residuals / spare) ** 2))
    return _Arm(float(coefficients[0]), variance, residuals / np.sqrt(spare), float(np.sum(weights**2)))


def _moderated(arms: Sequence[_Arm]) -> tuple[float, float]:
    """The variance of the difference and its degrees of freedom."""
    residuals = np.concatenate([arm.residuals for arm in arms])
    common = float(np.mean(residuals**2))
    if not common > 0:
        return 0.0, float("nan")
    kurtosis = float(np.mean(residuals**4)) / common**2
    total, spread = 0.0, 0.0
    for arm in arms:
        # At least that of an even coin: a kurtosis of 1 would make the variance known for certain.
        error = max(kurtosis - 1.0, 0.1) / len(arm.residuals)
        trust = ARM_VARIATION**2 / (ARM_VARIATION**2 + error)
        variance = trust * arm.variance + (1.0 - trust) * common * arm.weight
        total += variance
        spread += (trust * variance) ** 2 * error
    return total, 2.0 * total**2 / spread


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
