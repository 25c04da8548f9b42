"""Runs what the documentation shows, in the order in which it stands on a page.

A page of the documentation is Markdown with blocks of code. Three kinds are more than text:

- ``console``: lines that begin with ``$`` are commands; below each stands what it prints.
- ``python``: runs, with the names of the blocks before it on the page. A block that begins with ``# Not run:``
  and a reason does not.
- any block with ``title="FILE"`` behind its language is written to that file before the page goes on.

All of it runs in a folder of its own that holds the demonstration as ``demo-shop`` and its exports
(``orders.csv`` and so on). ``sh scripts/docs`` writes the output anew; ``tests/test_docs.py`` runs the pages.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')
NOT_RUN = "# Not run: "
DEMO = "demo-shop"


@dataclass(frozen=True)
class Block:
    """A block of code on a page: its language, the file that it stands for, its text and its place."""

    language: str
    file: str
    body: str
    start: int
    end: int


def written_pages() -> list[Path]:
    """Every page that people wrote: the README and docs/ but what is made from the code, and decision records."""
    made = {ROOT / "docs" / "reference", ROOT / "docs" / "decisions"}
    found = [path for path in sorted((ROOT / "docs").rglob("*.md")) if not made & set(path.parents)]
    return [ROOT / "README.md", *found]


def blocks(text: str) -> list[Block]:
    """The blocks of code of a page, in order."""
    found = []
    for match in FENCE.finditer(text):
        language, _, rest = match["info"].strip().partition(" ")
        title = TITLE.search(rest)
        found.append(Block(language, title[1] if title else "", match["body"], *match.span("body")))
    return found


def console(body: str) -> list[tuple[str, str]]:
    """Commands of a console block, each with what is shown below it."""
    found: list[tuple[str, str]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found:
            command, shown = found[-1]
            found[-1] = (command, shown + line + "\n")
    return found


def run_command(command: str, folder: Path) -> tuple[int, str]:
    """Exit code and output (errors too) of a command line; ``regulars`` is this environment's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
    )  # fmt: skip
    return done.returncode, "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


def run_python(body: str, names: dict[str, Any], folder: Path) -> str:
    """Run a block of Python in a folder; returns what it prints."""
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(body, "<page>", "exec"), names)
    return printed.getvalue()


def refreshed(text: str, folder: Path) -> str:
    """A page with the output of its console blocks as it is now."""
    parts, end = [], 0
    for block in blocks(text):
        if block.file:
            (folder / block.file).write_text(block.body, encoding="utf-8")
        if block.language == "console":
            lines = [f"$ {command}\n{run_command(command, folder)[1]}" for command, _ in console(block.body)]
            parts += [text[end : block.start], "".join(lines)]
            end = block.end
    return "".join([*parts, text[end:]])


def make_demo(folder: Path, *options: str) -> None:
    """The demonstration and its exports, where every page begins."""
    code, printed = run_command(" ".join(["regulars", "demo", "--shop", DEMO, *options]), folder)
    if code:
        raise RuntimeError(printed)
    for export in (folder / f"{DEMO}.exports").iterdir():
        shutil.copy(export, folder / export.name)


def page_folders(demo: Path) -> Iterator[tuple[Path, Path]]:
    """Each page with a fresh copy of the folder that it begins in."""
    for path in written_pages():
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "work"
            shutil.copytree(demo, folder)
            yield path, folder


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        make_demo(Path(scratch))
        for page, start in page_folders(Path(scratch)):
            text = page.read_text(encoding="utf-8")
            new = refreshed(text, start)
            if new != text:
                page.write_text(new, encoding="utf-8")
            print(page.relative_to(ROOT), "" if new == text else "(changed)")
