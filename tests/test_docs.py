"""The documentation: it names everything there is, it is as new as the code, and what it shows really runs."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner

import regulars
from regulars import config, errors, schema
from regulars.cli import main
from regulars.collect.sources import SOURCES
from regulars.decisions.offers import CHANNELS, Offer
from regulars.decisions.rules import Rules

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def script(name: str) -> ModuleType:
    """A module of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


pages = script("pages")
PAGES = pages.written_pages()
EVERY_PAGE = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in EVERY_PAGE)
page_names = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


# ---------------------------------------------------------------- it names everything there is


def all_commands(
    command: click.Command = main, name: str = "regulars"
) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for child in getattr(command, "commands", {}).values():
        yield from all_commands(child, f"{name} {child.name}")


def missing(names: Any) -> list[str]:
    """Names that no page holds as a whole word."""
    return sorted({name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", TEXT)})


def test_commands_and_options_are_documented() -> None:
    assert not missing(name for name, _ in all_commands())
    options = [
        option for _, command in all_commands() for one in command.params
        if isinstance(one, click.Option) for option in one.opts if option.startswith("--")
    ]  # fmt: skip
    assert not missing(options)


def test_settings_are_documented_with_their_meaning() -> None:
    structs = [type(getattr(config.Settings(), name)) for name in config.Settings.__struct_fields__]
    names = [field for struct in (*structs, Offer, Rules) for field in struct.__struct_fields__]
    assert not missing([*names, *config.Settings.__struct_fields__])


def test_codes_words_and_tables_are_documented() -> None:
    classes = [one for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "exit_code")]
    assert not missing(one.code for one in classes)
    assert not missing(
        [*schema.REJECT_CODES, *schema.EVENT_TYPES, *schema.ROLES, *schema.STAGES, *schema.LEVERS]
    )
    assert not missing([*schema.RFM_GROUPS, *schema.VALUE_GROUPS, *CHANNELS, *SOURCES])
    assert not missing(schema.TABLES)
    assert not missing(column.name for table in schema.TABLES.values() for column in table.columns)


def test_public_names_are_documented() -> None:
    assert not missing(regulars.EXPORTS)


# ---------------------------------------------------------------- it is as new as the code


def test_reference_is_current() -> None:
    made = script("reference").pages()
    folder = DOCS / "reference"
    assert {path.name for path in folder.iterdir()} == set(made)
    old = [name for name, text in made.items() if (folder / name).read_text(encoding="utf-8") != text]
    assert not old, "type: sh scripts/docs reference"


def slug(heading: str) -> str:
    """The anchor that a heading of a page gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_links_lead_somewhere() -> None:
    broken = []
    for path in EVERY_PAGE:
        text = pages.FENCE.sub("", path.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            aim = (path.parent / name).resolve() if name else path
            headings = re.findall(r"^#+ (.+)$", aim.read_text(encoding="utf-8"), re.MULTILINE) if aim.suffix == ".md" and aim.is_file() else []  # fmt: skip
            if not aim.exists() or (anchor and anchor not in map(slug, headings)):
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


def test_every_page_is_reached_from_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    unnamed = [
        path.relative_to(DOCS).as_posix()
        for path in DOCS.rglob("*.md")
        if f"({path.relative_to(DOCS).as_posix()})" not in index and path.name != "index.md"
    ]
    assert not unnamed


def test_readme_begins_with_two_commands() -> None:
    shells = [block.body for block in pages.blocks(PAGES[0].read_text(encoding="utf-8")) if block.language == "sh"]  # fmt: skip
    assert [line.split("#")[0].split() for line in shells[0].splitlines()] == [["sh", "scripts/demo"], ["sh", "scripts/test"]]  # fmt: skip
    for name in ("demo", "test", "docs"):
        assert (ROOT / "scripts" / name).is_file()
    for image in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGES[0].read_text(encoding="utf-8")):
        assert (ROOT / image).stat().st_size < 300_000


# ---------------------------------------------------------------- its commands are commands


def shown_commands(text: str) -> Iterator[str]:
    """Every line of a block that calls regulars."""
    for block in pages.blocks(text):
        lines = block.body.splitlines() if block.language in ("sh", "console") else []
        for line in lines:
            bare = line.removeprefix("$ ") if block.language == "console" else line
            if re.match(r"(?:[A-Z_]+=\S+ )*regulars ", bare) and (bare != line or block.language == "sh"):
                yield bare


def words_of(command: str) -> tuple[dict[str, str], list[str]]:
    """Environment and arguments of a command, without what it is piped into and without its comment."""
    words = shlex.split(re.split(r" [|>] ", command)[0], comments=True)
    place = words.index("regulars")
    return dict(word.split("=", 1) for word in words[:place]), words[place + 1 :]


def parse(words: list[str], *, whole: bool = True) -> None:
    """Let click parse a command without running it; in running text arguments may be left out."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    try:
        command.make_context("regulars", list(words), resilient_parsing=isinstance(command, click.Group))
    except click.MissingParameter:
        assert not whole


@page_names
def test_commands_on_pages_parse(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for command in shown_commands(text):
        parse(words_of(command)[1])
    for command in re.findall(r"`regulars ([a-z][^`]*)`", pages.FENCE.sub("", text)):
        parse(shlex.split(" ".join(command.split())), whole=False)


# ---------------------------------------------------------------- what it shows really runs


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that every page begins in, with a small demonstration."""
    folder = tmp_path_factory.mktemp("pages")
    run(f"regulars demo --shop {pages.DEMO} --customers 200 --days 300", folder)
    for export in (folder / f"{pages.DEMO}.exports").iterdir():
        shutil.copy(export, folder / export.name)
    return folder


def run(command: str, folder: Path) -> tuple[int, str]:
    """A command in this process, which is faster than one of its own: exit code and output."""
    environment, words = words_of(command)
    with contextlib.chdir(folder):
        done = CliRunner().invoke(main, words, env=environment, catch_exceptions=False)
    return done.exit_code, done.output


@page_names
@pytest.mark.filterwarnings("default::regulars.models.spend.SpendFrequencyCorrelation")
def test_page_runs(page: Path, demo: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    folder = tmp_path / "work"
    if "console" in text or "```python" in text or "```sh" in text:
        shutil.copytree(demo, folder)
    names: dict[str, Any] = {}
    for block in pages.blocks(text):
        if block.file:
            (folder / block.file).write_text(block.body, encoding="utf-8")
        if block.language == "python" and not block.body.startswith(pages.NOT_RUN):
            pages.run_python(block.body, names, folder)
        if block.language == "console":
            for command, shown in pages.console(block.body):
                if "regulars " in command:
                    code, output = run(command, folder)
                    fails = re.search(r"^\(error `\w+`, exit code \d\)$", shown.splitlines()[-1] if shown else "") and "regulars: " in shown  # fmt: skip
                    assert (code != 0) == bool(fails), f"{command}\n{output}"
        if block.language == "sh":
            for command in filter(lambda line: "regulars demo" not in line, block_commands(block)):
                code, output = run(command, folder)
                assert code == 0, f"{command}\n{output}"


def block_commands(block: Any) -> Iterator[str]:
    yield from shown_commands(f"```sh\n{block.body}```")


@pytest.mark.slow
def test_shown_output_is_what_is_printed(tmp_path: Path) -> None:
    """On the demonstration in its full size; about two minutes."""
    start = tmp_path / "start"
    start.mkdir()
    pages.make_demo(start)
    changed = []
    for page, folder in pages.page_folders(start):
        text = page.read_text(encoding="utf-8")
        if pages.refreshed(text, folder) != text:
            changed.append(page.relative_to(ROOT).as_posix())
    assert not changed, "type: sh scripts/docs output"


def test_pages_are_refreshed_in_place(tmp_path: Path) -> None:
    text = 'A\n\n```text title="a.txt"\nhello\n```\n\n```console\n$ cat a.txt\nold\n$ echo two\n```\n\nB\n'
    new = pages.refreshed(text, tmp_path)
    assert new == text.replace("old\n", "hello\n").replace("$ echo two\n", "$ echo two\ntwo\n")
    assert pages.refreshed(new, tmp_path) == new
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


# ---------------------------------------------------------------- the page for those who come from elsewhere


@pytest.mark.data
def test_migration_page_gives_the_published_numbers(data_dir: Path, tmp_path: Path) -> None:
    """Every block of ours on the page, on the file that it names; those of other libraries stand beside as text."""
    page = DOCS / "how-to" / "come-from-lifetimes.md"
    shutil.copy(data_dir / "cdnow" / "CDNOW_sample.txt", tmp_path / "CDNOW_sample.txt")
    names: dict[str, Any] = {}
    others = re.compile(rf"{pages.NOT_RUN}needs (lifetimes|pymc-marketing)\n")
    for block in pages.blocks(page.read_text(encoding="utf-8")):
        if block.language == "python" and not others.match(block.body):
            pages.run_python(block.body, names, tmp_path)
    fit, spend, worth = names["purchases"], names["spend"], names["worth"]
    printed = [fit.r_, fit.alpha_ / 7, fit.a_, fit.b_, names["table"]["expected"].iloc[0]]
    assert printed == pytest.approx([0.243, 4.414, 0.793, 2.426, 1.226], abs=5e-4)
    assert fit.log_likelihood_in(7) == pytest.approx(-9582.43, abs=5e-3)
    assert [spend.p_, spend.q_, spend.gamma_] == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)
    assert len(worth) == 2_357 and worth.index.equals(names["table"].index)
    with pytest.raises(regulars.ColumnError, match="lifetimes and pymc-marketing"):
        fit.predict(names["summary"])
    assert len(fit.predict(names["renamed"])) == 3
