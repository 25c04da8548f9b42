"""What Linux, macOS and Windows do not share is nowhere taken for granted.

The ways of Windows are tried here with the modules that it lacks made unimportable; there is no Windows in this test.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import regulars

ROOT = Path(__file__).resolve().parents[1]
SRC = Path(regulars.__file__).parent
MODULES = sorted(SRC.rglob("*.py"))
ORDERS = "order_id,order_date,customer_id,item_id,quantity,unit_price,currency\n" + "".join(
    f"{n},2024-{n % 12 + 1:02d}-05,c{n % 7},i{n % 3},1,2.50,GBP\n" for n in range(60)
)

UNIX_ONLY = ("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "syslog", "posix_ipc")
BLOCKER = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in {UNIX_ONLY}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

for name in {UNIX_ONLY}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Blocker())
"""
# The module of Windows that locks a byte of a file, for one process: what it locks it keeps in a set.
WINDOWS_LOCKS = """
import os, subprocess, types  # subprocess takes msvcrt for Windows itself, so it comes first

taken = set()

def locking(handle, mode, count):
    key = os.fstat(handle).st_ino
    if mode == 0:
        taken.remove(key)
    elif key in taken:
        raise PermissionError(13, "Permission denied")
    else:
        taken.add(key)

sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, LK_UNLCK=0, locking=locking)
"""


def run_python(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=240, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_can_be_imported_without_the_modules_of_unix():
    names = [
        ".".join(("regulars", *path.relative_to(SRC).with_suffix("").parts)).removesuffix(".__init__")
        for path in MODULES
    ]
    run_python(f"{BLOCKER}\nimport importlib\nfor name in {names}: importlib.import_module(name)")


def test_the_main_path_runs_without_the_modules_of_unix(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    code = f"""{BLOCKER}{WINDOWS_LOCKS}
from regulars.cli import main
shop = sys.argv[1] + "/shop"
for words in (["init", shop], ["import", sys.argv[1] + "/orders.csv", "--shop", shop], ["run", "--shop", shop],
              ["report", "--shop", shop], ["show", "runs", "--shop", shop, "--format", "json"]):
    try:
        main(words)
    except SystemExit as end:
        assert not end.code, words
assert not taken
"""
    said = run_python(code, tmp_path)
    (run,) = json.loads(said[said.index("[\n  {") :])
    assert run["is_published"] and run["is_newest"]


# ---------------------------------------------------------------- what the code says


def calls(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node, name, {keyword.arg for keyword in node.keywords}


def test_texts_name_their_encoding_and_what_is_written_its_line_ends():
    """Without these a file is another one on each system."""
    found = []
    for path in MODULES:
        for node, name, keywords in calls(path):
            place = f"{path.relative_to(SRC)}:{node.lineno}"
            mode = next((a.value for a in node.args if isinstance(a, ast.Constant) and a.value in ("w", "a", "r")), "")  # fmt: skip
            is_text = name in ("write_text", "read_text") or (name in ("open", "fdopen") and mode)
            is_text = is_text and "force_zip64" not in keywords  # a member of an archive: bytes
            if is_text and "encoding" not in keywords:
                found.append(f"{place} {name} without encoding")
            if (name == "write_text" or (is_text and mode in ("w", "a"))) and "newline" not in keywords:
                found.append(f"{place} {name} without newline")
    assert not found, found


def test_nothing_that_only_unix_has_is_called():
    """Signals, process ids and owners: os.kill(pid, 0) asks on Unix and ends the process on Windows."""
    unix = {
        "kill", "killpg", "fork", "forkpty", "getuid", "geteuid", "getgid", "setsid", "chown", "mkfifo", "uname",
        "getloadavg", "sched_getaffinity", "alarm", "getpgid", "statvfs", "pread", "pwrite", "fchmod",
    }  # fmt: skip
    found = [f"{path.relative_to(SRC)}:{node.lineno} {name}" for path in MODULES for node, name, _ in calls(path)
             if name in unix and getattr(getattr(node.func, "value", None), "id", "") in ("os", "signal")]  # fmt: skip
    assert not found, found


def test_times_are_formatted_in_ways_that_every_system_knows():
    found = [path.name for path in MODULES if any(f"%-{letter}" in path.read_text(encoding="utf-8") for letter in "dmHMIyj")]  # fmt: skip
    assert not found, found


def test_names_of_files_differ_in_more_than_capitals_and_no_name_is_a_device():
    """macOS and Windows do not tell Report.py from report.py, and Windows has no file con.py."""
    devices = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() or [str(path.relative_to(ROOT)) for path in MODULES]
    assert len({name.lower() for name in names}) == len(names)
    assert not [name for name in names if Path(name).stem.lower() in devices]
    assert not [name for name in names if any(sign in name for sign in '<>:"|?*')]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_packages_for_every_system(lock):
    """Where a package comes in compiled form, there are several files of it to choose from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    for name in ("duckdb", "numpy", "pyarrow", "scipy", "msgspec"):
        part = text.split(f"\n{name}==")[1].split("\n    # via")[0]
        assert part.count("--hash=") > 10, name
