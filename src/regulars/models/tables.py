"""Tables as people hand them in, and answers of the same kind: pandas in, pandas out.

Inside, every model sees Arrow and NumPy. ``to_arrow`` takes a table in; ``to_kind``, ``aligned`` and
``vector`` give an answer back as the kind of table that came. pandas and polars are never imported here
unless a table of theirs was handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from regulars.errors import ColumnError, nearest
from regulars.schema import EQUIVALENTS, LIFETIMES_WORDS

KINDS = "a pyarrow table, a pandas or polars data frame, or a dict of columns"
LAZY_POLARS = "polars.LazyFrame"


def to_arrow(table: Any) -> tuple[pa.Table, str]:
    """Any table as Arrow, with the kind it came in (``pyarrow``, ``pandas``, ``polars``, ``polars.LazyFrame``).

    Named levels of a pandas index become columns, because ``groupby`` leaves ids there. Whatever else gives
    Arrow (a result of Regulars, a DuckDB relation) counts as ``pyarrow``.

    >>> to_arrow(pa.table({"frequency": [1]}))[1]
    'pyarrow'
    """
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table]), "pyarrow"
    if isinstance(table, pa.Table):
        return table, "pyarrow"
    if isinstance(table, Mapping):
        return pa.table(dict(table)), "pyarrow"
    if nw.dependencies.is_pandas_dataframe(table):
        return _from_pandas(table), "pandas"
    frame = nw.from_native(table, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        is_polars = frame.implementation.is_polars()
        return frame.collect().to_arrow(), LAZY_POLARS if is_polars else "pyarrow"
    if isinstance(frame, nw.DataFrame):
        return frame.to_arrow(), str(frame.implementation).lower().rsplit(".", 1)[-1]
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table), "pyarrow"
    raise ColumnError(f"a {type(table).__name__} is no table", allowed=KINDS)


def to_kind(table: pa.Table, kind: str) -> Any:
    """An Arrow table as the kind of data frame that ``to_arrow`` saw."""
    if kind == "pandas":
        return table.to_pandas()
    if kind.startswith("polars"):
        frame = nw.from_arrow(table, backend="polars").to_native()
        return frame.lazy() if kind == LAZY_POLARS else frame
    return table


def aligned(table: pa.Table, kind: str, like: Any, key: str = "customer_id") -> Any:
    """An answer with one row per row of ``like``: in pandas with the index and the ids of ``like`` as they are.

    >>> import pandas as pd
    >>> shop = pd.DataFrame({"customer_id": ["a", "b"]}, index=[7, 3])
    >>> aligned(pa.table({"customer_id": ["a", "b"], "clv": [1.0, 2.0]}), "pandas", shop)
      customer_id  clv
    7           a  1.0
    3           b  2.0
    """
    if kind != "pandas":
        return to_kind(table, kind)
    levels = [str(name) for name in like.index.names if name is not None]
    frame = table.drop_columns([name for name in table.column_names if name in levels]).to_pandas()
    frame.index = like.index
    if key in frame.columns and like[key].ndim == 1:
        frame[key] = like[key]  # on the way through Arrow its type may have changed
    return frame


def vector(values: np.ndarray[Any, Any], like: Any, name: str) -> Any:
    """One number per row of ``like``: a pandas or polars series where it is a frame of theirs, else NumPy.

    >>> import pandas as pd
    >>> vector(np.array([0.5]), pd.DataFrame({"customer_id": ["a"]}, index=[7]), "clv").to_dict()
    {7: 0.5}
    """
    if nw.dependencies.is_pandas_dataframe(like):
        series = nw.new_series(name, values, backend="pandas").to_native()
        series.index = like.index
        return series
    if nw.dependencies.is_polars_dataframe(like) or nw.dependencies.is_polars_lazyframe(like):
        return nw.new_series(name, values, backend="polars").to_native()
    return values


def _from_pandas(frame: Any) -> pa.Table:
    """A pandas frame column by column, so that one odd column does not keep the others out."""
    columns: dict[str, Any] = {}
    for place, name in enumerate(frame.columns):
        columns.setdefault(str(name), _pandas_column(frame.iloc[:, place]))
    for level, name in enumerate(frame.index.names):
        if name is not None and str(name) not in columns:
            columns[str(name)] = _pandas_column(frame.index.get_level_values(level).to_series())
    return pa.table(columns)


def _pandas_column(series: Any) -> Any:
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        array = None  # values of several types in one column
    if array is None or isinstance(array.type, pa.ExtensionType):
        missing = series.isna().to_numpy()
        array = pa.array(
            [None if gone else str(cell) for cell, gone in zip(series, missing, strict=True)], pa.string()
        )
    return array


def column_values(table: pa.Table, name: str) -> np.ndarray[Any, Any]:
    """One column as NumPy: numbers as float64 or int64 (nulls become nan), the rest as objects."""
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_boolean(column.type):
        return np.asarray(np.nan_to_num(column.cast(pa.int8()).cast(pa.float64()).to_numpy()) != 0)
    if pa.types.is_integer(column.type) and column.null_count == 0:
        return np.asarray(column.to_numpy(), dtype=np.int64)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    if pa.types.is_decimal(column.type):
        return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    return np.asarray(column.to_numpy(zero_copy_only=False))


def require_columns(table: pa.Table, names: Sequence[str], model: str) -> None:
    """Raise ``ColumnError`` naming what is missing, its nearest match and other libraries' words for it.

    >>> require_columns(pa.table({"frequency": [1], "recency": [9], "T": [30]}), ["recency_days", "T_days"], "NBD")
    Traceback (most recent call last):
    ...
    regulars.errors.ColumnError: NBD needs the column recency_days and the column T_days, and the table has frequency, recency, T. Rename recency to recency_days, T to T_days: lifetimes and pymc-marketing have other words.
    Allowed: columns recency_days, T_days.
    Fix: table.rename(columns={"recency": "recency_days", "T": "T_days"}) in pandas, table.rename({"recency": "recency_days", "T": "T_days"}) in polars; times are in days here: multiply by 7 what was made with freq="W"
    """
    missing = [name for name in names if name not in table.column_names]
    if not missing:
        return
    known = table.column_names
    theirs = {name: word for name in missing if (word := _foreign(name, known))}
    found = (
        f"{model} needs the column {' and the column '.join(missing)}, and the table has "
        f"{', '.join(known) or 'no columns'}"
    )
    found += f".{_called(theirs)}" if theirs else "." + nearest(missing[0], known)
    raise ColumnError(found, allowed="columns " + ", ".join(names), fix=_rename(theirs))


def _foreign(name: str, known: Sequence[str]) -> str:
    """What another library calls a column of ours, if the table has it."""
    return next((word for word, ours in EQUIVALENTS.items() if ours == name and word in known), "")


def _called(theirs: Mapping[str, str]) -> str:
    pairs = ", ".join(f"{word} to {name}" for name, word in theirs.items())
    libraries = set(theirs.values()) <= LIFETIMES_WORDS
    return f" Rename {pairs}" + (": lifetimes and pymc-marketing have other words." if libraries else ".")


def _rename(theirs: Mapping[str, str]) -> str:
    if not theirs:
        return ""
    pairs = ", ".join(f'"{word}": "{name}"' for name, word in theirs.items())
    fix = f"table.rename(columns={{{pairs}}}) in pandas, table.rename({{{pairs}}}) in polars"
    if any(name.endswith("_days") for name in theirs):
        fix += '; times are in days here: multiply by 7 what was made with freq="W"'
    return fix


def require_numbers(
    values: np.ndarray[Any, Any], name: str, *, low: float = -np.inf, allow_nan: bool = False
) -> np.ndarray[Any, Any]:
    """The values as float64, or ``ColumnError`` with the first row that is no finite number >= low."""
    if np.asarray(values).dtype.kind in "mM":
        raise ColumnError(
            f"column {name} holds {'time spans' if np.asarray(values).dtype.kind == 'm' else 'times'}",
            allowed="numbers",
            fix=f'table["{name}"].dt.days in pandas, pl.col("{name}").dt.total_days() in polars: days as whole numbers',
        )
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ColumnError(
            f"column {name} holds {type(values.flat[0]).__name__}", allowed="numbers"
        ) from error
    wrong = ~(np.isfinite(numbers) & (numbers >= low))
    if allow_nan:
        wrong &= ~np.isnan(numbers)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        allowed = "finite numbers" + (f" of at least {low:g}" if low > -np.inf else "")
        raise ColumnError(f"column {name} holds {numbers[row]:g} in row {row}", allowed=allowed)
    return numbers
