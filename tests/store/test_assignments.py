"""Who was assigned what, as the store keeps it."""

import pyarrow as pa

from regulars.schema import ASSIGNMENTS
from regulars.store.assignments import assignments_hash, assignments_until, record_assignments


def rows(tool, *people):
    records = [
        {
            "run_id": "r",
            "customer_id": name,
            "offer_id": "o",
            "treated": treated,
            "assigned_day": 5,
            "audience": tool,
        }
        for name, treated in people
    ]
    return pa.Table.from_pylist(records, schema=ASSIGNMENTS.arrow_schema())


def test_a_second_tool_adds_its_name_and_nothing_else(stored):
    store = stored([{}])
    assert record_assignments(store, rows("klaviyo", ("ann", True), ("bob", False))) == 2
    first = assignments_hash(store, 5)
    assert record_assignments(store, rows("mailchimp", ("ann", True), ("bob", False))) == 0
    assert assignments_hash(store, 5) == first != ""
    assert record_assignments(store, rows("mailchimp", ("ann", True), ("cy", True))) == 1
    assert record_assignments(store, rows("mailchimp", ("ann", True))) == 0
    kept = {row["customer_id"]: row["audience"] for row in assignments_until(store, 5).to_pylist()}
    assert kept == {"ann": "klaviyo, mailchimp", "bob": "klaviyo", "cy": "mailchimp"}
    assert assignments_hash(store, 5) != first
    assert assignments_until(store, 4).num_rows == 0 and assignments_hash(store, 4) == ""
