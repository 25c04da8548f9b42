"""The decision: one row a customer, the budget, the hold-out, ranks, intervals and independence of order."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from regulars.decisions.offers import default_offers_toml, parse_offers
from regulars.decisions.policy import decide
from regulars.decisions.reasons import REASONS
from regulars.decisions.rules import Rules
from regulars.errors import ColumnError, OptionError
from regulars.schema import ACTIONS

OFFERS = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")
LIMITS: dict[str, Any] = {
    "budget": 150.0,
    "holdout_share": 0.1,
    "margin_rate": 0.4,
    "currency": "GBP",
    "horizon_days": 90,
    "items_per_action": 2,
    "run_id": "run",
}


def ranked(customers: pa.Table, items: int = 3) -> pa.Table:
    ids = customers.column("customer_id").to_pylist()
    return pa.table(
        {
            "customer_id": [name for name in ids for _ in range(items)],
            "rank": list(range(items, 0, -1)) * len(ids),
            "item_id": [f"{name}-{rank}" for name in ids for rank in range(items, 0, -1)],
        }
    )


def decided(customers: pa.Table, offers: Any = OFFERS, rules: Rules | None = None, **limits: Any) -> pa.Table:
    return decide(customers, ranked(customers), offers, rules or Rules(), **{**LIMITS, **limits})


@pytest.fixture(scope="module")
def shop(many: Any) -> pa.Table:
    return many(3_000)


@pytest.fixture(scope="module")
def actions(shop: pa.Table) -> pa.Table:
    return decided(shop)


def units(column: Any) -> int:
    return sum(round(value * 10_000) for value in column.to_pylist())


def test_one_row_per_customer_with_the_columns_of_the_schema(shop: pa.Table, actions: pa.Table) -> None:
    assert actions.schema.equals(ACTIONS.arrow_schema())
    assert actions["customer_id"].to_pylist() == sorted(shop["customer_id"].to_pylist())
    assert sum(actions[name].null_count for name in ACTIONS.names if name not in ("offer_id", "channel")) == 0
    actions.validate(full=True)


@pytest.mark.parametrize("budget", [0.0, 0.03, 1.0, 17.77, 150.0, 1e6])
def test_the_budget_is_never_broken(shop: pa.Table, budget: float) -> None:
    found = decided(shop, budget=budget)
    assert units(found["cost"]) <= round(budget * 10_000)


def test_a_binding_budget_is_spent(shop: pa.Table) -> None:
    assert units(decided(shop, budget=50.0)["cost"]) > 499_000


def test_more_money_brings_more(shop: pa.Table) -> None:
    gains = [sum(decided(shop, budget=b)["expected_gain"].to_pylist()) for b in (0, 10, 100, 1000)]
    assert gains == sorted(gains)
    assert gains[0] < gains[-1]


def test_every_offer_made_pays(actions: pa.Table) -> None:
    made = actions.filter(pc.is_valid(actions["offer_id"]))
    none = actions.filter(pc.is_null(actions["offer_id"]))
    assert min(made["expected_gain"].to_pylist()) > 0
    for name in ("expected_gain", "expected_gain_low", "expected_gain_high", "cost"):
        assert set(none[name].to_pylist()) == {0.0}
    assert set(none["lever"].to_pylist()) == {"none"}
    assert set(none["channel"].to_pylist()) == {None}
    assert not any(none["assumed"].to_pylist())
    assert all(made["assumed"].to_pylist())


def test_intervals_hold_the_gain(actions: pa.Table) -> None:
    low, gain, high = (
        actions[name].to_numpy() for name in ("expected_gain_low", "expected_gain", "expected_gain_high")
    )
    assert (low <= gain).all()
    assert (gain <= high).all()
    assert (low < high).any()


def test_ranks_follow_the_gain_then_the_customer(actions: pa.Table) -> None:
    rows = sorted(actions.to_pylist(), key=lambda row: row["rank"])
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    keys = [(-row["expected_gain"], row["customer_id"]) for row in rows]
    assert keys == sorted(keys)


def test_row_order_does_not_matter(shop: pa.Table, actions: pa.Table) -> None:
    mixed = shop.take(pa.array(np.random.default_rng(1).permutation(shop.num_rows)))
    assert decided(mixed).equals(actions)
    assert decided(shop).equals(actions)


def test_the_holdout_gets_nothing_and_keeps_its_intended_offer(shop: pa.Table, actions: pa.Table) -> None:
    draws = dict(zip(shop["customer_id"].to_pylist(), shop["holdout_draw"].to_pylist(), strict=True))
    for row in actions.to_pylist():
        values = json.loads(row["reason_values"])
        assert row["holdout"] == (draws[row["customer_id"]] < 0.1)
        assert ("intended_offer_id" in values) == (row["reason_code"] == "holdout")
        if row["reason_code"] == "holdout":
            assert row["holdout"]
            assert row["offer_id"] is None
            assert row["propensity"] == 0.1
            assert values["expected_gain"] > 0
        else:
            assert row["propensity"] == (0.9 if row["offer_id"] else 1.0)


def test_the_holdout_is_a_fair_control(many: Any) -> None:
    """Who is offered something depends on the customer and not on the draw: both arms intend the same."""
    shop = many(20_000, seed=3)
    found = decided(shop, budget=400.0).to_pylist()
    share = {}
    for arm in (True, False):
        rows = [row for row in found if row["holdout"] == arm]
        share[arm] = np.mean(
            [(row["offer_id"] is not None) or row["reason_code"] == "holdout" for row in rows]
        )
    error = np.sqrt(share[False] * (1 - share[False]) / (0.1 * len(found)))
    assert share[True] == pytest.approx(share[False], abs=3 * error)


def test_the_intended_offer_is_what_the_customer_would_have_got(shop: pa.Table) -> None:
    """Without a binding budget the hold-out's intended offers are those that it gets without a hold-out."""
    held = decided(shop, budget=1e6).to_pylist()
    treated = decided(shop, budget=1e6, holdout_share=0.0).to_pylist()
    for one, other in zip(held, treated, strict=True):
        intended = json.loads(one["reason_values"]).get("intended_offer_id", one["offer_id"])
        assert intended == other["offer_id"]


def test_without_a_holdout_everything_is_certain(shop: pa.Table) -> None:
    found = decided(shop, holdout_share=0.0)
    assert set(found["propensity"].to_pylist()) == {1.0}
    assert not any(found["holdout"].to_pylist())


def test_all_in_the_holdout(shop: pa.Table) -> None:
    found = decided(shop, holdout_share=1.0)
    assert found["offer_id"].null_count == found.num_rows
    assert units(found["cost"]) == 0


def test_items_best_first_and_no_more_than_asked(actions: pa.Table) -> None:
    carrying = {offer.id for offer in OFFERS if offer.carries_items}
    for row in actions.to_pylist():
        name = row["customer_id"]
        assert row["item_ids"] == ([f"{name}-1", f"{name}-2"] if row["offer_id"] in carrying else [])


def test_reasons_are_known_codes(actions: pa.Table) -> None:
    assert set(actions["reason_code"].to_pylist()) <= set(REASONS)


def test_no_offers_means_doing_nothing(shop: pa.Table) -> None:
    found = decided(shop, offers=())
    assert set(found["reason_code"].to_pylist()) == {"no_offer_pays"}


def test_no_customers(shop: pa.Table) -> None:
    found = decided(shop.slice(0, 0))
    assert found.num_rows == 0
    assert found.schema.equals(ACTIONS.arrow_schema())


def test_one_customer_and_no_recommendations(customers: Any, offer: Any) -> None:
    found = decide(customers(customer_id=["a"]), None, (offer(),), Rules(), **LIMITS)
    assert found["offer_id"].to_pylist() == ["voucher"]


def test_nothing_wins_where_the_discount_goes_to_those_who_buy_anyway(customers: Any, offer: Any) -> None:
    table = customers(churn_probability=[0.1, 0.95])
    found = decide(table, None, (offer(discount_rate=0.15),), Rules(), **LIMITS)
    assert found["offer_id"].to_pylist() == [None, "voucher"]
    assert found["reason_code"].to_pylist() == ["no_offer_pays", "active_grow"]
    lost = json.loads(found["reason_values"][0].as_py())
    assert lost["best_offer_id"] == "voucher"
    assert lost["expected_gain"] < 0
    assert "limit" not in lost


def test_excluded_customers_and_small_gains(customers: Any, offer: Any) -> None:
    found = decide(customers(), None, (offer(),), Rules(exclude_customers=("a",)), **LIMITS)
    assert found["offer_id"].to_pylist() == [None, "voucher"]
    assert json.loads(found["reason_values"][0].as_py())["limit"] == "excluded"
    gain = found["expected_gain"][1].as_py()
    for least, made in ((gain, True), (gain + 0.0001, False)):
        again = decide(customers(), None, (offer(),), Rules(minimum_expected_gain=least), **LIMITS)
        assert (again["offer_id"][1].as_py() is not None) == made


def test_a_spent_budget_is_a_reason(customers: Any, offer: Any) -> None:
    found = decide(customers(), None, (offer(),), Rules(), **{**LIMITS, "budget": 0.15})
    assert found["reason_code"].to_pylist() == ["active_grow", "budget_spent"]
    assert json.loads(found["reason_values"][1].as_py())["limit"] == "budget"


def test_measured_offers_are_not_marked_assumed(customers: Any, offer: Any) -> None:
    found = decide(customers(), None, (offer(measured=True, source="test"),), Rules(), **LIMITS)
    assert found["assumed"].to_pylist() == [False, False]


@pytest.mark.parametrize(
    "limits",
    [{"budget": -1.0}, {"budget": float("nan")}, {"holdout_share": 1.1}, {"margin_rate": -0.1}],
)
def test_options_outside_their_range(shop: pa.Table, limits: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=next(iter(limits))):
        decided(shop, **limits)


def test_a_missing_column_is_an_error(shop: pa.Table) -> None:
    with pytest.raises(ColumnError, match="holdout_draw"):
        decided(shop.drop_columns(["holdout_draw"]))
