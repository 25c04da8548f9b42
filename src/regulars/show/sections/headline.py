"""The numbers at the top of the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from regulars.show.blocks import Section, Tile, Tiles
from regulars.show.frames import Facts, Tables, floats, looked_up, present, total, where
from regulars.show.sections.missing import missing
from regulars.show.sections.trust import bias_range
from regulars.show.words import Words

# A 90 % interval of a normal distribution is this many standard deviations wide.
WIDTH_90 = 2 * 1.6448536269514722
RECENT_DAYS = 90


@dataclass(frozen=True)
class Worth:
    """Expected margin of a group of customers with a 90 % interval (money)."""

    value: float
    low: float
    high: float


def headline(tables: Tables, facts: Facts, words: Words) -> Section:
    """Customers, sales, expected margin, risk and today's actions, each as one tile."""
    tiles = [
        tile
        for make in (_customers, _sales, _margin, _risk, _actions)
        if (tile := make(tables, facts, words)) is not None
    ]
    blocks = (Tiles(tuple(tiles)),) if tiles else (missing(words, "customer_features"),)
    return Section("glance", words("headline.title"), words("headline.short"), "", blocks)


def _customers(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    counted = customer_counts(tables, facts)
    if counted is None:
        return None
    customers, buyers = counted
    features = present(tables, "customer_features", "days_since_last_purchase")
    said = words.counted(buyers, "customer") if words.language == "zh" else words.count(buyers)
    detail = words("headline.customers_detail_short", buyers=said)
    if features is not None and buyers:
        recent = int(np.sum(floats(features, "days_since_last_purchase") <= RECENT_DAYS))
        detail = words("headline.customers_detail", buyers=said, share=words.share(recent / buyers))
    return Tile(words("headline.customers"), words.count(customers), (detail,))


def customer_counts(tables: Tables, facts: Facts) -> tuple[int, int] | None:
    """Customers, and those of them who have bought."""
    features = present(tables, "customer_features", "purchase_count")
    if "customer_count" in facts and "buyer_count" in facts:
        return int(facts["customer_count"]), int(facts["buyer_count"])
    if features is None:
        scores = present(tables, "customer_scores")
        return (scores.num_rows, scores.num_rows) if scores is not None else None
    return features.num_rows, int(np.sum(floats(features, "purchase_count") > 0))


def recent_sales(tables: Tables) -> tuple[float, int] | None:
    """Net value of the last 365 days, and how many customers it came from."""
    features = present(tables, "customer_features", "net_value_last_365_days", "purchase_count_last_365_days")
    if features is None:
        return None
    buyers = int(np.sum(floats(features, "purchase_count_last_365_days") > 0))
    return total(floats(features, "net_value_last_365_days")), buyers


def _sales(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    sold = recent_sales(tables)
    if sold is None:
        return None
    detail = words("headline.sales_detail", buyers=words.counted(sold[1], "customer"))
    return Tile(words("headline.sales"), words.money(sold[0]), (detail,))


def worth(tables: Tables, facts: Facts, stage: str | None = None) -> Worth | None:
    """Expected margin of all customers, or of those in one stage.

    Each customer's interval is their own chance; chances of different customers are independent, so
    their variances add. How wrong the model itself may be is not in this interval: the trust part says it.
    """
    scores = present(tables, "customer_scores", "clv")
    if scores is not None and stage is not None:
        scores = where(scores, "stage", stage) if "stage" in scores.column_names else None
    if scores is None:
        return None
    value = total(floats(scores, "clv"))
    if not {"clv_low", "clv_high"} <= set(scores.column_names):
        return Worth(value, value, value)
    spread = (floats(scores, "clv_high") - floats(scores, "clv_low")) / WIDTH_90
    half = WIDTH_90 / 2 * float(np.sqrt(total(np.square(spread))))
    return Worth(value, max(0.0, value - half), value + half)


def _margin(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    expected = worth(tables, facts)
    if expected is None:
        return None
    days = words.counted(int(facts.get("clv_horizon_days", 365)), "day")
    details = [words("headline.clv_detail", low=words.money(expected.low), high=words.money(expected.high))]
    if off := bias_range(tables, words, "spend"):
        details.append(
            words("headline.clv_backtest", target=words.label("targets", "spend").lower(), bias=off)
        )
    badge, why = _badge(bool(facts.get("margin_rate_is_assumed")), "headline.margin_assumed", words)
    label = words("headline.clv", days=days)
    return Tile(label, words.money(expected.value), tuple(details), badge, why)


def _badge(assumed: bool, why: str, words: Words) -> tuple[str, str]:
    """The mark of a number that rests on an assumption, and which assumption."""
    return (words("report.assumed"), words(why)) if assumed else ("", "")


def _risk(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    scores = present(tables, "customer_scores", "stage", "customer_id")
    at_stake = worth(tables, facts, "at_risk")
    if scores is None or at_stake is None:
        return None
    leaving = where(scores, "stage", "at_risk")
    features = present(tables, "customer_features", "customer_id", "net_value_last_365_days")
    clv = words.money(at_stake.value)
    detail = words("headline.risk_detail_short", clv=clv)
    if features is not None:
        spent = total(looked_up(leaving, features, "net_value_last_365_days"))
        detail = words("headline.risk_detail", spent=words.money(spent), clv=clv)
    count = words.count(leaving.num_rows)
    return Tile(words("headline.risk"), count, (detail,), warn=leaving.num_rows > 0)


@dataclass(frozen=True)
class Plan:
    """What today's actions come to: how many, their cost and expected gain (money)."""

    actions: int
    cost: float
    gain: float
    assumed: bool
    holdout: int


def plan(tables: Tables) -> Plan | None:
    """Totals of the actions that are not doing nothing."""
    actions = present(tables, "actions", "offer_id", "expected_gain", "cost")
    if actions is None:
        return None
    chosen = actions.filter(actions.column("offer_id").is_valid())
    return Plan(
        chosen.num_rows,
        total(floats(chosen, "cost")),
        total(floats(chosen, "expected_gain")),
        bool(_true(chosen, "assumed")),
        _withheld(actions),
    )


def _withheld(actions: pa.Table) -> int:
    """Customers who would get an action and do not, so that its effect can be measured."""
    if "reason_code" in actions.column_names:
        return where(actions, "reason_code", "holdout").num_rows
    return _true(actions, "holdout")


def _true(table: pa.Table, column: str) -> int:
    """Rows in which a flag is set; none where the table lacks it."""
    return int(np.nansum(floats(table, column))) if column in table.column_names else 0


def _actions(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    today = plan(tables)
    if today is None:
        return None
    details = [words("headline.actions_none")]
    if today.actions:
        details = [
            words("headline.actions_detail", cost=words.money(today.cost), gain=words.money(today.gain))
        ]
    if today.holdout:
        details.append(words("headline.holdout", count=words.count(today.holdout)))
    badge, why = _badge(today.assumed, "report.assumed_help", words)
    return Tile(words("headline.actions"), words.count(today.actions), tuple(details), badge, why)
