"""One call that writes a whole synthetic shop: its exports into one folder, its truth into another."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.errors import OptionError
from regulars.simulate.behaviour import Behaviour
from regulars.simulate.bulk import write_orders
from regulars.simulate.contacts import write_messages
from regulars.simulate.customers import FIRST_ORDER_SHARE, customers_table, draw_people
from regulars.simulate.eventlog import EventLog
from regulars.simulate.exports import Export, Exports, csv_lines, soiled_events, soiled_orders, write_lines
from regulars.simulate.opinions import write_ratings, write_stock, write_tickets
from regulars.simulate.past import Past, World, make_world, rate_scale, simulate_past
from regulars.simulate.responses import LEVER_NAMES, RESPONSE_DAYS
from regulars.simulate.season import SHOP_ZONE, day_number
from regulars.simulate.streams import Streams
from regulars.simulate.tables import CURRENCY, costs_table, events_table, orders_table
from regulars.simulate.truth import CUSTOMERS_FILE, ITEMS_FILE, SETTINGS_FILE, customer_truth
from regulars.simulate.visits import CHANNEL_NAMES, Visits, all_visits, order_channels

EXPORTS_FOLDER = "exports"
DEFAULT_END = date(2025, 12, 31)
SHORTEST_DAYS = 30

Progress = Callable[[int, int], None]


def write_shop(
    folder: Path,
    truth_folder: Path,
    *,
    customers: int = 5000,
    days: int = 730,
    end_on: date | None = None,
    seed: int = 0,
    orders_only: bool = False,
    lines_per_customer: float | None = None,
    progress: Progress | None = None,
) -> Exports:
    """Write the exports of a synthetic shop to ``folder/exports`` and what they hide to ``truth_folder``.

    The same arguments write the same bytes. Amounts are in GBP, local times are London's.

    Parameters
    ----------
    folder
        The shop's folder; files go to its subfolder ``exports``.
    truth_folder
        Where the truth goes, by convention FOLDER.truth; it may not lie inside ``folder``.
    customers
        Registered customers; visitors who never register come on top.
    days
        Days of history; the shop opens on the first.
    end_on
        The last day; 2025-12-31 when not given. The clock is never read.
    seed
        Seeds everything, how customers respond to offers included.
    orders_only
        Write ``orders.parquet`` alone, in chunks, for large shops: no visits, messages or dirty rows, and
        every customer buys when registering.
    lines_per_customer
        About how many order lines (returns included) a customer has; scales all purchase rates.
    progress
        Called with (customers done, all customers).

    Returns
    -------
    Exports
        The files, each with the importer's source for it.

    Raises
    ------
    OptionError
        An argument is outside what is allowed; the message says what is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     exports = write_shop(Path(place, "shop"), Path(place, "shop.truth"), customers=20, days=60)
    ...     [(export.path.name, export.source) for export in exports.files][0]
    ('orders.csv', 'orders')
    """
    last_day = day_number(end_on or DEFAULT_END)
    _check(folder, truth_folder, customers, days, seed)
    world = make_world(seed, last_day - days + 1, last_day)
    out = Path(folder) / EXPORTS_FOLDER
    out.mkdir(parents=True, exist_ok=True)
    Path(truth_folder).mkdir(parents=True, exist_ok=True)
    if orders_only:
        truth_file = Path(truth_folder) / CUSTOMERS_FILE
        export = write_orders(
            world, out / "orders.parquet", truth_file, customers, lines_per_customer, progress
        )
        exports = Exports(out, (export,), {})
    else:
        exports = _write_everything(world, out, Path(truth_folder), customers, lines_per_customer)
        if progress is not None:
            progress(customers, customers)
    _write_world(world, Path(truth_folder), customers, orders_only, exports)
    return exports


def _check(folder: Path, truth_folder: Path, customers: int, days: int, seed: int) -> None:
    if customers < 1:
        raise OptionError(f"customers={customers}", allowed="1 or more")
    if days < SHORTEST_DAYS:
        raise OptionError(f"days={days}", allowed=f"{SHORTEST_DAYS} or more")
    if seed < 0:
        raise OptionError(f"seed={seed}", allowed="0 or more")
    if Path(truth_folder).resolve().is_relative_to(Path(folder).resolve()):
        raise OptionError(
            f"the truth folder {truth_folder} lies inside the shop {folder}, where the pipeline could see it",
            allowed="a folder beside the shop",
            fix=f"{folder}.truth",
        )


def _write_everything(
    world: World, out: Path, truth_folder: Path, customers: int, lines_per_customer: float | None
) -> Exports:
    """All files of a shop whose customers fit into memory."""
    streams = Streams(world.seed)
    scale = 1.0 if lines_per_customer is None else rate_scale(world, lines_per_customer, FIRST_ORDER_SHARE)
    people = draw_people(streams, world.season, world.catalogue, customers, world.last_day, rate_scale=scale)
    past = simulate_past(world, streams, people)
    truth = customer_truth(
        people,
        past.responses,
        world.catalogue,
        world.season,
        world.last_day,
        past.spell_end,
        past.order_counts,
    )
    pq.write_table(truth, truth_folder / CUSTOMERS_FILE)
    channel = order_channels(streams, people, past.orders)
    orders = orders_table(world.catalogue, people, past.orders, channel, past.lines, past.returns)
    events, costs = _behaviour(world, streams, past)
    order_lines, dirty_orders = soiled_orders(streams, csv_lines(orders))
    event_lines, dirty_events = soiled_events(streams, csv_lines(events))
    files = (
        ("orders", order_lines),
        ("events", event_lines),
        ("items", csv_lines(world.catalogue.table())),
        ("customers", csv_lines(customers_table(people, streams))),
        ("costs", csv_lines(costs)),
    )
    written = tuple(
        Export(out / f"{name}.csv", name, write_lines(out / f"{name}.csv", lines)) for name, lines in files
    )
    return Exports(out, written, {"orders": dirty_orders, "events": dirty_events})


def _behaviour(world: World, streams: Streams, past: Past) -> tuple[pa.Table, pa.Table]:
    """The tables of events and costs: everything around the orders."""
    campaigns, messages, log = past.campaigns, past.messages, EventLog()
    assert campaigns is not None and messages is not None
    clock, people, catalogue = world.clock, past.people, world.catalogue
    email = CHANNEL_NAMES.index("email")
    clicks = write_messages(streams, log, clock, people, messages, past.spells, email)
    visits: Visits = all_visits(
        streams, world.season, clock, people, past.spells, past.orders, past.sign_up,
        campaigns, messages, clicks, world.last_day,
    )  # fmt: skip
    Behaviour(streams, log, catalogue, people, visits, past.lines).write()
    write_ratings(streams, log, clock, catalogue, people, past.orders, past.lines, past.returns)
    write_tickets(streams, log, clock, past.orders, past.lines, past.returns)
    write_stock(streams, log, clock, catalogue, world.first_day, world.last_day)
    events = events_table(log, clock, catalogue, people, campaigns, world.last_day)
    return events, costs_table(streams, campaigns, visits, messages)


def _write_world(
    world: World, truth_folder: Path, customers: int, orders_only: bool, exports: Exports
) -> None:
    """The settings and the items, beside the customers' truth."""
    catalogue, effects = world.catalogue, world.effects
    items = catalogue.table()
    for name, column in (("quality", catalogue.quality), ("return_rate", catalogue.return_rate)):
        items = items.append_column(name, pa.array(column))
    pq.write_table(
        items.append_column("popularity", pa.array(catalogue.popularity)), truth_folder / ITEMS_FILE
    )
    settings: dict[str, Any] = {
        "seed": world.seed,
        "customers": customers,
        "first_day": world.first_day,
        "last_day": world.last_day,
        "ends_on": str(date(1970, 1, 1) + timedelta(days=world.last_day)),
        "orders_only": orders_only,
        "currency": CURRENCY,
        "time_zone": SHOP_ZONE,
        "response_days": RESPONSE_DAYS,
        "levers": {
            lever: {
                name: _plain(getattr(effects, name)[k]) for name in ("mean", "by_price", "by_age", "spread")
            }
            for k, lever in enumerate(LEVER_NAMES)
        },
        "revival_log_odds": _plain(effects.revival),
        "row_counts": {export.source: export.row_count for export in exports.files},
        "dirty_rows": exports.dirty,
    }
    text = json.dumps(settings, indent=1, sort_keys=True)
    (truth_folder / SETTINGS_FILE).write_text(text + "\n", encoding="utf-8")


def _plain(value: float) -> float | None:
    """A number for JSON; None for minus infinity: never."""
    return float(value) if np.isfinite(value) else None
