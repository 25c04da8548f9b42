"""The container's build file, as far as a machine without a container engine can test it.

Read line by line: who runs, what is copied, what stays behind. Its commands run in a folder of their own (mark slow).
"""

from __future__ import annotations

import fnmatch
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
KNOWN = {
    "FROM",
    "WORKDIR",
    "RUN",
    "COPY",
    "LABEL",
    "ENV",
    "HEALTHCHECK",
    "USER",
    "VOLUME",
    "ENTRYPOINT",
    "CMD",
}


def instructions() -> list[tuple[str, str]]:
    """Every instruction with its words, continued lines joined and comments left out."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    bare = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", bare).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines) if name]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


BUILD, FINAL = stages()


def only(stage: list[tuple[str, str]], name: str) -> str:
    (found,) = [rest for kind, rest in stage if kind == name]
    return found


def copies(stage: list[tuple[str, str]]) -> list[str]:
    """What is copied from the repository."""
    found = []
    for name, rest in stage:
        if name == "COPY" and not rest.startswith("--from"):
            found += rest.split()[:-1]
    return found


# ---------------------------------------------------------------- read line by line


def test_every_instruction_is_one() -> None:
    assert {name for name, _ in instructions()} <= KNOWN  # no ADD, which fetches from the network


def test_both_stages_begin_with_the_same_small_python() -> None:
    assert only(BUILD, "FROM") == "python:3.12-slim AS build"
    assert only(FINAL, "FROM") == "python:3.12-slim"
    assert "3.12" in str(PROJECT["project"]["classifiers"])
    assert "://" not in (ROOT / "Containerfile").read_text(encoding="utf-8")


def test_it_runs_as_nobody_special() -> None:
    user = only(FINAL, "USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)  # a number: the cluster sees that it is not root
    order = [name for name, _ in FINAL]
    assert "RUN" not in order[order.index("USER") :]
    made = only(FINAL, "RUN")
    assert f"--uid {user.split(':')[0]}" in made and f"chown {user} /shop" in made


def test_it_is_the_command_with_the_shop_as_its_folder() -> None:
    assert json.loads(only(FINAL, "ENTRYPOINT")) == list(PROJECT["project"]["scripts"])
    assert json.loads(only(FINAL, "CMD")) == ["--help"]
    assert only(FINAL, "WORKDIR") == only(FINAL, "VOLUME") == "/shop"
    assert only(FINAL, "HEALTHCHECK") == "NONE"
    assert "PYTHONDONTWRITEBYTECODE=1" in only(FINAL, "ENV")  # nothing is written outside the shop


def test_no_build_tools_are_in_the_final_stage() -> None:
    words = shlex.split(only(FINAL, "RUN"))
    assert not {"pip", "apt-get", "apt", "gcc", "make", "curl", "wget"} & {Path(word).name for word in words}
    assert [rest for name, rest in FINAL if name == "COPY"] == ["--from=build /app /app"]
    assert BUILD[-1][0] == "RUN" and "pip uninstall --yes pip" in BUILD[-1][1]


def test_only_pinned_packages_with_hashes_are_installed() -> None:
    installs = [rest for name, rest in BUILD if name == "RUN" and "pip install" in rest]
    for command in installs:
        assert (
            "--require-hashes" in command and "-r requirements.lock" in command
        ) or "--no-index" in command
    assert len(installs) == 2


def needed() -> set[str]:
    """The packages that Regulars needs to run, and what these need."""
    found: set[str] = set()
    wanted = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    while wanted:
        one = wanted.pop()
        if one.name.lower() in found or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        found.add(one.name.lower())
        wanted += [Requirement(line) for line in importlib.metadata.requires(one.name) or []]
    return found


def test_what_only_builds_is_taken_out_and_nothing_else() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))
    (command,) = [rest for name, rest in BUILD if "pip uninstall --yes hatchling" in rest]
    assert set(command.split("--yes ")[1].split()) == pinned - needed()


def is_let_in(path: str) -> bool:
    """Whether .dockerignore lets a path into the build; the last line that fits decides."""
    let_in = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if not line or line.startswith("#"):
            continue
        parts = [path, *map(str, Path(path).parents)]
        if pattern == "*" or any(fnmatch.fnmatch(part, pattern.removeprefix("**/")) for part in parts) or (
            pattern.startswith("**/") and fnmatch.fnmatch(Path(path).name, pattern[3:])
        ):  # fmt: skip
            let_in = line.startswith("!")
    return let_in


def test_what_is_copied_is_there_and_let_in_and_nothing_else_is() -> None:
    for source in copies(BUILD):
        assert (ROOT / source).exists() and is_let_in(source), source
    assert is_let_in("src/regulars/show/languages/zh.toml")
    for path in ("demo-shop/contacts.parquet", "orders.csv", ".git/config", ".venv/bin/python", "tests/conftest.py",
                 "src/regulars/__pycache__/errors.pyc"):  # fmt: skip
        assert not is_let_in(path), path


# ---------------------------------------------------------------- its commands run


@pytest.mark.slow
def test_the_build_stage_makes_a_command_without_its_tools(tmp_path: Path) -> None:
    """Each RUN and COPY in folders of their own; the packages of the lock file are those of this environment."""
    app, work = tmp_path / "app", tmp_path / "build"
    work.mkdir()
    for name, rest in BUILD:
        if name == "COPY":
            *sources, into = rest.split()
            for source in sources:
                target = work / into if into != "./" else work / Path(source).name
                (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, target)
        elif name == "RUN" and "--require-hashes" in rest:
            _lend_packages(app)
        elif name == "RUN":
            command = rest.replace("/app", str(app)).replace("python -m venv", f'"{sys.executable}" -m venv')
            _sh(command, work)
    shop = tmp_path / "shop"
    shop.mkdir()
    for words in ("init .", "demo --shop demo --customers 50 --days 120", "check --shop demo"):
        _sh(f'"{app}/bin/regulars" {words}', shop)
    assert not list(app.glob("lib/*/site-packages/pip"))
    assert list(app.glob("lib/*/site-packages/regulars/**/*.pyc"))


def _lend_packages(app: Path) -> None:
    (site,) = app.glob("lib/*/site-packages")
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in sorted(here)), encoding="utf-8")


def _sh(command: str, folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "REGULARS", "PIP_"))}  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
