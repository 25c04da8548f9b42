"""The shop's future under a policy: what the same customers buy next when given actions are taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from regulars.errors import ColumnError, OptionError, nearest
from regulars.schema import DAY_SECONDS, LEVERS
from regulars.simulate.arrays import Array, Flags, Floats, Ints, coded
from regulars.simulate.baskets import draw_lines, draw_returns
from regulars.simulate.customers import draw_stay
from regulars.simulate.past import FUTURE_DAYS, World, make_world
from regulars.simulate.purchases import Spells, order_days
from regulars.simulate.responses import LEVER_NAMES, RESPONSE_DAYS, WIN_BACK
from regulars.simulate.streams import Streams
from regulars.simulate.truth import Truth

LATER_RETURN_DAYS = 60
"""Returns come at most this many days after an order."""


def simulate_future(truth: Truth, actions: Any, days: int, seed: int) -> pa.Table:
    """Orders of the next ``days`` days when each action is taken on the shop's last day.

    Who would stay and what they would buy without actions is drawn from streams that actions do not touch,
    so two policies with one seed differ by their actions and hardly by luck.

    Parameters
    ----------
    truth
        From ``read_truth``.
    actions
        A table with ``customer_id`` and ``lever`` (one of ``schema.LEVERS``), at most one row per customer;
        who is not in it is left alone, and so is everybody when it is None.
    days
        Days after the last one, 1 to 366.
    seed
        Of this future; the shop's own seed fixes customers and items.

    Returns
    -------
    pyarrow.Table
        One row per order, by customer and day: ``customer_id``, ``day`` (days since 1970-01-01),
        ``net_value`` and ``margin`` (currency units, the order's later returns taken off),
        ``from_action`` (an order that the action added).

    Raises
    ------
    OptionError
        Days outside the range, an unknown lever or customer, or two actions for one customer.
    ColumnError
        ``actions`` lacks a column.
    """
    if not 1 <= days <= FUTURE_DAYS:
        raise OptionError(f"days={days}", allowed=f"1 to {FUTURE_DAYS}")
    settings = truth.settings
    world = make_world(settings["seed"], settings["first_day"], settings["last_day"])
    lift, revived = _responses(truth, _levers(truth, actions), seed)
    last = world.last_day + draw_stay(Streams(seed)("future_stays"), truth.column("drop_out_rate"))
    last = np.where(
        truth.column("is_customer") | revived, np.minimum(last, world.last_day + days), world.last_day
    )
    parts = [
        _orders_anyway(world, truth, lift, last, world.last_day + days, seed),
        _orders_added(world, truth, lift, last, seed),
    ]
    table = pa.concat_tables(parts)
    return table.sort_by([("customer_id", "ascending"), ("day", "ascending")])


def _levers(truth: Truth, actions: Any) -> Ints:
    """The lever of each customer's action, -1 for none."""
    chosen = np.full(truth.customers.num_rows, -1, dtype=np.int64)
    if actions is None:
        return chosen
    for name in ("customer_id", "lever"):
        if name not in actions.column_names:
            raise ColumnError(f"actions lack the column {name}", allowed="customer_id and lever")
    place = {name: row for row, name in enumerate(truth.customers.column("customer_id").to_pylist())}
    seen: set[str] = set()
    pairs = zip(actions.column("customer_id").to_pylist(), actions.column("lever").to_pylist(), strict=True)
    for customer, lever in pairs:
        if customer not in place or customer in seen:
            found = "two actions" if customer in seen else "an action"
            raise OptionError(
                f"there is {found} for {customer}", allowed="one action for a customer of the truth"
            )
        if lever is not None and lever not in LEVERS:
            raise OptionError(
                f"there is no lever {lever}.{nearest(lever, LEVERS)}", allowed=", ".join(LEVERS)
            )
        seen.add(customer)
        chosen[place[customer]] = LEVER_NAMES.index(lever) if lever in LEVER_NAMES else -1
    return chosen


def _responses(truth: Truth, chosen: Ints, seed: int) -> tuple[Floats, Flags]:
    """The log factor on each customer's rate, and who is brought back by a win-back."""
    lift = np.where(chosen >= 0, truth.log_lift[np.arange(len(chosen)), chosen], 0.0)
    luck = Streams(seed)("future_revivals").random(len(chosen))
    back = (chosen == WIN_BACK) & ~truth.column("is_customer") & (luck < truth.column("revival_probability"))
    return lift, back


def _orders_anyway(
    world: World, truth: Truth, lift: Floats, last: Ints, horizon_end: int, seed: int
) -> pa.Table:
    """Orders that come without an action, less those that a harmful action drives away.

    All draws are made as if everybody stayed to the end, so that they do not depend on the actions.
    """
    streams, count = Streams(seed), len(lift)
    everybody = np.arange(count, dtype=np.int64)
    first = np.full(count, world.last_day + 1, dtype=np.int64)
    spells = Spells(everybody, first, np.full(count, horizon_end, dtype=np.int64))
    customer, day = order_days(
        streams("future_orders"), world.season, spells, truth.column("purchase_rate"), horizon_end
    )
    luck = streams("future_harm").random(len(customer))
    harmed = (day <= world.last_day + RESPONSE_DAYS) & (luck < -np.expm1(lift[customer]))
    kept = (day <= last[customer]) & ~harmed
    return _order_table(world, truth, streams, customer, day, from_action=False).filter(pa.array(kept))


def _orders_added(world: World, truth: Truth, lift: Floats, last: Ints, seed: int) -> pa.Table:
    """Orders that actions add: a Poisson process of its own on the response days."""
    streams, count = Streams(seed, chunk=1), len(lift)
    first = np.full(count, world.last_day + 1, dtype=np.int64)
    end = np.minimum(last, world.last_day + RESPONSE_DAYS)
    spells = Spells(np.arange(count, dtype=np.int64), first, end)
    rate = truth.column("purchase_rate") * np.maximum(np.expm1(lift), 0.0)
    customer, day = order_days(
        streams("future_orders"), world.season, spells, rate, world.last_day + RESPONSE_DAYS
    )
    return _order_table(world, truth, streams, customer, day, from_action=True)


def _order_table(
    world: World, truth: Truth, streams: Streams, customer: Ints, day: Ints, *, from_action: bool
) -> pa.Table:
    """What each order is worth once its returns are in."""
    catalogue, count = world.catalogue, len(customer)
    lines = draw_lines(streams, catalogue, truth.habits, customer)
    horizon = world.last_day + FUTURE_DAYS + LATER_RETURN_DAYS
    returns = draw_returns(streams, world.clock, catalogue, lines, day * DAY_SECONDS, horizon)
    kept = lines.quantity.copy()
    kept[returns.line] -= returns.quantity
    net = np.bincount(lines.order, weights=kept * (lines.price - lines.unit_discount), minlength=count)
    cost = np.bincount(lines.order, weights=kept * catalogue.cost[lines.item], minlength=count)
    ids: Array = truth.customers.column("customer_id").combine_chunks()
    return pa.table(
        {
            "customer_id": coded(customer, ids).cast(pa.string()),
            "day": pa.array(day),
            "net_value": pa.array(net / 100),
            "margin": pa.array((net - cost) / 100),
            "from_action": pa.array(np.full(count, from_action)),
        }
    )
