"""Looking for words in a folder as somebody would who distrusts it: in every file, and in what is packed inside."""

import gzip
import io
import zipfile
from pathlib import Path

import duckdb
import pyarrow.parquet as pq


def contents(folder: Path):
    """Every file and everything packed inside one: its place and its bytes."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield from _unpacked(path.relative_to(folder).as_posix(), path.read_bytes(), path)


def _unpacked(place: str, content: bytes, path: Path | None = None):
    yield place, content
    if content[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(content))
        yield f"{place} as a table", repr(table.to_pylist()).encode() + repr(table.schema).encode()
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield from _unpacked(f"{place}/{name}", packed.read(name))
    elif content[:2] == b"\x1f\x8b":
        yield from _unpacked(f"{place} unpacked", gzip.decompress(content))
    elif content[8:12] == b"DUCK" and path is not None:
        with duckdb.connect(str(path), read_only=True) as connection:
            for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
                yield f"{place} {name}", repr(rows).encode()


def places_of(folder: Path, words, *, but=()):
    """Where the words stand, whatever their case, outside the files ``but``."""
    needles = {word: word.lower().encode() for word in words}
    return [
        (place, word)
        for place, content in contents(folder)
        if not place.startswith(tuple(but))
        for word, needle in needles.items()
        if needle in content.lower()
    ]
