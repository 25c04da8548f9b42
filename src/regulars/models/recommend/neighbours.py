"""Items that are bought by the same customers, weighted by four exponents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from regulars.errors import OptionError
from regulars.models.base import Recommender
from regulars.models.recommend.interactions import (
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
from regulars.models.recommend.shortlist import CELLS, NOBODY, best_of_dense, best_of_sparse, blocks, fill
from regulars.models.tables import to_kind

if TYPE_CHECKING:
    import pyarrow as pa
    from scipy.sparse import csr_array

Array = np.ndarray[Any, Any]

# Up to this many items a full row per customer is faster than a sparse one, and items x items is at most
# 128 MB; beyond it nothing of that size is ever made.
FEW_ITEMS = 4_000


class ItemKNN(Recommender):
    """Recommend what goes with what the customer has bought, and say which purchase speaks for it.

    The weight of a bought item i for another item j is

        W_ij = (sum over the buyers u of both of d_u^(-2a) / (d_i^b d_j^c))^p

    with d_u the number of different items of the customer and d_i the number of buyers of the item; each
    item keeps its strongest ``neighbours``. A customer's score for j is the sum of W_ij over the bought i,
    so each score can be split exactly. a 0, b c 1/2, p 1 is the cosine; the family also holds RP3beta and
    linear graph filters. Customers without any signal, and lists that stay short, get the most popular
    items with score 0 and no reason.

    Parameters
    ----------
    neighbours
        Items kept per item.
    user_exponent
        ``a``: how much less a customer who buys everything says.
    item_exponent
        ``b``: how much less a bought item that everybody buys says.
    target_exponent
        ``c``: how much popular items are held back; towards 0, bestsellers come first.
    power
        ``p``: below 1, many weak signs count more than one strong.
    exclude_bought
        Leave out what the customer has bought. Off, because in most shops people buy again; on for goods
        that are bought once.

    Notes
    -----
    ``fit`` takes one row per customer and item: ``customer_id, item_id`` (``schema.INTERACTIONS``; how
    often and when is not used). ``recommend`` gives ``customer_id, rank, item_id, score, reason_item_id``
    (the bought item that adds most) and ``reason_share`` (its share of the score), ordered by customer and
    rank. Scores equal in twelve digits are ordered by item_id. Memory is bounded: items x items is worked
    on in blocks.

    The default exponents were chosen on validation data of Gowalla; ``benchmarks/recommenders.py`` compares.

    References
    ----------
    Deshpande and Karypis (2004), Item-based top-N recommendation algorithms, ACM TOIS 22(1).
    Paudel et al. (2017), Updatable, accurate, diverse, and scalable recommendations (RP3beta), ACM TiiS 7(1).

    Examples
    --------
    >>> import pyarrow as pa
    >>> bought = pa.table({
    ...     "customer_id": ["a", "a", "b", "b", "c"], "item_id": ["cup", "tea", "cup", "tea", "cup"]})
    >>> knn = ItemKNN(exclude_bought=True).fit(bought)
    >>> knn.recommend(["c"], n=1).select(["item_id", "reason_item_id", "reason_share"]).to_pylist()
    [{'item_id': 'tea', 'reason_item_id': 'cup', 'reason_share': 1.0}]
    """

    learned = (
        "customers_",
        "items_",
        "starts_",
        "bought_",
        "neighbour_starts_",
        "neighbour_items_",
        "neighbour_weights_",
        "popular_",
    )

    def __init__(
        self,
        *,
        neighbours: int = 200,
        user_exponent: float = 0.5,
        item_exponent: float = 0.5,
        target_exponent: float = 0.3,
        power: float = 0.7,
        exclude_bought: bool = False,
    ) -> None:
        self.neighbours = neighbours
        self.user_exponent = user_exponent
        self.item_exponent = item_exponent
        self.target_exponent = target_exponent
        self.power = power
        self.exclude_bought = exclude_bought

    def fit(self, interactions: Any, items: Any = None, customers: Any = None) -> Self:
        """Learn each item's neighbours; ``items`` and ``customers`` are not used by this model."""
        if self.neighbours < 1 or self.power <= 0:
            raise OptionError(
                f"neighbours is {self.neighbours} and power is {self.power}",
                allowed="neighbours of at least 1, power above 0",
            )
        pairs = read_interactions(interactions, type(self).__name__)
        bought = pairs.bought()
        self.customers_, self.items_ = id_values(pairs.customers), id_values(pairs.items)
        self.starts_, self.bought_ = bought.indptr, bought.indices
        buyers = np.bincount(pairs.item_code, minlength=len(pairs.items))
        self.popular_ = np.argsort(-buyers, kind="stable")
        weights = self._weights(bought, buyers)
        self.neighbour_starts_ = weights.indptr
        self.neighbour_items_ = weights.indices
        self.neighbour_weights_ = weights.data
        return self

    def _weights(self, bought: csr_array, buyers: Array) -> csr_array:
        """Items x items, the strongest neighbours of each row, columns in order."""
        from scipy.sparse import csr_array

        spread = np.diff(bought.indptr).astype(np.float64)
        share = bought.copy()
        share.data = np.repeat(spread ** -(2 * self.user_exponent), np.diff(bought.indptr))
        buyers_of = bought.T.tocsr()
        # A row of the product cannot have more entries than its buyers have items.
        cost = np.minimum(buyers_of @ spread, len(buyers)).astype(np.int64)
        count = min(self.neighbours, len(buyers))
        near, weight = np.full((len(buyers), count), NOBODY), np.zeros((len(buyers), count))
        for rows in blocks(cost):
            both = csr_array(buyers_of[rows] @ share)
            found = best_of_sparse(self._scaled(both, rows, buyers), count)
            near[rows, : found[0].shape[1]], weight[rows, : found[1].shape[1]] = found
        row, place = np.nonzero(near != NOBODY)
        kept = csr_array((weight[row, place], (row, near[row, place])), shape=(len(buyers), len(buyers)))
        kept.sort_indices()
        return kept

    def _scaled(self, both: csr_array, rows: Array, buyers: Array) -> csr_array:
        source = np.repeat(rows, np.diff(both.indptr))
        degree = buyers.astype(np.float64)
        scale = degree[source] ** self.item_exponent * degree[both.indices] ** self.target_exponent
        # The last digits of a power differ between machines: seven are kept.
        weights = ((both.data / scale) ** self.power).astype(np.float32).astype(np.float64)
        both.data = np.where(source == both.indices, 0.0, weights)  # an item is no neighbour of itself
        return both

    def _neighbours(self) -> csr_array:
        from scipy.sparse import csr_array

        shape = (len(self.items_), len(self.items_))
        return csr_array(
            (self.neighbour_weights_, self.neighbour_items_, self.neighbour_starts_), shape=shape
        )

    def recommend(self, customers: Any, n: int = 10) -> Any:
        """The n best items for each distinct customer; one who is new gets the most popular ones.

        ``customers`` is a table with ``customer_id``, a series, an array or a list of ids.
        """
        self.check_fitted()
        check_count(n)
        ids, kind = read_ids(customers, "customer_id", type(self).__name__)
        basket = rows_of(
            ones(self.starts_, self.bought_, len(self.items_)), codes_of(ids, id_array(self.customers_))
        )
        shape = (len(ids), min(n, len(self.items_)))
        listed, reasons = np.full(shape, NOBODY), np.full(shape, NOBODY)
        scores, shares = np.zeros(shape), np.zeros(shape)
        weights = self._neighbours()
        lookup = weights.toarray() if len(self.items_) <= FEW_ITEMS else weights
        for rows in blocks(self._cost(basket)):
            listed[rows], scores[rows] = self._best(basket[rows], lookup, shape[1])
            reasons[rows], shares[rows] = _reasons(basket[rows], listed[rows], scores[rows], lookup)
        listed = fill(listed, self.popular_, len(self.items_), basket if self.exclude_bought else None)
        return to_kind(
            recommendation_table(ids, id_array(self.items_), listed, scores, reasons, shares), kind
        )

    def _cost(self, basket: csr_array) -> Array:
        if len(self.items_) <= FEW_ITEMS:
            return np.full(basket.shape[0], len(self.items_))
        return np.asarray(np.minimum(basket @ np.diff(self.neighbour_starts_), len(self.items_)), np.int64)

    def _best(self, basket: csr_array, lookup: Any, n: int) -> tuple[Array, Array]:
        """The n best items of each basket as n columns, and their scores."""
        from scipy.sparse import csr_array

        product = basket @ lookup
        owner = np.repeat(np.arange(basket.shape[0]), np.diff(basket.indptr))
        if isinstance(product, np.ndarray):
            if self.exclude_bought:
                product[owner, basket.indices] = 0.0
            found = best_of_dense(product, n)
        else:
            product = csr_array(product)
            if self.exclude_bought:
                product = csr_array(product - product.multiply(basket))
            found = best_of_sparse(product, n)
        missing = ((0, 0), (0, n - found[0].shape[1]))
        return np.pad(found[0], missing, constant_values=NOBODY), np.pad(found[1], missing)

    def similar_items(self, items: Any, n: int = 10) -> Any:
        """The n strongest neighbours of each distinct item; none for one that is new."""
        self.check_fitted()
        check_count(n)
        known = id_array(self.items_)
        ids, kind = read_ids(items, "item_id", type(self).__name__)
        codes = codes_of(ids, known)
        asked = codes[codes >= 0]
        listed, scores = best_of_sparse(rows_of(self._neighbours(), asked), n)
        return to_kind(similar_table(known, asked, listed, scores), kind)

    def explain(self, customer: str, item: str) -> pa.Table:
        """What each bought item adds to the customer's score of ``item``: parts that sum to it.

        Returns
        -------
        pyarrow.Table
            One row per bought item that adds anything: ``reason_item_id, contribution, share``.
        """
        self.check_fitted()
        model, known = type(self).__name__, id_array(self.items_)
        who = codes_of(read_ids(customer, "customer_id", model)[0], id_array(self.customers_))
        what = codes_of(read_ids(item, "item_id", model)[0], known)
        basket = rows_of(ones(self.starts_, self.bought_, len(self.items_)), who).indices
        if (what < 0).any() or not len(basket):
            return parts_table(known, np.zeros(0, np.int64), np.zeros(0))
        added = rows_of(self._neighbours(), basket).toarray()[:, what[0]]
        return parts_table(known, basket[added > 0].astype(np.int64), added[added > 0])


def _reasons(basket: csr_array, listed: Array, scores: Array, lookup: Any) -> tuple[Array, Array]:
    """For each listed item the bought one that adds most to its score, and its share; ties: the first id."""
    reasons, shares = np.full(listed.shape, NOBODY), np.zeros(listed.shape)
    size = np.diff(basket.indptr)
    row, place = np.nonzero(listed != NOBODY)
    step = max(1, CELLS // max(int(size.max(initial=1)), 1))
    for start in range(0, len(row), step):
        some = slice(start, start + step)
        reasons[row[some], place[some]], most = _largest(
            basket, size, row[some], listed[row[some], place[some]], lookup
        )
        shares[row[some], place[some]] = most / scores[row[some], place[some]]
    return reasons, shares


def _largest(basket: csr_array, size: Array, row: Array, item: Array, lookup: Any) -> tuple[Array, Array]:
    each = size[row]
    starts = np.concatenate([[0], np.cumsum(each)[:-1]])
    at = np.arange(int(each.sum())) + np.repeat(basket.indptr[row] - starts, each)
    bought = basket.indices[at]
    added = np.asarray(lookup[bought, np.repeat(item, each)]).ravel()
    most = np.maximum.reduceat(added, starts)
    first = np.flatnonzero(added == np.repeat(most, each))
    owner = np.repeat(np.arange(len(row)), each)[first]
    return bought[first[np.unique(owner, return_index=True)[1]]], most
