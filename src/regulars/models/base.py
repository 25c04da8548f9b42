"""The two roles of a model: ``Scorer`` and ``Recommender``.

A model takes Arrow, pandas or polars and gives back the kind it got (``tables.py``); inside it sees NumPy. It
knows no database and no clock. The constructor stores keyword-only settings unchanged (scikit-learn's ``clone``
works), ``fit`` returns ``self``, learned values end in ``_``, and ``save`` writes JSON and ``.npz``,
never pickle.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from regulars.errors import NotFittedError, OptionError, nearest
from regulars.models.tables import aligned, column_values, require_columns, to_arrow

FORMAT_VERSION = 1


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
        written = json.dumps(record, indent=1, sort_keys=True)
        (folder / "model.json").write_text(written, encoding="utf-8", newline="\n")
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
        """One row out per row in, in the same order and kind of table: the key column where it is there, then
        ``produces``. A pandas index stays as it is."""
        self.check_fitted()
        arrow, kind = to_arrow(table)
        produced = self._predict(self.columns(arrow))
        out = {self.key: arrow.column(self.key)} if self.key in arrow.column_names else {}
        out.update({name: produced[name] for name in self.produces})
        return aligned(pa.table(out), kind, table)

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
