"""What a command says about itself while it works: JSON lines on standard error, for machines that read logs.

One line is one object. Every line has ``time`` (UTC, ISO 8601), ``level`` (info, warning, error), ``event`` and, once
the command is known, ``command`` and ``shop``; the rest depends on the event (``EVENTS``). E-mail addresses and
international phone numbers in texts are masked. Without JSON nothing of this is written: people see bars.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import time
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from regulars.errors import RegularsError, masked

if TYPE_CHECKING:
    from regulars.pipeline.imports import ImportReport
    from regulars.pipeline.progress import Progress
    from regulars.pipeline.run import RunResult

EVENTS = {
    "started": "a command begins",
    "waiting": "another command writes to the shop; `holder` says which, and since when",
    "step_started": "a `step` of the command begins; `total` is its number of rows where that is known",
    "step_done": "a step is done: `seconds`, and `rows` where they are counted",
    "step_failed": "a step ended in an error: `seconds`",
    "imported": "a file is stored: `file`, `source`, `import_id`, `rows` read, and what became of them",
    "published": "results can be read: `run_id`, `as_of`, and `tables` with their rows",
    "warning": "something to know: `code`, `message`",
    "failed": "the command ends in an error: `code`, `message`, `allowed`, `fix`, `exit_code`, `seconds`",
    "done": "the command is done: `seconds`, `exit_code` 0",
}


class Log:
    """The log of one command; a quiet one writes nothing."""

    def __init__(self, *, is_json: bool = False) -> None:
        self.is_json = is_json
        self.began = time.perf_counter()
        self.facts: dict[str, str] = {}

    def write(self, event: str, level: str = "info", **fields: Any) -> None:
        """One event; fields without a value are left out."""
        if not self.is_json:
            return
        line = {
            "time": dt.datetime.now(tz=dt.UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "event": event,
        }
        line |= self.facts | {name: value for name, value in fields.items() if value not in (None, "")}
        click.echo(json.dumps(_masked(line), ensure_ascii=False, default=str), err=True)

    def seconds(self) -> float:
        """Since the command began."""
        return round(time.perf_counter() - self.began, 3)

    def failed(self, error: RegularsError) -> None:
        """The error that ends the command."""
        self.write(
            "failed", "error", code=error.code, message=error.found, allowed=error.allowed, fix=error.fix,
            exit_code=error.exit_code, seconds=self.seconds(),
        )  # fmt: skip

    @contextlib.contextmanager
    def warnings(self) -> Iterator[None]:
        """Python's warnings as events, so that no line is anything but JSON."""
        if not self.is_json:
            yield
            return

        def show(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
            self.write("warning", "warning", code=category.__name__, message=str(message))

        with warnings.catch_warnings():
            warnings.showwarning = show
            yield


def current_log() -> Log:
    """The log of the command that runs in this thread; a quiet one outside the command line."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context else None
    return found if isinstance(found, Log) else Log()


def logged_progress(log: Log) -> Progress:
    """A progress that writes each step to the log."""
    from regulars.pipeline.progress import Progress

    class LoggedProgress(Progress):
        def begin(self, name: str, total: int | None) -> None:
            self._began, self._rows = time.perf_counter(), 0
            log.write("step_started", step=name, total=total)

        def advance(self, rows: int) -> None:
            self._rows += rows

        def end(self, name: str) -> None:
            has_failed = sys.exc_info()[0] is not None
            log.write(
                "step_failed" if has_failed else "step_done", "warning" if has_failed else "info", step=name,
                seconds=round(time.perf_counter() - self._began, 3), rows=self._rows or None,
            )  # fmt: skip

        def waiting(self, holder: str) -> None:
            log.write("waiting", holder=holder)

        def imported(self, report: ImportReport) -> None:
            log.write(
                "imported", file=report.file, source=report.source, import_id=report.import_id, rows=report.read,
                stored=report.stored, duplicate=report.duplicate, rejected=report.rejected, erased=report.erased,
                updated=report.updated, rejected_codes=report.rejected_codes or None,
            )  # fmt: skip

        def published(self, result: RunResult) -> None:
            tables = dict(result.row_counts)
            log.write("published", run_id=result.run_id, as_of=str(result.as_of), tables=tables)

    return LoggedProgress()


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: _masked(part) for name, part in value.items()}
    return value
