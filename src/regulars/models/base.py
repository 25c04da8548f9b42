"""The two roles of a model, ``Scorer`` and ``Recommender``, and how tables go in and out.

A model takes Arrow, pandas or polars and gives back the kind it got; inside it sees NumPy. It knows no
database and no clock. The constructor stores keyword-only settings unchanged (scikit-learn's ``clone``
works), ``fit`` returns ``self``, learned values end in ``_``, and ``save`` writes JSON and ``.npz``,
never pickle.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import narwhals as nw
import numpy as np
import pyarrow as pa

from regulars.errors import ColumnError, NotFittedError, OptionError, nearest
from regulars.schema import EQUIVALENTS

FORMAT_VERSION = 1


def to_arrow(table: Any) -> tuple[pa.Table, str]:
    """Any table as Arrow, with the kind it came in (``pyarrow``, ``pandas``, ``polars``).

    >>> to_arrow(pa.table({"frequency": [1]}))[1]
    'pyarrow'
    """
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table]), "pyarrow"
    if isinstance(table, pa.Table):
        return table, "pyarrow"
    if isinstance(table, Mapping):
        return pa.table(dict(table)), "pyarrow"
    try:
        frame = nw.from_native(table, eager_only=True)
    except TypeError as error:
        raise ColumnError(
            f"a {type(table).__name__} is no table",
            allowed="a pyarrow table, a pandas or polars data frame, or a dict of columns",
        ) from error
    return frame.to_arrow(), str(frame.implementation).lower().rsplit(".", 1)[-1]


def to_kind(table: pa.Table, kind: str) -> Any:
    """An Arrow table as the kind of data frame that ``to_arrow`` saw."""
    if kind == "pandas":
        return table.to_pandas()
    if kind == "polars":
        return nw.from_arrow(table, backend="polars").to_native()
    return table


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
    """Raise ``ColumnError`` naming each missing column, its nearest match and other libraries' word."""
    for name in names:
        if name in table.column_names:
            continue
        foreign = [
            theirs for theirs, ours in EQUIVALENTS.items() if ours == name and theirs in table.column_names
        ]
        hint = f" Rename {foreign[0]} to {name}." if foreign else nearest(name, table.column_names)
        raise ColumnError(
            f"{model} needs the column {name}, and the table has {', '.join(table.column_names) or 'no columns'}.{hint}",
            allowed="columns " + ", ".join(names),
        )


def require_numbers(
    values: np.ndarray[Any, Any], name: str, *, low: float = -np.inf, allow_nan: bool = False
) -> np.ndarray[Any, Any]:
    """The values as float64, or ``ColumnError`` with the first row that is no finite number >= low."""
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


class Model:
    """What every model shares: settings, a readable ``repr``, and saving without pickle.

    A subclass declares settings as keyword-only constructor arguments, and lists its learned attributes
    in ``learned`` (each a number, string, list, dict of these, or NumPy array); ``save`` and ``load``
    follow from that.
    """

    learned: ClassVar[tuple[str, ...]] = ()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's settings by name (scikit-learn's protocol)."""
        names = [name for name in inspect.signature(type(self).__init__).parameters if name != "self"]
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Change settings by name; an unknown one is an ``OptionError``."""
        allowed = self.get_params()
        for name, value in params.items():
            if name not in allowed:
                raise OptionError(
                    f"{type(self).__name__} has no setting {name}.{nearest(name, allowed)}",
                    allowed=", ".join(allowed) or "none",
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        learned = ", ".join(
            f"{name}={getattr(self, name):.4g}"
            for name in self.learned
            if isinstance(getattr(self, name, None), (int, float))
        )
        return f"{type(self).__name__}({settings})" + (f" <{learned}>" if learned else "")

    @property
    def is_fitted(self) -> bool:
        return all(hasattr(self, name) for name in self.learned)

    def check_fitted(self) -> None:
        """Raise ``NotFittedError`` unless ``fit`` was called."""
        if not self.is_fitted:
            raise NotFittedError(f"this {type(self).__name__} is not fitted", fix="call .fit(table) first")

    def save(self, folder: str | Path) -> Path:
        """Write the fitted model to ``folder`` as ``model.json`` and ``arrays.npz``; return the folder."""
        self.check_fitted()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        values = {name: getattr(self, name) for name in self.learned}
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        plain = {name: value for name, value in values.items() if name not in arrays}
        text = {name: [str(v) for v in array] for name, array in arrays.items() if array.dtype.kind in "OU"}
        record = {
            "format_version": FORMAT_VERSION,
            "model": type(self).__name__,
            "settings": self.get_params(),
            "learned": plain,
            "text_arrays": text,
        }
        (folder / "model.json").write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
        np.savez(folder / "arrays.npz", **{n: a for n, a in arrays.items() if n not in text})  # type: ignore[arg-type]
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a model that ``save`` wrote; another class or format version is an ``OptionError``."""
        folder = Path(folder)
        record = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if record["model"] != cls.__name__ or record["format_version"] != FORMAT_VERSION:
            raise OptionError(
                f"{folder} holds a {record['model']} of format {record['format_version']}",
                allowed=f"a {cls.__name__} of format {FORMAT_VERSION}",
            )
        model = cls(**record["settings"])
        for name, value in record["learned"].items():
            setattr(model, name, value)
        for name, value in record["text_arrays"].items():
            setattr(model, name, np.array(value, dtype=object))
        with np.load(folder / "arrays.npz") as arrays:
            for name in arrays.files:
                setattr(model, name, arrays[name])
        return model


class Scorer(Model):
    """A model that gives one row per row: the same order, the key first, then ``produces``.

    A subclass writes ``_fit(columns)`` and ``_predict(columns)`` on dicts of NumPy columns.
    """

    key: ClassVar[str] = "customer_id"
    requires: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()
    produces: ClassVar[tuple[str, ...]] = ()

    def fit(self, table: Any) -> Self:
        """Learn from a table with the columns ``requires``; return ``self``."""
        self._fit(self.columns(table))
        return self

    def predict(self, table: Any) -> Any:
        """One row out per row in: the key column where the table has it, then ``produces``."""
        self.check_fitted()
        arrow, kind = to_arrow(table)
        produced = self._predict(self.columns(arrow))
        out = {self.key: arrow.column(self.key)} if self.key in arrow.column_names else {}
        out.update({name: produced[name] for name in self.produces})
        return to_kind(pa.table(out), kind)

    def needed(self) -> tuple[str, ...]:
        """The columns that this model reads: ``requires``, or what its settings name instead."""
        return self.requires

    def columns(self, table: Any) -> dict[str, np.ndarray[Any, Any]]:
        """The columns that the model reads, as NumPy; a missing one is a ``ColumnError``."""
        arrow, _ = to_arrow(table)
        needed = self.needed()
        require_columns(arrow, needed, type(self).__name__)
        names = [*needed, *(name for name in self.optional if name in arrow.column_names)]
        return {name: column_values(arrow, name) for name in names}

    def _fit(self, columns: dict[str, np.ndarray[Any, Any]]) -> None:
        raise NotImplementedError

    def _predict(self, columns: dict[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
        raise NotImplementedError


class Recommender(Model):
    """A model that ranks items for customers.

    ``fit(interactions, items=None, customers=None)`` takes ``customer_id, item_id`` and, where it is
    there, ``line_count`` and ``last_day``; ``recommend(customers, n)`` gives ``customer_id, rank,
    item_id, score`` and may add ``reason_item_id, reason_share``.
    """

    requires: ClassVar[tuple[str, ...]] = ("customer_id", "item_id")

    def fit(self, interactions: Any, items: Any = None, customers: Any = None) -> Self:
        raise NotImplementedError

    def recommend(self, customers: Any, n: int = 10) -> Any:
        raise NotImplementedError

    def similar_items(self, items: Any, n: int = 10) -> Any:
        raise NotImplementedError

    def explain(self, customer: str, item: str) -> Any:
        raise NotImplementedError
