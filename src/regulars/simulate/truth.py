"""What only the simulator knows: each customer's true prospects, in closed form, written apart from the shop."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.errors import FileError
from regulars.simulate.arrays import Floats, Ints
from regulars.simulate.baskets import DISCOUNT_RATES, EXTRA_UNITS, MAX_FURTHER_LINES, returned_share
from regulars.simulate.catalogue import CATEGORY_NAMES, COMPANION_SHARE, FAVOURITE_SHARE, Catalogue
from regulars.simulate.customers import People
from regulars.simulate.responses import LEVER_NAMES, RESPONSE_DAYS, WIN_BACK, Responses
from regulars.simulate.season import Season

PURCHASE_HORIZON_DAYS = 90
MARGIN_HORIZON_DAYS = 365
CUSTOMERS_FILE = "customers.parquet"
ITEMS_FILE = "items.parquet"
SETTINGS_FILE = "settings.json"


@dataclass(frozen=True)
class Truth:
    """What ``write_shop`` hid: the settings (seed, days, effects), one row per customer, and the items.

    The columns of ``customers`` that answer questions as of the shop's last day:
    ``purchase_probability_90_days``, ``expected_orders_365_days``, ``expected_net_value_365_days`` and
    ``expected_margin_365_days`` (currency units, not discounted), and for each lever
    ``purchase_probability_change_LEVER``: what an action on the last day adds to the 90-day probability.
    """

    settings: dict[str, Any]
    customers: pa.Table
    items: pa.Table


def read_truth(folder: Path) -> Truth:
    """Read what ``write_shop`` wrote to its truth folder; a folder without it is a ``FileError``."""
    path = Path(folder) / SETTINGS_FILE
    if not path.is_file():
        raise FileError(
            f"{folder} holds no truth: {SETTINGS_FILE} is missing", fix="name the truth folder of write_shop"
        )
    return Truth(
        settings=json.loads(path.read_text(encoding="utf-8")),
        customers=pq.read_table(path.with_name(CUSTOMERS_FILE)),
        items=pq.read_table(path.with_name(ITEMS_FILE)),
    )


def purchase_probability(
    rate: Floats, drop_out_rate: Floats, factors: Floats, log_lift: Floats | None = None
) -> Floats:
    """Chance of at least one order on the next days for customers who are still there.

    With q = exp(-drop_out_rate) the chance of staying one more day, S_k the sum of the first k day
    factors and H days, the chance of no order is

        sum over k < H of q^k (1 - q) exp(-rate S_k)  +  q^H exp(-rate S_H):

    the customer leaves after k days, or not at all. ``log_lift`` multiplies the factors of the first
    ``RESPONSE_DAYS`` by its exponential.

    Examples
    --------
    >>> rate, drop_out_rate = np.array([0.02]), np.array([1e-9])
    >>> purchase_probability(rate, drop_out_rate, np.ones(90)).round(4)  # 1 - exp(-1.8)
    array([0.8347])
    """
    stay = np.exp(-drop_out_rate)
    factor = 1.0 if log_lift is None else np.exp(log_lift)
    no_order, still_there, spent = np.zeros_like(rate), np.ones_like(rate), np.zeros_like(rate)
    for day, busy in enumerate(factors):
        no_order += still_there * (1 - stay) * np.exp(-rate * spent)
        still_there = still_there * stay
        spent = spent + busy * (factor if day < RESPONSE_DAYS else 1.0)
    return np.asarray(1.0 - no_order - still_there * np.exp(-rate * spent), dtype=np.float64)


def expected_orders(rate: Floats, drop_out_rate: Floats, factors: Floats) -> Floats:
    """Orders expected on the next days from customers who are still there: rate x sum of q^k x factor_k."""
    stay, still_there, total = np.exp(-drop_out_rate), np.ones_like(rate), np.zeros_like(rate)
    for busy in factors:
        still_there = still_there * stay
        total += still_there * busy
    return np.asarray(rate * total, dtype=np.float64)


def order_worth(catalogue: Catalogue, people: People) -> tuple[Floats, Floats]:
    """Expected net value and margin of one order of each customer, in currency units, returns taken off.

    Let b be the customer's distribution over items by taste, M one step to a companion and c the share of
    companion lines. Line k has the distribution p_0 = b, p_k = c p_(k-1) M + (1 - c) b; unrolled, with
    item values v, it is worth b . [(cM)^k v + (1 - c) sum over m < k of (cM)^m v]. Line k exists with
    the chance that the number of further lines (Poisson, cut off at the longest order) is at least k.
    """
    kept = 1.0 - returned_share(catalogue)
    full_price = _over_lines(catalogue, people, kept * catalogue.price)
    cost = _over_lines(catalogue, people, kept * catalogue.cost)
    units = 1.0 + EXTRA_UNITS
    net = units * full_price * (1.0 - people.discount_share * np.mean(DISCOUNT_RATES)) / 100.0
    return net, net - units * cost / 100.0


def _over_lines(catalogue: Catalogue, people: People, values: Floats) -> Floats:
    """Expected sum of item values over the lines of one order of each customer."""
    exists = _chance_of_line(people.further_lines)
    # A line of distribution b carried on by k companion steps is worth b . steps[k].
    steps = [values.astype(np.float64)]
    for _ in range(MAX_FURTHER_LINES):
        steps.append(COMPANION_SHARE * catalogue.companion_mean(steps[-1]))
    total = _by_taste(catalogue, people, steps[0])
    fresh = np.zeros_like(steps[0])
    for k in range(1, MAX_FURTHER_LINES + 1):
        fresh = fresh + (1 - COMPANION_SHARE) * steps[k - 1]
        total += exists[k] * _by_taste(catalogue, people, fresh + steps[k])
    return total


def _by_taste(catalogue: Catalogue, people: People, values: Floats) -> Floats:
    """Expected value of one item drawn by each customer's taste."""
    popular = catalogue.category_mean(values)
    mixed = FAVOURITE_SHARE * values[people.favourite] + (1 - FAVOURITE_SHARE) * popular[None, :]
    return np.asarray((people.taste * mixed).sum(axis=1), dtype=np.float64)


def _chance_of_line(further_lines: Floats) -> list[Floats]:
    """For k = 0, 1, ...: the chance that an order has more than k lines."""
    term = np.exp(-further_lines)
    below = np.zeros_like(further_lines)
    chances = []
    for k in range(MAX_FURTHER_LINES + 1):
        chances.append(1.0 - below)
        below = below + term
        term = term * further_lines / (k + 1)
    return chances


def customer_truth(
    people: People,
    responses: Responses,
    catalogue: Catalogue,
    season: Season,
    last_day: int,
    spell_end: Ints,
    order_count: Ints,
) -> pa.Table:
    """One row per customer: latents and prospects as of ``last_day``.

    ``spell_end`` is the last day on which each may buy, revivals included; who passes ``last_day`` is a
    customer still, and the day they will leave is not written: nobody, the oracle included, knows it.
    """
    staying = spell_end >= last_day
    start = last_day - season.first_day + 1
    near = season.factors[start : start + PURCHASE_HORIZON_DAYS]
    year = season.factors[start : start + MARGIN_HORIZON_DAYS]
    chance = np.where(staying, purchase_probability(people.rate, people.drop_out_rate, near), 0.0)
    orders = np.where(staying, expected_orders(people.rate, people.drop_out_rate, year), 0.0)
    net, margin = order_worth(catalogue, people)
    columns: dict[str, Any] = {
        "customer_id": people.ids(),
        "joined_day": people.joined_day,
        "drop_out_day": pa.array(spell_end + 1, mask=staying),
        "is_customer": staying,
        "purchase_rate": people.rate,
        "drop_out_rate": people.drop_out_rate,
        "order_count": order_count,
        "purchase_probability_90_days": chance,
        "expected_orders_365_days": orders,
        "net_value_per_order": net,
        "margin_per_order": margin,
        "expected_net_value_365_days": orders * net,
        "expected_margin_365_days": orders * margin,
        "price_sensitivity": people.price_sensitivity,
        "further_lines": people.further_lines,
        "discount_share": people.discount_share,
        "revival_probability": responses.revival,
    }
    columns |= _lever_columns(people, responses, near, staying, chance)
    columns |= {f"taste_{_slug(name)}": people.taste[:, c] for c, name in enumerate(CATEGORY_NAMES)}
    columns |= {f"favourite_{_slug(name)}": people.favourite[:, c] for c, name in enumerate(CATEGORY_NAMES)}
    return pa.table(columns)


def _lever_columns(
    people: People, responses: Responses, near: Floats, staying: Any, chance: Floats
) -> dict[str, Floats]:
    columns = {}
    for number, lever in enumerate(LEVER_NAMES):
        lift = responses.log_lift[:, number]
        treated = purchase_probability(people.rate, people.drop_out_rate, near, lift)
        back = responses.revival if number == WIN_BACK else 0.0
        columns[f"log_lift_{lever}"] = lift
        columns[f"purchase_probability_change_{lever}"] = np.where(staying, treated - chance, back * treated)
    return columns


def _slug(name: str) -> str:
    return name.lower().replace(" ", "_")
