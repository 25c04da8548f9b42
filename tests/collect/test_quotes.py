from hypothesis import given
from hypothesis import strategies as st

from regulars.collect.quotes import tolerant_records

cells = st.text(st.sampled_from('ab ,"\n'), max_size=6)


def test_long_cells_are_quotes_that_were_never_closed():
    lines = ['1,"a', *["x,y"] * 60, '2,b"']
    found = list(tolerant_records(lines, ",", 2))
    assert found[0] == (1, None, '1,"a') and len(found) == 62


def test_lines_before_a_place_are_left_out():
    assert [row for row, _, _ in tolerant_records(["a,b", "", "c,d", "e,f"], ",", 2, skip=1)] == [3, 4]


@given(st.lists(st.tuples(cells, cells), max_size=8))
def test_well_formed_records_come_back(rows):
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    lines = out.getvalue().splitlines(keepends=True)
    assert [tuple(found) for _, found, _ in tolerant_records(lines, ",", 2)] == rows
