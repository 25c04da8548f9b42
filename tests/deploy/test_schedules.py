"""The files that start Regulars every night: systemd and cron read them, and every command in them is one."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from regulars.cli import main

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
# Of the manual pages systemd.service, systemd.exec, systemd.unit and systemd.timer.
KNOWN = {
    "Unit": {"Description", "Documentation", "RequiresMountsFor"},
    "Service": {
        "Type", "User", "Group", "StateDirectory", "StateDirectoryMode", "WorkingDirectory", "UMask", "Environment",
        "ExecStart", "StandardOutput", "StandardError", "TimeoutStartSec", "Nice", "NoNewPrivileges", "PrivateTmp",
        "PrivateDevices", "PrivateNetwork", "ProtectSystem", "ProtectHome", "ProtectKernelTunables",
        "ProtectControlGroups", "RestrictSUIDSGID", "LockPersonality", "CapabilityBoundingSet",
    },
    "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent", "Unit"},
    "Install": {"WantedBy"},
}  # fmt: skip


def settings(name: str) -> list[tuple[str, str, str]]:
    """Section, name and value of every line of a unit; a name may stand twice."""
    found, section = [], ""
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith(("#", ";")):
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
            continue
        key, equals, value = line.partition("=")
        assert equals and key == key.strip(), line
        found.append((section, key, value))
    return found


def parsed(words: list[str]) -> click.Command:
    """The command that these words after ``regulars`` are; click refuses a wrong option."""
    command = main.commands[words[0]]
    command.make_context(words[0], words[1:])
    return command


def cron_lines() -> Iterator[str]:
    for line in (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#") and not re.match(r"[A-Z_]+=", line):
            yield line


def regulars_calls(command: str) -> Iterator[list[str]]:
    """The calls of regulars in a line of shell."""
    for part in re.split(r"&&|\|\||[;{}|]", re.sub(r"\d?>>?\s*\S+", " ", command)):
        words = shlex.split(part)
        if words and Path(words[0]).name == "regulars":
            yield words[1:]


@pytest.mark.parametrize("name", ["regulars.service", "regulars.timer"])
def test_units_hold_only_what_systemd_knows(name):
    for section, key, value in settings(name):
        assert key in KNOWN[section], f"[{section}] {key}"
        assert value or key == "CapabilityBoundingSet"
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(DEPLOY / name, encoding="utf-8")
    assert {"Unit", "Install"} <= set(parser.sections())


def test_the_commands_of_the_service_are_commands():
    commands = [value for _, key, value in settings("regulars.service") if key == "ExecStart"]
    names = []
    for command in commands:
        program, *rest = shlex.split(command)
        if program == "/bin/sh":
            subprocess.run(["sh", "-n", "-c", rest[1]], check=True)
            command = rest[1]
        elif program != "/usr/local/bin/regulars":
            assert program == "/usr/bin/find"
            continue
        (words,) = regulars_calls(command)
        names.append(parsed(words).name)
    assert names == ["import", "run", "evaluate", "report", "backup"]


def test_the_timer_starts_the_service():
    (unit,) = [value for _, key, value in settings("regulars.timer") if key == "Unit"]
    assert (DEPLOY / unit).is_file()


def test_cron_lines_have_five_times_and_commands_that_exist():
    lines = list(cron_lines())
    assert len(lines) == 3
    for line in lines:
        *times, command = line.split(None, 5)
        for field, (low, high) in zip(times, [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)], strict=True):
            assert field == "*" or low <= int(field) <= high
        assert not re.search(r"(?<!\\)%", command), "cron ends a command at a bare %"
        subprocess.run(["sh", "-n", "-c", command], check=True)
        calls = list(regulars_calls(command))
        assert calls
        for words in calls:
            parsed(words)


def test_cron_lines_do_their_work(tmp_path):
    """On a shop in a home of its own."""
    home = tmp_path / "regulars"
    (home / "exports").mkdir(parents=True)
    header = "order_id,order_date,customer_id,item_id,quantity,unit_price,currency\n"
    (home / "exports" / "orders.csv").write_text(header + "1,2024-01-05,ann,tea,1,2.50,GBP\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "regulars").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m regulars "$@"\n')
    (tools / "regulars").chmod(0o755)
    environment = {"HOME": str(tmp_path), "PATH": f"{tools}:/usr/bin:/bin", "REGULARS_LOG_FORMAT": "json"}
    subprocess.run([tools / "regulars", "init", home / "shop"], env=environment, check=True)
    (home / "backups").mkdir()
    for line in cron_lines():
        command = line.split(None, 5)[5].replace(r"\%", "%")  # as cron hands it to the shell
        if "evaluate" in command:
            continue  # a history of one day is too short for it
        done = subprocess.run(["sh", "-c", command], env=environment, check=False)
        assert done.returncode == 0, (home / "nightly.log").read_text()
    assert '"event": "published"' in (home / "nightly.log").read_text()
    assert "report.html" in (home / "nightly.out").read_text()
    assert len(list((home / "backups").glob("*.zip"))) == 1


def test_systemd_itself_finds_no_fault_where_there_is_one(tmp_path):
    tool = shutil.which("systemd-analyze")
    if tool is None:
        return  # the tests above read the units without it
    text = (DEPLOY / "regulars.service").read_text(encoding="utf-8")
    runnable = text.replace("/usr/local/bin/regulars", shutil.which("true"))
    (tmp_path / "regulars.service").write_text(runnable)
    shutil.copy(DEPLOY / "regulars.timer", tmp_path)
    done = subprocess.run(
        [tool, "verify", "--man=no", tmp_path / "regulars.service", tmp_path / "regulars.timer"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_log_rotation_names_the_logs_of_the_crontab():
    text = (DEPLOY / "logrotate").read_text(encoding="utf-8")
    bare = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    head, _, body = bare.partition("{")
    assert body.strip().endswith("}")
    logs = {Path(name).name for line in cron_lines() for name in re.findall(r">>\s*(\S+)", line)}
    assert {Path(name).name for name in head.split()} == logs
    if tool := shutil.which("logrotate"):
        done = subprocess.run([tool, "-d", DEPLOY / "logrotate"], capture_output=True, text=True, check=False)
        assert "error:" not in done.stderr, done.stderr
