"""The best entries of a row against a plain sort, in blocks or at once, and what fills the rest."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from regulars.models.recommend.shortlist import NOBODY, best_of_dense, best_of_sparse, blocks, fill

matrices = st.integers(1, 7).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.0 + 1e-15, 2.0]), min_size=width, max_size=width),
        min_size=1,
    )
)


@given(matrices, st.integers(1, 9))
def test_the_best_are_those_of_a_plain_sort(rows: list[list[float]], n: int) -> None:
    scores = np.array(rows)
    for columns, values in (best_of_dense(scores, n), best_of_sparse(csr_array(scores), n)):
        for row, found, value in zip(rows, columns.tolist(), values.tolist(), strict=True):
            # 1 and 1 + 1e-15 are the same score: the lower column goes first.
            expected = sorted((c for c, v in enumerate(row) if v > 0), key=lambda c: (-round(row[c], 9), c))[
                :n
            ]
            assert [c for c in found if c != NOBODY] == expected
            assert [v for c, v in zip(found, value, strict=True) if c != NOBODY] == [row[c] for c in expected]


def test_an_empty_matrix_has_no_best() -> None:
    assert best_of_sparse(csr_array((0, 3)), 2)[0].shape[0] == 0
    assert best_of_sparse(csr_array((2, 3)), 2)[0].tolist() == [[NOBODY], [NOBODY]]
    assert best_of_dense(np.zeros((2, 0)), 2)[0].shape == (2, 0)


@given(st.lists(st.integers(0, 50)), st.integers(1, 60))
def test_blocks_hold_every_row_once_and_stay_small(cost: list[int], cells: int) -> None:
    groups = list(blocks(np.array(cost, np.int64), cells))
    assert sorted(row for group in groups for row in group.tolist()) == list(range(len(cost)))
    for group in groups:
        assert len(group) == 1 or len(group) * max(max(cost[row] for row in group.tolist()), 1) <= cells


@given(st.data())
def test_a_short_list_is_filled_with_the_first_free_items(data: st.DataObject) -> None:
    items, width = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 8))
    order = data.draw(st.permutations(range(items)).map(lambda p: p[: data.draw(st.integers(0, items))]))
    some = st.lists(st.integers(0, items - 1), unique=True)
    listed = [held[:width] for held in data.draw(st.lists(some, min_size=1, max_size=5))]
    bought = data.draw(st.lists(some, min_size=len(listed), max_size=len(listed)))
    taken = np.zeros((len(listed), items))
    for row, held in enumerate(bought):
        taken[row, held] = 1
    padded = np.array([held + [NOBODY] * (width - len(held)) for held in listed])
    for matrix in (None, csr_array(taken)):
        filled = fill(padded, np.array(order, np.int64), items, matrix)
        for row, held in enumerate(listed):
            free = [i for i in order if i not in held and not (matrix is not None and taken[row, i])]
            expected = (held + free + [NOBODY] * width)[:width]
            assert filled[row].tolist() == expected
