"""What is in an order, and what comes back: items by taste, companions, discounts and returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regulars.schema import DAY_SECONDS
from regulars.simulate.arrays import Floats, Ints
from regulars.simulate.catalogue import COMPANION_SHARE, FAVOURITE_SHARE, Catalogue
from regulars.simulate.habits import Habits
from regulars.simulate.season import Clock, draw_clock
from regulars.simulate.streams import Streams

MAX_FURTHER_LINES = 9
EXTRA_UNITS = 0.3
"""Mean units of a line beyond the first."""
DISCOUNT_RATES = (0.1, 0.15, 0.2, 0.3)
WHOLE_RETURN_SHARE = 0.6
"""Of the lines sent back, the share sent back whole; of the others each unit comes back with chance 1/2."""
RETURN_DAYS = (3, 25)


@dataclass(frozen=True)
class Lines:
    """Order lines, sorted by order and item: the order's index, item, units, money in pence per unit."""

    order: Ints
    item: Ints
    quantity: Ints
    price: Ints
    unit_discount: Ints

    def __len__(self) -> int:
        return len(self.order)

    @property
    def value(self) -> Ints:
        """Money of each line after discounts, in pence."""
        return self.quantity * (self.price - self.unit_discount)


@dataclass(frozen=True)
class Returns:
    """Lines sent back: the line's index, units, local second."""

    line: Ints
    quantity: Ints
    second: Ints


def draw_items(rng: np.random.Generator, catalogue: Catalogue, habits: Habits, customer: Ints) -> Ints:
    """One item for each customer named: a category by taste, then the favourite or a popular item."""
    ladder = np.cumsum(habits.taste, axis=1)[customer]
    category = (rng.random(len(customer))[:, None] > ladder[:, :-1]).sum(axis=1)
    popular = catalogue.draw_popular(rng, category)
    favourite = habits.favourite[customer, category]
    return np.where(rng.random(len(customer)) < FAVOURITE_SHARE, favourite, popular).astype(np.int64)


def draw_lines(streams: Streams, catalogue: Catalogue, habits: Habits, buyer: Ints) -> Lines:
    """The lines of orders whose customers are ``buyer``; an item drawn twice becomes one line of more units."""
    further = np.minimum(streams("basket_sizes").poisson(habits.further_lines[buyer]), MAX_FURTHER_LINES)
    order, item = _walk(streams("baskets"), catalogue, habits, buyer, further)
    rng = streams("line_details")
    units = 1 + rng.poisson(EXTRA_UNITS, len(order))
    reduced = rng.random(len(order)) < habits.discount_share[buyer[order]]
    discount = np.where(reduced, rng.choice(DISCOUNT_RATES, len(order)), 0.0)
    key, first, group = np.unique(order * len(catalogue) + item, return_index=True, return_inverse=True)
    quantity = np.bincount(group, weights=units, minlength=len(key)).astype(np.int64)
    item = key % len(catalogue)
    price = catalogue.price[item]
    return Lines(
        key // len(catalogue), item, quantity, price, np.rint(price * discount[first]).astype(np.int64)
    )


def draw_returns(
    streams: Streams, clock: Clock, catalogue: Catalogue, lines: Lines, order_second: Ints, last_day: int
) -> Returns:
    """Lines sent back, some in part, a few days after the order; those after ``last_day`` are not seen yet."""
    rng = streams("returns")
    back = rng.random(len(lines)) < catalogue.return_rate[lines.item]
    whole = rng.random(len(lines)) < WHOLE_RETURN_SHARE
    units = np.where(whole, lines.quantity, rng.binomial(lines.quantity, 0.5))
    day = order_second[lines.order] // DAY_SECONDS + rng.integers(*RETURN_DAYS, len(lines))
    second = clock.past_the_change(day * DAY_SECONDS + draw_clock(rng, len(lines)))
    line = np.flatnonzero(back & (units > 0) & (day <= last_day))
    return Returns(line, units[line].astype(np.int64), second[line])


def returned_share(catalogue: Catalogue) -> Floats:
    """Expected share of an item's units that come back."""
    return catalogue.return_rate * (WHOLE_RETURN_SHARE + (1 - WHOLE_RETURN_SHARE) * 0.5)


def _walk(
    rng: np.random.Generator, catalogue: Catalogue, habits: Habits, buyer: Ints, further: Ints
) -> tuple[Ints, Ints]:
    """Order and item of each line: the first by taste, each further one by taste or the last one's companion."""
    order = np.arange(len(buyer), dtype=np.int64)
    item = draw_items(rng, catalogue, habits, buyer)
    orders, items = [order], [item]
    for position in range(1, MAX_FURTHER_LINES + 1):
        more = further[order] >= position
        order, item = order[more], item[more]
        if not len(order):
            break
        companion = catalogue.draw_companions(rng, item)
        by_taste = draw_items(rng, catalogue, habits, buyer[order])
        item = np.where(rng.random(len(order)) < COMPANION_SHARE, companion, by_taste)
        orders.append(order)
        items.append(item)
    return np.concatenate(orders), np.concatenate(items)
