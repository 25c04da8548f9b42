"""What the exports of every shop system share: orders read from the tidy table, copied ones, rows written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa


def order_columns(orders: pa.Table) -> tuple[dict[str, list[Any]], list[Any]]:
    """The columns of :func:`tables.orders_table` as lists by name, and the seconds of ``order_date``."""
    columns: dict[str, list[Any]] = {
        name: orders.column(name).to_pylist() for name in orders.column_names if name != "order_date"
    }
    seconds: list[Any] = orders.column("order_date").cast(pa.int64()).to_pylist()
    return columns, seconds


def copies(
    numbers: Sequence[int], kinds: Mapping[str, int], rng: np.random.Generator
) -> list[tuple[int, int, str]]:
    """Orders to be added for each kind: the place of the one that is copied, the new number, the kind."""
    wanted = [kind for kind, count in kinds.items() for _ in range(count)]
    if not numbers:
        return []
    copied = rng.integers(0, len(numbers), len(wanted)).tolist()
    last = max(numbers)
    return [
        (place, last + more, kind) for more, (kind, place) in enumerate(zip(wanted, copied, strict=True), 1)
    ]


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, str]]) -> int:
    """Write a file with a header, blank where a row has no cell; return how many rows it has."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
