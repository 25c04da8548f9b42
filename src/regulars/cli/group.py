"""The group of commands: how a command begins and ends, in words for people or as JSON lines."""

from __future__ import annotations

import contextlib
import itertools
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from regulars.cli.log import Log
from regulars.errors import RegularsError, in_words, masked

INTERRUPTED, TERMINATED = 130, 143
"""The exit codes of commands that were ended by Ctrl-C and by SIGTERM (a service manager), as shells have them."""
_DEEPEST, _ARGUMENTS = "regulars.deepest", "regulars.arguments"


class Terminated(KeyboardInterrupt):
    """The process was asked to end: it tidies up as after Ctrl-C."""


class CommandContext(click.Context):
    """A context that the group still knows when the command has failed; it says when the command begins."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.meta[_DEEPEST] = self

    def invoke(self, callback: Any, /, *arguments: Any, **options: Any) -> Any:
        log = self.find_root().obj
        if isinstance(log, Log) and not isinstance(self.command, click.Group):
            log.facts = facts(self)
            log.write("started")
        return super().invoke(callback, *arguments, **options)


class Regulars(click.Group):
    """The group of commands; trouble ends in one clear message and an exit code, never in a traceback."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        super().add_command(cmd, name)
        for one in (cmd, *getattr(cmd, "commands", {}).values()):
            one.context_class = CommandContext

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        ctx.meta[_ARGUMENTS] = list(args)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        log = ctx.obj = Log(is_json=ctx.params.get("log_format") == "json")
        for stream in (sys.stdout, sys.stderr):
            speak_unicode(stream)
        try:
            with log.warnings(), ending_when_asked():
                result = super().invoke(ctx)
            log.write("done", seconds=log.seconds(), exit_code=0)
            return result
        except click.exceptions.Exit:
            raise
        except click.ClickException as error:
            if not _has_json_errors(ctx):
                raise
            trouble = RegularsError(error.format_message(), fix="regulars COMMAND --help")
            trouble.code, trouble.exit_code = "usage", error.exit_code
        except BrokenPipeError:  # `regulars show ... | head`
            sys.stderr.close()
            sys.exit(0)
        except (KeyboardInterrupt, click.Abort) as error:  # Abort: Ctrl-C at a question
            trouble = RegularsError(
                "interrupted; what was stored before is untouched", fix="the same command again"
            )
            trouble.code = "interrupted"
            trouble.exit_code = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
        except Exception as error:
            trouble = in_words(error)
        end(ctx, trouble)


@contextlib.contextmanager
def ending_when_asked() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does; the first process of a container would not hear it otherwise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def end(ctx: click.Context, trouble: RegularsError) -> None:
    """Say what went wrong on standard error, and leave with its exit code."""
    if _has_json_errors(ctx):
        log = ctx.obj if ctx.obj.is_json else Log(is_json=True)
        log.began, log.facts = ctx.obj.began, facts(ctx.meta.get(_DEEPEST, ctx))
        log.failed(trouble)
    else:
        text = error_text(trouble)
        click.echo(text if sys.stderr.isatty() else masked(text), err=True)
    sys.exit(trouble.exit_code)


def error_text(trouble: RegularsError) -> str:
    """What was found, what is allowed, what to type; in the last line the name under which the pages explain it.

    >>> print(error_text(RegularsError("there is no table sale.", fix="regulars show sales")))
    regulars: there is no table sale.
    Fix: regulars show sales
    (error `error`, exit code 2)
    """
    return f"regulars: {trouble}\n(error `{trouble.code}`, exit code {trouble.exit_code})"


def facts(ctx: click.Context) -> dict[str, str]:
    """The command's name and its shop's folder, as every line of the log says them."""
    names: list[str] = []
    one = ctx
    while one.parent:
        names.insert(0, one.info_name or "")
        one = one.parent
    folder = ctx.params.get("folder")
    found = {"command": " ".join(names), "shop": str(folder.absolute()) if isinstance(folder, Path) else ""}
    return {key: value for key, value in found.items() if value}


def speak_unicode(stream: TextIO) -> None:
    """Let a stream take every character: a file or pipe gets UTF-8, a terminal a mark for what it cannot show."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    if encoding.startswith("utf") or not hasattr(stream, "reconfigure"):
        return
    if stream.isatty():
        stream.reconfigure(errors="replace")
    else:
        stream.reconfigure(encoding="utf-8")


def _has_json_errors(ctx: click.Context) -> bool:
    """Whether errors are JSON: the log is, or the command was asked for JSON (even if it could not be read)."""
    words: list[str] = ctx.meta.get(_ARGUMENTS, [])
    asked = "--format=json" in words or any(
        pair == ("--format", "json") for pair in itertools.pairwise(words)
    )
    return bool(ctx.obj.is_json) or asked
