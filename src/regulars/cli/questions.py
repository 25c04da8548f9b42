"""What a person is asked once, on a terminal alone; elsewhere the answer is assumed and said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

DEFAULT_CURRENCY = "GBP"
DEFAULT_ZONE = "UTC"


def may_ask() -> bool:
    """Whether a person sits in front: input and output are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def asked(question: str, default: str, check: Callable[[str], str]) -> str:
    """The answer to a question; asked again until ``check`` lets it pass."""
    return str(click.prompt(question, default=default, value_proc=check))


def currency_code(answer: str) -> str:
    """An ISO 4217 code in capital letters."""
    code = answer.strip().upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise click.BadParameter(f"{answer!r} is no currency; allowed: three letters, for example EUR")
    return code


def zone_name(answer: str) -> str:
    """A name of the IANA list of time zones."""
    try:
        return ZoneInfo(answer.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.BadParameter(f"{answer!r} is no time zone; allowed: for example Europe/London") from error


def machine_zone() -> str:
    """The time zone of this machine where it says so, else UTC."""
    candidates = [os.environ.get("TZ", "").removeprefix(":")]
    files = (Path("/etc/timezone"), Path("/var/db/timezone/zone_name"))
    candidates += [path.read_text(encoding="utf-8").strip() for path in files if path.is_file()]
    local = Path("/etc/localtime")
    if local.is_symlink():
        candidates.append(local.resolve().as_posix().partition("zoneinfo/")[2])
    for name in candidates:
        try:
            if name:
                return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return DEFAULT_ZONE
