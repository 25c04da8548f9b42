"""One customer in words: history, stage, value, chance of leaving, action, items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regulars.show.words import Words

Row = dict[str, Any]
MOST_ITEMS = 5
LEAST_REASON = 0.15
"""An item bought before that gives less of the score than this is no reason."""


def customer_text(
    record: Row, *, language: str = "en", currency: str = "", clv_horizon_days: int = 365
) -> str:
    """Why a customer has its stage, scores and action, as plain text.

    Parameters
    ----------
    record
        The fields of ``pipeline.explain.Explanation`` as a dict.
    clv_horizon_days
        The horizon of ``clv``.
    """
    words = Words(language, currency, separator=",", minus="-")
    parts = {
        "history": _history(record, words),
        "stage": _stage(record, words),
        "value": _value(record, words, clv_horizon_days),
        "churn": _churn(record, words),
        "groups": _groups(record, words),
        "action": _action(record, words),
        "items": _items(record, words),
    }
    churn_days = record["churn_parts"].get("horizon_days", "")
    heads = {"value": words("explain.value", days=words.counted(clv_horizon_days, "day"))}
    heads["churn"] = words("explain.churn", days=words.counted(churn_days, "day")) if churn_days else ""
    lines = [f"{record['customer_id']}  ({record['run_id']})"]
    for name, part in parts.items():
        said = list(part)
        if said:
            lines += ["", heads[name] if name in heads else words(f"explain.{name}")]
            lines += [f"  {line}" for line in said]
    return "\n".join(lines)


def _history(record: Row, words: Words) -> Iterator[str]:
    features = record["features"]
    if not features["purchase_day_count"]:
        lines = features.get("line_count")
        yield (
            words("explain.none_stands", lines=words.counted(lines, "line"))
            if lines
            else words("explain.never")
        )
    else:
        yield words(
            "explain.bought",
            purchase_count=features["purchase_count"],
            purchase_day_count=features["purchase_day_count"],
            first=words.date(features["first_purchase_day"]),
            last=words.date(features["last_purchase_day"]),
        )
    months = [(row["as_of"][:7], words.label("stages", row["stage"])) for row in record["stage_history"]]
    runs: list[list[str]] = []
    for month, stage in months:
        if runs and runs[-1][2] == stage:
            runs[-1][1] = month
        else:
            runs.append([month, month, stage])
    yield ", ".join(f"{a} {stage}" if a == b else f"{a}..{b} {stage}" for a, b, stage in runs)


def _stage(record: Row, words: Words) -> Iterator[str]:
    stage = record["stage"]
    label = words.label("stages", stage["stage"])
    if stage.get("days_since_last_purchase") is None:
        yield words("explain.stage_never", stage=label)
        return
    own, shop = stage.get("expected_gap_own_days"), stage.get("expected_gap_shop_days")
    yield words(
        "explain.stage_line",
        stage=label,
        silence=words.counted(int(stage["days_since_last_purchase"]), "day"),
        risk_bound_days=stage["risk_bound_days"],
        churn_bound_days=stage["churn_bound_days"],
        expected_gap_days=words.figure(stage.get("expected_gap_days")),
        own=words.figure(own),
        shop=words.figure(shop),
    )


def _value(record: Row, words: Words, horizon_days: int) -> Iterator[str]:
    parts, scores = record["clv_parts"], record["scores"]
    if parts:
        yield words(
            "explain.value_line",
            clv=words.money(scores["clv"]),
            low=words.money(scores["clv_low"]),
            high=words.money(scores["clv_high"]),
            horizon=horizon_days,
            purchases=words.figure(parts["expected_purchases"]),
            order_value=words.money(parts["expected_order_value"]),
            margin=words.share(parts["margin_rate"]),
            discount=words.figure(parts["discount"]),
        )


def _churn(record: Row, words: Words) -> Iterator[str]:
    parts = record["churn_parts"]
    if parts:
        yield words(
            "explain.churn_line",
            churn=words.share(parts["churn_probability"]),
            gone=words.share(parts["already_gone"]),
            silent=words.share(parts["there_but_silent"]),
            model=parts["model"],
        )


def _groups(record: Row, words: Words) -> Iterator[str]:
    groups = record["groups"]
    if groups.get("rfm_group"):
        scores = "-".join(str(groups[f"rfm_{name}_score"]) for name in ("recency", "frequency", "monetary"))
        rfm = words.label("rfm_groups", groups["rfm_group"])
        yield f"{rfm} (RFM {scores}), {words.label('value_groups', groups['value_group'])}"


def _action(record: Row, words: Words) -> Iterator[str]:
    action = record["action"]
    reason = words.reason(action["reason_code"], action["reason_values"])
    if action["offer_id"] is None:
        yield f"{words.label('levers', 'none')}: {reason}"
        return
    gain = words.interval(action["expected_gain_low"], action["expected_gain_high"])
    assumed = words("terminal.assumed") if action["assumed"] else ""
    title = action.get("offer_title")
    offer = words("explain.offer", title=title, offer=action["offer_id"]) if title else action["offer_id"]
    yield f"{offer}: {reason}"
    yield f"{words.label('columns', 'expected_gain')} {words.money(action['expected_gain'])} ({gain}){assumed}, {words.label('columns', 'cost')} {words.money(action['cost'])}"


def _items(record: Row, words: Words) -> Iterator[str]:
    for row in record["recommendations"][:MOST_ITEMS]:
        why = f": {words('explain.popular')}"
        if row["reason_item_id"]:
            title, share = row["reason_title"] or row["reason_item_id"], row["reason_share"] or 0.0
            because = words("explain.because", share=words.share(share), title=title)
            why = f": {because}" if share >= LEAST_REASON else ""
        yield f"{row['rank']}. {row['title'] or row['item_id']}{why}"
