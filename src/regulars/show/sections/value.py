"""What customers are worth: how it is spread, how few carry it, and the three groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regulars.schema import VALUE_GROUPS
from regulars.show.blocks import Block, Cell, Figure, Grid, Section, Sentence, grid
from regulars.show.charts.theme import PAGE
from regulars.show.charts.value import concentration, value_histogram
from regulars.show.frames import Facts, Tables, coded, floats, looked_up, mean, present, total
from regulars.show.sections.missing import missing
from regulars.show.words import Words

CLASSES_PER_DECADE = 6
DECADES = 4
"""The histogram shows at most this many powers of ten below the best customer."""

CURVE_POINTS = 100
FEWEST_CUSTOMERS = 20
"""Of fewer customers a tenth is one or two people: how few hold the value is not said."""


def value(tables: Tables, facts: Facts, words: Words) -> Section:
    """Histogram and concentration of expected margin, then the groups of the value rule."""
    days = words.counted(int(facts.get("clv_horizon_days", 365)), "day")
    blocks: list[Block] = []
    scores = present(tables, "customer_scores", "clv")
    if scores is None:
        blocks.append(missing(words, "customer_scores"))
    else:
        predicted = floats(scores, "clv")
        clv = np.sort(predicted[~np.isnan(predicted)])[::-1]  # who never bought has none
        if not len(clv) or clv[0] <= 0:
            blocks.append(Sentence(words("missing.clv"), lacking=True))
        else:
            blocks.append(_histogram(clv, words))
            if len(clv) >= FEWEST_CUSTOMERS:
                blocks.append(_concentration(clv, words))
    groups = _groups(tables, words)
    if groups is not None:
        blocks.append(groups)
    return Section(
        "value", words("value.title"), words("value.short"), words("value.intro", days=days), blocks
    )


def edges_of(clv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bounds of the classes: equal steps on a logarithmic scale that ends above the best customer."""
    last = math.ceil(math.log10(float(clv.max())) * CLASSES_PER_DECADE + 1e-9)
    smallest = float(clv[clv > 0].min())
    first = math.floor(math.log10(smallest) * CLASSES_PER_DECADE)
    first = max(first, last - DECADES * CLASSES_PER_DECADE)
    steps = np.arange(min(first, last - 1), last + 1)
    return np.asarray(10.0 ** (steps / CLASSES_PER_DECADE), dtype=np.float64)


def _histogram(clv: NDArray[np.float64], words: Words) -> Figure:
    edges = edges_of(clv)
    inside = np.clip(np.searchsorted(edges, clv, side="right") - 1, -1, len(edges) - 2)
    classes = [
        {
            "low": float(edges[place]),
            "high": float(edges[place + 1]),
            "customers": int(np.sum(inside == place)),
            "total": total(clv[inside == place]),
        }
        for place in range(len(edges) - 1)
    ]
    below = int(np.sum(inside < 0))
    alt = words(
        "value.histogram_alt",
        median=words.money(float(np.median(clv))),
        top=words.money(float(np.quantile(clv, 0.9))),
        max=words.money(float(clv[0])),
    )
    note = ""
    if below:
        note = words("value.below", count=below, all=len(clv), floor=words.money(float(edges[0])))
    heads = [words("value.from"), words("value.to"), words("report.customers"), words("value.total")]
    lines = [_class_line(row, words) for row in reversed(classes) if row["customers"]]
    return Figure(
        "clv-histogram", words("value.histogram"), words("value.histogram_unit"),
        value_histogram(classes, words, PAGE, description=alt), alt, grid(heads, lines, text_columns=0), note=note,
    )  # fmt: skip


def _class_line(row: dict[str, Any], words: Words) -> list[str]:
    return [
        words.money(row["low"]),
        words.money(row["high"]),
        words.count(row["customers"]),
        words.money(row["total"]),
    ]


def held_by_best(clv: NDArray[np.float64], shares: Sequence[float]) -> list[float]:
    """The share of all value that the best customers hold, for each of ``shares`` of customers.

    ``clv`` is sorted, best first.

    >>> [round(held, 3) for held in held_by_best(np.array([6.0, 2.0, 1.0, 1.0]), [0.25, 0.5])]
    [0.6, 0.8]
    """
    summed = np.concatenate([[0.0], np.cumsum(np.maximum(clv, 0.0))])
    places = np.asarray(shares) * len(clv)
    held: list[float] = (np.interp(places, np.arange(len(clv) + 1), summed) / summed[-1]).tolist()
    return held


def _concentration(clv: NDArray[np.float64], words: Words) -> Figure:
    shares = [step / CURVE_POINTS for step in range(CURVE_POINTS + 1)]
    held = dict(zip(shares, held_by_best(clv, shares), strict=True))
    curve = [{"customers": share, "value": value} for share, value in held.items()]
    said = {share: words.share(held[share]) for share in shares}
    alt = words("value.concentration_alt", tenth=said[0.1], fifth=said[0.2], half=said[0.5])
    heads = [words("value.axis_share_customers"), words("value.axis_share_value")]
    lines = [[words.share(share), said[share]] for share in shares[10::10]]
    return Figure(
        "concentration", words("value.concentration"), words("value.concentration_unit"),
        concentration(curve, held[0.1], words, PAGE, description=alt), alt, grid(heads, lines, text_columns=0),
    )  # fmt: skip


def _groups(tables: Tables, words: Words) -> Grid | None:
    """Size, worth and churn of the groups of the value rule."""
    segments = present(tables, "segments", "customer_id", "value_group")
    if segments is None:
        return None
    scores = present(tables, "customer_scores", "customer_id", "clv", "churn_probability")
    clv, leaving = (looked_up(segments, scores, column) for column in ("clv", "churn_probability"))
    group, names = coded(segments, "value_group")
    codes = [code for code in dict.fromkeys([*VALUE_GROUPS, *names]) if code in names]
    lines = [_group_line(code, group == names.index(code), clv, leaving, words) for code in codes]
    heads = [
        words("value.group"),
        words("value.members"),
        words.column("mean_clv"),
        words.column("churn_probability"),
    ]
    return grid(heads, lines, title=words("value.groups"), wide=True) if lines else None


def _group_line(
    code: str, inside: NDArray[np.bool_], clv: NDArray[np.float64], leaving: NDArray[np.float64], words: Words
) -> list[str | Cell]:
    size = int(inside.sum())
    return [
        words.label("value_groups", code),
        Cell(words.count(size), below=(words.share(size / len(inside)),)),
        Cell(
            words.money(mean(clv[inside])),
            below=(words("value.in_all", total=words.money(total(clv[inside]))),),
        ),
        words.share(mean(leaving[inside])),
    ]
