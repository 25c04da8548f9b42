"""A store of an earlier format version is brought forward, one of a newer version is refused."""

import duckdb
import pytest

from regulars.config import Settings
from regulars.errors import StoreVersionError
from regulars.schema import STORE_VERSION
from regulars.store.duckdb import Store
from regulars.store.migrations import layout

# As version 1 made its tables.
VERSION_1 = """
CREATE TABLE meta (name VARCHAR PRIMARY KEY, value VARCHAR);
CREATE TABLE events (event_id VARCHAR, source VARCHAR, source_row BIGINT, import_id VARCHAR, user_id VARCHAR,
    anonymous_id VARCHAR, type VARCHAR, occurred_us BIGINT, day BIGINT, second BIGINT, order_id VARCHAR,
    item_id VARCHAR, quantity BIGINT, value BIGINT, currency VARCHAR, channel VARCHAR, campaign VARCHAR,
    properties VARCHAR, discount_value BIGINT, country VARCHAR, rating DOUBLE, dwell_seconds DOUBLE,
    session_id VARCHAR, query VARCHAR, text VARCHAR);
CREATE TABLE identities (id VARCHAR, id_kind VARCHAR, customer_id VARCHAR, linked_day BIGINT);
CREATE TABLE events_rejected (line_id VARCHAR, import_id VARCHAR, source VARCHAR, file VARCHAR, source_row BIGINT,
    code VARCHAR, message VARCHAR, payload VARCHAR);
CREATE TABLE items (item_id VARCHAR, title VARCHAR, category VARCHAR, price BIGINT, cost BIGINT, attributes VARCHAR);
CREATE TABLE customers (user_id VARCHAR, attributes VARCHAR);
CREATE TABLE imports (import_id VARCHAR, source VARCHAR, file VARCHAR, sha256 VARCHAR, mapping VARCHAR,
    read_count BIGINT, stored_count BIGINT, duplicate_count BIGINT, rejected_count BIGINT, anonymous_count BIGINT,
    imported_at VARCHAR);
CREATE TABLE runs (run_id VARCHAR, as_of VARCHAR, started_at VARCHAR, seconds DOUBLE, peak_memory_mb DOUBLE,
    config_hash VARCHAR, input_hash VARCHAR, code_version VARCHAR, row_counts VARCHAR, step_seconds VARCHAR,
    notes VARCHAR);
INSERT INTO meta VALUES ('version', '1'), ('currency', 'GBP'), ('time_zone', 'Europe/London');
INSERT INTO events SELECT 'e' || i, 'orders', i, '000001', 'ann', NULL, 'purchase', i * 86400000000, i, i * 86400,
    'o' || i, 'tea', 10000, 25000, 'GBP', NULL, NULL, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM range(9) r(i);
INSERT INTO identities VALUES ('phone', 'anonymous', 'ann', 3);
INSERT INTO items VALUES ('tea', 'Tea', NULL, 25000, NULL, '{}');
INSERT INTO imports VALUES ('000001', 'orders', 'a.csv', '', '{}', 9, 9, 0, 0, 0, '2025-01-01');
"""


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(VERSION_1)
    return path


def tables(store):
    rows = store.connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() ORDER BY table_name, column_index"
    ).fetchall()
    return rows


def test_a_store_of_version_1_is_brought_forward_once(old):
    for _ in range(2):
        with Store(old) as store, Store() as new:
            assert store.meta("version") == str(STORE_VERSION)
            assert tables(store) == tables(new)
            assert store.one("SELECT count(*), sum(value), max(day) FROM events") == (9, 225_000, 8)
            assert store.meta("time_zone") == "Europe/London"
            assert store.one("SELECT stored_count, erased_count, updated_count FROM imports") == (9, 0, 0)
            frame = store.read(store.events(Settings().profile))
            assert frame.column("stated_day").to_pylist() == frame.column("day").to_pylist() == list(range(9))
            assert store.one("SELECT count(*) FROM orders")[0] == 0


def test_a_store_that_cannot_be_brought_forward_stays_as_it_was(old, monkeypatch):
    from regulars.store import migrations

    class Killed(Exception):
        pass

    def die(connection, name, columns, done=migrations._complete):
        if name == "imports":
            raise Killed
        done(connection, name, columns)

    monkeypatch.setattr(migrations, "_complete", die)
    with pytest.raises(Killed):
        Store(old)
    monkeypatch.undo()
    with duckdb.connect(str(old)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone() == ("1",)
        assert len(connection.execute("DESCRIBE events").fetchall()) == 25
    with Store(old) as store:
        assert store.meta("version") == str(STORE_VERSION)


@pytest.mark.parametrize(
    ("version", "fix"),
    [(str(STORE_VERSION + 1), "pip install --upgrade"), ("0", "regulars init"), ("x", "regulars init")],
)
def test_a_store_of_an_unknown_version_is_refused(old, version, fix):
    with duckdb.connect(str(old)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'version'", [version])
    before = old.read_bytes()
    with pytest.raises(StoreVersionError, match=f"version {version}(.|\n)*{fix}"):
        Store(old)
    assert old.read_bytes() == before


def test_every_stored_table_is_laid_out():
    with Store() as store:
        assert {name for name, _, _ in tables(store)} == {"meta", *layout()}
