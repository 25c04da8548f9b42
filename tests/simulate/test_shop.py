"""The whole shop: same bytes by seed, plausible counts, every event type, the truth kept apart."""

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from regulars.errors import OptionError
from regulars.schema import EVENT_TYPES
from regulars.simulate.shop import write_shop
from regulars.simulate.truth import CUSTOMERS_FILE


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("orders_only", [False, True])
def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path, orders_only):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_shop(
            tmp_path / name / "s",
            tmp_path / name / "t",
            customers=60,
            days=120,
            seed=seed,
            orders_only=orders_only,
        )
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    first, other = _bytes(tmp_path / "a"), _bytes(tmp_path / "c")
    assert first.keys() == other.keys()
    assert all(first[name] != other[name] for name in first)


def test_the_exports_are_five_files_for_five_sources(small_shop):
    names = {export.source: export.path.name for export in small_shop.exports.files}
    assert names == {name: f"{name}.csv" for name in ("orders", "events", "items", "customers", "costs")}
    for export in small_shop.exports.files:
        assert export.path.read_bytes().count(b"\n") == export.row_count + 1


def test_every_event_type_appears(small_shop):
    kinds = set(small_shop.table("events")["event_type"].to_pylist())
    statuses = set(small_shop.table("orders")["status"].to_pylist())
    assert statuses == {"completed", "refund"}
    assert small_shop.table("costs").num_rows > 100
    # Purchases and refunds are in orders.csv, costs in costs.csv.
    assert kinds - {"page_ping"} == set(EVENT_TYPES) - {"purchase", "refund", "cost"}


def test_counts_are_those_of_a_shop(small_shop):
    orders = small_shop.table("orders")
    lines_per_order = orders.num_rows / len(set(orders["order_id"].to_pylist()))
    assert 1.6 < lines_per_order < 3.2
    refunds = Counter(orders["status"].to_pylist())["refund"]
    assert 0.02 < refunds / orders.num_rows < 0.10
    assert 1200 * 5 < orders.num_rows < 1200 * 20
    kinds = Counter(small_shop.table("events")["event_type"].to_pylist())
    assert kinds["sign_up"] == 1200
    assert kinds["view"] > kinds["cart_add"] > kinds["checkout"] > kinds["review"] > kinds["ticket_resolved"]
    assert kinds["message_sent"] > kinds["message_opened"] > kinds["message_clicked"] > 0


def test_a_discount_shows_in_some_lines_and_lines_add_up(small_shop):
    orders = small_shop.table("orders").to_pylist()
    clean = [row for row in orders if row["unit_price"] != "#N/A"]
    off = [float(row["discount"]) > 0 for row in clean]
    assert 0.08 < np.mean(off) < 0.4
    for row in clean:
        total = int(row["quantity"]) * float(row["unit_price"]) - float(row["discount"])
        assert abs(total - float(row["line_total"])) < 0.006


def test_refunds_name_an_earlier_order_and_return_no_more_than_was_bought(small_shop):
    bought: dict[tuple[str, str], int] = {}
    when: dict[str, str] = {}
    partial = 0
    for row in small_shop.table("orders").to_pylist():
        key = (row["order_id"], row["item_id"])
        if row["status"] == "completed":
            bought[key] = bought.get(key, 0) + int(row["quantity"])
            when[row["order_id"]] = min(row["order_date"], when.get(row["order_id"], "9"))
        else:
            assert int(row["quantity"]) < 0 and float(row["line_total"]) < 0
            assert when[row["order_id"]] < row["order_date"]
            partial += -int(row["quantity"]) < bought[key]
            assert -int(row["quantity"]) <= bought[key]
    assert partial > 0


def test_devices_become_customers_at_sign_up_and_strangers_never_do(small_shop):
    events = small_shop.table("events").to_pylist()
    pairs = {row["anonymous_id"]: row["user_id"] for row in events if row["event_type"] == "sign_up"}
    assert "" not in pairs and len(pairs) == 1200
    both = [row["event_type"] for row in events if row["anonymous_id"] and row["user_id"]]
    assert set(both) <= {"sign_up", "page_ping"}
    devices = {row["anonymous_id"] for row in events if row["anonymous_id"]}
    assert len(devices - pairs.keys()) > 500
    earlier = {row["anonymous_id"] for row in events if row["event_type"] == "visit"} & pairs.keys()
    assert len(earlier) == 1200


def test_stars_agree_with_the_words_of_reviews(small_shop):
    reviews = [row for row in small_shop.table("events").to_pylist() if row["event_type"] == "review"]
    love = [int(row["rating"]) for row in reviews if "love the" in row["text"]]
    poor = [int(row["rating"]) for row in reviews if "disappointed" in row["text"]]
    assert love and set(love) == {5} and set(poor) <= {1}


def test_the_truth_is_not_in_the_shop(small_shop):
    assert not (small_shop.folder / "shop").exists()
    names = {path.name for path in (small_shop.folder / "shop.exports").rglob("*") if path.is_file()}
    assert names == {f"{name}.csv" for name in ("orders", "events", "items", "customers", "costs")}
    header = " ".join(" ".join(small_shop.columns(name.removesuffix(".csv"))) for name in names)
    for hidden in ("rate", "taste", "lift", "drop_out", "sensitivity", "probability"):
        assert not any(word.startswith(hidden) for word in header.split())


def test_a_truth_folder_inside_the_shop_is_refused(tmp_path):
    with pytest.raises(OptionError, match="inside the shop"):
        write_shop(tmp_path / "shop", tmp_path / "shop" / "truth", customers=5)
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(
    "options", [{"customers": 0}, {"days": 10}, {"seed": -1}, {"lines_per_customer": 1.0}]
)
def test_options_outside_what_is_allowed_are_refused(tmp_path, options):
    with pytest.raises(OptionError, match="Allowed"):
        write_shop(tmp_path / "shop", tmp_path / "truth", orders_only=True, **({"customers": 20} | options))


@pytest.mark.parametrize("customers", [1, 2])
@pytest.mark.parametrize("seed", [0, 4])
def test_a_tiny_shop_is_a_shop(tmp_path, customers, seed):
    exports = write_shop(tmp_path / "s", tmp_path / "t", customers=customers, days=30, seed=seed)
    assert len(exports.files) == 5
    assert pq.read_table(tmp_path / "t" / CUSTOMERS_FILE).num_rows == customers


def test_days_and_end_are_kept(tmp_path):
    exports = write_shop(tmp_path / "s", tmp_path / "t", customers=80, days=60, end_on=date(2024, 4, 15))
    rows = exports.path("orders").read_text(encoding="utf-8").splitlines()[1:]
    days = sorted(row.split(",")[1][:10] for row in rows if row.count(",") > 6 and "2099" not in row)
    assert days[0] >= "2024-02-16" and days[-1] <= "2024-04-15"
