"""Recency, frequency and money: the map of groups, and the groups as a table."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regulars.schema import RFM_GROUPS
from regulars.show.blocks import Block, Cell, Figure, Grid, Section, grid
from regulars.show.charts.groups import rfm_map
from regulars.show.charts.theme import PAGE
from regulars.show.frames import Facts, Tables, coded, floats, looked_up, mean, present, total
from regulars.show.sections.missing import missing
from regulars.show.words import Words

NAMED_GROUPS = 3
LINE_LENGTH = {"en": 10, "zh": 5}


@dataclass(frozen=True)
class Members:
    """Customers who have bought: their two scores, group (place in ``names``) and net value (money), one entry each."""

    recency: NDArray[np.float64]
    frequency: NDArray[np.float64]
    group: NDArray[np.int64]
    names: list[str]
    spent: NDArray[np.float64]

    def sizes(self, inside: NDArray[np.bool_] | None = None) -> dict[str, int]:
        """Customers by group, the largest first."""
        found = np.bincount(self.group if inside is None else self.group[inside], minlength=len(self.names))
        named = {name: int(size) for name, size in zip(self.names, found, strict=True) if size}
        return {code: named[code] for code in sorted(named, key=lambda code: (-named[code], code))}


def groups(tables: Tables, facts: Facts, words: Words) -> Section:
    """The map of 5 x 5 fields beside the table of named groups."""
    members = _members(tables)
    blocks: tuple[Block, ...] = (missing(words, "segments"),)
    if members is not None:
        blocks = (_map(members, words), _table(members, words))
    return Section("rfm", words("groups.title"), words("groups.short"), words("groups.intro"), blocks)


def _members(tables: Tables) -> Members | None:
    names = ("customer_id", "rfm_recency_score", "rfm_frequency_score", "rfm_group")
    segments = present(tables, "segments", *names)
    if segments is None:
        return None
    segments = segments.select(names).drop_null()
    if segments.num_rows == 0:
        return None
    return Members(
        floats(segments, "rfm_recency_score"),
        floats(segments, "rfm_frequency_score"),
        *coded(segments, "rfm_group"),
        looked_up(segments, present(tables, "customer_features", "customer_id", "net_value"), "net_value"),
    )


def _lines(label: str, language: str) -> list[str]:
    """A name cut into lines short enough for a field of the map."""
    width = LINE_LENGTH[language]
    if language == "zh":  # no spaces to cut at: lines of equal length
        width = -(-len(label) // -(-len(label) // width))
        return [label[start : start + width] for start in range(0, len(label), width)]
    lines: list[str] = []
    for word in label.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _points(members: Members, words: Words) -> list[dict[str, Any]]:
    """One row per field of the map that holds customers, named after its most frequent group."""
    points: list[dict[str, Any]] = []
    for recency, frequency in itertools.product(range(1, 6), repeat=2):
        inside = (members.recency == recency) & (members.frequency == frequency)
        if inside.any():
            group = next(iter(members.sizes(inside)))
            points.append(
                {
                    "recency": recency,
                    "frequency": frequency,
                    "customers": int(inside.sum()),
                    "mean_value": max(0.0, mean(members.spent[inside]) or 0.0),
                    "group": _lines(words.label("rfm_groups", group), words.language),
                }
            )
    return points


def _map(members: Members, words: Words) -> Figure:
    points = _points(members, words)
    alt = words("groups.map_alt", parts=_largest(members, words))
    heads = [words.label("columns", "rfm_recency_score"), words.label("columns", "rfm_frequency_score"), words("groups.group"), words("report.customers"), words("groups.mean_value")]  # fmt: skip
    joint = "" if words.language == "zh" else " "
    lines = [
        [str(p["recency"]), str(p["frequency"]), joint.join(p["group"]), words.count(p["customers"]), words.money(p["mean_value"])]
        for p in points
    ]  # fmt: skip
    return Figure(
        "rfm-map", words("groups.map"), words("groups.map_unit"), rfm_map(points, words, PAGE, description=alt),
        alt, grid(heads, lines, text_columns=3),
    )  # fmt: skip


def _largest(members: Members, words: Words) -> str:
    return words.listed(
        words("groups.map_part", group=words.label("rfm_groups", code), count=size)
        for code, size in list(members.sizes().items())[:NAMED_GROUPS]
    )


def _table(members: Members, words: Words) -> Grid:
    sizes, everything = members.sizes(), total(members.spent)
    largest = max(sizes.values())
    lines: list[list[str | Cell]] = []
    for code in dict.fromkeys([*RFM_GROUPS, *sorted(sizes)]):
        if code in sizes:
            spent = members.spent[members.group == members.names.index(code)]
            lines.append(
                [
                    Cell(words.label("rfm_groups", code), below=(words.label("rfm_help", code),)),
                    Cell(words.count(sizes[code]), bar=round(100 * sizes[code] / largest, 1)),
                    words.money(mean(spent)),
                    words.share(total(spent) / everything if everything > 0 else None),
                ]
            )
    heads = [words(f"groups.{key}") for key in ("group", "members", "mean_value", "share_value")]
    return grid(heads, lines, title=words("groups.table"))
