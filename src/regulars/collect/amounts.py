"""Numbers as files write them -> whole ten-thousandths, exactly.

Text is never turned into a float on the way: ``0.001`` is 10, and what lies beyond four decimals is rounded
half to even. Decimal commas, thousands separators, currency signs, trailing minus signs and parentheses for
negative amounts are read; which of comma and point is the decimal mark is a property of a column of a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from regulars.collect.cells import text
from regulars.collect.kernels import Array, pc, spread
from regulars.schema import MONEY_UNITS

DecimalMark = Literal["point", "comma", "either"]
ALLOWED = "1234.5, 1.234,50, -12, (12.00) or £12.50"

_LIMIT = 9 * 10**14  # units; in ten-thousandths this is just below the largest int64
_PLAIN = r"^[+-]?\d{1,14}(\.\d{1,4})?$"
_PARTS = r"^(?P<sign>[+-]?)(?P<whole>\d{0,15})(?:\.(?P<part>\d*))?$"
_SCIENTIFIC = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$")
_GROUPED = r"^[+-]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?$"
_CURRENCY_WORDS = (
    "EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CNY", "RMB", "JPY", "INR", "BRL", "CAD", "AUD",
    "NZD", "HKD", "SGD", "KRW", "TWD",
)  # fmt: skip
_NOISE = (
    r"[\s\x{00a0}\x{202f}\x{2009}'’_€$£¥￥₽₹₩元円]|\b(?:" + "|".join(_CURRENCY_WORDS) + r"|kr|zł|Kč|Fr)\b\.?"
)
_SIGNS = {
    "€": {"EUR"}, "£": {"GBP"}, "₽": {"RUB"}, "₹": {"INR"}, "₩": {"KRW"}, "元": {"CNY", "TWD", "HKD"}, "円": {"JPY"},
    "¥": {"CNY", "JPY"}, "￥": {"CNY", "JPY"}, "$": {"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "BRL", "MXN"},
    "RMB": {"CNY"}, **{word: {word} for word in _CURRENCY_WORDS if word != "RMB"},
}  # fmt: skip


@dataclass(frozen=True)
class Amounts:
    """Numbers of a column in ten-thousandths: ``present`` where a cell says something, ``valid`` where it is a number."""

    units: NDArray[np.int64]
    present: NDArray[np.bool_]
    valid: NDArray[np.bool_]


@dataclass(frozen=True)
class MarkEvidence:
    """How many values of a column can only have a decimal point, only a comma, or one mark and three digits."""

    point: int = 0
    comma: int = 0
    unclear_comma: int = 0
    unclear_point: int = 0

    def __add__(self, other: MarkEvidence) -> MarkEvidence:
        return MarkEvidence(
            self.point + other.point,
            self.comma + other.comma,
            self.unclear_comma + other.unclear_comma,
            self.unclear_point + other.unclear_point,
        )


def mark_evidence(array: Array) -> MarkEvidence:
    """What the values of a column say about its decimal mark.

    >>> mark_evidence(pa.array(["12,5", "1.234,56", "7"]))
    MarkEvidence(point=0, comma=2, unclear_comma=0, unclear_point=0)
    """
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return MarkEvidence()
    values = _bare(text(array).drop_null())

    def count(pattern: str) -> int:
        return pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0

    return MarkEvidence(
        point=count(r"^[^.,]*\.(\d{1,2}|\d{4,})?$|,.*\.\d*$|,\d{3},\d{3}$|^[+-]?0?\.\d{3}$"),
        comma=count(r"^[^.,]*,(\d{1,2}|\d{4,})?$|\..*,\d*$|\.\d{3}\.\d{3}$|^[+-]?0?,\d{3}$"),
        unclear_comma=count(r"^[+-]?[1-9]\d{0,2},\d{3}$"),
        unclear_point=count(r"^[+-]?[1-9]\d{0,2}\.\d{3}$"),
    )


def choose_decimal_mark(
    evidence: MarkEvidence, column: str, *, comma_elsewhere: bool
) -> tuple[DecimalMark, str]:
    """The decimal mark of a column, and a note where there was something to decide.

    >>> choose_decimal_mark(MarkEvidence(comma=5), "Preis", comma_elsewhere=False)
    ('comma', 'Preis has decimal commas: 5 values')
    """
    point, comma = evidence.point, evidence.comma
    if point and comma:
        mark: DecimalMark = "comma" if comma > point else "point"
        return mark, (
            f"{column} mixes decimal marks: {point} values with a point, {comma} with a comma; read with a "
            f"decimal {mark}, and values that contradict it are rejected as bad_number"
        )
    if comma:
        return "comma", f"{column} has decimal commas: {comma} values"
    if point:
        return "point", ""
    if evidence.unclear_comma:
        mark, meaning = (
            ("comma", "a decimal comma") if comma_elsewhere else ("point", "a thousands separator")
        )
        return mark, f"{column} has values like 1,234: the comma is read as {meaning}"
    if evidence.unclear_point:
        mark, meaning = (
            ("comma", "a thousands separator") if comma_elsewhere else ("point", "a decimal point")
        )
        return mark, f"{column} has values like 1.234: the point is read as {meaning}"
    return "either", ""


def ten_thousandths(array: Array, mark: DecimalMark = "either") -> Amounts:
    """A column of numbers in ten-thousandths.

    >>> ten_thousandths(pa.array(["£1,234.50", "(0.001)", "x", None]), "point").units.tolist()
    [12345000, -10, 0, 0]
    >>> ten_thousandths(pa.array([2.55, float("inf")])).valid.tolist()
    [True, False]
    """
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_floating(array.type):
        return _from_floats(array)
    if pa.types.is_integer(array.type):
        return _from_integers(array)
    coded = text(array).dictionary_encode()
    values = _from_text(coded.dictionary, mark)
    return Amounts(*(spread(part, coded) for part in (values.units, values.present, values.valid)))


def _from_floats(array: Array) -> Amounts:
    numbers = np.asarray(pc.fill_null(array.cast(pa.float64()), np.nan))
    present = ~np.isnan(numbers)
    with np.errstate(invalid="ignore"):
        valid = np.abs(numbers) < _LIMIT
    return Amounts(np.rint(np.where(valid, numbers, 0) * MONEY_UNITS).astype(np.int64), present, valid)


def _from_integers(array: Array) -> Amounts:
    numbers = np.asarray(pc.fill_null(array, 0))
    present = np.asarray(array.is_valid())
    valid = present & (numbers < _LIMIT) & (numbers.astype(np.float64) > -_LIMIT)
    return Amounts(np.where(valid, numbers, 0).astype(np.int64) * MONEY_UNITS, present, valid)


def _from_text(values: Array, mark: DecimalMark) -> Amounts:
    present = np.ones(len(values), bool)
    # Most columns are plain numbers in most lines: these need none of the cleaning below.
    if mark == "comma" or not pc.all(pc.match_substring_regex(values, _PLAIN)).as_py():
        values = _without_grouping(_bare(values), mark)
    parts = pc.extract_regex(values, _PARTS)
    whole, part = (pc.fill_null(parts.field(place), "") for place in (1, 2))
    valid = np.asarray(parts.is_valid()) & np.asarray(
        pc.not_equal(pc.binary_join_element_wise(whole, part, ""), "")
    )
    units = _joined(whole, part)
    sign = np.where(np.asarray(pc.equal(pc.fill_null(parts.field(0), ""), "-")), -1, 1)
    valid &= units < _LIMIT * MONEY_UNITS
    units = np.where(valid, units * sign, 0)
    for place in np.flatnonzero(~valid):
        _read_scientific(str(values[int(place)].as_py()), int(place), units, valid)
    return Amounts(units, present, valid)


def _joined(whole: Array, part: Array) -> NDArray[np.int64]:
    """Whole part and decimals as ten-thousandths; digits after the fourth are rounded half to even."""
    wholes = np.asarray(pc.if_else(pc.equal(whole, ""), "0", whole).cast(pa.int64()))
    fours = np.asarray(pc.utf8_slice_codeunits(pc.utf8_rpad(part, 4, "0"), 0, 4).cast(pa.int64()))
    units: NDArray[np.int64] = np.minimum(wholes, _LIMIT) * MONEY_UNITS + fours
    rest = pc.utf8_rtrim(pc.utf8_slice_codeunits(part, 4, 400), "0")
    if pc.any(pc.not_equal(rest, "")).as_py():
        first = np.asarray(pc.utf8_slice_codeunits(pc.utf8_rpad(rest, 1, "0"), 0, 1).cast(pa.int64()))
        beyond_half = np.asarray(pc.greater(pc.utf8_length(rest), 1)) | (units % 2 == 1)
        units = units + ((first > 5) | ((first == 5) & beyond_half))
    return units


def _read_scientific(value: str, place: int, units: NDArray[np.int64], valid: NDArray[np.bool_]) -> None:
    if _SCIENTIFIC.match(value) and abs(Decimal(value)) < _LIMIT:
        scaled = Decimal(value) * MONEY_UNITS
        units[place] = int(scaled.to_integral_value(ROUND_HALF_EVEN))
        valid[place] = True


def _bare(values: Array) -> Array:
    """Without blanks, currency signs and apostrophes; ``(12)`` and ``12-`` are -12."""
    values = pc.replace_substring(values, "\u2212", "-")
    values = pc.replace_substring_regex(values, _NOISE, "")
    values = pc.replace_substring_regex(values, r"^\((.*)\)$", r"-\1")
    return pc.replace_substring_regex(values, r"^([^-]+)-$", r"-\1")


def _without_grouping(values: Array, mark: DecimalMark) -> Array:
    """Decimal point and no thousands separators, so that only a number matches ``_PARTS``."""
    if mark == "comma":
        values = _swapped(values)
    elif mark == "either":
        # 1.234,5 and 12,5 can only be commas; 1,234 stays a thousand.
        is_comma = pc.match_substring_regex(values, r"\..*,\d*$|^[^.,]*,(\d{1,2}|\d{4,})$|^[+-]?0?,\d+$")
        values = pc.if_else(is_comma, _swapped(values), values)
    grouped = pc.match_substring_regex(values, _GROUPED)
    return pc.if_else(grouped, pc.replace_substring(values, ",", ""), values)


def _swapped(values: Array) -> Array:
    marked = pc.replace_substring(pc.replace_substring(values, ",", "\x00"), ".", ",")
    return pc.replace_substring(marked, "\x00", ".")


def foreign_currency(array: Array, currency: str) -> NDArray[np.bool_] | None:
    """Where the cells carry the sign or code of another currency than ``currency``; None: nowhere.

    >>> foreign_currency(pa.array(["£5", "€5", "5"]), "GBP").tolist()
    [False, True, False]
    """
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return None
    # One look tells most columns apart: plain numbers carry no sign of any currency.
    marked = pc.fill_null(pc.match_substring_regex(array, r"[^\d\s.,+-]"), False)
    if not pc.any(marked).as_py():
        return None
    coded = pc.if_else(marked, array, pa.scalar(None, array.type)).dictionary_encode()
    foreign = [
        any(sign in value and currency not in currencies for sign, currencies in _SIGNS.items())
        for value in coded.dictionary.to_pylist()
    ]
    return spread(np.array(foreign, bool), coded) if any(foreign) else None


def multiplied(
    quantity: NDArray[np.int64], price: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Quantity times price, all in ten-thousandths, rounded half to even; and whether the product fits.

    >>> multiplied(np.array([30_000]), np.array([25_500]))[0]
    array([76500])
    """
    fits = np.abs(quantity.astype(np.float64) * price) / MONEY_UNITS < _LIMIT * MONEY_UNITS
    quantity, price = np.where(fits, quantity, 0), np.where(fits, price, 0)
    whole, part = np.divmod(quantity, MONEY_UNITS)
    # Only a fraction of a unit can leave a remainder, and then the small product cannot overflow.
    wide, fraction = np.divmod(price, MONEY_UNITS)
    rest = part * fraction
    units, left = np.divmod(rest, MONEY_UNITS)
    total = whole * price + part * wide + units
    half = MONEY_UNITS // 2
    return total + ((left > half) | ((left == half) & (total % 2 == 1))), fits
