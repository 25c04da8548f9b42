"""Forecast origins: their days, and how much history they need."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import OptionError
from regulars.evaluation.splits import origins


@given(st.integers(1, 6), st.integers(1, 120), st.integers(0, 500), st.integers(0, 20_000))
def test_horizons_follow_one_another_to_the_last_day(count: int, horizon: int, more: int, first: int) -> None:
    last = first + (count + 1) * horizon + more
    found = origins(last, count, horizon, first)
    assert len(found) == count
    assert found[-1] + horizon == last
    assert all(later - earlier == horizon for earlier, later in pairwise(found))
    assert found[0] - first >= horizon


def test_too_little_history_says_what_is_needed() -> None:
    with pytest.raises(OptionError, match=r"span 300 days.* need 360") as caught:
        origins(1300, 3, 90, 1000)
    assert "ask for 2 origins" in str(caught.value)
    with pytest.raises(OptionError, match="--horizon-days 50"):
        origins(1100, 1, 90, 1000)


@pytest.mark.parametrize(("count", "horizon"), [(0, 90), (2, 0)])
def test_options_below_one(count: int, horizon: int) -> None:
    with pytest.raises(OptionError, match="1 or more"):
        origins(1000, count, horizon, 0)
