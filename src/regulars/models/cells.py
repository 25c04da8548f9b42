"""Purchase cells: customers with the same frequency, recency and age count as one row with a weight.

A purchase model sees a customer only through these three numbers, so a million customers are a few
ten thousand cells, for the fit as for the forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from regulars.errors import ColumnError
from regulars.models.tables import require_numbers

Array = np.ndarray[Any, Any]

Span = tuple[Array | float, int]
"""What decodes a column's codes (its sorted values, or for whole numbers the lowest), and how many codes."""

LARGEST_FREQUENCY = 1_000_000
WHOLE_NUMBER_RANGE = 1_000_000
"""Whole numbers in a range up to this are their own codes; anything else is sorted first."""


@dataclass(frozen=True)
class PurchaseCells:
    """Distinct (frequency, recency, T) with the number of customers in each, sorted by these three."""

    frequency: Array
    recency_days: Array
    T_days: Array
    customer_count: Array
    inverse: Array
    """The cell of each row of the table."""

    def __len__(self) -> int:
        return len(self.frequency)

    def rows(self, values: Array) -> Array:
        """A value per cell as a value per row of the table."""
        return np.asarray(values)[self.inverse]

    def part(self, chosen: Array | slice) -> PurchaseCells:
        """The chosen cells; what it holds per row of the table is left out."""
        return PurchaseCells(
            self.frequency[chosen],
            self.recency_days[chosen],
            self.T_days[chosen],
            self.customer_count[chosen],
            np.empty(0, dtype=np.int64),
        )


def purchase_cells(columns: dict[str, Array]) -> PurchaseCells:
    """Checked columns ``frequency, recency_days, T_days`` (and ``customer_count``) as cells.

    Raises
    ------
    ColumnError
        A missing or negative number, a frequency that is no whole number, or a recency after T. Customers
        who never bought have no frequency: filter the table to ``purchase_count > 0``.

    Examples
    --------
    >>> cells = purchase_cells({"frequency": [0, 2, 0], "recency_days": [0, 9, 0], "T_days": [30, 30, 30]})
    >>> cells.customer_count.tolist(), cells.rows(cells.frequency).tolist()
    ([2.0, 1.0], [0.0, 2.0, 0.0])
    """
    frequency = whole_frequency(columns["frequency"])
    recency = _times(columns["recency_days"], "recency_days")
    T = _times(columns["T_days"], "T_days")
    _check_order(recency, T)
    weights = None
    if "customer_count" in columns:
        weights = require_numbers(np.asarray(columns["customer_count"]), "customer_count", low=0.0)
    (x, t_x, age), inverse = distinct_rows((frequency, recency, T))
    count = np.bincount(inverse, weights=weights, minlength=len(x)).astype(np.float64)
    return PurchaseCells(x, t_x, age, count, inverse)


def whole_frequency(values: Any, name: str = "frequency") -> Array:
    """``frequency`` (or another count of purchase days) as whole numbers, or ``ColumnError`` with the row and the fix."""
    frequency = _times(values, name)
    broken = (frequency != np.floor(frequency)) | (frequency > LARGEST_FREQUENCY)
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise ColumnError(
            f"column {name} holds {frequency[row]:g} in row {row}",
            allowed=f"whole numbers of purchase days from 0 to {LARGEST_FREQUENCY:,}",
        )
    return frequency


def _times(values: Any, name: str) -> Array:
    numbers = np.asarray(values)
    if numbers.dtype.kind == "f" and np.isnan(numbers).any():
        row = int(np.flatnonzero(np.isnan(numbers))[0])
        raise ColumnError(
            f"column {name} is empty in row {row}: a customer who never bought",
            allowed="customers with at least one purchase",
            fix="filter the table to purchase_count > 0 first",
        )
    return require_numbers(numbers, name, low=0.0)


def _check_order(recency: Array, T: Array) -> None:
    late = recency > T
    if late.any():
        row = int(np.flatnonzero(late)[0])
        raise ColumnError(
            f"recency_days is {recency[row]:g} and T_days {T[row]:g} in row {row}",
            allowed="recency_days (last - first purchase day) of at most T_days (as_of - first purchase day)",
            fix="days since the last purchase are T_days - recency_days; recency_days is the time between purchases",
        )


def distinct_rows(columns: Sequence[Array]) -> tuple[list[Array], Array]:
    """The distinct rows, sorted, as columns, and the position of each row among them."""
    spans = [_span(column) for column in columns]
    if float(np.prod([float(size) for _, size in spans])) >= 2.0**62:
        stacked = np.stack([_codes(*pair) for pair in zip(columns, spans, strict=True)], axis=1)
        distinct, position = np.unique(stacked, axis=0, return_inverse=True)
        return [_values(distinct[:, i], span) for i, span in enumerate(spans)], position.reshape(-1)
    key = np.zeros(len(columns[0]), dtype=np.int64)  # all columns as the digits of one number
    for column, span in zip(columns, spans, strict=True):
        key *= span[1]
        key += _codes(column, span)
    keys, position = np.unique(key, return_inverse=True)
    found: list[Array] = []
    for span in reversed(spans):
        keys, codes = np.divmod(keys, span[1])
        found.append(_values(codes, span))
    return found[::-1], position


def _span(column: Array) -> Span:
    if len(column) == 0:
        return 0.0, 1
    low, high = float(column.min()), float(column.max())
    if high - low < WHOLE_NUMBER_RANGE and not np.any(column != np.floor(column)):
        return low, int(high - low) + 1
    values = np.unique(column)
    return values, len(values)


def _codes(column: Array, span: Span) -> Array:
    """Codes from 0 in the order of the values."""
    values = span[0]
    if isinstance(values, np.ndarray):
        return np.searchsorted(values, column)
    return (column - values).astype(np.int64)


def _values(codes: Array, span: Span) -> Array:
    values = span[0]
    if isinstance(values, np.ndarray):
        return np.asarray(values[codes], dtype=np.float64)
    return codes.astype(np.float64) + values
