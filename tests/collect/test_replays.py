import pyarrow as pa
import pytest

from regulars.collect.sources import plan_replay
from regulars.errors import ShopError

TEXT = "order_id,date,customer,amount,note\n1,13/01/2024,c,5,\n2,14/01/2024,c,six,\n3,01/15/2024,c,7,\n4,15/01/2024\n5,16/01/2024,c,EUR 8,\n"


@pytest.fixture
def rejected(read):
    found = read(TEXT)
    assert found.codes == {3: "bad_number", 4: "bad_time", 5: "broken_line", 6: "bad_currency"}
    rows = found.rejected
    for name, value in (("import_id", "000001"), ("source", "orders"), ("file", "orders.csv")):
        rows = rows.append_column(name, pa.array([value] * rows.num_rows))
    return found, rows


def replay(read, rows, mapping, **changes):
    return read.drained(plan_replay(rows, **read.settings(mapping=mapping, **changes)))


def test_nothing_mended_nothing_changed(read, rejected):
    """Not even by the few lines left, which alone look like month first."""
    found, rows = rejected
    again = replay(read, rows, found.plan.mapping)
    assert again.codes == found.codes and again.events.num_rows == 0 and again.read == 4
    assert again.rejected["payload"].equals(found.rejected["payload"])


def test_a_mended_mapping_lets_lines_through(read, rejected):
    found, rows = rejected
    again = replay(read, rows, {**found.plan.mapping, "date_order": "=month_first"})
    assert (
        again.column("source_row") == [4]
        and again.column("value") == [70_000]
        and again.column("day") == [19_737]
    )
    assert (again.plan.source, again.plan.file) == ("orders", "orders.csv")
    euro = replay(read, rows, found.plan.mapping, currency="EUR")
    assert euro.column("source_row") == [6] and euro.column("value") == [80_000]


def test_nothing_to_replay(read, rejected):
    with pytest.raises(ShopError, match="no rejected lines"):
        replay(read, rejected[1].slice(0, 0), {})
