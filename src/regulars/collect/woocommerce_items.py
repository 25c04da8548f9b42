"""The items of WooCommerce orders, from rows of one item each or from cells that hold several."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from regulars.collect.amounts import Amounts, choose_decimal_mark, mark_evidence, multiplied, ten_thousandths
from regulars.collect.cells import text
from regulars.collect.grouping import Grouping, Ints
from regulars.collect.kernels import Array, pc, spread
from regulars.collect.lines import Bools, Lines
from regulars.collect.packed_items import PackedCellError, packed_records, value_of
from regulars.collect.vocabulary import plain_word
from regulars.collect.woocommerce_words import NO_ITEMS, PACKED_TARGETS, UNKNOWN_SKU
from regulars.schema import MONEY_UNITS

_ITEM_SIGNS = ("item_id", "product_id", "title", "quantity", "net_quantity", "line_total", "unit_price")
_ITEM_AMOUNTS = ("line_total", "line_total_with_tax", "net_line_total", "unit_price")


@dataclass(frozen=True)
class Items:
    """One entry per item of an order: ``place`` is its line in the file, money is in ten-thousandths.

    ``value`` is after all discounts, ``list_value`` before them. ``is_rounded``: the value was made of ``price``,
    which is per unit and has two decimals, so it may be some cents off. ``is_net``: the quantity lacks the units
    that came back.
    """

    place: Ints
    item_id: Array
    title: Array
    category: Array
    line_id: Array
    quantity: Ints
    value: Ints
    list_value: Ints
    refunded: Ints
    refunded_quantity: Ints
    price: Ints
    is_rounded: Bools
    is_net: Bools


def is_item(lines: Lines) -> Bools:
    """Lines that say something about an item: no postage, fees, taxes, coupons or refunds, and no empty cells."""
    says = np.zeros(lines.count, bool)
    for target in _ITEM_SIGNS:
        says |= np.asarray(text(lines.cells(target)).is_valid())
    return says & ~line_type_is(lines, NO_ITEMS)


def line_type_is(lines: Lines, words: frozenset[str]) -> Bools:
    """Lines whose type (a column that some exports have) is one of ``words``."""
    coded = text(lines.cells("line_type")).dictionary_encode()
    return spread(np.array([plain_word(word) in words for word in coded.dictionary.to_pylist()], bool), coded)


def row_items(lines: Lines, wanted: Bools) -> Items:
    """Items of a layout with one row per item; ``wanted`` lines without an amount are rejected."""
    quantity, is_net = _row_quantity(lines)
    value, valued, is_rounded = _row_value(lines, quantity)
    lines.reject(wanted & ~valued, "missing_value", _value_target(lines), "an amount for every item")
    subtotal, listed = lines.amounts("line_subtotal"), lines.amounts("list_price")
    by_price, fits = multiplied(quantity, listed.units)
    list_value = np.where(subtotal.valid, subtotal.units, np.where(listed.valid & fits, by_price, value))
    given, back = lines.amounts("line_refunded"), lines.amounts("line_refunded_quantity")
    places = np.flatnonzero(wanted)
    take = pa.array(places)
    return Items(
        places,
        item_ids(lines.ids("item_id"), lines.ids("product_id"), unescaped(lines.text("title"))).take(take),
        unescaped(lines.text("title")).take(take),
        unescaped(lines.text("category")).take(take),
        lines.ids("line_id").take(take),
        quantity[places],
        value[places],
        np.maximum(list_value, value)[places],
        np.abs(given.units)[places],
        np.abs(back.units)[places],
        lines.amounts("unit_price").units[places],
        is_rounded[places],
        is_net[places],
    )


def _row_quantity(lines: Lines) -> tuple[Ints, Bools]:
    """Units of each line; one where the file does not say."""
    sold, net = lines.amounts("quantity"), lines.amounts("net_quantity")
    back = np.abs(lines.amounts("line_refunded_quantity").units)
    by_net = net.valid & ~sold.valid
    quantity = np.where(sold.valid, sold.units, np.where(by_net, net.units + back, MONEY_UNITS))
    return quantity, by_net & np.full(lines.count, not lines.has("line_refunded_quantity"))


def _row_value(lines: Lines, quantity: Ints) -> tuple[Ints, Bools, Bools]:
    """Value of each line after discounts, whether it has one, and whether it is made of a rounded price."""
    total, net = lines.amounts("line_total"), lines.amounts("net_line_total")
    with_tax, price = lines.amounts("line_total_with_tax"), lines.amounts("unit_price")
    back = np.abs(lines.amounts("line_refunded").units)
    by_price, fits = multiplied(quantity, price.units)
    lines.reject(
        price.valid & ~fits & ~total.valid, "bad_number", "unit_price", "a line value below 900 billion"
    )
    by_net = net.valid & lines.has("line_refunded")
    choices = [
        (total.valid, total.units),
        (by_net, net.units + back),
        (with_tax.valid & ~price.valid, with_tax.units),
        (price.valid, by_price),
        (net.valid, net.units),
    ]
    value = np.select([found for found, _ in choices], [units for _, units in choices], 0)
    rounded = price.valid & ~(total.valid | by_net)
    return value, np.logical_or.reduce([found for found, _ in choices]), rounded


def _value_target(lines: Lines) -> str:
    return next((t for t in ("line_total", "unit_price", "net_line_total") if lines.has(t)), "line_total")


def holds_tax(lines: Lines) -> bool:
    """Whether the only amount per line is one with tax."""
    without = ("line_total", "unit_price", "net_line_total", "line_items", *PACKED_TARGETS[:1])
    return lines.has("line_total_with_tax") and not any(lines.has(target) for target in without)


def packed_targets(lines: Lines) -> list[str]:
    """The targets of this file that hold several records, or one of several, in a cell.

    A format of a shop's own may have the columns of both layouts. Cells that nothing stands in say nothing, and
    where the rows are items, a cell of all items of the order would stand on each of them.
    """
    if (is_item(lines) & _has_amount(lines)).any():
        return []
    return [
        target
        for target in ("line_items", *PACKED_TARGETS)
        if lines.has(target) and np.asarray(text(lines.cells(target)).is_valid()).any()
    ]


def _has_amount(lines: Lines) -> Bools:
    """Lines with an amount of one item."""
    found = np.zeros(lines.count, bool)
    for target in _ITEM_AMOUNTS:
        found |= lines.amounts(target).valid
    return found


def packed_items(lines: Lines, targets: Sequence[str]) -> Items:
    """Items of a layout with one row per order; a line with a cell that cannot be read is rejected."""
    places: list[int] = []
    records: list[dict[str, Any]] = []
    for target in targets:
        held_by, found = records_in(lines, target)
        places += held_by
        records += found
    wanted = [plain_word(value_of(record, "type", "item_type") or "") not in NO_ITEMS for record in records]
    records = [record for record, keep in zip(records, wanted, strict=True) if keep]
    place = np.array(places, np.int64)[np.array(wanted, bool)]
    # The columns line_item_1, line_item_2 were read one after the other: back into the order of the lines.
    order = np.argsort(place, kind="stable")
    return _of_records(lines, targets[0], [records[number] for number in order], place[order])


def records_in(lines: Lines, target: str) -> tuple[list[int], list[dict[str, Any]]]:
    """The records in the cells of a target, each with its line."""
    places: list[int] = []
    records: list[dict[str, Any]] = []
    broken = np.zeros(lines.count, bool)
    cells = text(lines.cells(target))
    for place in np.flatnonzero(np.asarray(cells.is_valid())).tolist():
        try:
            found = packed_records(cells[place].as_py())
        except PackedCellError:
            broken[place] = True
            continue
        places += [place] * len(found)
        records += found
    lines.reject(broken, "unreadable", target, "JSON, or records such as name:Mug|quantity:1|total:4.50")
    return places, records


def _of_records(lines: Lines, target: str, records: list[dict[str, Any]], place: Ints) -> Items:
    quantity = record_amounts(records, "quantity", "qty")
    total, subtotal = record_amounts(records, "total"), record_amounts(records, "subtotal", "sub_total")
    refunded, back = record_amounts(records, "refunded"), record_amounts(records, "refunded_qty")
    bad = ~total.valid | (quantity.present & ~quantity.valid) | (subtotal.present & ~subtotal.valid)
    wrong = np.zeros(lines.count, bool)
    wrong[place[bad]] = True
    lines.reject(wrong, "bad_number", target, "a quantity and a total for every item")
    title = _strings(records, "name")
    value = total.units
    return Items(
        place,
        item_ids(
            _strings(records, "sku"), _strings(records, "_variation_id", "variation_id", "product_id"), title
        ),
        title,
        pa.nulls(len(records), pa.string()),
        _strings(records, "id"),
        np.where(quantity.valid, quantity.units, MONEY_UNITS),
        value,
        np.maximum(np.where(subtotal.valid, subtotal.units, value), value),
        np.abs(refunded.units),
        np.abs(back.units),
        np.zeros(len(records), np.int64),
        np.zeros(len(records), bool),
        np.zeros(len(records), bool),
    )


def with_itemless(items: Items, grouping: Grouping, worth: Ints) -> Items:
    """The items in the order of their lines, and one without a name for each order that has none, worth ``worth``."""
    known = np.zeros(grouping.count, bool)
    known[grouping.of_line[items.place]] = True
    bare = np.flatnonzero(~known)
    count = len(bare)
    none, no = pa.nulls(count, pa.string()), np.zeros(count, bool)
    zero = np.zeros(count, np.int64)
    values = worth[bare]
    more = Items(
        grouping.first_line[bare], none, none, none, none, zero, values, values, zero, zero, zero, no, no
    )
    order = np.argsort(np.concatenate([items.place, more.place]), kind="stable")
    return Items(*(_joined(getattr(items, f.name), getattr(more, f.name), order) for f in fields(Items)))


def _joined(one: Any, other: Any, order: Ints) -> Any:
    if isinstance(one, np.ndarray):
        return np.concatenate([one, other])[order]
    return pa.concat_arrays([one, other]).take(pa.array(order))


def record_amounts(records: Sequence[dict[str, Any]], *names: str) -> Amounts:
    """A field of records in ten-thousandths; its decimal mark is what most values have."""
    cells = _strings(records, *names)
    evidence = mark_evidence(cells)
    mark, _ = choose_decimal_mark(evidence, names[0], comma_elsewhere=evidence.comma > evidence.point)
    return ten_thousandths(cells, mark)


def _strings(records: Sequence[dict[str, Any]], *names: str) -> Array:
    return text(pa.array([value_of(record, *names) for record in records], pa.string()))


def item_ids(sku: Array, product_id: Array, title: Array) -> Array:
    """What an item is called: its SKU, else its product id, else its name (a product that was deleted has no other).

    >>> item_ids(pa.array(["S1", None, "unknown_product"]), pa.array(["7", "8", "0"]), pa.array(["a", "b", "c"])).to_pylist()
    ['S1', '8', 'c']
    """
    nothing = pa.scalar(None, pa.string())
    sku = pc.if_else(pc.equal(sku, UNKNOWN_SKU), nothing, sku)
    product_id = pc.if_else(pc.equal(product_id, "0"), nothing, product_id)
    return pc.coalesce(sku, product_id, title)


def unescaped(strings: Array) -> Array:
    """Text without the entities of HTML: ``Salt &amp; Pepper`` is ``Salt & Pepper``."""
    if not pc.any(pc.match_substring(strings, "&")).as_py():
        return strings
    coded = strings.dictionary_encode()
    plain = [html.unescape(word) for word in coded.dictionary.to_pylist()]
    return pa.array(plain, pa.string()).take(coded.indices)
