import json

import pytest

from regulars.collect.contacts import hashed_contact

OLD_CUSTOMERS = (
    "First Name,Last Name,Email,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,Phone,"
    "Accepts Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
)
NEW_CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"
)
OLD_PRODUCTS = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Price,Variant Compare At Price,Image Src,"
    "Image Position,Cost per item,Status"
)
NEW_PRODUCTS = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
    "Option1 name,Option1 value,Option1 Linked To,Price,Compare-at price,Cost per item,Product image URL"
)


def attributes(table):
    return [json.loads(cell) if cell else {} for cell in table["attributes"].to_pylist()]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (
            OLD_CUSTOMERS,
            'Ann,Smith,Ann@Example.org,,1 Main St,,Leeds,,,United Kingdom,GB,\'00123,,yes,150.50,3,"VIP, wholesale",Call me,no\n'
            "Bo,Jones,,,,,,,,,,,'+44 20 7946 0958,no,0.00,0,,,no\nNo,Body,,,,,,,,,,,,no,9.00,1,,,no\n",
        ),
        (
            NEW_CUSTOMERS,
            'ignored,Ann,Smith,Ann@Example.org,yes,,1 Main St,,Leeds,,GB,\'00123,,,no,150.50,3,Call me,no,"VIP, wholesale"\n'
            "ignored,Bo,Jones,,no,,,,,,,,'+44 20 7946 0958,+442079460958,no,0.00,0,,no,\nignored,No,Body,,no,,,,,,,,,,no,9.00,1,,no,\n",
        ),
    ],
    ids=["old", "new"],
)  # fmt: skip
def test_customers(read, header, rows):
    found = read(f"{header}\n{rows.replace('ignored', chr(39) + '7210448301122')}")
    key = read.settings()["hash_key"]
    assert found.plan.source == "shopify-customers" and found.codes == {4: "missing_value"}
    assert found.customers["user_id"].to_pylist() == [
        hashed_contact("ann@example.org", key),
        hashed_contact("+442079460958", key),
    ]
    ann, bo = attributes(found.customers)
    number = {"shop_customer_id": "7210448301122"} if header is NEW_CUSTOMERS else {}
    assert ann == {
        "country": "GB",
        "tags": "VIP, wholesale",
        "total_orders": 3,
        "total_spent": 150.5,
        **number,
    }
    assert bo == {"total_orders": 0, "total_spent": 0, **number}
    assert found.contacts["accepts_marketing"].to_pylist() == [True, False]
    assert found.contacts["email"].to_pylist() == ["ann@example.org", None]
    stored = str([found.customers.to_pylist(), found.rejected.to_pylist()])
    assert not any(word in stored for word in ("Smith", "Main St", "Leeds", "Call me", "7946", "example.org"))


def test_products_of_the_older_labels(read):
    found = read(
        f"{OLD_PRODUCTS}\n"
        "mug,Mug,<p>,Acme,Home > Mugs,Mugs,new,TRUE,Title,Default Title,,,,,'00123,0,9.50,,a.png,1,4.00,active\n"
        "mug,,,,,,,,,,,,,,,,,,b.png,2,,\n"
        "tee,Crew Tee,<p>,Acme,Clothes,,,TRUE,Colour,Black,Size,S,,,TEE-S,0,19.99,,c.png,1,7.25,active\n"
        "tee,,,,,,,,,Black,,M,,,,0,20.99,,,,7.50,\n"
        "tee,,,,,,,,,Black,,L,,,TEE-S,0,1.00,,,,1.00,\n"
        "old,Old lamp,,,Lamps,,,,Title,Default Title,,,,,,0,5.00,,,,,archived\n"
    )
    assert found.plan.source == "shopify-products" and found.codes == {}
    rows = [row for row in found.items.to_pylist() if row["title"]]
    assert [(row["item_id"], row["title"], row["category"], row["price"], row["cost"]) for row in rows] == [
        ("00123", "Mug", "Mugs", 95_000, 40_000),
        ("TEE-S", "Crew Tee", "Clothes", 199_900, 72_500),
        ("Crew Tee - Black / M", "Crew Tee", "Clothes", 209_900, 75_000),
        ("Old lamp", "Old lamp", "Lamps", 50_000, None),
    ]
    assert attributes(found.items)[0] == {"status": "active", "tags": "new", "vendor": "Acme"}
    # A further picture and a repeated code say nothing against the first row.
    rest = [row for row in found.items.to_pylist() if not row["title"]]
    assert [(row["item_id"], row["price"]) for row in rest] == [("00123", None), ("TEE-S", None)]


def test_products_of_the_newer_labels_and_titles_over_batches(read):
    rows = "".join(f",tee,,,,,,,,TEE-{n},,Size,{n},,{n}.50,,2,\n" for n in range(2, 40))
    text = f"{NEW_PRODUCTS}\nTee,tee,,Acme,Clothes,Shirts,,true,Active,TEE-1,,Size,1,,1.50,,2,x.png\n{rows}"
    found = read(text, rows=7)
    assert found.plan.source == "shopify-products"
    assert set(found.items["title"].to_pylist()) == {"Tee"} and len(found.items) == 39
    assert set(found.items["cost"].to_pylist()) == {20_000}
    assert found.items["price"].to_pylist()[:2] == [15_000, 25_000]


def test_products_have_the_codes_of_order_lines(read):
    from_orders = read(
        "Name,Email,Financial Status,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku\n"
        "#1,a@example.org,paid,30.49,30.49,2024-03-01 10:00:00 +0000,1,Crew Tee - Black / M,20.99,\n"
        "#1,,,,,,1,Mug,9.50,'00123\n"
    )
    assert from_orders.column("item_id") == ["Crew Tee - Black / M", "00123"]
