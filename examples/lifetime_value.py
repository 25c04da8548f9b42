"""What customers are worth, with models on a table and without a shop.

Makes 4,000 customers whose true habits are known, forgets the truth, and learns it back from the four columns
that the literature uses. Needs nothing but Regulars; type: python examples/lifetime_value.py

It prints:

    4,000 customers, 2,668 of them bought again

    Habits of buying      true  learned
      r                   0.60     0.62
      alpha (days)        30.0     32.3
      a                   0.80     0.76
      b                   2.40     2.34
    Mean value of an order: true 45.00, learned 43.88

    Purchase days of the next 90 days: expected 2,495, really 2,372

    The most valuable     margin of 365 days   90 % interval
      C3889                             1,702   46 to 3,389
      C3563                             1,440   97 to 2,648
      C2770                             1,090   0 to 2,732
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import regulars as rg

CUSTOMERS, HISTORY_DAYS, HORIZON_DAYS = 4_000, 365, 90
TRUTH = {"r": 0.6, "alpha": 30.0, "a": 0.8, "b": 2.4}
SPEND = {"p": 6.0, "q": 4.0, "v": 22.5}  # mean value of an order: p v / (q - 1) = 45


def life(rate: float, leaving: float, age: int, rng: np.random.Generator) -> list[float]:
    """Days of repeat purchases since the first one, until the customer leaves or the forecast ends."""
    days: list[float] = []
    day = rng.exponential(1 / rate)
    while day <= age + HORIZON_DAYS:
        days.append(day)
        if rng.random() < leaving:
            break
        day += rng.exponential(1 / rate)
    return days


def customers(seed: int = 7) -> tuple[pa.Table, int]:
    """One row per customer as of today, and how many purchase days really followed."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], CUSTOMERS)
    leaving = rng.beta(TRUTH["a"], TRUTH["b"], CUSTOMERS)
    ages = rng.integers(30, HISTORY_DAYS, CUSTOMERS)
    scales = rng.gamma(SPEND["q"], 1 / SPEND["v"], CUSTOMERS)
    rows, future = [], 0
    for number in range(CUSTOMERS):
        age = int(ages[number])
        days = {round(day) for day in life(rates[number], leaving[number], age, rng)} - {0}
        past = sorted(day for day in days if day <= age)
        future += len(days) - len(past)
        values = rng.gamma(SPEND["p"], 1 / scales[number], len(past))
        rows.append(
            {
                "customer_id": f"C{number:04d}",
                "frequency": len(past),
                "recency_days": past[-1] if past else 0,
                "T_days": age,
                "monetary_value": float(values.mean()) if past else 0.0,
            }
        )
    return pa.Table.from_pylist(rows), future


def main() -> None:
    table, really = customers()
    again = sum(count > 0 for count in table.column("frequency").to_pylist())
    print(f"{table.num_rows:,} customers, {again:,} of them bought again\n")

    purchases = rg.BetaGeoNBD(horizon_days=HORIZON_DAYS).fit(table)
    spend = rg.GammaGamma().fit(table)
    print("Habits of buying      true  learned")
    for name, digits in (("r", 2), ("alpha", 1), ("a", 2), ("b", 2)):
        label = f"{name} (days)" if name == "alpha" else name
        learned = getattr(purchases, f"{name}_")
        print(f"  {label:<16} {TRUTH[name]:>7.{digits}f} {learned:>8.{digits}f}")
    mean = SPEND["p"] * SPEND["v"] / (SPEND["q"] - 1)
    print(f"Mean value of an order: true {mean:.2f}, learned {spend.population_mean():.2f}\n")

    expected = purchases.predict(table).column("expected_purchases").to_numpy().sum()
    print(f"Purchase days of the next {HORIZON_DAYS} days: expected {expected:,.0f}, really {really:,}\n")

    value = rg.CustomerLifetimeValue(horizon_days=365, margin_rate=0.4).fit_from(purchases, spend)
    worth = value.predict(table).sort_by([("clv", "descending"), ("customer_id", "ascending")])
    print("The most valuable     margin of 365 days   90 % interval")
    for row in worth.slice(0, 3).to_pylist():
        print(
            f"  {row['customer_id']:<18} {row['clv']:>20,.0f}   {row['clv_low']:,.0f} to {row['clv_high']:,.0f}"
        )


if __name__ == "__main__":
    main()
