import pyarrow.compute as pc
import pytest

MASTER = " 00001 19970101  1   11.77\r\n 00001 19970112  5   12.00\r\n"
SAMPLE = " 00001 0001 19970101  1   11.77\r\n 00001 0001 19970112  5   12.00\r\n"
HEADED = "masterid,sampleid,date,cds,sales\n1,1,19970101,1,11.77\n1,1,19970112,5,12\n"


@pytest.mark.parametrize(
    "text", [MASTER, " customer_id  date number_of_cds  dollar_value\r\n" + MASTER, SAMPLE, HEADED]
)
def test_four_layouts_give_the_same_events(read, text):
    found = read(text, "cdnow.txt")
    assert found.plan.source == "cdnow"
    assert found.column("user_id") == ["00001", "00001"] and found.column("type") == ["purchase"] * 2
    assert found.column("value") == [117_700, 120_000] and found.column("quantity") == [10_000, 50_000]
    assert found.column("day") == [9_862, 9_873]
    for name in ("order_id", "item_id", "properties"):
        assert found.column(name) == [None, None]


def test_broken_lines(read):
    found = read(
        MASTER * 10 + " 00002 19970101  1\r\n 00002 19970199  1  1.00\r\n", "cdnow.txt", source="cdnow"
    )
    assert found.codes == {21: "broken_line", 22: "bad_time"}


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "lines", "customers", "value"),
    [("CDNOW_master.txt", 69_659, 23_570, 25_003_156_300), ("CDNOW_sample.txt", 6_919, 2_357, 2_440_919_400),
     ("btyd_cdnowElog.csv", 6_919, 2_357, 2_440_919_400)],
)  # fmt: skip
def test_published_counts(read, data_dir, name, lines, customers, value):
    found = read(data_dir / "cdnow" / name)
    assert (found.read, found.events.num_rows) == (lines, lines)
    assert pc.count_distinct(found.events["user_id"]).as_py() == customers
    assert pc.sum(found.events["value"]).as_py() == value


@pytest.mark.data
def test_the_sample_is_part_of_the_master(read, data_dir):
    names = ["user_id", "day", "quantity", "value"]
    rows = [
        read(data_dir / "cdnow" / name).events.select(names).group_by(names).aggregate([([], "count_all")])
        for name in ("CDNOW_master.txt", "CDNOW_sample.txt")
    ]
    master, sample = ({tuple(row.values()) for row in table.to_pylist()} for table in rows)
    assert sample <= master
