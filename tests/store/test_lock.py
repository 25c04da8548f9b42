"""One writer at a time: real processes hold the lock, wait for it and are killed with it."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from regulars.errors import ShopError, StoreBusy
from regulars.store import lock
from regulars.store.lock import Holder, holder, writing

HOLD = """
import sys
from pathlib import Path
from regulars.store.lock import writing
with writing(Path(sys.argv[1]), "import", float(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def start(folder, wait=0.0):
    """A process that holds the lock until it reads a line."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(wait)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def holding(folder):
    process = start(folder)
    assert process.stdout.readline() == "held\n"
    return process


def end(process):
    process.communicate("\n", timeout=60)


def in_a_thread(work):
    """What a call in another thread returns or raises."""
    found = []

    def call():
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(60)
    return found[0]


def take(folder, wait=0.0, waiting=None):
    with writing(folder, "run", wait, waiting):
        return "taken"


def test_a_second_process_learns_who_holds_the_lock_and_what_to_type(tmp_path):
    process = holding(tmp_path)
    with pytest.raises(StoreBusy, match=f"regulars import \\(process {process.pid}, since 20.* UTC\\)") as caught:  # fmt: skip
        take(tmp_path)
    assert "--wait" in caught.value.fix and caught.value.exit_code == 3
    assert str(tmp_path) in caught.value.found
    end(process)
    assert take(tmp_path) == "taken"


def test_another_machine_is_named():
    assert "on elsewhere" in str(Holder("run", 7, "elsewhere", "2026-01-02T03:04:05+00:00"))


def test_the_words_go_with_the_lock_and_the_file_stays(tmp_path):
    with writing(tmp_path, "run"):
        words = json.loads((tmp_path / "lock").read_text())
        assert (words["process"], words["command"]) == (os.getpid(), "run")
        assert {"since", "host"} <= words.keys()
    assert (tmp_path / "lock").read_text() == ""
    assert holder(tmp_path) is None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="only where processes can be killed so")
def test_the_lock_of_a_killed_process_is_free(tmp_path):
    process = holding(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert str(process.pid) in (tmp_path / "lock").read_text()  # its words are still there
    assert holder(tmp_path) is None
    assert take(tmp_path) == "taken"


def test_a_living_process_with_the_number_in_the_file_holds_nothing(tmp_path):
    """Numbers of processes are given out again: process 1 always lives."""
    words = {"command": "import", "process": 1, "host": "x", "since": "2026-01-01T00:00:00+00:00"}
    for text in (json.dumps(words), f"{os.getpid()} import", "\x00\x00", "{"):
        (tmp_path / "lock").write_text(text)
        assert holder(tmp_path) is None
        assert take(tmp_path) == "taken"


def test_of_many_at_once_one_writes(tmp_path):
    processes = [start(tmp_path) for _ in range(5)]
    said = [process.communicate("\n", timeout=60) for process in processes]
    codes = [process.returncode for process in processes]
    assert codes.count(0) >= 1
    assert all(code == 0 or "StoreBusy" in errors for code, (_, errors) in zip(codes, said, strict=True))


def test_whoever_waits_comes_next(tmp_path):
    first = holding(tmp_path)
    second = start(tmp_path, wait=60)
    told = []
    assert isinstance(in_a_thread(lambda: take(tmp_path)), StoreBusy)
    end(first)
    assert second.stdout.readline() == "held\n"
    error = in_a_thread(lambda: take(tmp_path, 0.05, told.append))
    assert isinstance(error, StoreBusy) and "waited 0.05 seconds" in error.found
    assert len(told) == 1 and str(second.pid) in told[0]
    end(second)
    assert second.returncode == 0


def test_every_waiting_process_gets_its_turn_alone(tmp_path):
    """Each adds one to a number in a file; a lost addition would show."""
    (tmp_path / "count").write_text("0")
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom regulars.store.lock import writing\n"
        "folder = Path(sys.argv[1])\n"
        "for _ in range(10):\n"
        "    with writing(folder, 'run', 60):\n"
        "        n = int((folder / 'count').read_text()); time.sleep(0.001)\n"
        "        (folder / 'count').write_text(str(n + 1))\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    assert (tmp_path / "count").read_text() == "40"


def test_a_thread_takes_its_own_lock_again_and_another_thread_does_not(tmp_path):
    with writing(tmp_path, "try"):
        with writing(tmp_path, "import"):
            assert lock.is_held_here(tmp_path)
        assert isinstance(in_a_thread(lambda: take(tmp_path)), StoreBusy)
        assert holder(tmp_path).command == "try"
    assert not lock.is_held_here(tmp_path)
    assert in_a_thread(lambda: take(tmp_path)) == "taken"


def test_an_error_gives_the_lock_back(tmp_path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path, "run"):
        _ = 1 / 0
    assert in_a_thread(lambda: take(tmp_path)) == "taken"


def test_a_deleted_file_does_not_let_a_second_writer_in_through_an_old_handle(tmp_path):
    with writing(tmp_path, "run"):
        (tmp_path / "lock").unlink()
    assert take(tmp_path) == "taken"
    assert (tmp_path / "lock").is_file()


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def none(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(ShopError, match="No locks available"):
        take(tmp_path)


WINDOWS = """
import sys, types
from pathlib import Path

sys.modules["fcntl"] = None
calls = []
taken = set()
msvcrt = types.ModuleType("msvcrt")
msvcrt.LK_NBLCK, msvcrt.LK_UNLCK = 2, 0

def locking(handle, mode, count):
    import os
    calls.append((mode, os.lseek(handle, 0, os.SEEK_CUR), count))
    key = os.fstat(handle).st_ino
    if mode == 2:
        if key in taken:
            raise PermissionError(13, "Permission denied")
        taken.add(key)
    else:
        taken.remove(key)

msvcrt.locking = locking
sys.modules["msvcrt"] = msvcrt
import threading
from regulars.errors import StoreBusy
from regulars.store.lock import LOCKED_BYTE, writing
folder = Path(sys.argv[1])
refused = []
def other():
    try:
        with writing(folder, "run"):
            pass
    except StoreBusy as error:
        refused.append(error)
with writing(folder, "import"):
    thread = threading.Thread(target=other); thread.start(); thread.join()
assert len(refused) == 1 and "regulars import" in refused[0].found, refused
assert not taken and {place for _, place, _ in calls} == {LOCKED_BYTE}
"""


def test_without_fcntl_one_byte_behind_the_words_is_locked(tmp_path):
    """The way that Windows takes, with a stand-in for its module, which no other system has."""
    done = subprocess.run(
        [sys.executable, "-c", WINDOWS, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
