"""Each tool's file."""

import hashlib

import pytest

from regulars.decisions.uploads import TEXT_BYTES, TOOLS, upload

ANN = {
    "customer_id": "17", "email": "Ann.Lee@Gmail.com", "phone": "01632 960001", "country": "UK", "offer_id": "gift",
    "title": "A gift", "lever": "reward", "channel": "email", "item_ids": ["a", "b"],
    "item_titles": ["Tea, green", "Pot"], "reason": "Loyal.", "clv": 12.345, "run_id": "r",
}  # fmt: skip


def first(tool, **changes):
    made = upload([ANN | changes], tool)
    return dict(zip(made.columns, made.rows[0], strict=True))


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("tool", TOOLS)
def test_an_empty_list_has_the_same_columns(tool):
    assert upload([], tool).columns == upload([ANN], tool).columns
    assert all(isinstance(cell, str) for cell in upload([ANN], tool).rows[0])


def test_google_hashes_the_address_as_it_matches_it():
    assert first("google") == {"Email": sha("annlee@gmail.com"), "Phone": sha("+441632960001")}
    assert first("google", email="Ann.Lee@Example.org")["Email"] == sha("ann.lee@example.org")
    assert first("google", phone=None)["Phone"] == ""


def test_meta_hashes_digits_alone():
    row = first("meta")
    assert row["email"] == sha("ann.lee@gmail.com")
    assert row["phone"] == sha("441632960001")
    assert (row["extern_id"], row["value"]) == ("17", "12.35")
    assert first("meta", clv=-3.0)["value"] == "0.00"


def test_mail_tools_have_plain_addresses_and_titles():
    klaviyo = first("klaviyo")
    assert (klaviyo["Email"], klaviyo["Phone Number"]) == ("Ann.Lee@Gmail.com", "+441632960001")
    assert klaviyo["regulars_items"] == "Tea, green; Pot"
    mailchimp = first("mailchimp")
    assert (mailchimp["Email Address"], mailchimp["Tags"]) == ("Ann.Lee@Gmail.com", "regulars,gift")


def test_long_text_is_cut_at_a_whole_letter():
    text = first("mailchimp", item_titles=["é" * 200])["Items"]
    assert len(text.encode()) <= TEXT_BYTES
    assert set(text) == {"é"}
