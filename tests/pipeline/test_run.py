"""One pass of the pipeline on a whole small shop."""

import datetime as dt
import shutil

import pyarrow.compute as pc
import pytest

from regulars.errors import OptionError, ShopError
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop
from regulars.schema import STAGES, TABLES
from regulars.store.snapshot import current_run, read_table

RESULTS = (
    "customer_features", "item_features", "customer_scores", "segments", "stages", "transitions", "recommendations",
    "actions", "sales", "cohorts",
)  # fmt: skip


def test_every_result_table_has_its_columns_and_is_sorted_by_its_key(finished):
    _, result = finished
    for name in RESULTS:
        table = read_table(result.folder, name)
        names = [n for n in TABLES[name].names if n != "run_id"] + ["run_id"]
        assert table.column_names == names, name
        key = [(column, "ascending") for column in TABLES[name].key]
        assert table.sort_by(key).equals(table), name
        assert set(table.column("run_id").to_pylist()) == {result.run_id}


def test_every_customer_has_one_stage_one_score_row_one_action(finished):
    _, result = finished
    people = read_table(result.folder, "customer_features").column("customer_id").to_pylist()
    assert len(set(people)) == len(people)
    for name in ("customer_scores", "segments", "actions"):
        assert read_table(result.folder, name).column("customer_id").to_pylist() == people
    assert set(read_table(result.folder, "customer_scores").column("stage").to_pylist()) <= set(STAGES)


def test_the_last_month_of_the_history_is_today(finished):
    _, result = finished
    history = read_table(result.folder, "stages")
    last = history.filter(pc.equal(history.column("as_of_day"), pc.max(history.column("as_of_day"))))
    today = read_table(result.folder, "customer_scores")
    assert last.sort_by("customer_id").column("stage").to_pylist() == today.column("stage").to_pylist()


def test_the_budget_holds_and_the_holdout_costs_nothing(finished):
    shop, result = finished
    actions = read_table(result.folder, "actions")
    assert pc.sum(actions.column("cost")).as_py() <= shop.settings.decide.budget
    held = actions.filter(actions.column("holdout"))
    assert held.num_rows > 0
    assert held.column("offer_id").null_count == held.num_rows


def test_the_same_input_gives_the_same_bytes(shop):
    first = run(shop)
    kept = {path.name: path.read_bytes() for path in first.folder.glob("*.parquet")}
    again = run(shop)
    assert again.run_id == first.run_id
    assert {path.name: path.read_bytes() for path in again.folder.glob("*.parquet")} == kept


def test_threads_and_batches_do_not_change_a_byte(shop):
    first = run(shop)
    kept = {path.stem: read_table(first.folder, path.stem) for path in first.folder.glob("*.parquet")}
    text = (shop.folder / "regulars.toml").read_text()
    (shop.folder / "regulars.toml").write_text(text + "threads = 1\nbatch_rows = 111\n")
    again = run(Shop.open(shop.folder))
    assert again.run_id == first.run_id
    for name, table in kept.items():
        assert read_table(again.folder, name).equals(table), name


def test_a_setting_that_changes_results_changes_the_run(shop):
    own = (shop.folder / "regulars.toml").read_text().replace("is_assumed = true", "is_assumed = false")
    (shop.folder / "regulars.toml").write_text(own)
    first = run(Shop.open(shop.folder))
    (shop.folder / "regulars.toml").write_text(own.replace("margin_rate = 0.4", "margin_rate = 0.2"))
    again = run(Shop.open(shop.folder))
    assert again.run_id != first.run_id
    ratio = _total(again.folder) / _total(first.folder)
    assert ratio == pytest.approx(0.5)
    assert current_run(shop.folder).name == again.run_id
    assert first.folder.is_dir()  # readers keep what they opened


def _total(folder):
    return pc.sum(read_table(folder, "customer_scores").column("clv")).as_py()


def test_an_earlier_day_knows_nothing_of_later_ones(shop):
    early = run(shop, as_of=dt.date(2025, 9, 1))
    features = read_table(early.folder, "customer_features")
    assert pc.min(features.column("T_days")).as_py() >= 0
    assert pc.max(read_table(early.folder, "sales").column("month")).as_py() == "2025-09"


def test_a_day_before_the_data_is_refused(shop):
    with pytest.raises(OptionError, match="before the first event"):
        run(shop, as_of=dt.date(2001, 1, 1))


def test_a_day_after_the_data_is_said(shop):
    result = run(shop, as_of=dt.date(2026, 2, 1))
    (note,) = [note for note in result.notes if note["code"] == "data_end_before"]
    assert note["values"] == {"last_on": "2025-12-31", "silent_days": 32}


def test_an_empty_shop_says_what_to_type(tmp_path):
    from regulars.config import Shop as ShopSettings
    from regulars.pipeline.shop import init_shop

    init_shop(tmp_path, ShopSettings())
    with pytest.raises(ShopError, match="regulars import"):
        run(Shop.open(tmp_path))


def test_the_truth_is_never_read(exports, shop, tmp_path):
    """The run gives the same without the simulator's truth in reach."""
    truth = exports.folder.with_name("shop.truth")
    hidden = tmp_path / "hidden"
    shutil.move(truth, hidden)
    try:
        result = run(shop)
    finally:
        shutil.move(hidden, truth)
    assert result.row_counts["actions"] > 0


def test_runs_are_recorded(shop):
    result = run(shop)
    with shop.store() as store:
        (record,) = store.read(store.table("runs")).to_pylist()
    assert record["run_id"] == result.run_id
    assert record["peak_memory_mb"] > 0
    assert record["config_hash"] and record["input_hash"]
