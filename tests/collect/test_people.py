import pyarrow as pa
import pytest

from regulars.collect.contacts import hashed_contact, hashed_name, plain_email, plain_phone
from regulars.collect.sources import plan_import, plan_table

KEY = b"a key of this shop"


@pytest.fixture
def plan(read):
    return lambda columns, **changes: plan_table(pa.table(columns), **read.settings(**changes))


def contacts(plan) -> list[dict]:
    return [row for batch in plan.batches() for row in batch.contacts.to_pylist()]


def orders(**columns) -> dict:
    count = len(next(iter(columns.values())))
    return {"order_date": ["2025-01-05"] * count, "sku": ["A"] * count, "price": ["5"] * count} | columns


@pytest.mark.parametrize(
    ("cell", "plain"),
    [(" Ann@Example.ORG ", "ann@example.org"), ("mailto:ann@example.org", "ann@example.org"), ("<ann@example.org>", "ann@example.org"),
     ("Ann Smith <ann@example.org>", "ann@example.org"), ("'ann@example.org", "ann@example.org"), ("o'neill@x.ie", "o'neill@x.ie"),
     ("ann%40example.org", "ann@example.org"), ("ann＠example.org", "ann@example.org"), ("ann@пример.рф", "ann@пример.рф"),
     ("none", None), ("ann@localhost", None), ("a@b.cd; e@f.gh", None), ("@", None)],
)  # fmt: skip
def test_one_spelling_of_an_address(cell, plain):
    assert plain_email(cell) == plain


@pytest.mark.parametrize(
    ("cell", "plain"),
    [("'+44 20 7946 0958", "442079460958"), ("+44 (0)20 7946-0958", "442079460958"), ("0044.20.7946.0958", "442079460958"),
     ("tel:+442079460958", "442079460958"), ("442079460958.0", "442079460958"), ("020 7946 0958", "02079460958"),
     ("+1 (555) 867-5309 ext. 12", "15558675309"), ("4.42E+11", None), ("12345", None), ("0000000000", None), ("unknown", None)],
)  # fmt: skip
def test_one_spelling_of_a_number(cell, plain):
    assert plain_phone(cell) == plain


def test_the_shops_own_id_comes_before_the_address(plan):
    planned = plan(
        orders(
            customer_id=["17", None, None],
            email=["ann@x.org", "Bob@x.org", "no"],
            phone=["", "", "+49 30 901820"],
        )
    )
    batch = next(iter(planned.batches()))
    hashes = [hashed_contact(contact, KEY) for contact in ("bob@x.org", "+4930901820")]
    assert batch.events["user_id"].to_pylist() == ["17", *hashes]
    assert [row["email"] for row in contacts(planned)] == ["ann@x.org", "bob@x.org", None]


@pytest.mark.parametrize("mapping", [None, {"user_id": "contact"}])
def test_an_address_that_is_the_id_is_a_contact_too(plan, mapping):
    name = "contact" if mapping else "Email"
    planned = plan(orders(**{name: ["Ann <Ann@x.org>", "b@x.org"]}), mapping=mapping)
    batch = next(iter(planned.batches()))
    assert batch.events["user_id"].to_pylist() == [
        hashed_contact("ann@x.org", KEY),
        hashed_contact("b@x.org", KEY),
    ]
    assert [row["email"] for row in contacts(planned)] == ["ann@x.org", "b@x.org"]


@pytest.mark.parametrize(
    ("word", "consent"),
    [("yes", True), ("SUBSCRIBED", True), ("TRUE", True), ("1", True), ("Ja", True), ("oui", True), ("是", True), ("已订阅", True),
     ("no", False), ("UNSUBSCRIBED", False), ("NOT_SUBSCRIBED", False), ("Never subscribed", False), ("PENDING", False), ("cleaned", False),
     ("0", False), ("nein", False), ("non", False), ("désabonné", False), ("否", False), ("perhaps", None), (None, None)],
)  # fmt: skip
def test_words_of_consent(plan, word, consent):
    planned = plan({"customer_id": ["1"], "email": ["a@x.org"], "accepts_marketing": [word], "age": ["30"]})
    assert [row["accepts_marketing"] for row in contacts(planned)] == [consent]


def test_a_refusal_in_a_list_without_addresses_is_kept(plan):
    planned = plan(
        {"customer_id": ["1", "2", "3"], "newsletter": ["no", "yes", None], "age": ["30", "40", "50"]}
    )
    assert [(row["user_id"], row["email"], row["accepts_marketing"]) for row in contacts(planned)] == [
        ("1", None, False),
        ("2", None, True),
    ]


def test_names_that_are_ids_become_hashes_and_a_note_says_so(plan):
    planned = plan(orders(**{"Kunde": ["Ann Smith", "17850", "Schmidt", "ann smith"]}))
    batch = next(iter(planned.batches()))
    ann, schmidt = hashed_name("Ann Smith", KEY), hashed_name("Schmidt", KEY)
    assert batch.events["user_id"].to_pylist() == [ann, "17850", schmidt, ann]
    assert any("Kunde holds names of people" in note for note in planned.notes)


def test_an_address_is_a_better_id_than_a_name(plan):
    planned = plan(orders(customer=["Ann Smith", "Bo Li"], email=["ann@x.org", "bo@x.org"]))
    batch = next(iter(planned.batches()))
    assert "user_id" not in planned.mapping and planned.mapping["email"] == "email"
    assert batch.events["user_id"].to_pylist()[0] == hashed_contact("ann@x.org", KEY)
    assert any("customer" in note and "personal" in note for note in planned.notes)


def test_a_constant_and_a_file_name_hold_no_address(plan, read, tmp_path):
    planned = plan(orders(n=["1"]), mapping={"user_id": "=ann@x.org"})
    assert "ann@x.org" not in str(planned.mapping) and contacts(planned)[0]["email"] == "ann@x.org"
    path = tmp_path / "orders for ann@x.org.csv"
    path.write_text("order_date,customer_id,sku,price\n2025-01-05,1,A,5\n2025-01-05,1,A,never ann@x.org\n")
    planned = plan_import(path, **read.settings())
    batch = next(iter(planned.batches()))
    assert "ann@x" not in planned.file and "ann@x" not in str(batch.rejected.to_pylist())
