"""The future agrees with the closed forms, and two policies with one seed differ by their actions alone."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from regulars.errors import ColumnError, OptionError
from regulars.simulate.future import simulate_future
from regulars.simulate.responses import LEVER_NAMES


def _actions(truth, lever):
    names = truth.customers["customer_id"].to_pylist()
    return pa.table({"customer_id": names, "lever": [lever] * len(names)})


def test_what_happens_anyway_agrees_with_the_truth(small_shop):
    truth, runs = small_shop.truth, 12
    futures = [simulate_future(truth, None, 365, seed) for seed in range(runs)]
    last = truth.settings["last_day"]
    soon = [f.filter(pc.field("day") <= last + 90)["customer_id"].unique() for f in futures]
    assert np.mean([len(s) for s in soon]) == pytest.approx(
        truth.column("purchase_probability_90_days").sum(), rel=0.06
    )
    orders = np.mean([f.num_rows for f in futures])
    assert orders == pytest.approx(truth.column("expected_orders_365_days").sum(), rel=0.06)
    margin = np.mean([pc.sum(f["margin"]).as_py() for f in futures])
    assert margin == pytest.approx(truth.column("expected_margin_365_days").sum(), rel=0.08)


@pytest.mark.parametrize("lever", LEVER_NAMES)
def test_an_action_changes_what_the_truth_says_it_does(small_shop, lever):
    truth, runs = small_shop.truth, 8
    change = 0.0
    for seed in range(runs):
        treated = simulate_future(truth, _actions(truth, lever), 90, seed)
        alone = simulate_future(truth, None, 90, seed)
        change += len(treated["customer_id"].unique()) - len(alone["customer_id"].unique())
    expected = truth.column(f"purchase_probability_change_{lever}").sum()
    # Eight runs of 1,200 customers: the difference of two counts is known to about 3 buyers a run.
    assert change / runs == pytest.approx(expected, abs=4.0 + 0.15 * abs(expected))


def test_who_is_left_alone_has_the_same_future_under_every_policy(small_shop):
    truth = small_shop.truth
    some = _actions(truth, "grow").slice(0, 100)
    treated = set(some["customer_id"].to_pylist())
    first = simulate_future(truth, some, 60, 1).to_pylist()
    second = simulate_future(truth, None, 60, 1).to_pylist()
    assert [r for r in first if r["customer_id"] not in treated] == [
        r for r in second if r["customer_id"] not in treated
    ]
    assert simulate_future(truth, _actions(truth, "none"), 60, 1).to_pylist() == second


def test_mistakes_are_one_clear_error(small_shop):
    truth = small_shop.truth
    with pytest.raises(OptionError, match="days=0"):
        simulate_future(truth, None, 0, 0)
    with pytest.raises(ColumnError, match="lever"):
        simulate_future(truth, pa.table({"customer_id": ["C000001"]}), 30, 0)
    with pytest.raises(OptionError, match="Did you mean win_back"):
        simulate_future(truth, pa.table({"customer_id": ["C000001"], "lever": ["winback"]}), 30, 0)
    with pytest.raises(OptionError, match="nobody"):
        simulate_future(truth, pa.table({"customer_id": ["nobody"], "lever": ["grow"]}), 30, 0)
    with pytest.raises(OptionError, match="two actions"):
        simulate_future(truth, pa.table({"customer_id": ["C000001"] * 2, "lever": ["grow"] * 2}), 30, 0)
