"""One call that writes a whole synthetic shop: its exports into one folder, its truth into another."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.errors import NoSpace, OptionError
from regulars.simulate.addresses import addressed
from regulars.simulate.behaviour import Behaviour
from regulars.simulate.blemishes import Blemishes, events_blemishes, orders_blemishes
from regulars.simulate.bulk import write_orders
from regulars.simulate.contacts import write_messages
from regulars.simulate.customers import FIRST_ORDER_SHARE, People, customers_table, draw_people
from regulars.simulate.eventlog import EventLog
from regulars.simulate.exports import Export, Exports, write_csv
from regulars.simulate.opinions import write_ratings, write_stock, write_tickets
from regulars.simulate.past import Past, World, make_world, rate_scale, simulate_past
from regulars.simulate.season import day_number
from regulars.simulate.shopify import write_shopify
from regulars.simulate.streams import Streams
from regulars.simulate.tables import costs_table, events_table, orders_table
from regulars.simulate.truth import CUSTOMERS_FILE, customer_truth, write_world
from regulars.simulate.visits import CHANNEL_NAMES, Visits, all_visits, order_channels
from regulars.simulate.woocommerce import write_woocommerce

EXPORTS_ENDING = ".exports"
"""Behind the name of the shop's folder: exports lie beside it, as they name people by their addresses."""
DEFAULT_END = date(2025, 12, 31)
SHORTEST_DAYS = 30

Progress = Callable[[int, int], None]

LAYOUTS = {"shopify": write_shopify, "woocommerce": write_woocommerce}
"""How each shop system exports orders: writers of a path, the table of orders, streams, clock and newsletters."""


def exports_folder(folder: str | Path) -> Path:
    """Where the exports of a synthetic shop lie.

    >>> exports_folder("demo-shop").name
    'demo-shop.exports'
    """
    return Path(folder).with_name(Path(folder).name + EXPORTS_ENDING)


def write_shop(
    folder: Path,
    truth_folder: Path,
    *,
    customers: int = 5000,
    days: int = 731,
    end_on: date | None = None,
    seed: int = 0,
    orders_only: bool = False,
    lines_per_customer: float | None = None,
    layout: str | None = None,
    progress: Progress | None = None,
) -> Exports:
    """Write the exports of a synthetic shop to ``FOLDER.exports`` and what they hide to ``truth_folder``.

    The same arguments write the same bytes. Amounts are in GBP, local times are London's.

    Parameters
    ----------
    folder
        The shop's folder; files go to the folder ``FOLDER.exports`` beside it (:func:`exports_folder`).
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
    layout
        One of :data:`LAYOUTS`: orders are written as that shop system exports them, without dirty rows, and
        customers are named by their e-mail addresses in all files. None: tidy columns.
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
    NoSpace
        The disk is full.

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
    if layout is not None and layout not in LAYOUTS:
        raise OptionError(f"layout={layout}", allowed=", ".join(LAYOUTS))
    world = make_world(seed, last_day - days + 1, last_day)
    out, hidden = exports_folder(folder), Path(truth_folder)
    try:
        out.mkdir(parents=True, exist_ok=True)
        hidden.mkdir(parents=True, exist_ok=True)
        if orders_only:
            exports = write_orders(world, out, hidden, customers, lines_per_customer, progress)
        else:
            exports = _write_everything(world, out, hidden, customers, lines_per_customer, layout)
        write_world(world, hidden, customers, orders_only, exports)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NoSpace(
                f"the disk is full while writing {out}", fix="free some space and try again"
            ) from error
        raise
    if progress is not None and not orders_only:
        progress(customers, customers)
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
    world: World,
    out: Path,
    truth_folder: Path,
    customers: int,
    lines_per_customer: float | None,
    layout: str | None,
) -> Exports:
    """All files of a shop whose customers fit into memory."""
    streams = Streams(world.seed)
    scale = 1.0 if lines_per_customer is None else rate_scale(world, lines_per_customer, FIRST_ORDER_SHARE)
    people = draw_people(streams, world.season, world.catalogue, customers, world.last_day, rate_scale=scale)
    past = simulate_past(world, streams, people)
    pq.write_table(customer_truth(world, past), truth_folder / CUSTOMERS_FILE)
    channel = order_channels(streams, people, past.orders)
    orders = orders_table(world.catalogue, people, past.orders, channel, past.lines, past.returns)
    events, costs = _behaviour(world, streams, past)
    if layout is not None:
        return _as_exported_by(layout, world, streams, out, people, orders, events, costs)
    spoiled_orders, dirty_orders = orders_blemishes(streams, orders)
    spoiled_events, dirty_events = events_blemishes(streams, events)
    tables: tuple[tuple[str, pa.Table, Blemishes], ...] = (
        ("orders", orders, spoiled_orders),
        ("events", events, spoiled_events),
        ("items", world.catalogue.table(), {}),
        ("customers", customers_table(people, streams), {}),
        ("costs", costs, {}),
    )
    files = tuple(
        Export(out / f"{name}.csv", name, write_csv(out / f"{name}.csv", table, blemishes))
        for name, table, blemishes in tables
    )
    return Exports(out, files, {"orders": dirty_orders, "events": dirty_events})


def _as_exported_by(
    layout: str,
    world: World,
    streams: Streams,
    out: Path,
    people: People,
    orders: pa.Table,
    events: pa.Table,
    costs: pa.Table,
) -> Exports:
    """Orders in the layout of a shop system; the other files name customers by the address that its orders have."""
    newsletter = dict(zip(people.ids().to_pylist(), people.newsletter.tolist(), strict=True))
    path = out / f"{layout}_orders.csv"
    files = [Export(path, layout, LAYOUTS[layout](path, orders, streams, world.clock, newsletter))]
    tables = {
        "events": addressed(events, "user_id"),
        "items": world.catalogue.table(),
        "customers": addressed(customers_table(people, streams), "customer_id"),
        "costs": costs,
    }
    for name, table in tables.items():
        files.append(Export(out / f"{name}.csv", name, write_csv(out / f"{name}.csv", table)))
    return Exports(out, tuple(files), {})


def _behaviour(world: World, streams: Streams, past: Past) -> tuple[pa.Table, pa.Table]:
    """The tables of events and costs: everything around the orders."""
    campaigns, messages, log = past.campaigns, past.messages, EventLog()
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
