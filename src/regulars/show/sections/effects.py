"""Did it pay: what the exported offers brought, treated against held-out customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.show.blocks import Block, Cell, Remarks, Section, Sentence, grid
from regulars.show.effects import WITH_INTERVAL, effect_lines, offer_name
from regulars.show.frames import Facts, Tables, present
from regulars.show.words import Words


def effects(tables: Tables, facts: Facts, words: Words) -> Section:
    """The verdicts in sentences, and the numbers behind them."""
    title, intro = words("effects.title"), words("effects.intro")
    table = present(tables, "offer_effects", "offer_id", "verdict")
    if table is None:
        nothing = Sentence(words("effects.nothing"), lacking=True)
        return Section("effects", title, words("effects.short"), "", (nothing,))
    said = Remarks(words("effects.said"), tuple(effect_lines(tables, facts, words)))
    blocks: list[Block] = [said, _numbers(table.to_pylist(), facts, words)]
    return Section("effects", title, words("effects.short"), intro, blocks)


def _numbers(rows: list[dict[str, Any]], facts: Facts, words: Words) -> Block:
    heads = [
        words(f"effects.{key}") for key in ("offer", "verdict", "people", "margin", "bought", "response")
    ]
    lines = [_line(row, facts, words) for row in rows]
    return grid(
        heads, lines, text_columns=2, title=words("effects.numbers"), note=words("effects.note"), wide=True
    )


def _line(row: Mapping[str, Any], facts: Facts, words: Words) -> list[str | Cell]:
    people = Cell(words.count(row["treated_count"]), below=(words.count(row["held_out_count"]),))
    margin = bought = response = Cell("–")
    if row["verdict"] in WITH_INTERVAL:
        margin = _interval(row, "margin_difference", words)
        bought = _interval(row, "purchase_rate_difference", words)
    if row.get("response_rate_measured") is not None:
        parts = {
            name: words.share(row[f"response_rate_{name}"]) for name in ("measured", "assumed", "used")
        } | {"weight": words.share(row["measured_weight"])}
        response = Cell(parts["used"], below=(words("effects.response_parts", **parts),))
    name = Cell(offer_name(row["offer_id"], facts, words), below=(str(row["offer_id"] or ""),))
    return [name, words.label("verdicts", row["verdict"]), people, margin, bought, response]


def _interval(row: Mapping[str, Any], name: str, words: Words) -> Cell:
    form = words.money if name == "margin_difference" else words.share
    low, high = form(row[f"{name}_low"]), form(row[f"{name}_high"])
    return Cell(form(row[name]), below=(words("report.interval", low=low, high=high),))
