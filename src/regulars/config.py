"""The settings of a shop: ``regulars.toml`` with the business profile, checked, frozen and typed.

Environment variables ``REGULARS_SECTION_NAME`` (for example ``REGULARS_RUN_SEED=7``) override the file.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from regulars.errors import ConfigError, ShopError, nearest, wrong_value
from regulars.schema import EVENT_TYPES, ROLES

FILE_NAME = "regulars.toml"

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]

# Which roles each event type plays in a shop.
SHOP_ROLES: dict[str, tuple[str, ...]] = {
    "visit": ("touch",),
    "view": ("touch", "engage"),
    "search": ("touch", "engage"),
    "click": ("touch", "engage"),
    "cart_add": ("touch", "engage"),
    "cart_remove": ("touch",),
    "checkout": ("touch", "engage"),
    "purchase": ("touch", "convert", "value"),
    "refund": ("value",),
    "rate": ("touch", "engage"),
    "review": ("touch", "engage"),
    "message_opened": ("touch",),
    "message_clicked": ("touch", "engage"),
    "ticket_opened": ("touch", "complaint"),
    "ticket_resolved": ("resolve",),
    "sign_up": ("touch",),
    "cost": ("cost",),
}


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings are frozen, and an unknown name is an error."""


class Shop(Strict, frozen=True):
    """Who the shop is.

    Attributes
    ----------
    name
        The shop's name, as the report says it.
    currency
        ISO 4217 code of all amounts; a line in another currency goes to quarantine.
    time_zone
        IANA name of the zone in which days begin, and in which times without an offset are read.
    """

    name: str = "My shop"
    currency: Currency = "GBP"
    time_zone: str = "UTC"


class Value(Strict, frozen=True):
    """What a customer's purchases are worth.

    Attributes
    ----------
    margin_rate
        Share of net sales that is left after the cost of goods; lifetime values are net sales times this.
    margin_rate_is_assumed
        True until ``margin_rate`` is your own figure; every page that rests on it says so. While it is true, costs
        in the catalogue that cover half of what was sold give the margin instead.
    annual_discount_rate
        Money a year later is worth 1 / (1 + rate) of money today.
    clv_horizon_days
        Purchases within this many days count in ``clv``.
    churn_horizon_days
        Churn is no purchase within this many days; also the horizon of actions and of ``evaluate``.
    """

    margin_rate: Share = 0.4
    margin_rate_is_assumed: bool = True
    annual_discount_rate: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.1
    clv_horizon_days: Days = 365
    churn_horizon_days: Days = 90


class Profile(Strict, frozen=True):
    """Which event types play which role; events outside the list play none.

    Attributes
    ----------
    roles
        For each event type, the roles that it plays. The table in the file replaces the whole default list.
    """

    roles: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: dict(SHOP_ROLES))

    def event_types(self, role: str) -> list[str]:
        """The event types that play ``role``, sorted."""
        return sorted(name for name, roles in self.roles.items() if role in roles)


class Decide(Strict, frozen=True):
    """Limits of a day's actions.

    Attributes
    ----------
    budget
        Money for all actions of one run; their expected cost never exceeds it.
    holdout_share
        Share of all customers who are left alone by lot, so that what actions bring can be measured.
    holdout_salt
        Another text draws another hold-out; keep it while you measure.
    items_per_action
        How many recommended items an action carries.
    """

    budget: Annotated[float, msgspec.Meta(ge=0)] = 1000.0
    holdout_share: Share = 0.1
    holdout_salt: str = "regulars"
    items_per_action: Annotated[int, msgspec.Meta(ge=0, le=50)] = 3


class Run(Strict, frozen=True):
    """How a run computes; none of it changes what a column means.

    Attributes
    ----------
    seed
        Of every random draw: the same seed and input give the same bytes.
    fit_rows
        Models are fitted on at most this many customers, drawn by a hash of their ids.
    batch_rows
        Customers that are scored at a time; fewer need less memory.
    recommend_count
        Items recommended to each customer.
    memory_limit_mb
        Memory of the engine in MB; 0 = six tenths of what the machine or its container allows.
    threads
        Threads of the engine; 0 = as many as the machine has cores.
    keep_runs
        Published runs that stay, the newest included; older ones go with their models.
    """

    seed: int = 0
    fit_rows: Annotated[int, msgspec.Meta(ge=100)] = 200_000
    batch_rows: Annotated[int, msgspec.Meta(ge=100)] = 65_536
    recommend_count: Annotated[int, msgspec.Meta(ge=1, le=200)] = 10
    memory_limit_mb: Annotated[int, msgspec.Meta(ge=0)] = 0
    threads: Annotated[int, msgspec.Meta(ge=0)] = 0
    keep_runs: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3


class Settings(Strict, frozen=True):
    """Everything that ``regulars.toml`` can say."""

    shop: Shop = Shop()
    value: Value = Value()
    profile: Profile = Profile()
    decide: Decide = Decide()
    run: Run = Run()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.shop.time_zone)

    def result_hash(self) -> str:
        """A hash of the settings that can change a result (not memory, threads or batch size)."""
        relevant = {
            "shop": self.shop,
            "value": self.value,
            "profile": self.profile,
            "decide": self.decide,
            "run": [self.run.seed, self.run.fit_rows, self.run.recommend_count],
        }
        return hashlib.sha256(msgspec.json.encode(relevant, order="sorted")).hexdigest()[:16]


def load_settings(folder: str | Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the shop in ``folder``; without the file it is a ``ShopError``."""
    path = Path(folder) / FILE_NAME
    if not path.is_file():
        raise ShopError(f"{folder} is no shop: it has no {FILE_NAME}", fix=f"regulars init {folder}")
    return parse_settings(path.read_text(encoding="utf-8-sig"), str(path), environment)


def parse_settings(
    text: str, where: str = FILE_NAME, environment: Mapping[str, str] | None = None
) -> Settings:
    """Settings from TOML text; each mistake is a ``ConfigError`` that names the place.

    >>> parse_settings('[shop]\\ncurrency = "EUR"').shop.currency
    'EUR'
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not TOML: {error}") from error
    _override(raw, os.environ if environment is None else environment)
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise _in_words(str(error), raw, where) from error
    _check(settings, where)
    return settings


def _override(raw: dict[str, Any], environment: Mapping[str, str]) -> None:
    for section in Settings.__struct_fields__:
        prefix = f"REGULARS_{section.upper()}_"
        for name, value in environment.items():
            if name.startswith(prefix):
                parsed = tomllib.loads(f"v = {value}")["v"] if _is_toml(value) else value
                raw.setdefault(section, {})[name.removeprefix(prefix).lower()] = parsed


def _is_toml(value: str) -> bool:
    try:
        tomllib.loads(f"v = {value}")
    except tomllib.TOMLDecodeError:
        return False
    return True


def _in_words(message: str, raw: Mapping[str, Any], where: str) -> ConfigError:
    """msgspec's message with the settings that would have been right."""
    at = [key for key in message.partition(" - at `")[2].strip("`").removeprefix("$").split(".") if key]
    if "unknown field" in message:
        field = message.split("`")[1]
        part = getattr(Settings(), at[0], Settings()) if at else Settings()
        names = part.__struct_fields__
        everywhere = [
            n for one in (Settings, Shop, Value, Profile, Decide, Run) for n in one.__struct_fields__
        ]
        section = f"[{at[0]}] has" if at else "there is"
        return ConfigError(
            f"{where}: {section} no setting {field}.{nearest(field, names) or nearest(field, everywhere)}",
            allowed=", ".join(names),
        )
    default: Any = Settings()
    for key in at:
        default = getattr(default, key, None)
    return wrong_value(message, raw, where, default)


def _check(settings: Settings, where: str) -> None:
    try:
        ZoneInfo(settings.shop.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"{where}: time_zone {settings.shop.time_zone!r} is unknown",
            allowed="a name of the IANA list, for example Europe/London",
        ) from error
    for event_type, roles in settings.profile.roles.items():
        if event_type not in EVENT_TYPES:
            raise ConfigError(
                f"{where}: [profile.roles] names the event type {event_type}.{nearest(event_type, EVENT_TYPES)}",
                allowed=", ".join(EVENT_TYPES),
            )
        for role in roles:
            if role not in ROLES:
                raise ConfigError(
                    f"{where}: {event_type} has the role {role}.{nearest(role, ROLES)}",
                    allowed=", ".join(ROLES),
                )
    if not settings.profile.event_types("convert"):
        raise ConfigError(
            f"{where}: no event type has the role convert", fix='purchase = ["touch", "convert", "value"]'
        )


def default_toml(shop: Shop) -> str:
    """The text of a new shop's ``regulars.toml``."""
    value, decide, run = Value(), Decide(), Run()
    return f"""# Settings of this shop. Everything left out has the value shown by: regulars config show
# Edit, then type: regulars run

[shop]
name = {msgspec.json.encode(shop.name).decode()}
# Amounts in another currency go to quarantine. Fixed from the first import on.
currency = "{shop.currency}"
# Days begin in this zone, and times without an offset are read in it. Fixed from the first import on.
time_zone = "{shop.time_zone}"

[value]
# Share of net sales that is left after the cost of goods: 0.4 = 40 %. A GUESS until you put your own figure here
# and say false in the next line; what you earn, what an offer may cost and who is worth one all hang on it.
margin_rate = {value.margin_rate}
margin_rate_is_assumed = true
# Money a year later is worth 1 / (1 + rate) of money today.
annual_discount_rate = {value.annual_discount_rate}
# How far ahead the expected margin of a customer looks.
clv_horizon_days = {value.clv_horizon_days}
# No purchase within this many days counts as lost; actions and checks look as far ahead.
churn_horizon_days = {value.churn_horizon_days}

[decide]
# Money for all actions of one run, in the shop's currency; their expected cost never exceeds it.
budget = {decide.budget}
# Share of the customers who are left alone by lot, so that what offers bring can be measured.
holdout_share = {decide.holdout_share}
# Recommended items that go with an action.
items_per_action = {decide.items_per_action}

[run]
# The same seed and input give the same results.
seed = {run.seed}
"""
