"""What every engine gives to the pipeline: the part of a store that DuckDB and Spark share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import narwhals as nw
import pyarrow as pa

if TYPE_CHECKING:
    from regulars.config import Profile

Frame = nw.LazyFrame[Any]


class Engine(Protocol):
    """Frames in, frames and Arrow out; ``store.duckdb.Store`` and ``store.spark.SparkStore`` are engines."""

    def events(self, profile: Profile, as_of_day: int | None = None) -> Frame:
        """Every event with its customer (as known by that day), its roles and its signed value."""

    def table(self, name: str) -> Frame:
        """A stored or kept table."""

    def keep(self, name: str, frame: Frame) -> Frame:
        """Compute a frame once and give it back as a table of this run."""

    def keep_batches(self, name: str, batches: Iterable[pa.RecordBatch]) -> Frame:
        """The same for batches that come from a model."""

    def batches(self, frame: Frame, rows: int = ...) -> Iterator[pa.RecordBatch]:
        """The rows of a frame, at most ``rows`` at a time."""

    def read(self, frame: Frame) -> pa.Table:
        """A small frame as one table."""

    def sample(self, frame: Frame, rows: int, seed: int) -> Frame:
        """At most ``rows`` customers, those with the smallest hash of seed and id."""

    def holdout_draw(self, frame: Frame, salt: str) -> Frame:
        """The frame with ``holdout_draw``, the same number on every engine."""

    def last_full_day(self) -> int | None:
        """The last day of which the data are known to be whole."""

    def day_range(self) -> tuple[int, int] | None:
        """First and last day with an event."""
