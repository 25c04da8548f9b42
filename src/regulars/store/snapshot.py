"""Published runs: one folder of Parquet files per run, and ``CURRENT`` that names the newest.

A run writes beside the published ones and is swapped in by one rename, so a reader sees the old run or
the new one, whole. The last ``keep_runs`` of the settings stay.
"""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from regulars.errors import NoSpace, ShopError, nearest

DRAFT, ASIDE = ".draft-", ".aside-"
SWAP_TRIES, SWAP_PAUSE_SECONDS = 20, 0.1


class Publication:
    """The result tables of one run on their way to ``published/RUN_ID``; the last ``keep_runs`` runs stay."""

    def __init__(self, folder: Path, run_id: str, keep_runs: int = 3) -> None:
        self.folder = folder / "published"
        self.run_id = run_id
        self.keep_runs = keep_runs
        self.draft = self.folder / f"{DRAFT}{run_id}"
        self.row_counts: dict[str, int] = {}
        self._tidy()
        self.draft.mkdir(parents=True)

    def __enter__(self) -> Publication:
        return self

    def __exit__(self, *_: object) -> None:
        """A run that did not finish leaves no draft."""
        shutil.rmtree(self.draft, ignore_errors=True)

    def write(self, name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
        """Write one table; every row gets the column ``run_id`` unless it has it."""
        schema = schema if "run_id" in schema.names else schema.append(pa.field("run_id", pa.string()))
        rows = 0
        try:
            with pq.ParquetWriter(self.draft / f"{name}.parquet", schema, compression="zstd") as writer:
                for batch in batches:
                    table = pa.Table.from_batches([batch])
                    if "run_id" not in table.column_names:
                        table = table.append_column(
                            "run_id", pa.array([self.run_id] * len(table), pa.string())
                        )
                    writer.write_table(table.select(schema.names).cast(schema))
                    rows += len(table)
        except OSError as error:
            if error.errno == errno.ENOSPC or "No space left" in str(error):
                raise NoSpace(
                    f"the disk is full while {name} of run {self.run_id} was written; the runs before are untouched",
                    fix="free space, then run again",
                ) from error
            raise
        self.row_counts[name] = rows

    def finish(self) -> Path:
        """Swap the run in and drop all but the last ones."""
        final, aside = self.folder / self.run_id, self.folder / f"{ASIDE}{self.run_id}"
        if final.exists():  # the same input again: its readers keep what they opened
            final.rename(aside)
        self.draft.rename(final)
        shutil.rmtree(aside, ignore_errors=True)
        pointer = self.folder.parent / ".CURRENT.new"
        pointer.write_text(self.run_id + "\n", encoding="utf-8", newline="\n")
        _swap(pointer, self.folder.parent / "CURRENT")
        self._drop_old()
        return final

    def _drop_old(self) -> None:
        """Keep the last runs, and the models of these alone."""
        runs = sorted(
            (path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")),
            key=lambda path: (path.name == self.run_id, path.stat().st_mtime_ns),
        )
        for old in runs[: -self.keep_runs]:
            shutil.rmtree(old, ignore_errors=True)
        kept = {path.name for path in runs[-self.keep_runs :]}
        for models in (self.folder.parent / "models").glob("*"):
            if models.name not in kept:
                shutil.rmtree(models, ignore_errors=True)

    def _tidy(self) -> None:
        """Remove what a run that failed left behind; a run that was moved aside and not replaced comes back."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for draft in self.folder.glob(f"{DRAFT}*"):
            shutil.rmtree(draft, ignore_errors=True)
        for aside in self.folder.glob(f"{ASIDE}*"):
            original = self.folder / aside.name.removeprefix(ASIDE)
            if original.exists():
                shutil.rmtree(aside, ignore_errors=True)
            else:
                aside.rename(original)


def _swap(draft: Path, target: Path) -> None:
    """Put a file in another's place; Windows refuses while somebody reads the other, so try a while."""
    for _ in range(SWAP_TRIES - 1):
        try:
            draft.replace(target)
        except PermissionError:
            time.sleep(SWAP_PAUSE_SECONDS)
        else:
            return
    draft.replace(target)


def published_runs(folder: Path) -> dict[str, bool]:
    """The published runs of a shop, each with whether it is the newest, which the other commands read."""
    pointer = folder / "CURRENT"
    newest = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else None
    return {
        path.name: path.name == newest
        for path in sorted((folder / "published").glob("*"))
        if path.is_dir() and not path.name.startswith(".")
    }


def current_run(folder: Path) -> Path:
    """The folder of the newest published run; a ``ShopError`` when nothing was run yet."""
    pointer = folder / "CURRENT"
    if pointer.is_file():
        path = folder / "published" / pointer.read_text(encoding="utf-8").strip()
        if path.is_dir():
            return path
    raise ShopError(f"{folder} has no results yet", fix=f"regulars run --shop {folder}")


def read_table(
    run: Path,
    name: str,
    *,
    columns: list[str] | None = None,
    key: str | None = None,
    value: str | None = None,
) -> pa.Table:
    """One table of a published run, or the rows of it where ``key`` is ``value``."""
    path = run / f"{name}.parquet"
    if not path.is_file():
        there = [file.stem for file in sorted(run.glob("*.parquet"))]
        raise ShopError(
            f"the run {run.name} has no table {name}.{nearest(name, there)}", allowed=", ".join(there)
        )
    condition = None if key is None else pc.field(key) == value
    return pq.read_table(path, columns=columns, filters=condition)
