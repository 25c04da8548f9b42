"""Allocation when a lever may hold only a share of the customers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from regulars.decisions.menu import menu
from regulars.decisions.offers import default_offers_toml, parse_offers
from regulars.decisions.prospects import prospects
from regulars.decisions.rules import Rules
from regulars.decisions.shares import allocate_within_shares

OFFERS = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")


def test_no_lever_holds_more_than_its_share(many: Any) -> None:
    customers = many(4_000)
    ranks, items = [1] * customers.num_rows, ["tea"] * customers.num_rows
    picks = pa.table({"customer_id": customers["customer_id"], "rank": ranks, "item_id": items})
    people = prospects(customers, picks, 0.1)
    rules = Rules(max_share_per_lever={"activate": 0.02, "engage": 0.1, "win_back": 0.0})
    choices = menu(people, OFFERS, rules, 0.4)
    counted = ~people.holdout
    choice, closed = allocate_within_shares(choices, OFFERS, rules, 1_000_000, counted)
    levers = np.array([*(offer.lever for offer in OFFERS), "none"])[choice]
    for lever, share in rules.max_share_per_lever.items():
        assert ((levers == lever) & counted).sum() <= share * counted.sum()
    assert ((levers == "activate") & counted).sum() == int(0.02 * counted.sum())
    assert not (levers == "win_back").any()
    assert closed.any()


def test_those_who_gain_most_keep_the_lever(customers: Any, offer: Any) -> None:
    people = prospects(customers(expected_order_value=[50.0, 200.0, 100.0, 150.0]), None, 0.1)
    offers, rules = (offer(),), Rules(max_share_per_lever={"grow": 0.5})
    choices = menu(people, offers, rules, 0.4)
    choice, closed = allocate_within_shares(choices, offers, rules, 10**9, ~people.holdout)
    assert choice.tolist() == [-1, 0, -1, 0]
    assert closed.tolist() == [True, False, True, False]


def test_who_loses_a_full_lever_may_get_another(customers: Any, offer: Any) -> None:
    people = prospects(customers(), None, 0.1)
    offers = (offer(), offer(id="letter", lever="engage", response_rate=0.06))
    rules = Rules(max_share_per_lever={"grow": 0.5})
    choices = menu(people, offers, rules, 0.4)
    choice, closed = allocate_within_shares(choices, offers, rules, 10**9, ~people.holdout)
    assert choice.tolist() == [0, 1]
    assert closed.tolist() == [False, True]


def test_without_shares_it_is_the_plain_allocation(many: Any) -> None:
    people = prospects(many(500), None, 0.1)
    choices = menu(people, OFFERS, Rules(), 0.4)
    choice, closed = allocate_within_shares(choices, OFFERS, Rules(), 10**9, ~people.holdout)
    assert not closed.any()
    assert ((choice >= 0) == choices.pays).all()
