"""What an import will read, and what became of it, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.show.words import Words

COUNTS = ("read", "stored", "duplicate", "rejected", "erased", "updated", "older", "anonymous")
NAMED_WHERE_ANY = ("erased", "updated", "older", "anonymous")
"""Counts that have a line of their own, and only where they are not 0."""


def plan_text(
    file: str, source: str, mapping: Mapping[str, str], notes: Sequence[str], language: str = "en"
) -> str:
    """A plan before it is used: the source, the columns, what was guessed.

    >>> print(plan_text("a.csv", "orders", {"time": "Order date"}, []))
    a.csv: source orders
      columns: time <- Order date
    """
    words = Words(language)
    pairs = ", ".join(f"{target} <- {column}" for target, column in mapping.items())
    lines = [words("imports.plan", file=file, source=source), words("imports.columns", mapping=pairs)]
    return "\n".join(lines + [words("imports.note", note=note) for note in notes])


def imports_text(reports: Sequence[Mapping[str, Any]], *, shop: str, language: str = "en") -> str:
    """The counts of each file, and why lines were rejected.

    ``reports`` have the fields of ``pipeline.imports.ImportReport``; ``shop`` stands in the command that
    shows the rejected lines.
    """
    words = Words(language, separator=",", minus="-")
    if not reports:
        return words("imports.nothing_to_replay")
    lines = []
    for report in reports:
        counts = {name: report[name] for name in COUNTS}
        lines.append(words("imports.counts", file=report["file"], **counts))
        lines += [words(f"imports.{name}", count=report[name]) for name in NAMED_WHERE_ANY if report[name]]
        for code, count in report["rejected_codes"].items():
            lines.append(words("imports.rejected", code=code, count=count))
        lines += [words("imports.note", note=note) for note in report.get("found_notes", ())]
        lines += [line for sums in report.get("sums", ()) for line in _sums(sums, language)]
    if any(report["rejected"] for report in reports):
        lines.append(words("imports.rejected_help", shop=shop))
    return "\n".join(lines)


def _sums(sums: Mapping[str, Any], language: str) -> list[str]:
    """The sums of one currency in the order of an admin page, and the orders that are no sale."""
    words = Words(language, str(sums["currency"]), ",", "-")
    lines = []
    if sums["order_count"]:
        names = ("list_value", "discount_value", "shipping_value", "tax_value", "refund_value")
        amounts = {name: _cents(words, sums[name]) for name in names}
        orders = words.counted(sums["order_count"], "order")
        lines.append(words("imports.sums", currency=sums["currency"] or "-", orders=orders, **amounts))
        if sums["cancelled_value"]:
            lines.append(words("imports.sums_cancelled", value=_cents(words, sums["cancelled_value"])))
        if sums["undated_refund_value"]:
            lines.append(words("imports.sums_undated", value=_cents(words, sums["undated_refund_value"])))
    if sums["left_out"]:
        parts = [
            f"{words.count(count)} {words.label('left_out', reason)}"
            for reason, count in sums["left_out"].items()
        ]
        lines.append(
            words("imports.sums_left_out", currency=sums["currency"] or "-", parts=words.listed(parts))
        )
    return lines


def _cents(words: Words, value: float) -> str:
    """An amount to the cent, so that it can be held against another one."""
    return words.number(value, 2)
