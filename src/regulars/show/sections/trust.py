"""How far to trust the numbers: the past predicted, the notes of the run, and what the data lack."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from regulars.show.blocks import Block, Cell, Figure, Grid, Remarks, Section, Sentence, Stack, grid
from regulars.show.charts.theme import PAGE
from regulars.show.charts.trust import bias_dots, calibration
from regulars.show.frames import Facts, Tables, floats, present, rows, values
from regulars.show.words import Words

OURS, NAIVE = "regulars", "naive"
TARGETS = ("purchases", "spend", "churn")
SHOWN_METRICS = ("bias", "gini", "auc", "brier", "ece", "mae", "coverage")
LOWER_IS_BETTER = ("brier", "log_loss", "ece", "mae", "rmse")
LATEST_ORIGINS = 3


class Cut(NamedTuple):
    """A day that was predicted from, and how many days ahead; the shorter horizon stands first."""

    horizon_days: int
    day: str


Score = tuple[float | None, float | None, float | None]
Scores = dict[tuple[Cut, str, str, str], Score]


def trust(tables: Tables, facts: Facts, words: Words) -> Section:
    """The backtest beside the naive rate, calibration, and what a reader should know."""
    blocks: list[Block] = []
    scores = scores_of(tables)
    remarks = _remarks(tables, facts, words)
    if scores:
        blocks += [Sentence(sentence) for sentence in (checked(scores, words), *naive_ranks(scores, words))]
        blocks += [*_bias(scores, words), *_calibration(tables, words), _table(scores, words)]
        blocks.append(Stack((_how(scores, words), *remarks)))
    else:
        blocks += [Sentence(not_checked(facts, words), lacking=True), *remarks]
    return Section("trust", words("trust.title"), words("trust.short"), words("trust.intro"), blocks)


def not_checked(facts: Facts, words: Words) -> str:
    """That nothing is known about how far off the predictions are, and what to type."""
    why = "evaluation_other" if facts.get("evaluation_is_of_other_data") else "evaluation"
    joint = "" if words.language == "zh" else " "
    return joint.join((words(f"missing.{why}"), words("missing.evaluate")))


def _remarks(tables: Tables, facts: Facts, words: Words) -> list[Remarks]:
    """What the data lack, and what is known about the data and the run."""
    lacking = tuple(gaps(tables, facts, words)) or (words("gaps.none"),)
    known = (words.note(note) for note in facts.get("notes") or ())
    notes = (words.finding({"code": "no_season", "values": {}}), *_data(facts, words), *known)
    return [Remarks(words("trust.gaps"), lacking), Remarks(words("trust.notes"), notes)]


def scores_of(tables: Tables) -> Scores:
    """(cut-off day and horizon, target, metric, model) -> value with its interval, of the latest days."""
    name = "evaluation_metrics" if "evaluation_metrics" in tables else "evaluation"
    table = present(tables, name, "origin_on", "horizon_days", "target", "metric", "model", "value")
    if table is None:
        return {}
    found = {
        (Cut(int(horizon), str(origin)), target, metric, model): (value, low, high)
        for horizon, origin, target, metric, model, value, low, high in rows(
            table,
            "horizon_days",
            "origin_on",
            "target",
            "metric",
            "model",
            "value",
            "value_low",
            "value_high",
        )
    }
    cuts = cuts_of(found)
    latest = [
        cut
        for cut in cuts
        if cut in [c for c in cuts if c.horizon_days == cut.horizon_days][-LATEST_ORIGINS:]
    ]
    return {key: found[key] for key in sorted(found) if key[0] in latest}


def cuts_of(scores: Scores) -> list[Cut]:
    """The days and horizons that were checked, the shortest horizon and the earliest day first."""
    return sorted({key[0] for key in scores})


def by_horizon(scores: Scores) -> dict[int, Scores]:
    """The scores of each horizon, the shortest first."""
    horizons = dict.fromkeys(cut.horizon_days for cut in cuts_of(scores))
    return {days: {key: scores[key] for key in scores if key[0].horizon_days == days} for days in horizons}


def cut_name(cut: Cut, words: Words) -> str:
    """A cut-off day with its horizon."""
    return words("trust.cut", date=words.date(cut.day), days=words.counted(cut.horizon_days, "day"))


def when(scores: Scores, words: Words) -> tuple[str, str]:
    """The days that scores of one horizon are from, and that horizon."""
    cuts = cuts_of(scores)
    return words.listed(words.date(cut.day) for cut in cuts), words.counted(cuts[0].horizon_days, "day")


def checked(scores: Scores, words: Words) -> str:
    """From which days the models were checked, and how far ahead."""
    parts = (when(part, words) for part in by_horizon(scores).values())
    said = words.listed(words("trust.checked_part", dates=dates, days=days) for dates, days in parts)
    return words("trust.checked", parts=said)


def naive_ranks(scores: Scores, words: Words) -> list[str]:
    """One sentence for each day at which the naive rate ordered customers by spend better than we did."""
    sentences = []
    for cut in cuts_of(scores):
        ours, naive = (scores.get((cut, "spend", "gini", m), (None, None, None))[0] for m in (OURS, NAIVE))
        if beats(naive, ours, "gini"):
            said = {"ours": words.number(ours, 3), "naive": words.number(naive, 3)}
            sentences.append(words("trust.naive_ranks", cut=cut_name(cut, words), **said))
    return sentences


def biases(scores: Scores, target: str) -> list[float]:
    """How far the predicted total of ``target`` was off at the days checked, smallest first."""
    return sorted(
        value
        for (_, of, metric, model), (value, _, _) in scores.items()
        if (of, metric, model) == (target, "bias", OURS) and value is not None
    )


def bias_range(scores: Scores, words: Words, target: str) -> str:
    """The smallest and the largest of ``biases`` in words; nothing where there are none."""
    found = biases(scores, target)
    if not found:
        return ""
    low, high = words.signed_share(found[0]), words.signed_share(found[-1])
    return low if low == high else words("report.interval", low=low, high=high)


def _bias(scores: Scores, words: Words) -> list[Block]:
    ours, naive = words("trust.ours"), words("trust.naive")
    dots: list[dict[str, Any]] = [
        {
            "label": _dot_label(target, cut, words),
            "target": words.label("targets", target),
            "date": cut_name(cut, words),
            "model": ours if model == OURS else naive,
            "value": score[0],
            "low": score[1],
            "high": score[2],
        }
        for target in TARGETS
        for (cut, of, metric, model), score in scores.items()
        if metric == "bias" and of == target and score[0] is not None
    ]
    if not dots:
        return []
    parts = words.listed(
        words("trust.bias_part", **{key: dot[key] for key in ("target", "date", "model")}, value=words.signed_share(dot["value"]))
        for dot in dots
    )  # fmt: skip
    alt = words("trust.bias_alt", parts=parts)
    models = {ours: PAGE.accent, naive: PAGE.muted}
    heads = [words("trust.target"), words("trust.cutoff"), words("trust.model"), words("trust.bias")]
    numbers = grid(
        heads,
        [[d["target"], d["date"], d["model"], words.signed_share(d["value"])] for d in dots],
        text_columns=3,
    )
    spec = bias_dots(dots, models, words, PAGE, description=alt, legend=False)
    return [
        Figure(
            "bias", words("trust.bias"), words("trust.bias_unit"), spec, alt, numbers, tuple(models.items())
        )
    ]


def _dot_label(target: str, cut: Cut, words: Words) -> str:
    """A dot's row of the chart: target, month and horizon."""
    label, month = words.label("targets", target), words.month(cut.day)
    return words("trust.dot", target=label, month=month, days=str(cut.horizon_days))


def _calibration(tables: Tables, words: Words) -> list[Block]:
    name = "evaluation_calibration" if "evaluation_calibration" in tables else "calibration"
    table = present(tables, name, "origin_on", "horizon_days", "decile", "predicted", "observed")
    if table is None:
        return []
    found = sorted(
        (Cut(int(horizon), str(origin)), int(decile), predicted, observed, customers)
        for horizon, origin, decile, predicted, observed, customers, model in rows(
            table, "horizon_days", "origin_on", "decile", "predicted", "observed", "customer_count", "model"
        )
        if model in (None, OURS) and predicted is not None and observed is not None
    )
    if not found:
        return []
    cuts = sorted({row[0] for row in found})[-2:]
    keys = ("cutoff", "decile", "predicted", "observed", "customers")
    points = [
        dict(zip(keys, (cut_name(row[0], words), *row[1:]), strict=True)) for row in found if row[0] in cuts
    ]
    return [_calibration_figure(points, words)]


def _calibration_figure(points: Sequence[dict[str, Any]], words: Words) -> Figure:
    latest = [point for point in points if point["cutoff"] == points[-1]["cutoff"]]
    lowest, highest = latest[0], latest[-1]
    alt = words(
        "trust.calibration_alt",
        low_predicted=words.share(lowest["predicted"]), low_observed=words.share(lowest["observed"]),
        high_predicted=words.share(highest["predicted"]), high_observed=words.share(highest["observed"]),
    )  # fmt: skip
    heads = [words(f"trust.{key}") for key in ("cutoff", "decile", "predicted", "observed")]
    lines = [
        [p["cutoff"], words.count(p["decile"]), words.share(p["predicted"]), words.share(p["observed"]), words.count(p["customers"])]
        for p in points
    ]  # fmt: skip
    cutoffs = list(dict.fromkeys(point["cutoff"] for point in points))
    tones = [PAGE.soft, PAGE.accent][-len(cutoffs) :]
    churn = words.label("targets", "churn").lower()
    return Figure(
        "calibration", words("trust.calibration", target=churn), words("trust.calibration_unit"),
        calibration(points, words, PAGE, format=".0%", description=alt, legend=False), alt,
        grid([*heads, words("report.customers")], lines), tuple(zip(cutoffs, tones, strict=True)),
    )  # fmt: skip


def _table(scores: Scores, words: Words) -> Grid:
    """One row per measure under its target, one column per cut-off day and horizon."""
    cuts = cuts_of(scores)
    there = {key[1:3] for key in scores}
    lines: list[list[str | Cell]] = []
    for target in TARGETS:
        metrics = [metric for metric in SHOWN_METRICS if (target, metric) in there]
        if metrics:
            lines.append([words.label("targets", target)])
        for metric in metrics:
            cells = [_score_cell(scores, (cut, target, metric), words) for cut in cuts]
            lines.append([words.label("metrics", metric), *cells])
    heads = [words("trust.metric"), *(cut_name(cut, words) for cut in cuts)]
    note = f"{words('trust.marked')} {words('trust.horizon')}"
    return grid(heads, lines, title=words("trust.table"), note=note)


def _score_cell(scores: Scores, key: tuple[Cut, str, str], words: Words) -> Cell:
    """Our value with its interval, the naive rate's value below it; marked where ours is better."""
    _, target, metric = key
    ours, naive = (scores.get((*key, model), (None, None, None)) for model in (OURS, NAIVE))
    said = [score_text(part, target, metric, words) for part in ours]
    below = [] if None in ours else [words("report.interval", low=said[1], high=said[2])]
    if naive[0] is not None:
        below.append(words("trust.naive_value", value=score_text(naive[0], target, metric, words)))
    return Cell(said[0], below=tuple(below), colour="good" if beats(ours[0], naive[0], metric) else "")


def score_text(value: float | None, target: str, metric: str, words: Words) -> str:
    """One value of a metric in its unit."""
    if value is None:
        return "–"
    if metric == "bias":
        return words.signed_share(value)
    if metric in ("coverage", "top_decile_share"):
        return words.share(value)
    if metric in ("mae", "rmse") and target == "spend":
        return words.money(value)
    return words.number(value, 3)


def beats(ours: float | None, naive: float | None, metric: str) -> bool:
    """Whether our value is better than the naive rate's."""
    if ours is None or naive is None or not (math.isfinite(ours) and math.isfinite(naive)):
        return False
    if metric == "bias":
        return abs(ours) < abs(naive)
    return ours < naive if metric in LOWER_IS_BETTER else ours > naive


def _how(scores: Scores, words: Words) -> Remarks:
    """One line for each measure that is shown."""
    there = {key[2] for key in scores}
    lines = tuple(
        f"{words.label('metrics', metric)}{words('report.colon')}{words.label('metric_help', metric)}"
        for metric in SHOWN_METRICS
        if metric in there
    )
    return Remarks(words("trust.how"), lines)


def gaps(tables: Tables, facts: Facts, words: Words) -> list[str]:
    """What the data lack, each with what it means and what to do."""
    imports = facts.get("imports") or {}
    stored = imports.get("stored_count") or 0
    history = present(tables, "sales", "month")
    months = len(set(values(history, "month"))) if history is not None else 0
    actions = present(tables, "actions", "assumed")
    items = present(tables, "item_features", "title")
    found = []
    if facts.get("margin_rate_is_assumed"):
        found.append(words("gaps.margin_assumed", rate=words.share(facts.get("margin_rate"))))
    if actions is not None and np.any(floats(actions, "assumed") > 0):
        found.append(words("gaps.response_assumed", share=words.share(facts.get("holdout_share"))))
    if stored and imports.get("anonymous_count"):
        found.append(words("gaps.anonymous", share=words.share(imports["anonymous_count"] / stored)))
    if imports.get("rejected_count"):
        found.append(words("gaps.rejected", count=imports["rejected_count"]))
    if 0 < months < 24:
        found.append(words("gaps.short_history", months=months))
    features = present(tables, "customer_features", "visit_count")
    if features is not None and not np.any(floats(features, "visit_count") > 0):
        found.append(words("gaps.no_visits"))
    if items is not None and not any(values(items, "title")):
        found.append(words("gaps.no_titles"))
    return found


def _data(facts: Facts, words: Words) -> tuple[str, ...]:
    imports = facts.get("imports") or {}
    names = ("read", "stored", "duplicate", "rejected", "anonymous")
    if not all(f"{name}_count" in imports for name in names):
        return ()
    return (words("trust.data_read", **{name: imports[f"{name}_count"] for name in names}),)
