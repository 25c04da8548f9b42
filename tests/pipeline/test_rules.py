"""The shop's rules, with excluded customers named by what a shopkeeper knows them by."""

import pyarrow as pa

import regulars as rg
from regulars.pipeline.explain import explain
from regulars.pipeline.rules import read_rules, unknown_exclusions
from regulars.pipeline.run import run

ORDERS = pa.table(
    {
        "order_id": [str(n) for n in range(8)],
        "order_date": [f"2025-0{1 + n // 2}-1{n}" for n in range(8)],
        "email": ["ann@example.org", "bob@example.org"] * 4,
        "value": ["10.00"] * 8,
    }
)


def shop_with(rules):
    shop = rg.Shop.from_frame(ORDERS)
    (shop.folder / "rules.toml").write_text(rules)
    return shop


def test_an_address_excludes_the_customer_who_is_stored_under_its_hash():
    shop = shop_with('exclude_customers = ["Ann@example.org ", "nobody@example.org", "17"]')
    result = run(shop)
    (note,) = [note for note in result.notes if note["code"] == "excluded_unknown"]
    assert note["values"] == {"customers": 2}
    ann = explain(shop, "ann@example.org")
    assert ann.customer_id.startswith("h:") and ann.customer_id in read_rules(shop).exclude_customers


def test_without_exclusions_there_is_nothing_to_say():
    shop = shop_with("")
    assert unknown_exclusions(shop, pa.chunked_array([["a"]])) == []
    (shop.folder / "rules.toml").unlink()
    assert read_rules(shop).exclude_customers == ()
