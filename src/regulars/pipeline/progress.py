"""How long work says where it is; the command line draws it, everything else stays quiet."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from collections.abc import Iterator


class Progress:
    """A quiet progress: knows the time of each step. The command line draws in a subclass."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[None]:
        """Work on ``name`` (a code of show/words), of ``total`` rows where that is known."""
        started = time.perf_counter()
        self.begin(name, total)
        try:
            yield
        finally:
            self.end(name)
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def begin(self, name: str, total: int | None) -> None:
        """A step begins."""

    def advance(self, rows: int) -> None:
        """So many more rows of the step are done."""

    def end(self, name: str) -> None:
        """A step is over."""


def peak_memory_mb() -> float:
    """Highest resident memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)
