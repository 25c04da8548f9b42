"""Sales by month: what was sold, and to whom."""

from __future__ import annotations

from typing import Any

from regulars.show.blocks import Figure, Section, grid
from regulars.show.charts.sales import month_bars
from regulars.show.charts.theme import PAGE
from regulars.show.frames import Facts, Tables, present, rows
from regulars.show.sections.missing import missing
from regulars.show.words import Words

LATEST = 36

Month = tuple[str, float, float, float, int, int, int]
COLUMNS = ("month", "gross_value", "refund_value", "anonymous_value", "order_count", "customer_count", "new_customer_count")  # fmt: skip


def sales(tables: Tables, facts: Facts, words: Words) -> Section:
    """Net sales and buyers of each month."""
    table = present(tables, "sales", *COLUMNS)
    title, intro = words("sales.title"), words("sales.intro")
    if table is None:
        return Section("sales", title, words("sales.short"), intro, (missing(words, "sales"),))
    months: list[Any] = sorted(row for row in rows(table, *COLUMNS) if None not in row)[-LATEST:]
    if not months:
        return Section("sales", title, words("sales.short"), intro, (missing(words, "sales"),))
    return Section("sales", title, words("sales.short"), intro, (_net(months, words), _buyers(months, words)))


def _net_of(month: Month) -> float:
    return month[1] - month[2]


def _net(months: list[Month], words: Words) -> Figure:
    known, anonymous = words("sales.known"), words("sales.anonymous")
    kinds = {known: PAGE.accent}
    if any(month[3] for month in months):
        kinds[anonymous] = PAGE.soft
    bars = []
    for month in months:
        label = words.month(month[0])
        bars.append({"month": label, "kind": known, "amount": _net_of(month) - month[3]})
        if anonymous in kinds:
            bars.append({"month": label, "kind": anonymous, "amount": month[3]})
    best = max(months, key=_net_of)
    alt = words(
        "sales.chart_alt", first=words.month(months[0][0]), last=words.month(months[-1][0]),
        best_month=words.month(best[0]), best=words.money(_net_of(best)), latest=words.money(_net_of(months[-1])),
    )  # fmt: skip
    heads = [words("report.month"), words("sales.gross"), words("sales.refunds"), words("sales.net"), words("sales.anonymous"), words("sales.orders")]  # fmt: skip
    lines = [
        [words.month(m[0]), words.money(m[1]), words.money(m[2]), words.money(_net_of(m)), words.money(m[3]), words.count(m[4])]
        for m in reversed(months)
    ]  # fmt: skip
    return Figure(
        "sales-net", words("sales.chart"), words("sales.chart_unit", currency=words.currency or "–"),
        month_bars(bars, kinds, words, PAGE, format="$,.0f", description=alt, legend=False), alt, grid(heads, lines),
        tuple(kinds.items()) if len(kinds) > 1 else (),
    )  # fmt: skip


def _buyers(months: list[Month], words: Words) -> Figure:
    again, first = words("sales.again"), words("sales.first_time")
    kinds = {again: PAGE.accent, first: PAGE.soft}
    bars = []
    for month in months:
        label = words.month(month[0])
        bars.append({"month": label, "kind": again, "amount": month[5] - month[6]})
        bars.append({"month": label, "kind": first, "amount": month[6]})
    last = months[-1]
    alt = words("sales.buyers_alt", month=words.month(last[0]), latest=last[5], new=last[6])
    heads = [words("report.month"), words("sales.buyers"), words("sales.first_time"), words("sales.again")]
    lines = [
        [words.month(m[0]), words.count(m[5]), words.count(m[6]), words.count(m[5] - m[6])]
        for m in reversed(months)
    ]
    return Figure(
        "sales-buyers", words("sales.buyers"), words("sales.buyers_unit"),
        month_bars(bars, kinds, words, PAGE, format=",d", description=alt, legend=False), alt, grid(heads, lines),
        tuple(kinds.items()),
    )  # fmt: skip
