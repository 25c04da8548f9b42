import pyarrow as pa
import pytest

from regulars.collect.contacts import hashed_contact
from regulars.collect.erasures import ErasedPeople, erased_key
from regulars.collect.sources import plan_table

KEY = b"a key of this shop"


@pytest.fixture
def batch(read):
    def made(columns, **changes):
        plan = plan_table(pa.table(columns), **read.settings(**changes))
        batch = next(iter(plan.batches()))
        return batch, plan.mapping

    return made


ORDERS = {
    "order_date": ["2025-01-05", "2025-01-05", "never", "never"], "customer_id": ["17", "18", "17", "18"],
    "email": ["ann@x.org", "bob@x.org", "ann@x.org", "bob@x.org"], "price": ["5", "5", "17", "17"], "sku": ["A"] * 4,
}  # fmt: skip


def test_without_erased_people_a_batch_stays_the_same_object(batch):
    made, mapping = batch(ORDERS)
    assert ErasedPeople((), KEY).without(made, mapping) == (made, 0)


def test_lines_good_and_bad_are_left_out(batch):
    made, mapping = batch(ORDERS)
    kept, count = ErasedPeople([erased_key("17", KEY)], KEY).without(made, mapping)
    assert count == 2 and kept.events["user_id"].to_pylist() == ["18"]
    assert kept.contacts["user_id"].to_pylist() == ["18"]
    # The price 17 of somebody else's line is no id.
    assert kept.rejected["source_row"].to_pylist() == [4]


def test_a_new_id_with_an_erased_address_is_learned(batch):
    made, mapping = batch(ORDERS)
    people = ErasedPeople([erased_key(hashed_contact("ann@x.org", KEY), KEY)], KEY)
    kept, count = people.without(made, mapping)
    assert count == 2 and people.learned == {erased_key("17", KEY)}
    assert kept.events["user_id"].to_pylist() == ["18"]


def test_a_list_of_consent_alone_names_no_contact(batch):
    made, mapping = batch({"customer_id": ["17", "18"], "newsletter": ["no", "yes"], "age": ["30", "40"]})
    people = ErasedPeople([erased_key("17", KEY)], KEY)
    kept, count = people.without(made, mapping)
    assert (count, kept.contacts["user_id"].to_pylist(), people.learned) == (1, ["18"], set())


def test_a_device_counts_only_where_nobody_is_named(batch):
    made, mapping = batch(
        {
            "event_type": ["view"] * 2,
            "event_time": ["2025-01-05"] * 2,
            "user_id": ["18", None],
            "anonymous_id": ["d", "d"],
        }
    )
    kept, count = ErasedPeople([erased_key("d", KEY, "device")], KEY).without(made, mapping)
    assert count == 1 and kept.events["user_id"].to_pylist() == ["18"]


def test_the_kept_key_tells_nobody_the_id():
    assert erased_key("17", KEY) != erased_key("17", b"another shop") != erased_key("17", KEY, "device")
    assert "17" not in erased_key("person 17", KEY).split(":")
