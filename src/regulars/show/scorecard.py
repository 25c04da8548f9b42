"""An evaluation as text: our numbers beside the naive rate's, one block per origin."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, Any

import pyarrow as pa

from regulars.show.sections.trust import Cut, naive_ranks, scores_of
from regulars.show.words import Words

Row = dict[str, Any]
SHARES = ("bias", "ece", "coverage", "top_decile_share")


def print_scorecard(
    metrics: pa.Table, calibration: pa.Table, *, notes: Sequence[Row] = (), language: str = "en",
    currency: str = "", file: IO[str] | None = None,
) -> None:  # fmt: skip
    """Print how well purchases, spend and churn were predicted.

    Parameters
    ----------
    metrics, calibration
        ``schema`` tables ``evaluation_metrics`` and ``evaluation_calibration``.
    notes
        What a reader of the fits should know; each is said once.
    """
    out = file or sys.stdout
    words = Words(language, currency, separator=",", minus="-")
    rows, tenths = metrics.to_pylist(), calibration.to_pylist()
    for cut in dict.fromkeys(map(_cut, rows)):
        days = words.counted(cut.horizon_days, "day")
        print(words("evaluation.title", origin=words.date(cut.day), days=days), file=out)
        _print_metrics([row for row in rows if _cut(row) == cut], words, out)
        _print_tenths([row for row in tenths if _cut(row) == cut], days, words, out)
        print(file=out)
    for sentence in naive_ranks(scores_of({"evaluation_metrics": metrics}), words):
        print(f"- {sentence}", file=out)
    for sentence in dict.fromkeys(words.note({"code": n["code"], "values": n["values"]}) for n in notes):
        print(f"- {sentence}", file=out)


def _cut(row: Row) -> Cut:
    return Cut(row["horizon_days"], row["origin_on"])


def _print_metrics(rows: list[Row], words: Words, out: IO[str]) -> None:
    by_model: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        by_model.setdefault((row["target"], row["metric"]), {})[row["model"]] = row
    head = [words(f"evaluation.{name}") for name in ("what", "metric", "ours", "range", "naive")]
    lines = [head]
    for (target, metric), models in by_model.items():
        ours, naive = models.get("regulars"), models.get("naive")
        low, high = (
            _figure(words, metric, ours[f"value_{end}"] if ours else None) for end in ("low", "high")
        )
        lines.append(
            [
                words.label("targets", target),
                words.label("metrics", metric),
                _figure(words, metric, ours["value"] if ours else None),
                f"{low} .. {high}",
                _figure(words, metric, naive["value"] if naive else None),
            ]
        )
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    for line in lines:
        left = [cell.ljust(width) for cell, width in zip(line[:2], widths, strict=False)]
        right = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
        print("  " + "  ".join(left + right), file=out)


def _figure(words: Words, metric: str, value: float | None) -> str:
    if value is None:
        return "-"
    if metric == "bias":
        return f"{value:+.1%}"
    return f"{value:.1%}" if metric in SHARES else words.figure(value)


def _print_tenths(rows: list[Row], days: str, words: Words, out: IO[str]) -> None:
    ours = sorted((row for row in rows if row["model"] == "regulars"), key=lambda row: row["decile"])
    if not ours:
        return
    print(f"  {words('evaluation.calibration', days=days)}", file=out)
    for name in ("predicted", "observed"):
        print("  " + " ".join(f"{row[name]:>4.0%}" for row in ours), file=out)
