"""The last full day of a shop's data: found at every import, the default day of `run` and `evaluate`."""

from __future__ import annotations

import datetime as dt

from regulars.config import Settings
from regulars.errors import ShopError
from regulars.insight.calendar import date_of, day_of
from regulars.insight.quality import day_ends, last_full_day
from regulars.pipeline.scores import Note
from regulars.pipeline.shop import Shop
from regulars.schema import DAY_SECONDS
from regulars.store.duckdb import Store


def today(settings: Settings, now_us: int) -> int:
    """The day number of an instant in the shop's zone.

    >>> today(Settings(), 86_400_000_000)
    1
    """
    moment = dt.datetime.fromtimestamp(now_us / 1_000_000, settings.zone)
    return day_of(moment.date())


def find_last_full_day(store: Store, settings: Settings, now_us: int) -> int | None:
    """The last full day by the rule of ``insight.quality``; None for a store without events."""
    return last_full_day(store.read(day_ends(store.events(settings.profile))), today(settings, now_us))


def keep_last_full_day(store: Store, settings: Settings, now_us: int) -> None:
    """Find the last full day and keep it with the data; an import ends with this."""
    day = find_last_full_day(store, settings, now_us)
    if day is not None:
        store.set_last_full_day(day)


def usual_day(shop: Shop, store: Store) -> int:
    """The day that `run` and `evaluate` speak of unless another is named: the last full day.

    Raises
    ------
    ShopError
        The shop has no events.
    """
    days = store.day_range()
    if days is None:
        raise ShopError("the shop has no events yet", fix=f"regulars import FILE --shop {shop.folder}")
    kept = store.last_full_day()
    if kept is None:  # stored by a version that did not keep it, or by hand: it ends with its last event
        kept = find_last_full_day(store, shop.settings, (days[1] + 2) * DAY_SECONDS * 1_000_000)
    return days[1] if kept is None else min(kept, days[1])


def left_out_day(shop: Shop, store: Store, as_of_day: int) -> list[Note]:
    """A note when the data go on after the usual day: which day was left out, and when its last event was."""
    ends = store.read(day_ends(store.events(shop.settings.profile)))
    if ends.num_rows == 0 or int(ends.column("day")[-1].as_py()) <= as_of_day:
        return []
    day, second = (int(ends.column(name)[-1].as_py()) for name in ("day", "last_second"))
    values: dict[str, object] = {"last_on": str(date_of(day))}
    if second:
        values["last_hour"] = second // 3_600
    return [{"code": "unfinished_day", "values": values}]
