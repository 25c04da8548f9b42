"""The shop's records as tables of words and money, the way a shop system would export them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.schema import DAY_SECONDS
from regulars.simulate.arrays import Array, Ints, coded, joined
from regulars.simulate.baskets import Lines, Returns
from regulars.simulate.campaigns import Campaigns
from regulars.simulate.catalogue import CATEGORY_NAMES, Catalogue
from regulars.simulate.customers import COUNTRY_NAMES, People
from regulars.simulate.eventlog import KINDS, Column, EventLog
from regulars.simulate.purchases import Messages, Orders
from regulars.simulate.responses import LEVER_NAMES
from regulars.simulate.season import Clock
from regulars.simulate.streams import Streams
from regulars.simulate.visits import CHANNEL_NAMES, Visits

FIRST_ORDER_NUMBER = 100_001
CURRENCY = "GBP"
STATUSES = ("completed", "refund")
COST_PER_VISIT = {"paid_search": 2.4, "paid_social": 1.9, "affiliate": 3.0}
"""Per visit that the shop's own tracking saw; the clicks that it did not see are paid for, too."""
COST_PER_MESSAGE = 0.004
DEVICE_MIX = 2_654_435_761
"""An odd number: multiplying by it modulo 2^32 makes device numbers that look like random ones, none twice."""


def numbered(prefix: str, numbers: Ints) -> Array:
    """Texts such as ``O100001``."""
    return joined(prefix, pa.array(numbers).cast(pa.string()))


def local_times(second: Ints) -> Array:
    """Local seconds as times without a zone."""
    return pa.array(second).cast(pa.timestamp("s"))


def orders_table(
    catalogue: Catalogue,
    people: People,
    orders: Orders,
    channel: Ints,
    lines: Lines,
    returns: Returns,
    *,
    first_order: int = 0,
) -> pa.Table:
    """One row per order line, and one of negative quantity per return with its order's number; by time.

    Columns: order_id, order_date (local time), customer_id, item_id, item_name, category, quantity,
    unit_price, discount (money off the line), line_total (after it), currency, channel, country, status.
    A return's unit_price is what was paid per unit, so that quantity x unit_price is its line_total.
    """
    line = np.concatenate([np.arange(len(lines)), returns.line])
    back = np.arange(len(line)) >= len(lines)
    second = np.concatenate([orders.second[lines.order], returns.second])
    by_time = np.argsort(second, kind="stable")
    line, back, second = line[by_time], back[by_time], second[by_time]
    order, item = lines.order[line], lines.item[line]
    buyer = orders.customer[order]
    units = np.concatenate([lines.quantity, -returns.quantity])[by_time]
    off = np.where(back, 0, units * lines.unit_discount[line])
    price = lines.price[line] - np.where(back, lines.unit_discount[line], 0)
    return pa.table(
        {
            "order_id": numbered("O", order + FIRST_ORDER_NUMBER + first_order),
            "order_date": local_times(second),
            "customer_id": people.ids().take(pa.array(buyer)),
            "item_id": coded(item, catalogue.item_ids),
            "item_name": coded(item, catalogue.titles),
            "category": coded(catalogue.category[item], CATEGORY_NAMES),
            "quantity": pa.array(units),
            "unit_price": pa.array(price / 100),
            "discount": pa.array(off / 100),
            "line_total": pa.array((units * price - off) / 100),
            "currency": coded(np.zeros(len(line), dtype=np.int64), (CURRENCY,)),
            "channel": coded(channel[order], CHANNEL_NAMES),
            "country": coded(people.country[buyer], COUNTRY_NAMES),
            "status": coded(back.astype(np.int64), STATUSES),
        }
    )


def events_table(
    log: EventLog, clock: Clock, catalogue: Catalogue, people: People, campaigns: Campaigns, last_day: int
) -> pa.Table:
    """One row per event up to the end of ``last_day``, by time, with the offset from UTC in each time."""
    columns = log.columns((last_day + 1) * DAY_SECONDS - 1)
    phrases = pa.array(log.phrases, type=pa.string())
    value = columns["value"]
    return pa.table(
        {
            "event_type": coded(columns["kind"], KINDS),
            "time": _iso_times(clock, columns["second"]),
            "user_id": coded(columns["customer"], people.ids()),
            "anonymous_id": _devices(columns["visitor"]),
            "session_id": _numbered_or_null("s", columns["visit"]),
            "order_id": _numbered_or_null("O", columns["order"], FIRST_ORDER_NUMBER),
            "item_id": coded(columns["item"], catalogue.item_ids),
            "quantity": _amounts(columns["quantity"]).cast(pa.int64()),
            "value": _amounts(value / 100),
            "currency": coded(np.where(np.isnan(value), -1, 0), (CURRENCY,)),
            "channel": coded(columns["channel"], CHANNEL_NAMES),
            "campaign": coded(columns["campaign"], campaigns.names),
            "query": coded(columns["query"], phrases),
            "rating": _amounts(columns["rating"]).cast(pa.int64()),
            "text": coded(columns["text"], phrases),
            "dwell_seconds": _amounts(columns["dwell_seconds"]).cast(pa.int64()),
            "lever": coded(columns["lever"], (*LEVER_NAMES, "none")),
            "propensity": _amounts(columns["propensity"]),
        }
    )


def costs_table(streams: Streams, campaigns: Campaigns, visits: Visits, messages: Messages) -> pa.Table:
    """What each campaign cost on each day: advertising by its visits, messages by their number."""
    ad = np.flatnonzero(visits.campaign >= campaigns.first_ad)
    key = np.concatenate([visits.start[ad] // DAY_SECONDS, messages.day[messages.sent]]) * len(
        campaigns.names
    )
    key += np.concatenate([visits.campaign[ad], messages.campaign[messages.sent]])
    keys, count = np.unique(key, return_counts=True)
    day, campaign = keys // len(campaigns.names), keys % len(campaigns.names)
    channel = [campaigns.entries[c].channel for c in campaign]
    each = np.array([COST_PER_VISIT.get(name, COST_PER_MESSAGE) for name in channel])
    noise = np.exp(streams("costs").normal(0.0, 0.15, len(keys)))
    cost = np.maximum(np.rint(100 * count * each * np.where(campaign >= campaigns.first_ad, noise, 1.0)), 1)
    return pa.table(
        {
            "campaign": coded(campaign, campaigns.names),
            "day": pa.array(day.astype("datetime64[D]")).cast(pa.string()),
            "channel": pa.array(channel, type=pa.string()),
            "cost": pa.array(cost / 100),
            "currency": coded(np.zeros(len(keys), dtype=np.int64), (CURRENCY,)),
        }
    )


def _iso_times(clock: Clock, second: Ints) -> Array:
    text = pc.utf8_replace_slice(local_times(second).cast(pa.string()), 10, 11, "T")
    hours = (clock.offset(second) // 3600).astype(np.int64)
    return joined(text, coded(hours, ("+00:00", "+01:00")).cast(pa.string()))


def _devices(visitor: Ints) -> Array:
    known, place = np.unique(visitor, return_inverse=True)
    texts = [None if number < 0 else f"{(int(number) + 1) * DEVICE_MIX % 2**32:08x}" for number in known]
    return coded(place.astype(np.int64), pa.array(texts, type=pa.string()))


def _numbered_or_null(prefix: str, codes: Ints, start: int = 1) -> Array:
    text = numbered(prefix, codes + start)
    return pc.if_else(pa.array(codes >= 0), text, pa.scalar(None, pa.string()))


def _amounts(values: Column) -> Any:
    return pa.array(values, mask=np.isnan(values))
