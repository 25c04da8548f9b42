"""What most customers buy: the line that every recommender has to beat, and what fills its gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from regulars.errors import OptionError
from regulars.models.base import Recommender
from regulars.models.recommend.interactions import (
    Interactions,
    check_count,
    codes_of,
    id_array,
    id_values,
    ones,
    read_ids,
    read_interactions,
    rows_of,
)
from regulars.models.recommend.recommendations import parts_table, recommendation_table, similar_table
from regulars.models.recommend.shortlist import NOBODY, fill
from regulars.models.tables import require_columns, to_arrow, to_kind

if TYPE_CHECKING:
    import pyarrow as pa
    from scipy.sparse import csr_array

Array = np.ndarray[Any, Any]


class Popularity(Recommender):
    """The same list for everybody: the items that most customers bought lately.

    Parameters
    ----------
    by
        ``"buyers"`` counts customers, ``"lines"`` counts order lines.
    last_days
        Count only customers whose latest purchase of the item lies in the last so many days of the data;
        None counts all. Items without such a buyer follow after all others.
    half_life_days
        A purchase this many days older counts half; None counts all alike.
    exclude_bought
        Leave out what the customer has bought. Off, because in most shops people buy again.

    Attributes
    ----------
    item_scores_
        The score of each item of ``items_``, in buyers or lines.

    Notes
    -----
    ``fit`` takes one row per customer and item: ``customer_id, item_id``, ``line_count`` (for
    ``by="lines"``) and ``last_day`` (days since 1970; for ``last_days`` and ``half_life_days``), as in
    ``schema.INTERACTIONS``. "Now" is the latest ``last_day``: no model reads a clock. ``recommend`` gives
    ``customer_id, rank, item_id, score, reason_item_id, reason_share`` ordered by customer and rank; the
    two reasons are null. Equal scores are ordered by item_id.

    Examples
    --------
    >>> import pyarrow as pa
    >>> bought = pa.table({"customer_id": ["a", "b", "b"], "item_id": ["tea", "tea", "cup"]})
    >>> Popularity().fit(bought).recommend(["a", "new"], n=1).select(["customer_id", "item_id", "score"]).to_pylist()
    [{'customer_id': 'a', 'item_id': 'tea', 'score': 2.0}, {'customer_id': 'new', 'item_id': 'tea', 'score': 2.0}]
    """

    learned = ("customers_", "items_", "starts_", "bought_", "item_scores_", "order_")

    def __init__(
        self,
        *,
        by: str = "buyers",
        last_days: int | None = None,
        half_life_days: float | None = None,
        exclude_bought: bool = False,
    ) -> None:
        self.by = by
        self.last_days = last_days
        self.half_life_days = half_life_days
        self.exclude_bought = exclude_bought

    def fit(self, interactions: Any, items: Any = None, customers: Any = None) -> Self:
        """Count; ``items`` and ``customers`` are not used by this model."""
        self._check_settings()
        table, _ = to_arrow(interactions)
        require_columns(table, self._columns(), type(self).__name__)
        pairs = read_interactions(table, type(self).__name__)
        self.customers_, self.items_ = id_values(pairs.customers), id_values(pairs.items)
        bought = pairs.bought()
        self.starts_, self.bought_ = bought.indptr, bought.indices
        self.item_scores_ = np.bincount(pairs.item_code, self._weights(pairs), len(pairs.items))
        buyers = np.bincount(pairs.item_code, minlength=len(pairs.items))
        self.order_ = np.lexsort((-buyers, -np.round(self.item_scores_, 9)))
        return self

    def _columns(self) -> tuple[str, ...]:
        dated = self.last_days is not None or self.half_life_days is not None
        return (
            *self.requires,
            *(("line_count",) if self.by == "lines" else ()),
            *(("last_day",) if dated else ()),
        )

    def _check_settings(self) -> None:
        if self.by not in ("buyers", "lines"):
            raise OptionError(f"by is {self.by!r}", allowed="'buyers' or 'lines'")
        for name in ("last_days", "half_life_days"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise OptionError(f"{name} is {value}", allowed="None or more than 0")

    def _weights(self, pairs: Interactions) -> Array:
        weights = np.ones(len(pairs.item_code))
        if self.by == "lines" and pairs.line_count is not None:
            weights = pairs.line_count.astype(np.float64)
        if pairs.last_day is None or not len(pairs.last_day):
            return weights
        age = pairs.last_day.max() - pairs.last_day
        if self.last_days is not None:
            weights = np.where(age < self.last_days, weights, 0.0)
        return weights if self.half_life_days is None else weights * 0.5 ** (age / self.half_life_days)

    def recommend(self, customers: Any, n: int = 10) -> Any:
        """The n most popular items for each distinct customer, known or not.

        ``customers`` is a table with ``customer_id``, a series, an array or a list of ids.
        """
        self.check_fitted()
        check_count(n)
        ids, kind = read_ids(customers, "customer_id", type(self).__name__)
        listed = np.full((len(ids), min(n, len(self.items_))), NOBODY)
        taken = self._bought(codes_of(ids, id_array(self.customers_))) if self.exclude_bought else None
        listed = fill(listed, self.order_, len(self.items_), taken)
        scores = self.item_scores_[listed] if len(self.items_) else np.zeros(listed.shape)
        return to_kind(recommendation_table(ids, id_array(self.items_), listed, scores), kind)

    def _bought(self, codes: Array) -> csr_array:
        """What each customer has bought; nothing for one (-1) who was not there at fit."""
        return rows_of(ones(self.starts_, self.bought_, len(self.items_)), codes)

    def similar_items(self, items: Any, n: int = 10) -> Any:
        """The n most popular other items: popularity knows no similarity."""
        self.check_fitted()
        check_count(n)
        known = id_array(self.items_)
        ids, kind = read_ids(items, "item_id", type(self).__name__)
        codes = codes_of(ids, known)
        asked = codes[codes >= 0]
        itself = ones(np.arange(len(asked) + 1), asked, len(self.items_))
        listed = np.full((len(asked), max(min(n, len(self.items_) - 1), 0)), NOBODY)
        listed = fill(listed, self.order_, len(self.items_), itself)
        scores = self.item_scores_[listed] if len(asked) else np.zeros(listed.shape)
        return to_kind(similar_table(known, asked, listed, scores), kind)

    def explain(self, customer: str, item: str) -> pa.Table:
        """The parts of the score: one, the item's popularity (``reason_item_id`` is null)."""
        self.check_fitted()
        known = id_array(self.items_)
        code = codes_of(read_ids(item, "item_id", type(self).__name__)[0], known)
        score = self.item_scores_[code[code >= 0]]
        return parts_table(known, np.full(len(score), NOBODY), score)
