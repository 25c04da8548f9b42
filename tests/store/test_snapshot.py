"""Published runs are swapped in whole."""

from pathlib import Path

import pyarrow as pa
import pytest

from regulars.errors import ShopError
from regulars.store.snapshot import Publication, current_run, published_runs, read_table

SCHEMA = pa.schema([("customer_id", pa.string())])


def publish(folder, run_id, names, keep_runs=3):
    publication = Publication(folder, run_id, keep_runs)
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
    for number in range(5):
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
    for number in range(5):
        (tmp_path / "models" / f"r{number}").mkdir(parents=True)
        publish(tmp_path, f"r{number}", ["a"]).finish()
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["r2", "r3", "r4"]


@pytest.mark.parametrize("keep_runs", [1, 4])
def test_as_many_runs_stay_as_the_settings_say(tmp_path, keep_runs):
    for number in range(6):
        (tmp_path / "models" / f"r{number}").mkdir(parents=True)
        publish(tmp_path, f"r{number}", ["a"], keep_runs).finish()
    kept = [f"r{number}" for number in range(6 - keep_runs, 6)]
    assert published_runs(tmp_path) == {name: name == "r5" for name in kept}
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == kept


def test_a_run_made_again_becomes_the_newest(tmp_path):
    for name in ("one", "two", "three", "one"):
        publish(tmp_path, name, ["a"]).finish()
    assert published_runs(tmp_path) == {"one": True, "three": False, "two": False}
    publish(tmp_path, "four", ["a"], 2).finish()
    assert published_runs(tmp_path) == {"four": True, "one": False}


def test_nothing_is_published_yet(tmp_path):
    assert published_runs(tmp_path) == {}


def test_a_file_that_is_being_read_is_tried_again(tmp_path, monkeypatch):
    """On Windows nobody may replace a file that another process reads."""
    publish(tmp_path, "one", ["a"]).finish()
    replace, refused = Path.replace, []

    def busy(self, target):
        if self.name == ".CURRENT.new" and len(refused) < 3:
            refused.append(target)
            raise PermissionError(13, "used by another process")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr("regulars.store.snapshot.SWAP_PAUSE_SECONDS", 0)
    publish(tmp_path, "two", ["b"]).finish()
    assert len(refused) == 3
    assert current_run(tmp_path).name == "two"
