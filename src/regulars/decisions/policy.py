"""The decision: one ranked action per customer within a budget, with a hold-out that is a fair control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.decisions.allocation import Allocation, allocate
from regulars.decisions.gains import gain_and_cost, gain_interval
from regulars.decisions.items import carried_items
from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Prospects, Texts, prospects
from regulars.decisions.reasons import json_objects, reason_codes
from regulars.decisions.rules import Rules, eligible, excluded
from regulars.errors import OptionError
from regulars.schema import ACTIONS, MONEY_UNITS

Array = np.ndarray[Any, Any]


def decide(
    customers: pa.Table,
    recommendations: pa.Table | None,
    offers: Sequence[Offer],
    rules: Rules,
    *,
    budget: float,
    holdout_share: float,
    margin_rate: float,
    currency: str,
    horizon_days: int,
    items_per_action: int,
    run_id: str,
) -> pa.Table:
    """What to do for each customer today: one action a customer, ranked by what it is expected to bring.

    Each offer's expected gain is counted against doing nothing (``gains.gain_and_cost``); doing nothing
    gains 0 and wins where no offer gains more. Within the budget the offers that bring most in all are
    chosen (``allocation.allocate``); the rules hold as well.

    **Hold-out.** Customers whose ``holdout_draw`` is below ``holdout_share`` get no action. They stand in
    the same queue as everyone, ordered by gain per cost, and would get what the queue gives them before
    the budget of the others is spent; only what the others cost counts against the budget, which therefore
    holds in full and is spent in full on customers who are treated. So whether an offer is meant for a
    customer does not depend on the customer's own draw (but for the few at the very end of the budget),
    and customers with the same intended offer differ in nothing else: comparing them measures what the
    offer brings. The intended offer of the hold-out stands in ``reason_values`` as ``intended_offer_id``.

    Parameters
    ----------
    customers
        One row per customer: ``customer_id, stage, churn_probability`` (0-1, no purchase within
        ``horizon_days``), ``expected_order_value`` and ``clv`` (money), ``purchase_count,
        days_since_last_purchase, value_group, holdout_draw`` (0-1); optional columns and what is assumed
        for customers without a score: ``prospects.prospects``.
    recommendations
        ``customer_id, rank, item_id``, or None.
    offers, rules
        From ``parse_offers`` and ``parse_rules``.
    budget
        Money for all actions of the run; expected cost is counted, in whole ten-thousandths.
    holdout_share, margin_rate
        0-1.
    currency, horizon_days, run_id
        Written into the rows.
    items_per_action
        Largest number of recommended items that an action carries.

    Returns
    -------
    pa.Table
        Exactly the columns of ``schema.ACTIONS``, one row per customer handed in, sorted by
        ``customer_id``; independent of the order of the rows given. ``propensity`` is the probability of
        this row: 1 - ``holdout_share`` with an offer, ``holdout_share`` where an offer is withheld, and 1
        where nothing would be done either way.

    Raises
    ------
    ColumnError
        ``customers`` lacks a column, holds a customer twice, or a value outside its range.
    OptionError
        ``budget``, ``holdout_share`` or ``margin_rate`` is outside what is allowed.

    Examples
    --------
    >>> from regulars.decisions.offers import default_offers_toml, parse_offers
    >>> customers = pa.table({
    ...     "customer_id": ["ann", "bob"], "stage": ["at_risk", "churned"],
    ...     "churn_probability": [0.7, 0.98], "expected_order_value": [200.0, 40.0],
    ...     "clv": [90.0, 4.0], "purchase_count": [5, 1], "days_since_last_purchase": [120, 300],
    ...     "value_group": ["high_value", "other"], "holdout_draw": [0.4, 0.6],
    ... })
    >>> offers = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")
    >>> actions = decide(customers, None, offers, Rules(), budget=10, holdout_share=0.1, margin_rate=0.4,
    ...                  currency="GBP", horizon_days=90, items_per_action=3, run_id="r")
    >>> for row in actions.select(["customer_id", "offer_id", "expected_gain", "cost"]).to_pylist():
    ...     print(*row.values())
    ann None 0.0 0.0
    bob win_back_voucher 0.32 0.464
    """
    _check(budget, holdout_share, margin_rate)
    people = prospects(customers, recommendations, holdout_share)
    offers = tuple(offers)
    menu = _menu(people, offers, rules, margin_rate)
    money = int(np.floor(round(budget * MONEY_UNITS, 4)))
    intended, closed = _within_rules(menu, offers, rules, money, ~people.holdout)
    treated = np.where(people.holdout, -1, intended)
    gain, cost = _chosen(menu.gain, treated), _chosen(menu.cost, treated)
    low, high = _intervals(treated, gain, offers, people, margin_rate)
    columns: dict[str, Any] = {
        "customer_id": people.customer_id,
        "rank": _ranks(gain, treated),
        "offer_id": _words([offer.id for offer in offers], treated),
        "lever": _words([offer.lever for offer in offers], treated, "none"),
        "channel": _words([offer.channel for offer in offers], treated),
        "item_ids": carried_items(people.customer_id, treated, offers, recommendations, items_per_action),
        "expected_gain": gain / MONEY_UNITS,
        "expected_gain_low": low,
        "expected_gain_high": high,
        "assumed": np.array([*(offer.assumed for offer in offers), False])[treated],
        "cost": cost / MONEY_UNITS,
        "currency": [currency] * people.count,
        "reason_code": _reasons(intended, menu, offers, people),
        "reason_values": _reason_values(intended, menu, closed, offers, people, horizon_days),
        "propensity": _propensities(intended, people.holdout, holdout_share),
        "holdout": people.holdout,
        "run_id": [run_id] * people.count,
    }
    schema = ACTIONS.arrow_schema()
    return pa.table(
        [pa.array(columns[name], schema.field(name).type) for name in schema.names], schema=schema
    )


@dataclass(frozen=True)
class Menu:
    """Customers x offers: expected gain and cost in ten-thousandths; gain 0 = no candidate."""

    gain: Array
    cost: Array
    best: Array
    """Per customer the offer of the largest gain among those it may get, paying or not; -1 = none."""
    best_gain: Array
    excluded: Array


def _check(budget: float, holdout_share: float, margin_rate: float) -> None:
    if not (np.isfinite(budget) and 0 <= budget <= 1e12):
        raise OptionError(f"the budget is {budget}", allowed="an amount from 0 to 1e12")
    for name, share in (("holdout_share", holdout_share), ("margin_rate", margin_rate)):
        if not 0 <= share <= 1:
            raise OptionError(f"{name} is {share}", allowed="0 to 1")


def _menu(people: Prospects, offers: tuple[Offer, ...], rules: Rules, margin_rate: float) -> Menu:
    gain = np.zeros((people.count, len(offers)), dtype=np.int64)
    cost = np.zeros_like(gain)
    best = np.full(people.count, -1, dtype=np.int64)
    best_gain = np.full(people.count, np.iinfo(np.int64).min)
    out = excluded(people, rules)
    least = max(int(np.ceil(round(rules.minimum_expected_gain * MONEY_UNITS, 4))), 1)
    for column, offer in enumerate(offers):
        may = eligible(offer, people, rules) & ~out
        worth, price = gain_and_cost(offer, people, margin_rate)
        better = may & (worth > best_gain)
        best[better], best_gain[better] = column, worth[better]
        gain[:, column] = np.where(may & (worth >= least), worth, 0)
        cost[:, column] = price
    return Menu(gain, cost, best, best_gain, out)


def _within_rules(
    menu: Menu, offers: tuple[Offer, ...], rules: Rules, money: int, counted: Array
) -> tuple[Array, Array]:
    """The intended offers, and who lost a paying offer because the share of its lever was full.

    Allocates; where a lever holds more than its share, keeps the customers who gain most from it, closes
    the lever for all others, and allocates again: each lever is closed at most once.
    """
    gain = menu.gain.copy()
    closed = np.zeros(len(gain), dtype=bool)
    while True:
        found = allocate(gain, menu.cost, money, counted=counted)
        lever = _overfull(found.choice, offers, rules, counted)
        if lever is None:
            return found.choice, closed
        own = np.array([offer.lever == lever for offer in offers])
        keep = _first(found, gain, menu.cost, own, counted, _limit(rules, lever, counted))
        closed |= ~keep & (gain[:, own] > 0).any(axis=1)
        gain[np.ix_(~keep, own)] = 0


def _limit(rules: Rules, lever: str, counted: Array) -> int:
    return int(np.floor(round(rules.max_share_per_lever[lever] * int(counted.sum()), 6)))


def _overfull(choice: Array, offers: tuple[Offer, ...], rules: Rules, counted: Array) -> str | None:
    names = np.array([*(offer.lever for offer in offers), "none"])[choice]
    for lever in sorted(rules.max_share_per_lever):
        if int(((names == lever) & counted).sum()) > _limit(rules, lever, counted):
            return lever
    return None


def _first(found: Allocation, gain: Array, cost: Array, own: Array, counted: Array, limit: int) -> Array:
    """True for the customers who keep the lever: by gain less price of cost, hold-out in the same order."""
    rows = np.flatnonzero((found.choice >= 0) & own[found.choice])
    chosen = found.choice[rows]
    worth = gain[rows, chosen] - found.price * cost[rows, chosen]
    rows = rows[np.lexsort((rows, -worth))]
    place = np.cumsum(counted[rows])
    keep = np.zeros(len(gain), dtype=bool)
    keep[rows[np.where(counted[rows], place <= limit, place < limit)]] = True
    return keep


def _chosen(values: Array, choice: Array) -> Array:
    """``values[customer, choice]``, and 0 where nothing is chosen."""
    padded = np.column_stack((values, np.zeros(len(values), dtype=np.int64)))
    return padded[np.arange(len(values)), choice]


def _intervals(
    choice: Array, gain: Array, offers: tuple[Offer, ...], people: Prospects, margin_rate: float
) -> tuple[Array, Array]:
    """The 90 % interval of each chosen gain, rounded outward to ten-thousandths; 0 for nothing."""
    low, high = np.zeros(len(choice)), np.zeros(len(choice))
    for column, offer in enumerate(offers):
        rows = choice == column
        below, above = gain_interval(offer, people, margin_rate)
        low[rows], high[rows] = below[rows], above[rows]
    low_units = np.minimum(np.floor(np.round(low * MONEY_UNITS, 4)), gain)
    high_units = np.maximum(np.ceil(np.round(high * MONEY_UNITS, 4)), gain)
    return low_units / MONEY_UNITS, high_units / MONEY_UNITS


def _ranks(gain: Array, choice: Array) -> Array:
    """1 = largest expected gain; actions before doing nothing; ties by customer id (the order of the rows)."""
    ranks = np.empty(len(gain), dtype=np.int64)
    ranks[np.lexsort((np.arange(len(gain)), choice < 0, -gain))] = np.arange(1, len(gain) + 1)
    return ranks


def _words(words: list[str], choice: Array, nothing: str | None = None) -> Texts:
    return pa.array([*words, nothing], pa.string()).take(np.where(choice < 0, len(words), choice))


def _propensities(intended: Array, holdout: Array, holdout_share: float) -> Array:
    with_offer = np.where(holdout, holdout_share, 1.0 - holdout_share)
    return np.where(intended >= 0, with_offer, 1.0)


def _reasons(intended: Array, menu: Menu, offers: tuple[Offer, ...], people: Prospects) -> Array:
    codes = reason_codes(intended, offers, people)
    none = intended < 0
    pays: Array = (menu.gain > 0).any(axis=1)
    codes[none] = np.where(pays[none], "budget_spent", "no_offer_pays")
    codes[~none & people.holdout] = "holdout"
    return codes


def _reason_values(
    intended: Array,
    menu: Menu,
    closed: Array,
    offers: tuple[Offer, ...],
    people: Prospects,
    horizon_days: int,
) -> Texts:
    ids = [offer.id for offer in offers]
    nothing, pays = intended < 0, (menu.gain > 0).any(axis=1)
    held = np.where(people.holdout, intended, -1)
    best = np.where(nothing, menu.best, -1)
    gain = np.where(best >= 0, menu.best_gain, _chosen(menu.gain, held))
    limits = np.select([nothing & menu.excluded, nothing & closed, nothing & pays], [0, 1, 2], -1)
    rates = np.array([*(offer.response_rate for offer in offers), np.nan])
    columns = {
        "best_offer_id": _words(ids, best),
        "churn_probability": people.no_purchase_probability,
        "clv": people.clv,
        "cost": np.where(held >= 0, _chosen(menu.cost, held) / MONEY_UNITS, np.nan),
        "days_since_last_purchase": people.days_since_last_purchase,
        "expected_gain": np.where((best >= 0) | (held >= 0), gain / MONEY_UNITS, np.nan),
        "expected_order_value": people.order_value,
        "horizon_days": np.full(people.count, horizon_days),
        "intended_offer_id": _words(ids, held),
        "limit": _words(["excluded", "lever_share", "budget"], limits),
        "purchase_count": people.purchase_count,
        "response_rate": rates[intended],
        "stage": people.stage,
    }
    return json_objects(columns, people.count)
