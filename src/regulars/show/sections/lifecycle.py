"""The lifecycle: stages today, stages over time, and who moved."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from regulars.schema import STAGES
from regulars.show.blocks import Block, Figure, Path, Phase, Section, Sentence, Stage, grid
from regulars.show.charts.lifecycle import stage_flows, stage_history
from regulars.show.charts.theme import PAGE, Palette
from regulars.show.frames import Facts, Tables, counts, present, rows, where
from regulars.show.sections.missing import missing
from regulars.show.words import Words

ORDER = ("unseen", *STAGES)
NAMED_MOVES = 3
HISTORY_MONTHS = 36


def lifecycle(tables: Tables, facts: Facts, words: Words) -> Section:
    """The four phases with their stages, then how these changed."""
    months = months_of(tables)
    blocks: list[Block] = [_path(tables, months, words) or missing(words, "customer_scores")]
    if len(months) > 1:
        blocks.append(_history(months, words))
    elif months:
        blocks.append(Sentence(words("missing.history"), lacking=True))
    else:
        blocks.append(missing(words, "stages"))
    if len(months) != 1:
        blocks.append(_flows(tables, words))
    return Section(
        "lifecycle", words("lifecycle.title"), words("lifecycle.short"), words("lifecycle.intro"), blocks
    )


def months_of(tables: Tables) -> dict[int, Counter[str]]:
    """Customers in each stage, by day (days since 1970-01-01) of the history."""
    history = present(tables, "stages", "as_of_day", "stage")
    months: dict[int, Counter[str]] = {}
    if history is None:
        return months
    for (day, stage), customers in counts(history, "as_of_day", "stage").items():
        months.setdefault(day, Counter())[stage] = customers
    return dict(sorted(months.items())[-HISTORY_MONTHS:])


def stages_today(tables: Tables, months: dict[int, Counter[str]]) -> Counter[str]:
    """Customers in each stage on the report's day."""
    scores = present(tables, "customer_scores", "stage")
    if scores is not None:
        return Counter({stage: n for (stage,), n in counts(scores, "stage").items() if stage is not None})
    return months[max(months)] if months else Counter()


def _path(tables: Tables, months: dict[int, Counter[str]], words: Words) -> Path | None:
    today = stages_today(tables, months)
    if not today:
        return None
    days = sorted(months)
    before = months[days[-2]] if len(days) > 1 else None
    everybody, largest = sum(today.values()), max(today.values())
    phases = []
    for phase in dict.fromkeys(STAGES.values()):
        codes = [
            stage
            for stage, of in STAGES.items()
            if of == phase and (today[stage] or (before and before[stage]))
        ]
        stages = tuple(_stage(code, today[code], before, everybody, largest, words) for code in codes)
        size = sum(today[code] for code in codes)
        phases.append(
            Phase(
                words.label("phases", phase),
                words.count(size) if codes else "",
                stages,
                "" if codes else words("lifecycle.unknown"),
            )
        )
    note = words("lifecycle.since", month=words.date(days[-2])) if before else ""
    return Path(tuple(phases), note)


def _stage(
    code: str, customers: int, before: Counter[str] | None, everybody: int, largest: int, words: Words
) -> Stage:
    change = words.signed_count(customers - before[code]) if before is not None else ""
    return Stage(
        words.label("stages", code),
        words.label("stage_help", code),
        words.count(customers),
        words.share(customers / everybody),
        change,
        round(100 * customers / largest, 2),
        PAGE.stages[code],
    )


def legend_of(codes: list[str], words: Words, palette: Palette = PAGE) -> tuple[tuple[str, str], ...]:
    """Stages with their colours."""
    return tuple((words.label("stages", code), palette.stages[code]) for code in codes)


def _history(months: dict[int, Counter[str]], words: Words) -> Figure:
    codes = [code for code in STAGES if any(month[code] for month in months.values())]
    days = list(months)
    points = [
        {"month": words.month(day), "stage": code, "order": ORDER.index(code), "customers": months[day][code]}
        for day in days
        for code in codes
    ]
    first, last = months[days[0]], months[days[-1]]
    parts = words.listed(
        words(
            "lifecycle.history_part", stage=words.label("stages", code), before=first[code], after=last[code]
        )
        for code in codes
    )
    alt = words("lifecycle.history_alt", first=words.month(days[0]), last=words.month(days[-1]), parts=parts)
    numbers = grid(
        [words("report.month"), *(words.label("stages", code) for code in codes)],
        [[words.date(day), *(words.count(months[day][code]) for code in codes)] for day in reversed(days)],
    )
    return Figure(
        "stage-history", words("lifecycle.history"), words("lifecycle.history_unit"),
        stage_history(points, words, PAGE, description=alt, legend=False), alt, numbers, legend_of(codes, words),
    )  # fmt: skip


def _flows(tables: Tables, words: Words) -> Block:
    moves = present(tables, "transitions", "as_of_day", "from_stage", "to_stage", "customer_count")
    if moves is None:
        return missing(words, "transitions")
    days = sorted(day for (day,) in counts(moves, "as_of_day"))
    latest = rows(where(moves, "as_of_day", days[-1]), "from_stage", "to_stage", "customer_count")
    stayed = sum(size for left, entered, size in latest if left == entered)
    flows = sorted(
        ((left, entered, size) for left, entered, size in latest if left != entered and size),
        key=lambda flow: (-flow[2], ORDER.index(flow[0]), ORDER.index(flow[1])),
    )
    if not flows:
        return Sentence(words("missing.flows"))
    named = [_move_in_words(flow, words) for flow in flows[:NAMED_MOVES]]
    alt = words("lifecycle.flows_alt", count=sum(flow[2] for flow in flows), parts=words.listed(named))
    heads = [words("lifecycle.from_stage"), words("lifecycle.to_stage"), words("report.customers")]
    numbers = grid(
        heads,
        [
            [words.label("stages", left), words.label("stages", entered), words.count(size)]
            for left, entered, size in flows
        ],
        text_columns=2,
    )
    before = _day_before(tables, moves, days)
    title = words("lifecycle.flows", before=words.date(before), after=words.date(days[-1]))
    return Figure(
        "stage-flows", title, words("lifecycle.flows_unit"),
        stage_flows(flows, ORDER, words, PAGE, description=alt), alt, numbers,
        note=words("lifecycle.unchanged", count=stayed),
    )  # fmt: skip


def _day_before(tables: Tables, moves: pa.Table, days: list[int]) -> int | None:
    """The month end that the latest moves are counted from."""
    if "previous_day" in moves.column_names:
        named = [
            day for (day,) in counts(where(moves, "as_of_day", days[-1]), "previous_day") if day is not None
        ]
        if named:
            return int(max(named))
    known = sorted({*months_of(tables), *days})
    place = known.index(days[-1])
    return known[place - 1] if place else None


def _move_in_words(flow: tuple[str, str, int], words: Words) -> str:
    left, entered, size = flow
    return words(
        "lifecycle.flows_part",
        from_stage=words.label("stages", left),
        to_stage=words.label("stages", entered),
        count=size,
    )
