"""One writer at a time: the file ``lock`` of a shop names who writes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from regulars.errors import StoreBusy

FILE_NAME = "lock"


@contextlib.contextmanager
def writing(folder: Path, command: str) -> Iterator[None]:
    """Hold the shop's lock; ``StoreBusy`` names the holder when another live process has it.

    A lock whose process is gone (killed, power loss) is taken over.
    """
    path = folder / FILE_NAME
    _take(path, command)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _take(path: Path, command: str) -> None:
    text = f"{os.getpid()} {command}"
    for _ in range(2):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            holder = path.read_text(encoding="utf-8").split(" ", 1)
            pid = holder[0]
            if pid.isdigit() and _is_alive(int(pid)):
                raise StoreBusy(
                    f"regulars {holder[-1]} (process {pid}) is writing to {path.parent}",
                    fix="wait until it is done, then try again",
                ) from None
            path.unlink(missing_ok=True)
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return
    raise StoreBusy(f"another process is taking the lock of {path.parent}", fix="try again")


def _is_alive(pid: int) -> bool:
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
