"""What customers say: stars, reviews whose words agree with the stars, and support tickets."""

from __future__ import annotations

import numpy as np

from regulars.schema import DAY_SECONDS
from regulars.simulate.arrays import Ints
from regulars.simulate.baskets import Lines, Returns
from regulars.simulate.catalogue import Catalogue
from regulars.simulate.customers import People
from regulars.simulate.eventlog import EventLog
from regulars.simulate.purchases import Orders
from regulars.simulate.season import Clock, draw_clock
from regulars.simulate.streams import Streams
from regulars.simulate.wordlists import REVIEW_OPENINGS, REVIEW_REASONS, TICKET_SUBJECTS

RATED_SHARE, REVIEW_SHARE = 0.13, 0.4
TICKET_SHARE, TICKET_SHARE_OF_RETURNS, RESOLVED_SHARE = 0.02, 0.15, 0.9


def write_ratings(
    streams: Streams,
    log: EventLog,
    clock: Clock,
    catalogue: Catalogue,
    people: People,
    orders: Orders,
    lines: Lines,
    returns: Returns,
) -> None:
    """Stars for some lines some days after the order; some come as a review with text instead."""
    rng = streams("ratings")
    rated = np.flatnonzero(rng.random(len(lines)) < RATED_SHARE)
    item, order = lines.item[rated], lines.order[rated]
    customer = orders.customer[order]
    unhappy = np.isin(rated, returns.line)
    liking = 3.9 + catalogue.quality[item] * 1.4 + people.mildness[customer] - 1.2 * unhappy
    stars = np.clip(np.rint(liking + rng.normal(0.0, 0.8, len(rated))), 1, 5).astype(np.int64)
    day = orders.second[order] // DAY_SECONDS + rng.integers(4, 22, len(rated))
    second = clock.past_the_change(day * DAY_SECONDS + draw_clock(rng, len(rated)))
    worded = rng.random(len(rated)) < REVIEW_SHARE
    silent = ~worded
    log.add(
        "rate", second[silent], customer=customer[silent], item=item[silent], order=order[silent],
        rating=stars[silent].astype(np.float64),
    )  # fmt: skip
    texts = log.write_down(_reviews(streams("reviews"), catalogue, item[worded], stars[worded]))
    log.add(
        "review", second[worded], customer=customer[worded], item=item[worded], order=order[worded],
        rating=stars[worded].astype(np.float64), text=texts,
    )  # fmt: skip


def _reviews(rng: np.random.Generator, catalogue: Catalogue, item: Ints, stars: Ints) -> list[str]:
    """An opening and a reason, both in the mood of the stars."""
    picks = rng.integers(0, 1_000_000, (len(item), 2))
    texts = []
    for number, star, (first, second) in zip(item, stars, picks, strict=True):
        openings, reasons = REVIEW_OPENINGS[int(star)], REVIEW_REASONS[int(star)]
        opening = openings[first % len(openings)].format(thing=catalogue.titles[number].lower())
        texts.append(f"{opening} {reasons[second % len(reasons)]}")
    return texts


def write_tickets(
    streams: Streams, log: EventLog, clock: Clock, orders: Orders, lines: Lines, returns: Returns
) -> None:
    """Questions to the support desk after an order, more where something came back; most are resolved."""
    rng = streams("tickets")
    came_back = np.zeros(len(orders), dtype=bool)
    came_back[lines.order[returns.line]] = True
    chance = np.where(came_back, TICKET_SHARE_OF_RETURNS, TICKET_SHARE)
    order = np.flatnonzero(rng.random(len(orders)) < chance)
    day = orders.second[order] // DAY_SECONDS + rng.integers(1, 9, len(order))
    opened = clock.past_the_change(day * DAY_SECONDS + draw_clock(rng, len(order)))
    subject = log.write_down(list(TICKET_SUBJECTS))[rng.integers(0, len(TICKET_SUBJECTS), len(order))]
    log.add("ticket_opened", opened, customer=orders.customer[order], order=order, text=subject)
    done = np.flatnonzero(rng.random(len(order)) < RESOLVED_SHARE)
    waited = rng.integers(3 * 3600, 5 * DAY_SECONDS, len(done))
    resolved = clock.past_the_change(opened[done] + waited)
    log.add("ticket_resolved", resolved, customer=orders.customer[order[done]], order=order[done])


def write_stock(
    streams: Streams, log: EventLog, clock: Clock, catalogue: Catalogue, first_day: int, last_day: int
) -> None:
    """Stock counts once a month: an adjustment for a few items, without a customer and without money."""
    rng = streams("stock")
    day = np.repeat(np.arange(first_day + 27, last_day + 1, 30, dtype=np.int64), 6)
    second = clock.past_the_change(day * DAY_SECONDS + 7 * 3600 + rng.integers(0, 3600, len(day)))
    units = rng.integers(1, 13, len(day)) * rng.choice([-1, 1], len(day), p=[0.8, 0.2])
    item = rng.integers(0, len(catalogue), len(day))
    log.add("adjustment", second, item=item, quantity=units.astype(np.float64), value=0.0)
