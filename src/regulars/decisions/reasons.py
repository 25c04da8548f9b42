"""Why a customer gets an action, or none: a code that ``show/words.py`` puts into a sentence, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Prospects, Texts

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

_joined: Any = pc.binary_join_element_wise  # its stubs do not know that texts and columns mix


def reason_codes(
    choice: np.ndarray[Any, Any], offers: tuple[Offer, ...], people: Prospects
) -> np.ndarray[Any, Any]:
    """The reason of each chosen offer (object array; None where ``choice`` is -1)."""
    stage = np.asarray(people.stage.to_numpy(zero_copy_only=False), dtype=object)
    codes = np.full(len(choice), None, dtype=object)
    for column, offer in enumerate(offers):
        chosen = choice == column
        for place in offer.stages:
            codes[chosen & (stage == place)] = _reason(offer.lever, place)
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
