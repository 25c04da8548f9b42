"""One screen of plain words: who the customers are, what to do today and why, and how far to trust it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len

from regulars.show.frames import Facts, Tables, floats, present
from regulars.show.numbers import as_date
from regulars.show.outlook import Outlook, miss, outlooks
from regulars.show.screen import INDENT, Part, aligned, fitted
from regulars.show.sections.headline import people, period, recent_sales
from regulars.show.today import first_of_all, left_alone, list_of_offers, what_to_do
from regulars.show.words import Words

WIDTH = 88
HEIGHT = 25
FEW_REPEAT_BUYERS = 100
EFFECT_LINES = 2
OLDEST_DAYS = 31
"""Data older than this are old; by how many days says nothing more."""

# Notes of a run that a shopkeeper should know, the most important first; the report has all of them.
NOTE_RANKS = {
    "margin_assumed": 1, "refunds_undated": 1, "no_repeat_buyers": 2, "few_customers": 2, "data_end_before": 2, "excluded_unknown": 1,
    "unfinished_day": 5, "margin_from_costs": 6, "short_history": 6,
}  # fmt: skip


def summary(facts: Facts, tables: Tables, language: str = "en", *, width: int = WIDTH) -> str:
    """What a run found, in at most 25 lines that fit one screen.

    Parameters
    ----------
    facts, tables
        As ``render_report`` takes them; what is missing is left out. Besides: ``folder`` (the shop's, as one types
        it), ``report`` (its report's path), ``checks`` (totals of the days checked, as ``Evaluation.totals``),
        ``history_days``, ``data_age_days`` (days from the last day of the data to today), ``effects`` (lines about measured offers).
    language
        ``en`` or ``zh``.
    width
        Columns of the screen, at most 88.

    Returns
    -------
    str
        Plain text without colours, no newline at the end. Where it would be longer than 25 lines, the least
        important ones are left out; commands are never cut.

    Examples
    --------
    >>> print(summary({"shop_name": "Tea", "as_of": "2011-09-09"}, {}))
    Tea as of 9 September 2011
    There is nothing to report yet. Type: regulars import FILE, then: regulars run
    """
    horizons = (facts.get("churn_horizon_days"), facts.get("clv_horizon_days"))
    words = Words(language, str(facts.get("currency") or ""), ",", "-", *horizons)
    width = min(width, WIDTH)
    found = [
        *_stages(facts, tables, words, width),
        *what_to_do(facts, tables, words),
        *list_of_offers(facts, tables, words),
        *left_alone(tables, words),
        *first_of_all(facts, tables, words),
        *_effects(facts),
    ]
    if not found:
        return "\n".join([_title(facts, tables, words), words("terminal.nothing")])
    parts = [
        Part((_title(facts, tables, words),), 0),
        *found,
        *_trust(facts, tables, words),
        *_careful(facts, tables, words),
        *_next(facts, tables, words, width),
    ]
    return "\n".join(fitted(parts, width, HEIGHT))


def _title(facts: Facts, tables: Tables, words: Words) -> str:
    shop = str(facts.get("shop_name") or words("report.shop"))
    if not facts.get("as_of"):
        return shop
    head = words("terminal.summary", shop=shop, date=words.date(facts["as_of"]))
    sold = recent_sales(tables)
    if sold is None:
        return head
    first, _ = period(sold, facts, words)
    return head + words("screen.sales", value=words.about(sold.value, 3), first=first)


# ---------------------------------------------------------------- where the people are


def _stages(facts: Facts, tables: Tables, words: Words, width: int) -> Iterator[Part]:
    """The stages as a table: people, expected margin, and its range."""
    found = outlooks(tables, facts)
    if not any(one.people for one in found):
        return
    rows = [_row(one, words) for one in found]
    right = [False, False, True, True, False]
    lines = aligned(rows, right)
    if max(map(cell_len, lines)) + len(INDENT) > width:  # the explanations give way to the numbers
        rows, right = [[row[0], *row[2:]] for row in rows], [False, True, True, False]
        lines = aligned(rows, right)
    table = (_head(rows, words), *lines)
    yield Part(tuple(INDENT + line for line in table), 0, exact=True)


def _head(rows: list[list[str]], words: Words) -> str:
    """The heads of the numbers; that of the margin stands above the margin and its range."""
    before = 2 * (len(rows[0]) - 3) + sum(
        max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]) - 2)
    )
    days = words.counted(words.clv_days, "day") if words.clv_days else words("screen.horizon")
    people_head = words("screen.people")
    return " " * (before - cell_len(people_head)) + people_head + INDENT + words("screen.margin", days=days)


def _row(one: Outlook, words: Words) -> list[str]:
    name = words("screen.all") if one.stage == "all" else words.label("stages", one.stage)
    help_text = "" if one.stage == "all" else words.label("stage_short", one.stage)
    number = words("screen.unknown") if one.people is None else words.count(one.people)
    if one.margin is None:
        return [name, help_text, number, "-", words("screen.no_visits") if one.people is None else ""]
    low, high = words.about(one.low), words.about(one.high)
    said = "" if low == high else words("screen.range", low=low, high=high)
    return [name, help_text, number, words.about(one.margin), said]


# ---------------------------------------------------------------- whether to trust it


def _effects(facts: Facts) -> Iterator[Part]:
    """What offers brought that were measured, as lines in words."""
    for line in tuple(facts.get("effects") or ())[:EFFECT_LINES]:
        yield Part((str(line),), 1)


def _trust(facts: Facts, tables: Tables, words: Words) -> Iterator[Part]:
    """What was predicted at an earlier day, what happened, and what the naive rule said."""
    checks = sorted(facts.get("checks") or (), key=lambda row: (row["horizon_days"], row["origin_on"]))
    far = miss(tables, words.clv_days)
    joint = "" if words.language == "zh" else " "
    if checks:
        near = [row for row in checks if row["horizon_days"] == checks[0]["horizon_days"]][-1]
        yield Part((joint.join((words("screen.checked", **_said(near, words)), words(_verdict(near)))),), 0)
        if checks[-1]["horizon_days"] > near["horizon_days"]:
            said = words(
                "screen.checked_far", **_said(checks[-1], words), month=words.month(checks[-1]["origin_on"])
            )
            yield Part((joint.join((said, words(_verdict(checks[-1], ("spend",), "far")))),), 1)
    if far is None and checks:
        yield Part((words("screen.luck_alone"),), 2)
    elif far is None:
        key = "screen.unchecked_other" if facts.get("evaluation_is_of_other_data") else "screen.unchecked"
        key = key if _can_check(facts) else "screen.too_short"
        yield Part((words(key),), 1)
    else:
        yield Part((words("screen.range_means", days=words.counted(far.horizon_days, "day")),), 3)


def _can_check(facts: Facts) -> bool:
    """Whether the history holds a past to learn from and a future of the same length to compare with."""
    days, horizon = facts.get("history_days"), facts.get("churn_horizon_days")
    return days is None or horizon is None or days >= 2 * horizon


def _said(row: dict[str, Any], words: Words) -> dict[str, str]:
    counts = {name: words.count(row[name]) for name in ("customer_count", "buyers_predicted", "buyers_naive", "buyers_happened")}  # fmt: skip
    spent = {name: words.about(row[name], 3) for name in ("spend_predicted", "spend_naive", "spend_happened")}
    return {**counts, **spent, "date": words.date(row["origin_on"]), "days": words.counted(row["horizon_days"], "day")}  # fmt: skip


def _verdict(row: dict[str, Any], targets: tuple[str, ...] = ("buyers", "spend"), key: str = "naive") -> str:
    """Whether the naive rule came closer: to both totals, to one, or to none; plainly."""
    closer = [
        abs(row[f"{target}_naive"] - row[f"{target}_happened"])
        < abs(row[f"{target}_predicted"] - row[f"{target}_happened"])
        for target in targets
    ]
    if all(closer):
        return f"screen.{key}_closer"
    if not any(closer):
        return f"screen.{key}_further"
    return "screen.naive_buyers_closer" if closer[0] else "screen.naive_spend_closer"


# ---------------------------------------------------------------- what to be careful about


def _careful(facts: Facts, tables: Tables, words: Words) -> Iterator[Part]:
    notes = {str(note.get("code")): note for note in facts.get("notes") or () if isinstance(note, dict)}
    counted = people(tables, facts)
    folder = _folder(facts)
    repeat = _repeat_buyers(tables)
    if counted and repeat is not None and "no_repeat_buyers" not in notes and repeat < FEW_REPEAT_BUYERS:
        key = "screen.few_repeat" if repeat else "screen.no_repeat"
        yield _warning(words(key, customers=words.counted(repeat, "customer")), 2)
    if facts.get("data_age_days", 0) > 1:
        age = facts["data_age_days"]
        said = words.counted(age, "day") if age <= OLDEST_DAYS else words("screen.month_and_more")
        yield _warning(words("screen.old_data", days=said), 2)
    for code, rank in NOTE_RANKS.items():
        if code in notes:
            yield _warning(_careful_note(notes[code], folder, words), rank)
    if "response_assumed" in notes:
        yield _warning(words("screen.response_assumed"), 6)
    rejected = (facts.get("imports") or {}).get("rejected_count")
    if rejected:
        yield _warning(words("screen.rejected", lines=words.counted(rejected, "line"), shop=folder), 3)


def _careful_note(note: dict[str, Any], folder: str, words: Words) -> str:
    values = note.get("values") or {}
    if note["code"] == "margin_assumed":
        return words("screen.margin_assumed", rate=words.share(values.get("margin_rate")), shop=folder)
    if note["code"] == "refunds_undated" and values.get("share") is not None:
        orders, value = words.count(values["purchase_count"]), words.about(values["refund_value"], 3)
        return words("screen.refunds_undated", orders=orders, value=value, share=words.share(values["share"]))
    return words.note(note)


def _warning(text: str, rank: int) -> Part:
    return Part((f"! {text}",), rank)


def _repeat_buyers(tables: Tables) -> int | None:
    features = present(tables, "customer_features", "purchase_count")
    return None if features is None else int((floats(features, "purchase_count") > 1).sum())


# ---------------------------------------------------------------- what to type next


def _next(facts: Facts, tables: Tables, words: Words, width: int) -> Iterator[Part]:
    """Commands for this shop's folder, each with what it is for where there is room."""
    folder = _folder(facts)
    first = next(first_of_all(facts, tables, words, only_id=True), None)
    if not facts.get("checks") and miss(tables, words.clv_days) is None and _can_check(facts):
        yield _command(f"regulars evaluate --shop {folder}", words("screen.evaluate"), 0, width)
    if first is not None:
        command = f"regulars export actions --for csv --shop {folder}"
        yield _command(command, words("screen.export"), 0, width)
    report = str(facts.get("report") or f"regulars report --shop {folder}")
    if first is None:
        yield Part((INDENT + report,), 0, exact=True)
        return
    customer = first.lines[0]
    explain = f"regulars explain {shlex.quote(customer)} --shop {folder}"
    line = INDENT + words("screen.and_report", report=report, customer=customer, explain=explain)
    if cell_len(line) <= width:
        yield Part((line,), 0, exact=True)
    else:
        yield Part((INDENT + report,), 0, exact=True)
        yield Part((INDENT + explain,), 4, exact=True)


def _command(command: str, purpose: str, rank: int, width: int) -> Part:
    line = f"{INDENT}{command}{INDENT}{purpose}"
    return Part((line if cell_len(line) <= width else INDENT + command,), rank, exact=True)


def _folder(facts: Facts) -> str:
    return shlex.quote(str(facts.get("folder") or "DIR"))


def age_in_days(as_of: object, today: object) -> int:
    """Days from the last day of the data to today.

    >>> age_in_days("2024-01-01", "2024-01-31")
    30
    """
    return (as_date(str(today)) - as_date(str(as_of))).days
