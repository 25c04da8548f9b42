"""From a table of orders to a list of actions.

Makes the orders of a small tea shop: regulars who come every few weeks, and customers who came and went. Then
three lines do everything: a shop from the table, a run, and its results. Your own orders go in the same way, as
a pandas or polars data frame or an Arrow table.

    python examples/orders_to_actions.py              the tea shop
    python examples/orders_to_actions.py orders.csv   your own file (needs pandas)
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from typing import Any

import pyarrow as pa

import regulars as rg

CUSTOMERS, DAYS, FIRST_DAY = 400, 420, dt.date(2024, 1, 1)
PRICES = {"green tea": 8.5, "black tea": 7.0, "oolong": 14.0, "tea pot": 42.0, "tea cup": 12.5, "honey": 9.0}


def tea_shop(seed: int = 0) -> pa.Table:
    """Orders of a made-up shop, one row per order line."""
    chance = random.Random(seed)
    lines = []
    for number in range(CUSTOMERS):
        day, gap, leaving = chance.uniform(0, DAYS), chance.uniform(10, 90), chance.uniform(0.02, 0.6)
        favourites = chance.sample(sorted(PRICES), 3)
        while day < DAYS:
            lines += [
                {
                    "order_id": f"{number}-{day:.0f}",
                    "order_date": str(FIRST_DAY + dt.timedelta(days=int(day))),
                    "customer_id": f"T{number:03d}",
                    "item_id": item,
                    "quantity": chance.randint(1, 3),
                    "unit_price": PRICES[item],
                }
                for item in chance.sample(favourites, chance.randint(1, 3))
            ]
            if chance.random() < leaving:
                break
            day += chance.expovariate(1 / gap)
    return pa.Table.from_pylist(lines)


def read_orders(paths: list[str]) -> Any:
    """The files given on the command line as data frames, or the tea shop."""
    if not paths:
        return [tea_shop()]
    import pandas as pd

    return [pd.read_csv(path) for path in paths]


def main(paths: list[str]) -> None:
    shop = rg.Shop.from_frame(*read_orders(paths))
    result = rg.run(shop)

    print(result)
    customers = result.customers.to_arrow().sort_by([("clv", "descending"), ("customer_id", "ascending")])
    print("\nWho is worth most in the next 365 days")
    for row in customers.slice(0, 5).to_pylist():
        leaving = f"{row['churn_probability']:.0%}"
        print(
            f"  {row['customer_id']:<8} {row['stage']:<12} margin {row['clv']:>8.2f}   leaves with {leaving:>4}"
        )

    actions = result.actions.to_arrow().to_pylist()
    planned = [row for row in actions if row["offer_id"]]
    print(f"\nWhat to do today: {len(planned)} actions for {sum(row['cost'] for row in planned):.2f}")
    for row in planned[:5]:
        print(
            f"  {row['customer_id']:<8} {row['offer_id']:<20} brings {row['expected_gain']:>6.2f}   {row['reason_code']}"
        )
    left = sum(row["holdout"] for row in actions)
    print(f"  {left} customers are left alone by lot, to measure what actions bring")
    if any(row["assumed"] for row in planned):
        print("  What offers bring is assumed until it has been measured")

    print("\nWhy the first one")
    print(rg.explain(shop, planned[0]["customer_id"]))


if __name__ == "__main__":
    main(sys.argv[1:])
