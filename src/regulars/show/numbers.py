"""Numbers as people read them: money with its currency, shares, dates, and thin separators.

A number never goes to a page bare: it carries its unit, and a missing one is a dash, not a zero.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

THIN_SPACE = "\u202f"
MINUS = "\u2212"
DASH = "\u2013"

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩"}

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Numbers:
    """How numbers look in one language and currency.

    Parameters
    ----------
    language
        ``en`` or ``zh``; decides how dates read.
    currency
        ISO 4217 code; known ones are written as their sign, others as ``CHF 12``.
    separator
        Between groups of three digits; a narrow no-break space on pages, a comma on terminals.
    minus
        The minus sign; a plain hyphen on terminals.

    Examples
    --------
    >>> numbers = Numbers(currency="GBP", separator=",", minus="-")
    >>> numbers.money(1234567.8), numbers.money(-3.5), numbers.share(0.0312), numbers.count(None)
    ('£1,234,568', '-£3.50', '3.1%', '–')
    """

    language: str = "en"
    currency: str = ""
    separator: str = THIN_SPACE
    minus: str = MINUS

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A plain number with ``decimals`` digits after the point; a dash where there is none."""
        if value is None or not math.isfinite(value):
            return DASH
        text = f"{abs(value):,.{decimals}f}".replace(",", self.separator)
        return self.minus + text if value < 0 and float(f"{value:.{decimals}f}") != 0 else text

    def count(self, value: float | None) -> str:
        """A whole number: customers, orders, days."""
        return self.number(value)

    def money(self, value: float | None) -> str:
        """An amount in the shop's currency; cents only below one hundred."""
        if value is None or not math.isfinite(value):
            return DASH
        decimals = 2 if 0.005 <= abs(value) < 99.995 else 0
        text = self.number(value, decimals)
        sign, digits = (self.minus, text[len(self.minus) :]) if text.startswith(self.minus) else ("", text)
        return f"{sign}{self.money_sign}{digits}"

    def about(self, value: float | None, digits: int = 2) -> str:
        """An amount with no more digits than an estimate has.

        >>> numbers = Numbers(currency="GBP", separator=",", minus="-")
        >>> numbers.about(3_373_780.4), numbers.about(62.05), numbers.about(0.0831), numbers.about(None)
        ('£3,400,000', '£62', '£0.08', '–')
        """
        if value is None or not math.isfinite(value):
            return DASH
        rounded = float(f"{value:.{digits}g}")
        text = self.number(abs(rounded), 0 if abs(rounded) >= 10 or rounded == 0 else 2)
        return f"{self.minus if rounded < 0 else ''}{self.money_sign}{text}"

    @property
    def money_sign(self) -> str:
        """What stands before an amount."""
        if not self.currency:
            return ""
        return SYMBOLS.get(self.currency, self.currency + "\u00a0")

    def share(self, value: float | None) -> str:
        """A share between 0 and 1 as a percentage; one decimal below ten percent."""
        if value is None or not math.isfinite(value):
            return DASH
        decimals = 0 if abs(value) >= 0.0995 or value == 0 else 1
        return f"{self.number(100 * value, decimals)}%"

    def signed_share(self, value: float | None) -> str:
        """A relative difference with its sign, as +4% or −12%."""
        text = self.share(value)
        return f"+{text}" if value is not None and value > 0 and text != DASH else text

    def signed_count(self, value: float) -> str:
        """A change in a count with its sign."""
        return f"+{self.count(value)}" if value > 0 else self.count(value)

    def figure(self, value: float | None) -> str:
        """A number without a unit, to three significant digits."""
        if value is None or not math.isfinite(value):
            return DASH
        if value == 0 or abs(value) >= 100:
            return self.number(value)
        return self.number(value, min(4, 2 - math.floor(math.log10(abs(value)))))

    def date(self, value: datetime.date | str | int | None) -> str:
        """A day written out; takes a date, an ISO string or days since 1970-01-01."""
        if value is None or value == "":
            return DASH
        day = as_date(value)
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def month(self, value: datetime.date | str | int) -> str:
        """A month, short; takes what ``date`` takes, and ``YYYY-MM``."""
        day = as_date(f"{value}-01" if isinstance(value, str) and len(value) == 7 else value)
        if self.language == "zh":
            return f"{day.year}年{day.month}月"
        return f"{MONTHS[day.month - 1][:3]} {day.year}"


def as_date(value: datetime.date | str | int) -> datetime.date:
    """A date from a date, an ISO string or days since 1970-01-01.

    >>> as_date("2011-09-09") == as_date(15226) == datetime.date(2011, 9, 9)
    True
    """
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        return datetime.date.fromisoformat(value[:10])
    return EPOCH + datetime.timedelta(days=int(value))
