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
        for name in NAMED_WHERE_ANY:
            if report[name]:
                lines.append(words(f"imports.{name}", count=report[name]))
        for code, count in report["rejected_codes"].items():
            lines.append(words("imports.rejected", code=code, count=count))
        lines += [words("imports.note", note=note) for note in report.get("found_notes", ())]
    if any(report["rejected"] for report in reports):
        lines.append(words("imports.rejected_help", shop=shop))
    return "\n".join(lines)
