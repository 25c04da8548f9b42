"""scripts/setup: once is enough, what is half-made is made again, and a missing part is named.

The real script runs in a small repository. Only Python is a stand-in: it notes what pip is asked for and installs
an empty command, so that no package has to be fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "cat", "chmod", "cksum", "cp", "dirname", "grep", "mkdir", "ps", "rm", "tail", "tr")

PYTHON = """#!/bin/sh
# REAL answers -c; -m venv copies this file; -m pip notes its arguments.
case "$1 $2" in
    "-c "*) [ "$2" != "import regulars" ] && exec "{real}" "$@"; exit 0 ;;
    "--version "*) echo "Python 3.14.0"; exit 0 ;;
    "-m venv")
        [ -e "{folder}/no-ensurepip" ] && [ "$3" != --without-pip ] && exit 1
        for venv in "$@"; do :; done
        mkdir -p "$venv/bin" && cp "$0" "$venv/bin/python"
        [ "$3" = --without-pip ] && echo > "$venv/without-pip"
        exit 0 ;;
    "-m pip")
        here=$(dirname "$0")/..
        [ -e "$here/without-pip" ] && exit 1
        case "$*" in *--version*) [ ! -e "{folder}/no-pip" ]; exit $? ;; esac
        [ -e "{folder}/no-network" ] && {{ echo "ERROR: no route"; exit 1; }}
        echo "$*" >> "{folder}/asked"
        mkdir -p .venv/bin && echo '#!/bin/sh' > .venv/bin/regulars && chmod +x .venv/bin/regulars
        exit 0 ;;
esac
exit 1
"""


class Repository:
    """A small repository with the real scripts/setup, and a search path with the stand-in Python alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "a repository"
        self.venv = self.root / ".venv"
        self.bin = folder / "bin"
        (self.root / "scripts").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "scripts" / "setup", self.root / "scripts" / "setup")
        (self.root / "pyproject.toml").write_text("[project]\n")
        (self.root / "requirements.lock").write_text("one==1\n")
        (self.root / "requirements-dev.lock").write_text("one==1\ntwo==2\n")
        for tool in TOOLS:
            if path := shutil.which(tool):
                (self.bin / tool).symlink_to(path)

    def with_python(self) -> Repository:
        python = self.bin / "python3"
        python.write_text(PYTHON.format(real=sys.executable, folder=self.folder))
        python.chmod(0o755)
        return self

    def that(self, *conditions: str) -> Repository:
        for condition in conditions:
            (self.folder / condition).touch()
        return self

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run from another folder, as people do."""
        return subprocess.run(
            [str(self.bin / "sh"), str(self.root / "scripts" / "setup"), *arguments],
            cwd=self.folder,
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def asked(self) -> list[str]:
        """What pip was asked for since the last look."""
        note = self.folder / "asked"
        lines = note.read_text().splitlines() if note.exists() else []
        note.unlink(missing_ok=True)
        return lines


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_twice_installs_once(repository: Repository) -> None:
    first = repository.with_python().setup()
    assert first.returncode == 0, first.stderr
    assert first.stdout == ""  # standard output belongs to the command that comes after
    locked, editable = repository.asked()
    assert "--require-hashes -r requirements.lock" in locked
    assert "--no-deps --no-build-isolation --editable ." in editable
    second = repository.setup()
    assert (second.returncode, second.stderr, repository.asked()) == (0, "", [])


def test_dev_adds_to_run_and_satisfies_it(repository: Repository) -> None:
    repository.with_python().setup()
    repository.asked()
    assert repository.setup("dev").returncode == 0
    assert any("requirements-dev.lock" in line and "--require-hashes" in line for line in repository.asked())
    for arguments in (("dev",), ()):
        assert repository.setup(*arguments).returncode == 0
        assert repository.asked() == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "pyproject.toml"])
def test_what_changed_is_installed_into_the_same_venv(repository: Repository, name: str) -> None:
    repository.with_python().setup()
    repository.asked()
    (repository.venv / "mine").touch()
    with (repository.root / name).open("a") as file:
        file.write("# changed\n")
    assert repository.setup().returncode == 0
    assert repository.asked()
    assert (repository.venv / "mine").exists()


def test_half_made_is_made_again(repository: Repository) -> None:
    repository.with_python().setup()
    (repository.venv / "mine").touch()
    (repository.venv / "regulars-setup-unfinished").write_text("999999999\n")
    again = repository.setup()
    assert again.returncode == 0
    assert "starting over" in again.stderr
    assert not (repository.venv / "mine").exists()


def test_a_moved_folder_is_set_up_anew(repository: Repository) -> None:
    repository.with_python().setup()
    repository.root = repository.root.rename(repository.folder / "elsewhere")
    repository.asked()
    assert "making .venv" in repository.setup().stderr
    assert repository.asked()


def test_a_set_up_at_work_is_left_alone(repository: Repository) -> None:
    repository.with_python().setup()
    # A living process whose name fits: the script asks the system for both.
    other = subprocess.Popen(["sh", "-c", "read line", "setup"], stdin=subprocess.PIPE)
    try:
        (repository.venv / "regulars-setup-unfinished").write_text(f"{other.pid}\n")
        done = repository.setup()
    finally:
        other.communicate(b"\n")
    assert done.returncode == 1
    assert f"process {other.pid}" in done.stderr
    assert repository.venv.exists()


def test_pip_that_fails_is_quoted_and_tried_again(repository: Repository) -> None:
    failed = repository.with_python().that("no-network").setup()
    assert failed.returncode == 1
    assert "no route" in failed.stderr
    (repository.folder / "no-network").unlink()
    assert repository.setup().returncode == 0


def test_without_ensurepip_a_pip_from_outside_fills_the_venv(repository: Repository) -> None:
    done = repository.with_python().that("no-ensurepip").setup()
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("-m pip --python") for line in repository.asked())


def test_without_ensurepip_and_pip_it_says_what_to_type(repository: Repository) -> None:
    done = repository.with_python().that("no-ensurepip", "no-pip").setup()
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert not repository.venv.exists()


def test_without_python_it_says_what_to_type(repository: Repository) -> None:
    done = repository.setup()
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "PYTHON=" in done.stderr


def test_an_unknown_word_is_refused(repository: Repository) -> None:
    done = repository.with_python().setup("everything")
    assert done.returncode == 2
    assert "usage" in done.stderr
    assert not repository.venv.exists()


@pytest.mark.parametrize(
    "path",
    sorted(path for path in (ROOT / "scripts").iterdir() if not path.suffix),
    ids=lambda path: path.name,
)
def test_scripts_are_plain_sh(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("#!/bin/sh\n# ")
    assert "\nset -eu\n" in text
    shell = shutil.which("dash") or "sh"
    subprocess.run([shell, "-n", str(path)], check=True, timeout=60)
    assert os.access(path, os.R_OK)
