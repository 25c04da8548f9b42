"""What the tests share: the data folder, what this machine can run, and an honest list of what it skipped.

``REGULARS_DATA`` names the folder of real data sets (by default ``../shared/data`` beside the repository);
no other file reads it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("REGULARS_DATA") or ROOT / ".." / "shared" / "data").resolve()
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SKIPPED_DATA = "data: "  # every skip that --no-skips forgives begins with this

# Random examples are the same on every machine, and a busy machine is no failure.
hypothesis.settings.register_profile("regulars", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("regulars")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("regulars")
    group.addoption(
        "--slow", action="store_true", help="run the tests marked slow too (also REGULARS_SLOW=1)"
    )
    group.addoption("--no-skips", action="store_true", help="fail when anything but missing data is skipped")


def pytest_configure(config: pytest.Config) -> None:
    """The settings of the person who runs the tests must not change what they find."""
    for name in [
        n for n in os.environ if n.startswith("REGULARS_") and n not in ("REGULARS_DATA", "REGULARS_SLOW")
    ]:
        del os.environ[name]


# ---------------------------------------------------------------- what this machine can run


def chromium_executable() -> str | None:
    """The path of the first Chromium on the search path."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _data_lacks() -> str | None:
    return None if DATA.is_dir() else f"{SKIPPED_DATA}no folder {DATA}; set REGULARS_DATA"


def _browser_lacks() -> str | None:
    if not _has("playwright"):
        return "browser: no playwright; type: sh scripts/setup dev"
    return (
        None
        if chromium_executable()
        else "browser: no Chromium on the search path; install the package chromium"
    )


def _spark_lacks() -> str | None:
    if not _has("pyspark"):
        return "spark: no pyspark; type: sh scripts/setup dev"
    java_home = os.environ.get("JAVA_HOME")
    if shutil.which("java") or (java_home and (Path(java_home) / "bin" / "java").exists()):
        return None
    return "spark: no Java; install the package openjdk-17-jre-headless or newer"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = config.getoption("--slow") or os.environ.get("REGULARS_SLOW", "") not in ("", "0")
    lacks = {
        "data": _data_lacks(),
        "browser": _browser_lacks(),
        "spark": _spark_lacks(),
        "slow": None if slow else "slow: run with --slow",
    }
    for item in items:
        for mark, reason in lacks.items():
            if reason and item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data sets; the test is skipped where it is absent."""
    if reason := _data_lacks():
        pytest.skip(reason)
    return DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; the test is skipped where there is none."""
    if reason := _browser_lacks():
        pytest.skip(reason)
    path = chromium_executable()
    assert path is not None
    return path


# ---------------------------------------------------------------- what was skipped, and why


def _skips(config: pytest.Config) -> Iterator[tuple[str, str]]:
    """Place and reason of each skip of this run."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    for report in reporter.stats.get("skipped", []) if reporter else []:
        longrepr = report.longrepr
        reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
        yield report.nodeid, reason.removeprefix("Skipped: ")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if not config.getoption("--no-skips") or hasattr(config, "workerinput"):
        return
    if session.exitstatus == pytest.ExitCode.OK and any(
        not reason.startswith(SKIPPED_DATA) for _, reason in _skips(config)
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skips = list(_skips(config))
    if not skips:
        return
    strict = config.getoption("--no-skips")
    terminalreporter.section("skipped", sep="-")
    for reason, count in sorted(Counter(reason for _, reason in skips).items()):
        terminalreporter.write_line(f"{count:4d}  {reason}")
        if strict and not reason.startswith(SKIPPED_DATA):
            for place in sorted(place for place, why in skips if why == reason):
                terminalreporter.write_line(f"      FAILED (--no-skips) {place}", red=True)


# ---------------------------------------------------------------- small shops made by hand

DAY_SECONDS = 86_400


@pytest.fixture
def stored():
    """A store in memory that holds events given as dicts: ``stored([{"user_id": "a", "day": 3}, ...])``.

    What is left out is a purchase of one unit for 1.00 by nobody at noon; of ``orders``, rows of the ledger, a paid
    sale of nothing.
    """
    import pyarrow as pa

    from regulars.schema import EVENTS, ORDERS
    from regulars.store.duckdb import Store
    from regulars.store.landing import Landing

    columns = [c for c in EVENTS.columns if c.name not in ("event_id", "source", "import_id")]
    schema = pa.schema([(c.name, pa.int64() if c.type == "int64" else pa.string()) for c in columns])
    stores = []

    def make(events, items=(), identities=(), orders=()):
        store = Store(threads=2)
        stores.append(store)
        rows = []
        for number, event in enumerate(events, start=1):
            second = event.get("day", 0) * DAY_SECONDS + event.get("hour", 12) * 3_600
            row = {
                "source_row": number, "type": "purchase", "occurred_us": second * 1_000_000, "second": second, "day": 0,
                "quantity": 10_000, "value": 10_000, "currency": "GBP",
            }  # fmt: skip
            rows.append(row | {name: value for name, value in event.items() if name != "hour"})
        landing = Landing(store)
        landing.begin()
        landing.add_events(pa.RecordBatch.from_pylist(rows, schema=schema))
        if items:
            names = ("item_id", "title", "category", "price", "cost", "attributes")
            kinds = pa.schema([(n, pa.int64() if n in ("price", "cost") else pa.string()) for n in names])
            landing.add_rows("items", pa.RecordBatch.from_pylist(list(items), schema=kinds), 0, counted=False)
        if orders:
            amounts = ("list_value", "discount_value", "value", "shipping_value", "tax_value", "total_value",
                       "refund_value", "changed_us", "day")  # fmt: skip
            empty = dict.fromkeys(amounts, 0) | {
                "currency": "GBP", "progress": 1, "is_cancelled": False, "refund_is_undated": False,
                "tax_is_included": False, "line_count": 1,
            }  # fmt: skip
            ledger = pa.schema([c for c in ORDERS.arrow_schema() if c.name not in ("source", "import_id")])
            landing.add_orders(pa.RecordBatch.from_pylist([empty | row for row in orders], schema=ledger))
        landing.land({"import_id": "000001", "source": "test", "file": "test", "sha256": "", "mapping": "{}",
                      "imported_at": ""})  # fmt: skip
        if identities:
            store.write_identities(pa.Table.from_pylist(list(identities)))
        return store

    yield make
    for store in stores:
        store.close()
