"""Who bought what, as whole numbers: ids in sorted order become codes, rows become a sparse matrix.

Everything is put into one order (customer, then item), so no result depends on the order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.errors import ColumnError, OptionError
from regulars.models.tables import column_values, require_columns, require_numbers, to_arrow

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Interactions:
    """Distinct pairs of customer and item in order; ``customers`` and ``items`` are the ids by code."""

    customers: pa.Array[Any]
    items: pa.Array[Any]
    customer_code: Array
    item_code: Array
    line_count: Array | None
    last_day: Array | None

    def bought(self) -> csr_array:
        """Customers x items, 1 where bought, each row in the order of the items."""
        starts = np.searchsorted(self.customer_code, np.arange(len(self.customers) + 1))
        return ones(starts, self.item_code, len(self.items))


def ones(starts: Array, columns: Array, width: int) -> csr_array:
    """A sparse matrix of ones from the start of each row and its column codes."""
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(columns)), columns, starts), shape=(len(starts) - 1, width))


def rows_of(matrix: csr_array, codes: Array) -> csr_array:
    """Rows of a matrix by code; -1 is an empty row."""
    from scipy.sparse import csr_array

    lengths = np.where(codes >= 0, np.diff(matrix.indptr)[codes] if matrix.shape[0] else 0, 0)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    first = matrix.indptr[:-1][codes] if matrix.shape[0] else np.zeros(len(codes), np.int64)
    at = np.arange(starts[-1]) - np.repeat(starts[:-1] - first, lengths)
    return csr_array((matrix.data[at], matrix.indices[at], starts), shape=(len(codes), matrix.shape[1]))


def read_interactions(table: Any, model: str) -> Interactions:
    """Pairs from a table with ``customer_id``, ``item_id`` and, where there, ``line_count``, ``last_day``.

    Rows of the same pair are joined: lines are summed, the latest day stays.
    """
    arrow, _ = to_arrow(table)
    require_columns(arrow, ("customer_id", "item_id"), model)
    customers, customer_code = _coded(arrow.column("customer_id"), "customer_id")
    items, item_code = _coded(arrow.column("item_id"), "item_id")
    pair = customer_code * len(items) + item_code
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    joined: dict[str, Array | None] = {}
    for name, reduce in (("line_count", np.add), ("last_day", np.maximum)):
        values = _whole_numbers(arrow, name) if name in arrow.column_names else None
        joined[name] = (
            None if values is None else (reduce.reduceat(values[order], first) if len(first) else values)
        )
    return Interactions(
        customers,
        items,
        customer_code[order][first],
        item_code[order][first],
        joined["line_count"],
        joined["last_day"],
    )


def _coded(column: pa.ChunkedArray[Any], name: str) -> tuple[pa.Array[Any], Array]:
    """The distinct ids in sorted order, and each row's place among them."""
    ids = _plain(column)
    if ids.null_count:
        row = int(np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))[0])
        raise ColumnError(f"column {name} is empty in row {row}", allowed="an id in every row")
    encoded = ids.dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), place[encoded.indices.to_numpy()]


def _plain(column: Any) -> pa.Array[Any]:
    """One Arrow array of strings or int64, whatever kind of text or whole number came in."""
    ids = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    if pa.types.is_integer(ids.type):
        return ids.cast(pa.int64())
    if pa.types.is_null(ids.type) or not len(ids):
        return ids.cast(pa.string())
    if (
        pa.types.is_string(ids.type)
        or pa.types.is_large_string(ids.type)
        or pa.types.is_string_view(ids.type)
    ):
        return ids.cast(pa.string())
    raise ColumnError(f"ids are of type {ids.type}", allowed="text or whole numbers")


def _whole_numbers(table: pa.Table, name: str) -> Array:
    return require_numbers(column_values(table, name), name).astype(np.int64)


def read_ids(ids: Any, name: str, model: str) -> tuple[pa.Array[Any], str]:
    """Distinct ids in sorted order from a table with the column ``name``, a series, an array or a list."""
    if isinstance(ids, (str, int)):
        ids = [ids]
    if isinstance(ids, (list, tuple, set, np.ndarray)):
        found, kind = pa.array(sorted(ids) if isinstance(ids, set) else ids), "pyarrow"
    elif isinstance(ids, (pa.Array, pa.ChunkedArray)):
        found, kind = ids, "pyarrow"
    elif isinstance(series := nw.from_native(ids, pass_through=True, allow_series=True), nw.Series):
        found, kind = series.to_arrow(), str(series.implementation).lower().rsplit(".", 1)[-1]
    else:
        table, kind = to_arrow(ids)
        require_columns(table, (name,), model)
        found = table.column(name)
    distinct = pc.unique(_plain(found)).drop_null()
    return distinct.take(pc.array_sort_indices(distinct)), kind


def codes_of(ids: pa.Array[Any], known: pa.Array[Any]) -> Array:
    """Each id's code among the ``known`` ones, -1 for a new one."""
    if ids.type != known.type:
        try:
            ids = ids.cast(known.type)
        except pa.ArrowInvalid as error:
            raise ColumnError(f"ids are of type {ids.type}", allowed=f"{known.type}, as at fit") from error
    return np.asarray(pc.index_in(ids, value_set=known).fill_null(-1).to_numpy(), np.int64)


def id_values(ids: pa.Array[Any]) -> Array:
    """Ids as NumPy, so that a model can save them."""
    if pa.types.is_string(ids.type):
        return np.array(ids.to_pylist(), dtype=object)
    return np.asarray(ids.to_numpy(), np.int64)


def id_array(values: Array) -> pa.Array[Any]:
    """The reverse of ``id_values``."""
    return pa.array(values, pa.string() if values.dtype == object else pa.int64())


def check_count(n: int) -> None:
    """Raise ``OptionError`` unless ``n`` is a whole number of at least 1."""
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 1:
        raise OptionError(f"n is {n!r}", allowed="a whole number of at least 1")
