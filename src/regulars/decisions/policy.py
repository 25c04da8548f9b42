"""The decision: one ranked action per customer within a budget, with a hold-out that is a fair control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.decisions.gains import gain_interval
from regulars.decisions.items import carried_items
from regulars.decisions.menu import chosen, menu, named
from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Prospects, prospects
from regulars.decisions.reasons import reason_codes, reason_values
from regulars.decisions.rules import Rules
from regulars.decisions.shares import allocate_within_shares
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
        ``customer_id``; independent of the order of the rows given. ``expected_gain_low`` and ``_high``
        mix the ranges of the offer's rates, which may be assumed, with the 90 % interval of the order
        value (``gains.gain_interval``). ``propensity`` is the probability of
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
    ...     "clv": [90.0, 4.0], "purchase_count": [5, 1], "days_since_last_purchase": [120, 150],
    ...     "value_group": ["high_value", "other"], "holdout_draw": [0.4, 0.6],
    ... })
    >>> offers = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")
    >>> picks = pa.table({"customer_id": ["ann", "bob"], "rank": [1, 1], "item_id": ["pot", "tea"]})
    >>> actions = decide(customers, picks, offers, Rules(), budget=10, holdout_share=0.1, margin_rate=0.4,
    ...                  currency="GBP", horizon_days=90, items_per_action=3, run_id="r")
    >>> for row in actions.select(["customer_id", "offer_id", "expected_gain", "cost"]).to_pylist():
    ...     print(*row.values())
    ann come_back_email 0.6167 0.05
    bob come_back_email 0.0982 0.05
    """
    _check(budget, holdout_share, margin_rate)
    people = prospects(customers, recommendations, holdout_share)
    offers = tuple(offers)
    choices = menu(people, offers, rules, margin_rate)
    money = int(np.floor(round(budget * MONEY_UNITS, 4)))
    intended, closed = allocate_within_shares(choices, offers, rules, money, ~people.holdout)
    treated = np.where(people.holdout, -1, intended)
    gain, cost = chosen(choices.gain, treated), chosen(choices.cost, treated)
    low, high = _intervals(treated, gain, offers, people, margin_rate)
    columns: dict[str, Any] = {
        "customer_id": people.customer_id,
        "rank": _ranks(gain, treated),
        "offer_id": named([offer.id for offer in offers], treated),
        "lever": named([offer.lever for offer in offers], treated, "none"),
        "channel": named([offer.channel for offer in offers], treated),
        "item_ids": carried_items(people.customer_id, treated, offers, recommendations, items_per_action),
        "expected_gain": gain / MONEY_UNITS,
        "expected_gain_low": low,
        "expected_gain_high": high,
        "assumed": np.array([*(offer.assumed for offer in offers), False])[treated],
        "cost": cost / MONEY_UNITS,
        "currency": pa.repeat(currency, people.count),
        "reason_code": reason_codes(intended, choices, offers, people),
        "reason_values": reason_values(intended, choices, closed, offers, people, horizon_days),
        "propensity": _propensities(intended, people.holdout, holdout_share),
        "holdout": people.holdout,
        "run_id": pa.repeat(run_id, people.count),
    }
    schema = ACTIONS.arrow_schema()
    arrays = [columns[field.name] for field in schema]
    typed = [
        a if isinstance(a, pa.Array) else pa.array(a, f.type) for a, f in zip(arrays, schema, strict=True)
    ]
    return pa.table(typed, schema=schema)


def _check(budget: float, holdout_share: float, margin_rate: float) -> None:
    if not (np.isfinite(budget) and 0 <= budget <= 1e12):
        raise OptionError(f"the budget is {budget}", allowed="an amount from 0 to 1e12")
    for name, share in (("holdout_share", holdout_share), ("margin_rate", margin_rate)):
        if not 0 <= share <= 1:
            raise OptionError(f"{name} is {share}", allowed="0 to 1")


def _intervals(
    choice: Array, gain: Array, offers: tuple[Offer, ...], people: Prospects, margin_rate: float
) -> tuple[Array, Array]:
    """The range of each chosen gain, rounded outward to ten-thousandths; 0 for nothing."""
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


def _propensities(intended: Array, holdout: Array, holdout_share: float) -> Array:
    with_offer = np.where(holdout, holdout_share, 1.0 - holdout_share)
    return np.where(intended >= 0, with_offer, 1.0)
