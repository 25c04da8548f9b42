"""Vectors in the store: one matrix per kind, replaced item by item, or as a whole by another encoder."""

import numpy as np
import pandas as pd
import pytest

from regulars.pipeline.imports import import_frames
from regulars.pipeline.shop import Shop
from regulars.store.vectors import item_vectors


def catalogue(matrix, ids=None, **more):
    ids = ids or [f"i{n}" for n in range(len(matrix))]
    return pd.DataFrame(
        {"sku": ids, "title": "Tea", "text_embedding": list(np.asarray(matrix, np.float32)), **more}
    )


@pytest.fixture
def shop():
    return Shop.from_frame(catalogue([[1, 2, 3], [4, 5, 6]], ["b", "a"]))


def stored(shop, kind="text"):
    with shop.store() as store:
        ids, matrix = item_vectors(store, kind)
    assert matrix.dtype == np.float32
    return ids, matrix.tolist()


def test_a_matrix_with_the_ids_in_order(shop):
    assert stored(shop) == (["a", "b"], [[4, 5, 6], [1, 2, 3]])
    assert stored(shop, "image") == ([], [])


def test_a_later_file_replaces_item_by_item_and_is_counted(shop):
    (report,) = import_frames(shop, [catalogue([[4, 5, 6], [7, 7, 7], [0, 0, 1]], ["a", "b", "c"])])
    assert (report.stored, report.duplicate) == (2, 1)
    assert stored(shop) == (["a", "b", "c"], [[4, 5, 6], [7, 7, 7], [0, 0, 1]])


def test_another_encoder_replaces_all_of_its_kind(shop):
    import_frames(shop, [catalogue([[1, 0]], ["b"])])
    assert stored(shop) == (["b"], [[1, 0]])


def test_large_ones_are_exact(shop):
    matrix = np.random.default_rng(0).normal(size=(3_000, 64)).astype(np.float32)
    import_frames(shop, [catalogue(matrix, [f"n{n:05d}" for n in range(3_000)])])
    ids, found = stored(shop)
    assert ids[0] == "n00000" and np.array_equal(np.array(found, np.float32), matrix)
