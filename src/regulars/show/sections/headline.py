"""The numbers at the top of the report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.show.blocks import Section, Tile, Tiles
from regulars.show.frames import Facts, Tables, floats, looked_up, present, rows, total, where
from regulars.show.numbers import as_date
from regulars.show.sections.missing import missing
from regulars.show.sections.trust import biases, by_horizon, scores_of, when
from regulars.show.words import Words

RECENT_DAYS = 90
SALES_MONTHS = 12


def headline(tables: Tables, facts: Facts, words: Words) -> Section:
    """Customers, sales, expected margin, risk and today's actions, each as one tile."""
    tiles = [
        tile
        for make in (_customers, _sales, _margin, _risk, _actions)
        if (tile := make(tables, facts, words)) is not None
    ]
    blocks = (Tiles(tuple(tiles)),) if tiles else (missing(words, "customer_features"),)
    return Section("glance", words("headline.title"), words("headline.short"), "", blocks)


@dataclass(frozen=True)
class People:
    """How many customers are known, how many of these have bought, and how many visitors came besides."""

    customers: int
    buyers: int
    visitors: int


def people(tables: Tables, facts: Facts) -> People | None:
    """Customers, buyers and visitors; who came without a name and never bought is a visitor, not a customer."""
    scores = present(tables, "customer_scores", "stage")
    visitors = where(scores, "stage", "visitor").num_rows if scores is not None else 0
    if "customer_count" in facts and "buyer_count" in facts:
        return People(int(facts["customer_count"]), int(facts["buyer_count"]), visitors)
    features = present(tables, "customer_features", "purchase_count")
    if features is not None:
        buyers = int(np.sum(floats(features, "purchase_count") > 0))
        return People(max(features.num_rows - visitors, buyers), buyers, visitors)
    scores = present(tables, "customer_scores")
    known = scores.num_rows - visitors if scores is not None else 0
    return People(known, known, visitors) if scores is not None else None


def _customers(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    counted = people(tables, facts)
    if counted is None:
        return None
    features = present(tables, "customer_features", "days_since_last_purchase")
    said = (
        words.counted(counted.buyers, "customer") if words.language == "zh" else words.count(counted.buyers)
    )
    detail = words("headline.customers_detail_short", buyers=said)
    if features is not None and counted.buyers:
        recent = int(np.sum(floats(features, "days_since_last_purchase") <= RECENT_DAYS))
        detail = words("headline.customers_detail", buyers=said, share=words.share(recent / counted.buyers))
    details = [detail]
    if counted.visitors:
        details.insert(0, words("headline.visitors", visitors=words.counted(counted.visitors, "visitor")))
    return Tile(words("headline.customers"), words.count(counted.customers), tuple(details))


@dataclass(frozen=True)
class Sold:
    """Net sales of the latest calendar months, every line counted (money); of it without a customer."""

    first_month: str
    last_month: str
    value: float
    anonymous: float


def recent_sales(tables: Tables) -> Sold | None:
    """Net sales of the last twelve calendar months of the data; the last one may not be over."""
    columns = ("month", "net_value", "anonymous_value")
    table = present(tables, "sales", *columns)
    if table is None:
        return None
    known: list[Any] = sorted(row for row in rows(table, *columns) if None not in row)[-SALES_MONTHS:]
    if not known:
        return None
    value = math.fsum(row[1] for row in known)
    return Sold(known[0][0], known[-1][0], value, math.fsum(row[2] for row in known))


def period(sold: Sold, facts: Facts, words: Words) -> tuple[str, str]:
    """The first month of the sales and their last day (or month, where the report's day is unknown)."""
    as_of = facts.get("as_of")
    ends_inside = as_of is not None and str(as_date(as_of))[:7] == sold.last_month
    last = words.date(as_of) if ends_inside else words.month(sold.last_month)
    return words.month(sold.first_month), last


def _sales(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    sold = recent_sales(tables)
    if sold is None:
        return None
    first, last = period(sold, facts, words)
    details = [words("headline.sales_detail", first=first, last=last)]
    if sold.anonymous:
        details.append(words("headline.sales_anonymous", value=words.money(sold.anonymous)))
    return Tile(words("headline.sales"), words.money(sold.value), tuple(details))


def margin(tables: Tables, stage: str | None = None) -> float | None:
    """Expected margin of all customers, or of those in one stage (money); no interval of such a total.

    Adding up the customers' own intervals would say how much chance there is in single customers, and nothing
    of the model's error and the season, which all customers share and which decide how far off a total is.
    """
    scores = present(tables, "customer_scores", "clv")
    if scores is not None and stage is not None:
        scores = where(scores, "stage", stage) if "stage" in scores.column_names else None
    return None if scores is None else total(floats(scores, "clv"))


def if_as_far_off(value: float, tables: Tables, facts: Facts, words: Words) -> str:
    """What a predicted total would be if it is as far off as those of the backtest: actual = predicted / (1 + bias).

    From the forecasts over the margin's own horizon where there are any, else from the shorter ones.
    """
    parts = by_horizon(scores_of(tables))
    longest_first = sorted(parts, key=lambda days: (days != words.clv_days, -days))
    for days in longest_first:
        off = [bias for bias in biases(parts[days], "spend") if bias > -1]
        if off:
            low, high = (words.money(value / (1 + bias)) for bias in (off[-1], off[0]))
            said = low if low == high else words("report.interval", low=low, high=high)
            dates, ahead = when(parts[days], words)
            return words("headline.clv_off", value=said, dates=dates, days=ahead)
    key = "headline.clv_other" if facts.get("evaluation_is_of_other_data") else "headline.clv_unchecked"
    return words(key)


def _margin(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    expected = margin(tables)
    if expected is None:
        return None
    badge, why = _badge(bool(facts.get("margin_rate_is_assumed")), "headline.margin_assumed", words)
    details = (words("headline.clv_detail"), if_as_far_off(expected, tables, facts, words))
    return Tile(words.column("clv"), words.money(expected), details, badge, why)


def _badge(assumed: bool, why: str, words: Words) -> tuple[str, str]:
    """The mark of a number that rests on an assumption, and which assumption."""
    return (words("report.assumed"), words(why)) if assumed else ("", "")


def _risk(tables: Tables, facts: Facts, words: Words) -> Tile | None:
    scores = present(tables, "customer_scores", "stage", "customer_id")
    at_stake = margin(tables, "at_risk")
    if scores is None or at_stake is None:
        return None
    leaving = where(scores, "stage", "at_risk")
    features = present(tables, "customer_features", "customer_id", "net_value_last_365_days")
    clv = words.money(at_stake)
    detail = words("headline.risk_detail_short", clv=clv)
    if features is not None:
        spent = total(looked_up(leaving, features, "net_value_last_365_days"))
        detail = words("headline.risk_detail", spent=words.money(spent), clv=clv)
    count = words.count(leaving.num_rows)
    return Tile(words("headline.risk"), count, (detail,), warn=leaving.num_rows > 0)


@dataclass(frozen=True)
class Plan:
    """What today's actions come to: those for customers and those for visitors, their cost and gain (money)."""

    customers: int
    visitors: int
    visitors_cost: float
    cost: float
    gain: float
    assumed: bool
    holdout: int

    @property
    def actions(self) -> int:
        return self.customers + self.visitors


def plan(tables: Tables) -> Plan | None:
    """Totals of the actions that are not doing nothing."""
    actions = present(tables, "actions", "offer_id", "expected_gain", "cost")
    if actions is None:
        return None
    chosen = actions.filter(actions.column("offer_id").is_valid())
    _, for_visitors = reached(chosen, tables)
    return Plan(
        chosen.num_rows - for_visitors.num_rows,
        for_visitors.num_rows,
        total(floats(for_visitors, "cost")),
        total(floats(chosen, "cost")),
        total(floats(chosen, "expected_gain")),
        bool(_true(chosen, "assumed")),
        _withheld(actions),
    )


def reached(chosen: pa.Table, tables: Tables) -> tuple[pa.Table, pa.Table]:
    """The actions that reach a known customer, and those for visitors."""
    import pyarrow.compute as pc

    scores = present(tables, "customer_scores", "customer_id", "stage")
    if scores is None or "customer_id" not in chosen.column_names:
        return chosen, chosen.slice(0, 0)
    visitors = where(scores, "stage", "visitor").column("customer_id").combine_chunks()
    inside = pc.is_in(chosen.column("customer_id"), value_set=visitors)
    return chosen.filter(pc.invert(inside)), chosen.filter(inside)


def visitors_too(today: Plan, words: Words) -> str:
    """The actions for visitors, counted apart; nothing where there are none."""
    if not today.visitors:
        return ""
    if today.visitors_cost:
        return words("headline.banners", count=today.visitors, cost=words.money(today.visitors_cost))
    return words("headline.free_banners", count=today.visitors)


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
    if today.visitors:
        details.insert(0, visitors_too(today, words))
    if today.holdout:
        details.append(words("headline.holdout", count=words.count(today.holdout)))
    badge, why = _badge(today.assumed, "report.assumed_help", words)
    return Tile(words("headline.actions"), words.count(today.customers), tuple(details), badge, why)
