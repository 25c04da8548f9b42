"""How cells are written."""

import pyarrow as pa

from regulars.simulate import exports
from regulars.simulate.exports import csv_rows, write_csv


def test_cells_with_commas_are_quoted_money_has_two_decimals_and_nulls_are_empty():
    words = pa.array(['a "b", c', None]).dictionary_encode()
    table = pa.table({"text": words, "cost": [12.5, None], "count": [1, 2]})
    assert csv_rows(table) == ['"a ""b"", c",12.50,1', ",,2"]


def test_extra_lines_follow_the_row_they_were_made_from(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "WRITE_ROWS", 2)
    count = write_csv(tmp_path / "x.csv", pa.table({"a": [10, 11, 12, 13, 14]}), {1: ["x", "y"], 4: ["z"]})
    assert (tmp_path / "x.csv").read_text().split() == ["a", "10", "11", "x", "y", "12", "13", "14", "z"]
    assert count == 8
