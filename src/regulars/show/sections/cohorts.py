"""Cohorts: do customers come back, and what have they brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.show.blocks import Figure, Section, grid
from regulars.show.charts.cohorts import cohort_map
from regulars.show.charts.theme import PAGE
from regulars.show.frames import Facts, Tables, present, rows
from regulars.show.sections.missing import missing
from regulars.show.words import Words

LATEST = 18
"""Cohorts and months that are drawn; older ones stand in the table ``cohorts`` of the shop."""

Cohorts = dict[str, dict[int, tuple[int, float | None, float | None]]]


def cohorts(tables: Tables, facts: Facts, words: Words) -> Section:
    """Two heat maps: retention, and net value per customer added up."""
    found = _cohorts(tables)
    title, intro = words("cohorts.title"), words("cohorts.intro")
    if not found:
        return Section("cohorts", title, words("cohorts.short"), intro, (missing(words, "cohorts"),))
    return Section(
        "cohorts", title, words("cohorts.short"), intro, (_retention(found, words), _value(found, words))
    )


def _cohorts(tables: Tables) -> Cohorts:
    """cohort month -> months later -> (customers, retention_rate, net_value), the latest ones."""
    table = present(
        tables, "cohorts", "cohort_month", "months_later", "customer_count", "retention_rate", "net_value"
    )
    found: Cohorts = {}
    if table is None:
        return found
    for month, later, *rest in sorted(rows(table, "cohort_month", "months_later", "customer_count", "retention_rate", "net_value")):  # fmt: skip
        if later <= LATEST:
            found.setdefault(month, {})[later] = (rest[0], rest[1], rest[2])
    return dict(sorted(found.items())[-LATEST:])


def _label(month: str, months: Mapping[int, tuple[int, Any, Any]], words: Words) -> str:
    size = next(iter(months.values()))[0]
    return f"{words.month(month)} ({words.count(size)})"


def _mean(values: Cohorts, later: int) -> float | None:
    """Retention some months later over all cohorts that are old enough, each customer counted once."""
    old = [months[later] for months in values.values() if later in months and months[later][1] is not None]
    customers = sum(size for size, _, _ in old)
    return sum(size * (rate or 0.0) for size, rate, _ in old) / customers if customers else None


def _retention(found: Cohorts, words: Words) -> Figure:
    points = [
        {"cohort": _label(month, months, words), "later": later, "value": rate, "text": f"{100 * rate:.0f}"}
        for month, months in found.items()
        for later, (_, rate, _) in months.items()
        if later > 0 and rate is not None
    ] or [{"cohort": _label(month, months, words), "later": 1, "value": None, "text": ""} for month, months in found.items()]  # fmt: skip
    means = {later: words.share(_mean(found, later)) for later in (1, 6, 12)}
    alt = words(
        "cohorts.retention_alt", cohorts=len(found), first=means[1], sixth=means[6], twelfth=means[12]
    )
    spec = cohort_map(points, words, PAGE, format=".0%", description=alt)
    return Figure(
        "cohort-retention", words("cohorts.retention"), words("cohorts.retention_unit") + ", %", spec, alt,
        _table({m: {k: words.share(v[1]) for k, v in months.items()} for m, months in found.items()}, found, words),
        wide=True,
    )  # fmt: skip


def _added_up(months: Mapping[int, tuple[int, float | None, float | None]]) -> dict[int, float]:
    """Net value per customer of the cohort up to each month that is over."""
    summed, result = 0.0, {}
    for later, (size, _, value) in sorted(months.items()):
        if value is None:
            break
        summed += value
        result[later] = summed / size if size else 0.0
    return result


def _value(found: Cohorts, words: Words) -> Figure:
    added = {month: _added_up(months) for month, months in found.items()}
    points = [
        {"cohort": _label(month, found[month], words), "later": later, "value": value, "text": words.count(value)}
        for month, values in added.items()
        for later, value in values.items()
    ] or [{"cohort": _label(month, months, words), "later": 0, "value": None, "text": ""} for month, months in found.items()]  # fmt: skip
    means = {later: words.money(_mean_value(added, found, later)) for later in (3, 12)}
    alt = words("cohorts.value_alt", cohorts=len(found), third=means[3], twelfth=means[12])
    spec = cohort_map(points, words, PAGE, format="$,.0f", description=alt)
    unit = words("cohorts.value_unit", currency=words.currency or words("report.total"))
    shown = {
        month: {later: words.money(value) for later, value in values.items()}
        for month, values in added.items()
    }
    return Figure(
        "cohort-value", words("cohorts.value"), unit, spec, alt, _table(shown, found, words), wide=True
    )


def _mean_value(added: Mapping[str, Mapping[int, float]], found: Cohorts, later: int) -> float | None:
    old = [
        (found[month][0][0], values[later])
        for month, values in added.items()
        if later in values and 0 in found[month]
    ]
    customers = sum(size for size, _ in old)
    return sum(size * value for size, value in old) / customers if customers else None


def _table(shown: Mapping[str, Mapping[int, str]], found: Cohorts, words: Words) -> Any:
    later = sorted({place for months in found.values() for place in months})
    heads = [words("cohorts.cohort"), *(str(place) for place in later)]
    lines = [
        [_label(month, found[month], words), *(cells.get(place, "") for place in later)]
        for month, cells in shown.items()
    ]
    return grid(heads, lines)
