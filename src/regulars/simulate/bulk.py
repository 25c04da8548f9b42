"""Orders alone, for very many customers: written in chunks, so that memory does not grow with the shop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.simulate.customers import draw_people
from regulars.simulate.exports import Export, Exports
from regulars.simulate.past import World, rate_scale, simulate_past
from regulars.simulate.streams import Streams
from regulars.simulate.tables import orders_table
from regulars.simulate.truth import CUSTOMERS_FILE, customer_truth
from regulars.simulate.visits import order_channels

CHUNK_CUSTOMERS = 50_000
ORDERS_FILE = "orders.parquet"

Progress = Callable[[int, int], None]


class TableStream:
    """A Parquet file that tables are appended to; it gets its name when everything is written."""

    def __init__(self, path: Path) -> None:
        self.path, self.row_count = path, 0
        self._partial = path.with_name(path.name + ".partial")
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> TableStream:
        return self

    def append(self, table: pa.Table) -> None:
        """Write the rows of one more chunk."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._partial, table.schema, compression="zstd")
        self._writer.write_table(table)
        self.row_count += table.num_rows

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._writer is None:
            return
        self._writer.close()
        if kind is None:
            self._partial.replace(self.path)
        else:
            self._partial.unlink(missing_ok=True)


def write_orders(
    world: World,
    out: Path,
    truth_folder: Path,
    customers: int,
    lines_per_customer: float | None,
    progress: Progress | None,
) -> Exports:
    """Write ``orders.parquet`` and the customers' truth, ``CHUNK_CUSTOMERS`` at a time.

    Every customer buys in the visit in which they register; no messages are sent, so the purchase process
    is exactly gamma rates and geometric stays. Rows are sorted by time within a chunk.
    """
    scale = 1.0 if lines_per_customer is None else rate_scale(world, lines_per_customer, 1.0)
    order_count = 0
    with TableStream(out / ORDERS_FILE) as exported, TableStream(truth_folder / CUSTOMERS_FILE) as hidden:
        for start in range(0, customers, CHUNK_CUSTOMERS):
            count = min(CHUNK_CUSTOMERS, customers - start)
            order_count += _write_chunk(world, exported, hidden, start, count, scale, order_count)
            if progress is not None:
                progress(start + count, customers)
    return Exports(out, (Export(out / ORDERS_FILE, "orders", exported.row_count),), {})


def _write_chunk(
    world: World,
    exported: TableStream,
    hidden: TableStream,
    start: int,
    count: int,
    scale: float,
    first_order: int,
) -> int:
    """Simulate and write one chunk of customers; return how many orders it had."""
    streams = Streams(world.seed, start // CHUNK_CUSTOMERS)
    people = draw_people(
        streams, world.season, world.catalogue, count, world.last_day,
        first_number=start + 1, rate_scale=scale, buy_at_once_share=1.0,
    )  # fmt: skip
    past = simulate_past(world, streams, people, with_messages=False)
    channel = order_channels(streams, people, past.orders)
    exported.append(
        orders_table(
            world.catalogue, people, past.orders, channel, past.lines, past.returns, first_order=first_order
        )
    )
    hidden.append(customer_truth(world, past))
    return len(past.orders)
