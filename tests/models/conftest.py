"""Customers who buy, spend and leave as the models say, with their future known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Table = dict[str, Any]


def simulate(
    count: int,
    *,
    r: float = 0.8,
    alpha: float = 60.0,
    a: float = 0.8,
    b: float = 2.4,
    p: float = 6.0,
    q: float = 4.0,
    gamma: float = 15.0,
    horizon_days: float = 365.0,
    seed: int = 1,
) -> tuple[Table, Table]:
    """What is seen of ``count`` customers 30 to 360 days after their first purchase, and what they do next.

    ``a = 0``: nobody leaves. Times are not rounded to days, so that the models hold exactly.
    """
    rng = np.random.default_rng(seed)
    T = rng.uniform(30.0, 360.0, count)
    rate = rng.gamma(r, 1 / alpha, count)
    leaving = rng.beta(a, b, count) if a > 0 else np.zeros(count)
    frequency, recency, future, now = np.zeros((4, count))
    here = np.arange(count)
    while len(here):
        now[here] += rng.exponential(1.0, len(here)) / rate[here]
        here = here[now[here] < T[here] + horizon_days]
        seen = here[now[here] <= T[here]]
        frequency[seen] += 1
        recency[seen] = now[seen]
        future[here[now[here] > T[here]]] += 1
        here = here[rng.random(len(here)) >= leaving[here]]
    spread = rng.gamma(q, 1 / gamma, count)
    past = rng.gamma(p * np.maximum(frequency, 1)) / spread / np.maximum(frequency, 1)
    money = np.where(future > 0, rng.gamma(p * np.maximum(future, 1)) / spread, 0.0)
    table = {
        "frequency": frequency,
        "recency_days": recency,
        "T_days": T,
        "monetary_value": np.where(frequency > 0, past, 0.0),
        "purchase_day_count": frequency + 1,
    }
    first = rng.gamma(p, size=count) / spread  # last, so that what is drawn above stays as it is
    table["mean_day_value"] = (first + frequency * table["monetary_value"]) / (frequency + 1)
    return table, {"purchases": future, "money": money}


@pytest.fixture(scope="session")
def simulated() -> Callable[..., tuple[Table, Table]]:
    return simulate
