"""Why a customer gets an action, or none: a code that ``show/words.py`` puts into a sentence, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.decisions.gains import responses
from regulars.decisions.menu import Menu, chosen, named
from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Prospects, Texts
from regulars.schema import MONEY_UNITS

REASONS: dict[str, str] = {
    "no_offer_pays": "no offer is expected to bring more than it costs, or the rules keep the customer out",
    "budget_spent": "an offer would pay, and others bring more for the money or the lever's share is full",
    "holdout": "an offer would be made, and is withheld to measure what actions bring",
    "visitor_interest": "looked around and has not registered",
    "registered_no_order": "registered and has not ordered",
    "new_second_order": "ordered once; the second order makes a customer",
    "engage_content": "interest is kept alive with content",
    "loyal_reward": "buys steadily and is thanked",
    "active_grow": "buys and may buy more",
    "at_risk_valuable": "may leave and is worth the effort",
    "churned_recoverable": "has left and may come back",
}

DIGITS = 4
Array = np.ndarray[Any, Any]

_joined: Any = pc.binary_join_element_wise  # its stubs do not know that texts and columns mix


def reason_codes(intended: Array, menu: Menu, offers: tuple[Offer, ...], people: Prospects) -> Array:
    """The reason of each row: why the intended offer is made or withheld, or why there is none."""
    stage = np.asarray(people.stage.to_numpy(zero_copy_only=False), dtype=np.object_)
    codes = np.where(menu.pays, "budget_spent", "no_offer_pays").astype(np.object_)
    for column, offer in enumerate(offers):
        for place in offer.stages:
            codes[(intended == column) & (stage == place)] = _reason(offer.lever, place)
    codes[(intended >= 0) & people.holdout] = "holdout"
    return codes


def _reason(lever: str, stage: str) -> str:
    if stage == "visitor":
        return "visitor_interest"
    if stage == "registered":
        return "registered_no_order"
    if lever in ("acquire", "activate"):
        return "new_second_order"
    if lever == "win_back":
        return "churned_recoverable" if stage == "churned" else "at_risk_valuable"
    return {"engage": "engage_content", "reward": "loyal_reward", "grow": "active_grow"}[lever]


def reason_values(
    intended: Array,
    menu: Menu,
    closed: Array,
    offers: tuple[Offer, ...],
    people: Prospects,
    horizon_days: int,
) -> Texts:
    """The numbers behind each reason as JSON, keys sorted.

    Always ``stage, churn_probability, expected_order_value, clv, purchase_count,
    days_since_last_purchase, horizon_days`` where they are known; with an offer the ``response_rate`` that was
    counted for this customer; for
    the hold-out ``intended_offer_id`` with its ``expected_gain`` and ``cost``; with nothing to do the
    ``best_offer_id`` and its ``expected_gain`` (which may be a loss), and in ``limit`` what kept it from
    being made, if not the gain: ``excluded``, ``lever_share`` or ``budget``.
    """
    ids = [offer.id for offer in offers]
    nothing = intended < 0
    held = np.where(people.holdout, intended, -1)
    best = np.where(nothing, menu.best, -1)
    gain = np.where(best >= 0, menu.best_gain, chosen(menu.gain, held))
    limits = np.select([nothing & menu.excluded, nothing & closed, nothing & menu.pays], [0, 1, 2], -1)
    columns = {
        "best_offer_id": named(ids, best),
        "churn_probability": people.no_purchase_probability,
        "clv": people.clv,
        "cost": np.where(held >= 0, chosen(menu.cost, held) / MONEY_UNITS, np.nan),
        "days_since_last_purchase": people.days_since_last_purchase,
        "expected_gain": np.where((best >= 0) | (held >= 0), gain / MONEY_UNITS, np.nan),
        "expected_order_value": people.order_value,
        "horizon_days": np.full(people.count, horizon_days),
        "intended_offer_id": named(ids, held),
        "limit": named(["excluded", "lever_share", "budget"], limits),
        "purchase_count": people.purchase_count,
        "response_rate": _counted_responses(intended, offers, people),
        "stage": people.stage,
    }
    return json_objects(columns, people.count)


def _counted_responses(intended: Array, offers: tuple[Offer, ...], people: Prospects) -> Array:
    counted = np.full(people.count, np.nan)
    for column, offer in enumerate(offers):
        rows = intended == column
        counted[rows] = responses(offer, people, offer.response_rate)[rows]
    return counted


def json_objects(columns: Mapping[str, Any], rows: int) -> Texts:
    """One compact JSON object per row, keys sorted, unknown values left out, numbers rounded to 4 digits.

    Parameters
    ----------
    columns
        Key to values: NumPy numbers (nan = unknown) or an Arrow text array (null = unknown) whose words
        need no escaping (ids of offers, names of stages).

    Examples
    --------
    >>> json_objects({"b": np.array([0.25, np.nan]), "a": pa.array([None, "new"])}, 2).to_pylist()
    ['{"b":0.25}', '{"a":"new"}']
    """
    pieces = [_joined(f'"{key}":', _as_json(columns[key]), "") for key in sorted(columns)]
    if not pieces:
        return pa.array(["{}"] * rows, pa.string())
    inner = _joined(*pieces, ",", null_handling="skip")
    objects: Texts = _joined("{", inner, "}", "")
    return objects


def _as_json(values: Any) -> Any:
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return _joined('"', values.cast(pa.string()), '"', "")
    if values.dtype.kind in "iu":
        return pa.array(values).cast(pa.string())
    rounded = np.round(values.astype(np.float64), DIGITS) + 0.0  # + 0.0 turns -0.0 into 0.0
    return pa.array(rounded, from_pandas=True).cast(pa.string())
