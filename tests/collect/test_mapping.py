import pyarrow as pa
import pytest

from regulars.collect.activity import TARGETS as EVENT_TARGETS
from regulars.collect.mapping import (
    checked_mapping,
    guess_mapping,
    load_mapping,
    mapping_toml,
    require_targets,
)
from regulars.collect.orders import TARGETS as ORDER_TARGETS
from regulars.errors import MappingError


def sample(**columns):
    return pa.record_batch({name: pa.array([value]) for name, value in columns.items()})


@pytest.mark.parametrize(
    "columns",
    [
        {"time": "Bestelldatum", "order_id": "Bestellnummer", "user_id": "Kunden-Nr.", "item_id": "Artikelnr",
         "quantity": "Menge", "unit_price": "Einzelpreis", "discount": "Rabatt", "currency": "Währung", "country": "Land"},
        {"time": "Date de commande", "order_id": "N° commande", "user_id": "Code client", "item_id": "Référence",
         "quantity": "Quantité", "unit_price": "Prix unitaire", "discount": "Remise", "currency": "Devise", "country": "Pays"},
        {"time": "下单时间", "order_id": "订单编号", "user_id": "客户ID", "item_id": "商品编号",
         "quantity": "数量", "unit_price": "单价", "discount": "折扣", "currency": "货币", "country": "国家"},
        {"time": "Order Date", "order_id": "ORDER_NO", "user_id": "customer id", "item_id": "SKU",
         "quantity": "Qty", "unit_price": "Unit Price", "discount": "Discount", "currency": "Currency", "country": "Country"},
    ],
)  # fmt: skip
def test_names_in_four_languages(columns):
    cells = {"time": "2024-01-31", "quantity": "1", "unit_price": "2,50", "discount": "0"}
    lines = sample(**{name: cells.get(target, "x") for target, name in columns.items()})
    assert guess_mapping(lines, ORDER_TARGETS) == columns


def test_values_overrule_names():
    lines = sample(date="yesterday", quantity="many", when_paid="2024-01-31 10:00", amount="3.50")
    assert guess_mapping(lines, ORDER_TARGETS) == {"time": "when_paid", "value": "amount"}


def test_a_column_that_says_nothing_gives_way():
    lines = pa.record_batch({"user_id": pa.array([None, ""]), "customer": pa.array(["a", "b"])})
    assert guess_mapping(lines, ["user_id"]) == {"user_id": "customer"}
    assert guess_mapping(lines.select(["user_id"]), ["user_id"]) == {"user_id": "user_id"}


def test_each_column_serves_once():
    lines = sample(event_time="2019-10-01 00:00:00 UTC", event_type="view", product_id="1", category_code="a.b",
                   brand="x", price="3.5", user_id="7", user_session="s")  # fmt: skip
    found = guess_mapping(lines, EVENT_TARGETS)
    assert found["unit_price"] == "price" and found["session_id"] == "user_session" and "value" not in found
    assert len(set(found.values())) == len(found)


def test_given_mapping_is_checked():
    columns = ["Order Date", "Total"]
    assert checked_mapping({"time": "order date", "currency": "=EUR"}, columns, ORDER_TARGETS) == {
        "time": "Order Date", "currency": "=EUR",
    }  # fmt: skip
    for mapping, words in (
        ({"times": "Order Date"}, "Did you mean time"),
        ({"time": "Order Dat"}, "Did you mean Order Date"),
        ({"date_order": "=year_first"}, "=day_first or =month_first"),
        ({"decimal_mark.value": "=dot"}, "=point or =comma"),
    ):
        with pytest.raises(MappingError, match=words):
            checked_mapping(mapping, columns, ORDER_TARGETS)


def test_missing_columns_are_named_with_the_toml_to_type():
    with pytest.raises(MappingError) as caught:
        require_targets(
            {"time": "Date"},
            (("time",), ("value", "unit_price")),
            ["Date", "Unit prise"],
            file="f.csv",
            source="orders",
        )
    message = str(caught.value)
    for words in (
        "f.csv has no column for value or unit_price",
        "Found: Date, Unit prise",
        '[mapping]\ntime = "Date"',
        'value = "..."',
    ):
        assert words in message


def test_toml_there_and_back(tmp_path):
    mapping = {"time": 'The "Date"', "currency": "=EUR", "decimal_mark.value": "=comma"}
    path = tmp_path / "mapping.toml"
    path.write_text(mapping_toml(mapping), encoding="utf-8")
    assert load_mapping(path) == mapping
    path.write_text('time = "Date"', encoding="utf-8")
    assert load_mapping(path) == {"time": "Date"}


@pytest.mark.parametrize(
    ("text", "words"), [("time = ", "is not TOML"), ("[mapping]\ntime = 3", "time is no text")]
)
def test_broken_toml(tmp_path, text, words):
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=words):
        load_mapping(path)
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")
