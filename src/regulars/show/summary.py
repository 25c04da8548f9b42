"""One screen of plain words: what a run found, and what to do first."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len

from regulars.schema import LEVERS, STAGES
from regulars.show.frames import Facts, Tables, counts, floats
from regulars.show.sections.actions import in_rank_order, offer_title
from regulars.show.sections.headline import (
    if_as_far_off,
    margin,
    people,
    period,
    plan,
    reached,
    recent_sales,
    visitors_too,
)
from regulars.show.sections.lifecycle import months_of, stages_today
from regulars.show.sections.trust import TARGETS, bias_range, by_horizon, naive_ranks, scores_of, when
from regulars.show.sections.value import FEWEST_CUSTOMERS, held_by_best
from regulars.show.words import Words

WIDTH = 88
INDENT = "  "
MOST_NOTES = 5


def summary(facts: Facts, tables: Tables, language: str = "en") -> str:
    """What a run found, in a few lines that fit one screen.

    Parameters
    ----------
    facts, tables
        As ``render_report`` takes them; what is missing is left out.
    language
        ``en`` or ``zh``.

    Returns
    -------
    str
        Plain text without colours, lines of at most 88 columns, no newline at the end.

    Examples
    --------
    >>> print(summary({"shop_name": "Tea", "as_of": "2011-09-09"}, {}))
    Tea as of 9 September 2011
    There is nothing to report yet. Type: regulars import FILE, then: regulars run
    """
    horizons = (facts.get("churn_horizon_days"), facts.get("clv_horizon_days"))
    words = Words(language, str(facts.get("currency") or ""), ",", "-", *horizons)
    shop = str(facts.get("shop_name") or words("report.shop"))
    as_of = words.date(facts["as_of"]) if facts.get("as_of") else ""
    lines = [
        *_imports(facts, words),
        *_customers(facts, tables, words),
        *_money(facts, tables, words),
        *_actions(facts, tables, words),
    ]
    lines += [*_trust(tables, words)] if lines else [words("terminal.nothing")]
    notes = [f"- {words.note(note)}" for note in (facts.get("notes") or ())[:MOST_NOTES]]
    if notes:
        lines += [words("terminal.notes"), *notes]
    head = words("terminal.summary", shop=shop, date=as_of) if as_of else shop
    return "\n".join([head, *(part for line in lines for part in _wrapped(line))])


# What a line may be cut behind: a word with its spaces, or one wide letter with the marks that belong to it.
_PIECE = re.compile(r"[^\s\u2e80-\uffff]+\s*|[\u2e80-\uffff][，。：；、）]*\s*|\s+")


def _wrapped(line: str) -> list[str]:
    """A line cut to the screen's width; wide letters count twice."""
    lines, used = [""], 0
    for piece in _PIECE.findall(line):
        if used + cell_len(piece.rstrip()) > WIDTH and lines[-1].strip():
            lines.append(INDENT)
            used = len(INDENT)
        lines[-1] += piece
        used += cell_len(piece)
    return [part.rstrip() for part in lines]


def _imports(facts: Facts, words: Words) -> Iterator[str]:
    counts = facts.get("imports")
    if counts and counts.get("read_count"):
        names = ("read", "stored", "duplicate", "rejected")
        yield words("terminal.imports", **{name: counts[f"{name}_count"] for name in names})


def _customers(facts: Facts, tables: Tables, words: Words) -> Iterator[str]:
    counted = people(tables, facts)
    if counted is not None:
        customers = words.counted(counted.customers, "customer")
        visitors = words.counted(counted.visitors, "visitor")
        key = "terminal.people" if counted.visitors else "terminal.customers"
        yield words(key, **{"customers": customers, "visitors": visitors, "buyers": counted.buyers})
    today = stages_today(tables, months_of(tables))
    parts = [f"{words.label('stages', code)} {words.count(today[code])}" for code in STAGES if today[code]]
    if parts:
        yield words("terminal.stages", parts=words.listed(parts))


def _money(facts: Facts, tables: Tables, words: Words) -> Iterator[str]:
    sold = recent_sales(tables)
    if sold is not None:
        first, last = period(sold, facts, words)
        yield words("terminal.sales", value=words.money(sold.value), first=first, last=last)
    expected, at_risk = margin(tables), margin(tables, "at_risk")
    if expected is not None:
        head = words("terminal.clv", label=words.column("clv"), value=words.money(expected))
        yield head + _best_tenth(tables, words)
        yield words("terminal.clv_off", said=if_as_far_off(expected, tables, facts, words))
    if at_risk is not None:
        number = stages_today(tables, {})["at_risk"]
        yield words("terminal.risk", customers=words.counted(number, "customer"), clv=words.money(at_risk))


def _best_tenth(tables: Tables, words: Words) -> str:
    predicted = floats(tables["customer_scores"], "clv")
    clv = np.sort(predicted[~np.isnan(predicted)])[::-1]
    if len(clv) < FEWEST_CUSTOMERS or clv[0] <= 0:
        return ""
    gap = "" if words.language == "zh" else " "
    return gap + words("terminal.clv_top", share=words.share(held_by_best(clv, [0.1])[0]))


def _actions(facts: Facts, tables: Tables, words: Words) -> Iterator[str]:
    today = plan(tables)
    if today is None:
        return
    if not today.actions:
        yield words("terminal.no_actions")
        return
    assumed = words("terminal.assumed") if today.assumed else ""
    cost, gain = words.money(today.cost), words.money(today.gain)
    visitors = words("terminal.visitors", said=visitors_too(today, words)) if today.visitors else ""
    yield words(
        "terminal.actions", count=today.customers, visitors=visitors, cost=cost, gain=gain, assumed=assumed
    )
    table = tables["actions"]
    chosen = table.filter(table.column("offer_id").is_valid())
    if today.customers:
        chosen, _ = reached(chosen, tables)
    by_lever = {lever: number for (lever,), number in counts(chosen, "lever").items()}
    parts = [
        f"{words.label('levers', lever)} {words.count(by_lever[lever])}"
        for lever in LEVERS
        if lever in by_lever
    ]
    yield words("terminal.levers", parts=words.listed(parts))
    first = in_rank_order(chosen, 1)[0]
    yield words(
        "terminal.first",
        action=offer_title(facts, first["offer_id"]),
        customer=str(first["customer_id"]),
        reason=words.reason(first["reason_code"], first["reason_values"]),
    )


def _trust(tables: Tables, words: Words) -> Iterator[str]:
    scores = scores_of(tables)
    for part in by_horizon(scores).values():
        off = {target: bias_range(part, words, target) for target in TARGETS}
        parts = [
            words("terminal.bias_part", target=words.label("targets", target), value=value)
            for target, value in off.items()
            if value
        ]
        if parts:
            dates, days = when(part, words)
            yield words("terminal.bias", dates=dates, days=days, parts=words.listed(parts))
    yield from naive_ranks(scores, words)
