"""Wide tables of customers with a label: attributes, every one, and a note."""

import json

import pytest

WIDE = (
    "customer_id,clicks,browsing_time,income,gender,age,total_spent,last_purchase_date,churned\n"
    "1,3,120.5,20000,f,20,99.5,2025-01-01,0\n2,4,10,30000,m,30,9.5,2025-01-02,1\n3,0,0,,f,40,0,,1\n"
    "4,9,77,51000,m,41,950,2025-03-02,0\n5,9,77,52000,m,42,950,2025-03-02,0\n"
)


def test_a_wide_table_is_about_customers_and_its_label_is_said(read):
    found = read(WIDE)
    assert (found.plan.source, found.customers.num_rows, found.events.num_rows) == ("customers", 5, 0)
    attributes = json.loads(found.customers["attributes"][0].as_py())
    assert attributes == {
        "clicks": 3, "browsing_time": 120.5, "income": 20000, "gender": "f", "age": 20, "total_spent": 99.5,
        "last_purchase_date": "2025-01-01", "churned": 0,
    }  # fmt: skip
    assert (
        "churned (0, 1) looks like a label: kept as an attribute, and nothing learns from it" in found.notes
    )


def test_orders_with_traits_whose_customers_return_are_still_asked_about(read):
    from regulars.errors import MappingError

    text = "customer_id,age,gender,date,total\n" + "".join(
        f"{n % 3},20,f,2025-01-0{n + 1},5\n" for n in range(6)
    )
    with pytest.raises(MappingError, match="could be orders or customers"):
        read(text)


@pytest.mark.parametrize(
    ("header", "values", "noted"),
    [
        ("label", "01010", True),
        ("Converted", ["yes", "no", "yes", "no", "no"], True),
        ("churn_flag", "01200", True),
        ("target", "01234", False),  # five values are a number to predict, or an id
        ("response", "00000", False),
        ("colour", "01010", False),
    ],
)
def test_two_or_three_values_and_a_name_make_a_label(read, header, values, noted):
    text = f"user_id,age,gender,{header}\n" + "".join(
        f"{n},3{n},f,{value}\n" for n, value in enumerate(values)
    )
    found = read(text)
    assert found.plan.source == "customers"
    assert any(note.startswith(f"{header} (") for note in found.notes) is noted


@pytest.mark.data
@pytest.mark.parametrize(
    ("folder", "file", "lines", "label", "attribute"),
    [
        ("marketing_campaign", "marketing_campaign.csv", 2_240, "Response (0, 1)", "MntWines"),
        ("telco_churn", "Telco-Customer-Churn.csv", 7_043, "Churn (No, Yes)", "tenure"),
    ],
)
def test_published_tables(read, data_dir, folder, file, lines, label, attribute):
    found = read(data_dir / folder / file)
    assert (found.plan.source, found.customers.num_rows) == ("customers", lines)
    assert isinstance(json.loads(found.customers["attributes"][0].as_py())[attribute], int)
    assert [note for note in found.notes if "looks like a label" in note] == [
        f"{label} looks like a label: kept as an attribute, and nothing learns from it"
    ]
