"""Exactly one stage per customer and day, learned bounds, and the history of one life."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.errors import ColumnError, OptionError
from regulars.models.lifecycle import FixedDaysRule, LifecycleRule
from regulars.schema import STAGES

COLUMNS = ("purchase_day_count", "frequency", "recency_days", "days_since_last_purchase", "gap_last_days")


def as_of(days: list[int], day: int) -> dict[str, int | bool | None]:
    """The columns of a customer who bought on ``days``, as of ``day``."""
    past = sorted(d for d in set(days) if d <= day)
    return {
        "purchase_day_count": len(past),
        "frequency": max(len(past) - 1, 0),
        "recency_days": past[-1] - past[0] if past else None,
        "days_since_last_purchase": day - past[-1] if past else None,
        "gap_last_days": past[-1] - past[-2] if len(past) > 1 else None,
        "signed_up": False,
        "seen": bool(past),
    }


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    types = dict.fromkeys(COLUMNS, pa.int64()) | {"signed_up": pa.bool_(), "seen": pa.bool_()}
    return pa.Table.from_pylist(rows, schema=pa.schema(types))


def shop(customers: int = 400, seed: int = 0) -> pa.Table:
    """Customers with rhythms of their own between about a week and half a year, as of day 700."""
    rng = np.random.default_rng(seed)
    rows = []
    for gap in 7 + rng.gamma(2, 20, customers):
        days = np.cumsum(1 + rng.exponential(gap, 40)).astype(int) + int(rng.integers(0, 300))
        last = int(rng.integers(300, 701))
        rows.append(as_of([d for d in days.tolist() if d <= last] or [last], 700))
    return table_of(rows)


RULE = LifecycleRule().fit(shop())


@st.composite
def lives(draw: st.DrawFn) -> dict[str, Any]:
    """Any whole numbers that a customer can have."""
    row = as_of(draw(st.lists(st.integers(0, 2000), max_size=8)), 2000)
    return row | {"signed_up": draw(st.booleans()), "seen": row["seen"] or draw(st.booleans())}


def written_out(
    row: dict[str, Any], risk: int, churn: int, back: int, cycle: float, loyal: int
) -> str | None:
    """The precedence in plain words, one customer at a time."""
    if row["purchase_day_count"] == 0:
        return "registered" if row["signed_up"] else "visitor" if row["seen"] else None
    silence, gap = row["days_since_last_purchase"], row["gap_last_days"]
    if silence > churn:
        return "churned"
    if silence > risk:
        return "at_risk"
    if gap is not None and gap > back:
        return "reactivated"
    if row["frequency"] == 0 and silence <= cycle:
        return "new"
    return "loyal" if row["purchase_day_count"] >= loyal else "active"


@given(st.lists(lives(), min_size=1, max_size=30))
def test_each_row_has_exactly_one_stage_and_it_is_the_first_that_holds(rows: list[dict[str, Any]]) -> None:
    table = table_of(rows)
    told = RULE.explain(table).to_pylist()
    expected = [
        written_out(
            row,
            part["risk_bound_days"],
            part["churn_bound_days"],
            part["return_bound_days"],
            RULE.cycle_days_,
            RULE.loyal_purchase_days_,
        )
        for row, part in zip(rows, told, strict=True)
    ]
    stages = RULE.predict(table)["stage"].to_pylist()
    assert stages == expected == [part["stage"] for part in told]
    assert {stage for stage, row in zip(stages, rows, strict=True) if row["seen"]} <= set(STAGES)
    fixed = FixedDaysRule().predict(table)["stage"].to_pylist()
    assert fixed == [written_out(row, 90, 180, 180, 30, 3) for row in rows]


numbers = st.one_of(st.none(), st.integers(0, 10**6))


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000), numbers, st.integers(0, 10**6), numbers))
)
def test_even_numbers_that_contradict_each_other_get_one_stage(rows: list[tuple[int | None, ...]]) -> None:
    table = table_of(
        [dict(zip(COLUMNS, row, strict=True)) | {"seen": True, "signed_up": False} for row in rows]
    )
    for rule in (RULE, FixedDaysRule()):
        assert set(rule.predict(table)["stage"].to_pylist()) <= set(STAGES)


@given(st.lists(lives(), min_size=1, max_size=30))
def test_bounds_are_whole_days_and_churn_is_beyond_risk(rows: list[dict[str, Any]]) -> None:
    bounds = RULE.bounds(table_of(rows))
    risk, churn = (bounds[name].to_numpy() for name in ("risk_bound_days", "churn_bound_days"))
    assert risk.dtype == churn.dtype == np.int64
    assert (risk >= 1).all() and (churn > risk).all()


@given(st.lists(lives(), min_size=1, max_size=30))
def test_the_parts_of_the_expected_gap_add_up(rows: list[dict[str, Any]]) -> None:
    told = RULE.explain(table_of(rows))
    parts = told["expected_gap_own_days"].to_numpy() + told["expected_gap_shop_days"].to_numpy()
    np.testing.assert_allclose(parts, told["expected_gap_days"].to_numpy(), rtol=1e-12)


@given(st.lists(st.integers(0, 1500), min_size=2, max_size=8, unique=True))
def test_the_return_bound_is_the_churn_bound_of_the_day_before_the_return(days: list[int]) -> None:
    last = max(days)
    before = RULE.bounds(table_of([as_of(days, last - 1)]))["churn_bound_days"][0].as_py()
    now = RULE.explain(table_of([as_of(days, last)])).to_pylist()[0]
    assert now["return_bound_days"] == before
    assert (now["stage"] == "reactivated") == (now["gap_last_days"] > before)


def test_a_life_goes_through_the_stages_in_order() -> None:
    days = [0, 10, 20, 30, 40, 50, 1500, 1530]
    rule = LifecycleRule(loyal_purchase_days=3).fit(shop())
    stages = rule.predict(table_of([as_of(days, day) for day in range(1600)]))["stage"].to_pylist()
    seen = [stage for at, stage in enumerate(stages) if at == 0 or stages[at - 1] != stage]
    assert seen == ["new", "active", "loyal", "at_risk", "churned", "reactivated", "loyal"]
    assert stages[1500] == stages[1529] == "reactivated" and stages[1530] == "loyal"


def test_a_frequent_buyer_is_late_sooner() -> None:
    weekly, yearly = [*range(0, 100, 7)], [0, 350, 700]
    bounds = RULE.bounds(table_of([as_of(weekly, 100), as_of(yearly, 700)]))
    for name in ("risk_bound_days", "churn_bound_days"):
        assert bounds[name][0].as_py() * 3 < bounds[name][1].as_py()


def test_one_order_beyond_a_cycle_is_active_until_the_risk_bound() -> None:
    bound = RULE.bounds(table_of([as_of([0], 0)]))["risk_bound_days"][0].as_py()
    assert RULE.cycle_days_ < bound
    stages = RULE.predict(table_of([as_of([0], day) for day in (int(RULE.cycle_days_), bound, bound + 1)]))
    assert stages["stage"].to_pylist() == ["new", "active", "at_risk"]


def test_bounds_keep_their_promise_on_gaps_not_seen_at_fit() -> None:
    told = RULE.explain(shop(2000, seed=1))
    gap, frequency = (
        told[name].to_numpy(zero_copy_only=False) for name in ("gap_last_days", "expected_gap_days")
    )
    late = gap > told["return_bound_days"].to_numpy()
    share = late[~np.isnan(gap)].mean()
    assert len(frequency) == 2000
    assert abs(share - 0.05) < 0.02


def test_without_a_repeat_buyer_the_documented_bounds_hold() -> None:
    for rows in ([as_of([0], 5)], [as_of([0], 5), as_of([3], 5)], []):
        rule = LifecycleRule().fit(table_of(rows))
        bounds = rule.bounds(table_of([as_of([0], 5)])).to_pylist()
        assert bounds == [{"risk_bound_days": 97, "churn_bound_days": 180}]
        assert rule.loyal_purchase_days_ == 3 and rule.prior_gaps_ == 2.0


def test_one_customer_can_teach_a_rule() -> None:
    table = table_of([as_of([0, 10, 21], 25)])
    rule = LifecycleRule().fit(table)
    assert rule.shop_gap_days_ == 10.5
    assert rule.predict(table)["stage"].to_pylist() == ["active"]  # nobody is the upper third of one


def test_loyal_is_at_most_the_upper_third_and_at_least_three_days() -> None:
    counts = [1] * 3 + [5] * 3 + [9] * 3
    rule = LifecycleRule().fit(table_of([as_of([d * 10 for d in range(n)], 100) for n in counts]))
    assert rule.loyal_purchase_days_ == 6
    assert LifecycleRule(loyal_purchase_days=4).fit(shop()).loyal_purchase_days_ == 4


def test_a_table_of_customers_needs_neither_sign_up_nor_seen() -> None:
    table = table_of([as_of([], 10)]).drop_columns(["signed_up", "seen"])
    assert RULE.predict(table)["stage"].to_pylist() == ["visitor"]


def test_what_cannot_be_is_refused() -> None:
    row = as_of([0, 10], 20)
    with pytest.raises(ColumnError, match="days_since_last_purchase holds -1 in row 0"):
        RULE.predict(table_of([row | {"days_since_last_purchase": -1}]))
    with pytest.raises(ColumnError, match="has purchases and no days_since_last_purchase"):
        RULE.predict(table_of([row | {"days_since_last_purchase": None}]))
    with pytest.raises(OptionError, match="0 < risk_quantile < churn_quantile < 1"):
        LifecycleRule(risk_quantile=0.99).fit(shop())
    with pytest.raises(OptionError, match="0 < at_risk_days < churned_days"):
        FixedDaysRule(at_risk_days=200).fit(shop())


@pytest.mark.data
def test_on_a_real_shop_the_stages_tell_who_comes_back(data_dir: Path) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    lines = pq.read_table(data_dir / "online_retail" / "online_retail.parquet")
    bought = pc.and_(pc.greater(lines["Quantity"], 0), pc.is_valid(lines["CustomerID"]))
    lines = lines.filter(bought)
    customer = np.asarray(pc.cast(lines["CustomerID"], pa.float64()).to_numpy(), np.int64)
    day = np.asarray(lines["InvoiceDate"].to_numpy(), "datetime64[D]").astype(np.int64)
    cut = int(np.datetime64("2011-09-09", "D").astype(np.int64))
    pairs = np.unique(np.stack([customer, day], axis=1), axis=0)
    lives: dict[int, list[int]] = {}
    for who, when in pairs.tolist():
        lives.setdefault(who, []).append(when)
    buyers = {who: days for who, days in lives.items() if days[0] <= cut}
    table = table_of([as_of(days, cut) for days in buyers.values()])
    stages = np.array(LifecycleRule().fit(table).predict(table)["stage"].to_pylist())
    back = np.array([any(cut < d <= cut + 90 for d in days) for days in buyers.values()])
    rate = {stage: back[stages == stage].mean() for stage in set(stages.tolist())}
    assert set(rate) == {"new", "active", "loyal", "at_risk", "reactivated", "churned"}
    assert rate["loyal"] > rate["active"] > rate["at_risk"] > rate["churned"]
