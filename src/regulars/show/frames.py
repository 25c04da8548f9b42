"""The tables and facts that a page is made from: any may be missing, empty or short of a column."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

Tables = Mapping[str, "pa.Table"]
Facts = Mapping[str, Any]


def present(tables: Tables, name: str, *columns: str) -> pa.Table | None:
    """The table if it is there, has rows and has all of ``columns``."""
    table = tables.get(name)
    if table is None or table.num_rows == 0 or not set(columns) <= set(table.column_names):
        return None
    return table


def floats(table: pa.Table, column: str) -> NDArray[np.float64]:
    """A column as floats; nulls become NaN."""
    import pyarrow as pa

    return np.asarray(table.column(column).cast(pa.float64()).to_numpy(), dtype=np.float64)


def values(table: pa.Table, column: str) -> list[Any]:
    """A column as Python values; what is no finite number is None."""
    return [
        None if isinstance(v, float) and not math.isfinite(v) else v for v in table.column(column).to_pylist()
    ]


def coded(table: pa.Table, column: str) -> tuple[NDArray[np.int64], list[str]]:
    """A text column as a number per row, and the texts in order of the alphabet; -1 where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = sorted(text for text in pc.unique(table.column(column)).to_pylist() if text is not None)
    places: Any = pc.index_in(table.column(column), value_set=pa.array(names, pa.string()))
    return np.asarray(pc.fill_null(places, -1).to_numpy(), dtype=np.int64), names


def rows(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples of ``columns``; a column that is not there is None."""
    height = table.num_rows
    parts = [values(table, name) if name in table.column_names else [None] * height for name in columns]
    return list(zip(*parts, strict=True))


def total(numbers: NDArray[np.float64]) -> float:
    """An exact sum of what is finite, so that the order of rows changes nothing."""
    return math.fsum(numbers[np.isfinite(numbers)].tolist())


def mean(numbers: NDArray[np.float64]) -> float | None:
    """The mean of what is finite; None without any."""
    known = int(np.isfinite(numbers).sum())
    return total(numbers) / known if known else None


def looked_up(table: pa.Table, other: pa.Table | None, column: str) -> NDArray[np.float64]:
    """``column`` of the same customer in ``other``, for each row of ``table``; NaN where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if other is None:
        return np.full(table.num_rows, np.nan)
    place: Any = pc.index_in(table.column("customer_id"), value_set=other.column("customer_id"))
    found = other.column(column).cast(pa.float64()).take(place.combine_chunks())
    return np.asarray(found.to_numpy(), dtype=np.float64)


def counts(table: pa.Table, *columns: str) -> dict[tuple[Any, ...], int]:
    """Rows per combination of ``columns``, counted in Arrow."""
    grouped = table.select(list(columns)).group_by(list(columns)).aggregate([([], "count_all")])
    return {row[:-1]: row[-1] for row in sorted(rows(grouped, *columns, "count_all"), key=repr)}


def where(table: pa.Table, column: str, wanted: Any) -> pa.Table:
    """The rows whose ``column`` is ``wanted``."""
    import pyarrow.compute as pc

    return table.filter(pc.equal(table.column(column), wanted))
