import pyarrow as pa
import pytest

from regulars.collect.contacts import PREFIX, hashed_contact, masked_text, masked_texts, without_contacts

KEY = b"key"


@pytest.mark.parametrize(
    "contact",
    ["ann@example.org", "Ann.B+shop@mail.example.co.uk", "+44 20 7946 0958", "0044 20 7946 0958", "(020) 7946 0958",
     "0171 1234567", "555-867-5309", "13812345678"],
)  # fmt: skip
def test_contact_data_is_hashed(contact):
    hashed = without_contacts(pa.array([contact, "C1"]), KEY).to_pylist()
    assert hashed == [hashed_contact(contact, KEY), "C1"]
    assert hashed[0].startswith(PREFIX) and len(hashed[0]) == len(PREFIX) + 32


@pytest.mark.parametrize(
    "plain", ["17850", "541312140", "2019-10-01", "C000123", "536365", "72d76fde-8bb3-4e00-8c23-a032dfed738c"]
)
def test_ids_stay_ids(plain):
    assert without_contacts(pa.array([plain]), KEY).to_pylist() == [plain]


def test_digits_in_a_phone_column_are_a_phone():
    numbers = pa.array(["02079460958", None])
    assert without_contacts(numbers, KEY, "Phone").to_pylist()[0].startswith(PREFIX)
    assert without_contacts(numbers, KEY, "Telefon").to_pylist()[1] is None
    assert without_contacts(numbers, KEY, "hotel").to_pylist()[0] == "02079460958"


def test_spellings_of_one_contact_agree_and_keys_differ():
    assert hashed_contact(" Ann@Example.org", KEY) == hashed_contact("ann@example.org", KEY)
    assert hashed_contact("+44 (20) 7946-0958", KEY) == hashed_contact("00442079460958", KEY)
    assert hashed_contact("a@b.cd", KEY) != hashed_contact("a@b.cd", b"other")
    twice = without_contacts(without_contacts(pa.array(["a@b.cd"]), KEY), KEY)
    assert twice.to_pylist() == [hashed_contact("a@b.cd", KEY)]


def test_an_address_inside_an_id_is_hashed_too():
    found = without_contacts(
        pa.array(["C1 <ann@example.org>", "mailto:ann@example.org", "müller@example.de"]), KEY
    )
    ann, mueller = hashed_contact("ann@example.org", KEY), hashed_contact("müller@example.de", KEY)
    assert found.to_pylist() == [f"C1 <{ann}>", f"mailto:{ann}", mueller]


def test_contacts_inside_a_sentence():
    line = masked_text("1;ann@example.org;call +44 20 7946 0958;2024-01-01", KEY)
    assert "example" not in line and "7946" not in line and line.endswith(";2024-01-01")
    assert masked_texts(pa.array(["nothing", None, "mail a@b.cd now"]), KEY).to_pylist()[:2] == [
        "nothing",
        None,
    ]
