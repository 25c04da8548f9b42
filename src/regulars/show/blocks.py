"""What a page is made of: sections that hold tiles, charts, tables and sentences.

Text in a block is plain text; only the template makes HTML, and it escapes everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """A line of text; ``lacking`` when it says that something is missing and what to type."""

    text: str
    lacking: bool = False
    kind: str = "sentence"


@dataclass(frozen=True)
class Tile:
    """One headline number with what it means."""

    label: str
    value: str
    details: tuple[str, ...] = ()
    badge: str = ""
    badge_help: str = ""
    warn: bool = False


@dataclass(frozen=True)
class Tiles:
    """Headline numbers side by side."""

    tiles: tuple[Tile, ...]
    kind: str = "tiles"


@dataclass(frozen=True)
class Cell:
    """One cell of a table: text, perhaps lines of smaller text below it, a badge, or a bar."""

    text: str
    below: tuple[str, ...] = ()
    badge: str = ""
    bar: float | None = None
    colour: str = ""


@dataclass(frozen=True)
class Grid:
    """A table for reading: heads with their side, rows of cells; a row of one cell is a heading.

    Rows from ``folded`` on are shown on demand; ``stacks`` turns rows into cards on narrow screens.
    """

    heads: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    note: str = ""
    stacks: bool = False
    folded: int | None = None
    wide: bool = False
    kind: str = "grid"


@dataclass(frozen=True)
class Figure:
    """A chart: its Vega-Lite spec, a legend, and the same content as a sentence and as a table."""

    id: str
    title: str
    unit: str
    spec: dict[str, Any]
    alt: str
    numbers: Grid
    legend: tuple[tuple[str, str], ...] = ()
    wide: bool = False
    note: str = ""
    kind: str = "figure"


@dataclass(frozen=True)
class Stage:
    """One stage of the lifecycle picture."""

    label: str
    help: str
    count: str
    share: str
    change: str
    bar: float
    colour: str


@dataclass(frozen=True)
class Phase:
    """One of the four phases with its stages."""

    label: str
    count: str
    stages: tuple[Stage, ...]
    note: str = ""


@dataclass(frozen=True)
class Path:
    """The lifecycle picture: phases from left to right."""

    phases: tuple[Phase, ...]
    note: str = ""
    kind: str = "path"


@dataclass(frozen=True)
class Remarks:
    """A titled list of sentences."""

    title: str
    lines: tuple[str, ...]
    kind: str = "remarks"


@dataclass(frozen=True)
class Stack:
    """Lists of sentences below one another in one column."""

    parts: tuple[Remarks, ...]
    kind: str = "stack"


Block = Stack | Sentence | Tiles | Grid | Figure | Path | Remarks


@dataclass(frozen=True)
class Section:
    """One part of the page."""

    id: str
    title: str
    short: str
    intro: str = ""
    blocks: Sequence[Block] = field(default_factory=tuple)


def grid(
    heads: Sequence[str],
    rows: Sequence[Sequence[str | Cell]],
    *,
    text_columns: int = 1,
    title: str = "",
    note: str = "",
    stacks: bool = False,
    folded: int | None = None,
    wide: bool = False,
) -> Grid:
    """A table whose first ``text_columns`` columns are text and the others numbers."""
    cells = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
    right = tuple(index >= text_columns for index in range(len(heads)))
    return Grid(tuple(heads), right, cells, title, note, stacks, folded, wide)
