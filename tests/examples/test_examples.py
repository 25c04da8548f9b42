"""The examples run as they are, and print what they say."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def printed(name: str, *arguments: str) -> str:
    """What an example prints, run as a person would run it."""
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name, *arguments], capture_output=True, text=True, timeout=300,
        env=os.environ | {"PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_lifetime_value_prints_what_it_says() -> None:
    text = runpy.run_path(str(EXAMPLES / "lifetime_value.py"), run_name="example")["__doc__"]
    assert printed("lifetime_value.py").strip() == textwrap.dedent(text.split("It prints:\n")[1]).strip()


def test_orders_to_actions() -> None:
    text = printed("orders_to_actions.py")
    for part in ("Who is worth most", "What to do today", "left alone by lot", "No purchase"):
        assert part in text


def test_orders_to_actions_reads_a_file(tmp_path: Path) -> None:
    shop = runpy.run_path(str(EXAMPLES / "orders_to_actions.py"), run_name="example")["tea_shop"]()
    path = tmp_path / "orders.csv"
    shop.to_pandas().to_csv(path, index=False)
    assert printed("orders_to_actions.py", str(path)) == printed("orders_to_actions.py")
