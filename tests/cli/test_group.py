"""How commands end: exit codes, errors in words and as JSON, and output that any terminal can show."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import click
import pytest
from click.testing import CliRunner

from regulars import errors
from regulars.cli import main
from regulars.cli.group import Regulars, speak_unicode


def call(*arguments, code=0):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done


def raising(error):
    """A group with one command that ends in this error."""

    @click.command()
    @click.option("--format", "form", default="table")
    def work(form):
        raise error

    group = Regulars("regulars", params=[click.Option(["--log-format"], default="text")])
    group.add_command(work)
    return group


@pytest.mark.parametrize(
    ("error", "code", "name"),
    [
        (RuntimeError("a slip"), 1, "internal"),
        (errors.FileError("no such file"), 2, "file"),
        (FileNotFoundError(2, "No such file", "a.csv"), 2, "file"),
        (errors.StoreBusy("another"), 3, "store_busy"),
        (OSError(28, "No space left on device"), 4, "no_space"),
        (errors.NoSpace("full"), 4, "no_space"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
    ],
)
def test_exit_codes(error, code, name):
    done = CliRunner().invoke(raising(error), ["work"])
    assert done.exit_code == code
    assert done.stderr.startswith("regulars: ")
    assert done.stderr.splitlines()[-1] == f"(error `{name}`, exit code {code})"
    for arguments in (
        ["work", "--format", "json"],
        ["work", "--format=json"],
        ["--log-format", "json", "work"],
    ):
        done = CliRunner().invoke(raising(error), arguments)
        line = json.loads(done.stderr.splitlines()[-1])
        assert (done.exit_code, line["exit_code"], line["code"]) == (code, code, name)
        assert line["event"] == "failed" and done.stdout == ""


def test_an_error_under_format_json_is_one_object_on_standard_error(tmp_path):
    done = call("run", "--shop", tmp_path, "--format", "json", code=2)
    line = json.loads(done.stderr)
    assert (line["code"], line["command"], line["shop"]) == ("shop", "run", str(tmp_path))
    assert line["fix"].startswith("regulars init") and done.stdout == ""


def test_what_cannot_be_read_is_an_error_of_usage(tmp_path):
    assert "No such option" in call("run", "--nope", code=2).stderr
    for arguments in (["run", "--nope", "--format", "json"], ["runn", "--format", "json"], ["run", "--wait", "-1", "--format", "json"]):  # fmt: skip
        assert json.loads(call(*arguments, code=2).stderr)["code"] == "usage"


def test_a_nested_command_has_its_whole_name(tmp_path):
    line = json.loads(call("config", "show", "--shop", tmp_path, "--format", "json", code=2).stderr)
    assert line["command"] == "config show"


def test_the_details_of_an_internal_error_are_kept_without_contact_data(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = CliRunner().invoke(raising(RuntimeError("row ann@example.org")), ["work"])
    (path,) = tmp_path.iterdir()
    assert str(path) in done.stderr
    assert "ann@example.org" not in done.stderr + path.read_text() and "Traceback" in path.read_text()


def test_an_internal_error_on_a_disk_that_takes_nothing_is_still_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    done = CliRunner().invoke(raising(RuntimeError("a slip")), ["work"])
    assert done.exit_code == 1 and "could not be written" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize(("asked", "ends"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interrupted_command_tidies_up_and_says_so(tmp_path, asked, ends):
    call("init", tmp_path)
    code = (
        "import sys, time\nfrom pathlib import Path\nimport click\nfrom regulars.cli import main\n"
        "from regulars.store.lock import writing\n"
        "@main.command()\ndef hold():\n"
        "    with writing(Path(sys.argv[2]), 'hold'):\n        print('held', flush=True); time.sleep(60)\n"
        "main(['hold'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "-", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    time.sleep(0.1)
    process.send_signal(getattr(signal, asked))
    _, told = process.communicate(timeout=60)
    assert process.returncode == ends and "interrupted" in told and "Traceback" not in told
    assert (tmp_path / "lock").read_text() == ""


def test_a_closed_pipe_is_no_error(tmp_path):
    call("init", tmp_path)
    done = subprocess.run(
        f'"{sys.executable}" -m regulars config show --shop "{tmp_path}" --format json | head -c 1',
        shell=True, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "{" and done.stderr == ""


def test_a_pipe_gets_utf_8_whatever_the_system_is_set_to():
    for encoding in ("cp1252", "ascii", "utf-8"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        speak_unicode(stream)
        stream.write("\u9636\u6bb5")
        stream.flush()
        assert stream.buffer.getvalue().decode("utf-8") == "\u9636\u6bb5"


def test_a_terminal_gets_a_mark_for_what_it_cannot_show():
    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    stream = Terminal(io.BytesIO(), encoding="cp1252")
    speak_unicode(stream)
    stream.write("\u9636 caf\u00e9")
    stream.flush()
    assert stream.buffer.getvalue() == b"? caf\xe9"


def test_chinese_words_pass_through_a_pipe_of_another_encoding(tmp_path):
    call("init", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "regulars", "check", "--shop", str(tmp_path), "--language", "zh"],
        capture_output=True, timeout=60, check=False, env=os.environ | {"PYTHONIOENCODING": "cp1252"},
    )  # fmt: skip
    assert done.returncode in (0, 2) and b"Traceback" not in done.stderr
    done.stdout.decode("utf-8")


def test_a_module_that_is_run_has_the_same_names(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "regulars", "run", "--shop", str(tmp_path), "--format", "json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert json.loads(done.stderr)["command"] == "run"
