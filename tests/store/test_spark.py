"""What is missing is said before Spark starts; tables and numbers are compared in tests/test_parity.py."""

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.errors import RegularsError, ShopError
from regulars.store.duckdb import EXPORTED
from regulars.store.spark import SparkStore, check_java


@pytest.fixture
def folder(stored, tmp_path):
    store = stored([{"user_id": "ann", "day": 3}], [{"item_id": "tea", "title": "It's tea"}])
    store.export_tables(tmp_path / "it's a folder")
    return tmp_path / "it's a folder"


def test_export_writes_the_stored_tables(folder):
    tables = {path.stem: pq.read_table(path) for path in folder.glob("*.parquet")}
    assert set(tables) == set(EXPORTED)
    assert tables["events"].column("user_id").to_pylist() == ["ann"]
    assert tables["events"].schema.field("value").type == pa.int64()
    assert tables["items"].column("title").to_pylist() == ["It's tea"]
    assert tables["identities"].num_rows == 0


def test_a_folder_without_the_tables_is_no_store(folder):
    (folder / "identities.parquet").unlink()
    with pytest.raises(
        ShopError,
        match=r"has no table identities(.|\n)*Allowed: customers, events, items, meta, orders\.\n.*export_tables",
    ):
        SparkStore(folder)


def test_pyspark_is_missing(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(RegularsError, match=r"Fix: pip install 'regulars\[spark\]'"):
        SparkStore(folder)


def test_java_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(RegularsError, match=r"(?s)Java, which is not on the search path.*install Java 17"):
        check_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(RegularsError, match=r"(?s)JAVA_HOME is .* no bin/java.*install Java 17"):
        check_java()


@pytest.mark.spark
def test_java_that_cannot_start_spark(tmp_path):
    """As Java 11 would: it ends at once. A process of its own, since Java starts once per process."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\nexit 1\n")
    java.chmod(0o755)
    code = f"import os; os.environ['JAVA_HOME'] = {str(tmp_path)!r}\n" \
           "from regulars.store.spark import open_session; open_session('local[1]', {})"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "regulars.errors.RegularsError: Java cannot start Spark" in done.stderr
    assert "Fix: install Java 17 or newer" in done.stderr
