"""Today's actions: totals by lever, the first fifty with their reasons, and who is left alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from regulars.schema import LEVERS
from regulars.show.blocks import Block, Cell, Figure, Grid, Section, Sentence, grid
from regulars.show.charts.actions import gain_bars
from regulars.show.charts.theme import PAGE
from regulars.show.frames import Facts, Tables, counts, floats, present, rows, total, where
from regulars.show.sections.missing import missing
from regulars.show.words import Words

SHOWN = 50
UNFOLDED = 10
"""Rows that are open at once; the others are one click away."""

COLUMNS = ("rank", "customer_id", "offer_id", "lever", "channel", "item_ids", "expected_gain", "expected_gain_low",
           "expected_gain_high", "assumed", "cost", "reason_code", "reason_values")  # fmt: skip


def actions(tables: Tables, facts: Facts, words: Words) -> Section:
    """What to do today, for whom, why, and what it should bring."""
    table = present(tables, "actions", "rank", "customer_id", "offer_id", "lever", "expected_gain", "cost")
    title, intro = words("actions.title"), words("actions.intro")
    if table is None:
        return Section("actions", title, words("actions.short"), intro, (missing(words, "actions"),))
    chosen = table.filter(table.column("offer_id").is_valid())
    blocks: list[Block] = [Sentence(text) for text in _limits(chosen, facts, words)]
    if chosen.num_rows:
        blocks += [*_levers(chosen, words), _first(chosen, tables, facts, words)]
    else:
        blocks.append(Sentence(words("terminal.no_actions")))
    blocks += _alone(table, words)
    return Section("actions", title, words("actions.short"), intro, blocks)


def _limits(chosen: pa.Table, facts: Facts, words: Words) -> list[str]:
    """The budget and the hold-out in words."""
    said = []
    budget = facts.get("budget")
    if budget is not None:
        cost = float(facts.get("budget_spent", total(floats(chosen, "cost"))))
        left = words.money(budget - cost)
        said.append(words("actions.budget", cost=words.money(cost), budget=words.money(budget), left=left))
    if facts.get("holdout_share"):
        said.append(words("actions.holdout", share=words.share(facts["holdout_share"])))
    joint = "" if words.language == "zh" else " "
    return [joint.join(said)] if said else []


def _sum_by_lever(chosen: pa.Table) -> list[dict[str, Any]]:
    """Count, cost, gain and interval of each lever, the largest gain first.

    The interval is the sum of the actions' own bounds: the response to an offer is one unknown that all
    of its actions share, so their errors do not cancel out.
    """
    sums = []
    for lever in LEVERS:
        rows_of = where(chosen, "lever", lever)
        if rows_of.num_rows:
            gains = {name: total(floats(rows_of, name)) for name in ("expected_gain", "cost")}
            low, high = (
                total(floats(rows_of, name)) if name in chosen.column_names else gains["expected_gain"]
                for name in ("expected_gain_low", "expected_gain_high")
            )
            sums.append({"lever": lever, "actions": rows_of.num_rows, "cost": gains["cost"], "gain": gains["expected_gain"], "low": low, "high": high})  # fmt: skip
    return sorted(sums, key=lambda row: (-row["gain"], row["lever"]))


def _levers(chosen: pa.Table, words: Words) -> list[Block]:
    """The gains as a chart, and beside it the totals as a table."""
    sums = _sum_by_lever(chosen)
    named = [{**row, "label": words.label("levers", row["lever"])} for row in sums]
    parts = words.listed(
        words("actions.gain_part", lever=row["label"], gain=words.money(row["gain"])) for row in named
    )
    alt = words("actions.gain_alt", parts=parts)
    lines: list[list[str | Cell]] = [
        [
            Cell(row["label"], below=(words.label("lever_help", row["lever"]),)),
            words.count(row["actions"]),
            words.money(row["cost"]),
            Cell(words.money(row["gain"]), below=(words.interval(row["low"], row["high"]),)),
        ]
        for row in named
    ]
    heads = [words(f"actions.{key}") for key in ("lever", "count", "cost", "gain")]
    unit = words("actions.gain_unit", currency=words.currency or "–")
    spec = gain_bars(named, words, PAGE, description=alt)
    figure = Figure("lever-gain", words("actions.gain_chart"), unit, spec, alt, grid(heads, lines))
    return [figure, grid(heads, lines, title=words("actions.by_lever"))]


def item_titles(tables: Tables) -> dict[str, str]:
    """Titles by item; items without one are not there."""
    for name in ("item_features", "items"):
        table = present(tables, name, "item_id", "title")
        if table is not None:
            return {item: title for item, title in rows(table, "item_id", "title") if title}
    return {}


def offer_title(facts: Facts, offer_id: str) -> str:
    """What people call an offer: the catalogue's title, or its id."""
    return str((facts.get("offers") or {}).get(offer_id) or offer_id)


def in_rank_order(chosen: pa.Table, limit: int) -> list[dict[str, Any]]:
    """The first actions as rows, best first."""
    import pyarrow.compute as pc

    order = pc.sort_indices(chosen, sort_keys=[("rank", "ascending"), ("customer_id", "ascending")])
    found = rows(chosen.take(order[:limit]), *COLUMNS)
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def _first(chosen: pa.Table, tables: Tables, facts: Facts, words: Words) -> Grid:
    titles = item_titles(tables)
    first = in_rank_order(chosen, SHOWN)
    heads = [
        words(f"actions.{key}") for key in ("rank", "customer", "action", "why", "items", "gain", "cost")
    ]
    lines = [_line(row, titles, facts, words) for row in first]
    title = words("actions.top", count=len(first), all=chosen.num_rows)
    return grid(heads, lines, text_columns=5, title=title, stacks=True, folded=UNFOLDED, wide=True)


def _line(row: Mapping[str, Any], titles: Mapping[str, str], facts: Facts, words: Words) -> list[str | Cell]:
    items = words.listed(titles.get(item, item) for item in row["item_ids"] or ())
    low, high = row["expected_gain_low"], row["expected_gain_high"]
    spread = words.interval(low, high) if _known(low) and _known(high) else ""
    channel = words.label("channels", row["channel"]) if row["channel"] else ""
    below = " · ".join(part for part in (words.label("levers", row["lever"]), channel) if part)
    return [
        str(row["rank"]),
        str(row["customer_id"]),
        Cell(offer_title(facts, row["offer_id"]), below=(below,)),
        words.reason(row["reason_code"], row["reason_values"]),
        items or "–",
        Cell(
            words.money(row["expected_gain"]),
            below=(spread,) if spread else (),
            badge=words("report.assumed") if row["assumed"] else "",
        ),
        words.money(row["cost"]),
    ]


def _known(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def _alone(table: pa.Table, words: Words) -> list[Block]:
    """Who gets no action, by reason."""
    left = table.filter(table.column("offer_id").is_null())
    if not left.num_rows or "reason_code" not in table.column_names:
        return []
    by_reason = {code: size for (code,), size in counts(left, "reason_code").items()}
    parts = words.listed(
        words("actions.alone_part", count=number, reason=words.label("alone", code))
        for code, number in sorted(by_reason.items(), key=lambda pair: (-pair[1], str(pair[0])))
    )
    alone = words.counted(left.num_rows, "customer")
    return [Sentence(words("actions.alone", count=alone, parts=parts))]
