"""A result that shows itself as a table in a notebook and turns into any kind of frame."""

from __future__ import annotations

import io
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from regulars.schema import TABLES
from regulars.show.terminal import header, is_number, print_table
from regulars.show.words import Words

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow as pa

SHOWN_ROWS = 10

STYLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums",
    "padding:.3em .8em;border-bottom:1px solid #8884;text-align:{}",
)


@dataclass(frozen=True, eq=False)
class ResultTable:
    """A result table: look at it, or take it along as pandas, polars or Arrow.

    Parameters
    ----------
    table
        The rows.
    name
        Name of the table in ``schema.py``; says what a row is, and the columns' units.
    language, currency
        How columns and numbers read.
    churn_days, clv_days
        The horizons that the heads of columns name, days.

    Examples
    --------
    >>> import pyarrow as pa
    >>> result = ResultTable(pa.table({"customer_id": ["a"], "clv": [12.5]}), currency="GBP", clv_days=365)
    >>> result
    Customer  Margin, next 365 days (GBP)
    --------  ---------------------------
    a                               12.50
    >>> len(result), result.columns, result.to_arrow().num_rows
    (1, ['customer_id', 'clv'], 1)
    """

    table: pa.Table
    name: str = ""
    language: str = "en"
    currency: str = ""
    churn_days: int | None = None
    clv_days: int | None = None

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return self.table

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas data frame (needs pandas)."""
        return self.table.to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars data frame (needs polars)."""
        import polars

        frame: Any = polars.from_arrow(self.table)
        return frame

    @property
    def columns(self) -> list[str]:
        """The columns' names."""
        return list(self.table.column_names)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Lets polars, pandas, DuckDB and others take the rows without a copy."""
        table: Any = self.table
        stream: object = table.__arrow_c_stream__(requested_schema)
        return stream

    def __repr__(self) -> str:
        text = io.StringIO()
        print_table(
            self.table, SHOWN_ROWS, name=self.name, language=self.language, currency=self.currency,
            churn_days=self.churn_days, clv_days=self.clv_days, file=text,
        )  # fmt: skip
        return text.getvalue().rstrip("\n")

    def _repr_html_(self) -> str:
        words = Words(self.language, self.currency, churn_days=self.churn_days, clv_days=self.clv_days)
        sides = ["right" if is_number(field) else "left" for field in self.table.schema]
        head = "".join(
            f'<th style="{STYLE[1].format(side)}">{escape(header(words, column))}</th>'
            for column, side in zip(self.columns, sides, strict=True)
        )
        body = "".join(
            self._html_row(words, row, sides) for row in self.table.slice(0, SHOWN_ROWS).to_pylist()
        )
        return (
            f'<table style="{STYLE[0]}"><caption style="text-align:left">{escape(self._caption(words))}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _html_row(self, words: Words, row: dict[str, Any], sides: list[str]) -> str:
        cells = (
            f'<td style="{STYLE[1].format(side)}">{escape(words.cell(column, value))}</td>'
            for (column, value), side in zip(row.items(), sides, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    def _caption(self, words: Words) -> str:
        size = words.counted(len(self), "row")
        known = TABLES.get(self.name)
        return f"{self.name}: {size}, {known.row}" if known and self.language == "en" else size
