"""Orders alone, in chunks."""

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from regulars.simulate import bulk
from regulars.simulate.bulk import TableStream
from regulars.simulate.shop import write_shop
from regulars.simulate.truth import CUSTOMERS_FILE


def test_every_customer_orders_and_lines_are_about_as_many_as_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK_CUSTOMERS", 1500)
    seen = []
    exports = write_shop(
        tmp_path / "s", tmp_path / "t", customers=4000, orders_only=True, lines_per_customer=10,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen == [(1500, 4000), (3000, 4000), (4000, 4000)]
    table = pq.read_table(exports.path("orders"))
    assert table.num_rows == exports.files[0].row_count == pytest.approx(40_000, rel=0.12)
    assert len(table["customer_id"].unique()) == 4000
    truth = pq.read_table(tmp_path / "t" / CUSTOMERS_FILE)
    assert truth["customer_id"].to_pylist() == [f"C{number:06d}" for number in range(1, 4001)]
    assert len(table["order_id"].unique()) == pc.sum(truth["order_count"]).as_py()
    assert [path.name for path in (tmp_path / "s.exports").iterdir()] == ["orders.parquet"]


def test_a_failed_write_leaves_no_file(tmp_path):
    import pyarrow as pa

    with pytest.raises(RuntimeError), TableStream(tmp_path / "x.parquet") as stream:
        stream.append(pa.table({"a": [1]}))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
