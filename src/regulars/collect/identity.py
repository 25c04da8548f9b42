"""Ids -> one customer. Merges are edges with time and evidence; no event is rewritten, so all can be undone."""

from __future__ import annotations

import pyarrow as pa

from regulars.collect.kernels import Array, pc
from regulars.schema import ANONYMOUS_PREFIX

EVIDENCE = "seen together on one event"

_LINK_TYPES: dict[str, pa.DataType] = {
    "user_id": pa.string(),
    "anonymous_id": pa.string(),
    "first_us": pa.int64(),
}
LINKS = pa.schema(_LINK_TYPES)
"""One row per pair of ids that events carry, with the first instant; either id may be null."""


def merge_edges(links: pa.Table) -> pa.Table:
    """Which user each anonymous id belongs to, since when, and why.

    An anonymous id (a device, a browser) belongs to the user it was first seen with; in a tie, to the first in
    the alphabet. A device that two users share stays with the first and merges nobody.

    Parameters
    ----------
    links
        Columns of :data:`LINKS`; rows in any order, pairs may repeat.

    Returns
    -------
    pa.Table
        ``anonymous_id, user_id, first_us`` (UTC microseconds), ``evidence``; one row per linked anonymous id,
        ordered by it.

    >>> pairs = pa.table({"user_id": ["u2", "u1", None], "anonymous_id": ["d", "d", "e"], "first_us": [9, 5, 1]})
    >>> merge_edges(pairs).to_pylist()
    [{'anonymous_id': 'd', 'user_id': 'u1', 'first_us': 5, 'evidence': 'seen together on one event'}]
    """
    pairs = links.select(LINKS.names).cast(LINKS)
    both = pc.and_(pairs["user_id"].is_valid(), pairs["anonymous_id"].is_valid())
    pairs = pairs.filter(both).sort_by(
        [(name, "ascending") for name in ("anonymous_id", "first_us", "user_id")]
    )
    edges = _first_of(pairs.combine_chunks(), "anonymous_id").select(["anonymous_id", "user_id", "first_us"])
    return edges.append_column("evidence", pa.array([EVIDENCE] * edges.num_rows, pa.string()))


def identity_map(links: pa.Table) -> pa.Table:
    """The customer of every id.

    A user is its own customer: two users are never merged, whatever they share. An anonymous id has the
    customer of :func:`merge_edges`, and without a user becomes the customer ``a:ID``.

    Parameters
    ----------
    links
        Columns of :data:`LINKS`.

    Returns
    -------
    pa.Table
        ``id, id_kind`` (``user`` or ``anonymous``), ``customer_id``; one row per id, ordered by kind and id.

    >>> pairs = pa.table({"user_id": ["u1", None], "anonymous_id": ["d", "e"], "first_us": [5, 1]})
    >>> [(row["id"], row["customer_id"]) for row in identity_map(pairs).to_pylist()]
    [('d', 'u1'), ('e', 'a:e'), ('u1', 'u1')]
    """
    users = pc.unique(links["user_id"].cast(pa.string())).drop_null()
    devices = pa.table({"id": pc.unique(links["anonymous_id"].cast(pa.string())).drop_null()})
    edges = merge_edges(links).select(["anonymous_id", "user_id"])
    devices = devices.join(edges, keys="id", right_keys="anonymous_id", join_type="left outer")
    own = pc.binary_join_element_wise(ANONYMOUS_PREFIX, devices["id"], "")
    parts = [
        _kind(devices["id"], "anonymous", pc.coalesce(devices["user_id"], own)),
        _kind(users, "user", users),
    ]
    return pa.concat_tables(parts).sort_by([("id_kind", "ascending"), ("id", "ascending")]).combine_chunks()


def _kind(ids: Array, kind: str, customers: Array) -> pa.Table:
    return pa.table(
        {"id": ids, "id_kind": pa.array([kind] * len(ids), pa.string()), "customer_id": customers}
    )


def _first_of(ordered: pa.Table, key: str) -> pa.Table:
    """The first row of each run of equal keys."""
    if ordered.num_rows < 2:
        return ordered
    keys = ordered[key].combine_chunks()
    return ordered.filter(pa.concat_arrays([pa.array([True]), pc.not_equal(keys[1:], keys[:-1])]))
