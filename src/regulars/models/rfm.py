"""Recency, frequency, monetary value: five scores each, and the group names that marketers know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from regulars.errors import ColumnError
from regulars.models.base import Scorer
from regulars.models.tables import require_numbers

Array = np.ndarray[Any, Any]

# All 125 cells: one block per recency score, one line per frequency score (1-5), one word per monetary
# score (1-5). Published ranges overlap and leave cells out; a table cannot.
_WORDS = {
    "CH": "champions",
    "LO": "loyal_customers",
    "PL": "potential_loyalists",
    "NC": "new_customers",
    "PR": "promising",
    "NA": "needs_attention",
    "AS": "about_to_sleep",
    "AR": "at_risk",
    "CL": "cannot_lose_them",
    "HI": "hibernating",
    "LS": "lost",
}
_CELLS = {
    5: """
        NC NC NC NC NC
        PL PL PL PL PL
        PL PL PL LO LO
        LO LO LO CH CH
        LO LO CH CH CH""",
    4: """
        PR PR PR PR PR
        PL PL PL PL PL
        PL PL PL LO LO
        LO LO LO CH CH
        LO LO LO CH CH""",
    3: """
        AS AS AS NA NA
        AS AS NA NA NA
        NA NA NA NA NA
        NA NA LO LO LO
        LO LO LO LO LO""",
    2: """
        HI HI HI AR AR
        HI HI HI AR AR
        AS AS AR AR AR
        AR AR AR AR AR
        AR AR AR CL CL""",
    1: """
        LS LS LS HI HI
        LS LS HI HI HI
        HI HI AR AR AR
        AR AR AR CL CL
        AR AR CL CL CL""",
}

GROUP_OF_CELL: dict[tuple[int, int, int], str] = {
    (recency, frequency, monetary): _WORDS[word]
    for recency, block in _CELLS.items()
    for frequency, line in enumerate(block.strip().splitlines(), start=1)
    for monetary, word in enumerate(line.split(), start=1)
}
"""(recency score, frequency score, monetary score) -> one of ``schema.RFM_GROUPS``."""


class RFM(Scorer):
    """Scores from 1 (worst) to 5 (best) for recency, frequency and money, and the group of the cell.

    ``fit`` learns the quintile edges of the customers it sees and freezes them, so that a customer whose
    behaviour stays the same keeps the group. Equal values get equal scores: an edge is a value that
    occurs, and where many share a value (one order), a score may stay empty.

    Attributes
    ----------
    recency_edges_, frequency_edges_, monetary_edges_
        The four inner edges in days, orders and money; a value equal to an edge belongs below it.

    Notes
    -----
    ``fit`` and ``predict`` take one row per customer who has bought: ``days_since_last_purchase`` (days),
    ``purchase_count`` (orders), ``net_value`` (money; may be negative after refunds). ``predict`` gives
    ``rfm_recency_score, rfm_frequency_score, rfm_monetary_score`` (1-5) and ``rfm_group``.
    A customer without a purchase is a ``ColumnError``: leave such rows out.

    Source: Hughes (1994), Strategic Database Marketing; the group names follow the usage of Shopify,
    Putler and CRAN's ``rfm``.

    Examples
    --------
    >>> table = pa.table({
    ...     "days_since_last_purchase": [1, 40, 90, 200, 350], "purchase_count": [12, 5, 3, 2, 1],
    ...     "net_value": [900.0, 300.0, 200.0, 90.0, 10.0]})
    >>> RFM().fit(table).predict(table)["rfm_group"].to_pylist()
    ['champions', 'champions', 'needs_attention', 'hibernating', 'lost']
    """

    requires = ("days_since_last_purchase", "purchase_count", "net_value")
    produces = ("rfm_recency_score", "rfm_frequency_score", "rfm_monetary_score", "rfm_group")
    learned = ("recency_edges_", "frequency_edges_", "monetary_edges_")

    def __init__(self) -> None:
        """There is nothing to set: five scores are what the group names are made for."""

    def _fit(self, columns: dict[str, Array]) -> None:
        silence, count, value = _checked(columns)
        if not len(count):
            raise ColumnError("RFM got a table without rows", allowed="at least one customer who has bought")
        self.recency_edges_ = _edges(silence)
        self.frequency_edges_ = _edges(count)
        self.monetary_edges_ = _edges(value)

    def _predict(self, columns: dict[str, Array]) -> dict[str, Any]:
        silence, count, value = _checked(columns)
        recency = 5 - np.searchsorted(self.recency_edges_, silence, side="left").astype(np.int64)
        frequency = 1 + np.searchsorted(self.frequency_edges_, count, side="left").astype(np.int64)
        monetary = 1 + np.searchsorted(self.monetary_edges_, value, side="left").astype(np.int64)
        return {
            "rfm_recency_score": recency,
            "rfm_frequency_score": frequency,
            "rfm_monetary_score": monetary,
            "rfm_group": _groups(recency, frequency, monetary),
        }


def _checked(columns: dict[str, Array]) -> tuple[Array, Array, Array]:
    return (
        require_numbers(columns["days_since_last_purchase"], "days_since_last_purchase", low=0),
        require_numbers(columns["purchase_count"], "purchase_count", low=1),
        require_numbers(columns["net_value"], "net_value"),
    )


def _edges(values: Array) -> Array:
    edges: Array = np.quantile(values, (0.2, 0.4, 0.6, 0.8), method="inverted_cdf")
    return edges


def _groups(recency: Array, frequency: Array, monetary: Array) -> pa.Array[Any]:
    cells = zip(recency.tolist(), frequency.tolist(), monetary.tolist(), strict=True)
    return pa.array([GROUP_OF_CELL[cell] for cell in cells], pa.string())
