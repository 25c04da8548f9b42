"""The store on Apache Spark: the same tables, read from a folder of Parquet files.

``SparkStore`` gives what the reading part of ``store/duckdb.py`` gives, under the same names: lazy narwhals
frames (``events``, ``table``), Arrow batches (``batches``) and kept tables. A shop that outgrows DuckDB moves
over with ``Store.export_tables(folder)`` and ``SparkStore(folder)``; every expression of ``features`` and
``insight`` then gives the same numbers (``tests/test_parity.py``).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pyarrow as pa

from regulars.errors import NoSpace, RegularsError, ShopError, nearest
from regulars.schema import ANONYMOUS_PREFIX, EVENT_PROPERTIES, ROLES, TABLES
from regulars.store.memory import memory_limit_mb

if TYPE_CHECKING:
    from regulars.config import Profile

NEEDED = {
    "events": (*TABLES["events"].names, *EVENT_PROPERTIES),
    "items": TABLES["items"].names,
    "identities": ("id", "id_kind", "customer_id", "linked_day"),
    "meta": ("name", "value"),
}
INSTALL_JAVA = (
    "install Java 17 or newer (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install "
    "openjdk@17; Windows: https://adoptium.net), and set JAVA_HOME where java is not on the search path"
)

# What answers depend on: set in every session, also in one that was handed in.
RESULT_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}


class SparkStore:
    """A shop's tables on Apache Spark, for reading.

    Parameters
    ----------
    folder
        Holds ``events.parquet``, ``items.parquet``, ``identities.parquet`` and ``meta.parquet`` (files, or folders
        of files), as ``Store.export_tables`` of ``store/duckdb.py`` writes them. Other tables there can be read
        as well.
    session
        A Spark session of your own, for example of a cluster that can read ``folder``. None takes the one that
        runs in this process, else starts one on this machine: two threads, the loopback interface alone,
        no web page. It is stopped by ``close``; a session of your own is not.
    master, settings
        Of a session that is started here: Spark's master URL, and settings of Spark laid over those of
        ``start_settings``, for example ``{"spark.driver.memory": "8g"}``.

    Raises
    ------
    ShopError
        A needed table is not in the folder, or lacks a column.
    RegularsError
        pyspark or Java is missing; the message says what to install.

    Examples
    --------
    ::

        with rg.Shop.open("shop").store() as store:
            store.export_tables("tables")
        with SparkStore("tables") as store:
            features = build_features(store, settings, as_of_day)
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        session: Any = None,
        master: str = "local[2]",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = Path(folder)
        for name in NEEDED:
            self._path(name)
        self.started = None
        if session is None:
            session, is_new = open_session(master, settings or {})
            self.started = session if is_new else None
        self.session = session.newSession()
        for name, value in RESULT_SETTINGS.items():
            self.session.conf.set(name, value)
        self._kept: dict[str, Any] = {}
        self._stored: dict[str, Any] = {}
        try:
            self._stored |= {name: self._open(name) for name in NEEDED}
        except RegularsError:
            self.close()
            raise

    def close(self) -> None:
        """Give back what was kept, and stop Spark when it was started here."""
        self._kept.clear()
        if self.started is not None:
            self.started.stop()
            self.started = None

    def __enter__(self) -> SparkStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading -------------------------------------------------------------------------------------

    def events(self, profile: Profile, as_of_day: int | None = None) -> nw.LazyFrame[Any]:
        """Every event with its customer, its roles and its signed value; columns as on DuckDB."""
        from pyspark.sql import functions as F

        def plays(role: str) -> Any:
            return F.col("type").isin(profile.event_types(role))

        events = self._stored["events"]
        users, devices = (self._identities(kind, column) for kind, column in _ID_COLUMNS.items())
        joined = events.join(users, "user_id", "left").join(devices, "anonymous_id", "left")
        device = F.col("customer_of_anonymous_id")
        if as_of_day is not None:
            stranger = F.concat(F.lit(ANONYMOUS_PREFIX), F.col("anonymous_id"))
            device = F.when(F.col("linked_day_of_anonymous_id") > as_of_day, stranger).otherwise(device)
        customer = F.coalesce(F.col("customer_of_user_id"), F.col("user_id"), device)
        full, day = self.last_full_day(), F.col("day")
        if full is not None:
            day = F.when(F.col("is_undated"), F.greatest(day, F.lit(full).cast("long"))).otherwise(day)
        return _lazy(
            joined.select(
                *(day.alias("day") if name == "day" else F.col(name) for name in events.columns),
                F.col("day").alias("stated_day"),
                customer.alias("customer_id"),
                *(plays(role).alias(f"is_{role}") for role in ROLES),
                F.when(plays("value"), F.col("value")).otherwise(F.lit(0)).alias("signed_value"),
            )
        )

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """A stored or kept table as a lazy frame."""
        if name not in self._kept and name not in self._stored:
            self._stored[name] = self._open(name)
        return _lazy(self._kept[name] if name in self._kept else self._stored[name])

    def batches(self, frame: nw.LazyFrame[Any], rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows of a frame as Arrow batches of at most ``rows`` rows: the only crossing into memory.

        Partitions come one after the other, in the frame's order: memory is bounded by the largest one.
        """

        def packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            # Runs in Spark's Python workers, which need pyarrow and not this package.
            for batch in batches:
                for start in range(0, batch.num_rows, rows):
                    sink = pa.BufferOutputStream()
                    with pa.ipc.new_stream(sink, batch.schema) as writer:
                        writer.write_batch(batch.slice(start, rows))
                    yield pa.RecordBatch.from_pydict({"batch": [sink.getvalue().to_pybytes()]})

        with door():
            packets = frame.to_native().mapInArrow(packed, "batch binary").toLocalIterator()
        while True:
            with door():
                packet = next(packets, None)
            if packet is None:
                return
            yield from pa.ipc.open_stream(packet["batch"])

    def read(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """A small frame as one Arrow table."""
        with door():
            table: pa.Table = frame.to_native().toArrow()
        return table

    def keep(self, name: str, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame once and give it back as a table of this run; spills to disk when large."""
        from pyspark import StorageLevel

        with door():
            # A checkpoint ends the plan here: the steps after it would each carry and plan all the steps before.
            kept = frame.to_native().localCheckpoint(storageLevel=StorageLevel.MEMORY_AND_DISK)
        self._kept[name] = kept
        return _lazy(kept)

    def keep_batches(self, name: str, batches: Iterable[pa.RecordBatch]) -> nw.LazyFrame[Any]:
        """The same for batches that come from a model; they lie in the memory of this process on their way."""
        gathered = list(batches)
        if not gathered:
            raise ShopError(f"the table {name} has no rows and no columns")
        with door():
            frame = self.session.createDataFrame(pa.Table.from_batches(gathered))
        return self.keep(name, _lazy(frame))

    def holdout_draw(self, frame: nw.LazyFrame[Any], salt: str) -> nw.LazyFrame[Any]:
        """``frame`` with ``holdout_draw``, a number in [0, 1) that depends on salt and customer id alone."""
        from pyspark.sql import functions as F

        digits = F.substring(F.md5(F.concat(F.lit(salt), F.lit("\x1f"), F.col("customer_id"))), 1, 13)
        draw = F.conv(digits, 16, 10).cast("double") / F.lit(float(16**13))
        return _lazy(frame.to_native().withColumn("holdout_draw", draw))

    def sample(self, frame: nw.LazyFrame[Any], rows: int, seed: int) -> nw.LazyFrame[Any]:
        """At most ``rows`` customers of ``frame``, those with the smallest hash of seed and id."""
        with door():
            total = frame.to_native().count()
        if total <= rows:
            return frame
        drawn = self.holdout_draw(frame, f"sample {seed}").sort("holdout_draw", "customer_id")
        return drawn.head(rows).drop("holdout_draw")

    def last_full_day(self) -> int | None:
        """The last day of which the data are known to be whole."""
        with door():
            rows = self._stored["meta"].where("name = 'last_full_day'").select("value").collect()
        return int(rows[0]["value"]) if rows else None

    def day_range(self) -> tuple[int, int] | None:
        """First and last day with an event of a customer or a sale, or None for an empty store."""
        with door():
            first, last = (
                self._stored["events"].where("type <> 'cost'").selectExpr("min(day)", "max(day)").first()
            )
        return None if first is None else (int(first), int(last))

    # Inside --------------------------------------------------------------------------------------

    def _identities(self, kind: str, column: str) -> Any:
        """The identity map of one kind of id: that id's column, and the customer under a name of its own."""
        from pyspark.sql import functions as F

        identities = self._stored["identities"]
        return identities.where(F.col("id_kind") == kind).select(
            F.col("id").alias(column),
            F.col("customer_id").alias(f"customer_of_{column}"),
            F.col("linked_day").alias(f"linked_day_of_{column}"),
        )

    def _path(self, name: str) -> Path:
        path = self.folder / f"{name}.parquet"
        if not path.exists():
            there = sorted(file.stem for file in self.folder.glob("*.parquet"))
            raise ShopError(
                f"{self.folder} has no table {name}.{nearest(name, there)}",
                allowed=", ".join(there),
                fix="write the tables with Store.export_tables(folder)",
            )
        return path

    def _open(self, name: str) -> Any:
        with door():
            frame = self.session.read.parquet(str(self._path(name).resolve()))
        missing = [column for column in NEEDED.get(name, ()) if column not in frame.columns]
        if missing:
            raise ShopError(
                f"the table {name} in {self.folder} lacks {', '.join(missing)}",
                fix="write the tables again with Store.export_tables(folder)",
            )
        return frame


_ID_COLUMNS = {"user": "user_id", "anonymous": "anonymous_id"}


def open_session(master: str, settings: Mapping[str, str]) -> tuple[Any, bool]:
    """The Spark session of this process, and whether it was started now."""
    try:
        with _without_advice():
            from pyspark.errors import PySparkRuntimeError
            from pyspark.sql import SparkSession
    except ImportError as error:
        raise RegularsError(
            "the package pyspark is not installed", fix="pip install 'regulars[spark]'"
        ) from error
    running = SparkSession.getActiveSession()
    if running is not None:
        return running, False
    check_java()
    # Both are read from the environment alone: where Spark listens, and which Python its workers are.
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("regulars")
    for name, value in {**start_settings(), **settings}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate(), True
    except PySparkRuntimeError as error:
        raise RegularsError(f"Java cannot start Spark: {_reason(error)}", fix=INSTALL_JAVA) from error


def start_settings() -> dict[str, str]:
    """Settings of a session on one machine: quiet, on the loopback interface, with few small tasks.

    >>> start_settings()["spark.ui.enabled"]
    'false'
    """
    return {
        "spark.driver.memory": f"{memory_limit_mb() // 2}m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": "4",
        **RESULT_SETTINGS,
    }


def check_java() -> None:
    """Raise a ``RegularsError`` that says what to install where there is no Java."""
    home = os.environ.get("JAVA_HOME")
    if home and not shutil.which("java", path=str(Path(home) / "bin")):
        raise RegularsError(f"JAVA_HOME is {home}, which has no bin/java", fix=INSTALL_JAVA)
    if not home and not shutil.which("java"):
        raise RegularsError("Spark needs Java, which is not on the search path", fix=INSTALL_JAVA)


@contextlib.contextmanager
def door() -> Iterator[None]:
    """Spark's errors in the words of ``errors.py``, and without its advice against pandas 3."""
    from pyspark.core.context import Py4JError  # what Java throws; the rest has pyspark's own classes
    from pyspark.errors import PySparkException

    try:
        with _without_advice():
            yield
    except (PySparkException, Py4JError) as error:
        if "No space left" in str(error):
            raise NoSpace(
                "the disk is full; nothing that was stored before is lost", fix="free space, then try again"
            ) from error
        if "OutOfMemoryError" in str(error):
            raise RegularsError(
                f"not enough memory for Spark: {_reason(error)}",
                fix='give SparkStore settings={"spark.driver.memory": "8g"}, or a session with more memory',
            ) from error
        raise RegularsError(f"Spark stopped: {_reason(error)}") from error


@contextlib.contextmanager
def _without_advice() -> Iterator[None]:
    """PySpark 4.3 warns about pandas 3 at every turn; no path here goes through pandas."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*does not yet fully support pandas", FutureWarning)
        yield


def _reason(error: Exception) -> str:
    """What went wrong in one line: the root cause in a Java trace, else the first line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [repr(error)]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return causes[-1].removeprefix("Caused by: ") if causes else lines[0]


def _lazy(frame: Any) -> nw.LazyFrame[Any]:
    lazy: nw.LazyFrame[Any] = nw.from_native(frame)
    return lazy
