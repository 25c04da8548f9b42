"""A small made-up shop as result tables: enough of a life in it that every part of the page has something to say."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from regulars.schema import ACTIONS, COHORTS, CUSTOMER_SCORES, SALES, SEGMENTS, STAGE_HISTORY, TRANSITIONS

EPOCH = datetime.date(1970, 1, 1)
AS_OF = datetime.date(2024, 6, 30)
MONTHS = 26
CUSTOMERS = 420
# A title that would break a page that trusts it.
HOSTILE = "<script>alert('x')</script> & \"Teapot\" </script><img src=x onerror=alert(1)>"
TITLES = [
    "Oak tea tray",
    "Linen napkin, set of 4",
    HOSTILE,
    "Blue stoneware mug",
    "Walnut salad bowl",
    "Copper kettle",
    "Beeswax candle",
    "Wool throw, grey",
    "Enamel colander",
    "Glass carafe",
    "Rye bread tin",
    "Olive soap",
]
OFFERS = {
    "win_back_15": "15 % off, welcome back",
    "second_order": "What goes well with your first order",
    "thank_you": "Thank-you voucher for loyal customers",
    "saved_for_you": "We saved these for you",
    "stories": "Stories and new arrivals",
}


def month_end(back: int) -> datetime.date:
    """The last day of the month ``back`` months before the last."""
    first = AS_OF.replace(day=1)
    number = first.year * 12 + first.month - 1 - back + 1
    return datetime.date(number // 12, number % 12 + 1, 1) - datetime.timedelta(days=1)


@dataclass
class Customer:
    """What one made-up customer did."""

    id: str
    signed_up: int
    seen: int
    days: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    rate: float = 0.0

    def stage(self, day: int) -> str | None:
        bought = [d for d in self.days if d <= day]
        if not bought:
            if day >= self.signed_up:
                return "registered"
            return "visitor" if day >= self.seen else None
        silent, usual = day - bought[-1], max(20.0, 1 / self.rate)
        if silent > 4.5 * usual:
            return "churned"
        if silent > 2.2 * usual:
            return "at_risk"
        if len(bought) > 1 and bought[-1] - bought[-2] > 4.5 * usual:
            return "reactivated"
        if len(bought) == 1:
            return "new"
        return "loyal" if len(bought) >= 6 else "active"


def live(count: int) -> list[Customer]:
    random = np.random.default_rng(7)
    last = (AS_OF - EPOCH).days
    people = []
    for number in range(count):
        seen = int(last - random.integers(0, 30 * MONTHS))
        person = Customer(f"C{number:05d}", seen + int(random.integers(1, 90)), seen)
        person.rate = float(random.gamma(1.3, 1 / 60)) + 0.002
        size = float(random.lognormal(3.6, 0.7))
        day, end = seen + random.exponential(20), seen + random.exponential(420)
        while day < min(end, last) and random.random() > 0.04:
            person.days.append(int(day))
            person.values.append(round(size * float(random.lognormal(0, 0.4)), 2))
            day += random.exponential(1 / person.rate) + 1
        people.append(person)
    return people


@dataclass
class MadeUp:
    """Tables and facts as the pipeline hands them over."""

    tables: dict[str, pa.Table]
    facts: dict[str, Any]


def make(count: int = CUSTOMERS) -> MadeUp:
    people = live(count)
    tables = {
        "customer_features": _features(people),
        "customer_scores": _scores(people),
        "segments": _segments(people),
        "stages": _stages(people),
        "transitions": _transitions(people),
        "cohorts": _cohorts(people),
        "sales": _sales(people),
        "actions": _actions(people),
        "item_features": pa.table({"item_id": [f"I{n}" for n in range(len(TITLES))], "title": TITLES}),
        **_evaluation(),
    }
    facts = {
        "shop_name": "Harbour & Hearth",
        "currency": "GBP",
        "as_of": AS_OF,
        "notes": [
            {"code": "purchase_model", "values": {"note": "BG/NBD: 5.1% leave after a purchase on average"}},
            {"code": "margin_assumed", "values": {"margin_rate": 0.4}},
            {"code": "fit_rows", "values": {"rows": 300, "customers": count}},
            {"code": "a_code_of_tomorrow", "values": {"x": 3}},
        ],
        "margin_rate": 0.4,
        "margin_rate_is_assumed": True,
        "clv_horizon_days": 365,
        "churn_horizon_days": 90,
        "budget": 2000.0,
        "holdout_share": 0.1,
        "offers": OFFERS,
        "imports": {"read_count": 5412, "stored_count": 5320, "duplicate_count": 61, "rejected_count": 31, "anonymous_count": 804},
        "code_version": "0.1.0",
        "run_id": "2024-06-30-1a2b3c4d",
    }  # fmt: skip
    return MadeUp(tables, facts)


def _table(rows: list[dict[str, Any]], of: Any) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=of.arrow_schema())


def _features(people: list[Customer]) -> pa.Table:
    last = (AS_OF - EPOCH).days
    return pa.Table.from_pylist(
        [
            {
                "customer_id": p.id,
                "purchase_count": len(p.days),
                "days_since_last_purchase": last - p.days[-1] if p.days else None,
                "net_value": sum(p.values),
                "net_value_last_365_days": sum(
                    v for d, v in zip(p.days, p.values, strict=True) if d > last - 365
                ),
                "purchase_count_last_365_days": sum(d > last - 365 for d in p.days),
                "visit_count": 3 * len(p.days) + 1,
            }
            for p in people
        ]
    )


def _scores(people: list[Customer]) -> pa.Table:
    random = np.random.default_rng(11)
    last = (AS_OF - EPOCH).days
    rows = []
    for p in people:
        alive = float(np.exp(-(last - p.days[-1]) * max(p.rate, 0.004) / 2)) if p.days else 0.3
        size = float(np.mean(p.values)) if p.values else 38.0
        clv = 0.4 * size * 365 * p.rate * alive * float(random.lognormal(0, 0.2)) * (0.9 if p.days else 0.05)
        rows.append(
            {
                "customer_id": p.id,
                "stage": p.stage(last),
                "churn_probability": 1 - alive * (1 - np.exp(-p.rate * 90)),
                "probability_alive": alive,
                "expected_purchases": alive * p.rate * 90,
                "expected_order_value": size,
                "clv": clv,
                "clv_low": 0.3 * clv,
                "clv_high": 2.1 * clv,
            }
        )
    return _table(rows, CUSTOMER_SCORES)


def _segments(people: list[Customer]) -> pa.Table:
    last = (AS_OF - EPOCH).days
    buyers = [p for p in people if p.days]
    recency = _fifths([p.days[-1] for p in buyers])
    frequency = _fifths([len(p.days) for p in buyers])
    money = _fifths([sum(p.values) for p in buyers])
    rows = []
    for p, r, f, m in zip(buyers, recency, frequency, money, strict=True):
        high_risk = p.stage(last) in ("at_risk", "churned")
        value = "high_value" if m == 5 and f >= 4 else "frequent_low_spend" if f >= 4 else "other"
        rows.append(
            {
                "customer_id": p.id,
                "rfm_recency_score": r,
                "rfm_frequency_score": f,
                "rfm_monetary_score": m,
                "rfm_group": _rfm_group(r, f),
                "value_group": "high_risk" if high_risk and value == "other" else value,
            }
        )
    return _table(rows, SEGMENTS)


def _fifths(numbers: list[float]) -> list[int]:
    order = np.argsort(np.argsort(np.array(numbers), kind="stable"), kind="stable")
    return [int(place) for place in 1 + 5 * order // len(numbers)]


def _rfm_group(r: int, f: int) -> str:
    grid = {
        5: ["lost", "cannot_lose_them", "needs_attention", "loyal_customers", "champions"],
        4: ["hibernating", "at_risk", "needs_attention", "loyal_customers", "champions"],
        3: ["hibernating", "at_risk", "needs_attention", "potential_loyalists", "loyal_customers"],
        2: ["lost", "about_to_sleep", "about_to_sleep", "potential_loyalists", "potential_loyalists"],
        1: ["lost", "lost", "about_to_sleep", "promising", "new_customers"],
    }
    return grid[f][r - 1]


def _stages(people: list[Customer]) -> pa.Table:
    rows = []
    for back in reversed(range(MONTHS - 2)):
        day = (month_end(back) - EPOCH).days
        rows += [
            {"as_of_day": day, "customer_id": p.id, "stage": stage} for p in people if (stage := p.stage(day))
        ]
    return _table(rows, STAGE_HISTORY)


def _transitions(people: list[Customer]) -> pa.Table:
    rows = []
    for back in reversed(range(3)):
        before, after = ((month_end(b) - EPOCH).days for b in (back + 1, back))
        moves = Counter(
            (p.stage(before) or "unseen", stage) for p in people if (stage := p.stage(after)) is not None
        )
        left = Counter(p.stage(before) or "unseen" for p in people)
        rows += [
            {
                "as_of_day": after,
                "previous_day": before,
                "from_stage": a,
                "to_stage": b,
                "customer_count": n,
                "share": n / left[a],
            }
            for (a, b), n in sorted(moves.items())
        ]
    return _table(rows, TRANSITIONS)


def _month(day: int) -> int:
    date = EPOCH + datetime.timedelta(days=day)
    return date.year * 12 + date.month - 1


def _name(month: int) -> str:
    return f"{month // 12}-{month % 12 + 1:02d}"


def _cohorts(people: list[Customer]) -> pa.Table:
    last = _month((AS_OF - EPOCH).days)
    rows = []
    for cohort in sorted({_month(p.days[0]) for p in people if p.days}):
        members = [p for p in people if p.days and _month(p.days[0]) == cohort]
        for later in range(last - cohort + 1):
            bought = [
                [v for d, v in zip(p.days, p.values, strict=True) if _month(d) == cohort + later]
                for p in members
            ]
            active = sum(bool(values) for values in bought)
            rows.append(
                {
                    "cohort_month": _name(cohort),
                    "months_later": later,
                    "customer_count": len(members),
                    "active_count": active,
                    "retention_rate": active / len(members),
                    "net_value": sum(map(sum, bought)),
                }
            )
    return _table(rows, COHORTS)


def _sales(people: list[Customer]) -> pa.Table:
    lines = [(_month(d), v, p) for p in people for d, v in zip(p.days, p.values, strict=True)]
    rows = []
    for month in range(min(line[0] for line in lines), max(line[0] for line in lines) + 1):
        inside = [line for line in lines if line[0] == month]
        gross = sum(line[1] for line in inside)
        buyers = {line[2].id: line[2] for line in inside}
        rows.append(
            {
                "month": _name(month),
                "currency": "GBP",
                "list_value": 1.2 * gross,
                "discount_value": 0.05 * gross,
                "gross_value": 1.15 * gross,
                "refund_value": 0.03 * gross,
                "cancelled_value": 0.01 * gross,
                "undated_refund_value": 0.0,
                "shipping_value": 0.0,
                "tax_value": 0.0,
                "other_refund_value": 0.0,
                "left_out_count": 0,
                "net_value": 1.11 * gross,
                "charge_value": 0.02 * gross,
                "anonymous_value": 0.14 * gross,
                "order_count": len(inside),
                "customer_count": len(buyers),
                "new_customer_count": sum(_month(p.days[0]) == month for p in buyers.values()),
            }
        )
    return _table(rows, SALES)


PLANS = {
    "at_risk": ("win_back_15", "win_back", "email", 3.9, "at_risk_valuable"),
    "churned": ("win_back_15", "win_back", "email", 3.9, "churned_recoverable"),
    "new": ("second_order", "activate", "email", 0.05, "new_second_order"),
    "loyal": ("thank_you", "reward", "post", 2.4, "loyal_reward"),
    "active": ("saved_for_you", "grow", "onsite", 0.0, "active_grow"),
    "registered": ("stories", "engage", "email", 0.05, "registered_no_order"),
}


def _actions(people: list[Customer]) -> pa.Table:
    random = np.random.default_rng(3)
    last = (AS_OF - EPOCH).days
    scores = {row["customer_id"]: row for row in _scores(people).to_pylist()}
    rows = []
    for p in people:
        score = scores[p.id]
        offer, lever, channel, cost, reason = PLANS.get(
            p.stage(last), (None, "none", None, 0.0, "no_offer_pays")
        )
        gain = 0.12 * score["expected_order_value"] * float(random.lognormal(0, 0.6)) - cost
        holdout = random.random() < 0.1
        if holdout or gain <= 0.5 or offer is None:
            reason = "holdout" if holdout else "no_offer_pays"
            offer, lever, channel, cost, gain = None, "none", None, 0.0, 0.0
        values = {
            "clv": round(score["clv"], 2),
            "churn_probability": round(score["churn_probability"], 4),
            "expected_order_value": round(score["expected_order_value"], 2),
            "horizon_days": 90,
            "purchase_count": len(p.days),
            "stage": p.stage(last),
        }
        if p.days:
            values["days_since_last_purchase"] = last - p.days[-1]
        rows.append(
            {
                "customer_id": p.id,
                "offer_id": offer,
                "lever": lever,
                "channel": channel,
                "item_ids": [f"I{n}" for n in sorted(random.choice(len(TITLES), 2, replace=False))] if offer else [],
                "expected_gain": gain,
                "expected_gain_low": -0.1 * gain,
                "expected_gain_high": 2.4 * gain,
                "assumed": offer not in (None, "saved_for_you"),
                "cost": cost,
                "currency": "GBP",
                "reason_code": reason,
                "reason_values": json.dumps(values, sort_keys=True),
                "propensity": 0.9,
                "holdout": holdout,
                "run_id": "2024-06-30-1a2b3c4d",
            }
        )  # fmt: skip
    rows.sort(key=lambda row: (-row["expected_gain"], row["customer_id"]))
    return _table([{**row, "rank": place} for place, row in enumerate(rows, start=1)], ACTIONS)


def _evaluation() -> dict[str, pa.Table]:
    metrics = {
        "purchases": {"bias": (-0.08, 0.31), "gini": (0.62, 0.55), "mae": (0.71, 0.94)},
        "spend": {"bias": (-0.14, 0.22), "gini": (0.66, 0.58), "mae": (41.3, 55.2), "coverage": (0.87, None)},
        "churn": {"bias": (0.03, -0.17), "auc": (0.79, 0.72), "brier": (0.164, 0.211), "ece": (0.028, 0.12)},
    }
    origins = [("2023-12-31", 1.0), ("2024-03-31", 0.9)]
    rows = [
        {
            "origin_on": day,
            "horizon_days": 90,
            "target": target,
            "metric": metric,
            "model": model,
            "value": value * scale,
            "value_low": value * scale - abs(value) * 0.1,
            "value_high": value * scale + abs(value) * 0.1,
        }
        for day, scale in origins
        for target, found in metrics.items()
        for metric, pair in found.items()
        for model, value in zip(("regulars", "naive"), pair, strict=True)
        if value is not None
    ]
    predicted = np.linspace(0.12, 0.97, 10)
    bins = [
        {
            "origin_on": day,
            "horizon_days": 90,
            "model": model,
            "decile": place + 1,
            "predicted": float(p),
            "observed": float(np.clip(p + lean * np.sin(place + shift), 0, 1)),
            "customer_count": 40,
        }
        for shift, (day, _) in enumerate(origins)
        for model, lean in (("regulars", 0.035), ("naive", 0.15))
        for place, p in enumerate(predicted)
    ]
    return {"evaluation": pa.Table.from_pylist(rows), "calibration": pa.Table.from_pylist(bins)}


@pytest.fixture(scope="session")
def made_up() -> MadeUp:
    """A shop of a few hundred customers."""
    return make()
