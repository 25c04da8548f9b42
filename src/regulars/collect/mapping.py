"""Which column of a file is what: guessed from names and values, checked, and written as TOML.

A mapping says ``target = "column"``; ``target = "=value"`` is a constant for every line. Some targets are
no columns but choices about the file: ``date_order`` (``=day_first`` or ``=month_first``), ``decimal_mark``
(``=point`` or ``=comma``), and ``decimal_mark.TARGET`` for one column.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from regulars.collect.amounts import ten_thousandths
from regulars.collect.cells import text
from regulars.collect.dates import DateOrder
from regulars.collect.kernels import Array
from regulars.collect.times import instants
from regulars.collect.vectors import KINDS as VECTOR_KINDS
from regulars.collect.vectors import looks_like_vectors
from regulars.collect.vocabulary import COLUMN_WORDS, plain_word
from regulars.errors import MappingError, nearest

CHOICES = {
    "date_order": ("=day_first", "=month_first"),
    "decimal_mark": ("=point", "=comma"),
}
NUMBER_TARGETS = frozenset(
    {
        "quantity", "unit_price", "value", "order_total", "discount", "cost", "rating", "dwell_seconds",
        "line_discount", "order_discount", "subtotal", "shipping", "taxes", "duties", "refund", "total_spent",
        "fees", "line_total", "line_subtotal", "line_total_with_tax", "net_line_total", "line_refunded", "list_price",
        "net_quantity", "line_refunded_quantity",
    }
)  # fmt: skip


def guess_mapping(
    sample: pa.RecordBatch, targets: Sequence[str], words: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """The column of a file for each of ``targets``, as far as names and values of a sample say.

    A column serves one target. A name that promises a time or a number counts only where most values are one;
    without a name for the time, the one column whose values are times is taken.

    >>> lines = pa.record_batch({"Kundennr": ["1"], "Datum": ["3.1.2024"], "Betrag": ["12,50"]})
    >>> guess_mapping(lines, ["time", "user_id", "value"])
    {'time': 'Datum', 'user_id': 'Kundennr', 'value': 'Betrag'}
    """
    columns = {plain_word(name): name for name in reversed(sample.schema.names)}
    mapping: dict[str, str] = {}
    for target in targets:
        wanted = [*(words or {}).get(target, ()), *COLUMN_WORDS.get(target, ())]
        named = (columns[word] for word in map(plain_word, wanted) if word in columns)
        fitting = [name for name in named if name not in mapping.values() and _fits(sample, name, target)]
        if fitting:
            # A column that is empty in the sample gives way to one that says something.
            mapping[target] = next((name for name in fitting if _says_something(sample, name)), fitting[0])
    if "time" in targets and "time" not in mapping:
        free = [name for name in sample.schema.names if name not in mapping.values()]
        dated = [
            name
            for name in free
            if not _numeric(sample.column(name)) and _share_of_times(sample.column(name)) > 0.95
        ]
        if len(dated) == 1:
            mapping["time"] = dated[0]
    return mapping


def columns_named(words: Mapping[str, Sequence[str]], names: Sequence[str]) -> dict[str, str]:
    """The column for each target by its name alone, whatever its values: the first of the target's words wins.

    For exports whose columns are known: an empty column still is what it is called.

    >>> columns_named({"time": ("Created at", "Paid at"), "paid_at": ("Paid at",)}, ["paid at", "Created At"])
    {'time': 'Created At', 'paid_at': 'paid at'}
    """
    columns = {plain_word(name): name for name in reversed(names)}
    mapping: dict[str, str] = {}
    for target, wanted in words.items():
        named = (columns[word] for word in map(plain_word, wanted) if word in columns)
        free = next((name for name in named if name not in mapping.values()), None)
        if free is not None:
            mapping[target] = free
    return mapping


def _fits(sample: pa.RecordBatch, column: str, target: str) -> bool:
    values = sample.column(column)
    if sample.num_rows == 0:
        return True
    if target in VECTOR_KINDS:
        return looks_like_vectors(sample, column)
    if target == "time":
        return _share_of_times(values) > 0
    if target in NUMBER_TARGETS:
        amounts = ten_thousandths(values)
        return not amounts.present.any() or float(amounts.valid[amounts.present].mean()) > 0
    return True


def _says_something(sample: pa.RecordBatch, column: str) -> bool:
    values = text(sample.column(column))
    return bool(values.null_count < len(values))


def _numeric(values: Array) -> bool:
    numbers = ten_thousandths(values)
    return bool(numbers.valid[numbers.present].all())


def _share_of_times(values: Array) -> float:
    orders: tuple[DateOrder, ...] = ("day_first", "month_first")
    read = max(float(np.mean(instants(values, "UTC", order).valid)) for order in orders)
    filled = 1 - text(values).null_count / max(len(values), 1)
    return read / filled if filled else 0.0


def checked_mapping(
    mapping: Mapping[str, str], columns: Sequence[str], targets: Collection[str]
) -> dict[str, str]:
    """A mapping that was given by hand, if all its targets and columns exist.

    Raises
    ------
    MappingError
        A target is none of ``targets``, or a column is not in the file.
    """
    known = [*targets, *CHOICES]
    marks = {f"decimal_mark.{target}" for target in NUMBER_TARGETS}
    checked = {}
    for target, column in mapping.items():
        if target not in known and target not in marks:
            raise MappingError(
                f"the mapping names {target}.{nearest(target, known)}", allowed=", ".join(known)
            )
        choices = CHOICES.get(target.partition(".")[0])
        if choices and column not in choices:
            raise MappingError(f"{target} is {column!r}", allowed=" or ".join(choices))
        if not column.startswith("=") and column not in columns:
            close = next((name for name in columns if plain_word(name) == plain_word(column)), None)
            if close is None:
                raise MappingError(
                    f"the mapping says {target} = {column!r}, but the file has no such column.{nearest(column, columns)}",
                    allowed=listed_columns(columns),
                    fix=f'use a column of the file, or "=..." for a constant: {target} = "={column}"',
                )
            column = close
        checked[target] = column
    return checked


def require_targets(
    mapping: Mapping[str, str],
    needs: Sequence[tuple[str, ...]],
    columns: Sequence[str],
    *,
    file: str,
    source: str,
) -> None:
    """Every group of ``needs`` has at least one mapped target, else a ``MappingError`` with the TOML to type."""
    missing = [group for group in needs if not any(target in mapping for target in group)]
    if not missing:
        return
    wanted = ", and none for ".join(" or ".join(group) for group in missing)
    free = [column for column in columns if column not in mapping.values()]
    lines = [f"{target} = {json.dumps(column, ensure_ascii=False)}" for target, column in mapping.items()]
    lines += [f'{group[0]} = "..."   # {_suggestion(group[0], free)}' for group in missing]
    raise MappingError(
        f"{file} has no column for {wanted} (read as {source}).\nFound: {listed_columns(columns)}",
        fix="write which column it is into mapping.toml and pass it on:\n[mapping]\n" + "\n".join(lines),
    )


def listed_columns(columns: Sequence[str], most: int = 12) -> str:
    """The names of columns in a sentence; of many the first and how many more there are.

    >>> listed_columns(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    if len(columns) <= most + 1:
        return ", ".join(columns)
    return f"{', '.join(columns[:most])} and {len(columns) - most} more"


def _suggestion(target: str, columns: Sequence[str]) -> str:
    """The column whose name is most like a name of the target, else names that would have been found."""
    words = COLUMN_WORDS.get(target, (target,))
    plain = [plain_word(word) for word in words]
    likeness = {
        column: max(difflib.SequenceMatcher(None, plain_word(column), word).ratio() for word in plain)
        for column in columns
    }
    best = max(columns, key=lambda column: likeness[column], default="")
    if best and likeness[best] > 0.75:
        return f"is it {best}?"
    return f"names like {', '.join(words[:4])} are found by themselves"


def mapping_toml(mapping: Mapping[str, str]) -> str:
    """A mapping as TOML.

    >>> print(mapping_toml({"time": "Order date", "currency": "=EUR"}))
    [mapping]
    time = "Order date"
    currency = "=EUR"
    """
    return "\n".join(
        [
            "[mapping]",
            *(f"{target} = {json.dumps(column, ensure_ascii=False)}" for target, column in mapping.items()),
        ]
    )


def load_mapping(path: str | Path) -> dict[str, str]:
    """The ``[mapping]`` table of a TOML file (or its top level)."""
    try:
        raw = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MappingError(f"the mapping {path} cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(
            f"the mapping {path} is not TOML: {error}", fix='write lines like time = "Order date"'
        ) from error
    table = raw.get("mapping", raw)
    table = {
        name: value
        for key, entry in table.items()
        for name, value in (
            {f"{key}.{k}": v for k, v in entry.items()} if isinstance(entry, dict) else {key: entry}
        ).items()
    }
    wrong = [name for name, value in table.items() if not isinstance(value, str)]
    if wrong:
        raise MappingError(f"{path}: {', '.join(wrong)} is no text", allowed='lines like time = "Order date"')
    return dict(table)
