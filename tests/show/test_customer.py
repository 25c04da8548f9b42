"""One customer in words."""

from regulars.show.customer import customer_text

RECORD = {
    "customer_id": "a", "run_id": "r", "features": {"purchase_day_count": 0, "line_count": 0}, "stage_history": [],
    "stage": {"stage": "registered"}, "scores": {}, "clv_parts": {}, "churn_parts": {}, "groups": {},
    "action": {"offer_id": "tea", "offer_title": "Free tea", "reason_code": "loyal_reward", "reason_values": {},
               "expected_gain": 2.0, "expected_gain_low": 1.0, "expected_gain_high": 3.0, "assumed": False, "cost": 0.0},
    "recommendations": [
        {"rank": rank, "item_id": f"i{rank}", "title": f"Item {rank}", "reason_item_id": "x", "reason_title": "Pot",
         "reason_share": share}
        for rank, share in ((1, 0.4), (2, 0.009))
    ],
}  # fmt: skip


def test_a_small_share_of_the_score_is_no_reason():
    lines = [line.strip() for line in customer_text(RECORD).splitlines()]
    assert "1. Item 1: 40% of the score because of Pot" in lines and "2. Item 2" in lines


def test_the_offer_is_named_by_its_title_and_id():
    assert "“Free tea” [tea]: Loyal." in customer_text(RECORD)


def test_who_returned_everything_did_buy():
    assert "No purchase yet" in customer_text(RECORD)
    returned = {**RECORD, "features": {"purchase_day_count": 0, "line_count": 2}}
    assert "No order that still stands (2 lines bought, all returned)" in customer_text(returned)
