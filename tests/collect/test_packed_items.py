import pytest

from regulars.collect.packed_items import PackedCellError, packed_records, value_of


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        (r"id:1|name:Tea\: green\; loose|sku:T;id:2|name:A\|B|sku:M", ["Tea: green; loose", "A|B"]),
        ("name:Tea: green; loose|sku:T;name:A|B|sku:M", ["Tea: green; loose", "A|B"]),
        ("name:Salt &amp; Pepper|sku:T|meta:Size=L|Colour=Blue;name:Mug|meta:pa_size:XL|sku:M", ["Salt & Pepper", "Mug"]),
        ('[{"name":"Tea &quot;x&quot;","sku":"T"},{"name":"B","sku":"M"}]', ['Tea "x"', "B"]),
        ('{"7":{"name":"A","sku":"T"},"9":{"name":"B","sku":"M"}}', ["A", "B"]),
    ],
)  # fmt: skip
def test_both_writings_with_separators_inside(cell, names):
    found = packed_records(cell)
    assert [record["name"] for record in found] == names and [record["sku"] for record in found] == ["T", "M"]


def test_a_reason_may_hold_anything():
    cell = "amount:5.00|reason:too late; sorry|really|date:2024-03-09 12:00:00;amount:1.00|reason:|date:2024-03-10 12:00:00"
    first, second = packed_records(cell)
    assert first == {"amount": "5.00", "reason": "too late; sorry|really", "date": "2024-03-09 12:00:00"}
    assert second["date"] == "2024-03-10 12:00:00" and value_of(second, "reason") is None


def test_numbers_of_json_stay_as_written():
    assert packed_records('[{"total": 9.10, "quantity": 2, "sku": null}]') == [
        {"total": "9.10", "quantity": "2", "sku": ""}
    ]


@pytest.mark.parametrize("cell", ['[{"name": "Mu', "only words", '["a", "b"]'])
def test_what_is_neither_is_said(cell):
    with pytest.raises(PackedCellError):
        packed_records(cell)


def test_nothing_holds_nothing():
    assert packed_records(" ") == []


def test_what_a_buyer_had_engraved_is_no_name():
    """Order Export & Order Import writes the details of an item after it, under names that anyone chose."""
    (item,) = packed_records("name:Ring|sku:R|quantity:1|total:9.00|name:For Jo|total:99|refunded:9.00")
    assert item == {"name": "Ring", "sku": "R", "quantity": "1", "total": "9.00", "refunded": "9.00"}
