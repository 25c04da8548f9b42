"""Writes docs/reference/ from the code: words, tables, settings, commands, errors, sources and public names.

Type ``sh scripts/docs``; ``tests/test_docs.py`` fails while a page is not what this file makes of the code.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

import regulars
from regulars import config, errors, schema
from regulars.cli import main
from regulars.collect.sources import SOURCES
from regulars.collect.vocabulary import COLUMN_WORDS
from regulars.decisions.offers import CHANNELS, Offer
from regulars.decisions.rules import Rules

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
WIDTH = 88
NOTICE = "*Made from the code by `sh scripts/docs`; do not edit by hand.*"
EXTRA_TABLES = (schema.EVALUATION_METRICS, schema.EVALUATION_CALIBRATION)

# Public names by subject; what is in none of these lists comes first.
SECTIONS = {
    "Purchases and value": ("BetaGeoNBD", "NBD", "fit_purchase_model", "GammaGamma", "SpendFrequencyCorrelation",
                            "CustomerLifetimeValue"),
    "Lifecycle and groups": ("LifecycleRule", "FixedDaysRule", "RFM", "ValueGroups"),
    "Recommendations": ("ItemKNN", "Popularity"),
}  # fmt: skip


def pages() -> dict[str, str]:
    """Every page of the reference, by its file name."""
    made = {
        "words.md": words_page(),
        "tables.md": tables_page(),
        "settings.md": settings_page(),
        "commands.md": commands_page(),
        "errors.md": errors_page(),
        "sources.md": sources_page(),
        "python.md": python_page(),
    }
    return {name: text.rstrip() + "\n" for name, text in made.items()}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    return f"`{text}`"


def plain(text: str) -> str:
    """A docstring's double back quotes and roles as Markdown."""
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text.replace("``", "`"))


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", NOTICE, *parts])


# ---------------------------------------------------------------- words and tables


def words_page() -> str:
    def listed(words: dict[str, str], head: str = "meaning") -> str:
        return table(["name", head], ((code(name), doc) for name, doc in words.items()))

    return page(
        "Words",
        "One concept has one name, and it is defined once, in `schema.py`.",
        "## Event types\n\nWhat a customer can do or be shown; the column `type` of `events`.",
        listed(schema.EVENT_TYPES),
        "## Roles\n\nWhat an event counts as. `[profile.roles]` in [regulars.toml](settings.md) gives each event type its roles.",
        listed(schema.ROLES),
        "Unless the file says otherwise:",
        table(["event type", "roles"], ((code(kind), ", ".join(map(code, roles))) for kind, roles in config.SHOP_ROLES.items())),
        "## Stages\n\nThe place in the lifecycle: every customer is in exactly one on each day.",
        listed(schema.STAGES, "phase"),
        "## Levers\n\nThe kind of push that an action is.",
        listed(schema.LEVERS),
        "## RFM groups\n\nEach of the 125 cells of recency, frequency and money belongs to exactly one.",
        listed(schema.RFM_GROUPS),
        "## Value groups",
        listed(schema.VALUE_GROUPS),
        "## Channels\n\nHow an offer reaches a customer.",
        listed(CHANNELS),
        "## What other libraries call our columns\n\nError messages about a missing column offer these.",
        table(["theirs", "ours"], ((code(theirs), code(ours)) for theirs, ours in schema.EQUIVALENTS.items())),
    )  # fmt: skip


def tables_page() -> str:
    every = (*schema.TABLES.values(), *EXTRA_TABLES)
    links = ", ".join(f"[{one.name}](#{one.name})" for one in every)
    properties = schema.EVENT_PROPERTIES.values()
    return page(
        "Tables and columns",
        "Units: `money` is in the shop's currency; `1/10000` is in whole ten-thousandths of it (or of a unit); `0-1` is a "
        "share; `days since 1970` is a date as a whole number; `-` has no unit. A published table lies in "
        "`SHOP/published/RUN/NAME.parquet`.",
        links,
        *(f"## {one.name}\n\nOne row: {one.row}. Key: {', '.join(map(code, one.key))}.\n\n{columns(one.columns)}" for one in every),
        "## Properties of events\n\nThese keys of `properties` become columns that features use:\n\n" + columns(properties),
    )  # fmt: skip


def columns(of: Iterable[schema.Column]) -> str:
    rows = ((code(one.name), one.type, one.unit, one.doc) for one in of)
    return table(["column", "type", "unit", "meaning"], rows)


# ---------------------------------------------------------------- settings


def settings_page() -> str:
    sections = []
    for name in config.Settings.__struct_fields__:
        kind = type(getattr(config.Settings(), name))
        sections.append(f"### [{name}]\n\n{summary(kind)}\n\n{fields(kind, f'REGULARS_{name.upper()}_')}")
    return page(
        "Settings",
        "## regulars.toml\n\nEvery setting has a default; a file may hold none of them. `regulars config show` prints all of "
        "them with the values in force. A setting that does not exist is an error that names the nearest one. "
        "An environment variable of the name given below overrides the file, for example `REGULARS_RUN_SEED=7`.",
        *sections,
        "## offers.toml\n\n`currency` at the top, and one `[[offer]]` for each offer:",
        fields(Offer),
        f"Levers, channels and stages are those of [Words](words.md). {summary(Offer)}",
        "## rules.toml\n\n" + summary(Rules),
        fields(Rules),
    )  # fmt: skip


def summary(of: Any) -> str:
    """The first paragraph of a docstring."""
    return plain(" ".join((inspect.getdoc(of) or "").split("\n\n")[0].split()))


def fields(struct: type[msgspec.Struct], variable: str = "") -> str:
    """The fields of a settings object: default, what is allowed, meaning."""
    meanings = described(struct)
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    rows = []
    for field in info.fields:
        row = [code(field.name), default(field), allowed(field.type), meanings[field.name]]
        rows.append([*row, code(variable + field.name.upper())] if variable else row)
    head = ["setting", "default", "allowed", "meaning"]
    return table([*head, "variable"] if variable else head, rows)


def described(of: Any) -> dict[str, str]:
    """The meanings in a docstring's section Attributes; a line may name several fields of one meaning."""
    found: dict[str, str] = {}
    for names, text in entries(sections_of(of).get("Attributes", "")):
        for name in names.split(", "):
            found[name] = plain(text)
    return found


def default(field: msgspec.inspect.Field) -> str:
    if field.required:
        return "needed"
    value = field.default
    if value is msgspec.NODEFAULT:
        assert callable(field.default_factory)
        value = field.default_factory()
    if isinstance(value, dict):
        return "see [Roles](words.md#roles)" if value else "none"
    if isinstance(value, tuple | list):
        return ", ".join(map(code, value)) or "none"
    return code(str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"'))


def allowed(kind: Any) -> str:
    """What msgspec checks, in words."""
    inspect_ = msgspec.inspect
    if isinstance(kind, inspect_.BoolType):
        return "true, false"
    if isinstance(kind, inspect_.IntType | inspect_.FloatType):
        noun = "whole number" if isinstance(kind, inspect_.IntType) else "number"
        low, high = kind.ge, kind.le
        if low is None and high is None:
            return noun
        return f"{noun}, at least {low:,}" if high is None else f"{noun} from {low:,} to {high:,.10g}"
    if isinstance(kind, inspect_.StrType):
        return f"text like {code(kind.pattern)}" if kind.pattern else "text"
    if isinstance(kind, inspect_.DictType):
        return f"name = {allowed(kind.value_type)}"
    return "list of texts"


# ---------------------------------------------------------------- commands and errors


def commands_page() -> str:
    return page(
        "Commands",
        "`regulars COMMAND --help` prints what stands here. Results go to standard output, progress and errors to standard "
        "error. A command that changes a shop takes a lock; a second one ends with `store_busy` and exit code 3.",
        *(f"## {name}\n\n```text\n{help_text(name, command)}\n```" for name, command in commands(main, "regulars")),
    )  # fmt: skip


def commands(group: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups before what is in them."""
    yield name, group
    if isinstance(group, click.Group):
        for child in sorted(group.commands):
            yield from commands(group.commands[child], f"{name} {child}")


def help_text(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH)
    context.help_option_names = ["-h", "--help"]
    return command.get_help(context)


def errors_page() -> str:
    rows = [
        (code(kind.code), code(kind.__name__), str(kind.exit_code), summary(kind)) for kind in error_classes()
    ]
    rejected = ((code(name), doc) for name, doc in schema.REJECT_CODES.items())
    return page(
        "Errors",
        "An error says what was found and where, what is allowed, and what to type; its last line names the error as this "
        "page does. With `--log-format json` or `--format json` it is one JSON object on standard error. Exit codes: 0 done, "
        "1 an error of Regulars itself, 2 bad input, 3 busy, 4 no space; [Operate](../how-to/operate.md) says what to do.",
        table(["code", "class", "exit code", "meaning"], rows),
        "In Python each is a class of `regulars`; all are a `RegularsError` with the attributes `code`, `found`, `allowed` "
        "and `fix`, and all that speak of input are an `InputError`.",
        "## Codes of rejected lines\n\nTrouble in one line never stops an import: the line goes to quarantine with one of these "
        "codes. `regulars show rejected` lists them; `regulars replay` tries them again after the mapping is mended.",
        table(["code", "meaning"], rejected),
    )  # fmt: skip


def error_classes() -> list[type[errors.RegularsError]]:
    """Every error class, as they stand in the file."""
    found = [one for one in vars(errors).values() if isinstance(one, type)]
    return [one for one in found if issubclass(one, errors.RegularsError)]


# ---------------------------------------------------------------- sources


def sources_page() -> str:
    parts = []
    for source in SOURCES.values():
        text = f"## {source.name}\n\n{source.doc[:1].upper()}{source.doc[1:]}. Gives rows of `{source.kind}`.\n\n"
        if source.needs:
            text += "Needs " + "; ".join(" or ".join(map(code, group)) for group in source.needs) + ".\n\n"
        rows = (
            (code(target), names_found(source.words.get(target, ()), COLUMN_WORDS.get(target, ())))
            for target in source.targets
        )
        text += table(["target", "column names that are found by themselves"], rows)
        parts.append(text + "".join(f"\n\nNote: {note}." for note in source.notes))
    return page(
        "Named sources",
        "`regulars import --source NAME`; without it the source is found in the columns, and said before it is used. "
        "A mapping names targets of the list below: see [Import your orders](../how-to/import-your-orders.md). "
        "Names are compared without case, accents, blanks and punctuation.",
        *parts,
    )


def names_found(own: Sequence[str], shared: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys([*own, *shared])) or "-"


# ---------------------------------------------------------------- public names


def python_page() -> str:
    named = [name for names in SECTIONS.values() for name in names]
    errors_ = [kind.__name__ for kind in error_classes()]
    rest = [name for name in regulars.EXPORTS if name not in (*named, *errors_)]
    groups = {"A shop": rest, **SECTIONS}
    parts = [f"## {title}\n\n" + "\n\n".join(map(name_text, names)) for title, names in groups.items()]
    listed = ", ".join(map(code, errors_))
    return page(
        "Python",
        "`import regulars as rg` loads nothing; each name below is `rg.NAME` and loads its module when it is first used.",
        *parts,
        f"## Errors\n\n{listed}: see [Errors](errors.md).",
    )


def name_text(name: str) -> str:
    value = getattr(regulars, name)
    parts = [f"### {name}", f"```text\n{signature(name, value)}\n```", doc_text(value)]
    if inspect.isclass(value) and not issubclass(value, Warning):
        rows = [(code(one), summary(getattr(value, one))) for one in methods(value)]
        if rows:
            parts.append(table(["method or attribute", "what comes back"], rows))
    return "\n\n".join(part for part in parts if part)


def signature(name: str, value: Any) -> str:
    if inspect.isclass(value) and issubclass(value, Warning):
        return name
    bare = re.sub(r"\bregulars\.(\w+\.)+", "", str(inspect.signature(value)).replace("'", ""))
    text = f"{name}{bare}"
    return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent=" " * 4, break_long_words=False))


def methods(value: type) -> list[str]:
    """Public methods and properties with a docstring, of the class and of ours that it is built on."""
    found = []
    for parent in value.__mro__:
        if parent.__module__.startswith("regulars."):
            found += [
                name
                for name, member in vars(parent).items()
                if not name.startswith("_") and (callable(member) or isinstance(member, property | classmethod))
                and inspect.getdoc(getattr(value, name))
            ]  # fmt: skip
    return list(dict.fromkeys(found))


def doc_text(of: Any) -> str:
    """A docstring in NumPy sections as Markdown."""
    parts = []
    for title, text in sections_of(of).items():
        body = textwrap.dedent(text).strip("\n")
        if title in ("Parameters", "Attributes", "Raises", "Returns"):
            found = list(entries(body))
            body = "\n".join(
                f"- `{name}`: {plain(said)}" if said else f"- {plain(name)}" for name, said in found
            )
        elif title == "Examples":
            body = f"```pycon\n{body}\n```"
        else:
            body = plain(body)
        parts.append(f"**{title}**\n\n{body}" if title else body)
    return "\n\n".join(parts)


def sections_of(of: Any) -> dict[str, str]:
    """The sections of a docstring by title; the text before the first stands under the empty title."""
    lines = (inspect.getdoc(of) or "").split("\n")
    found: dict[str, list[str]] = {"": []}
    title = ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"-{3,}", below) and line.strip():
            title = line.strip()
            found[title] = []
        elif not re.fullmatch(r"-{3,}", line):
            found[title].append(line)
    return {title: "\n".join(text).strip("\n") for title, text in found.items() if "".join(text).strip()}


def entries(section: str) -> Iterator[tuple[str, str]]:
    """Pairs of names and meaning: names stand at the margin, their meaning indented below."""
    name, said = "", []
    for line in section.split("\n"):
        if line and not line.startswith(" "):
            if name:
                yield name, " ".join(said)
            name, said = line.strip(), []
        else:
            said.append(line.strip())
    if name:
        yield name, " ".join(said).strip()


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file_name, text in pages().items():
        (FOLDER / file_name).write_text(text, encoding="utf-8")
        print(f"docs/reference/{file_name}")
