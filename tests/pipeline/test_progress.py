"""Progress: drawn for a person, quiet elsewhere."""

import os
import pty
import subprocess
import sys

from regulars.pipeline.progress import DrawnProgress, Progress, progress
from regulars.show.words import phrases


def test_a_step_is_timed_and_repeated_steps_add_up():
    quiet = Progress()
    for _ in range(2):
        with quiet.step("fit"):
            quiet.advance(5)
    assert set(quiet.seconds) == {"fit"}


def test_a_failing_step_still_ends():
    ended = []

    class Watched(Progress):
        def end(self, name):
            ended.append(name)

    try:
        with Watched().step("fit"):
            raise ValueError
    except ValueError:
        assert ended == ["fit"]


def test_nobody_looks_nothing_is_drawn():
    assert type(progress()) is Progress


def test_every_step_has_words_in_both_languages():
    assert phrases("en")["progress"].keys() == phrases("zh")["progress"].keys()


def test_a_terminal_sees_rows_of_rows():
    code = (
        "from regulars.pipeline.progress import progress; import time\n"
        "p = progress()\n"
        "with p.step('import', 200):\n    p.advance(50); time.sleep(0.4)\n"
    )
    mother, child = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code], stderr=child, stdout=subprocess.PIPE)
    out, _ = process.communicate(timeout=60)
    os.close(child)
    drawn = os.read(mother, 100_000).decode()
    os.close(mother)
    assert out == b""
    assert "Reading" in drawn and "50 / 200" in drawn


def test_drawn_in_both_languages():
    for language in ("en", "zh"):
        with DrawnProgress(language).step("score"):
            pass


def test_a_wait_is_told_in_both_languages(capsys):
    for language in ("en", "zh"):
        with DrawnProgress(language).step("score"):
            DrawnProgress(language).waiting("regulars run (process 7)")
    told = capsys.readouterr().err
    assert "Waiting for regulars run (process 7)" in told and "\u7b49\u5f85 regulars run (process 7)" in told
