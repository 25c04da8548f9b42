"""One writer at a time: a lock of the operating system on the file ``lock`` of a shop.

The kernel gives the lock back when its process ends, however it ends: done, killed or without power. So a
file that was left behind locks nothing, and a process number that was given out again keeps no dead lock
alive. What stands in the file (who writes, since when, where) is for people; only the lock on it counts. The file
itself stays when the lock goes: if it went, two writers could hold two files of one name.

On a network file system the lock is as good as the server's: NFS 4 and SMB keep it between machines, an NFS
mounted with ``nolock`` keeps it on one machine only, and where there are no locks at all nothing is written.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import importlib
import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from regulars.errors import ShopError, StoreBusy

FILE_NAME = "lock"
LONGEST_PAUSE_SECONDS = 0.25
# Windows locks bytes against reading too, so the byte that is locked lies far behind the words.
LOCKED_BYTE = 1 << 20
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}

_held = threading.local()


@dataclass(frozen=True)
class Holder:
    """Who writes to a shop: the command, its process, the machine and since when (UTC, ISO 8601)."""

    command: str
    process: int
    host: str
    since: str

    def __str__(self) -> str:
        place = "" if self.host == platform.node() else f" on {self.host}"
        since = self.since.replace("T", " ").replace("+00:00", " UTC")
        return f"regulars {self.command} (process {self.process}{place}, since {since})"


@contextlib.contextmanager
def writing(
    folder: Path,
    command: str,
    wait_seconds: float = 0.0,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold the shop's lock while a command writes.

    The thread that holds it may take it again (a command made of other commands); any other thread or process
    may not.

    Parameters
    ----------
    folder
        The shop's folder.
    command
        What the others are told about the holder.
    wait_seconds
        How long to wait for another holder; 0 refuses at once.
    waiting
        Called once with the holder in words when the wait begins.

    Raises
    ------
    StoreBusy
        Another process or thread holds the lock, and still does after the wait.
    ShopError
        The file system of the folder has no locks.
    """
    path = (folder / FILE_NAME).resolve()
    mine: set[Path] = _held.__dict__.setdefault("paths", set())
    if path in mine:
        yield
        return
    handle = _taken(path, command, wait_seconds, waiting)
    mine.add(path)
    try:
        yield
    finally:
        mine.discard(path)
        _give_back(handle)


def is_held_here(folder: Path) -> bool:
    """Whether this thread holds the shop's lock."""
    return (folder / FILE_NAME).resolve() in _held.__dict__.get("paths", ())


def holder(folder: Path) -> Holder | None:
    """Who holds the shop's lock now; nobody when the file was left behind or its words cannot be read."""
    path = folder / FILE_NAME
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        if not _lock(handle):
            return _words(path)
        _unlock(handle)
        return None
    finally:
        os.close(handle)


def busy(folder: Path, wait_seconds: float = 0.0) -> StoreBusy:
    """The error that names the holder and says what to type."""
    found = holder(folder)
    who = str(found) if found else "another command"
    waited = f"; waited {wait_seconds:g} seconds for it" if wait_seconds else ""
    return StoreBusy(
        f"{who} is writing to {folder}{waited}",
        fix="try again when it is done, or wait for it: import, replay, run and evaluate take --wait SECONDS",
    )


def _taken(path: Path, command: str, wait_seconds: float, waiting: Callable[[str], None] | None) -> int:
    """The open, locked file."""
    until, pause = time.monotonic() + wait_seconds, 0.01
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if _lock(handle) and _is_file(handle, path):
                _write(handle, command)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        left = until - time.monotonic()
        if left <= 0:
            raise busy(path.parent, wait_seconds)
        if waiting:
            waiting(str(holder(path.parent) or "another command"))
            waiting = None
        time.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _lock(handle: int) -> bool:
    """Try to lock an open file; false when somebody else has it."""
    try:
        fcntl: Any = importlib.import_module("fcntl")
    except ImportError:  # Windows
        msvcrt: Any = importlib.import_module("msvcrt")
        os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in NO_LOCKS:
            raise ShopError(
                f"the file system of the shop has no locks ({error.strerror}), so two commands could write at once",
                fix="keep the shop on a disk of this machine, or mount the network disk with locks",
            ) from error
        raise
    return True


def _unlock(handle: int) -> None:
    """Closing would do, but Windows wants the byte unlocked first."""
    try:
        msvcrt: Any = importlib.import_module("msvcrt")
    except ImportError:
        return
    os.lseek(handle, LOCKED_BYTE, os.SEEK_SET)
    msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)


def _is_file(handle: int, path: Path) -> bool:
    """Whether the locked file is still the one of that name: somebody may have deleted it meanwhile."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _write(handle: int, command: str) -> None:
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    text = json.dumps(asdict(Holder(command, os.getpid(), platform.node(), now)))
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, text.encode())


def _words(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # just being written, or of another version
        return None


def _give_back(handle: int) -> None:
    """Empty the file, then let go of it."""
    try:
        os.ftruncate(handle, 0)
        _unlock(handle)
    finally:
        os.close(handle)
