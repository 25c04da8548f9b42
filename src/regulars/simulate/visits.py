"""Who came when, and from where: the visits of customers, of people who register later, and of strangers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.schema import DAY_SECONDS
from regulars.simulate.arrays import Array, Flags, Ints
from regulars.simulate.campaigns import Campaigns
from regulars.simulate.customers import People
from regulars.simulate.purchases import Messages, Orders, Spells, order_days
from regulars.simulate.season import Clock, Season, draw_clock
from regulars.simulate.streams import Streams
from regulars.simulate.wordlists import CHANNELS

CHANNEL_NAMES = tuple(CHANNELS)
BROWSING_PER_ORDER = 1.0
BROWSING_PER_YEAR = 2.0
STRANGERS_PER_CUSTOMER = 0.8
REGISTER_LATER_SHARE = 0.3
"""Share of customers who looked around as strangers in the month before they registered."""
# Where a visit of a customer comes from, when not from the channel that brought the customer first.
RETURNING = (("direct", 0.40), ("organic_search", 0.25), ("email", 0.15))


@dataclass(frozen=True)
class Visits:
    """Visits: the customer (-1: not known), the device of who is not logged in (-1: logged in), local start
    second, length in seconds, channel and campaign codes, the order made in it (-1: none), whether the
    visitor registers in it."""

    customer: Ints
    visitor: Ints
    start: Ints
    dwell: Ints
    channel: Ints
    campaign: Ints
    order: Ints
    registers: Flags

    def __len__(self) -> int:
        return len(self.start)


def returning_channels(rng: np.random.Generator, people: People, customer: Ints) -> Ints:
    """The channel of visits by known customers: mostly direct, search and e-mail, else the first channel."""
    ladder = np.cumsum([share for _, share in RETURNING])
    pick = np.searchsorted(ladder, rng.random(len(customer)), side="right")
    codes = np.array([CHANNEL_NAMES.index(name) for name, _ in RETURNING] + [-1])[pick]
    return np.where(codes < 0, people.channel[customer], codes).astype(np.int64)


def order_channels(streams: Streams, people: People, orders: Orders) -> Ints:
    """The channel of each order: the first one at sign-up, e-mail where a message brought it."""
    channel = returning_channels(streams("order_channels"), people, orders.customer)
    channel = np.where(orders.at_sign_up, people.channel[orders.customer], channel)
    return np.where(orders.message >= 0, CHANNEL_NAMES.index("email"), channel).astype(np.int64)


def all_visits(
    streams: Streams,
    season: Season,
    clock: Clock,
    people: People,
    spells: Spells,
    orders: Orders,
    sign_up: Ints,
    campaigns: Campaigns,
    messages: Messages,
    clicks: tuple[Ints, Ints],
    last_day: int,
) -> Visits:
    """Every visit, sorted by start; ``clicks`` are the messages clicked and the local seconds of it."""
    parts = [
        _order_visits(streams, people, orders, campaigns, messages),
        _sign_up_visits(streams, people, orders, sign_up),
        _browsing(streams, season, clock, people, spells, last_day),
        _message_visits(streams, messages, clicks),
        _before_registering(streams, clock, people, sign_up, season.first_day),
        _strangers(streams, season, clock, people, last_day),
    ]
    merged = {name: np.concatenate([part[name] for part in parts]) for name in Visits.__dataclass_fields__}
    paid = campaigns.ad_of(merged["channel"], merged["start"] // DAY_SECONDS)
    merged["campaign"] = np.where(merged["campaign"] < 0, paid, merged["campaign"])
    order = np.lexsort((merged["visitor"], merged["customer"], merged["start"]))
    return Visits(**{name: column[order] for name, column in merged.items()})


def _part(start: Ints, dwell: Ints, channel: Ints, **given: Ints) -> dict[str, Array]:
    none = np.full(len(start), -1, dtype=np.int64)
    part = dict.fromkeys(("customer", "visitor", "campaign", "order"), none)
    part |= {
        "start": start,
        "dwell": dwell,
        "channel": channel,
        "registers": np.zeros(len(start), dtype=bool),
    }
    return part | given


def _length(rng: np.random.Generator, count: int, median: float) -> Ints:
    """Visit lengths in seconds: log-normal."""
    return np.clip(median * np.exp(rng.normal(0.0, 0.7, count)), 8, 3600).astype(np.int64)


def _order_visits(
    streams: Streams, people: People, orders: Orders, campaigns: Campaigns, messages: Messages
) -> dict[str, Array]:
    """One visit for each order that was not made at sign-up; it ends with the order."""
    later = np.flatnonzero(~orders.at_sign_up)
    dwell = np.clip(_length(streams("order_visits"), len(later), 420.0), 120, 3000)
    message = orders.message[later]
    campaign = np.where(message >= 0, messages.campaign[message] if len(messages.campaign) else -1, -1)
    channel = order_channels(streams, people, orders)[later]
    start = orders.second[later] - dwell
    return _part(start, dwell, channel, customer=orders.customer[later], campaign=campaign, order=later)


def _sign_up_visits(streams: Streams, people: People, orders: Orders, sign_up: Ints) -> dict[str, Array]:
    """The visit in which each customer registers, with the first order where there is one."""
    order = np.full(len(people), -1, dtype=np.int64)
    at_once = np.flatnonzero(orders.at_sign_up)
    order[orders.customer[at_once]] = at_once
    rng = streams("sign_up_visits")
    start = sign_up - rng.integers(60, 420, len(people))
    end = sign_up + rng.integers(30, 200, len(people))
    if len(orders):
        end = np.where(order >= 0, orders.second[order], end)
    index = np.arange(len(people), dtype=np.int64)
    registers = np.ones(len(people), dtype=bool)
    part = _part(start, end - start, people.channel, customer=index, visitor=index, order=order)
    return part | {"registers": registers}


def _browsing(
    streams: Streams, season: Season, clock: Clock, people: People, spells: Spells, last_day: int
) -> dict[str, Array]:
    """Visits without an order while a customer stays; who buys often also looks often."""
    rate = BROWSING_PER_ORDER * people.rate + BROWSING_PER_YEAR / 365.25
    customer, day = order_days(streams("browsing"), season, spells, rate[spells.customer], last_day)
    rng = streams("browsing_details")
    start = clock.past_the_change(day * DAY_SECONDS + draw_clock(rng, len(day)))
    channel = returning_channels(rng, people, customer)
    return _part(start, _length(rng, len(day), 150.0), channel, customer=customer)


def _message_visits(streams: Streams, messages: Messages, clicks: tuple[Ints, Ints]) -> dict[str, Array]:
    """A click in a message opens the shop."""
    message, second = clicks
    rng = streams("message_visits")
    channel = np.full(len(message), CHANNEL_NAMES.index("email"), dtype=np.int64)
    dwell = _length(rng, len(message), 110.0)
    return _part(
        second + 2, dwell, channel, customer=messages.customer[message], campaign=messages.campaign[message]
    )


def _before_registering(
    streams: Streams, clock: Clock, people: People, sign_up: Ints, first_day: int
) -> dict[str, Array]:
    """Visits of later customers, known by their device alone."""
    rng = streams("before_registering")
    curious = np.flatnonzero(rng.random(len(people)) < REGISTER_LATER_SHARE)
    visitor = np.repeat(curious, 1 + rng.binomial(2, 0.35, len(curious)))
    day = sign_up[visitor] // DAY_SECONDS - rng.integers(1, 31, len(visitor))
    start = clock.past_the_change(day * DAY_SECONDS + draw_clock(rng, len(day)))
    seen = day >= first_day
    visitor, start = visitor[seen], start[seen]
    return _part(start, _length(rng, len(start), 120.0), people.channel[visitor], visitor=visitor)


def _strangers(
    streams: Streams, season: Season, clock: Clock, people: People, last_day: int
) -> dict[str, Array]:
    """Visitors who never register; their devices are numbered after the customers'."""
    rng = streams("strangers")
    visitor = np.repeat(np.arange(int(STRANGERS_PER_CUSTOMER * len(people))), 1)
    repeat = 1 + rng.binomial(3, 0.12, len(visitor))
    visitor = np.repeat(visitor, repeat) + len(people)
    count = len(visitor)
    first = np.full(count, season.first_day, dtype=np.int64)
    day = season.draw_days(rng, first, np.full(count, last_day, dtype=np.int64))
    start = clock.past_the_change(day * DAY_SECONDS + draw_clock(rng, count))
    shares = np.cumsum([row[0] for row in CHANNELS.values()])
    channel = np.searchsorted(shares / shares[-1], rng.random(count), side="right")
    return _part(start, _length(rng, count, 70.0), np.minimum(channel, len(CHANNELS) - 1), visitor=visitor)
