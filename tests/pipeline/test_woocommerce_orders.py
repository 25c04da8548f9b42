"""Orders of WooCommerce that change between two exports, in either order of import."""

from itertools import permutations

import pytest

from regulars.config import Shop as ShopSettings
from regulars.pipeline.imports import import_files
from regulars.pipeline.shop import Shop, init_shop

HEAD = (
    "order_id,order_date,paid_date,status,discount_total,order_total,order_currency,customer_id,billing_email,"
    "item_product_id,item_name,item_sku,item_quantity,item_total\n"
)
STATES = {
    "pending": "1,2024-01-02 10:00:00,,pending,0.00,10.00,USD,4,a@example.org,7,Tea,TEA,1,10.00\n",
    "cancelled": "1,2024-01-02 10:00:00,,cancelled,0.00,10.00,USD,4,a@example.org,7,Tea,TEA,1,10.00\n",
    "paid": "1,2024-01-02 10:00:00,2024-01-09 10:00:00,completed,0.00,10.00,USD,4,a@example.org,7,Tea,TEA,1,10.00\n",
}


def imported(tmp_path, states):
    folder = tmp_path / "shop"
    init_shop(folder, ShopSettings(currency="USD"))
    shop = Shop.open(folder)
    for number, state in enumerate(states):
        path = tmp_path / f"{number}.csv"
        path.write_text(HEAD + STATES[state])
        import_files(shop, [path])
    with shop.store() as store:
        (row,) = store.read(store.table("orders")).to_pylist()
        kinds = store.read(store.table("events")).column("type").to_pylist()
    return row["status"], row["left_out"], kinds


@pytest.mark.parametrize("states", [*permutations(["pending", "cancelled", "paid"])])
def test_an_order_that_was_cancelled_unpaid_and_paid_after_all_is_a_sale(tmp_path, states):
    assert imported(tmp_path, states) == ("completed", None, ["purchase"])


@pytest.mark.parametrize("states", [*permutations(["pending", "cancelled"])])
def test_cancelled_is_later_than_pending(tmp_path, states):
    assert imported(tmp_path, states) == ("cancelled", "cancelled", ["checkout"])
