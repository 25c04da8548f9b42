"""Back: did it pay? What assigned customers did, treated against held-out, and what the offers learn from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.config import Settings
from regulars.decisions.learning import Measurement, learned_offers, posterior, response_of
from regulars.decisions.offers import Offer
from regulars.decisions.prospects import Z90
from regulars.evaluation.experiments import Effect, effect
from regulars.evaluation.verdicts import FEWEST_DAYS, verdict
from regulars.features.outcomes import discount_sums, outcomes
from regulars.pipeline.features import FeatureTables
from regulars.schema import MONEY_UNITS, OFFER_EFFECTS
from regulars.store.assignments import assignments_until
from regulars.store.duckdb import Store

Floats = np.ndarray[Any, np.dtype[np.float64]]
Row = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """The table ``offer_effects`` of a run, and the offers with what was learned."""

    table: pa.Table
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Units:
    """One assignment per row with what followed it; money in currency units."""

    rows: list[Row]
    treated: np.ndarray[Any, np.dtype[np.bool_]]
    margin: Floats
    bought: Floats
    silence_days: Floats

    def pick(self, places: Sequence[int]) -> Units:
        """The units at these places."""
        at = np.asarray(places, dtype=np.int64)
        return Units(
            [self.rows[place] for place in places],
            self.treated[at],
            self.margin[at],
            self.bought[at],
            self.silence_days[at],
        )

    def column(self, name: str) -> Floats:
        return np.array([row[name] for row in self.rows], dtype=np.float64)


def measure(
    store: Store, tables: FeatureTables, settings: Settings, offers: Sequence[Offer], margin_rate: float
) -> Measured:
    """Compare the treated with the held-out of every exported file, and adjust the offers.

    Everybody counts as assigned, whether or not a message arrived (intention to treat): the lot made the arms
    alike, and nothing that happened later does. The days after the assignment up to the tables' day count, at
    most ``churn_horizon_days``; assignments younger than ``FEWEST_DAYS`` wait. A customer counts once: for all
    offers from the first assignment of any; for one offer from its first assignment, if no other offer was
    assigned in the horizon before it. Actions of later runs in these days belong to what is measured.

    Returns
    -------
    Measured
        ``table`` is ``schema.OFFER_EFFECTS``, all offers together last; empty where nothing was exported.
    """
    rows = _current(store, assignments_until(store, tables.as_of_day))
    horizon = settings.value.churn_horizon_days
    for row in rows:
        row["follow_up_days"] = min(tables.as_of_day - row["assigned_day"], horizon)
    ids = sorted({row["offer_id"] for row in rows})
    first = {offer: first_assignments(rows, offer, horizon) for offer in (*ids, None)} if rows else {}
    units = _units(store, tables, rows, horizon, margin_rate)
    catalogue = {offer.id: offer for offer in offers}
    together = max(len(ids), 1)
    lines: list[Row] = []
    measurements: dict[str, Measurement] = {}
    for offer_id, places in first.items():
        if not places:
            lines.append(_not_alone(offer_id))
            continue
        old_enough = [place for place in places if rows[place]["follow_up_days"] >= FEWEST_DAYS]
        offer = catalogue.get(offer_id) if offer_id is not None else None
        line, found = compared(
            offer_id,
            offer,
            units.pick(old_enough or places),
            bool(old_enough),
            1 if offer_id is None else together,
        )
        lines.append(line)
        if offer_id is not None and found is not None:
            measurements[offer_id] = found
    table = pa.Table.from_pylist([_rounded(line) for line in lines], schema=OFFER_EFFECTS.arrow_schema())
    return Measured(table, learned_offers(offers, measurements))


def first_assignments(rows: Sequence[Row], offer_id: str | None, horizon_days: int) -> list[int]:
    """The place of each customer's first assignment: of any offer (None), or of one, free of others.

    ``rows`` stand in the order of their days. A customer whose first assignment of the offer follows one of
    another offer within ``horizon_days`` is left out: who gets a second offer depends on what the first one did.
    """
    seen: dict[str, int] = {}
    latest_other: dict[str, int] = {}
    for place, row in enumerate(rows):
        customer, day = row["customer_id"], row["assigned_day"]
        if offer_id is not None and row["offer_id"] != offer_id:
            latest_other[customer] = day
        elif customer not in seen:
            clean = day - latest_other.get(customer, day - horizon_days) >= horizon_days
            seen[customer] = place if clean else -1
    return [place for place in seen.values() if place >= 0]


def _current(store: Store, assignments: pa.Table) -> list[Row]:
    """The assignments under the customers' ids of today; of two customers who are one by now, the first."""
    if not assignments.num_rows:
        return []
    known = store.read(store.table("identities")).filter(pc.field("id_kind") == "user")
    now = dict(zip(known.column("id").to_pylist(), known.column("customer_id").to_pylist(), strict=True))
    rows: dict[tuple[str, str], Row] = {}
    for row in assignments.to_pylist():
        row["customer_id"] = now.get(row["customer_id"], row["customer_id"])
        rows.setdefault((row["run_id"], row["customer_id"]), row)
    return list(rows.values())


def _units(
    store: Store, tables: FeatureTables, rows: list[Row], horizon_days: int, margin_rate: float
) -> Units:
    """What followed each assignment."""
    value, discount, bought = (np.zeros(len(rows)) for _ in range(3))
    silence = np.full(len(rows), np.nan)
    cost_share = _cost_share(store, tables, margin_rate)
    if rows:
        frame = store.keep_batches("assigned_units", _windows(rows))
        for found in store.batches(outcomes(tables.order_rows, frame)):
            at = np.asarray(found.column("unit").to_numpy())
            value[at] = np.asarray(found.column("value").to_numpy()) / MONEY_UNITS
            discount[at] = np.asarray(found.column("discount").to_numpy()) / MONEY_UNITS
            bought[at] = np.asarray(found.column("order_count").to_numpy()) > 0
            silence[at] = found.column("last_purchase_day").cast(pa.float64()).to_numpy(zero_copy_only=False)
    days = np.array([row["assigned_day"] for row in rows], dtype=np.float64)
    treated = np.array([row["treated"] for row in rows], dtype=np.bool_)
    margin = kept_margin(value, discount, cost_share) - _contact_costs(rows, horizon_days)
    return Units(rows, treated, margin, bought, days - silence)


def kept_margin(value: Floats, discount: Floats, cost_share: float) -> Floats:
    """The margin of orders: what was paid less what the goods cost the shop.

    Goods cost ``cost_share`` of their price before discounts, so a discount costs its full amount. This is the
    one place where an experiment's margin is computed.
    """
    return np.asarray(value - cost_share * (value + discount))


def _cost_share(store: Store, tables: FeatureTables, margin_rate: float) -> float:
    """The cost of goods as a share of prices before discounts: that at which all orders keep ``margin_rate``."""
    sums = store.read(discount_sums(tables.order_rows)).to_pylist()[0]
    value, discount = sums["value"] or 0, sums["discount"] or 0
    paid_share = value / (value + discount) if value > 0 else 1.0
    return (1.0 - margin_rate) * paid_share


def _windows(rows: Sequence[Row]) -> Iterator[pa.RecordBatch]:
    first = np.array([row["assigned_day"] for row in rows], dtype=np.int64)
    days = np.array([row["follow_up_days"] for row in rows], dtype=np.int64)
    columns = {
        "unit": pa.array(np.arange(len(rows), dtype=np.int64)),
        "customer_id": pa.array([row["customer_id"] for row in rows], pa.string()),
        "first_day": pa.array(first),
        "last_day": pa.array(first + days),
    }
    yield pa.RecordBatch.from_pydict(columns)


def _contact_costs(rows: Sequence[Row], horizon_days: int) -> Floats:
    """What reaching each customer cost in the unit's days, actions of later runs included.

    An offer reaches a customer once a day, however often that day's run was repeated and exported.
    """
    paid: dict[str, dict[tuple[int, str], float]] = {}
    for row in rows:
        contacts = paid.setdefault(row["customer_id"], {})
        contacts[row["assigned_day"], row["offer_id"]] = row["contact_cost"]
    costs = []
    for row in rows:
        first, contacts = row["assigned_day"], paid[row["customer_id"]]
        costs.append(sum(cost for (day, _), cost in contacts.items() if 0 <= day - first < horizon_days))
    return np.array(costs, dtype=np.float64)


def compared(
    offer_id: str | None, offer: Offer | None, units: Units, old_enough: bool, together: int = 1
) -> tuple[Row, Measurement | None]:
    """A row of ``offer_effects``, and what it measures of the offer's response.

    ``offer_id`` None and ``offer`` None stand for all offers; ``old_enough`` is False where every unit is too
    young to tell; ``together`` is how many offers stand side by side.
    """
    no_purchase, days = units.column("no_purchase_probability"), units.column("follow_up_days")
    size = np.sqrt(np.maximum(units.column("expected_margin"), 0.0))
    # First the chance of being treated: where it differs between runs, runs would else be mistaken for effects.
    chance = {"chance": units.column("propensity")}
    money = effect(
        units.margin, units.treated, chance | {"size": size, "no_purchase": no_purchase, "days": days}
    )
    buying = effect(
        units.bought, units.treated, chance | {"no_purchase": no_purchase, "size": size, "days": days}
    )
    expected = float(units.column("expected_gain").mean())
    buyers = int(units.bought[units.treated].sum()), int(units.bought[~units.treated].sum())
    judged = verdict(money, expected, buyers, together=together)
    code = judged.code if old_enough else "too_early"
    line: Row = {
        "offer_id": offer_id,
        "verdict": code,
        "treated_count": money.treated_count,
        "held_out_count": money.held_out_count,
        "follow_up_days": float(days.mean()),
        "expected_gain_mean": expected,
        "smallest_effect": judged.smallest_effect,
        "needed_count": judged.needed_count if old_enough else None,
        **_ends("margin_difference", money),
        **_ends("purchase_rate_difference", buying),
        "margin_treated": money.treated_mean,
        "margin_held_out": money.held_out_mean,
        "purchase_rate_treated": buying.treated_mean,
        "purchase_rate_held_out": buying.held_out_mean,
    }
    if offer is None:
        return line, None
    found = None if code == "too_early" else _response(offer, units, buying, no_purchase)
    return line | _learned(offer, found, buying, _shares(offer, units, no_purchase)), found


def _not_alone(offer_id: str | None) -> Row:
    counts = {"treated_count": 0, "held_out_count": 0}
    return {"offer_id": offer_id, "verdict": "not_alone", **counts}


def _ends(name: str, found: Effect) -> Row:
    low, high = found.interval()
    return {name: found.difference, f"{name}_low": low, f"{name}_high": high}


def _shares(offer: Offer, units: Units, no_purchase: Floats) -> tuple[float, float]:
    """How many of the assigned a response of 1 would win, and one of -1 would lose (shares)."""
    fading = np.ones(len(units.rows))
    if offer.response_half_life_days:
        fading = 0.5 ** (np.nan_to_num(units.silence_days, nan=0.0) / offer.response_half_life_days)
    return float((no_purchase * fading).mean()), float(((1.0 - no_purchase) * fading).mean())


def _response(offer: Offer, units: Units, buying: Effect, no_purchase: Floats) -> Measurement | None:
    """The response that the difference of purchase rates amounts to, with its standard error."""
    won, lost = _shares(offer, units, no_purchase)
    low, high = (response_of(end, won, lost) for end in buying.interval(0.9))
    error = (high - low) / (2 * Z90)
    if not np.isfinite(error) or error <= 0:
        return None
    rate = response_of(buying.difference, won, lost)
    return Measurement(_plain(rate), _plain(error), buying.treated_count, buying.held_out_count)


def _learned(offer: Offer, found: Measurement | None, buying: Effect, shares: tuple[float, float]) -> Row:
    """The columns about the response: measured, assumed, and the one that is used from now on."""
    used = None if found is None else posterior(offer, found)
    line: Row = {
        "response_rate_assumed": offer.response_rate,
        "response_rate_used": offer.response_rate if used is None else used.rate,
        "response_rate_used_low": offer.response_rate_low if used is None else used.low,
        "response_rate_used_high": offer.response_rate_high if used is None else used.high,
        "measured_weight": 0.0 if used is None else used.weight,
    }
    if found is None:
        return line
    low, high = (response_of(end, *shares) for end in buying.interval())
    return line | {
        "response_rate_measured": found.response_rate,
        "response_rate_measured_low": low,
        "response_rate_measured_high": high,
    }


def _plain(value: float) -> float:
    """To ten significant digits: what linear algebra leaves behind them differs between processors."""
    return float(f"{value:.10g}")


def _rounded(line: Mapping[str, Any]) -> Row:
    """Numbers in plain form; what is not a number is null."""
    return {
        name: (_plain(value) if np.isfinite(value) else None) if isinstance(value, float) else value
        for name, value in line.items()
    }
