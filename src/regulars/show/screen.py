"""A screen of plain text: lines cut to its width, and as many of them as fit, the most important first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

INDENT = "  "

# What a line may be cut behind: a word with its spaces, or one wide letter with the marks that belong to it.
_PIECE = re.compile(r"[^\s\u2e80-\uffff]+\s*|[\u2e80-\uffff][，。：；、）”？]*\s*|\s+")


@dataclass(frozen=True)
class Part:
    """Lines that stand or fall together; the lower its ``rank``, the sooner a part gets its room.

    ``exact`` lines are commands or tables: they are not cut, because a part of a command is none.
    """

    lines: tuple[str, ...]
    rank: int
    exact: bool = False


def fitted(parts: Sequence[Part], width: int, height: int) -> list[str]:
    """The lines of the parts that fit, in their order: by rank, and of equal ranks the earlier first.

    Parts of rank 0 are always there; of the others, each that still has room.

    >>> fitted([Part(("a b",), 0), Part(("c",), 2), Part(("d",), 1)], width=80, height=2)
    ['a b', 'd']
    """
    cut = [list(part.lines) if part.exact else _cut(part.lines, width) for part in parts]
    kept: set[int] = set()
    used = 0
    for place in sorted(range(len(parts)), key=lambda at: (parts[at].rank, at)):
        if parts[place].rank == 0 or used + len(cut[place]) <= height:
            kept.add(place)
            used += len(cut[place])
    return [line for place in sorted(kept) for line in cut[place]]


def _cut(lines: Sequence[str], width: int) -> list[str]:
    return [piece for line in lines for piece in wrapped(line, width)]


def wrapped(line: str, width: int) -> list[str]:
    """A line cut to ``width`` columns; wide letters count twice, and what follows is indented."""
    lines, used = [""], 0
    for piece in _PIECE.findall(line):
        if used + cell_len(piece.rstrip()) > width and lines[-1].strip():
            lines.append(INDENT)
            used = len(INDENT)
        lines[-1] += piece
        used += cell_len(piece)
    return [part.rstrip() for part in lines]


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool], gap: int = 2) -> list[str]:
    """Rows of cells as lines with columns below one another; wide letters count twice.

    >>> aligned([["a", "10"], ["bcd", "5"]], [False, True])
    ['a    10', 'bcd   5']
    """
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(right))]
    lines = []
    for row in rows:
        cells = []
        for cell, width, is_right in zip(row, widths, right, strict=True):
            space = " " * (width - cell_len(cell))
            cells.append(space + cell if is_right else cell + space)
        lines.append((" " * gap).join(cells).rstrip())
    return lines
