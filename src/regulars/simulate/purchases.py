"""When customers buy: the days of their orders, given latent rates and how long they stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.schema import DAY_SECONDS
from regulars.simulate.arrays import Flags, Floats, Ints
from regulars.simulate.customers import People, draw_stay
from regulars.simulate.responses import RESPONSE_DAYS, WIN_BACK, Responses
from regulars.simulate.season import Clock, Season, draw_clock
from regulars.simulate.streams import Streams

LATEST_SIGN_UP_SECOND = DAY_SECONDS - 1800


@dataclass(frozen=True)
class Spells:
    """Times in which a customer may buy, from ``first`` to ``last`` day; a revived customer has two."""

    customer: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True)
class Messages:
    """What was sent: one entry for each customer and campaign.

    ``eligible`` customers of a test were either sent the message or held out (``sent`` false); ``lever``
    counts in ``LEVER_NAMES``; ``share`` is the chance of being sent it.
    """

    customer: Ints
    day: Ints
    campaign: Ints
    lever: Ints
    share: Floats
    sent: Flags


@dataclass(frozen=True)
class Orders:
    """Orders in the order of time: customer, local second, the message that moved them (-1: none)."""

    customer: Ints
    second: Ints
    message: Ints
    at_sign_up: Flags

    def __len__(self) -> int:
        return len(self.customer)


def sign_up_seconds(streams: Streams, clock: Clock, people: People) -> Ints:
    """When each customer registers, in local seconds."""
    second = np.clip(draw_clock(streams("sign_up_clock"), len(people)), 600, LATEST_SIGN_UP_SECOND)
    return clock.past_the_change(people.joined_day * DAY_SECONDS + second)


def first_spells(people: People) -> Spells:
    """From the day after joining to the last day before drop-out."""
    return Spells(np.arange(len(people), dtype=np.int64), people.joined_day + 1, people.last_day)


def order_days(
    rng: np.random.Generator, season: Season, spells: Spells, rate: Floats, last_day: int
) -> tuple[Ints, Ints]:
    """Customer and day of each order: an inhomogeneous Poisson process on the days of the spells.

    Given the rate, the number of orders in a spell is Poisson with mean rate x (sum of the day factors),
    and given the number the days are independent draws by these factors.
    """
    last = np.minimum(spells.last, last_day)
    mean = rate * season.between(spells.first, last)
    repeat = rng.poisson(mean)
    customer = np.repeat(spells.customer, repeat)
    return customer, season.draw_days(rng, np.repeat(spells.first, repeat), np.repeat(last, repeat))


def revivals(streams: Streams, people: People, responses: Responses, messages: Messages) -> Spells:
    """New spells of customers who were gone and whom a win-back message brought back, once at most."""
    picked = (
        messages.sent & (messages.lever == WIN_BACK) & (messages.day > people.last_day[messages.customer])
    )
    customer, day = messages.customer[picked], messages.day[picked]
    back = streams("revivals").random(len(customer)) < responses.revival[customer]
    order = np.lexsort((day[back], customer[back]))
    customer, day = customer[back][order], day[back][order]
    customer, first = np.unique(customer, return_index=True)
    day = day[first]
    return Spells(
        customer, day + 1, day + draw_stay(streams("revived_stays"), people.drop_out_rate[customer])
    )


def all_spells(first: Spells, second: Spells) -> Spells:
    """Both lists of spells as one."""
    return Spells(
        *(np.concatenate([getattr(first, n), getattr(second, n)]) for n in ("customer", "first", "last"))
    )


def lifted_orders(
    streams: Streams,
    season: Season,
    people: People,
    responses: Responses,
    messages: Messages,
    spells: Spells,
    last_day: int,
) -> tuple[Ints, Ints, Ints]:
    """Orders that messages brought beyond those that came anyway: customer, day, message.

    A factor f > 1 on the rate of a Poisson process adds an independent one with (f - 1) of the rate.
    """
    message, spell = _meetings(messages, spells)
    lift = responses.log_lift[messages.customer[message], messages.lever[message]]
    extra_rate = people.rate[messages.customer[message]] * np.maximum(np.expm1(lift), 0.0)
    first = np.maximum(messages.day[message] + 1, spells.first[spell])
    last = np.minimum(messages.day[message] + RESPONSE_DAYS, spells.last[spell])
    windows = Spells(message, first, last)
    index, day = order_days(streams("lifted_orders"), season, windows, extra_rate, last_day)
    return messages.customer[index], day, index


def harmed_orders(
    streams: Streams, responses: Responses, messages: Messages, customer: Ints, day: Ints
) -> Flags:
    """Which orders did not happen because a message did harm: each is dropped with 1 - factor."""
    lift = responses.log_lift[messages.customer, messages.lever]
    harm = np.flatnonzero(messages.sent & (lift < 0))
    order = np.lexsort((day, customer))
    key = customer[order] * DAY_SECONDS + day[order]
    start = messages.customer[harm] * DAY_SECONDS + messages.day[harm]
    low = np.searchsorted(key, start, side="right")
    high = np.searchsorted(key, start + RESPONSE_DAYS, side="right")
    met = high - low
    message = np.repeat(harm, met)
    place = np.arange(len(message)) - np.repeat(np.cumsum(met) - met, met) + np.repeat(low, met)
    dropped = streams("harmed_orders").random(len(message)) < -np.expm1(lift[message])
    gone = np.zeros(len(customer), dtype=bool)
    gone[order[place[dropped]]] = True
    return gone


def timed_orders(
    streams: Streams,
    clock: Clock,
    people: People,
    customer: Ints,
    day: Ints,
    message: Ints,
    sign_up: Ints,
) -> Orders:
    """Orders with a time of day, those of the sign-up visit a few minutes after it, sorted by time."""
    second = clock.past_the_change(day * DAY_SECONDS + draw_clock(streams("order_clock"), len(day)))
    buyers = np.flatnonzero(people.buys_at_once)
    at_once = sign_up[buyers] + streams("first_orders").integers(240, 900, len(buyers))
    customer = np.concatenate([buyers, customer])
    second = np.concatenate([at_once, second])
    message = np.concatenate([np.full(len(buyers), -1), message])
    order = np.lexsort((customer, second))
    return Orders(
        customer[order], second[order], message[order], (np.arange(len(order)) < len(buyers))[order]
    )


def _meetings(messages: Messages, spells: Spells) -> tuple[Ints, Ints]:
    """Pairs of a sent message and a spell of its customer that its window touches."""
    sent = np.flatnonzero(messages.sent)
    order = np.argsort(spells.customer, kind="stable")
    low = np.searchsorted(spells.customer[order], messages.customer[sent], side="left")
    met = np.searchsorted(spells.customer[order], messages.customer[sent], side="right") - low
    message = np.repeat(sent, met)
    place = np.arange(len(message)) - np.repeat(np.cumsum(met) - met, met) + np.repeat(low, met)
    spell = order[place]
    day = messages.day[message]
    touches = (day + RESPONSE_DAYS >= spells.first[spell]) & (day < spells.last[spell])
    return message[touches], spell[touches]
