"""The offers catalogue: what a shop can do for a customer, what it costs, and what it is assumed to bring."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from regulars.decisions.starter import STARTER, TITLES, UNIT_SIZE
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
Effect = Annotated[float, msgspec.Meta(ge=-1, le=1)]
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
        The response (-1 to 1) with its range: an assumed range, or the 90 % interval of a measurement.
        Above 0 it is the share of customers who would NOT have bought within the churn horizon and will
        with the offer; below 0, the share of those who would have bought and will not because of it.
    response_half_life_days
        The response, whichever its sign, is halved for every so many days since the last purchase (days);
        0 = it does not fade. Where nothing was ever bought it does not fade.
    value_uplift_rate, value_uplift_rate_low, value_uplift_rate_high
        How much larger the order of a customer who buys is with the offer (-1 to 1; below 0 = smaller),
        with its range: an assumed range, or the 90 % interval of a measurement.
    max_value_uplift
        An order is counted at most this much larger with the offer (money per order); 0 = no bound.
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
    response_rate: Effect
    response_rate_low: Effect
    response_rate_high: Effect
    response_half_life_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    value_uplift_rate: Effect = 0.0
    value_uplift_rate_low: Effect = 0.0
    value_uplift_rate_high: Effect = 0.0
    max_value_uplift: Money = 0.0
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
    ['come_back_email']
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


def default_offers_toml(currency: str, language: str = "en") -> str:
    """The text of a new shop's ``offers.toml``: one offer per lever, each field explained.

    ``language`` (``en`` or ``zh``) is that of the titles, which customers see.

    >>> [offer.lever for offer in parse_offers(default_offers_toml("JPY"), "offers.toml", "JPY")]
    ['acquire', 'activate', 'engage', 'reward', 'win_back', 'grow']
    """
    size = UNIT_SIZE.get(currency, 1)

    def money(amount: float) -> str:
        return f"{amount * size:g}" if size == 1 else f"{round(amount * size, 2):g}"

    return STARTER.format(
        **TITLES[language],
        currency=currency,
        penny=money(0.02),
        nickel=money(0.05),
        small_voucher=money(3),
        order=money(40),
        uplift=money(5),
        large_uplift=money(10),
    )
