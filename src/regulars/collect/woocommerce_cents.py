"""Items whose value was made of a rounded price per unit, brought to the amount that their order states.

Advanced Order Export writes by default what an item cost per unit, rounded to cents, and the quantity less what
came back. Three for 10.00 are then 3 x 3.33, and an item that came back has quantity 0. The order's subtotal less
its discount is exact, so it says what is missing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from regulars.collect.grouping import CENT, Grouping, Ints
from regulars.collect.lines import Bools
from regulars.collect.woocommerce_items import Items
from regulars.schema import MONEY_UNITS


def to_the_cent(items: Items, grouping: Grouping, stated: Ints, is_stated: Bools) -> Items:
    """The items with values that sum to what their order states; ``grouping`` is of items, the rest per order.

    Orders whose statement is further off than rounding explains keep the values of their items.
    """
    items = _with_returned_units(items, grouping, stated, is_stated)
    rounded = grouping.any(items.is_rounded) & is_stated
    near = rounded & (np.abs(stated - grouping.sum(items.value)) <= _rounding(items, grouping))
    exact = grouping.allocated(stated, items.value, items.item_id)
    value = np.where(near[grouping.of_line], exact, items.value)
    whole = (items.refunded_quantity >= items.quantity) & (items.refunded > 0)
    return replace(
        items,
        value=value,
        list_value=np.maximum(np.where(items.list_value == items.value, value, items.list_value), value),
        refunded=np.where(whole, value, np.minimum(items.refunded, np.maximum(value, 0))),
    )


def _rounding(items: Items, grouping: Grouping) -> Ints:
    """By how much the items of an order may be off: half a cent a unit, and one cent for the order."""
    units = np.where(items.is_rounded, np.abs(items.quantity) // MONEY_UNITS + 1, 0)
    return grouping.sum(units * (CENT // 2)) + CENT


def _with_returned_units(items: Items, grouping: Grouping, stated: Ints, is_stated: Bools) -> Items:
    """Items of orders from which units came back, with these units."""
    missing = np.where(is_stated, stated - grouping.sum(items.value), 0)
    short = grouping.any(items.is_net) & (missing > _rounding(items, grouping))
    if not short.any():
        return items
    quantity, value = items.quantity.copy(), items.value.copy()
    by_order = np.argsort(grouping.of_line, kind="stable")
    starts = np.searchsorted(grouping.of_line[by_order], np.arange(grouping.count + 1))
    for order in np.flatnonzero(short).tolist():
        mine = by_order[starts[order] : starts[order + 1]]
        units = _returned(items.price[mine], items.quantity[mine], int(missing[order]))
        quantity[mine] += units
        value[mine] += units * items.price[mine] // MONEY_UNITS
    back, worth = quantity - items.quantity, value - items.value
    return replace(
        items,
        quantity=quantity,
        value=value,
        list_value=np.maximum(items.list_value + worth, value),
        refunded=items.refunded + worth,
        refunded_quantity=items.refunded_quantity + back,
    )


def _returned(price: Ints, quantity: Ints, missing: int) -> Ints:
    """Units of each item that came back: one of each that has none left, then the item whose price fits the rest.

    >>> _returned(np.array([50_000, 30_000]), np.array([0, 10_000]), 80_000).tolist()
    [10000, 10000]
    """
    units = np.zeros(len(price), np.int64)
    for place in np.flatnonzero((quantity == 0) & (price > 0)).tolist():
        if price[place] <= missing + CENT:
            units[place] = MONEY_UNITS
            missing -= int(price[place])
    known = np.flatnonzero(price > 0)
    gone = np.argsort(quantity[known] > 0, kind="stable")
    for place in known[gone].tolist():
        count = round(missing / int(price[place]))
        if count > 0 and abs(missing - count * int(price[place])) <= count * CENT // 2 + CENT:
            units[place] += count * MONEY_UNITS
            break
    return units
