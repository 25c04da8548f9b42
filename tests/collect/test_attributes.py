import json


def test_items(read):
    found = read(
        "sku,title,category,price,cost,colour,stock\nA1,Mug,Kitchen,£5.99,2,red,7\n,No code,,,,,\nA2,,,,x,,\n"
    )
    assert found.plan.kind == "items" and found.codes == {3: "missing_value", 4: "bad_number"}
    assert found.items.to_pylist() == [
        {"item_id": "A1", "title": "Mug", "category": "Kitchen", "price": 59_900, "cost": 20_000, "attributes": '{"colour":"red","stock":7}'}
    ]  # fmt: skip
    assert found.events.num_rows == 0 and found.customers.num_rows == 0


def test_items_in_another_currency(read):
    found = read("sku,title,price,currency\nA1,Mug,5,EUR\nA2,Cup,5,GBP\n")
    assert found.codes == {2: "bad_currency"} and found.items["item_id"].to_pylist() == ["A2"]


def test_customers(read):
    found = read(
        "customer_id,age,gender,email,phone,signup_date\nC1,34,f,ann@example.org,02079460958,2023-05-01\n,50,,,,\n"
    )
    assert found.plan.kind == "customers" and found.codes == {3: "missing_value"}
    (row,) = found.customers.to_pylist()
    attributes = json.loads(row["attributes"])
    assert row["user_id"] == "C1" and attributes["age"] == 34 and attributes["signup_date"] == "2023-05-01"
    assert attributes.keys() == {"age", "gender", "signup_date"}
    assert list(attributes) == sorted(attributes)


def test_a_customer_without_attributes(read):
    found = read("customer_id,age,gender\nC1,,\n", source="customers")
    assert found.customers.to_pylist() == [{"user_id": "C1", "attributes": None}]
