"""What the shop did: messages sent to customers, tests with hold-outs, and advertising by quarter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from regulars.simulate.arrays import Flags, Ints
from regulars.simulate.customers import People
from regulars.simulate.purchases import Messages
from regulars.simulate.responses import LEVER_NAMES, RESPONSE_DAYS
from regulars.simulate.season import day_number
from regulars.simulate.streams import Streams
from regulars.simulate.wordlists import CHANNELS

PAID_CHANNELS = ("paid_search", "paid_social", "affiliate")
KEY_SPAN = 1_000_000
"""More days than any shop has; makes (customer, day) one sortable number."""


@dataclass(frozen=True)
class Campaign:
    """One campaign: its name and the channel it runs in."""

    name: str
    channel: str


@dataclass(frozen=True)
class Campaigns:
    """Message campaigns first, then advertising: a block of quarters for each paid channel."""

    entries: tuple[Campaign, ...]
    first_ad: int
    quarters: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in self.entries)

    def ad_of(self, channel: Ints, day: Ints) -> Ints:
        """The advertising campaign of a visit by its channel (code) and day; -1 for unpaid channels."""
        quarter = np.searchsorted(np.array(self.quarters), day, side="right") - 1
        code = np.full(len(channel), -1, dtype=np.int64)
        for block, name in enumerate(PAID_CHANNELS):
            of = channel == list(CHANNELS).index(name)
            code[of] = self.first_ad + block * len(self.quarters) + quarter[of]
        return code


@dataclass(frozen=True)
class _Mailing:
    """A kind of message: when it goes out, which lever it pulls, whom it is for, the share that gets it."""

    name: str
    lever: str
    months: tuple[int, ...]
    day_of_month: int
    share: float
    wants: Callable[[People, Ints, Ints, int], Flags]


# ``last`` is each customer's latest order day before the mailing (very early without one), ``count`` orders.
MAILINGS = (
    _Mailing("newsletter", "engage", tuple(range(1, 13)), 5, 0.8, lambda people, last, count, day: count >= 0),
    _Mailing(
        "we_miss_you", "win_back", (2, 5, 8, 11), 12, 0.7,
        lambda people, last, count, day: (day - last > 90) & (people.joined_day < day - 90),
    ),
    _Mailing("your_next_favourite", "grow", (3, 6, 9), 15, 0.5, lambda people, last, count, day: day - last <= 60),
    _Mailing("thank_you", "reward", (4, 7, 10), 20, 0.6, lambda people, last, count, day: count >= 4),
)  # fmt: skip
WELCOME_AFTER_DAYS = 7
WELCOME_SHARE = 0.8


def plan_campaigns(
    streams: Streams, people: People, customer: Ints, order_day: Ints, first_day: int, last_day: int
) -> tuple[Campaigns, Messages]:
    """All campaigns of the shop's life, and who was sent what.

    Whom a mailing is for depends on the orders that come without any message, so it can be planned before
    messages change them. None goes out in the last ``RESPONSE_DAYS``: the future starts untouched.
    """
    key = np.sort(customer * KEY_SPAN + order_day)
    mailings = list(_mailing_days(first_day, last_day - RESPONSE_DAYS))
    entries = [Campaign("welcome", "email")]
    parts = [_welcome(streams("welcome"), people, last_day - RESPONSE_DAYS)]
    for number, (mailing, day) in enumerate(mailings, start=1):
        entries.append(Campaign(f"{mailing.name}_{_month(day)}", "email"))
        parts.append(_send(streams(f"mailing {number}"), people, mailing, day, number, key))
    quarters = _quarter_starts(first_day, last_day)
    for channel in PAID_CHANNELS:
        entries += [Campaign(f"{channel}_{_quarter(day)}", channel) for day in quarters]
    messages = Messages(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Messages.__dataclass_fields__)
    )
    return Campaigns(tuple(entries), len(mailings) + 1, tuple(quarters)), messages


def _mailing_days(first_day: int, last_day: int) -> list[tuple[_Mailing, int]]:
    pairs = []
    for day in range(first_day, last_day + 1):
        today = _date(day)
        pairs += [(m, day) for m in MAILINGS if today.day == m.day_of_month and today.month in m.months]
    return pairs


def _welcome(rng: np.random.Generator, people: People, last_day: int) -> Messages:
    """A greeting some days after registration, to most."""
    sent = rng.random(len(people)) < WELCOME_SHARE
    day = people.joined_day + WELCOME_AFTER_DAYS
    who = np.flatnonzero(people.newsletter & (day <= last_day))
    return _messages(who, day[who], 0, "activate", WELCOME_SHARE, sent[who])


def _send(
    rng: np.random.Generator, people: People, mailing: _Mailing, day: int, campaign: int, key: Ints
) -> Messages:
    """One mailing: who is eligible, and the draw of who gets it."""
    chance = rng.random(len(people))
    index = np.arange(len(people), dtype=np.int64)
    low = np.searchsorted(key, index * KEY_SPAN, side="left")
    high = np.searchsorted(key, index * KEY_SPAN + day, side="left")
    latest = key[np.maximum(high - 1, 0)] % KEY_SPAN if len(key) else np.zeros_like(index)
    last = np.where(high > low, latest, -KEY_SPAN)
    wanted = mailing.wants(people, last, high - low, day)
    who = np.flatnonzero(wanted & people.newsletter & (people.joined_day < day))
    return _messages(
        who, np.full(len(who), day), campaign, mailing.lever, mailing.share, chance[who] < mailing.share
    )


def _messages(
    who: Ints,
    day: Ints,
    campaign: int,
    lever: str,
    share: float,
    sent: Flags,
) -> Messages:
    count = len(who)
    return Messages(
        customer=who.astype(np.int64),
        day=day.astype(np.int64),
        campaign=np.full(count, campaign, dtype=np.int64),
        lever=np.full(count, LEVER_NAMES.index(lever), dtype=np.int64),
        share=np.full(count, share),
        sent=sent,
    )


def no_messages() -> Messages:
    """Nothing was sent to anybody."""
    none = np.zeros(0, dtype=np.int64)
    return _messages(none, none, 0, LEVER_NAMES[0], 0.0, np.zeros(0, dtype=bool))


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _month(day: int) -> str:
    return _date(day).strftime("%Y_%m")


def _quarter(day: int) -> str:
    today = _date(day)
    return f"{today.year}_q{(today.month - 1) // 3 + 1}"


def _quarter_starts(first_day: int, last_day: int) -> list[int]:
    """The first day of each quarter that the days touch."""
    first, starts = _date(first_day), []
    start = date(first.year, 3 * ((first.month - 1) // 3) + 1, 1)
    while day_number(start) <= last_day:
        starts.append(day_number(start))
        start = date(start.year + (start.month > 9), (start.month + 2) % 12 + 1, 1)
    return starts
