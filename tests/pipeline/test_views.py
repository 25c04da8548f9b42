"""What `regulars show` shows."""

import pytest

from regulars.errors import OptionError
from regulars.pipeline.views import PUBLISHED, STORED, view

# Of the simulated shop every order is a sale, and none of its offers was exported.
EMPTY = ("left-out", "effects")


@pytest.mark.parametrize("name", [*PUBLISHED, *STORED])
def test_every_view_has_its_rows(finished, name):
    assert (view(finished[0], name).num_rows > 0) == (name not in EMPTY)


def test_customers_come_best_first(finished):
    clv = [v for v in view(finished[0], "customers").column("clv").to_pylist() if v is not None]
    assert clv == sorted(clv, reverse=True)


def test_actions_come_by_rank(finished):
    rank = view(finished[0], "actions").column("rank").to_pylist()
    assert rank == sorted(rank)


def test_an_unknown_view_names_the_nearest(finished):
    with pytest.raises(OptionError, match="Did you mean actions"):
        view(finished[0], "action")
