"""How long work says where it is; the command line draws it, everything else stays quiet."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from regulars.pipeline.imports import ImportReport
    from regulars.pipeline.run import RunResult


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

    def waiting(self, holder: str) -> None:
        """The work waits for another command that writes to the shop."""

    def imported(self, report: ImportReport) -> None:
        """A file is stored."""

    def published(self, result: RunResult) -> None:
        """The results of a run can be read."""


class DrawnProgress(Progress):
    """Draws one line per step on a terminal: a bar where the number of rows is known, else a spinner."""

    def __init__(self, language: str = "en") -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        from regulars.show.words import Words

        self._words = Words(language)
        self._bars = Bars(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
            TextColumn("{task.fields[rows]}"),
            TimeElapsedColumn(), console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task: Any = None
        self._done, self._total = 0, cast(int | None, None)

    def begin(self, name: str, total: int | None) -> None:
        self._bars.start()
        self._task = self._bars.add_task(self._words(f"progress.{name}"), total=total, rows="")
        self._done, self._total = 0, total

    def advance(self, rows: int) -> None:
        self._done += rows
        of = f" / {self._total:,}" if self._total else ""
        self._bars.update(self._task, advance=rows, rows=f"{self._done:,}{of}")

    def waiting(self, holder: str) -> None:
        self._bars.console.print(self._words("progress.wait", holder=holder), highlight=False, markup=False)

    def end(self, name: str) -> None:
        self._bars.remove_task(self._task)
        self._bars.stop()


def progress(language: str = "en") -> Progress:
    """A drawn progress where standard error is a terminal, a quiet one elsewhere."""
    return DrawnProgress(language) if sys.stderr.isatty() else Progress()
