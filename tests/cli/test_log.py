"""The log for machines: every line on standard error is one JSON object, and standard output is what it always is."""

import datetime as dt
import json
import warnings

import click
import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.cli.log import EVENTS, Log, current_log
from regulars.errors import FileError

ORDERS = (
    "order_id,order_date,customer_id,item_id,quantity,unit_price,currency\n1,2024-01-05,ann,tea,1,2.50,GBP\n"
)


def call(*arguments, code=0, **environment):
    done = CliRunner().invoke(
        main, [str(argument) for argument in arguments], env=environment, catch_exceptions=False
    )
    assert done.exit_code == code, done.output
    return done


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def shop(tmp_path):
    call("init", tmp_path / "shop")
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path / "shop"


def test_every_line_has_time_level_event_command_and_shop(shop, tmp_path):
    found = lines(call("--log-format", "json", "import", tmp_path / "orders.csv", "--shop", shop).stderr)
    for line in found:
        assert dt.datetime.fromisoformat(line["time"]).utcoffset() == dt.timedelta(0)
        assert line["level"] in ("info", "warning", "error") and line["event"] in EVENTS
        assert (line["command"], line["shop"]) == ("import", str(shop))
    assert [line["event"] for line in found] == [
        "started", "step_started", "step_done", "step_started", "step_done", "imported", "done",
    ]  # fmt: skip
    read, imported, done = found[2], found[5], found[6]
    assert (read["step"], read["rows"]) == ("import", 1) and read["seconds"] >= 0
    assert (imported["rows"], imported["stored"], imported["rejected"]) == (1, 1, 0)
    assert imported["import_id"] == "000001"
    assert done["exit_code"] == 0 and done["seconds"] > 0


def test_standard_output_is_the_same_in_both_formats(shop, tmp_path):
    call("import", tmp_path / "orders.csv", "--shop", shop)
    for command in (["check"], ["show", "rejected"], ["import", str(tmp_path / "orders.csv")]):
        text, machine = (call("--log-format", form, *command, "--shop", shop) for form in ("text", "json"))
        assert text.stdout == machine.stdout
        assert text.stderr == "" and lines(machine.stderr)


def test_a_run_names_its_id_and_its_tables(shop, tmp_path):
    call("import", tmp_path / "orders.csv", "--shop", shop)
    done = call("run", "--shop", shop, "--format", "json", REGULARS_LOG_FORMAT="json")
    (published,) = [line for line in lines(done.stderr) if line["event"] == "published"]
    result = json.loads(done.stdout)
    assert published["run_id"] == result["run_id"] and published["as_of"] == "2024-01-05"
    assert published["tables"] == result["row_counts"]
    steps = [line["step"] for line in lines(done.stderr) if line["event"] == "step_done"]
    assert set(steps) == set(result["step_seconds"])


def test_an_error_has_its_code_and_what_to_type(tmp_path):
    done = call("--log-format", "json", "run", "--shop", tmp_path, code=2)
    error = lines(done.stderr)[-1]
    assert (error["event"], error["level"], error["code"], error["exit_code"]) == (
        "failed",
        "error",
        "shop",
        2,
    )
    assert "regulars.toml" in error["message"] and "regulars init" in error["fix"]
    assert done.stdout == ""


def test_contact_data_is_masked(tmp_path):
    (tmp_path / "ann@example.org.csv").write_bytes(b"")
    call("init", tmp_path / "shop")
    done = call("--log-format", "json", "import", tmp_path / "ann@example.org.csv", "--shop", tmp_path / "shop", code=2)  # fmt: skip
    assert "ann" not in done.stderr.replace(str(tmp_path), "") and "[e-mail]" in done.stderr
    assert "ann@example.org" not in call("import", tmp_path / "ann@example.org.csv", "--shop", tmp_path / "shop", code=2).stderr  # fmt: skip


def with_context(log, work):
    with click.Context(main, obj=log):
        return work()


def test_warnings_are_lines_too(capsys):
    log = Log(is_json=True)
    with log.warnings():
        warnings.simplefilter("always")
        warnings.warn("a fit fell back for +44 20 7946 0958", RuntimeWarning, stacklevel=1)
    (line,) = lines(capsys.readouterr().err)
    assert (line["event"], line["code"], line["message"]) == ("warning", "RuntimeWarning", "a fit fell back for [phone]")  # fmt: skip


def test_a_quiet_log_writes_nothing(capsys):
    Log().failed(FileError("no"))
    Log().write("done")
    with Log().warnings():
        pass
    assert capsys.readouterr() == ("", "")


def test_outside_the_command_line_the_log_is_quiet():
    assert not current_log().is_json
    assert with_context(Log(is_json=True), current_log).is_json


def test_a_step_that_fails_says_so(capsys):
    from regulars.cli.log import logged_progress

    with pytest.raises(ZeroDivisionError), logged_progress(Log(is_json=True)).step("fit", 7):
        _ = 1 / 0
    started, failed = lines(capsys.readouterr().err)
    assert (started["event"], started["total"]) == ("step_started", 7)
    assert (failed["event"], failed["level"]) == ("step_failed", "warning")
