import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.collect.objects import json_objects

printable = st.text(st.characters(blacklist_categories=("Cs",), min_codepoint=32), max_size=20)


@given(st.lists(st.tuples(st.none() | printable, st.none() | printable), min_size=1, max_size=10), printable)
def test_text_survives(rows, name):
    first, second = (pa.array([row[place] for row in rows], pa.string()) for place in (0, 1))
    objects = json_objects({name + "b": (first, "text"), name + "a": (second, "text")}).to_pylist()
    for (one, two), cell in zip(rows, objects, strict=True):
        expected = {key: value for key, value in ((name + "a", two), (name + "b", one)) if value is not None}
        assert (json.loads(cell) if cell else {}) == expected
        assert cell is None or list(json.loads(cell)) == sorted(expected)


def test_control_characters_keep_the_json_valid():
    cell = json_objects({"a": (pa.array(['x\ty\n"z"\\\x01']), "text")})[0].as_py()
    assert json.loads(cell) == {"a": 'x\ty\n"z"\\ '}


def test_guesses_are_numbers_only_where_they_read_back_the_same():
    values = ["7", "007", "1.5", "1.50", "-3", "1e5", "true", "FALSE", "x", "12345678901234567890", None]
    objects = json_objects({"v": (pa.array(values), "guess")}).to_pylist()
    assert [json.loads(cell)["v"] if cell else None for cell in objects] == [
        7, "007", 1.5, "1.50", -3, "1e5", True, False, "x", "12345678901234567890", None,
    ]  # fmt: skip


def test_rows_of_nulls_stay_rows():
    nothing = (pa.array([None, "1", None]), "text")
    assert json_objects({"a": nothing, "b": nothing}).to_pylist() == [None, '{"a":"1","b":"1"}', None]
    assert json_objects({"a": nothing}, keep_nulls=True).to_pylist()[0] == '{"a":null}'


def test_without_columns_the_number_of_rows_is_unknown():
    with pytest.raises(ValueError, match="at least one column"):
        json_objects({})
