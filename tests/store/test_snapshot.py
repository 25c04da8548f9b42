"""Published runs are swapped in whole."""

import pyarrow as pa
import pytest

from regulars.errors import ShopError
from regulars.store.snapshot import KEPT_RUNS, Publication, current_run, read_table

SCHEMA = pa.schema([("customer_id", pa.string())])


def publish(folder, run_id, names):
    publication = Publication(folder, run_id)
    publication.write("people", [pa.RecordBatch.from_pydict({"customer_id": names})], SCHEMA)
    return publication


def test_a_reader_sees_the_old_run_until_the_new_one_is_whole(tmp_path):
    publish(tmp_path, "one", ["a"]).finish()
    draft = publish(tmp_path, "two", ["b"])
    assert current_run(tmp_path).name == "one"
    draft.finish()
    assert current_run(tmp_path).name == "two"
    assert read_table(current_run(tmp_path), "people").to_pylist() == [{"customer_id": "b", "run_id": "two"}]


def test_the_last_runs_stay(tmp_path):
    for number in range(KEPT_RUNS + 2):
        publish(tmp_path, f"r{number}", ["a"]).finish()
    assert sorted(path.name for path in (tmp_path / "published").iterdir()) == ["r2", "r3", "r4"]


def test_one_row_by_key(tmp_path):
    publish(tmp_path, "one", ["a", "b"]).finish()
    assert len(read_table(current_run(tmp_path), "people", key="customer_id", value="b")) == 1


def test_no_run_yet_says_what_to_type(tmp_path):
    with pytest.raises(ShopError, match="regulars run"):
        current_run(tmp_path)


def test_an_unknown_table_names_the_nearest(tmp_path):
    publish(tmp_path, "one", ["a"]).finish()
    with pytest.raises(ShopError, match="Did you mean people"):
        read_table(current_run(tmp_path), "poeple")


def test_a_run_that_fails_leaves_no_draft(tmp_path):
    with pytest.raises(ZeroDivisionError), Publication(tmp_path, "one"):
        _ = 1 / 0
    assert list((tmp_path / "published").iterdir()) == []


def test_a_run_that_was_killed_between_two_renames_comes_back(tmp_path):
    publish(tmp_path, "one", ["a"]).finish()
    (tmp_path / "published" / "one").rename(tmp_path / "published" / ".aside-one")
    (tmp_path / "published" / ".draft-two").mkdir()
    Publication(tmp_path, "three")
    assert current_run(tmp_path).name == "one"
    assert not (tmp_path / "published" / ".draft-two").exists()


def test_models_of_old_runs_go_with_them(tmp_path):
    for number in range(KEPT_RUNS + 2):
        (tmp_path / "models" / f"r{number}").mkdir(parents=True)
        publish(tmp_path, f"r{number}", ["a"]).finish()
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["r2", "r3", "r4"]
