import gzip
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.collect.files import open_file
from regulars.errors import FileError

TABLE = pa.table({"a": [1, None, 3], "b": ["x", None, "z"]})


def test_parquet_under_a_wrong_name_is_read_with_a_note(tmp_path):
    path = tmp_path / "orders.csv"
    pq.write_table(TABLE, path)
    file = open_file(path)
    assert file.kind == "parquet" and "the file is Parquet" in file.notes[0]
    (batch,) = file.records.batches(10)
    assert batch.source_row.tolist() == [1, 3], "a row of nulls is no line"


def test_arrow_gzip_and_names(tmp_path):
    with pa.ipc.new_file(tmp_path / "a.arrow", TABLE.schema) as writer:
        writer.write_table(TABLE)
    assert open_file(tmp_path / "a.arrow").records.names == ("a", "b")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n", mtime=0))
    (batch,) = open_file(tmp_path / "a.csv.gz").records.batches(10)
    assert batch.cells.to_pylist() == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "web page"), (b"<?xml version='1.0'?><a/>", "XML"),
        (b"%PDF-1.7 ...", "PDF"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"a,b\n1,\x00\x01\x02\n", "binary"), (b"", "is empty"),
        (b"SQLite format 3\x00", "SQLite"), (gzip.compress(b"", mtime=0), "empty inside"), (b"PK\x03\x04broken", "damaged zip"),
        (b"PAR1 and then nothing", "cannot be read"), (gzip.compress(b"a,b\n" * 9_000, mtime=0)[:-20], "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no workbook", "cannot be read"), (b'[{"a": 1}', "JSON array"), (b'{"a": 1', "no JSON object"),
    ],
)  # fmt: skip
def test_files_of_another_kind_are_refused_in_words(tmp_path, content, what):
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(FileError, match=what):
        open_file(path)


def test_zip_archive_says_what_is_in_it(tmp_path):
    path = tmp_path / "orders.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders_2024.csv", "a,b")
    with pytest.raises(FileError, match=r"orders_2024\.csv(.|\n)*unzip"):
        open_file(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FileError, match="there is no file"):
        open_file(tmp_path / "none.csv")
    with pytest.raises(FileError, match="is a folder"):
        open_file(tmp_path)


def test_damaged_parquet_pages_are_one_clear_error(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"a": [f"text {n}" for n in range(5_000)]}), path, compression="zstd", use_dictionary=False
    )
    content = bytearray(path.read_bytes())
    content[200:2_000] = bytes(1_800)
    path.write_bytes(content)
    with pytest.raises(FileError, match="damaged Parquet"):
        list(open_file(path).records.batches(1_000))
