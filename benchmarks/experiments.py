"""Does the interval of what offers bring hold the truth? Regulars beside Welch's t, the bootstrap-t and others.

    python benchmarks/experiments.py [--seeds 20] [--customers 5000] [--futures 40] [--draws 5] [--days 90]

For each seed a synthetic shop is written, imported and run like anybody's, and its actions are exported. The
simulator, which alone knows the truth, then plays many futures of the assigned people, with and without their
offers; each future is seen through several draws of the hold-out. The true effect is the mean over all futures
of what the same people bring with the offer less what they bring without it, contact cost taken off.

``below`` and ``above`` are the shares of intervals that lie below or above the truth, ``width`` is the mean
width against Welch's. ``nothing`` repeats it in the same shops with levers that do nothing: the share of each
verdict for a shop alone, and for all shops' people together. ``again`` is the way of a real shop, once per
seed: the orders of one future are imported, the shop is run again, and its own table is read.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import special

from regulars.config import Shop as ShopSettings
from regulars.pipeline.export import export_actions
from regulars.pipeline.imports import import_files
from regulars.pipeline.measure import Units, compared
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop, init_shop
from regulars.schema import CONTACTS
from regulars.simulate.future import simulate_future
from regulars.simulate.shop import write_shop
from regulars.simulate.trials import Trial, trial, without_effects
from regulars.simulate.truth import Truth, read_truth
from regulars.store.contacts import merge_contacts

SOURCES = ("orders", "items", "customers")
HOLDOUT_SHARE = 0.1
MARGIN_RATE = 0.4

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Assigned:
    """The people of one shop's export, and their futures."""

    rows: list[dict[str, Any]]
    trials: list[Trial]

    def units(self, number: int, treated: Flags) -> Units:
        """What the shop sees of one future when these are treated."""
        value, bought = self.trials[number].observed(treated)
        rows = [
            {**row, "treated": bool(arm), "follow_up_days": 90}
            for row, arm in zip(self.rows, treated, strict=True)
        ]
        cost = np.array([row["contact_cost"] for row in self.rows])
        margin = MARGIN_RATE * value - np.where(treated, cost, 0.0)
        return Units(rows, treated, margin, bought.astype(np.float64), np.full(len(rows), np.nan))

    @property
    def true_effect(self) -> float:
        """Margin per person that the offers bring, contact cost taken off."""
        gains = [one.value_with - one.value_without for one in self.trials]
        cost = float(np.mean([row["contact_cost"] for row in self.rows]))
        return MARGIN_RATE * float(np.mean(gains)) - cost


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--customers", type=int, default=5000)
    parser.add_argument("--futures", type=int, default=40)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--days", type=int, default=90, help="length of a future")
    options = parser.parse_args()
    begin = time.perf_counter()
    shops, again = [], []
    for seed in range(options.seeds):
        assigned, nothing, lived = one_shop(seed, options)
        shops.append((assigned, nothing))
        again.append(lived | {"covers": lived["low"] <= assigned.true_effect <= lived["high"]})
        effects = f"{assigned.true_effect:7.2f} per person"
        print(
            f"seed {seed:2d}: {len(assigned.rows)} assigned, true effect {effects}, {lived['verdict']}",
            flush=True,
        )
    methods = coverage_of_methods([pair[0] for pair in shops], options.draws)
    verdicts = nothing_verdicts([pair[1] for pair in shops], options.draws)
    show(methods, verdicts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "benchmark": "experiments", "seconds": round(time.perf_counter() - begin), "peak_memory_mb": round(peak),
        "settings": vars(options), "methods": methods, "nothing": verdicts,
        "again": {"covers": float(np.mean([row["covers"] for row in again])), "verdicts": Counter(row["verdict"] for row in again)},
    }  # fmt: skip
    print(json.dumps(figures))


def one_shop(seed: int, options: argparse.Namespace) -> tuple[Assigned, Assigned, dict[str, Any]]:
    """A shop's assigned people with their futures, the same without effects, and what the shop itself finds."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "shop")
        shop, truth = exported_shop(folder, seed, options.customers)
        with shop.store() as store:
            table = store.read(store.table("assignments").sort("customer_id"))
        numbers = range(options.futures)
        cost = {row["offer_id"]: row["contact_cost"] for row in table.to_pylist() if row["treated"]}
        rows = [row | {"contact_cost": cost.get(row["offer_id"], 0.0)} for row in table.to_pylist()]
        found = Assigned(rows, [trial(truth, table, options.days, 1000 + n) for n in numbers])
        nothing_truth = without_effects(truth)
        nothing = Assigned(rows, [trial(nothing_truth, table, options.days, 1000 + n) for n in numbers])
        lived = live_on(shop, truth, table, options.days, seed)
        shutil.rmtree(folder)
    return found, nothing, lived


def exported_shop(folder: Path, seed: int, customers: int) -> tuple[Shop, Truth]:
    """A synthetic shop after import, run and export, everybody reachable; and its truth."""
    hidden = folder.with_name(folder.name + ".truth")
    exports = write_shop(folder, hidden, customers=customers, seed=seed)
    init_shop(folder, ShopSettings(currency="GBP", time_zone="Europe/London"))
    shop = Shop.open(folder)
    for export in exports.files:
        if export.source in SOURCES:
            import_files(shop, [export.path], source=export.source)
    result = run(shop)
    ids = result.table("actions").to_arrow().column("customer_id").to_pylist()
    later_us = 4_000_000_000_000_000  # than the list of customers, in which some say no
    contact = {"phone": None, "country": None, "accepts_marketing": True, "stated_us": later_us}
    people = [{"user_id": user, "email": f"{user}@example.org"} | contact for user in ids]
    merge_contacts(folder, pa.Table.from_pylist(people, schema=CONTACTS.arrow_schema()))
    export_actions(shop, "klaviyo")
    return shop, read_truth(hidden)


def live_on(shop: Shop, truth: Truth, table: pa.Table, days: int, seed: int) -> dict[str, Any]:
    """Import the orders of one future, run again, and read the shop's own verdict over all offers."""
    treated = table.filter(table.column("treated"))
    future = simulate_future(truth, treated.select(["customer_id", "lever"]), days, seed)
    count = future.num_rows
    days_on = [str(date(1970, 1, 1) + timedelta(days=day)) for day in future.column("day").to_pylist()]
    orders = pa.table(
        {
            "order_id": [f"F{number:07d}" for number in range(count)],
            "order_date": [f"{day} 12:00:00" for day in days_on],
            "customer_id": future.column("customer_id"),
            "item_id": ["KI-001"] * count,
            "quantity": [1] * count,
            "unit_price": [max(round(value, 2), 0.0) for value in future.column("net_value").to_pylist()],
        }
    )
    import pyarrow.csv

    path = shop.folder.parent / "future.csv"
    pyarrow.csv.write_csv(orders, path)
    import_files(shop, [path], source="orders")
    last = date(1970, 1, 1) + timedelta(days=truth.settings["last_day"] + days)
    rows = run(shop, as_of=last).table("offer_effects").to_arrow().to_pylist()
    every = next(row for row in rows if row["offer_id"] is None)
    return {
        "verdict": every["verdict"],
        "low": every["margin_difference_low"],
        "high": every["margin_difference_high"],
    }


def draws(shop: Assigned, count: int, seed: int, share: float = HOLDOUT_SHARE) -> list[tuple[int, Flags]]:
    """Futures with hold-outs of this share drawn anew."""
    rng = np.random.default_rng(seed)
    return [
        (number, rng.random(len(shop.rows)) >= share)
        for number in range(len(shop.trials))
        for _ in range(count)
    ]


def coverage_of_methods(shops: list[Assigned], count: int) -> dict[str, Any]:
    """How often each method's 95 % interval holds the truth, on which side it misses, and how wide it is."""
    found: dict[str, list[tuple[bool, bool, float]]] = {name: [] for name in METHODS}
    by_shop: list[float] = []
    for number, shop in enumerate(shops):
        truth, inside = shop.true_effect, 0
        picks = draws(shop, count, number)
        for future, treated in picks:
            units = shop.units(future, treated)
            for name, method in METHODS.items():
                low, high = method(units)
                found[name].append((high < truth, low > truth, high - low))
            inside += not (found["regulars"][-1][0] or found["regulars"][-1][1])
        by_shop.append(inside / len(picks))
    welch = np.mean([row[2] for row in found["welch"]])
    figures = {}
    for name, rows in found.items():
        below, above, width = np.mean(rows, axis=0)
        covered = 1.0 - below - above
        figures[name] = {
            "coverage": covered, "coverage_interval": wilson(covered, len(rows)), "below": below, "above": above,
            "width": width / welch, "intervals": len(rows),
        }  # fmt: skip
    figures["regulars"]["by_shop"] = [round(share, 3) for share in by_shop]
    return figures


def nothing_verdicts(
    shops: list[Assigned], count: int, together_share: float = HOLDOUT_SHARE
) -> dict[str, Any]:
    """Shares of verdicts where the levers do nothing: of each shop alone, and of all people together."""
    alone: Counter[str] = Counter()
    for number, shop in enumerate(shops):
        for future, treated in draws(shop, count, 100 + number):
            alone[compared(None, None, shop.units(future, treated), True)[0]["verdict"]] += 1
    together: Counter[str] = Counter()
    picks = [draws(shop, count, 200 + number, together_share) for number, shop in enumerate(shops)]
    for at in range(len(picks[0])):
        parts = [shop.units(*pick[at]) for shop, pick in zip(shops, picks, strict=True)]
        together[compared(None, None, joined(parts), True)[0]["verdict"]] += 1
    return {name: shares(counter) for name, counter in (("alone", alone), ("together", together))}


def joined(parts: list[Units]) -> Units:
    """The units of several shops as if they were one."""
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("treated", "margin", "bought", "silence_days")
    ]
    return Units([row for part in parts for row in part.rows], *columns)


def shares(counter: Counter[str]) -> dict[str, Any]:
    total = counter.total()
    return {"count": total, **{code: number / total for code, number in sorted(counter.items())}}


def wilson(share: float, count: int) -> Interval:
    """The 95 % interval of a share (Wilson, 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return float(middle - half), float(middle + half)


# Methods: units -> a 95 % interval of the difference in margin per person --------------------------------


def by_regulars(units: Units) -> Interval:
    row = compared(None, None, units, True)[0]
    return row["margin_difference_low"], row["margin_difference_high"]


def by_adjustment_alone(units: Units) -> Interval:
    """The same regression with each arm's own variance (HC3)."""
    return student(*robust(units)[:3])


def by_hall(units: Units) -> Interval:
    """The same regression and own variances, with Hall's transformation for skewness (Hall, 1992)."""
    difference, error, degrees, skewness = robust(units)
    a, b = skewness / 3.0, skewness / 6.0
    ends = []
    for sign in (1.0, -1.0):
        quantile = sign * float(special.stdtrit(degrees, 0.975))
        moved = (np.cbrt(1.0 + 3.0 * a * (quantile - b)) - 1.0) / a if a else quantile
        ends.append(float(difference - error * moved))
    return ends[0], ends[1]


def robust(units: Units) -> tuple[float, float, float, float]:
    """Lin's difference with HC3: difference, standard error, Welch's degrees, skewness of its distribution."""
    size = np.sqrt(np.maximum(units.column("expected_margin"), 0.0))
    table = np.column_stack((size, units.column("no_purchase_probability")))
    table = np.column_stack((np.ones(len(table)), table - table.mean(axis=0)))
    means, variances, thirds, spare = [], [], [], []
    for rows in (units.treated, ~units.treated):
        arm, outcome = table[rows], units.margin[rows]
        inverse = np.linalg.pinv(arm.T @ arm)
        coefficients = inverse @ (arm.T @ outcome)
        leverage = np.einsum("ij,jk,ik->i", arm, inverse, arm)
        terms = (arm @ inverse[0]) * (outcome - arm @ coefficients) / (1.0 - leverage)
        means.append(float(coefficients[0]))
        variances.append(float(np.sum(terms**2)))
        thirds.append(float(np.sum(terms**3)))
        spare.append(len(arm) - arm.shape[1])
    variance = sum(variances)
    degrees = variance**2 / sum(v * v / free for v, free in zip(variances, spare, strict=True))
    return means[0] - means[1], float(np.sqrt(variance)), degrees, (thirds[0] - thirds[1]) / variance**1.5


def student(difference: float, error: float, degrees: float) -> Interval:
    half = error * float(special.stdtrit(degrees, 0.975))
    return difference - half, difference + half


def by_welch(units: Units) -> Interval:
    first, second = units.margin[units.treated], units.margin[~units.treated]
    parts = [arm.var(ddof=1) / len(arm) for arm in (first, second)]
    degrees = sum(parts) ** 2 / sum(
        p * p / (len(arm) - 1) for p, arm in zip(parts, (first, second), strict=True)
    )
    return student(float(first.mean() - second.mean()), float(np.sqrt(sum(parts))), degrees)


def by_bootstrap_t(units: Units, replicates: int = 199) -> Interval:
    """Studentised bootstrap, each arm drawn again (Efron and Tibshirani, 1993, chapter 12)."""
    rng = np.random.default_rng(len(units.margin))
    arms = [units.margin[units.treated], units.margin[~units.treated]]
    difference, error = mean_and_error(*arms)
    drawn = [arm[rng.integers(0, len(arm), (replicates, len(arm)))] for arm in arms]
    means, errors = mean_and_error(*drawn)
    low, high = np.quantile((means - difference) / np.maximum(errors, 1e-9), [0.025, 0.975])
    return float(difference - high * error), float(difference - low * error)


def mean_and_error(first: Floats, second: Floats) -> tuple[Any, Any]:
    """Difference of means over the last axis, and its standard error."""
    difference = first.mean(axis=-1) - second.mean(axis=-1)
    parts = [arm.var(axis=-1, ddof=1) / arm.shape[-1] for arm in (first, second)]
    return difference, np.sqrt(parts[0] + parts[1])


METHODS: dict[str, Callable[[Units], Interval]] = {
    "regulars": by_regulars,
    "adjusted, HC3": by_adjustment_alone,
    "adjusted, Hall": by_hall,
    "welch": by_welch,
    "bootstrap-t": by_bootstrap_t,
}


def show(methods: dict[str, Any], verdicts: dict[str, Any]) -> None:
    print(f"\n{'method':<18} {'coverage':>8} {'its interval':>16} {'below':>7} {'above':>7} {'width':>6}")
    for name, row in methods.items():
        low, high = row["coverage_interval"]
        print(
            f"{name:<18} {row['coverage']:>8.2%} {low:>7.2%} - {high:<6.2%} {row['below']:>7.2%} {row['above']:>7.2%} "
            f"{row['width']:>6.2f}"
        )
    for name, row in verdicts.items():
        parts = ", ".join(f"{code} {share:.2%}" for code, share in row.items() if code != "count")
        print(f"nothing, {name}: {parts} ({row['count']} times)")


if __name__ == "__main__":
    main()
