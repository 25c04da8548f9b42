"""A log of purchases in memory -> one row per customer with the columns that the models take."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from regulars.collect.amounts import choose_decimal_mark, mark_evidence, ten_thousandths
from regulars.collect.cells import text
from regulars.collect.dates import choose_date_order, date_evidence
from regulars.collect.times import ALLOWED as TIMES
from regulars.collect.times import instants
from regulars.collect.vocabulary import COLUMN_WORDS, plain_word
from regulars.errors import ColumnError, OptionError, nearest
from regulars.insight.calendar import day_of
from regulars.models.tables import to_arrow, to_kind
from regulars.schema import CUSTOMER_FEATURES, MONEY_UNITS

Ints = NDArray[np.int64]

_FOUND_AS = {"customer": "user_id", "time": "time", "value": "value", "order": "order_id"}


def purchase_summary(
    log: Any,
    *,
    customer: str,
    time: str,
    value: str | None = None,
    order: str | None = None,
    as_of: dt.date | str | None = None,
) -> Any:
    """One row per customer as of a day, from a log with one row per purchase: what the models take.

    It gives the numbers that a shop's own features give for the same purchases (tested), without a shop.
    Purchases of one day count once; days are those of the times as they stand, and of their own zone where
    they carry one (text with an offset: UTC).

    Parameters
    ----------
    log
        pandas or polars data frame (lazy too), Arrow table or dict of columns; one row per order or order line.
        Rows without a customer, and rows after ``as_of``, are left out.
    customer, time
        The columns of the customer's id and of the day or time (dates, datetimes, or text such as 2024-12-31).
    value
        The column of the money of each row, 0 or more; without it there are no columns of money.
    order
        The column of the order number, where an order may have several rows; else each row is an order.
    as_of
        The last day that counts, inclusive: a date or ``"2024-12-31"``; by default the last day of the log.

    Returns
    -------
    The kind of table that came in, sorted by id, columns as in ``schema.CUSTOMER_FEATURES``:
    ``customer_id, purchase_count`` (orders)\\ ``, purchase_day_count, frequency`` (purchase days after the first)
    ``, recency_days`` (last - first purchase day)\\ ``, T_days`` (as_of - first)\\ ``, days_since_last_purchase,
    first_purchase_day, last_purchase_day`` (days since 1970)\\ ``, gap_last_days, gap_max_days`` (null without a
    repeat), and with ``value``, in its unit: ``monetary_value`` (mean of the repeat days; 0 without one)
    ``, net_value, mean_order_value, mean_day_value``.

    Raises
    ------
    ColumnError
        A column is missing (the message names the nearest), a time cannot be read, or a value is missing or
        negative. Refunds belong to an order: ``rg.Shop.from_frame`` nets them, or leave them out.
    OptionError
        ``as_of`` is no day.

    Examples
    --------
    >>> log = {"who": ["ann", "ben", "ann", "ann"], "day": ["2025-03-01", "2025-03-05", "2025-03-01", "2025-03-21"],
    ...        "paid": [10.0, 7.0, 5.0, 20.0]}
    >>> table = purchase_summary(log, customer="who", time="day", value="paid", as_of="2025-03-31")
    >>> table.select(["customer_id", "frequency", "recency_days", "T_days", "monetary_value"]).to_pylist()[0]
    {'customer_id': 'ann', 'frequency': 1, 'recency_days': 20, 'T_days': 30, 'monetary_value': 20.0}
    """
    table, kind = to_arrow(log)
    given = {"customer": customer, "time": time, "value": value, "order": order}
    for role, name in given.items():
        if name is not None and name not in table.column_names:
            raise _missing(role, name, table.column_names)
    read = _read(table, customer, time, value, order)
    last = read.days.max() if as_of is None and len(read.days) else _day(as_of)
    summary = _summary(read.up_to(int(last)), int(last), has_value=value is not None)
    return to_kind(summary, kind)


@dataclass(frozen=True)
class _Purchases:
    """Rows of the log that name a customer: codes of ``ids``, days, money in ten-thousandths, and orders."""

    ids: pa.Array[Any]
    codes: Ints
    days: Ints
    units: Ints
    orders: Ints

    def up_to(self, day: int) -> _Purchases:
        keep = self.days <= day
        if keep.all():
            return self
        codes: Ints = np.unique(self.codes[keep])
        place = np.zeros(len(self.ids), np.int64)
        place[codes] = np.arange(len(codes))
        return _Purchases(
            self.ids.take(pa.array(codes, pa.int64())), place[self.codes[keep]], self.days[keep], self.units[keep],
            self.orders[keep],
        )  # fmt: skip


def _read(table: pa.Table, customer: str, time: str, value: str | None, order: str | None) -> _Purchases:
    named = table.select(list(dict.fromkeys(name for name in (customer, time, value, order) if name)))
    named = named.filter(text(_plain(named, customer)).is_valid())
    ids, codes = _coded(_plain(named, customer))
    days = _days(_plain(named, time), time)
    units = np.zeros(len(codes), np.int64) if value is None else _units(_plain(named, value), value)
    orders = np.arange(len(codes))
    if order is not None:
        _, numbers = _coded(text(_plain(named, order)).fill_null(""))
        # An order is one customer's; a row without a number is an order of its own.
        empty = np.asarray(text(_plain(named, order)).is_null())
        orders = np.where(empty, -1 - orders, codes * (int(numbers.max(initial=0)) + 1) + numbers)
    return _Purchases(ids, codes, days, units, orders)


def _plain(table: pa.Table, name: str) -> pa.Array[Any]:
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    joined: Any = column.combine_chunks()
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _coded(ids: pa.Array[Any]) -> tuple[pa.Array[Any], Ints]:
    """The distinct ids in sorted order, and each row's place among them. Whole floats are ids that met a NaN."""
    if pa.types.is_floating(ids.type) and pc.all(pc.equal(pc.floor(ids), ids)).as_py():
        ids = ids.cast(pa.int64())
    encoded: Any = ids.dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), place[encoded.indices.to_numpy()]


def _days(column: pa.Array[Any], name: str) -> Ints:
    zone = column.type.tz if pa.types.is_timestamp(column.type) and column.type.tz else "UTC"
    evidence = date_evidence(column)
    if evidence.is_open:
        raise ColumnError(
            f"the dates of column {name} could be day first or month first", allowed=TIMES,
            fix=f'log["{name}"] = pandas.to_datetime(log["{name}"], dayfirst=True) or False, or write 2024-12-31',
        )  # fmt: skip
    found = instants(column, zone, choose_date_order(evidence, "")[0])
    _require(found.valid, column, name, f"times such as {TIMES}")
    return found.day


def _units(column: pa.Array[Any], name: str) -> Ints:
    mark, _ = choose_decimal_mark(mark_evidence(column), name, comma_elsewhere=False)
    amounts = ten_thousandths(column, mark)
    _require(amounts.valid, column, name, "an amount in every row")
    _require(
        amounts.units >= 0, column, name, "values of 0 or more",
        fix=f'leave the refunds out (log[log["{name}"] >= 0]), or let rg.Shop.from_frame net them against their orders',
    )  # fmt: skip
    return amounts.units


def _require(good: NDArray[np.bool_], column: pa.Array[Any], name: str, allowed: str, fix: str = "") -> None:
    if good.all():
        return
    row = int(np.flatnonzero(~good)[0])
    cell: Any = column[row].as_py()
    what = "is empty" if cell is None or cell != cell else f"holds {str(cell)[:80]!r}"
    raise ColumnError(
        f"column {name} {what} in row {row} of those with a customer ({int((~good).sum())} such rows)",
        allowed=allowed, fix=fix,
    )  # fmt: skip


def _summary(read: _Purchases, as_of_day: int, *, has_value: bool) -> pa.Table:
    count = len(read.ids)
    who, day, money, orders = _purchase_days(read)
    start = np.searchsorted(who, np.arange(count))
    stop = np.searchsorted(who, np.arange(count), side="right")
    first, last, days = day[start], day[stop - 1], stop - start
    gaps = np.where(np.diff(who, prepend=-1) == 0, np.diff(day, prepend=0), 0)
    repeat = days > 1
    columns: dict[str, Any] = {
        "customer_id": read.ids,
        "purchase_count": _sums(orders, start),
        "purchase_day_count": days,
        "frequency": days - 1,
        "recency_days": last - first,
        "T_days": as_of_day - first,
        "days_since_last_purchase": as_of_day - last,
        "first_purchase_day": first,
        "last_purchase_day": last,
        "gap_last_days": pa.array(gaps[stop - 1], mask=~repeat),
        "gap_max_days": pa.array(np.maximum.reduceat(gaps, start) if count else gaps, mask=~repeat),
    }
    if has_value:
        total = _sums(money, start)
        again = total - money[start]
        columns["monetary_value"] = np.where(repeat, again / np.maximum(days - 1, 1) / MONEY_UNITS, 0.0)
        columns["net_value"] = total / MONEY_UNITS
        columns["mean_order_value"] = total / np.maximum(columns["purchase_count"], 1) / MONEY_UNITS
        columns["mean_day_value"] = total / np.maximum(days, 1) / MONEY_UNITS
    kinds = CUSTOMER_FEATURES.arrow_schema()
    return pa.table(
        {n: v if n == "customer_id" else pa.array(v).cast(kinds.field(n).type) for n, v in columns.items()}
    )


def _purchase_days(read: _Purchases) -> tuple[Ints, Ints, Ints, Ints]:
    """One row per customer and purchase day, sorted by both: code, day, money and number of orders.

    The rows of an order all count on its first day.
    """
    by_order = np.lexsort((read.days, read.orders))
    ahead = np.flatnonzero(np.diff(read.orders[by_order], prepend=np.iinfo(np.int64).min))
    who, day = read.codes[by_order][ahead], read.days[by_order][ahead]
    money = _sums(read.units[by_order], ahead)
    by_day = np.lexsort((day, who))
    who, day, money = who[by_day], day[by_day], money[by_day]
    new = np.flatnonzero((np.diff(who, prepend=-1) != 0) | (np.diff(day, prepend=0) != 0))
    return who[new], day[new], _sums(money, new), np.diff(np.append(new, len(who)))


def _sums(values: Ints, starts: Ints) -> Ints:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


def _day(as_of: dt.date | str | None) -> int:
    if as_of is None:
        return 0
    try:
        found = as_of if isinstance(as_of, dt.date) else dt.date.fromisoformat(str(as_of)[:10])
    except ValueError as error:
        raise OptionError(f"as_of is {as_of!r}", allowed="a date, or text such as 2024-12-31") from error
    return day_of(dt.date(found.year, found.month, found.day))


def _missing(role: str, name: str, columns: list[str]) -> ColumnError:
    """The column that is not there, and which one it may be: the nearest name, else one that means the same."""
    hint = nearest(name, columns)
    words = {plain_word(word) for word in COLUMN_WORDS[_FOUND_AS[role]]}
    likely = [column for column in columns if plain_word(column) in words]
    if not hint and likely:
        hint = f" Is it {likely[0]}?"
    fix = f'{role}="{likely[0]}"' if likely else f"pass the name of the column of the {role}: {role}=..."
    return ColumnError(
        f"the log has no column {name} ({role}=); its columns are {', '.join(columns) or 'none'}.{hint}",
        allowed=f"for {role}: one of {', '.join(columns) or 'none'}", fix=fix,
    )  # fmt: skip
