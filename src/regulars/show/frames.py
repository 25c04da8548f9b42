"""The tables and facts that a page is made from: any may be missing, empty or short of a column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
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


def rows(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples of ``columns``; a column that is not there is None."""
    height = table.num_rows
    parts = [values(table, name) if name in table.column_names else [None] * height for name in columns]
    return list(zip(*parts, strict=True))


def total(numbers: Iterable[float]) -> float:
    """An exact sum of what is finite, so that the order of rows changes nothing."""
    return math.fsum(number for number in numbers if math.isfinite(number))


def counts(table: pa.Table, *columns: str) -> dict[tuple[Any, ...], int]:
    """Rows per combination of ``columns``, counted in Arrow."""
    grouped = table.select(list(columns)).group_by(list(columns)).aggregate([([], "count_all")])
    return {row[:-1]: row[-1] for row in sorted(rows(grouped, *columns, "count_all"), key=repr)}


def where(table: pa.Table, column: str, *wanted: Any) -> pa.Table:
    """The rows whose ``column`` is one of ``wanted``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table.column(column), value_set=pa.array(wanted)))
