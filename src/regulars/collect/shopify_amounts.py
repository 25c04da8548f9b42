"""The money of Shopify's orders: lines that sum to the order's Subtotal, and whether prices hold the taxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from regulars.collect.amounts import multiplied
from regulars.collect.grouping import CENT, Grouping, Ints
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools, Lines
from regulars.collect.shopify_copies import Copies
from regulars.schema import MONEY_UNITS

_NOT_NEGATIVE = "0 or more"


@dataclass(frozen=True)
class LineAmounts:
    """Per line, ``list_value`` before and ``discount`` off it; per order, whether its lines did not explain its Subtotal."""

    quantity: Ints
    list_value: Ints
    discount: Ints
    is_edited: Bools


def line_amounts(lines: Lines, copies: Copies, tie: Array) -> LineAmounts:
    """Quantity, value and discount of each line, such that an order's lines sum to its Subtotal exactly.

    ``Lineitem price`` is one unit before discounts; ``Lineitem discount`` is off the whole line. What the lines
    are worth beyond the Subtotal is the order's discount, and is shared out over them. A Subtotal above the
    lines (an edited order) first takes back discounts of lines, then raises the lines. Without a Subtotal it is
    what lines and ``Discount Amount`` leave, or, without prices, Total less Shipping.
    """
    grouping = copies.grouping
    quantity, listed = (np.where(copies.is_repeat, 0, values) for values in listed_lines(lines))
    off = lines.amounts("line_discount")
    lines_off = np.minimum(np.abs(off.units), listed)
    tip = _is_tip(lines)
    quantity, listed, lines_off = _without_tips(lines, grouping, tip, quantity, listed, lines_off)
    net = listed - lines_off
    subtotal = _subtotal(lines, grouping, net, lines_off)
    rest = grouping.sum(net) - subtotal
    discount = lines_off + grouping.allocated(np.maximum(rest, 0), net, tie)
    lacking = np.maximum(-rest, 0)
    back = np.minimum(lacking, grouping.sum(lines_off))
    discount = discount - grouping.allocated(back, lines_off, tie)
    listed = listed + grouping.allocated(lacking - back, listed, tie)
    edited = ~_explained(lines, grouping, rest, grouping.sum(lines_off))
    return LineAmounts(quantity, listed, discount, edited)


def listed_lines(lines: Lines) -> tuple[Ints, Ints]:
    """Units of each line, and their price before discounts; a line of an item without a quantity is one unit."""
    count, price = lines.amounts("quantity"), lines.amounts("unit_price")
    named = np.asarray(lines.text("title").is_valid()) | np.asarray(lines.text("item_id").is_valid())
    quantity = np.where(count.valid, count.units, np.where(named | price.valid, MONEY_UNITS, 0))
    lines.reject(quantity < 0, "bad_number", "quantity", _NOT_NEGATIVE)
    lines.reject(price.units < 0, "bad_number", "unit_price", _NOT_NEGATIVE)
    listed, fits = multiplied(np.maximum(quantity, 0), np.maximum(price.units, 0))
    lines.reject(~fits, "bad_number", "unit_price", "a line value below 900 billion")
    return np.maximum(quantity, 0), listed


def _is_tip(lines: Lines) -> Bools:
    """Lines that are a tip: so called, and without a code."""
    word = pc.utf8_lower(lines.text("title"))
    called = pc.fill_null(
        pc.is_in(word, value_set=pa.array(["tip", "tips", "trinkgeld", "pourboire"])), False
    )
    coded = lines.text("sku").is_valid()
    return np.asarray(pc.and_(called, pc.invert(coded)))


def _without_tips(
    lines: Lines, grouping: Grouping, tip: Bools, quantity: Ints, listed: Ints, off: Ints
) -> tuple[Ints, Ints, Ints]:
    """Tips are no items, unless the Subtotal holds them: then only the lines with the tip explain it."""
    if not tip.any():
        return quantity, listed, off
    subtotal, stated = grouping.once(lines.amounts("subtotal").units, lines.amounts("subtotal").valid)
    rest = grouping.sum(listed - off) - subtotal
    held = stated & _explained(lines, grouping, rest, grouping.sum(off))
    held &= ~_explained(lines, grouping, rest - grouping.sum(np.where(tip, listed, 0)), grouping.sum(off))
    left = ~tip | held[grouping.of_line]
    return tuple(np.where(left, values, 0) for values in (quantity, listed, off))  # type: ignore[return-value]


def _subtotal(lines: Lines, grouping: Grouping, net: Ints, lines_off: Ints) -> Ints:
    """What the lines of each order are worth together after all discounts."""
    subtotal, stated = _order_amount(lines, grouping, "subtotal")
    lines.reject((subtotal < 0)[grouping.of_line], "bad_number", "subtotal", _NOT_NEGATIVE)
    off, _ = _order_amount(lines, grouping, "order_discount")
    beyond = np.maximum(np.abs(off) - grouping.sum(lines_off), 0)
    left = np.maximum(grouping.sum(net) - beyond, 0)
    if not lines.has("unit_price"):
        total, known = _order_amount(lines, grouping, "order_total")
        shipping, _ = _order_amount(lines, grouping, "shipping")
        left = np.where(known, np.maximum(total - shipping, 0), left)
    return np.where(stated, np.maximum(subtotal, 0), left)


def _order_amount(lines: Lines, grouping: Grouping, target: str) -> tuple[Ints, Bools]:
    found = lines.amounts(target)
    return grouping.once(found.units, found.valid)


def _explained(lines: Lines, grouping: Grouping, rest: Ints, lines_off: Ints) -> Bools:
    """Orders whose stated discount explains what their lines are worth beyond the Subtotal, to a cent per line.

    A discount may be smaller on the lines than stated: a part of it may be off the postage. Files without
    prices or without Subtotals leave nothing to compare.
    """
    _, stated = _order_amount(lines, grouping, "subtotal")
    off, _ = _order_amount(lines, grouping, "order_discount")
    slack = CENT * grouping.size()
    least = (rest >= -slack) | (np.abs(rest + lines_off) <= slack)
    most = (rest <= np.abs(off) + slack) | np.full(grouping.count, not lines.has("order_discount"))
    return np.asarray((least & most) | ~stated | np.full(grouping.count, not lines.has("unit_price")))


@dataclass(frozen=True)
class Taxes:
    """Whether each order's prices hold the taxes (``known`` where anything says so), and a note about the file."""

    is_included: Bools
    known: Bools
    note: str


def taxes_of(lines: Lines, grouping: Grouping) -> Taxes:
    """Total is Subtotal + Shipping where prices hold the taxes, and the Taxes more where they do not.

    Duties may be in the Total, too. Orders that fit neither (tips, edits) or have no taxes say nothing; they
    follow the most of the file. Orders that fit one of the two keep their own word: a shop may show prices with
    taxes in one country and without in another.
    """
    total, has_total = _order_amount(lines, grouping, "order_total")
    subtotal, has_subtotal = _order_amount(lines, grouping, "subtotal")
    shipping, _ = _order_amount(lines, grouping, "shipping")
    taxes, _ = _order_amount(lines, grouping, "taxes")
    duties, _ = _order_amount(lines, grouping, "duties")
    told = has_total & has_subtotal & (taxes > CENT)
    more = total - subtotal - shipping
    included = told & _near(more, duties)
    added = told & _near(more, duties, taxes) & ~included
    most = int(included.sum()) >= int(added.sum())
    any_word = bool(included.any() or added.any())
    is_included = np.where(included | added, included, most)
    return Taxes(is_included, np.full(grouping.count, any_word), _taxes_note(included, added, taxes > 0))


def _near(more: Ints, duties: Ints, taxes: Ints | int = 0) -> Bools:
    return np.asarray((np.abs(more - taxes) <= CENT) | (np.abs(more - duties - taxes) <= CENT))


def _taxes_note(included: Bools, added: Bools, taxed: Bools) -> str:
    inside, outside, count = int(included.sum()), int(added.sum()), int(taxed.sum())
    if not count:
        return "the file states no taxes"
    if not inside and not outside:
        return f"whether prices include taxes cannot be told: no Total of {count} orders with taxes is a sum that says so"
    if inside and outside:
        return (
            f"prices include taxes in {inside} orders and not in {outside}, as their Totals say; the other orders with "
            f"taxes ({count - inside - outside}) are read as {'including' if inside >= outside else 'excluding'} them"
        )
    if inside:
        return f"prices include taxes: Total is Subtotal + Shipping in {inside} of {count} orders with taxes"
    return f"prices are before taxes: Total is Subtotal + Shipping + Taxes in {outside} of {count} orders with taxes"
