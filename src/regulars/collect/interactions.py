"""Logs without a column for the type of an event: what the other columns of a line say it was.

One line about a user and an item (click 0/1, purchase 0/1, rating, text of a review, seconds looked at it) is one
event of the type that tells most; whatever else stands in the line stays with it as a property.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.collect.amounts import ten_thousandths
from regulars.collect.cells import text
from regulars.collect.kernels import Array, pc
from regulars.collect.lines import Bools, Lines

# Columns that say yes or no, the most telling first, and the type of a line that says yes.
FLAGS = {"purchased": "purchase", "carted": "cart_add", "clicked": "click", "viewed": "view"}
SIGNS = ("rating", "text", "dwell_seconds", *FLAGS)
"""Any of these can stand in for a column with the type of the event."""

_YES = ("true", "yes", "y", "t", "ja", "oui", "是")
_NO = ("false", "no", "n", "f", "nein", "non", "否")


def interaction_mapping(mapping: Mapping[str, str], names: Sequence[str] = ()) -> dict[str, str]:
    """A guessed mapping in which columns of yes and no matter only where no column says the type.

    >>> interaction_mapping({"type": "event", "clicked": "click"})
    {'type': 'event'}
    """
    if "type" not in mapping:
        return dict(mapping)
    return {target: column for target, column in mapping.items() if target not in FLAGS}


def is_interaction_log(events: Mapping[str, str], orders: Mapping[str, str]) -> bool:
    """Whether a file is a log without types, by what its columns could be as events and as order lines."""
    if (
        "type" in events
        or not {"time", "item_id"} <= events.keys()
        or {"order_id", "quantity"} & orders.keys()
    ):
        return False
    if events.keys() & FLAGS.keys():
        return True
    # A price may stand beside a review; what was paid stands in an order.
    return bool(events.keys() & {"rating", "dwell_seconds"}) and not {"value", "order_total"} & orders.keys()


def kinds_by_columns(lines: Lines) -> NDArray[np.object_]:
    """The event type of each line: purchase before review, rate, cart_add, click and view.

    A rating of 0 beside no text is no rating: such logs write it for "not rated". A line that names no item is a
    visit.
    """
    yes = {flag: is_yes(lines, flag) for flag in FLAGS}
    has_text = np.asarray(text(lines.cells("text")).is_valid())
    item = np.asarray(text(lines.cells("item_id")).is_valid())
    return np.select(
        [yes["purchased"], has_text, is_rated(lines), yes["carted"], yes["clicked"], item],
        ["purchase", "review", "rate", "cart_add", "click", "view"],
        default="visit",
    ).astype(object)


def is_rated(lines: Lines) -> Bools:
    """Where a line of such a log holds stars."""
    rating = lines.amounts("rating")
    rated: Bools = rating.valid & ((rating.units != 0) | np.asarray(text(lines.cells("text")).is_valid()))
    return rated


def is_yes(lines: Lines, flag: str) -> Bools:
    """Where a column says yes, or counts more than none; what is neither yes nor no rejects the line."""
    words = pc.utf8_lower(text(lines.cells(flag)))
    yes, no = (pc.is_in(words, value_set=pa.array(list(known), pa.string())) for known in (_YES, _NO))
    counts = ten_thousandths(words, "point")
    known = np.asarray(yes) | np.asarray(no) | counts.valid
    lines.reject(np.asarray(words.is_valid()) & ~known, "bad_number", flag, "0 or 1, yes or no, or a count")
    said: Bools = np.asarray(yes) | (counts.valid & (counts.units > 0))
    return said


def flags_as_said(lines: Lines) -> dict[str, Array]:
    """The cells of the columns of yes and no under the file's own names, so that nothing of a line is lost."""
    return {lines.reading.mapping[flag]: lines.text(flag) for flag in FLAGS if lines.has(flag)}
