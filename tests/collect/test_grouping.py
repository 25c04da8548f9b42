import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.collect.grouping import Grouping, grouped

amount = st.integers(0, 10**7)
lines_of_orders = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-100, 10**9), st.sampled_from("abc")), min_size=1, max_size=30
)


def test_lines_of_an_order_may_stand_anywhere():
    found = grouped(pa.array(["#2", "#1", "#2", None, "#1", None]))
    assert found.of_line.tolist() == [0, 1, 0, 2, 1, 3] and found.count == 4
    assert found.first_line.tolist() == [0, 1, 3, 5] and found.size().tolist() == [2, 2, 1, 1]


def test_cells_are_carried_over_the_order():
    found = grouped(pa.array(["a", "b", "a", "b", "c"]))
    cells = pa.array(["", None, "yes", "no", " "])
    assert found.carried(cells).to_pylist() == ["yes", "no", "yes", "no", None]
    typed = pa.array([1.5, float("nan"), None, 2.5, None])
    assert found.carried(typed).to_pylist() == [1.5, 2.5, 1.5, 2.5, None]


def test_an_amount_that_every_line_repeats_is_taken_once():
    found = grouped(pa.array(["a", "a", "b", "c"]))
    values, stated = found.once(np.array([0, 7, 5, 0]), np.array([False, True, True, False]))
    assert values.tolist() == [7, 5, 0] and stated.tolist() == [True, True, False]


@given(lines_of_orders, st.lists(st.integers(-(10**10), 10**10), min_size=5, max_size=5))
def test_shares_sum_to_the_amount_exactly(lines, amounts):
    orders = sorted({order for order, _, _ in lines})
    of = np.array([orders.index(order) for order, _, _ in lines])
    grouping = Grouping(of, len(orders))
    weights = np.array([weight for _, weight, _ in lines])
    wanted = np.array(amounts[: len(orders)])
    share = grouping.allocated(wanted, weights)
    assert grouping.sum(share).tolist() == wanted.tolist()
    assert (share * np.sign(wanted)[of] >= 0).all()
    total = grouping.sum(np.maximum(weights, 0))
    fits = (np.abs(wanted) <= total)[of]
    assert (np.abs(share) <= np.maximum(weights, 0))[fits & (total > 0)[of]].all()


@given(lines_of_orders, st.integers(0, 10**10), st.randoms())
def test_the_order_of_lines_changes_no_share(lines, amount, random):
    def shares(given):
        weights = np.array([weight for _, weight, _ in given])
        tie = pa.array([item for _, _, item in given])
        share = Grouping(np.zeros(len(given), np.int64), 1).allocated(np.array([amount]), weights, tie)
        return sorted(zip(weights.tolist(), tie.to_pylist(), share.tolist(), strict=True))

    mixed = list(lines)
    random.shuffle(mixed)
    assert shares(lines) == shares(mixed)


def test_cents_stay_cents_and_large_amounts_do_not_overflow():
    one = Grouping(np.array([0, 0, 0]), 1)
    assert one.allocated(np.array([20_000]), np.array([10_000, 10_000, 10_000])).tolist() == [
        6700,
        6700,
        6600,
    ]
    assert one.allocated(np.array([20_001]), np.array([10_000] * 3)).tolist() == [6667, 6667, 6667]
    huge = np.array([4 * 10**17, 2 * 10**17, 3 * 10**17 + 1])
    assert int(one.allocated(np.array([8 * 10**17 + 7]), huge).sum()) == 8 * 10**17 + 7


@pytest.mark.parametrize("weights", [[0, 0, 0], [-5, -1, 0]])
def test_lines_without_a_value_share_equally(weights):
    one = Grouping(np.array([0, 0, 0]), 1)
    assert one.allocated(np.array([30_000]), np.array(weights)).tolist() == [10_000] * 3


def test_no_lines():
    none = grouped(pa.array([], pa.string()))
    assert none.count == 0 and none.carried(pa.array([], pa.string())).to_pylist() == []
    assert none.allocated(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []
    assert none.once(np.zeros(0, np.int64), np.zeros(0, bool))[0].tolist() == []
