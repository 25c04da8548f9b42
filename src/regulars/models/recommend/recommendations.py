"""The tables that recommenders answer with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from regulars.models.recommend.shortlist import NOBODY

Array = np.ndarray[Any, Any]


def recommendation_table(
    customers: pa.Array[Any],
    items: pa.Array[Any],
    listed: Array,
    scores: Array,
    reasons: Array | None = None,
    shares: Array | None = None,
) -> pa.Table:
    """One row per customer and listed item, in the order of the customers, best first.

    ``listed``, ``scores``, ``reasons`` (item codes) and ``shares`` are customers x n; ``NOBODY`` is left out.
    """
    row, place = np.nonzero(listed != NOBODY)
    reason = np.full(len(row), NOBODY) if reasons is None else reasons[row, place]
    share = np.zeros(len(row)) if shares is None else shares[row, place]
    return pa.table(
        {
            "customer_id": _ids(customers, row),
            "rank": pa.array(place + 1, pa.int64()),
            "item_id": _ids(items, listed[row, place]),
            "score": pa.array(scores[row, place], pa.float64()),
            "reason_item_id": _ids(items, reason),
            "reason_share": pa.array(share, pa.float64(), mask=reason == NOBODY),
        }
    )


def _ids(ids: pa.Array[Any], codes: Array) -> pa.Array[Any]:
    return ids.take(pa.array(codes, pa.int64(), mask=codes == NOBODY))


def similar_table(items: pa.Array[Any], asked: Array, listed: Array, scores: Array) -> pa.Table:
    """One row per asked item (a code) and item similar to it: ``item_id, rank, similar_item_id, score``."""
    row, place = np.nonzero(listed != NOBODY)
    return pa.table(
        {
            "item_id": _ids(items, asked[row]),
            "rank": pa.array(place + 1, pa.int64()),
            "similar_item_id": _ids(items, listed[row, place]),
            "score": pa.array(scores[row, place], pa.float64()),
        }
    )


def parts_table(items: pa.Array[Any], reasons: Array, contributions: Array) -> pa.Table:
    """What a score is made of, largest first: ``reason_item_id`` (null: popularity), ``contribution, share``."""
    order = np.lexsort((reasons, -contributions))
    reasons, contributions = reasons[order], contributions[order]
    total = contributions.sum()
    return pa.table(
        {
            "reason_item_id": _ids(items, reasons),
            "contribution": pa.array(contributions, pa.float64()),
            "share": pa.array(contributions / total if total > 0 else contributions, pa.float64()),
        }
    )
