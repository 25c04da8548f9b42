import pytest

from regulars.collect.files import open_file
from regulars.errors import FileError


@pytest.fixture
def opened(tmp_path):
    def write(content, name="events.jsonl"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return open_file(path)

    return write


def test_keys_are_columns_and_numbers_stay_text(opened):
    file = opened('{"a": 12.10, "b": {"c": true}}\n\n{"a": "x", "d": [1, 2], "e": null}\n')
    assert file.kind == "json" and file.records.names == ("a", "b.c", "d", "e")
    (batch,) = file.records.batches(10)
    assert batch.source_row.tolist() == [1, 3]
    assert batch.cells.to_pylist()[0] == {"a": "12.10", "b.c": "true", "d": None, "e": None}
    assert batch.cells.to_pylist()[1]["d"] == "[1,2]"


def test_lines_that_are_no_objects_are_broken_lines(opened):
    (batch,) = opened('{"a": 1}\n[1]\n{"a": \nnonsense\n{"a": 2}').records.batches(10)
    assert batch.cells["a"].to_pylist() == ["1", "2"] and batch.read_count == 5
    assert [(line.source_row, line.code) for line in batch.broken] == [(n, "unreadable") for n in (2, 3, 4)]


def test_an_array_of_objects(opened):
    file = opened('[{"a": 1},\n {"a": 2}, 3]', "events.json")
    (batch,) = file.records.batches(10)
    assert batch.cells["a"].to_pylist() == ["1", "2"] and batch.broken[0].source_row == 3


def test_a_key_that_comes_late_is_a_column(opened):
    lines = ['{"a": 1}'] * 3_000 + ['{"a": 1, "value": 2.5}']
    assert opened("\n".join(lines)).records.names == ("a", "value")


def test_nothing_but_broken_lines(opened):
    with pytest.raises(FileError, match="no JSON object"):
        opened("{nothing}\n{here}\n")
