import json

import pytest

from regulars.collect.personal import is_birth_date, is_personal, names_in


@pytest.mark.parametrize(
    "name",
    ["first_name", "Last Name", "customer.firstName", "Billing Name", "First Name (Billing)", "Company", "Address 1 (Shipping)",
     "billing_address_1", "Zip", "Shipping Zip", "IP", "client_ip", "context.ip", "Vorname", "Nachname", "Straße", "Rechnungsadresse", "PLZ",
     "Lieferadresse", "Prénom", "Adresse de livraison", "Code postal", "客户姓名", "收货地址", "邮编", "IBAN", "Billing Phone", "E-Mail", "name"],
)  # fmt: skip
def test_personal_columns(name):
    assert is_personal(name)


@pytest.mark.parametrize(
    "name",
    ["city", "country", "region", "age", "gender", "user_agent", "product_name", "campaign_name", "email_opened", "ship_date", "tip",
     "delivery_date", "discount_code", "城市", "company_size", "colour", "birth_year"],
)  # fmt: skip
def test_columns_that_stay(name):
    assert not is_personal(name) and names_in(name) == "never"


@pytest.mark.parametrize(
    "name", ["birthday", "Date of birth", "Geburtsdatum", "date de naissance", "出生日期"]
)
def test_dates_of_birth(name):
    assert is_birth_date(name)


def test_a_list_of_customers_keeps_what_describes_groups(read):
    found = read(
        "customer_id,first_name,Adresse,city,birthday,newsletter,gender\nC1,Ann,High Street 3,Rome,1984-03-05,yes,f\n,Bo,x,y,1.2.1990,no,m\n"
    )
    (row,) = found.customers.to_pylist()
    assert json.loads(row["attributes"]) == {"birthday": 1984, "city": "Rome", "gender": "f"}
    assert found.payload() == {
        "birthday": "1990",
        "city": "y",
        "customer_id": None,
        "gender": "m",
        "newsletter": "no",
    }
    assert any("first_name, Adresse" in note for note in found.plan.notes)


def test_objects_lose_their_personal_keys(read):
    properties = json.dumps(
        {"name": "Mug", "first_name": "Ann", "user": {"name": "Ann", "plan": "gold"}, "ip": "10.0.0.1"}
    )
    line = json.dumps(
        {"event": "view", "time": "2024-01-01", "user_id": "1", "properties": properties, "ip": "10.0.0.1"}
    )
    found = read(line + "\n", "events.jsonl")
    assert "Ann" not in str(found.properties()) and "10.0.0.1" not in str(found.properties())
    assert found.properties()[0]["name"] == "Mug"


def test_a_line_that_cannot_be_split_is_kept_only_where_nothing_personal_can_stand_in_it(read):
    plain = read("order_id,order_date,customer_id,price\n1,2024-01-01,C,5\n2,2024-01-01\n")
    personal = read(
        "order_id,order_date,customer_id,price,first_name\n1,2024-01-01,C,5,Ann\n2,2024-01-01,Ann\n"
    )
    assert plain.payload() == {"raw_line": "2,2024-01-01"}
    assert personal.payload()["raw_line"].startswith("h:")
