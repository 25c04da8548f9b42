"""Who of a run's actions goes into a file for a tool, who is their control, and why the others are left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from regulars.decisions.offers import Offer
from regulars.decisions.phones import e164
from regulars.decisions.rules import Rules
from regulars.decisions.uploads import ADVERTISING, TOOLS
from regulars.errors import ConfigError, OptionError, nearest
from regulars.schema import ASSIGNMENTS

# Why a person with an intended offer is not in the file, in the order in which the questions are asked; whoever
# passes all of them is in the file, or held out by lot.
LEFT_OUT: dict[str, str] = {
    "onsite": "the offer is shown in the shop and needs no file",
    "excluded": "rules.toml keeps the customer or the channel out",
    "no_consent": "said no to messages",
    "consent_unknown": "no file says whether the person agreed to messages",
    "no_address": "the address that the channel and the tool need is not known",
}

HASHED_ID = "h:"
"""Before an id that is a keyed hash of contact data: no other system knows it."""

Person = dict[str, Any]


@dataclass(frozen=True)
class Audience:
    """The people of a file, everybody whose assignment is to be recorded, and how many were left out.

    ``counts`` has ``in_file``, ``held_out`` and the keys of ``LEFT_OUT``; everybody for whom an offer was meant
    is counted once.
    """

    people: list[Person]
    assignments: pa.Table
    counts: dict[str, int]


def audience(
    actions: pa.Table,
    customers: pa.Table,
    contacts: pa.Table,
    offers: Sequence[Offer],
    rules: Rules,
    tool: str,
    *,
    assigned_day: int,
    only: Sequence[str] = (),
    include_unknown_consent: bool = False,
) -> Audience:
    """Split the people for whom a run meant an offer: in the file, held out, left out.

    The held-out go through the same questions (consent, address) as the others, as of now. So the two arms of
    the recorded assignments differ by the lot alone, and comparing them measures the offer.

    Parameters
    ----------
    actions
        ``schema.ACTIONS`` of one run.
    customers
        One row per customer: ``customer_id, stage, value_group, churn_probability, expected_margin, clv``.
    contacts
        ``customer_id, email, phone, country, accepts_marketing``, one row per customer.
    offers, rules
        Of the shop, as they are now.
    tool
        One of ``uploads.TOOLS``.
    assigned_day
        The run's day (days since 1970-01-01): what is bought after it counts as outcome.
    only
        Ids of offers; empty = all. Advertising tools take one offer at a time unless these name more.
    include_unknown_consent
        True: whoever never said no is asked for no yes. A no always holds.

    Raises
    ------
    OptionError
        The tool is unknown; an offer is not among those of the run; a list for advertising would mix offers.
    ConfigError
        ``offers.toml`` has changed since the run and lacks one of its offers.
    """
    if tool not in TOOLS:
        raise OptionError(f"there is no tool {tool}.{nearest(tool, TOOLS)}", allowed=", ".join(TOOLS))
    meant = [_meant(row) for row in _with_offer(actions)]
    catalogue = {offer.id: offer for offer in offers}
    _check_offers({row["offer_id"] for row in meant}, catalogue, only, tool)
    if only:
        meant = [row for row in meant if row["offer_id"] in only]
    known, reached = _by_customer(customers), _by_customer(contacts)
    counts = dict.fromkeys(("in_file", "held_out", *LEFT_OUT), 0)
    passed: list[Person] = []
    for row in meant:
        person = {**known.get(row["customer_id"], {}), **reached.get(row["customer_id"], {}), **row}
        person = _described(person, catalogue)
        reason = _left_out(person, rules, tool, include_unknown_consent)
        counts[reason or ("in_file" if person["treated"] else "held_out")] += 1
        if reason is None:
            passed.append(person)
    people = sorted((person for person in passed if person["treated"]), key=lambda person: person["rank"])
    return Audience(people, _assignments(passed, catalogue, tool, assigned_day), counts)


def _with_offer(actions: pa.Table) -> list[Person]:
    """The rows with an offer, made or withheld."""
    import pyarrow.compute as pc

    columns = ["customer_id", "rank", "offer_id", "lever", "channel", "item_ids", "expected_gain", "reason_code",
               "reason_values", "propensity", "holdout", "run_id"]  # fmt: skip
    wanted: Any = pc.or_(
        pc.is_valid(actions.column("offer_id")),
        pc.is_in(actions.column("reason_code"), value_set=pa.array(["holdout"])),
    )
    return actions.select(columns).filter(wanted).to_pylist()


def _meant(row: Person) -> Person:
    """A row with the offer that was meant, and the probability that it was made."""
    if not row["holdout"]:
        return {**row, "treated": True}
    values = json.loads(row["reason_values"])
    return {
        **row,
        "offer_id": values["intended_offer_id"],
        "expected_gain": values["expected_gain"],
        "treated": False,
        "propensity": round(1.0 - row["propensity"], 12),
    }


def _check_offers(meant: set[str], catalogue: Mapping[str, Offer], only: Sequence[str], tool: str) -> None:
    for offer in sorted(meant):
        if offer not in catalogue:
            raise ConfigError(
                f"the run makes the offer {offer}, and offers.toml has it no more",
                fix="regulars run, then export",
            )
    by_file = sorted(offer for offer in meant if catalogue[offer].channel != "onsite")
    for offer in only:
        if offer not in by_file:
            raise OptionError(
                f"the run makes no offer {offer} that goes by file.{nearest(offer, by_file)}",
                allowed=", ".join(by_file) or "nothing",
            )
    if tool in ADVERTISING and not only and len(by_file) > 1:
        raise OptionError(
            f"a list for {tool} does not say who gets which offer, and the run makes {len(by_file)}",
            allowed=", ".join(by_file),
            fix=f"one file for each: --for {tool} --offer {by_file[0]}",
        )


def _by_customer(table: pa.Table) -> dict[str, Person]:
    return {row["customer_id"]: row for row in table.to_pylist()}


def _described(person: Person, catalogue: Mapping[str, Offer]) -> Person:
    """With lever, channel and title of the offer, which a withheld row does not carry."""
    offer = catalogue[person["offer_id"]]
    return {**person, "title": offer.title, "lever": offer.lever, "channel": offer.channel}


def _left_out(person: Person, rules: Rules, tool: str, include_unknown_consent: bool) -> str | None:
    """The first reason of ``LEFT_OUT`` that holds, or None."""
    accepts = person.get("accepts_marketing")
    questions: dict[str, Callable[[], bool]] = {
        "onsite": lambda: person["channel"] == "onsite",
        "excluded": lambda: _excluded(person, rules),
        "no_consent": lambda: accepts is False,
        "consent_unknown": lambda: accepts is None and not include_unknown_consent,
        "no_address": lambda: not has_address(person, tool),
    }
    return next((reason for reason, holds in questions.items() if holds()), None)


def _excluded(person: Person, rules: Rules) -> bool:
    return (
        person["customer_id"] in rules.exclude_customers
        or person.get("email") in rules.exclude_customers
        or person.get("stage") in rules.exclude_stages
        or person.get("value_group") in rules.exclude_value_groups
        or person["channel"] not in rules.channels
    )


def has_address(person: Mapping[str, Any], tool: str) -> bool:
    """Whether ``tool`` can reach the person for the offer's channel.

    Advertising tools match an e-mail address or a phone number. Mail tools need the address of the channel
    (a phone number for text messages and calls, else an e-mail address). In a plain table the shop's own id of
    the customer is enough: the shop's other systems know it; a keyed hash they do not know.

    >>> has_address({"customer_id": "17850", "channel": "email"}, "csv")
    True
    >>> has_address({"customer_id": "17850", "channel": "email"}, "klaviyo")
    False
    """
    email = bool(person.get("email"))
    if tool == "csv":
        own_id = not str(person["customer_id"]).startswith(HASHED_ID)
        return own_id or email or bool(person.get("phone"))
    phone = e164(person.get("phone"), person.get("country")) is not None
    if tool in ADVERTISING:
        return email or phone
    by_phone = person["channel"] in ("sms", "phone")
    return phone and (tool == "klaviyo" or email) if by_phone else email


def _assignments(
    passed: Sequence[Person], catalogue: Mapping[str, Offer], tool: str, assigned_day: int
) -> pa.Table:
    """Who was assigned what: the people of the file and their held-out counterparts."""
    rows = []
    for person in sorted(passed, key=lambda person: str(person["customer_id"])):
        cost = catalogue[person["offer_id"]].cost_per_contact if person["treated"] else 0.0
        missing = person.get("churn_probability")
        rows.append(
            {
                "run_id": person["run_id"],
                "customer_id": person["customer_id"],
                "offer_id": person["offer_id"],
                "lever": person["lever"],
                "channel": person["channel"],
                "treated": person["treated"],
                "propensity": person["propensity"],
                "assigned_day": assigned_day,
                "audience": tool,
                "expected_margin": person.get("expected_margin") or 0.0,
                "no_purchase_probability": 1.0 if missing is None else missing,
                "contact_cost": cost,
                "expected_gain": person["expected_gain"],
            }
        )
    return pa.Table.from_pylist(rows, schema=ASSIGNMENTS.arrow_schema())
