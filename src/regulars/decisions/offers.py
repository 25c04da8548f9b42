"""The offers catalogue: what a shop can do for a customer, what it costs, and what it is assumed to bring."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from regulars.decisions.toml import read_toml, record_from
from regulars.errors import ConfigError, nearest
from regulars.schema import LEVERS, STAGES

FILE_NAME = "offers.toml"

CHANNELS: dict[str, str] = {
    "email": "an e-mail",
    "sms": "a text message",
    "push": "a notification of the app",
    "onsite": "shown in the shop at the next visit",
    "post": "a letter or parcel",
    "phone": "a call",
}

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Money = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
OfferId = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]*$")]


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of ``offers.toml``: an offer that costs money, or content that costs nothing.

    Attributes
    ----------
    id, title
        Name in tables (small letters, digits and ``_``) and name for people.
    lever, channel
        One of ``LEVERS`` (not ``none``) and one of ``CHANNELS``.
    stages
        Who may get it: places in the lifecycle, of ``STAGES``.
    max_days_since_last_purchase
        Customers whose last purchase is longer ago do not get it (days); 0 = no bound.
    minimum_order_value
        Customers whose expected order is smaller do not get it (money).
    cost_per_contact
        Money for reaching one customer, whatever comes of it.
    discount_rate, fixed_discount
        What one order costs the shop when the offer is redeemed: a share of its value, plus money. Every
        customer who buys is counted as redeeming once, also those who would have bought anyway.
    carries_items
        The action carries recommended items; a customer without a recommendation does not get it.
    response_rate, response_rate_low, response_rate_high
        The share (0-1) of customers who would NOT have bought within the churn horizon and will with the
        offer, with its 90 % interval.
    value_uplift_rate, value_uplift_rate_low, value_uplift_rate_high
        How much larger (0-1) the order of a customer who buys is with the offer, with its 90 % interval.
    measured, source
        ``measured = true`` says that an experiment gave the rates, and ``source`` says which one;
        otherwise they are assumptions and every consequence is marked ``assumed``.
    """

    id: OfferId
    title: Annotated[str, msgspec.Meta(min_length=1)]
    lever: str
    channel: str
    stages: tuple[str, ...]
    max_days_since_last_purchase: Annotated[int, msgspec.Meta(ge=0)] = 0
    minimum_order_value: Money = 0.0
    cost_per_contact: Money = 0.0
    discount_rate: Share = 0.0
    fixed_discount: Money = 0.0
    carries_items: bool = False
    response_rate: Share
    response_rate_low: Share
    response_rate_high: Share
    value_uplift_rate: Share = 0.0
    value_uplift_rate_low: Share = 0.0
    value_uplift_rate_high: Share = 0.0
    measured: bool = False
    source: str = ""

    @property
    def assumed(self) -> bool:
        """No experiment has measured the response yet."""
        return not self.measured


def parse_offers(text: str, where: str, currency: str) -> tuple[Offer, ...]:
    """The offers of an ``offers.toml``, in the file's order.

    Parameters
    ----------
    text, where
        The file's text, and its name for error messages.
    currency
        The shop's currency: all money of the file is in it. A file that names another is refused.

    Returns
    -------
    tuple of Offer
        Possibly empty: then doing nothing wins everywhere.

    Raises
    ------
    ConfigError
        Names the file and the offer: no TOML, an unknown field, lever, channel or stage (with the nearest
        right one), an interval that does not hold its rate, two offers of one id, another currency.

    Examples
    --------
    >>> offers = parse_offers(default_offers_toml("GBP"), "offers.toml", "GBP")
    >>> [offer.id for offer in offers if offer.lever == "win_back"]
    ['come_back_letter', 'win_back_voucher']
    """
    raw = read_toml(text, where)
    for name in raw:
        if name not in ("currency", "offer"):
            raise ConfigError(
                f"{where}: there is no setting {name}.{nearest(name, ['currency', 'offer'])}",
                allowed='currency = "..." and [[offer]] entries',
            )
    _check_currency(raw.get("currency", currency), currency, where)
    entries = raw.get("offer", [])
    if not isinstance(entries, list):
        raise ConfigError(f"{where}: offer is no list", fix="begin each offer with [[offer]]")
    offers = tuple(_offer(entry, number, where) for number, entry in enumerate(entries, 1))
    seen: set[str] = set()
    for offer in offers:
        if offer.id in seen:
            raise ConfigError(f"{where}: two offers have the id {offer.id}", fix="give each its own id")
        seen.add(offer.id)
    return offers


def _check_currency(named: Any, currency: str, where: str) -> None:
    if named != currency:
        raise ConfigError(
            f"{where}: amounts are in {named}, and the shop's currency is {currency}",
            fix=f'convert the amounts, then write currency = "{currency}"',
        )


def _offer(entry: Any, number: int, where: str) -> Offer:
    name = entry.get("id", f"number {number}") if isinstance(entry, dict) else f"number {number}"
    place = f"{where}: offer {name}"
    offer = record_from(entry, Offer, place)
    _check_word(offer.lever, [lever for lever in LEVERS if lever != "none"], "lever", place)
    _check_word(offer.channel, list(CHANNELS), "channel", place)
    if not offer.stages:
        raise ConfigError(f"{place}: stages is empty", allowed=", ".join(STAGES))
    for stage in offer.stages:
        _check_word(stage, list(STAGES), "stage", place)
    _check_interval(offer, "response_rate", place)
    _check_interval(offer, "value_uplift_rate", place)
    if offer.measured and not offer.source.strip():
        raise ConfigError(f"{place}: measured = true without a source", fix='source = "e-mail test of May"')
    return offer


def _check_word(word: str, allowed: list[str], kind: str, place: str) -> None:
    if word not in allowed:
        raise ConfigError(
            f"{place}: the {kind} {word!r} is unknown.{nearest(word, allowed)}", allowed=", ".join(allowed)
        )


def _check_interval(offer: Offer, name: str, place: str) -> None:
    low, rate, high = (getattr(offer, name + end) for end in ("_low", "", "_high"))
    if not low <= rate <= high:
        raise ConfigError(
            f"{place}: {name} is {rate:g}, and its interval is {low:g} to {high:g}",
            allowed=f"{name}_low <= {name} <= {name}_high",
        )


# About what one pound, euro or dollar buys, for currencies whose unit is of another size; only the
# starter catalogue uses it, and only so that its amounts look like vouchers of that country.
_UNIT_SIZE = {
    "CNY": 8, "CZK": 25, "DKK": 8, "HKD": 10, "HUF": 400, "IDR": 16_000, "INR": 90, "JPY": 150, "KRW": 1_500,
    "MXN": 20, "NOK": 10, "PHP": 60, "PLN": 4, "RUB": 90, "SEK": 10, "THB": 40, "TRY": 40, "TWD": 40,
    "UAH": 45, "VND": 25_000, "ZAR": 20,
}  # fmt: skip


def default_offers_toml(currency: str) -> str:
    """The text of a new shop's ``offers.toml``: about one offer per lever, each field explained.

    >>> len(parse_offers(default_offers_toml("JPY"), "offers.toml", "JPY"))
    8
    """
    size = _UNIT_SIZE.get(currency, 1)

    def money(amount: float) -> str:
        return f"{amount * size:g}" if size == 1 else f"{round(amount * size, 2):g}"

    return _STARTER.format(
        currency=currency,
        penny=money(0.02),
        nickel=money(0.05),
        stamp=money(0.8),
        small_voucher=money(3),
        voucher=money(5),
        small_order=money(25),
        order=money(40),
    )


_STARTER = """\
# What this shop can do for a customer. Each [[offer]] is one entry; doing nothing is always a candidate
# and wins where no offer is expected to bring more than it costs. All money is in the currency below.
#
# id, title         name in tables (small letters, digits, _) and name for people
# lever             acquire, activate, engage, reward, win_back or grow
# channel           email, sms, push, onsite, post or phone
# stages            who may get it: visitor, registered, new, active, loyal, at_risk, reactivated, churned
# max_days_since_last_purchase   not for customers who bought longer ago than this (0 = no bound)
# minimum_order_value            not for customers whose expected order is smaller
# cost_per_contact  money for reaching one customer
# discount_rate     share of the order's value that a redeemed offer costs (0.1 = 10 %)
# fixed_discount    money that a redeemed offer costs
#                   (each buyer redeems once, also those who would have bought anyway)
# carries_items     true: the action carries recommended items
# response_rate     share of those who would NOT have bought within the churn horizon and will with the
#                   offer; _low and _high are its 90 % interval
# value_uplift_rate how much larger a buyer's order is with the offer; _low and _high likewise
# measured, source  the rates below are ASSUMPTIONS, and what follows from them is marked so. When your own
#                   experiment has measured them, write: measured = true and source = "which experiment"
currency = "{currency}"

[[offer]]
id = "sign_up_banner"
title = "Banner for visitors: what members get"
lever = "acquire"
channel = "onsite"
stages = ["visitor"]
response_rate = 0.003
response_rate_low = 0.0
response_rate_high = 0.01

[[offer]]
id = "welcome_voucher"
title = "Welcome voucher for the first order"
lever = "activate"
channel = "email"
stages = ["registered"]
minimum_order_value = {small_order}
cost_per_contact = {nickel}
fixed_discount = {voucher}
response_rate = 0.04
response_rate_low = 0.01
response_rate_high = 0.08

[[offer]]
id = "second_order_nudge"
title = "What goes well with your first order"
lever = "activate"
channel = "email"
stages = ["new"]
cost_per_contact = {nickel}
carries_items = true
response_rate = 0.03
response_rate_low = 0.01
response_rate_high = 0.06

[[offer]]
id = "content_letter"
title = "Stories and new arrivals"
lever = "engage"
channel = "email"
stages = ["new", "active", "loyal", "reactivated"]
response_rate = 0.01
response_rate_low = 0.0
response_rate_high = 0.02

[[offer]]
id = "loyalty_gift"
title = "Thank-you voucher for loyal customers"
lever = "reward"
channel = "email"
stages = ["loyal"]
minimum_order_value = {order}
cost_per_contact = {nickel}
fixed_discount = {small_voucher}
response_rate = 0.03
response_rate_low = 0.01
response_rate_high = 0.06
value_uplift_rate = 0.05
value_uplift_rate_low = 0.0
value_uplift_rate_high = 0.1

[[offer]]
id = "come_back_letter"
title = "We saved these for you"
lever = "win_back"
channel = "post"
stages = ["at_risk"]
cost_per_contact = {stamp}
carries_items = true
response_rate = 0.03
response_rate_low = 0.01
response_rate_high = 0.06

[[offer]]
id = "win_back_voucher"
title = "15 % off, welcome back"
lever = "win_back"
channel = "email"
stages = ["at_risk", "churned"]
max_days_since_last_purchase = 540
cost_per_contact = {nickel}
discount_rate = 0.15
response_rate = 0.05
response_rate_low = 0.01
response_rate_high = 0.1

[[offer]]
id = "cross_sell_email"
title = "Picked for you"
lever = "grow"
channel = "email"
stages = ["active", "loyal", "reactivated"]
cost_per_contact = {penny}
carries_items = true
response_rate = 0.01
response_rate_low = 0.0
response_rate_high = 0.02
value_uplift_rate = 0.02
value_uplift_rate_low = 0.0
value_uplift_rate_high = 0.05
"""
