"""The rules: what is accepted, who is kept out, who may get what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from regulars.decisions.offers import CHANNELS
from regulars.decisions.prospects import prospects
from regulars.decisions.rules import Rules, default_rules_toml, eligible, excluded, parse_rules
from regulars.errors import ConfigError


def test_the_starter_sets_no_limit() -> None:
    assert parse_rules(default_rules_toml(), "rules.toml") == Rules()


def test_every_setting_is_read() -> None:
    rules = parse_rules(
        'channels = ["email"]\nminimum_expected_gain = 2\nexclude_customers = ["a"]\n'
        'exclude_stages = ["churned"]\nexclude_value_groups = ["other"]\n[max_share_per_lever]\ngrow = 0.5',
        "rules.toml",
    )
    assert rules == Rules(
        channels=("email",),
        minimum_expected_gain=2.0,
        exclude_customers=("a",),
        exclude_stages=("churned",),
        exclude_value_groups=("other",),
        max_share_per_lever={"grow": 0.5},
    )


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("chanels = []", ["rules.toml", "chanels", "Did you mean channels?"]),
        ('channels = ["mail"]', ["channels", "Did you mean email?"]),
        ('exclude_stages = ["gone"]', ["exclude_stages", "churned"]),
        ("[max_share_per_lever]\nwinback = 0.1", ["Did you mean win_back?"]),
        ("[max_share_per_lever]\ngrow = 2", ["max_share_per_lever"]),
        ("minimum_expected_gain = inf", ["minimum_expected_gain"]),
        ("minimum_expected_gain = -1", ["minimum_expected_gain"]),
        ("=", ["not TOML"]),
    ],
)
def test_each_mistake_is_named(toml: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rules(toml, "rules.toml")
    for word in words:
        assert word in str(caught.value)


def test_excluded_by_id_stage_and_value_group(customers: Any) -> None:
    people = prospects(
        customers(
            customer_id=["a", "b", "c", "d"],
            stage=["active", "churned", "active", None],
            value_group=["other", "other", "high_value", None],
        ),
        None,
        0.1,
    )
    rules = Rules(exclude_customers=("a",), exclude_stages=("churned",), exclude_value_groups=("high_value",))
    assert excluded(people, rules).tolist() == [True, True, True, False]


def test_eligible_by_stage_recency_order_value_and_score(customers: Any, offer: Any) -> None:
    people = prospects(
        customers(
            customer_id=list("abcdef"),
            stage=["active", "churned", "active", "active", "active", None],
            days_since_last_purchase=[10, 10, 200, None, 10, 10],
            expected_order_value=[50.0, 50.0, 50.0, 50.0, 5.0, 50.0],
        ),
        None,
        0.1,
    )
    some = offer(stages=("active",), max_days_since_last_purchase=100, minimum_order_value=20.0)
    assert eligible(some, people, Rules()).tolist() == [True, False, False, True, False, False]


def test_no_channel_no_offer(customers: Any, offer: Any) -> None:
    people = prospects(customers(), None, 0.1)
    without = Rules(channels=tuple(name for name in CHANNELS if name != "email"))
    assert eligible(offer(), people, Rules()).any()
    assert not eligible(offer(), people, without).any()


def test_a_customer_without_a_score_gets_nothing(customers: Any, offer: Any) -> None:
    people = prospects(customers(churn_probability=[None, 0.4]), None, 0.1)
    assert eligible(offer(), people, Rules()).tolist() == [False, True]


def test_items_are_needed_where_the_offer_carries_them(customers: Any, offer: Any) -> None:
    ranked = pa.table({"customer_id": ["b"], "rank": [1], "item_id": ["tea"]})
    people = prospects(customers(), ranked, 0.1)
    assert np.array_equal(eligible(offer(carries_items=True), people, Rules()), [False, True])
