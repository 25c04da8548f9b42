"""A shop as one file: every file that cannot be made again, with checksums, and back.

The archive is a zip that any other program opens as well. ``backup.json`` in it names each file with its size
and SHA-256. It is written beside its place and renamed, so that a backup that was cut off is no file at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from regulars.errors import FileError, ShopError, StoreBusy

MANIFEST = "backup.json"
FORMAT_VERSION = 1
FILES = (
    "regulars.toml", "offers.toml", "rules.toml", "access.json", "store.duckdb", "contacts.parquet", "CURRENT",
)  # fmt: skip
FOLDERS = ("published", "models", "evaluation", "receipts")
PRIVATE = ("access.json", "contacts.parquet")
"""Files for their owner alone; an archive is one, because it holds them."""
_CHUNK = 1 << 20


def shop_files(folder: Path) -> list[Path]:
    """What a backup holds, in order: no drafts, no lock, nothing that a command makes anew (reports, lists)."""
    found = [folder / name for name in FILES]
    for name in FOLDERS:
        found += sorted((folder / name).rglob("*"))
    return [
        path
        for path in found
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def write_backup(folder: Path, target: Path, facts: dict[str, str]) -> list[Path]:
    """Write the archive of a shop that nobody writes to; returns the files in it.

    Parameters
    ----------
    folder
        The shop's folder; its lock is held, and its store is closed.
    target
        A file that does not exist.
    facts
        Written beside the list of files: the version of the program and when.

    Raises
    ------
    FileError
        The target exists, or its folder does not.
    StoreBusy
        A file was changed while it was copied.
    """
    _refuse_existing(target)
    if not target.parent.is_dir():
        raise FileError(f"there is no folder {target.parent}", fix=f"mkdir -p {target.parent}")
    draft = target.with_name(f".{target.name}.draft")
    draft.unlink(missing_ok=True)  # of a backup that was killed
    paths = shop_files(folder)
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                listed = [_add(archive, folder, path) for path in paths]
                manifest = {"format_version": FORMAT_VERSION, **facts, "files": listed}
                archive.writestr(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(target)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return paths


def restore_backup(archive_path: Path, folder: Path) -> list[Path]:
    """Make a folder the shop of an archive; returns the files. Whole or not at all: it is checked before it appears.

    Raises
    ------
    FileError
        The file is no backup, was damaged, or is of a newer version.
    ShopError
        The folder has something in it.
    """
    _refuse_full(folder)
    with _opened(archive_path) as archive:
        listed = _manifest(archive, archive_path)
        draft = folder.absolute().with_name(f".{folder.absolute().name}.restoring")
        shutil.rmtree(draft, ignore_errors=True)  # of a restore that was killed
        draft.mkdir(parents=True)
        try:
            for entry in listed:
                _extract(archive, archive_path, entry, draft)
            _refuse_full(folder)
            if folder.is_dir():
                folder.rmdir()
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return [folder / str(entry["name"]) for entry in listed]


def _add(archive: zipfile.ZipFile, folder: Path, path: Path) -> dict[str, Any]:
    """Copy one file into the archive; its entry in the list of files."""
    name = path.relative_to(folder).as_posix()
    before = path.stat()
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        digest, size = _copied(source, target)
    after = path.stat()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, size):
        raise StoreBusy(f"{path} was changed while it was copied", fix="try again")
    return {"name": name, "size": size, "sha256": digest}


def _extract(archive: zipfile.ZipFile, archive_path: Path, entry: dict[str, Any], folder: Path) -> None:
    """Copy one file out of the archive and hold it against what the list of files says."""
    path = folder / entry["name"]
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o600 if path.name in PRIVATE else 0o666
    try:
        with (
            archive.open(entry["name"]) as source,
            os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as target,
        ):
            digest, size = _copied(source, target)
            target.flush()
            os.fsync(target.fileno())
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise _damaged(archive_path, entry["name"]) from error
    if (digest, size) != (entry["sha256"], entry["size"]):
        raise _damaged(archive_path, entry["name"])


def _copied(source: IO[bytes], target: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise FileError(
            f"{path} is no backup, or only a part of one", allowed="a file that `regulars backup` wrote"
        ) from error
    with archive:
        yield archive


def _manifest(archive: zipfile.ZipFile, path: Path) -> list[dict[str, Any]]:
    """The list of files, each in a place that a shop has."""
    try:
        manifest = json.loads(archive.read(MANIFEST))
        version, listed = int(manifest["format_version"]), list(manifest["files"])
        names = [str(entry["name"]) for entry in listed]
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise FileError(
            f"{path} is no backup of a shop: it has no readable {MANIFEST}",
            allowed="a file that `regulars backup` wrote",
        ) from error
    if version > FORMAT_VERSION:
        raise FileError(
            f"{path} was written by a newer Regulars (backup format {version})",
            fix="pip install --upgrade regulars",
        )
    for name in names:
        parts = PurePosixPath(name).parts
        known = name in FILES or (len(parts) > 1 and parts[0] in FOLDERS and not {"..", "."} & set(parts))
        if not known or "\\" in name or ":" in name:
            raise FileError(f"{path} holds {name!r}, which is no file of a shop")
    return listed


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise FileError(f"{target} exists already", fix="give another name, or remove it first")


def _refuse_full(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is a shop already" if (folder / "regulars.toml").exists() else "is not empty"
        raise ShopError(
            f"{folder} {what}; a backup is restored into a folder of its own",
            fix="give a DIR that does not exist",
        )


def _damaged(path: Path, name: str) -> FileError:
    return FileError(
        f"{path} is damaged: {name} is not what was backed up; nothing was restored",
        fix="take another backup",
    )
