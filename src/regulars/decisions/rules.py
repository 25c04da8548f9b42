"""The rules of ``rules.toml``: who may get which offer, and how many actions of a lever a run may hold."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import numpy as np

from regulars.decisions.offers import CHANNELS, Offer, Share
from regulars.decisions.prospects import Prospects, is_in
from regulars.decisions.toml import read_toml, record_from
from regulars.errors import ConfigError, nearest
from regulars.schema import LEVERS, STAGES

FILE_NAME = "rules.toml"


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that ``rules.toml`` can say.

    Attributes
    ----------
    channels
        Channels that may be used (names of ``CHANNELS``).
    minimum_expected_gain
        An action must be expected to bring at least this (money).
    exclude_customers, exclude_stages, exclude_value_groups
        Customers who never get an action: by id, by place in the lifecycle, by value group.
    max_share_per_lever
        For each named lever, the largest share (0-1) of all customers who may get an action of it.
    """

    channels: tuple[str, ...] = tuple(CHANNELS)
    minimum_expected_gain: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    exclude_customers: tuple[str, ...] = ()
    exclude_stages: tuple[str, ...] = ()
    exclude_value_groups: tuple[str, ...] = ()
    max_share_per_lever: dict[str, Share] = msgspec.field(default_factory=dict)


def parse_rules(text: str, where: str) -> Rules:
    """The rules of a ``rules.toml``; an empty text means no limits.

    Raises
    ------
    ConfigError
        Names the file and the setting: no TOML, an unknown setting, channel, stage or lever (with the
        nearest right one), a share outside 0-1.

    Examples
    --------
    >>> parse_rules("[max_share_per_lever]\\nwin_back = 0.2", "rules.toml").max_share_per_lever
    {'win_back': 0.2}
    """
    rules = record_from(read_toml(text, where), Rules, where)
    levers = [lever for lever in LEVERS if lever != "none"]
    _check_words(rules.channels, list(CHANNELS), "channels", where)
    _check_words(rules.exclude_stages, list(STAGES), "exclude_stages", where)
    _check_words(tuple(rules.max_share_per_lever), levers, "max_share_per_lever", where)
    return rules


def _check_words(words: tuple[str, ...], allowed: list[str], setting: str, where: str) -> None:
    for word in words:
        if word not in allowed:
            raise ConfigError(
                f"{where}: {setting} names {word!r}.{nearest(word, allowed)}", allowed=", ".join(allowed)
            )


def excluded(prospects: Prospects, rules: Rules) -> np.ndarray[Any, Any]:
    """True for each customer whom the rules keep out of every action."""
    out = is_in(prospects.customer_id, rules.exclude_customers)
    out |= is_in(prospects.stage, rules.exclude_stages)
    return out | is_in(prospects.value_group, rules.exclude_value_groups)


def eligible(offer: Offer, prospects: Prospects, rules: Rules) -> np.ndarray[Any, Any]:
    """True for each customer who may get ``offer`` (exclusions of ``excluded`` not counted)."""
    if offer.channel not in rules.channels:
        return np.zeros(prospects.count, dtype=bool)
    mask = is_in(prospects.stage, offer.stages)
    # nan (never bought, or no score) compares false: no bound is broken by a purchase that never was,
    # and nothing is offered to a customer without a score.
    if offer.max_days_since_last_purchase:
        mask &= ~(prospects.days_since_last_purchase > offer.max_days_since_last_purchase)
    if offer.carries_items:
        mask &= prospects.has_items
    mask &= prospects.no_purchase_probability >= 0
    return mask & (prospects.order_value >= offer.minimum_order_value)


def default_rules_toml() -> str:
    """The text of a new shop's ``rules.toml``: no limits, each setting explained.

    >>> parse_rules(default_rules_toml(), "rules.toml") == Rules()
    True
    """
    return _STARTER.format(channels=", ".join(f'"{channel}"' for channel in CHANNELS))


_STARTER = """\
# Limits that hold for every run, beside the budget and the hold-out share in regulars.toml.

channels = [{channels}]   # take out what you cannot use
minimum_expected_gain = 0.0   # money; an action must be expected to bring at least this

exclude_customers = []      # customer ids, e-mail addresses or phone numbers that never get an action
exclude_stages = []         # for example ["churned"]
exclude_value_groups = []   # for example ["high_value"], where a person calls these customers

[max_share_per_lever]       # at most this share of all customers gets an action of the lever
# win_back = 0.5
"""
