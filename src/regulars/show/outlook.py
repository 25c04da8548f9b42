"""What the people of each stage are expected to bring, with an honest range; and where nobody can know how many."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from regulars.schema import STAGES
from regulars.show.frames import Facts, Tables, floats, present, total, where
from regulars.show.sections.lifecycle import stages_today
from regulars.show.sections.trust import biases, by_horizon, scores_of

Z90 = 1.6448536269514722  # the 95 % quantile of the normal distribution


@dataclass(frozen=True)
class Outlook:
    """One stage (or all of them, ``stage`` = ``all``): people, expected margin and its range (money).

    ``people`` is None where the data cannot say how many there are; ``margin`` is None where nobody has bought.
    """

    stage: str
    people: int | None
    margin: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Miss:
    """How far off totals of spend were at the earlier days checked: at most by ``factor``, up or down."""

    factor: float
    horizon_days: int


def outlooks(tables: Tables, facts: Facts) -> list[Outlook]:
    """The stages with people in them, in the order of a life, and all together last.

    **The range.** Two things make a total miss. Chance in single customers: their predictive distributions are
    taken as independent, so variances add up, and the sum is nearly normal (central limit theorem); adding up the
    customers' own intervals instead would say far too much. A customer's standard deviation is a 3.29th of the
    distance from ``clv_low`` to ``clv_high``, and at least that of as many orders of the usual size as the margin
    stands for, if they come by chance (compound Poisson: variance = expected margin x margin of an order); the
    latter counts for customers whose interval is a point because they will probably buy nothing. The model's own
    error and the season are shared by all customers and do not average out: at the earlier days that were checked,
    the total of spend was off by a factor (``miss``), and the next one may be off as far, in either direction.
    Both distances from the expected margin are added as squares (JCGM 100:2008, 5.1.2), up and down apart. Without
    a check the range is that of chance alone, and too narrow: who shows it has to say so.
    """
    scores = present(tables, "customer_scores", "stage", "clv")
    counted = stages_today(tables, {})
    found = [
        Outlook(stage, None, None)
        if stage == "visitor" and not knows_visitors(tables)
        else _outlook(stage, counted[stage], scores, tables, facts)
        for stage in STAGES
        if counted[stage] or stage == "visitor"
    ]
    if scores is None:
        return found
    return [*found, _outlook("all", scores.num_rows, scores, tables, facts)]


def knows_visitors(tables: Tables) -> bool:
    """Whether the data hold visits at all: an order file has none, which does not mean that nobody came."""
    if stages_today(tables, {})["visitor"]:
        return True
    features = present(tables, "customer_features", "visit_count")
    return features is not None and bool(np.any(floats(features, "visit_count") > 0))


def miss(tables: Tables, clv_days: int | None) -> Miss | None:
    """The largest factor between predicted and actual spend at the days checked, from the margin's own horizon if
    it was checked, else from the longest that was; None where nothing was checked."""
    parts = by_horizon(scores_of(tables))
    for days in sorted(parts, key=lambda days: (days != clv_days, -days)):
        off = [abs(math.log1p(bias)) for bias in biases(parts[days], "spend") if bias > -1]
        if off:
            return Miss(math.exp(max(off)), days)
    return None


def _outlook(stage: str, people: int, scores: pa.Table | None, tables: Tables, facts: Facts) -> Outlook:
    if scores is None:
        return Outlook(stage, people, None)
    rows = scores if stage == "all" else where(scores, "stage", stage)
    clv = floats(rows, "clv")
    if not np.any(np.isfinite(clv)):
        return Outlook(stage, people, None)
    expected = total(clv)
    luck = Z90 * math.sqrt(total(_variances(rows, facts.get("margin_rate"))))
    far = miss(tables, facts.get("clv_horizon_days"))
    factor = far.factor if far else 1.0
    below = math.hypot(expected - expected / factor, luck)
    above = math.hypot(expected * factor - expected, luck)
    return Outlook(stage, people, expected, max(expected - below, 0.0), expected + above)


def _variances(rows: pa.Table, margin_rate: float | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The variance of each customer's margin (money squared)."""
    names = set(rows.column_names)
    variance = np.zeros(rows.num_rows)
    if {"clv_low", "clv_high"} <= names:
        variance = ((floats(rows, "clv_high") - floats(rows, "clv_low")) / (2 * Z90)) ** 2
    if margin_rate and "expected_order_value" in names:
        by_chance = floats(rows, "clv") * floats(rows, "expected_order_value") * margin_rate
        variance = np.fmax(variance, np.maximum(by_chance, 0.0))
    return variance
