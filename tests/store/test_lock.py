"""One writer at a time."""

import os

import pytest

from regulars.errors import StoreBusy
from regulars.store.lock import writing


def test_a_second_writer_learns_who_holds_the_lock(tmp_path):
    with (
        writing(tmp_path, "import"),
        pytest.raises(StoreBusy, match=f"regulars import \\(process {os.getpid()}\\)"),
        writing(tmp_path, "run"),
    ):
        pass
    with writing(tmp_path, "run"):
        pass


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path):
    (tmp_path / "lock").write_text("999999999 import")
    with writing(tmp_path, "run"):
        assert (tmp_path / "lock").read_text().endswith(" run")
