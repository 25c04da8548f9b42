"""The shop's past: everything that happened to a number of customers from the first day to the last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.errors import OptionError
from regulars.simulate.arrays import Ints
from regulars.simulate.baskets import Lines, Returns, draw_lines, draw_returns
from regulars.simulate.campaigns import Campaigns, no_messages, plan_campaigns
from regulars.simulate.catalogue import Catalogue, draw_catalogue
from regulars.simulate.customers import FIRST_ORDER_SHARE, People, draw_people
from regulars.simulate.purchases import (
    Messages,
    Orders,
    Spells,
    all_spells,
    first_spells,
    harmed_orders,
    lifted_orders,
    order_days,
    revivals,
    sign_up_seconds,
    timed_orders,
)
from regulars.simulate.responses import LeverEffects, Responses, draw_effects, draw_responses
from regulars.simulate.season import Clock, Season
from regulars.simulate.streams import Streams

FUTURE_DAYS = 366
"""Days after the last one that the season knows, so that prospects can be computed."""
PILOT_CUSTOMERS = 20_000
PILOT_CHUNK = 2**31
"""The chunk number of the pilot's random streams; no chunk of customers has it."""


@dataclass(frozen=True)
class World:
    """What does not depend on customers: the seed, the days, the season, the clock, the items, the levers."""

    seed: int
    first_day: int
    last_day: int
    season: Season
    clock: Clock
    catalogue: Catalogue
    effects: LeverEffects


@dataclass(frozen=True)
class Past:
    """What happened: who, their responses, when they could buy, orders, lines, returns, and messages."""

    people: People
    responses: Responses
    spells: Spells
    sign_up: Ints
    orders: Orders
    lines: Lines
    returns: Returns
    campaigns: Campaigns
    messages: Messages

    @property
    def spell_end(self) -> Ints:
        """The last day on which each customer may buy, a revival included."""
        end = np.full(len(self.people), -1, dtype=np.int64)
        np.maximum.at(end, self.spells.customer, self.spells.last)
        return end

    @property
    def order_counts(self) -> Ints:
        return np.bincount(self.orders.customer, minlength=len(self.people)).astype(np.int64)


def make_world(seed: int, first_day: int, last_day: int) -> World:
    """The shop before its first customer."""
    span = last_day - first_day + 1 + FUTURE_DAYS
    streams = Streams(seed)
    return World(
        seed=seed,
        first_day=first_day,
        last_day=last_day,
        season=Season(first_day, span),
        clock=Clock(first_day - 60, span + 60),
        catalogue=draw_catalogue(streams),
        effects=draw_effects(streams),
    )


def simulate_past(world: World, streams: Streams, people: People, *, with_messages: bool = True) -> Past:
    """Everything up to the last day; without messages nothing but latent rates moves orders."""
    season, last_day = world.season, world.last_day
    responses = draw_responses(streams, world.effects, people)
    sign_up = sign_up_seconds(streams, world.clock, people)
    spells = first_spells(people)
    customer, day = order_days(streams("order_days"), season, spells, people.rate[spells.customer], last_day)
    message = np.full(len(customer), -1, dtype=np.int64)
    campaigns, messages = Campaigns((), 0, ()), no_messages()
    if with_messages:
        buyers = np.flatnonzero(people.buys_at_once)
        known, when = np.concatenate([customer, buyers]), np.concatenate([day, people.joined_day[buyers]])
        campaigns, messages = plan_campaigns(streams, people, known, when, world.first_day, last_day)
        spells, customer, day, message = _moved(
            world, streams, people, responses, messages, spells, customer, day
        )
    orders = timed_orders(streams, world.clock, people, customer, day, message, sign_up)
    lines = draw_lines(streams, world.catalogue, people.habits, orders.customer)
    returns = draw_returns(streams, world.clock, world.catalogue, lines, orders.second, last_day)
    return Past(people, responses, spells, sign_up, orders, lines, returns, campaigns, messages)


def _moved(
    world: World,
    streams: Streams,
    people: People,
    responses: Responses,
    messages: Messages,
    spells: Spells,
    customer: Ints,
    day: Ints,
) -> tuple[Spells, Ints, Ints, Ints]:
    """Spells and orders after what messages changed: who came back, which orders were added and lost."""
    season, last_day = world.season, world.last_day
    second = revivals(streams, people, responses, messages)
    rate = people.rate[second.customer]
    back, back_day = order_days(streams("revived_orders"), season, second, rate, last_day)
    customer, day = np.concatenate([customer, back]), np.concatenate([day, back_day])
    gone = harmed_orders(streams, responses, messages, customer, day)
    spells = all_spells(spells, second)
    extra, extra_day, message = lifted_orders(streams, season, people, responses, messages, spells, last_day)
    untouched = np.full(int((~gone).sum()), -1, dtype=np.int64)
    return (
        spells,
        np.concatenate([customer[~gone], extra]),
        np.concatenate([day[~gone], extra_day]),
        np.concatenate([untouched, message]),
    )


def rate_scale(
    world: World, lines_per_customer: float, buy_at_once_share: float = FIRST_ORDER_SHARE
) -> float:
    """The factor on all purchase rates that gives about this many rows of orders.csv per customer.

    Orders beyond the first are linear in the rates, so a pilot of a few thousand customers tells.
    """
    streams = Streams(world.seed, PILOT_CHUNK)
    people = draw_people(
        streams,
        world.season,
        world.catalogue,
        PILOT_CUSTOMERS,
        world.last_day,
        buy_at_once_share=buy_at_once_share,
    )
    past = simulate_past(world, streams, people, with_messages=False)
    rows_per_order = (len(past.lines) + len(past.returns.line)) / len(past.orders)
    first = float(people.buys_at_once.mean())
    last = np.minimum(people.last_day, world.last_day)
    repeat = float((people.rate * world.season.between(people.joined_day + 1, last)).mean())
    scale = (lines_per_customer / rows_per_order - first) / repeat
    if scale <= 0:
        raise OptionError(
            f"lines_per_customer={lines_per_customer:g} is fewer than first orders alone bring",
            allowed=f"more than {first * rows_per_order:.1f}",
        )
    return scale
