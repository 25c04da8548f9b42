"""A path -> its lines: which kind of file it really is, and the reader for that kind.

The kind is found in the first bytes, not in the name, so a Parquet file called ``orders.csv`` is read as what
it is, and a web page saved under that name is refused with a sentence.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.collect.delimited import DelimitedRecords
from regulars.collect.encodings import file_sha256, text_stats
from regulars.collect.jsonlines import JsonRecords
from regulars.collect.records import RawBatch, Records, TableRecords, unique_names, without_blank_lines
from regulars.errors import FileError

ALLOWED = "CSV or other delimited text, JSON Lines, Parquet, Arrow, Excel (.xlsx, .xls); text may be gzipped"

# First bytes of the kinds that people hand over by mistake.
_FOREIGN = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"SQLite format 3": "a SQLite database",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
}
_SUFFIXES = {
    "parquet": (".parquet", ".pq"),
    "excel": (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"),
    "json": (".jsonl", ".ndjson", ".json"),
    "arrow": (".arrow", ".feather", ".ipc"),
    "text": (".csv", ".tsv", ".txt", ".tab", ".dat", ".log", ""),
}


@dataclass(frozen=True)
class OpenFile:
    """A file that was recognised: its kind, its fingerprint and its lines."""

    path: Path
    kind: str
    sha256: str
    records: Records
    notes: tuple[str, ...]


def open_file(path: str | Path) -> OpenFile:
    """The lines of a file of any kind in :data:`ALLOWED`.

    Raises
    ------
    FileError
        The file is missing, empty, of a kind that is not read, or damaged; the message says which.
    """
    path = Path(path)
    head = _head(path)
    kind = _kind(path, head)
    try:
        records, sha256 = _open(path, kind)
    except pa.ArrowInvalid as error:
        raise FileError(
            f"{path} begins like a {kind} file but cannot be read: {error}", fix="export it again"
        ) from error
    except (EOFError, OSError, zipfile.BadZipFile) as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    return OpenFile(path, kind, sha256, records, (*_misnamed(path, kind), *records.notes))


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise FileError(
            f"{path} is a folder", allowed="a file", fix=f"name the files in it, for example {path}/*.csv"
        )
    try:
        with path.open("rb") as stream:
            head = stream.read(8192)
    except FileNotFoundError as error:
        raise FileError(f"there is no file {path}", fix="look at the path and its spelling") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise FileError(f"{path} is empty", fix="export it again and look at its size")
    return head


def _kind(path: Path, head: bytes) -> str:
    for magic, words in _FOREIGN.items():
        if head.startswith(magic):
            raise FileError(f"{path} is {words}", allowed=ALLOWED)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"ARROW1"):
        return "arrow"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "excel"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return _text_kind(path, head)


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise FileError(f"{path} is a damaged zip archive: {error}", fix="download it again") from error
    if any(name.startswith(("xl/", "content.xml")) for name in names):
        return "excel"
    raise FileError(
        f"{path} is a zip archive with {len(names)} files ({', '.join(names[:3])})",
        allowed=ALLOWED,
        fix=f"unzip {path}, then import the files in it",
    )


def _text_kind(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    lowered = start[:512].lower()
    if lowered.startswith((b"<!doctype html", b"<html")) or b"<html" in lowered:
        raise FileError(
            f"{path} is a web page (HTML)", allowed=ALLOWED, fix="log in and download the export itself"
        )
    if lowered.startswith(b"<?xml"):
        raise FileError(f"{path} is an XML file", allowed=ALLOWED)
    if b"\x00" in head:
        raise FileError(f"{path} is a binary file of an unknown kind", allowed=ALLOWED)
    if start.startswith(b"{"):
        return "json"
    if start.startswith(b"[") and start[1:].lstrip()[:1] in (b"{", b"]"):
        return "json array"
    return "text"


def _open(path: Path, kind: str) -> tuple[Records, str]:
    if kind == "parquet":
        return ParquetRecords(path), file_sha256(path)
    if kind == "arrow":
        with pa.ipc.open_file(str(path)) as reader:
            return TableRecords(reader.read_all()), file_sha256(path)
    if kind == "excel":
        from regulars.collect.spreadsheets import WorkbookRecords

        return WorkbookRecords(path), file_sha256(path)
    gzipped = kind == "gzip"
    if gzipped:
        kind = _kind_inside(path)
    stats = text_stats(path, gzipped=gzipped)
    if kind == "text":
        return DelimitedRecords(path, stats), stats.sha256
    return JsonRecords(path, stats, is_array=kind == "json array"), stats.sha256


def _kind_inside(path: Path) -> str:
    import gzip

    with gzip.open(path, "rb") as stream:
        head = stream.read(8192)
    if not head.strip():
        raise FileError(f"{path} is empty inside its gzip wrapping", fix="export it again")
    if head.startswith((b"PAR1", b"PK\x03\x04")):
        raise FileError(f"{path} is a gzipped binary file", fix=f"gunzip {path}")
    return _text_kind(path, head)


def _misnamed(path: Path, kind: str) -> tuple[str, ...]:
    suffix = path.suffix.lower()
    kind = "json" if kind == "json array" else kind
    claimed = next((name for name, suffixes in _SUFFIXES.items() if suffix in suffixes), kind)
    if claimed == kind or kind == "gzip":
        return ()
    return (f"the name ends in {suffix}, but the file is {kind.capitalize()} and is read as that",)


class ParquetRecords:
    """The rows of a Parquet file, with its own types."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with pq.ParquetFile(path) as file:
            self._columns = list(file.schema_arrow.names)
            self.line_count_hint: int | None = int(file.metadata.num_rows)
        self.names = unique_names(self._columns)
        self.notes: tuple[str, ...] = ()

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[RawBatch]:
        places = [self.names.index(name) for name in columns] if columns is not None else None
        wanted = [self._columns[place] for place in places] if places is not None else None
        names = list(columns) if columns is not None else list(self.names)
        row = 1
        with pq.ParquetFile(self._path) as file:
            pieces = file.iter_batches(batch_size=rows, columns=wanted, use_threads=False)
            while (cells := self._next(pieces)) is not None:
                cells = cells if wanted is None else cells.select(wanted)
                numbers = np.arange(row, row + cells.num_rows, dtype=np.int64)
                row += cells.num_rows
                yield without_blank_lines(cells.rename_columns(names), numbers)

    def _next(self, pieces: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        try:
            return next(pieces, None)
        except (pa.ArrowInvalid, OSError) as error:
            raise FileError(
                f"{self._path} is a damaged Parquet file: {error}", fix="export it again"
            ) from error
