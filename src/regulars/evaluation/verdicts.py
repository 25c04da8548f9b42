"""What an experiment's numbers come to: pays, does not pay, does nothing, or cannot be told yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.evaluation.experiments import LEVEL, Effect

FEWEST_DAYS = 14
"""Assignments that are younger count nowhere: most answers to a message take days."""

FEWEST_PEOPLE = 20
FEWEST_BUYERS = 10
"""In each arm; with fewer, the interval of money is no longer to be trusted."""

MATTERING_SHARE = 0.1
"""An effect of at least this share of the margin of a held-out person matters in any shop."""


@dataclass(frozen=True)
class Verdict:
    """``code`` of ``schema.VERDICTS``, the smallest effect that would matter (money per person), and with how many
    people the interval would be as narrow as it (None where it is already, or where that cannot be known)."""

    code: str
    smallest_effect: float
    needed_count: int | None


def verdict(
    money: Effect, expected_gain: float, buyer_counts: tuple[int, int], *, together: int = 1
) -> Verdict:
    """What the money says.

    Parameters
    ----------
    money
        The effect on margin per person, costs taken off.
    expected_gain
        What the action was expected to bring per person. An effect matters if it is as large as this, or as
        ``MATTERING_SHARE`` of the margin of a held-out person, whichever is more.
    buyer_counts
        People with an order, treated and held-out.
    together
        How many such verdicts stand side by side. The chance of a wrong one is shared out among them
        (Bonferroni): of six offers that do nothing, one would otherwise be called something every fourth time.

    Examples
    --------
    >>> from regulars.evaluation.experiments import effect
    >>> draw = np.random.default_rng(2)
    >>> outcome, treated = draw.gamma(1.0, 20.0, 20_000), draw.random(20_000) < 0.5
    >>> verdict(effect(outcome, treated), 1.0, (9_000, 9_000)).code
    'does_nothing'
    >>> verdict(effect(outcome + 5 * treated, treated), 1.0, (9_000, 9_000)).code
    'pays'
    """
    held_out = money.held_out_mean if np.isfinite(money.held_out_mean) else 0.0
    smallest = max(abs(expected_gain), MATTERING_SHARE * max(held_out, 0.0))
    low, high = money.interval(1.0 - (1.0 - LEVEL) / together)
    few = min(money.treated_count, money.held_out_count) < FEWEST_PEOPLE or min(buyer_counts) < FEWEST_BUYERS
    if few or not np.isfinite(low):
        return Verdict("too_early", smallest, None)
    if low > 0 or high < 0:
        return Verdict("pays" if low > 0 else "does_not_pay", smallest, None)
    if -smallest < low and high < smallest:
        return Verdict("does_nothing", smallest, None)
    return Verdict("cannot_tell", smallest, _needed(money, (high - low) / 2, smallest))


def _needed(money: Effect, half_width: float, smallest: float) -> int | None:
    """People of both arms with whom the half width is ``smallest``: it falls with the root of their number."""
    if smallest <= 0:
        return None
    people = money.treated_count + money.held_out_count
    needed = people * max(half_width / smallest, 1.0) ** 2
    return int(float(f"{needed:.2g}")) if needed < 1e12 else None
