"""Tables for the command line: with units, numbers to the right, and plain text where nobody looks."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from rich.cells import cell_len

from regulars.show.words import UNITS, Words

if TYPE_CHECKING:
    import pyarrow as pa

PLAIN_GAP = 2
WIDEST_CELL = 48


def print_table(
    table: pa.Table,
    limit: int | None = 20,
    *,
    name: str = "",
    title: str = "",
    language: str = "en",
    currency: str = "",
    churn_days: int | None = None,
    clv_days: int | None = None,
    file: IO[str] | None = None,
) -> None:
    """Print the first rows of a table for a person.

    On a terminal columns that do not fit are left out and counted; elsewhere (a pipe, a file) every
    column is printed as plain aligned text.

    Parameters
    ----------
    table
        The rows; columns of ``schema.py`` get their label and unit, others their own name.
    limit
        How many rows at most; None prints all.
    name, title
        Table name of ``schema.py`` (not printed), and a line above the table.
    language, currency
        How columns and numbers read.
    churn_days, clv_days
        The horizons that the heads of columns name, days.
    file
        Where to; standard output by default.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.table({"customer_id": ["a", "b"], "churn_probability": [0.05, 0.5]})
    >>> print_table(rows, limit=1, churn_days=90)
    Customer  No purchase in 90 days
    --------  ----------------------
    a                           5.0%
    ... 1 more; --limit 2 shows all
    """
    out = file or sys.stdout
    words = Words(language, currency, ",", "-", churn_days, clv_days)
    shown = _with_sentences(table if limit is None else table.slice(0, limit), words)
    names = shown.column_names
    heads = [header(words, column) for column in names]
    right = [is_number(field) for field in shown.schema]
    cells = [cells_of(words, shown, column) for column in names]
    if title:
        print(title, file=out)
    if out.isatty():
        _print_rich(out, words, heads, right, cells)
    else:
        _print_plain(out, heads, right, cells)
    if table.num_rows == 0:
        print(words("terminal.no_rows"), file=out)
    elif shown.num_rows < table.num_rows:
        more = words.number(table.num_rows - shown.num_rows)
        print(words("terminal.more_rows", count=more, all=str(table.num_rows)), file=out)


def _with_sentences(table: pa.Table, words: Words) -> pa.Table:
    """Reasons as sentences where the table holds their codes and values."""
    import pyarrow as pa

    if not {"reason_code", "reason_values"} <= set(table.column_names):
        return table
    pairs = zip(*(table.column(name).to_pylist() for name in ("reason_code", "reason_values")), strict=True)
    said = pa.array([words.reason(code, values) for code, values in pairs], pa.string())
    place = table.column_names.index("reason_code")
    return table.set_column(place, "reason_code", said).drop_columns(["reason_values"])


def print_csv(table: pa.Table, *, file: IO[str] | None = None) -> None:
    """Print every row as CSV with the columns' own names; lists are joined by spaces.

    >>> import pyarrow as pa
    >>> print_csv(pa.table({"customer_id": ["a"], "item_ids": [["x", "y"]]}))
    customer_id,item_ids
    a,x y
    """
    writer = csv.writer(file or sys.stdout, lineterminator="\n")
    writer.writerow(table.column_names)
    for batch in table.to_batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            writer.writerow([" ".join(cell) if isinstance(cell, list) else cell for cell in row])


def header(words: Words, column: str) -> str:
    """A column's label with its unit."""
    label, code = words.column(column), UNITS.get(column, "")
    unit = words.label("units", code) if code in NAMED_UNITS else ""
    unit = unit.replace("{currency}", words.currency)
    return f"{label} ({unit})" if unit and unit.lower() not in label.lower() else label


NAMED_UNITS = ("money", "days", "s", "stars", "months")


def is_number(field: pa.Field[Any]) -> bool:
    """Whether a column goes to the right."""
    import pyarrow as pa

    return bool(pa.types.is_integer(field.type) or pa.types.is_floating(field.type))


def cells_of(words: Words, table: pa.Table, column: str) -> list[str]:
    """One column as text; amounts all with cents, so that their points stand below one another."""
    money = UNITS.get(column) == "money"
    found: list[Any] = table.column(column).to_pylist()
    return [
        words.number(value, 2)
        if money and isinstance(value, int | float)
        else _one_line(words.cell(column, value))
        for value in found
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _print_plain(
    out: IO[str], heads: Sequence[str], right: Sequence[bool], cells: Sequence[list[str]]
) -> None:
    widths = [max(map(cell_len, [head, *column])) for head, column in zip(heads, cells, strict=True)]
    for row in [tuple(heads), tuple("-" * width for width in widths), *zip(*cells, strict=True)]:
        parts = [_padded(*part) for part in zip(row, widths, right, strict=True)]
        print((" " * PLAIN_GAP).join(parts).rstrip(), file=out)


def _padded(text: str, width: int, to_right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if to_right else text + space


def _print_rich(
    out: IO[str], words: Words, heads: Sequence[str], right: Sequence[bool], cells: Sequence[list[str]]
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, highlight=False)
    fitting = _fitting(console.width, heads, cells)
    view = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head, to_right in list(zip(heads, right, strict=True))[:fitting]:
        view.add_column(
            Text(head), justify="right" if to_right else "left", overflow="ellipsis", no_wrap=True
        )
    for row in zip(*cells[:fitting], strict=True):
        view.add_row(*(Text(cell) for cell in row))  # Text: no cell is read as markup
    console.print(view)
    if fitting < len(heads):
        print(words("terminal.more_columns", count=str(len(heads) - fitting)), file=out)


def _fitting(width: int, heads: Sequence[str], cells: Sequence[list[str]]) -> int:
    """How many columns fit into ``width``; at least one."""
    used = 0
    for index, (head, column) in enumerate(zip(heads, cells, strict=True)):
        used += min(WIDEST_CELL, max(map(cell_len, [head, *column]))) + 2
        if used > width:
            return max(1, index)
    return len(heads)
