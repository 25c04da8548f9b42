"""The log of what people did: rows of numbers while the shop is simulated, words when it is exported."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regulars.schema import EVENT_TYPES
from regulars.simulate.arrays import Ints

KINDS = tuple(EVENT_TYPES)
# Codes count from 0, -1 is none. Amounts are nan where there is none; ``value`` is in pence.
CODES = ("customer", "visitor", "visit", "order", "item", "campaign", "channel", "lever", "query", "text")
AMOUNTS = ("quantity", "value", "rating", "dwell_seconds", "propensity")

Column = npt.NDArray[Any]


class EventLog:
    """Events in the order they were added; ``columns`` gives them in the order of time."""

    def __init__(self) -> None:
        self.phrases: list[str] = []
        self._parts: list[dict[str, Column]] = []

    def add(self, kind: str, second: Ints, **columns: Any) -> None:
        """Add events of one type at local seconds; a column is an array or one number for all."""
        count = len(second)
        part: dict[str, Column] = {
            "kind": np.full(count, KINDS.index(kind), dtype=np.int32),
            "second": np.asarray(second, dtype=np.int64),
        }
        part |= {n: np.broadcast_to(np.asarray(columns.pop(n, -1), dtype=np.int32), count) for n in CODES}
        part |= {
            n: np.broadcast_to(np.asarray(columns.pop(n, np.nan), dtype=np.float64), count) for n in AMOUNTS
        }
        if columns:
            raise TypeError(f"an event has no column {', '.join(columns)}")
        self._parts.append(part)

    def write_down(self, phrases: list[str]) -> Ints:
        """Codes for texts (queries, reviews), to be used in the columns ``query`` and ``text``."""
        start = len(self.phrases)
        self.phrases.extend(phrases)
        return np.arange(start, len(self.phrases), dtype=np.int64)

    def columns(self, last_second: int) -> dict[str, Column]:
        """All events up to ``last_second``, sorted by time; ties keep the order they were added in."""
        merged = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        order = np.argsort(merged["second"], kind="stable")
        order = order[merged["second"][order] <= last_second]
        return {name: column[order] for name, column in merged.items()}
