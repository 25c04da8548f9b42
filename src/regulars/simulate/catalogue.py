"""What the shop sells: items with categories, prices, costs, quality, and what is bought together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from regulars.simulate.arrays import Floats, Ints
from regulars.simulate.streams import Streams
from regulars.simulate.wordlists import CATEGORIES

CATEGORY_NAMES = tuple(CATEGORIES)
COMPANION_SHARE = 0.35
"""Share of an order's further lines that are a companion of the line before."""
FAVOURITE_SHARE = 0.3
"""Share of lines, by taste, that are the customer's favourite item of the category."""
COMPANION_COUNT = 3
ZIPF_EXPONENT = 0.9


@dataclass(frozen=True)
class Catalogue:
    """The items, sorted by category; money in pence.

    ``quality`` moves ratings, ``return_rate`` is the chance that a line is sent back, ``popularity`` is an
    item's share of its category, and ``companions`` are the items that go with it.
    """

    titles: tuple[str, ...]
    category: Ints
    price: Ints
    cost: Ints
    quality: Floats
    return_rate: Floats
    popularity: Floats
    companions: Ints

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Codes such as ``KI-012``: two letters of the category and a number."""
        first = np.searchsorted(self.category, np.arange(len(CATEGORY_NAMES)))
        return tuple(
            f"{CATEGORY_NAMES[c][:2].upper()}-{i - first[c] + 1:03d}" for i, c in enumerate(self.category)
        )

    @cached_property
    def _ladder(self) -> Floats:
        """Running popularity inside each category, plus the category's number."""
        ladder = np.empty(len(self))
        for c in range(len(CATEGORY_NAMES)):
            of = self.category == c
            ladder[of] = c + np.cumsum(self.popularity[of])
        return ladder

    def draw_popular(self, rng: np.random.Generator, category: Ints) -> Ints:
        """One item of each given category, popular ones more often."""
        place = np.searchsorted(self._ladder, category + rng.random(len(category)), side="right")
        # A running sum may end a rounding error below 1, which would spill into the next category.
        ends = np.searchsorted(self.category, category, side="right") - 1
        return np.minimum(place, ends).astype(np.int64)

    def draw_companions(self, rng: np.random.Generator, item: Ints) -> Ints:
        """One companion of each item."""
        return np.asarray(self.companions[item, rng.integers(0, COMPANION_COUNT, len(item))])

    def companion_mean(self, values: Floats) -> Floats:
        """Mean of ``values`` over each item's companions: one step of the walk through a basket."""
        return np.asarray(values[self.companions].mean(axis=1), dtype=np.float64)

    def category_mean(self, values: Floats) -> Floats:
        """Mean of ``values`` over each category's items, weighed by popularity."""
        sums = np.bincount(self.category, weights=self.popularity * values, minlength=len(CATEGORY_NAMES))
        return np.asarray(sums, dtype=np.float64)

    def table(self) -> pa.Table:
        """The items as the shop's own export has them: money in currency units."""
        return pa.table(
            {
                "item_id": pa.array(self.item_ids),
                "title": pa.array(self.titles),
                "category": pa.array([CATEGORY_NAMES[c] for c in self.category]),
                "price": pa.array(self.price / 100),
                "cost": pa.array(self.cost / 100),
            }
        )


def draw_catalogue(streams: Streams) -> Catalogue:
    """About 300 items.

    Examples
    --------
    >>> catalogue = draw_catalogue(Streams(0))
    >>> len(catalogue), catalogue.titles[0], catalogue.item_ids[0]
    (315, 'Enamel Mug', 'KI-001')
    >>> bool((catalogue.cost < catalogue.price).all())
    True
    """
    titles, category = _titles()
    count = len(titles)
    price = _prices(streams("prices"), category)
    rng = streams("item_costs")
    cost = np.maximum(np.rint(price * rng.uniform(0.35, 0.68, count)), 1).astype(np.int64)
    base_return = np.array([row[2] for row in CATEGORIES.values()])[category]
    popularity = _popularity(streams("popularity"), category)
    quality = streams("quality").normal(0.0, 0.45, count)
    return Catalogue(
        titles=titles,
        category=category,
        price=price,
        cost=cost,
        quality=quality,
        return_rate=np.clip(base_return * np.exp(-0.6 * quality), 0.002, 0.4),
        popularity=popularity,
        companions=_companions(streams("companions"), category, popularity),
    )


def category_shares() -> Floats:
    """Each category's share of sales to an average customer."""
    shares = np.array([row[0] for row in CATEGORIES.values()])
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _titles() -> tuple[tuple[str, ...], Ints]:
    rows = [
        (f"{style} {thing}", number)
        for number, (_, _, _, styles, things) in enumerate(CATEGORIES.values())
        for style in styles
        for thing in things
    ]
    return tuple(title for title, _ in rows), np.array([number for _, number in rows], dtype=np.int64)


def _prices(rng: np.random.Generator, category: Ints) -> Ints:
    """Prices around the category's median that end in .50, .95 or .99, as shops write them."""
    median = np.array([row[1] for row in CATEGORIES.values()])[category]
    pounds = np.maximum(np.floor(median * np.exp(rng.normal(0.0, 0.5, len(category)))), 1)
    ending = rng.choice([50, 95, 99], size=len(category))
    return np.asarray(pounds * 100 + ending, dtype=np.int64)


def _popularity(rng: np.random.Generator, category: Ints) -> Floats:
    """Zipf weights in random order, as shares of the category."""
    weight = (rng.permutation(len(category)) + 2.0) ** -ZIPF_EXPONENT
    return np.asarray(weight / np.bincount(category, weights=weight)[category], dtype=np.float64)


def _companions(rng: np.random.Generator, category: Ints, popularity: Floats) -> Ints:
    """Three companions an item: mostly of the same or the next category, popular ones more often."""
    count = len(category)
    distance = (category[None, :] - category[:, None]) % len(CATEGORY_NAMES)
    weight = np.where(distance == 0, 1.0, np.where(distance == 1, 0.8, 0.08)) * popularity[None, :] ** 0.5
    np.fill_diagonal(weight, 0.0)
    # The three largest of log-weight + Gumbel noise are a weighted draw without replacement.
    noise: npt.NDArray[np.float64] = np.log(np.maximum(weight, 1e-300)) + rng.gumbel(size=(count, count))
    return np.sort(np.argsort(-noise, axis=1, kind="stable")[:, :COMPANION_COUNT], axis=1).astype(np.int64)
