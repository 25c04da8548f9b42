"""What to do today in a few lines: how many people, at what cost, for what gain, who first, and who is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.show.frames import Facts, Tables, counts, floats, present, total, where
from regulars.show.screen import Part
from regulars.show.sections.actions import in_rank_order, offer_title
from regulars.show.sections.headline import plan, reached
from regulars.show.words import Words


def what_to_do(facts: Facts, tables: Tables, words: Words) -> Iterator[Part]:
    """How many get an offer, what it costs, and what it should bring, assumed or measured."""
    today = plan(tables)
    if today is None:
        return
    if not today.actions:
        yield Part((words("screen.no_actions"),), 0)
        return
    customers = words.counted(today.customers, "customer")
    key = "screen.do" if today.customers else "screen.do_visitors"
    visitors = words.counted(today.visitors, "visitor")
    more = words("screen.do_too", visitors=visitors) if today.visitors and today.customers else ""
    yield Part((
        words(key, customers=customers, visitors=visitors, more=more, cost=_cost(today.cost, words),
              gain=words.about(today.gain), basis=words(f"screen.{_basis(tables)}")),
    ), 0)  # fmt: skip


def _cost(value: float, words: Words) -> str:
    return words("screen.nothing") if value == 0 else words.money(value)


def _basis(tables: Tables) -> str:
    """Whether the gain rests on assumed responses, measured ones, or both."""
    chosen = _chosen(tables)
    assumed = total(floats(chosen, "assumed")) if chosen.num_rows and "assumed" in chosen.column_names else 0
    if assumed == chosen.num_rows:
        return "assumed"
    return "partly_assumed" if assumed else "measured"


def list_of_offers(facts: Facts, tables: Tables, words: Words) -> Iterator[Part]:
    """Each offer with how many get it, the largest number first."""
    if present(tables, "actions", "offer_id") is None:
        return
    by_offer = {offer: number for (offer,), number in counts(_chosen(tables), "offer_id").items()}
    if not by_offer:
        return
    parts = [
        words("screen.offer", count=number, title=offer_title(facts, offer))
        for offer, number in sorted(by_offer.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    yield Part((words("screen.offers", parts=words.listed(parts)),), 1)


def left_alone(tables: Tables, words: Words) -> Iterator[Part]:
    """How many get nothing on purpose, by reason; and of those at risk, for how many no offer pays."""
    table = present(tables, "actions", "offer_id", "reason_code")
    if table is None:
        return
    alone = table.filter(table.column("offer_id").is_null())
    numbers = _reasons(alone)
    at_risk = _at_risk(alone, tables)
    parts = [
        words("screen.alone_at_risk", count=number, at_risk=at_risk)
        if key == "no_offer_pays" and at_risk
        else words(f"screen.alone_{key}", count=number)
        for key, number in numbers.items()
        if number
    ]
    if parts:
        yield Part((words("screen.alone", parts=words.listed(parts)),), 1)


def _at_risk(alone: pa.Table, tables: Tables) -> int:
    """Customers at risk for whom no offer pays."""
    scores = present(tables, "customer_scores", "customer_id", "stage")
    if scores is None:
        return 0
    at_risk = where(scores, "stage", "at_risk").column("customer_id").combine_chunks()
    unpaid = where(alone, "reason_code", "no_offer_pays").column("customer_id")
    found: Any = pc.is_in(unpaid, value_set=at_risk)
    return int(np.sum(found.to_numpy()))


def _reasons(alone: pa.Table) -> dict[str, int]:
    """Rows without an offer: held out by lot, kept out by the rules, for want of money, or because nothing pays."""
    excluded = 0
    if "reason_values" in alone.column_names:
        said: Any = pc.match_substring(alone.column("reason_values"), '"limit":"excluded"')
        excluded = int(np.sum(pc.fill_null(said, False).to_numpy()))
    by_code = {code: number for (code,), number in counts(alone, "reason_code").items()}
    return {
        "holdout": by_code.get("holdout", 0),
        "no_offer_pays": max(by_code.get("no_offer_pays", 0) - excluded, 0),
        "budget_spent": by_code.get("budget_spent", 0),
        "excluded": excluded,
    }


def first_of_all(facts: Facts, tables: Tables, words: Words, *, only_id: bool = False) -> Iterator[Part]:
    """The customer whose action is expected to bring most, and why; ``only_id``: the id alone."""
    if present(tables, "actions", "offer_id") is None:
        return
    known, visitors = reached(_chosen(tables), tables)
    chosen = known if known.num_rows else visitors
    if not chosen.num_rows:
        return
    first = in_rank_order(chosen, 1)[0]
    if only_id:
        yield Part((str(first["customer_id"]),), 0)
        return
    yield Part((
        words("screen.first", customer=str(first["customer_id"]), title=offer_title(facts, first["offer_id"]),
              reason=words.reason(first["reason_code"], first["reason_values"])),
    ), 0)  # fmt: skip


def _chosen(tables: Tables) -> pa.Table:
    table = tables["actions"]
    return table.filter(table.column("offer_id").is_valid())
