"""Whether offers paid: arithmetic by hand, units, and what the offers learn."""

import pyarrow as pa
import pytest

from regulars.config import Settings
from regulars.decisions.offers import Offer
from regulars.pipeline.features import build_features
from regulars.pipeline.measure import first_assignments, measure
from regulars.schema import ASSIGNMENTS, MONEY_UNITS, OFFER_EFFECTS
from regulars.store.assignments import record_assignments

DAY = 100
VOUCHER = Offer(
    id="voucher", title="Voucher", lever="grow", channel="email", stages=("active",), cost_per_contact=0.5,
    response_rate=0.1, response_rate_low=0.0, response_rate_high=0.2,
)  # fmt: skip


def assignment(customer, treated, offer="voucher", day=DAY, run="r1", **more):
    row = {
        "run_id": run, "customer_id": customer, "offer_id": offer, "lever": "grow", "channel": "email",
        "treated": treated, "propensity": 0.5, "assigned_day": day, "audience": "csv", "expected_margin": 10.0,
        "no_purchase_probability": 0.5, "contact_cost": 0.5 if treated else 0.0, "expected_gain": 1.0,
    }  # fmt: skip
    return row | more


def purchase(customer, day, value, discount=0.0, order=None):
    return {"user_id": customer, "day": day, "value": int(value * MONEY_UNITS), "order_id": order,
            "properties": f'{{"discount_value": {int(discount * MONEY_UNITS)}}}' if discount else None}  # fmt: skip


def measured(store, rows, as_of=DAY + 30, offers=(VOUCHER,), margin_rate=0.4):
    record_assignments(store, pa.Table.from_pylist(rows, schema=ASSIGNMENTS.arrow_schema()))
    tables = build_features(store, Settings(), as_of)
    found = measure(store, tables, Settings(), offers, margin_rate)
    assert found.table.schema == OFFER_EFFECTS.arrow_schema()
    return found


def row_of(found, offer="voucher"):
    return next(row for row in found.table.to_pylist() if row["offer_id"] == offer)


@pytest.fixture
def shop(stored):
    """Forty treated and forty held-out customers; 30 treated and 10 held-out buy for 20.00 afterwards."""
    events = [purchase(f"{arm}{number}", 50, 20) for arm in "th" for number in range(40)]
    events += [purchase(f"t{number}", DAY + 5, 20) for number in range(30)]
    events += [purchase(f"h{number}", DAY + 5, 20) for number in range(10)]
    rows = [assignment(f"{arm}{number}", arm == "t") for arm in "th" for number in range(40)]
    return stored, events, rows


def test_margin_is_that_of_orders_less_contacts(shop):
    stored, events, rows = shop
    row = row_of(measured(stored(events), rows))
    # 0.4 x 20 from 30 and from 10 of 40, and 0.50 for each contact.
    assert row["margin_difference"] == pytest.approx(0.4 * 20 * (30 - 10) / 40 - 0.5)
    assert row["purchase_rate_treated"] == pytest.approx(0.75)
    assert row["purchase_rate_difference"] == pytest.approx(0.5)
    assert row["margin_difference_low"] < row["margin_difference"] < row["margin_difference_high"]
    assert row["verdict"] == "pays"
    assert row["follow_up_days"] == 30


def test_a_discount_costs_its_full_amount(stored):
    events = [purchase("t", 50, 20), purchase("h", 50, 20)]
    events += [purchase("t", DAY + 1, 18, discount=2), purchase("h", DAY + 1, 20)]
    store = stored(events)
    found = measured(store, [assignment("t", True, contact_cost=0.0), assignment("h", False)])
    # Goods cost 0.6 of what all orders brought: 0.6 x 78 on 80 of prices before discounts.
    cost = 0.6 * 78 / 80 * 20
    tables = build_features(store, Settings(), DAY + 30)
    from regulars.pipeline.measure import _units

    rows = [assignment(name, name == "t", contact_cost=0.0) | {"follow_up_days": 30} for name in "th"]
    units = _units(store, tables, rows, 90, 0.4)
    assert units.margin.tolist() == pytest.approx([18 - cost, 20 - cost])
    assert row_of(found)["verdict"] == "too_early"  # one person in an arm


def test_refunds_are_netted_and_refunds_of_earlier_orders_count_nowhere(shop):
    stored, events, rows = shop
    events = [event | {"order_id": f"o{place}", "item_id": "x"} for place, event in enumerate(events)]
    back = {"type": "refund", "item_id": "x", "quantity": -MONEY_UNITS, "value": -20 * MONEY_UNITS}
    events.append(
        back | {"user_id": "t0", "order_id": "o80", "day": DAY + 9}
    )  # the order after the assignment
    events.append(back | {"user_id": "h39", "order_id": "o79", "day": DAY + 9})  # the order before it
    row = row_of(measured(stored(events), rows))
    assert row["margin_difference"] == pytest.approx(0.4 * 20 * (29 - 10) / 40 - 0.5)
    assert row["purchase_rate_treated"] == pytest.approx(29 / 40)


def test_only_the_days_after_the_assignment_count(shop):
    stored, events, rows = shop
    events = [*events, purchase("h39", DAY, 500), purchase("h38", DAY + 91, 500)]
    row = row_of(measured(stored(events), rows, as_of=DAY + 120))
    assert row["purchase_rate_held_out"] == pytest.approx(0.25)
    assert row["follow_up_days"] == 90


def test_young_assignments_wait(shop):
    stored, events, rows = shop
    early = row_of(measured(stored(events), rows, as_of=DAY + 13))
    assert early["verdict"] == "too_early"
    assert early["response_rate_measured"] is None
    assert early["response_rate_used"] == VOUCHER.response_rate
    assert measured(stored(events), rows, as_of=DAY - 1).table.num_rows == 0


def test_the_response_is_learned(shop):
    stored, events, rows = shop
    found = measured(stored(events), rows)
    row = row_of(found)
    # Half of the assigned would not have bought: a difference of 0.5 is a response of 1.
    assert row["response_rate_measured"] == pytest.approx(1.0)
    assert VOUCHER.response_rate < row["response_rate_used"] < 1.0
    assert 0 < row["measured_weight"] < 1
    (learned,) = found.offers
    assert learned.response_rate == pytest.approx(row["response_rate_used"])
    assert learned.measured == (row["measured_weight"] >= 0.5)


def test_an_offer_that_is_no_more_in_the_catalogue_is_still_measured(shop):
    stored, events, rows = shop
    found = measured(stored(events), rows, offers=())
    assert row_of(found)["verdict"] == "pays"
    assert row_of(found)["response_rate_measured"] is None
    assert found.offers == ()


def test_all_offers_together_count_each_customer_once(shop):
    stored, events, rows = shop
    later = [assignment(row["customer_id"], row["treated"], "gift", DAY + 10, "r2") for row in rows]
    found = measured(stored(events), rows + later, as_of=DAY + 60)
    every = row_of(found, None)
    assert (every["treated_count"], every["held_out_count"]) == (40, 40)
    # Two contacts of 0.50 in the days of the first assignment.
    assert every["margin_difference"] == pytest.approx(0.4 * 20 * 0.5 - 1.0)
    assert [row["offer_id"] for row in found.table.to_pylist()] == ["gift", "voucher", None]
    assert row_of(found, "gift")["verdict"] == "not_alone"


def test_first_assignments_of_an_offer_are_free_of_others():
    rows = [
        {"customer_id": customer, "offer_id": offer, "assigned_day": day}
        for customer, offer, day in (
            ("ann", "a", 0), ("bob", "b", 0), ("ann", "a", 30), ("bob", "a", 30), ("cid", "b", 30), ("cid", "a", 130)
        )
    ]  # fmt: skip
    assert first_assignments(rows, "a", 90) == [0, 5]
    assert first_assignments(rows, "b", 90) == [1, 4]
    assert first_assignments(rows, None, 90) == [0, 1, 4]


def test_customers_who_are_one_by_now_count_once(shop):
    stored, events, rows = shop
    identities = [{"id": "t1", "id_kind": "user", "customer_id": "t0"}]
    row = row_of(measured(stored(events, identities=identities), rows), None)
    assert (row["treated_count"], row["held_out_count"]) == (39, 40)


def test_runs_with_other_holdout_shares_are_no_effect(stored):
    """Good customers came first with few held out, poor ones later with many: nobody's offer did anything."""
    events, rows = [], []
    for wave, (value, held_out) in enumerate(((100, 20), (10, 60))):
        for number in range(100):
            customer, day = f"w{wave}_{number:03d}", DAY + 30 * wave
            events.append(purchase(customer, 50, 20))
            events += [purchase(customer, day + 3, value)] if number % 2 else []
            chance = 1 - held_out / 100
            treated = number >= held_out
            rows.append(
                assignment(customer, treated, day=day, run=f"r{wave}", propensity=chance, contact_cost=0.0)
            )
    row = row_of(measured(stored(events), rows, as_of=DAY + 150))
    assert row["margin_difference"] == pytest.approx(0.0, abs=1e-6)
