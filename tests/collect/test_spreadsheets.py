import importlib.util
import sys
from pathlib import Path

import pytest

from regulars.collect.files import open_file
from regulars.errors import FileError

pytest.importorskip("python_calamine", reason="the extra excel is not installed")

_spec = importlib.util.spec_from_file_location("workbooks", Path(__file__).with_name("workbooks.py"))
workbooks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(workbooks)

HEADER = ["Invoice", "Customer ID", "InvoiceDate", "Price"]


@pytest.fixture
def workbook(tmp_path):
    def write(sheets, name="orders.xlsx"):
        return workbooks.write_workbook(tmp_path / name, sheets)

    return write


def test_sheets_of_one_header_are_one_file(workbook):
    path = workbook(
        {
            "Year 1": [["Export of the shop"], HEADER, ["A1", 13085, (40148.3229166667,), 6.95], [None] * 4],
            "Year 2": [HEADER, ["A2", None, (40513.351388889,), 2.5]],
            "Notes": [["something", "else"], ["x", "y"]],
        }
    )
    file = open_file(path)
    assert file.records.names == tuple(HEADER)
    assert file.notes == (
        "sheets read: Year 1, Year 2",
        "sheets left out, because their columns differ: Notes",
    )
    lines = [
        (int(row), tuple(cells))
        for batch in file.records.batches(10)
        for row, cells in zip(
            batch.source_row, zip(*(c.to_pylist() for c in batch.cells.columns), strict=True), strict=True
        )
    ]
    assert lines[0] == (3, ("A1", "13085", "2009-12-01 07:45:00", "6.95"))
    assert lines[1] == (5, ("A2", None, "2010-12-01 08:26:00", "2.5"))


def test_workbook_under_a_wrong_name(workbook):
    file = open_file(workbook({"a": [["a", "b"], [1, 2]]}, "orders.csv"))
    assert file.kind == "excel" and "the file is Excel" in file.notes[0]


def test_workbook_without_a_table(workbook):
    with pytest.raises(FileError, match="without a table"):
        open_file(workbook({"a": [["only a title"]]}))


def test_without_the_reader_the_error_says_what_to_type(workbook, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(FileError, match=r"pip install 'regulars\[excel\]'"):
        open_file(workbook({"a": [["a", "b"], [1, 2]]}))
