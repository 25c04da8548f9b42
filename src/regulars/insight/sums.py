"""Sums of the rows of a group that meet a condition; whole numbers in, whole numbers out."""

from __future__ import annotations

import narwhals as nw


def sum_where(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    """The sum of an integer over the rows that meet a condition; 0 when none does."""
    return nw.when(condition).then(value).otherwise(nw.lit(0)).sum().cast(nw.Int64)


def count_where(condition: nw.Expr) -> nw.Expr:
    """How many rows meet a condition."""
    return sum_where(condition, nw.lit(1))
