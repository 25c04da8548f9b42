"""The recommended items that an action carries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Texts


def carried_items(
    customer_id: Texts,
    choice: np.ndarray[Any, Any],
    offers: tuple[Offer, ...],
    recommendations: pa.Table | None,
    items_per_action: int,
) -> pa.ListArray[Any]:
    """Per customer the item ids of its action, best first; empty where the offer carries none.

    Parameters
    ----------
    customer_id, choice
        One per customer: the id, and the column of the chosen offer (-1 = nothing).
    recommendations
        ``customer_id, rank, item_id`` in any order, or None.
    items_per_action
        Largest number of items.

    Returns
    -------
    pa.Array
        A list of text per customer.

    Examples
    --------
    >>> ranked = pa.table({"customer_id": ["a", "a"], "rank": [2, 1], "item_id": ["tea", "cup"]})
    >>> offer = Offer(id="o", title="O", lever="grow", channel="email", stages=("active",), carries_items=True,
    ...               response_rate=0.1, response_rate_low=0.0, response_rate_high=0.2)
    >>> carried_items(pa.array(["a", "b"]), np.array([0, -1]), (offer,), ranked, 5).to_pylist()
    [['cup', 'tea'], []]
    """
    carries = np.array([*(offer.carries_items for offer in offers), False])[choice]
    if recommendations is None or not recommendations.num_rows or not carries.any():
        return _lists(np.zeros(len(choice), dtype=np.int64), pa.array([], pa.string()))
    best = recommendations.filter(pc.field("rank") <= items_per_action)
    place = pc.index_in(best.column("customer_id").cast(pa.string()), value_set=customer_id)
    row = np.asarray(place.fill_null(-1).to_numpy(), dtype=np.int64)
    wanted = np.flatnonzero((row >= 0) & carries[row])
    rank = np.asarray(best.column("rank").to_numpy(), dtype=np.int64)
    order = wanted[np.lexsort((rank[wanted], row[wanted]))]
    items = best.column("item_id").cast(pa.string()).take(order).combine_chunks()
    return _lists(np.bincount(row[order], minlength=len(choice)), items)


def _lists(counts: np.ndarray[Any, Any], items: Any) -> pa.ListArray[Any]:
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items)
