import pytest

from regulars.collect.delimited import sniff_layout
from regulars.collect.files import open_file
from regulars.errors import FileError


def lines(path, rows=65_536):
    """Good lines as (number, cells), broken ones as (number, code)."""
    file = open_file(path)
    good, broken = [], []
    for batch in file.records.batches(rows):
        cells = zip(*(column.to_pylist() for column in batch.cells.columns), strict=True)
        good += list(zip(batch.source_row.tolist(), cells, strict=True))
        broken += [(line.source_row, line.code) for line in batch.broken]
    return good, broken


@pytest.fixture
def written(tmp_path):
    def write(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("mark", "name"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "pipes")]
)
def test_delimiters(written, mark, name):
    path = written(f"a{mark}b\n1{mark}2,5\n3{mark}4,5\n".replace("2,5", "2").replace("4,5", "4"))
    assert lines(path)[0] == [(2, ("1", "2")), (3, ("3", "4"))]
    assert sniff_layout(path.read_text()).delimiter == mark
    assert mark == "," or f"cells are separated by {name}" in open_file(path).notes


def test_semicolons_beat_decimal_commas():
    assert sniff_layout("id;price;total\n1;2,50;2,50\n2;3,75;7,50\n").delimiter == ";"


def test_blanks_separate_columns_of_numbers():
    layout = sniff_layout(" 00001 19970101  1   11.77\n 00001 19970112  1   12.00\n")
    assert (layout.delimiter, layout.has_header, len(layout.names)) == (" ", False, 4)


def test_one_column_is_a_file_of_one_column():
    assert sniff_layout("name\nann and bob\ncy\n").names == ("name",)


def test_line_numbers_are_those_of_a_spreadsheet(written):
    good, broken = lines(written("a,b\n1,2\n\n3\n4,5\n,\n6,7,8\n9,9"))
    assert good == [(2, ("1", "2")), (5, ("4", "5")), (8, ("9", "9"))]
    assert broken == [(4, "broken_line"), (7, "broken_line")]


def test_quotes_may_hold_delimiters_and_line_breaks(written):
    good, broken = lines(written('a,b\n"x, y","two\nlines"\n1,2\n3\n'))
    assert good == [(2, ("x, y", "two\nlines")), (3, ("1", "2"))] and broken == [(4, "broken_line")]


def test_a_quote_that_is_never_closed_spoils_one_line(written):
    good, broken = lines(written('a,b\n1,2\n"3,4\n5,6\n7,8 "inch"\n'))
    assert [row for row, _ in good] == [2, 4, 5] and broken == [(3, "broken_line")]


def test_two_stray_quotes_far_apart(written):
    """Too far for one block: the rest of the file is read line by line, and nothing twice."""
    filler = "".join(f"{number},{'x' * 50}\n" for number in range(100_000))
    path = written(f'a,b\n1,"two\nlines"\n{filler}"3,4\n{filler}"5,6\n7,8\n')
    good, broken = lines(path)
    assert len(good) == 1 + 2 * 100_000 + 1
    assert len({cells for _, cells in good}) == 100_000 + 2
    assert [code for _, code in broken] == ["broken_line"] * 2


def test_header_alone_blank_lines_and_marks(written):
    assert lines(written("a,b")) == ([], [])
    assert lines(written("a,b\r\n")) == ([], [])
    assert lines(written("\n\na,b\n1,2\n"))[0] == [(4, ("1", "2"))]
    assert lines(written("sep=;\na;b\n1;2\n"))[0] == [(3, ("1", "2"))]
    assert lines(written(b"\xef\xbb\xbfa,b\r\n1,2\r\n"))[0] == [(2, ("1", "2"))]
    assert lines(written("a,b\r1,2\r3,4"))[0] == [(2, ("1", "2")), (3, ("3", "4"))]


def test_names_are_unique_and_never_empty(written):
    assert open_file(written("a,,a\n1,2,3\n")).records.names == ("a", "column_2", "a.2")


def test_batches_of_any_size_hold_the_same_lines(written):
    path = written("a,b\n" + "".join(f"{i},{i}\n" if i % 7 else f"{i}\n" for i in range(500)))
    good, broken = lines(path)
    for rows in (1, 3, 100):
        assert lines(path, rows)[0] == good and sorted(lines(path, rows)[1]) == broken


def test_chosen_columns(written):
    batch = next(open_file(written("a,b\n1,2\n")).records.batches(10, ["b"]))
    assert batch.cells.to_pydict() == {"b": ["2"]}


@pytest.mark.parametrize("content", ["", " \n\n", "\ufeff"])
def test_nothing_is_an_empty_file(written, content):
    with pytest.raises(FileError, match="is empty"):
        open_file(written(content))
