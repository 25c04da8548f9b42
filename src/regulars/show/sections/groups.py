"""Recency, frequency and money: the map of groups, and the groups as a table."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

from regulars.schema import RFM_GROUPS
from regulars.show.blocks import Block, Cell, Figure, Grid, Section, grid
from regulars.show.charts.groups import rfm_map
from regulars.show.charts.theme import PAGE
from regulars.show.frames import Facts, Tables, floats, present, rows, total, values
from regulars.show.sections.missing import missing
from regulars.show.words import Words

NAMED_GROUPS = 3
LINE_LENGTH = {"en": 10, "zh": 5}

Member = tuple[int, int, str, float]


def groups(tables: Tables, facts: Facts, words: Words) -> Section:
    """The map of 5 x 5 fields beside the table of named groups."""
    members = _members(tables)
    blocks: tuple[Block, ...] = (missing(words, "segments"),)
    if members:
        blocks = (_map(members, words), _table(members, words))
    return Section("rfm", words("groups.title"), words("groups.short"), words("groups.intro"), blocks)


def _members(tables: Tables) -> list[Member]:
    """Recency score, frequency score, group and net value of each customer who has bought."""
    segments = present(
        tables, "segments", "customer_id", "rfm_recency_score", "rfm_frequency_score", "rfm_group"
    )
    if segments is None:
        return []
    features = present(tables, "customer_features", "customer_id", "net_value")
    spent: dict[str, float] = {}
    if features is not None:
        spent = dict(
            zip(values(features, "customer_id"), floats(features, "net_value").tolist(), strict=True)
        )
    found = rows(segments, "rfm_recency_score", "rfm_frequency_score", "rfm_group", "customer_id")
    return [(r, f, group, spent.get(ident, math.nan)) for r, f, group, ident in found if r and f and group]


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


def _map(members: list[Member], words: Words) -> Figure:
    fields: dict[tuple[int, int], list[Member]] = defaultdict(list)
    for member in members:
        fields[member[0], member[1]].append(member)
    points: list[dict[str, Any]] = []
    for (recency, frequency), inside in sorted(fields.items()):
        named = Counter(member[2] for member in inside)
        group = min(named, key=lambda code: (-named[code], code))
        points.append(
            {
                "recency": recency,
                "frequency": frequency,
                "customers": len(inside),
                "mean_value": max(0.0, _mean(inside)),
                "group": _lines(words.label("rfm_groups", group), words.language),
            }
        )
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


def _mean(members: list[Member]) -> float:
    known = [member[3] for member in members if math.isfinite(member[3])]
    return total(known) / len(known) if known else 0.0


def _largest(members: list[Member], words: Words) -> str:
    named = Counter(member[2] for member in members)
    largest = sorted(named, key=lambda code: (-named[code], code))[:NAMED_GROUPS]
    return words.listed(
        words("groups.map_part", group=words.label("rfm_groups", code), count=named[code]) for code in largest
    )


def _table(members: list[Member], words: Words) -> Grid:
    by_group: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        by_group[member[2]].append(member)
    everything = total(member[3] for member in members)
    largest = max(len(inside) for inside in by_group.values())
    lines: list[list[str | Cell]] = []
    for code in dict.fromkeys([*RFM_GROUPS, *sorted(by_group)]):
        if inside := by_group.get(code):
            spent = total(member[3] for member in inside)
            lines.append(
                [
                    Cell(words.label("rfm_groups", code), below=(words.label("rfm_help", code),)),
                    Cell(words.count(len(inside)), bar=round(100 * len(inside) / largest, 1)),
                    words.money(_mean(inside)),
                    words.share(spent / everything if everything > 0 else None),
                ]
            )
    heads = [
        words("groups.group"),
        words("report.customers"),
        words("groups.mean_value"),
        words("groups.share_value"),
    ]
    return grid(heads, lines, title=words("groups.table"))
