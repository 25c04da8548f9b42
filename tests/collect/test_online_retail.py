import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from regulars.collect.sources import plan_table

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def test_kinds_of_lines(read):
    found = read(
        HEADER + "536365,85123A,HOLDER ,6,12/1/2010 8:26,2.55,17850.0,United Kingdom\n"
        "C536379,D,Discount,-1,12/1/2010 9:41,27.50,14527,United Kingdom\nC536391,22556,TINS,-12,12/13/2010 10:24,1.65,17548,United Kingdom\n"
        "536589,21777,,-10,12/1/2010 16:50,0,,United Kingdom\n536370,POST,POSTAGE,3,12/1/2010 8:45,18,12583,France\n"
        "537534,15056bl,EDWARDIAN PARASOL,1,12/7/2010 11:48,5.95,,United Kingdom\n"
    )  # fmt: skip
    assert found.column("type") == ["purchase", "charge", "refund", "adjustment", "charge", "purchase"]
    assert found.column("value") == [153_000, -275_000, -198_000, 0, 540_000, 59_500]
    assert found.column("user_id") == ["17850", "14527", "17548", None, "12583", None]
    assert found.column("order_id")[2] == "C536391" and found.column("item_id")[5] == "15056bl"
    assert (
        found.properties()[4] == {"country": "France"} and found.plan.mapping["date_order"] == "=month_first"
    )
    assert found.items["title"].to_pylist() == ["EDWARDIAN PARASOL", "HOLDER"]


@pytest.mark.data
def test_the_whole_file(read, data_dir):
    found = read(data_dir / "online_retail" / "online_retail.parquet")
    events = found.events
    assert (found.read, events.num_rows, found.rejected.num_rows) == (541_909, 541_909, 0)
    assert pc.sum(events["value"]).as_py() == 97_477_479_340
    assert pc.count_distinct(events["user_id"]).as_py() == 4_372 and events["user_id"].null_count == 135_080
    assert pc.count_distinct(events["order_id"]).as_py() == 25_900
    kinds = {
        row["values"]: row["counts"] for row in pc.value_counts(events["type"].combine_chunks()).to_pylist()
    }
    assert kinds == {"purchase": 528_923, "refund": 8_704, "charge": 2_946, "adjustment": 1_336}
    assert events["source_row"].to_pylist() == list(range(1, 541_910))
    titles = dict(zip(found.items["item_id"].to_pylist(), found.items["title"].to_pylist(), strict=True))
    assert titles["85123A"] == "WHITE HANGING HEART T-LIGHT HOLDER"


@pytest.mark.data
def test_the_year_before_overlaps_line_by_line(read, data_dir):
    early = read(data_dir / "online_retail_ii" / "online_retail_2009_2010.parquet").events
    assert early.num_rows == 525_461 and pc.sum(early["value"]).as_py() == 95_394_846_340
    late = read(data_dir / "online_retail" / "online_retail.parquet").events
    names = [name for name in early.column_names if name != "source_row"]
    start = pa.scalar(14_944)
    overlap = early.filter(pc.greater_equal(early["day"], start)).select(names)
    same = late.filter(pc.less_equal(late["second"], pc.max(overlap["second"]))).select(names)
    assert overlap.num_rows == 22_523
    counts = [
        table.group_by(names).aggregate([([], "count_all")]).sort_by([(n, "ascending") for n in names])
        for table in (overlap, same)
    ]
    assert counts[0].equals(counts[1]), "the lines of both files are the same multiset"


@pytest.mark.data
def test_the_same_lines_as_csv_give_the_same_events(read, data_dir, tmp_path):
    lines = pq.read_table(data_dir / "online_retail" / "online_retail.parquet").slice(0, 60_000)
    path = tmp_path / "online_retail.csv"
    written = lines.set_column(4, "InvoiceDate", pc.strftime(lines["InvoiceDate"], format="%m/%d/%Y %H:%M"))
    pacsv.write_csv(written, path)
    text = read(path).events
    typed = read.drained(plan_table(lines, **read.settings())).events
    names = [name for name in text.column_names if name != "source_row"]
    assert text.num_rows == 60_000
    assert text.select(names).combine_chunks().equals(typed.select(names).combine_chunks())
