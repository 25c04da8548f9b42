"""The shop's ``rules.toml``, with excluded customers named by what a shopkeeper knows them by."""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from regulars.collect.contacts import hashed_contact, plain_email, plain_phone
from regulars.decisions.rules import Rules, parse_rules
from regulars.pipeline.scores import Note
from regulars.pipeline.shop import Shop


def read_rules(shop: Shop) -> Rules:
    """The shop's rules; no file means no rules.

    An e-mail address or phone number in ``exclude_customers`` stands for the customer who is stored under its hash.
    """
    path = shop.folder / "rules.toml"
    if not path.is_file():
        return Rules()
    rules = parse_rules(path.read_text(encoding="utf-8-sig"), str(path))
    ids = chain.from_iterable(_ids(shop, name) for name in rules.exclude_customers)
    return msgspec.structs.replace(rules, exclude_customers=tuple(ids))


def unknown_exclusions(shop: Shop, customer_ids: Any) -> list[Note]:
    """A note when ``exclude_customers`` names somebody whom the run does not know: a typing error protects nobody."""
    path = shop.folder / "rules.toml"
    if not path.is_file():
        return []
    named = parse_rules(path.read_text(encoding="utf-8-sig"), str(path)).exclude_customers
    if not named:
        return []
    asked = pa.array(list({one for name in named for one in _ids(shop, name)}), pa.string())
    known = set(asked.filter(pc.is_in(asked, value_set=customer_ids.combine_chunks())).to_pylist())
    missing = sum(known.isdisjoint(_ids(shop, name)) for name in named)
    return [{"code": "excluded_unknown", "values": {"customers": missing}}] if missing else []


def _ids(shop: Shop, name: str) -> tuple[str, ...]:
    """The ids that a name in the file can mean."""
    if plain_email(name) or plain_phone(name):
        return name, hashed_contact(name, shop.hash_key)
    return (name,)
