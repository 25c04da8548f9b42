import gzip

import pytest

from regulars.collect.encodings import open_text, text_stats

TEXT = "Größe;Straße\n1;Müller\n"


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [("utf-8", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "cp1252"), ("utf-8-sig", "utf-8")],
)
def test_text_comes_out_as_utf8(tmp_path, encoding, read_as):
    path = tmp_path / "file.csv"
    path.write_bytes(TEXT.encode(encoding))
    stats = text_stats(path)
    assert stats.encoding == read_as and bool(stats.notes) == (not read_as.startswith("utf-8"))
    with open_text(path, stats) as stream:
        assert stream.read().decode("utf-8-sig") == TEXT


def test_chinese_exports_that_are_not_utf8(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes("订单编号,下单时间,金额\n1,2024-01-01,8\n".encode("gb18030"))
    stats = text_stats(path)
    assert stats.encoding == "gb18030" and "GB18030" in stats.notes[0]


def test_a_few_broken_bytes_do_not_change_the_encoding(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes("ä,ö\n".encode() * 50 + b"\xff,1\n" + "cut ä".encode()[:-1])
    stats = text_stats(path)
    assert stats.encoding == "utf-8-replace"
    with open_text(path, stats) as stream:
        assert stream.read().decode().count("\ufffd") == 2


def test_latin1_where_windows_has_no_letter(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes(b"a\x81\xe9,b\n")
    assert text_stats(path).encoding == "latin-1"


def test_counts_and_gzip(tmp_path):
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(b'a,"b"\n1,2\n3,4')
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    for stats in (text_stats(plain), text_stats(packed, gzipped=True)):
        assert (stats.line_count, stats.quote_count) == (3, 2)
    assert text_stats(plain).sha256 != text_stats(packed, gzipped=True).sha256


def test_a_cell_that_ends_in_a_comma_is_no_stray_quote(tmp_path):
    """Where a quote stands between two marks the others of the file decide."""
    path = tmp_path / "file.csv"
    path.write_text('a,b\n1,"one, two,"\n2,"x"\n3,",y"\n')
    assert not text_stats(path).has_stray_quotes
    path.write_text('a,b\n1,"one, two,"\n2,"x\n3,"y\n')
    assert text_stats(path).has_stray_quotes


def test_text_that_grows_when_it_is_read_comes_in_whole_blocks(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes("é;ü\n".encode("cp1252") * 1_500_000)
    with open_text(path, text_stats(path)) as stream:
        assert len(stream.read(1 << 22)) == len(stream.read(1 << 22)) == 1 << 22
