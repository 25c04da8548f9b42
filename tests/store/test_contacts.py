import stat

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars import schema
from regulars.store.contacts import FILE_NAME, merge_contacts, read_contacts, remove_contacts

LAYOUT = schema.CONTACTS.arrow_schema()


def statements(*rows) -> pa.RecordBatch:
    names = LAYOUT.names
    return pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=LAYOUT)


def test_a_shop_without_contacts(tmp_path):
    assert read_contacts(tmp_path).num_rows == 0 and read_contacts(tmp_path).schema == LAYOUT
    assert merge_contacts(tmp_path, statements()) == 0 and remove_contacts(tmp_path, ["u"]) == 0
    assert not (tmp_path / FILE_NAME).exists()


def test_the_file_is_its_owners_alone(tmp_path):
    merge_contacts(tmp_path, statements(("u", "a@b.cd", None, None, None, 1)))
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_the_later_statement_wins_cell_by_cell(tmp_path):
    merge_contacts(
        tmp_path, statements(("u", "old@b.cd", "1", "GB", True, 1), ("v", "v@b.cd", None, None, None, 1))
    )
    merge_contacts(
        tmp_path, statements(("u", None, "3", None, False, 3), ("u", "new@b.cd", "2", None, True, 2))
    )
    assert read_contacts(tmp_path).to_pylist()[0] == {
        "user_id": "u", "email": "new@b.cd", "phone": "3", "country": "GB", "accepts_marketing": False, "stated_us": 3,
    }  # fmt: skip


def test_at_one_instant_a_refusal_wins(tmp_path):
    merge_contacts(tmp_path, statements(("u", "a@b.cd", None, None, False, 1)))
    merge_contacts(tmp_path, statements(("u", "a@b.cd", None, None, True, 1)))
    assert read_contacts(tmp_path)["accepts_marketing"].to_pylist() == [False]


cells = st.tuples(
    st.sampled_from("uv"), st.sampled_from(["a@b.cd", "e@f.gh", None]), st.sampled_from(["1", "2", None]),
    st.sampled_from(["GB", "DE", None]), st.sampled_from([True, False, None]), st.integers(0, 3),
)  # fmt: skip


@given(st.lists(cells, max_size=8), st.randoms())
def test_the_order_of_imports_does_not_matter(tmp_path_factory, rows, random):
    results = []
    for _ in range(2):
        folder = tmp_path_factory.mktemp("shop")
        for row in rows:
            merge_contacts(folder, statements(row))
        results.append(read_contacts(folder).to_pylist())
        random.shuffle(rows)
    assert results[0] == results[1]


def test_removed_contacts_are_gone_from_the_file(tmp_path):
    merge_contacts(
        tmp_path, statements(("u", "ann@b.cd", None, None, None, 1), ("v", "v@b.cd", None, None, None, 1))
    )
    assert remove_contacts(tmp_path, ["u", "w"]) == 1
    assert read_contacts(tmp_path)["user_id"].to_pylist() == ["v"]
    assert b"ann@b.cd" not in (tmp_path / FILE_NAME).read_bytes()


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    merge_contacts(tmp_path, statements(("u", "a@b.cd", None, None, None, 1)))
    monkeypatch.setattr("pyarrow.parquet.write_table", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        merge_contacts(tmp_path, statements(("v", "v@b.cd", None, None, None, 1)))
    assert read_contacts(tmp_path)["user_id"].to_pylist() == ["u"]
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
