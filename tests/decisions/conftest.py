"""Makers of customers and offers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from regulars.decisions.offers import Offer


def _customers(**columns: Any) -> pa.Table:
    """Two or more customers; ``columns`` replace what is given here."""
    count = len(next(iter(columns.values()))) if columns else 2
    table: dict[str, Any] = {
        "customer_id": [chr(ord("a") + place) for place in range(count)],
        "stage": ["active"] * count,
        "churn_probability": [0.5] * count,
        "expected_order_value": [100.0] * count,
        "clv": [80.0] * count,
        "purchase_count": [3] * count,
        "days_since_last_purchase": [20] * count,
        "value_group": ["other"] * count,
        "holdout_draw": [0.5] * count,
    }
    return pa.table({**table, **columns})


def _many(count: int, seed: int = 0) -> pa.Table:
    """Customers of all stages, drawn at random."""
    draw = np.random.default_rng(seed)
    stage = draw.choice(["visitor", "registered", "new", "active", "loyal", "at_risk", "churned"], count)
    never = np.isin(stage, ["visitor", "registered"])

    def known(values: Any) -> pa.Array:
        return pa.array(values, mask=never)

    return pa.table(
        {
            "customer_id": [f"c{number:06d}" for number in draw.permutation(count)],
            "stage": stage,
            "churn_probability": known(draw.beta(1, 1, count)),
            "expected_order_value": known(draw.lognormal(4, 1, count)),
            "clv": known(draw.lognormal(4, 1, count)),
            "purchase_count": np.where(never, 0, draw.integers(1, 20, count)),
            "days_since_last_purchase": known(draw.integers(0, 700, count)),
            "value_group": ["other"] * count,
            "holdout_draw": draw.random(count),
        }
    )


def _offer(**fields: Any) -> Offer:
    """An e-mail with a voucher for active customers; ``fields`` replace what is given here."""
    start: dict[str, Any] = {
        "id": "voucher",
        "title": "Voucher",
        "lever": "grow",
        "channel": "email",
        "stages": ("active",),
        "cost_per_contact": 0.1,
        "response_rate": 0.1,
        "response_rate_low": 0.05,
        "response_rate_high": 0.2,
    }
    return Offer(**{**start, **fields})


@pytest.fixture(scope="session")
def customers() -> Callable[..., pa.Table]:
    return _customers


@pytest.fixture(scope="session")
def many() -> Callable[..., pa.Table]:
    return _many


@pytest.fixture(scope="session")
def offer() -> Callable[..., Offer]:
    return _offer
