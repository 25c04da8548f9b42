"""A look at a file before there is a shop for it: in which currency its amounts are, and whether its times say
where they were written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from regulars import config
from regulars.collect.cells import text
from regulars.collect.kernels import Array, pc
from regulars.collect.plan import ImportPlan
from regulars.collect.sources import plan_import

LOOKED_AT = 50_000
"""Lines whose amounts and times are looked at; a column of currencies is read whole."""
NEARLY_ALL = 0.95
MONEY_TARGETS = (
    "value",
    "order_total",
    "unit_price",
    "discount",
    "price",
    "cost",
    "total_value",
    "total",
    "subtotal",
)
_KEY = bytes(32)
# A sign names a currency where nearly every shop that writes it means that one; ¥ does not.
_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "US$": "USD",
    "$": "USD",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "円": "JPY",
    "元": "CNY",
}
_SIGN = r"(?P<sign>€|£|(?:\p{Lu}{1,2})?\$|₹|₽|₩|円|元|\b[A-Z]{3}\b)"
_CLOCK = r"\d:\d{2}"
_OFFSET = r"\d:\d{2}.*(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"


@dataclass(frozen=True)
class Preview:
    """What a file says of itself.

    ``currencies`` counts its lines by the currency (ISO 4217) that they name or whose sign their amounts carry;
    ``has_open_times`` is true where most of its times carry no offset from UTC, so that they mean something only
    in a time zone.
    """

    path: Path
    source: str
    kind: str
    currencies: Mapping[str, int]
    has_open_times: bool


def preview(
    path: str | Path, *, source: str | None, mapping: Mapping[str, str] | None, known_types: Collection[str],
    now_us: int,
) -> Preview:  # fmt: skip
    """Look at a file; nothing is stored.

    Raises
    ------
    FileError, MappingError, OptionError
        As ``plan_import``: the file cannot be read, or its columns are not understood.
    """
    plan = plan_import(
        path, shop=config.Shop(), roles_known_types=known_types, source=source, mapping=mapping, now_us=now_us,
        hash_key=_KEY,
    )  # fmt: skip
    return Preview(plan.path, plan.source, plan.kind, _currencies(plan), _has_open_times(plan))


def main_currency(previews: Collection[Preview]) -> str | None:
    """The currency of nearly all lines of several files that name one; None where there is no such currency.

    >>> main_currency([Preview(Path("a.csv"), "orders", "events", {"EUR": 99, "USD": 1}, True)])
    'EUR'
    """
    counted: Counter[str] = Counter()
    for one in previews:
        counted.update(one.currencies)
    if not counted:
        return None
    name, lines = max(counted.items(), key=lambda pair: (pair[1], pair[0]))
    return name if lines >= NEARLY_ALL * counted.total() else None


def _currencies(plan: ImportPlan) -> dict[str, int]:
    named = plan.mapping.get("currency", "")
    if named.startswith("="):
        return {named[1:].upper(): 1}
    if named in plan.columns:
        counted: Counter[str] = Counter()
        for cells in _cells(plan, named):
            known = pc.utf8_upper(text(cells).drop_null())
            for entry in pc.value_counts(known).to_pylist():
                if len(entry["values"]) == 3 and entry["values"].isalpha():
                    counted[entry["values"]] += entry["counts"]
        return dict(counted)
    amounts = [plan.mapping[name] for name in MONEY_TARGETS if plan.mapping.get(name) in plan.columns]
    signs: Counter[str] = Counter()
    for column in amounts[:1]:
        for cells in _cells(plan, column, LOOKED_AT):
            signs.update(currency_signs(cells))
    return dict(signs)


def currency_signs(cells: Array) -> dict[str, int]:
    """How many amounts carry the sign or code of which currency.

    >>> currency_signs(pa.array(["£2.50", "3,00 €", "€4", "5", None]))
    {'EUR': 2, 'GBP': 1}
    """
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        return {}
    found = pc.extract_regex(text(cells), _SIGN).drop_null()
    counted: Counter[str] = Counter()
    for entry in pc.value_counts(found.field("sign")).to_pylist():
        sign = entry["values"]
        name = _SIGNS.get(sign, sign if sign.isalpha() else None)
        if name:
            counted[name] += entry["counts"]
    return dict(sorted(counted.items()))


def _has_open_times(plan: ImportPlan) -> bool:
    """Whether most times of day lack an offset; days alone are the same in every zone."""
    column = plan.mapping.get("time", "")
    if column not in plan.columns:
        return False
    clocks = offsets = 0
    for cells in _cells(plan, column, LOOKED_AT):
        if pa.types.is_timestamp(cells.type):
            return cells.type.tz is None
        if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
            return False
        known = text(cells).drop_null()
        clocks += _matching(known, _CLOCK)
        offsets += _matching(known, _OFFSET)
    return clocks > 2 * offsets


def _matching(values: Array, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0


def _cells(plan: ImportPlan, column: str, most: int | None = None) -> list[Array]:
    """The cells of one column, of the first ``most`` lines."""
    found, seen = [], 0
    for batch in plan.records.batches(65_536, [column]):
        found.append(batch.cells.column(0))
        seen += batch.cells.num_rows
        if most is not None and seen >= most:
            break
    return found
