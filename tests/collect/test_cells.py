import datetime as dt
from decimal import Decimal

import pyarrow as pa

from regulars.collect.cells import id_text, text


def test_text_of_every_type():
    assert text(pa.array([17850.0, 2.5, None, float("nan"), -1.0])).to_pylist() == [
        "17850",
        "2.5",
        None,
        None,
        "-1",
    ]
    assert text(pa.array([1, None])).to_pylist() == ["1", None]
    assert text(pa.array([True, None])).to_pylist() == ["true", None]
    assert text(pa.array([Decimal("1.50")])).to_pylist() == ["1.50"]
    assert text(pa.array(["a", None]).dictionary_encode()).to_pylist() == ["a", None]
    assert text(pa.array([b"\xffa", None])).to_pylist() == ["\ufffda", None]
    assert text(pa.array([[1, 2], None])).to_pylist() == ["[1,2]", None]
    assert text(pa.array([{"b": 1}, None])).to_pylist() == ['{"b":1}', None]
    assert text(pa.array([dt.timedelta(seconds=1)], pa.duration("ms"))).to_pylist() == ["1000"]
    assert text(pa.array([dt.date(2024, 1, 2)])).to_pylist() == ["2024-01-02"]
    assert text(pa.array(["a "], pa.large_string())).to_pylist() == ["a"]
    assert text(pa.nulls(2)).to_pylist() == [None, None]


def test_words_for_nothing_are_null_but_namibia_is_not():
    assert text(pa.array([" ", "NULL", "nan", "\\N", "N/A", "NA", "0"])).to_pylist() == [None] * 5 + [
        "NA",
        "0",
    ]


def test_ids_lose_the_tail_of_floats_only():
    assert id_text(pa.array(["17850.0", "007", "1.0.0", " 12 "])).to_pylist() == [
        "17850",
        "007",
        "1.0.0",
        "12",
    ]
    assert id_text(pa.array([17850.0])).to_pylist() == ["17850"]
