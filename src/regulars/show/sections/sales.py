"""Sales by month: what was sold, and to whom."""

from __future__ import annotations

from typing import NamedTuple

from regulars.show.blocks import Block, Figure, Grid, Section, grid
from regulars.show.charts.sales import month_bars
from regulars.show.charts.theme import PAGE
from regulars.show.frames import Facts, Tables, present, rows
from regulars.show.sections.missing import missing
from regulars.show.words import DASHES, Words

LATEST = 36

COLUMNS = (
    "month", "list_value", "discount_value", "refund_value", "cancelled_value", "net_value", "anonymous_value",
    "order_count", "customer_count", "new_customer_count",
)  # fmt: skip


class Month(NamedTuple):
    """One row of ``schema.SALES``: the columns ``COLUMNS``."""

    month: str
    list_value: float
    discount_value: float
    refund_value: float
    cancelled_value: float
    net_value: float
    anonymous_value: float
    order_count: int
    customer_count: int
    new_customer_count: int


def sales(tables: Tables, facts: Facts, words: Words) -> Section:
    """Net sales and buyers of each month."""
    table = present(tables, "sales", *COLUMNS)
    title, intro = words("sales.title"), words("sales.intro")
    if table is None:
        return Section("sales", title, words("sales.short"), intro, (missing(words, "sales"),))
    months = sorted(Month(*row) for row in rows(table, *COLUMNS) if None not in row)[-LATEST:]
    if not months:
        return Section("sales", title, words("sales.short"), intro, (missing(words, "sales"),))
    blocks: tuple[Block, ...] = (_net(months, words), _buyers(months, words), *_left_out(tables, words))
    return Section("sales", title, words("sales.short"), intro, blocks)


def _net(months: list[Month], words: Words) -> Figure:
    known, anonymous = words("sales.known"), words("sales.anonymous")
    kinds = {known: PAGE.accent}
    if any(month.anonymous_value for month in months):
        kinds[anonymous] = PAGE.soft
    bars = []
    for month in months:
        label, nobody = words.month(month.month), month.anonymous_value
        bars.append({"month": label, "kind": known, "amount": month.net_value - nobody})
        if anonymous in kinds:
            bars.append({"month": label, "kind": anonymous, "amount": nobody})
    best = max(months, key=lambda month: month.net_value)
    alt = words(
        "sales.chart_alt", first=words.month(months[0].month), last=words.month(months[-1].month),
        best_month=words.month(best.month), best=words.money(best.net_value), latest=words.money(months[-1].net_value),
    )  # fmt: skip
    heads = [words("report.month"), *(words.column(name) for name in COLUMNS[1:8])]
    lines = [
        [
            words.month(month.month),
            *(words.money(value) for value in month[1:7]),
            words.count(month.order_count),
        ]
        for month in reversed(months)
    ]
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
        label, fresh = words.month(month.month), month.new_customer_count
        bars.append({"month": label, "kind": again, "amount": month.customer_count - fresh})
        bars.append({"month": label, "kind": first, "amount": fresh})
    last = months[-1]
    alt = words(
        "sales.buyers_alt",
        month=words.month(last.month),
        latest=last.customer_count,
        new=last.new_customer_count,
    )
    heads = [words("report.month"), words("sales.buyers"), words("sales.first_time"), words("sales.again")]
    lines = [
        [
            words.month(month.month), words.count(month.customer_count), words.count(month.new_customer_count),
            words.count(month.customer_count - month.new_customer_count),
        ]
        for month in reversed(months)
    ]  # fmt: skip
    return Figure(
        "sales-buyers", words("sales.buyers"), words("sales.buyers_unit"),
        month_bars(bars, kinds, words, PAGE, format=",d", description=alt, legend=False), alt, grid(heads, lines),
        tuple(kinds.items()),
    )  # fmt: skip


def _left_out(tables: Tables, words: Words) -> tuple[Grid, ...]:
    """Orders that are no sale, all months together, by currency and reason; nothing where there are none."""
    table = present(tables, "left_out_sales", "currency", "left_out", "order_count", "left_out_value")
    if table is None:
        return ()
    sums = table.group_by(["currency", "left_out"]).aggregate(
        [("order_count", "sum"), ("left_out_value", "sum")]
    )
    found = sums.sort_by([("currency", "ascending"), ("left_out", "ascending")]).to_pylist()
    lines = [
        [
            words.label("left_out", row["left_out"]), str(row["currency"] or DASHES),
            words.count(row["order_count_sum"]), words.number(row["left_out_value_sum"], 2),
        ]
        for row in found
    ]  # fmt: skip
    heads = [words.column(name) for name in ("left_out", "currency", "order_count", "left_out_value")]
    return (
        grid(heads, lines, text_columns=2, title=words("sales.left_out"), note=words("sales.left_out_note")),
    )
