import pyarrow as pa

from regulars.collect.formats import file_formats
from regulars.collect.records import TableRecords


def formats(mapping=None, currency="GBP", **columns):
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    given = {"time": "d", "value": "v", **(mapping or {})}
    return file_formats(
        TableRecords(table), {t: c for t, c in given.items() if c in columns or "=" in c}, currency
    )


def test_choices_are_put_into_the_mapping():
    order, marks, choices, notes = formats(d=["1/2/2024", "13/2/2024"], v=["1,50", "2,25"])
    assert order == "day_first" and marks == {"value": "comma"}
    assert choices == {"date_order": "=day_first", "decimal_mark.value": "=comma"}
    assert len(notes) == 2


def test_choices_of_the_mapping_stand():
    given = {"date_order": "=month_first", "decimal_mark": "=point"}
    order, marks, _, notes = formats(given, d=["13/2/2024"], v=["1,50"])
    assert order == "month_first" and marks == {"value": "point"} and notes == []


def test_a_date_far_down_decides():
    """A file sorted by time may begin with many days that fit both orders."""
    days = ["12/1/2010"] * 260_000 + ["12/13/2010"]
    order, _, _, notes = formats(d=days)
    assert order == "month_first" and "1 lines have a second part > 12" in notes[0]


def test_typed_columns_ask_nothing():
    assert formats(d=[1, 2], v=[1.5, 2.5]) == (None, {"value": "either"}, {}, [])
