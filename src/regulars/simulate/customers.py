"""Who the customers are: traits that a shop may know, and latent traits that nobody sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.simulate.arrays import Array, Flags, Floats, Ints, coded, joined
from regulars.simulate.catalogue import Catalogue
from regulars.simulate.habits import Habits, draw_habits
from regulars.simulate.season import Season
from regulars.simulate.streams import Streams
from regulars.simulate.wordlists import CHANNELS, COUNTRIES_ABROAD, GENDERS, INCOME_BANDS, REGIONS

MEAN_ORDERS_PER_YEAR = 7.0
RATE_SHAPE = 0.9
"""Shape of the gamma distribution of purchase rates: below 1, many buy seldom and a few often."""
DROP_OUT_SHAPE = 1.5
MEAN_DROP_OUT_DAYS = 350.0
FIRST_ORDER_SHARE = 0.75
"""Share of customers who buy in the visit in which they register."""
COUNTRY_NAMES = ("United Kingdom", *COUNTRIES_ABROAD)


@dataclass(frozen=True)
class People:
    """Customers, one entry each.

    Latent: ``rate`` (purchases per average day while they stay), ``drop_out_rate`` (per day),
    ``stay_days`` (whole days after joining on which they may buy), ``habits``, ``price_sensitivity`` (0-1)
    and ``mildness`` (stars above an average rater). The rest is known to the shop.
    """

    first_number: int
    joined_day: Ints
    stay_days: Ints
    buys_at_once: Flags
    rate: Floats
    drop_out_rate: Floats
    habits: Habits
    price_sensitivity: Floats
    mildness: Floats
    age: Ints
    gender: Ints
    region: Ints
    income: Ints
    channel: Ints
    country: Ints
    newsletter: Flags

    def __len__(self) -> int:
        return len(self.rate)

    @property
    def last_day(self) -> Ints:
        """The last day on which each may buy; after it they are gone."""
        return self.joined_day + self.stay_days

    def ids(self) -> Array:
        """Customer numbers such as ``C000042``."""
        numbers = pa.array(np.arange(self.first_number, self.first_number + len(self)))
        return joined("C", pc.utf8_lpad(numbers.cast(pa.string()), 6, "0"))


def draw_people(
    streams: Streams,
    season: Season,
    catalogue: Catalogue,
    count: int,
    last_day: int,
    *,
    first_number: int = 1,
    rate_scale: float = 1.0,
    buy_at_once_share: float = FIRST_ORDER_SHARE,
) -> People:
    """Draw ``count`` customers who join between the season's first day and ``last_day``.

    Traits move tastes, rates, drop-out and price sensitivity modestly: what a shop knows of a customer
    says something about what it does not.
    """
    traits = _draw_traits(streams, count)
    age_z: Floats = np.asarray((traits["age"] - 43.0) / 15.0, dtype=np.float64)
    income_z: Floats = np.asarray((traits["income"] - 1.0) / 0.7, dtype=np.float64)
    price_sensitivity = _logistic(streams("price_sensitivity").normal(-0.5 - 0.5 * income_z, 0.8))
    rate = _draw_rates(streams("rates"), traits["channel"], income_z) * rate_scale
    drop_out = _draw_drop_out(streams("drop_out_rates"), traits["channel"])
    rng = streams("customer_details")
    return People(
        first_number=first_number,
        joined_day=_draw_joining(streams("joining"), season, count, last_day),
        stay_days=draw_stay(streams("stays"), drop_out),
        buys_at_once=rng.random(count) < buy_at_once_share,
        rate=rate,
        drop_out_rate=drop_out,
        habits=draw_habits(streams, catalogue, age_z, income_z, traits["gender"], price_sensitivity),
        price_sensitivity=price_sensitivity,
        mildness=rng.normal(0.0, 0.4, count),
        newsletter=rng.random(count) < 0.68,
        **traits,
    )


def draw_stay(rng: np.random.Generator, drop_out_rate: Floats) -> Ints:
    """Whole days that each customer stays: geometric, so that who stayed so far is as good as new."""
    days = np.floor(rng.exponential(1.0, len(drop_out_rate)) / drop_out_rate)
    return np.minimum(days, 200_000).astype(np.int64)


def customers_table(people: People, streams: Streams) -> pa.Table:
    """What the shop's customer export says: traits, with some cells empty as they are in life."""
    rng = streams("empty_cells")
    age_known, income_known = rng.random(len(people)) > 0.08, rng.random(len(people)) > 0.15
    joined_on = pa.array(people.joined_day.astype("datetime64[D]"))
    return pa.table(
        {
            "customer_id": people.ids(),
            "age": pa.array(people.age, mask=~age_known),
            "gender": coded(people.gender, tuple(GENDERS)),
            "region": pa.array(
                np.array(tuple(REGIONS))[people.region], mask=people.country > 0, type=pa.string()
            ),
            "income_band": pa.array(
                np.array(tuple(INCOME_BANDS))[people.income], mask=~income_known, type=pa.string()
            ),
            "channel": coded(people.channel, tuple(CHANNELS)),
            "country": coded(people.country, COUNTRY_NAMES),
            "signed_up_on": joined_on.cast(pa.string()),
            "newsletter": pa.array(np.where(people.newsletter, "yes", "no")),
        }
    )


def _logistic(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-values)), dtype=np.float64)


def _draw_codes(rng: np.random.Generator, weights: list[float], count: int) -> Ints:
    ladder = np.cumsum(weights) / np.sum(weights)
    return np.minimum(np.searchsorted(ladder, rng.random(count), side="right"), len(weights) - 1).astype(
        np.int64
    )


def _draw_traits(streams: Streams, count: int) -> dict[str, Ints]:
    rng = streams("traits")
    age = np.clip(np.rint(18 + rng.gamma(3.2, 8.0, count)), 18, 90).astype(np.int64)
    gender = _draw_codes(rng, list(GENDERS.values()), count)
    region = _draw_codes(rng, list(REGIONS.values()), count)
    income = _draw_codes(rng, list(INCOME_BANDS.values()), count)
    # London and the South East earn a little more: one in five moves a band up.
    income = np.where((region <= 1) & (rng.random(count) < 0.2), np.minimum(income + 1, 2), income)
    channel = _draw_codes(rng, [row[0] for row in CHANNELS.values()], count)
    abroad = rng.random(count) < 0.07
    country = np.where(abroad, 1 + _draw_codes(rng, list(COUNTRIES_ABROAD.values()), count), 0)
    return {
        "age": age,
        "gender": gender,
        "region": region,
        "income": income,
        "channel": channel,
        "country": country,
    }


def _draw_rates(rng: np.random.Generator, channel: Ints, income_z: Floats) -> Floats:
    """Purchases per average day: gamma around a mean that channel and income move."""
    factor = np.array([row[1] for row in CHANNELS.values()])[channel] * np.exp(0.15 * income_z)
    rates = rng.gamma(RATE_SHAPE, MEAN_ORDERS_PER_YEAR / 365.25 / RATE_SHAPE, len(channel))
    return np.asarray(rates * factor, dtype=np.float64)


def _draw_drop_out(rng: np.random.Generator, channel: Ints) -> Floats:
    """Drop-out per day: gamma around a mean that the channel moves; never so low that days overflow."""
    factor = np.array([row[2] for row in CHANNELS.values()])[channel]
    rates = rng.gamma(DROP_OUT_SHAPE, 1.0 / MEAN_DROP_OUT_DAYS / DROP_OUT_SHAPE, len(channel)) * factor
    return np.asarray(np.maximum(rates, 1e-5), dtype=np.float64)


def _draw_joining(rng: np.random.Generator, season: Season, count: int, last_day: int) -> Ints:
    """Joining days: a first wave at the opening, then growth and the season."""
    days = np.arange(season.first_day, last_day + 1)
    age = (days - days[0]) / max(len(days), 1)
    weight = season.factors[: len(days)] ** 0.6 * (0.75 + 0.7 * age + 2.2 * np.exp(-age * 18.0))
    ladder = np.cumsum(weight) / weight.sum()
    place = np.minimum(np.searchsorted(ladder, rng.random(count), side="right"), len(days) - 1)
    return np.sort(days[place]).astype(np.int64)
