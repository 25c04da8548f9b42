"""Maximum likelihood over positive parameters: the same optimum in any unit and for any number of rows.

The mean (not the sum) of the log-likelihood is maximised over log-parameters with its analytic gradient:
BFGS gets near, Newton steps on differences of the gradient finish to a gradient of at most 1e-12. Then
tolerances mean the same for a hundred and for ten million customers, and no penalty is needed.

Both are written out here for the three or four parameters of our models: the routine in SciPy hands each
tiny step to a threaded BLAS, which on a busy machine takes ten times longer than the likelihood itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
MeanLikelihood = Callable[[Array], tuple[float, Array]]
"""Log-parameters -> mean log-likelihood and its gradient in the log-parameters."""

GRADIENT_LIMIT = 1e-12
NEAR_LIMIT = 1e-5
CLIMB_STEPS = 200
HALVINGS = 20
FLAT_GAIN, FLAT_STEPS = 1e-11, 3
"""A climb ends after so many steps in a row that raise the mean log-likelihood by less than that."""
NEWTON_STEPS = 30
DIFFERENCE_STEP = 1e-5


@dataclass(frozen=True)
class Optimum:
    """Where the likelihood is highest, and how well the data say so."""

    parameters: Array
    mean: float
    gradient_norm: float
    """Largest component of the gradient over parameters that are not at a bound."""
    standard_errors: Array
    """From the observed information; nan for a parameter at a bound or without information."""
    condition: float
    """Largest over smallest curvature among the free log-parameters; infinite on a ridge."""
    at_bound: Array


def maximise(likelihood: MeanLikelihood, start: Array, low: Array, high: Array, count: float) -> Optimum:
    """The parameters that maximise the likelihood of ``count`` customers between ``low`` and ``high``.

    ``start``, ``low`` and ``high`` are on the natural scale and positive.

    Examples
    --------
    Exponential waiting times with mean 4: the rate is 1/4, its standard error rate / sqrt(count).

    >>> def waiting(log_rate):
    ...     rate = np.exp(log_rate)
    ...     return float(log_rate[0] - 4 * rate[0]), 1 - 4 * rate
    >>> best = maximise(waiting, np.array([1.0]), np.array([1e-6]), np.array([1e6]), 100)
    >>> best.parameters.round(12).tolist(), best.standard_errors.round(9).tolist()
    ([0.25], [0.025])
    """
    log_low, log_high = np.log(low), np.log(high)
    near = _climb(likelihood, np.clip(np.log(start), log_low, log_high), log_low, log_high)
    point = _newton(likelihood, near, log_low, log_high)
    return _optimum(likelihood, point, log_low, log_high, count)


def _climb(likelihood: MeanLikelihood, point: Array, low: Array, high: Array) -> Array:
    """BFGS uphill within the bounds, to a gradient from which Newton steps are safe, or until it is flat."""
    mean, gradient = likelihood(point)
    curvature = np.eye(len(point))  # BFGS's picture of minus the second derivatives
    flat = 0
    for _ in range(CLIMB_STEPS):
        free = _free(point, gradient, low, high)
        if _norm(gradient[free]) <= NEAR_LIMIT or flat == FLAT_STEPS:
            break
        direction = _direction(curvature, gradient, free)
        new_point, new_mean, new_gradient = _line_search(
            likelihood, point, mean, gradient, direction, low, high
        )
        flat = flat + 1 if new_mean - mean <= FLAT_GAIN else 0
        moved, change = new_point - point, gradient - new_gradient
        bend = float(np.sum(moved * change))
        if not moved.any():
            curvature = np.eye(len(point))  # what was learned misleads: straight uphill next
        elif bend > 1e-14:
            seen = curvature @ moved
            curvature = (
                curvature + np.outer(change, change) / bend - np.outer(seen, seen) / np.sum(moved * seen)
            )
        point, mean, gradient = new_point, new_mean, new_gradient
    return point


def _direction(curvature: Array, gradient: Array, free: Array) -> Array:
    """Where BFGS points among the free parameters, at most 2 in any log-parameter; else straight uphill."""
    direction = np.zeros_like(gradient)
    direction[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
    if not np.sum(direction * gradient) > 0:
        direction = np.where(free, gradient, 0.0)
    return direction / max(1.0, _norm(direction) / 2)


def _line_search(
    likelihood: MeanLikelihood,
    point: Array,
    mean: float,
    gradient: Array,
    direction: Array,
    low: Array,
    high: Array,
) -> tuple[Array, float, Array]:
    """The first of the whole, the half, the quarter step that rises enough (Armijo); else where we are."""
    # Stop where the first parameter meets its bound: cutting that one alone would bend the way uphill.
    room = np.where(direction > 0, high - point, point - low)
    going = direction != 0
    reach = min(1.0, float(np.min(room[going] / np.abs(direction[going]), initial=1.0)))
    for halvings in range(HALVINGS):
        candidate = np.clip(point + direction * (reach * 0.5**halvings), low, high)
        new_mean, new_gradient = likelihood(candidate)
        if new_mean >= mean + 1e-4 * np.sum(gradient * (candidate - point)):
            return candidate, new_mean, new_gradient
    return point, mean, gradient


def _newton(likelihood: MeanLikelihood, point: Array, low: Array, high: Array) -> Array:
    """Newton steps while they shrink the gradient of the free parameters without lowering the likelihood."""
    mean, gradient = likelihood(point)
    for _ in range(NEWTON_STEPS):
        free = _free(point, gradient, low, high)
        norm = _norm(gradient[free])
        if norm <= GRADIENT_LIMIT:
            break
        step = np.zeros_like(point)
        step[free] = _ascent(_hessian(likelihood, point)[np.ix_(free, free)], gradient[free])
        candidate = np.clip(point + step, low, high)
        new_mean, new_gradient = likelihood(candidate)
        new_norm = _norm(new_gradient[_free(candidate, new_gradient, low, high)])
        # Rounding moves the mean in its last digits, hence the allowance.
        lower = not new_mean >= mean - 1e-13 * (1.0 + abs(mean))
        if lower or (norm < 1e-9 and new_norm >= norm):
            break
        point, mean, gradient = candidate, new_mean, new_gradient
    return point


def _ascent(hessian: Array, gradient: Array) -> Array:
    """The Newton step uphill, at most 1 in any log-parameter; directions that curve up are turned."""
    curvature, directions = np.linalg.eigh(hessian)
    scale = np.maximum(np.abs(curvature), 1e-12)
    step = directions @ ((directions.T @ gradient) / scale)
    return np.asarray(step / max(1.0, _norm(step)))


def _free(point: Array, gradient: Array, low: Array, high: Array) -> Array:
    """Parameters that are not held at a bound by a gradient that points outside."""
    held_low = (point <= low + 1e-9) & (gradient <= 0)
    held_high = (point >= high - 1e-9) & (gradient >= 0)
    return ~(held_low | held_high)


def _norm(gradient: Array) -> float:
    return float(np.max(np.abs(gradient), initial=0.0))


def _hessian(likelihood: MeanLikelihood, point: Array) -> Array:
    """Second derivatives by central differences of the analytic gradient."""
    rows = []
    for i in range(len(point)):
        move = np.zeros_like(point)
        move[i] = DIFFERENCE_STEP
        rows.append((likelihood(point + move)[1] - likelihood(point - move)[1]) / (2 * DIFFERENCE_STEP))
    hessian = np.array(rows)
    return np.asarray((hessian + hessian.T) / 2)


def _optimum(likelihood: MeanLikelihood, point: Array, low: Array, high: Array, count: float) -> Optimum:
    mean, gradient = likelihood(point)
    free = _free(point, gradient, low, high)
    information = -_hessian(likelihood, point)[np.ix_(free, free)]
    curvature, directions = np.linalg.eigh(information)
    errors = np.full(len(point), np.nan)
    condition = np.inf
    if len(curvature) and curvature[0] > 0:
        condition = float(curvature[-1] / curvature[0])
        variance = np.sum(directions**2 / curvature, axis=1) / count
        # At the optimum the delta method from logs is exact: SE of the parameter = parameter x SE of its log.
        errors[free] = np.exp(point[free]) * np.sqrt(variance)
    return Optimum(np.exp(point), mean, _norm(gradient[free]), errors, condition, ~free)


def log_rising(base: float, largest: int) -> tuple[Array, Array]:
    """ln Γ(base + x) - ln Γ(base) for x = 0..largest, and its derivative in ``base``.

    Summed from ln(base + k), because the difference of two large ln Γ has no digits left when ``base`` is
    large.

    >>> log_rising(2.0, 3)[0].round(6).tolist()  # ln 1, ln 2, ln 2·3, ln 2·3·4
    [0.0, 0.693147, 1.791759, 3.178054]
    """
    terms = base + np.arange(largest)
    zero = np.zeros(1)
    return np.concatenate([zero, np.cumsum(np.log(terms))]), np.concatenate([zero, np.cumsum(1.0 / terms)])
